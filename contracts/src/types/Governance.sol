// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice How a work or a collective is governed. All of it is frozen when the governor is made.
/// @param votingDelay Seconds from a proposal to its vote, in which shares can be delegated; never zero.
/// @param votingPeriod Seconds in which votes are cast.
/// @param extension Seconds that remain to vote, at least, once a quorum is reached.
/// @param timelockDelay Seconds from a vote that passed to its execution.
/// @param quorumBps Votes for or abstaining that a proposal needs, of all shares that are issued.
/// @param thresholdBps Votes that a proposer needs, of the supply.
struct GovernanceSettings {
    uint32 votingDelay;
    uint32 votingPeriod;
    uint32 extension;
    uint32 timelockDelay;
    uint16 quorumBps;
    uint16 thresholdBps;
}

/// @notice What a governor carries in its code.
/// @param token The shares that vote.
/// @param timelock The controller of the work, once it is governed.
/// @param collective Whose works are governed, too; zero for the governor of a single work.
/// @param work The work that is governed.
struct GovernorCharter {
    address token;
    address timelock;
    address collective;
    uint256 work;
    GovernanceSettings settings;
}

/// @notice What a collective offers to a member.
/// @param member Who pools the work: the owner of its token.
/// @param work The work that the member pools, with its control.
/// @param workShares How many of its shares the member brings.
/// @param shares How many shares of the collective the member gets for it, from the reserve.
/// @param until The last second in which the member may take the seat.
struct SeatOffer {
    address member;
    uint256 work;
    uint96 workShares;
    uint96 shares;
    uint48 until;
}

/// @notice A seat in a collective.
/// @param pooled Whether the member took it.
struct Seat {
    address member;
    uint96 workShares;
    uint96 shares;
    uint48 until;
    bool pooled;
}

/// @notice What a collective is made with.
/// @param name The name of the collective and its shares.
/// @param bundle The digest of the collective's statutes.
/// @param uri The metadata of the collective.
/// @param asset The stablecoin of all its works.
/// @param royaltyBps What works that name the collective upstream owe to it.
/// @param supply All shares of the collective: the founders' and the reserve for later members.
/// @param founders The first members. The collective begins when all of them have pooled.
struct CollectiveCharter {
    string name;
    string symbol;
    bytes32 bundle;
    string uri;
    address asset;
    uint16 royaltyBps;
    uint96 supply;
    SeatOffer[] founders;
}
