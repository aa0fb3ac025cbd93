// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Offer, OfferTerms} from "../types/Capital.sol";

/// @title Where works raise capital and keep it
/// @notice Creates treasuries, one for a work or for a controller that stands alone (a collective), and offerings.
/// Each is a contract of its own, so that no money or revenue of one can be taken for that of another.
interface ICapital {
    /// @notice A treasury was opened, of a work (`controller` is zero) or of a controller (`work` is zero).
    event TreasuryOpened(address indexed treasury, uint256 indexed work, address indexed controller);

    /// @notice Shares are on offer at `offering`, which holds them.
    event OfferingCreated(uint256 indexed number, address indexed offering, uint256 indexed work, Offer offer);

    /// @notice `deadline` (seconds) has passed, or is later than `max`.
    error Capital_DeadlineOutOfRange(uint256 deadline, uint256 max);
    /// @notice A lot of no share, a price of nothing, or a soft cap that is zero or above the hard cap (lots).
    error Capital_InvalidCaps(uint256 lot, uint256 price, uint256 lotsMin, uint256 lotsMax);
    /// @notice A treasury that stands alone needs a controller.
    error Capital_NoController();
    /// @notice An offering needs the digest of what buyers have to be told.
    error Capital_NoNotice();
    /// @notice `account` is no operator of `work`.
    error Capital_NotOperator(uint256 work, address account);
    /// @notice The registry did not make `account`.
    error Capital_NotShares(address account);

    /// @notice Opens the treasury of a work, or tells the one that is open. Anyone.
    function openTreasury(uint256 work) external returns (address treasury);

    /// @notice Opens the treasury of a controller that is no work's, such as a collective's timelock. Anyone.
    function openTreasuryFor(address controller) external returns (address treasury);

    /// @notice Offers `lot * lotsMax` shares of the caller, who has approved this contract for them. Only an operator
    /// of the work, whose treasury is opened for the proceeds.
    function offer(address shares, OfferTerms calldata terms) external returns (address offering);

    /// @notice How many offerings there are; they are numbered from 1.
    function offerings() external view returns (uint256);

    /// @notice An offering by its number; zero if there is none.
    function offeringOf(uint256 number) external view returns (address);

    /// @notice The treasury of a work; zero if none is open.
    function treasuryOf(uint256 work) external view returns (address);

    /// @notice The treasury of a controller; zero if none is open.
    function treasuryFor(address controller) external view returns (address);
}
