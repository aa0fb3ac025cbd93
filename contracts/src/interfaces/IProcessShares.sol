// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Holder} from "../types/Works.sol";

/// @title Shares of a work
/// @notice One address that is the work's share token, its revenue sink, its x402 `payTo` and its ERC-2981 receiver.
///
/// Revenue is whatever arrives: a plain transfer from anyone counts, in the work's stablecoin or in the native coin
/// (`asset` is zero for the native coin). Per asset:
///
///     gross     = balance + paidOut - inbound         own revenue; only grows
///     net       = inbound + gross - floor(gross * stackBps / 10^4)
///     owed(a)   = floor((net * balanceOf(a) - debt(a)) / supply)
///     due(x)    = floor(gross * bps(x) / 10^4) - taken(x)
///
/// `inbound` are royalties from descendants, credited in the paying call; they do not cascade.
interface IProcessShares {
    /// @notice New revenue was seen.
    event RevenueSynced(address indexed asset, uint256 amount, uint256 gross);

    /// @notice A holder's part left for `to`.
    event Claimed(address indexed account, address indexed asset, address indexed to, uint256 amount);

    /// @notice An ancestor's royalty left.
    event RoyaltyPaid(uint256 indexed ancestor, address indexed asset, uint256 amount);

    /// @notice A descendant's royalty arrived.
    event RoyaltyReceived(uint256 indexed descendant, address indexed asset, uint256 amount);

    /// @notice `holder` lets `operator` claim in their name, or no longer.
    event OperatorSet(address indexed holder, address indexed operator, bool approved);

    /// @notice Wrapped native coin became native coin.
    event Unwrapped(uint256 amount);

    /// @notice `asset` does not tell its balance: its revenue waits.
    error Shares_AssetUnreadable(address asset);
    /// @notice Shares cannot be sent to their own address: what they earned there could never leave.
    error Shares_HeldByItself();
    /// @notice `to` did not take `amount` wei; the part of the holder stays theirs.
    error Shares_NativeRefused(address to, uint256 amount);
    /// @notice A claim was to go to the zero address.
    error Shares_NoRecipient();
    /// @notice `ancestor` does not stand upstream of `work`.
    error Shares_NotAncestor(uint256 work, uint256 ancestor);
    /// @notice `account` has not approved `operator` to claim.
    error Shares_NotOperator(address account, address operator);
    /// @notice `account` is not the shares that are being paid now.
    error Shares_NotPayee(address account);
    /// @notice `account` is not the registry, which alone hands out the supply.
    error Shares_NotRegistry(address account);
    /// @notice The registry did not make `account`, so it pays no royalties.
    error Shares_NotShares(address account);
    /// @notice `value` wei came with a royalty in the stablecoin.
    error Shares_UnexpectedValue(uint256 value);
    /// @notice `asset` is neither the native coin (zero) nor `expected`, the stablecoin of the work.
    error Shares_UnknownAsset(address asset, address expected);

    /// @notice Hands the whole supply to its holders. The registry's, in the call that creates the shares.
    function initialize(Holder[] calldata holders) external;

    /// @notice Takes note of revenue that arrived. Anyone.
    function sync(address asset_) external returns (uint256 gross);

    /// @notice Pays the caller's part to `to`; zero if there is none.
    function claim(address asset_, address to) external returns (uint256 amount);

    /// @notice Pays the part of `account` to `to`. The account's own, or its operator's.
    function claimFor(address account, address asset_, address to) external returns (uint256 amount);

    /// @notice Lets `operator` claim for the caller, to anywhere, or no longer.
    function setOperator(address operator, bool approved) external;

    /// @notice Pays what is due to `ancestor` to its shares. Anyone.
    function collect(uint256 ancestor, address asset_) external returns (uint256 amount);

    /// @notice Makes native coin of the wrapped native coin that arrived. Anyone.
    function unwrap() external returns (uint256 amount);

    /// @notice Takes a royalty from the shares of a descendant. Only shares that the registry made.
    function receiveRoyalty(address asset_, uint256 amount) external payable;

    /// @notice Sends the royalty that is being paid. The ancestor's shares' only, within `receiveRoyalty`.
    function deliver() external;

    /// @notice The work of these shares.
    function work() external view returns (uint256);

    /// @notice Who registered the work.
    function creator() external view returns (address);

    /// @notice The stablecoin of these shares.
    function asset() external view returns (address);

    /// @notice What the work owes to its ancestors together.
    function stackBps() external view returns (uint256);

    /// @notice The books of an asset, with revenue that nobody has synced yet.
    function revenue(address asset_)
        external
        view
        returns (uint256 gross, uint256 inbound, uint256 net, uint256 paidOut);

    /// @notice What `account` can claim.
    function owed(address account, address asset_) external view returns (uint256);

    /// @notice What `ancestor` can collect.
    function due(uint256 ancestor, address asset_) external view returns (uint256);

    /// @notice What `ancestor` has collected.
    function taken(uint256 ancestor, address asset_) external view returns (uint256);

    /// @notice What was settled with `account`, scaled by the supply.
    function debt(address account, address asset_) external view returns (int256);

    /// @notice Whether `operator` may claim for `holder`.
    function isOperator(address holder, address operator) external view returns (bool);
}
