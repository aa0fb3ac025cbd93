// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Offer, OfferingState} from "../types/Capital.sol";

/// @title An offering of shares at a fixed price
/// @notice It holds the shares on offer from the first moment on, and the money until the end. Sold in whole lots, so
/// that no amount is ever rounded: contributions are refunded to the last unit, or all of them go to the treasury.
///
/// The shares earn revenue meanwhile. What came before `finalize` is the issuer's; what comes later is the buyers', by
/// the shares that each bought:
///
///     earned(a) = floor(bought(a) * (net - netFinal) / supply)      per asset, until `a` claims the shares
///
/// Shares that are held here do not vote.
interface IShareOffering {
    /// @notice `buyer` acknowledged the notice and paid.
    event Bought(address indexed buyer, uint256 lots, uint256 cost, bytes32 notice);

    /// @notice The offering is over: with success, or with refunds.
    event Finalized(bool succeeded, uint256 lotsSold, uint256 sharesReturned);

    /// @notice A buyer's shares left for `to`.
    event SharesClaimed(address indexed buyer, address indexed to, uint256 shares);

    /// @notice Revenue that shares earned while they were here left for `to`.
    event RevenueClaimed(address indexed account, address indexed asset, address indexed to, uint256 amount);

    /// @notice A buyer's money went back.
    event Refunded(address indexed buyer, address indexed to, uint256 amount);

    /// @notice All contributions went to the treasury.
    event ProceedsPaid(address indexed treasury, uint256 amount);

    /// @notice `lots` were asked for, and `left` are not sold; or none was asked for.
    error Offering_LotsLeft(uint256 lots, uint256 left);
    /// @notice `account` does not stand on the allow-list, by this path.
    error Offering_NotAllowed(address account);
    /// @notice The offering stands at `state`, and this needs `expected`.
    error Offering_NotInState(OfferingState state, OfferingState expected);
    /// @notice Not all is sold, and buying ends at `deadline` (seconds).
    error Offering_NotOver(uint256 deadline);
    /// @notice `account` bought nothing, or has taken it already.
    error Offering_NothingBought(address account);
    /// @notice The buyer acknowledged another text than the `notice` of the offering (digests).
    error Offering_NoticeDiffers(bytes32 acknowledged, bytes32 notice);
    /// @notice Buying ended at `deadline` (seconds).
    error Offering_Over(uint256 deadline);

    /// @notice Buys `lots` at the fixed price.
    /// @param notice The digest of the notice that the buyer has read.
    /// @param proof That the caller stands on the allow-list; empty if there is none.
    function buy(uint32 lots, bytes32 notice, bytes32[] calldata proof) external payable;

    /// @notice Ends the offering, after its deadline or when all is sold. Anyone. Unsold shares return to the issuer.
    function finalize() external returns (bool succeeded);

    /// @notice Sends the caller's shares to `to`, after success.
    function claim(address to) external returns (uint256 shares);

    /// @notice Sends the caller's money back, to `to`, after failure.
    function refund(address to) external returns (uint256 amount);

    /// @notice Sends the contributions to the treasury, after success, once. Anyone.
    function withdraw() external returns (uint256 amount);

    /// @notice Sends what the caller's part of the shares earned while they were here: a buyer's or the issuer's.
    function claimRevenue(address asset, address to) external returns (uint256 amount);

    /// @notice What the offering says.
    function offer() external view returns (Offer memory);

    /// @notice What is paid in; zero is the native coin.
    function currency() external view returns (address);

    /// @notice Where the offering stands.
    function state() external view returns (OfferingState);

    /// @notice How many lots are sold.
    function lotsSold() external view returns (uint32);

    /// @notice Whether the contributions went to the treasury.
    function withdrawn() external view returns (bool);

    /// @notice How many lots of `account` have been neither claimed nor refunded.
    function lotsOf(address account) external view returns (uint256);

    /// @notice What `account` can claim of the revenue in `asset`.
    function revenueOf(address account, address asset) external view returns (uint256);

    /// @notice The leaf of `account` in the allow-list: `keccak256(keccak256(abi.encode(account)))`, in a tree of
    /// sorted pairs.
    function leafOf(address account) external pure returns (bytes32);
}
