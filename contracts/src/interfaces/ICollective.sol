// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {CollectiveCharter, Seat, SeatOffer} from "../types/Governance.sol";

/// @title A collective
/// @notice Holds shares of its members' works and controls them. Its own shares are the {ProcessShares} of a work that
/// it registers: their supply is fixed, members are paid from the part that the collective still holds, and whoever
/// holds them has their part of what the pooled works earn.
///
/// A member gives control of a work to the collective (`registry.setController`), lets it take the work's shares, and
/// calls `pool`. Whoever leaves gives back what they got for the work, and has it again.
interface ICollective {
    /// @notice A seat was offered, by the founding charter or by vote.
    event SeatOffered(uint256 indexed work, address indexed member, uint256 workShares, uint256 shares, uint256 until);

    /// @notice A member took their seat.
    event Pooled(uint256 indexed work, address indexed member);

    /// @notice A member left with their work.
    event Left(uint256 indexed work, address indexed member);

    /// @notice All founders have pooled: from now on the collective votes.
    event Founded();

    /// @notice Revenue went on to the holders of the collective's shares.
    event Harvested(uint256 indexed work, address indexed asset, uint256 amount);

    /// @notice `work` accounts in `asset`, another stablecoin than the collective.
    error Collective_AssetDiffers(uint256 work, address asset);
    /// @notice The seat for `work` has no member, or no shares on one side; `work` is zero if there is no founder.
    error Collective_EmptySeat(uint256 work);
    /// @notice The collective does not control `work`: call `registry.setController` first.
    error Collective_NotControlled(uint256 work);
    /// @notice `account` is not the timelock: this is by vote only.
    error Collective_NotGovernance(address account);
    /// @notice The seat of `work` is not that of `account`.
    error Collective_NotMember(uint256 work, address account);
    /// @notice `account` does not own the token of `work`.
    error Collective_NotOwner(uint256 work, address account);
    /// @notice `work` is not pooled.
    error Collective_NotPooled(uint256 work);
    /// @notice Founders are promised `promised` of `supply` shares.
    error Collective_ReserveTooSmall(uint256 promised, uint256 supply);
    /// @notice The seat of `work` was offered until `until` (seconds).
    error Collective_SeatLapsed(uint256 work, uint256 until);
    /// @notice The seat of `work` is taken, or offered twice.
    error Collective_SeatTaken(uint256 work);

    /// @notice Registers the collective's own work and offers the founding seats. The factory's, in the call that
    /// creates the collective.
    function initialize(CollectiveCharter calldata charter, address timelock_) external returns (uint256, address);

    /// @notice Takes a seat: the member's shares of the work come here, shares of the collective go to the member.
    function pool(uint256 work) external;

    /// @notice Offers a seat. By vote.
    function admit(SeatOffer calldata offer) external;

    /// @notice Gives a seat up: shares of the collective come back, shares of the work and its control return.
    function leaveWith(uint256 work) external;

    /// @notice Returns control of a work that is not pooled to the owner of its token. The owner's.
    function release(uint256 work) external;

    /// @notice Passes on what the shares of a work owe to the collective. For the collective's own work: what the
    /// reserve earned goes around again. Anyone.
    function harvest(uint256 work, address asset) external returns (uint256 amount);

    /// @notice Moves a dial of a pooled work. By vote.
    function setParameter(uint256 work, bytes32 name, int64 value) external;

    /// @notice Publishes a version of a pooled work. By vote.
    function publish(uint256 work, bytes32 bundle, string calldata uri) external returns (uint256 version);

    /// @notice The collective's own work, whose shares are the collective's.
    function ownWork() external view returns (uint256);

    /// @notice The shares of the collective.
    function shares() external view returns (address);

    /// @notice Who carries out what the collective votes.
    function timelock() external view returns (address);

    /// @notice How many founders have not pooled yet.
    function missing() external view returns (uint32);

    /// @notice Whether all founders have pooled once.
    function founded() external view returns (bool);

    /// @notice The seat of a work.
    function seatOf(uint256 work) external view returns (Seat memory);

    /// @notice Whether the collective pools a work.
    function isPooled(uint256 work) external view returns (bool);
}
