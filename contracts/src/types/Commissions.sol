// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a client orders, and who decides if they do not agree. Its digest names the commission.
/// @param version The published version that has to run.
/// @param parameters Digest of the parameters that the run has to take.
/// @param inputs Digest of the inputs that the run has to take.
/// @param client Who pays, judges the result, and is refunded.
/// @param asset The work's stablecoin; zero is the native coin.
/// @param deadline The last second in which the run may be submitted.
/// @param window Seconds after a submission in which the client may dispute it.
/// @param arbiter Who decides about a disputed submission.
/// @param arbitration Seconds after a dispute in which the arbiter may decide.
/// @param splitBps The work's part when the arbiter stays silent; the client gets the rest.
/// @param salt Sets apart commissions that are otherwise the same.
struct CommissionTerms {
    uint256 work;
    uint256 version;
    bytes32 parameters;
    bytes32 inputs;
    address client;
    address asset;
    uint96 price;
    uint48 deadline;
    uint32 window;
    address arbiter;
    uint32 arbitration;
    uint16 splitBps;
    bytes32 salt;
}

/// @notice Where a commission stands; the last three are ends.
enum CommissionState {
    None,
    Funded,
    Submitted,
    Disputed,
    Completed,
    Rejected,
    Expired
}

/// @notice A commission.
/// @param since When it came into its state.
/// @param amount What the escrow received for it.
/// @param runRoot The root of the run that was submitted; zero before.
struct Commission {
    CommissionState state;
    uint48 since;
    uint96 amount;
    bytes32 runRoot;
}
