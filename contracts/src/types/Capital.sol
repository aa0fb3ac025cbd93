// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice What an issuer chooses for an offering.
/// @param inNative Whether the price is in the native coin; otherwise it is in the work's stablecoin.
/// @param lot How many shares are sold at a time.
/// @param price What a lot costs.
/// @param lotsMin The soft cap: with fewer lots sold at the deadline, everybody is refunded.
/// @param lotsMax The hard cap.
/// @param deadline When buying ends, in seconds.
/// @param allowList The root of a tree of accounts that may buy, see {IShareOffering.leafOf}; zero is anyone.
/// @param notice The digest of what buyers have to be told, and acknowledge.
struct OfferTerms {
    bool inNative;
    uint96 lot;
    uint96 price;
    uint32 lotsMin;
    uint32 lotsMax;
    uint48 deadline;
    bytes32 allowList;
    bytes32 notice;
}

/// @notice An offering of shares. All of it is frozen in the offering's code, and so in its address.
/// @param issuer Whose shares are sold: they get back what nobody bought.
/// @param shares The shares of a work.
/// @param treasury The work's treasury, where the proceeds go.
struct Offer {
    address issuer;
    address shares;
    address treasury;
    OfferTerms terms;
}

/// @notice Where an offering stands.
enum OfferingState {
    Open,
    Succeeded,
    Failed
}

/// @notice What an operator may draw from a treasury.
/// @param amount The most in a period.
/// @param drawn What was drawn in the running period.
/// @param start When the running period began.
/// @param period Seconds.
struct Allowance {
    uint128 amount;
    uint128 drawn;
    uint48 start;
    uint32 period;
}
