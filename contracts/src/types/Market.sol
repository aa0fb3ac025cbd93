// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice Shares, or an edition, for sale. All but `left` is frozen.
/// @param amount How many shares were listed; 1 for an edition.
/// @param token The shares of a work, or the contract of editions.
/// @param left How many are not sold yet; zero when the listing is over.
/// @param price What `amount` costs together.
/// @param until When the listing ends, in seconds.
/// @param inNative Whether the price is in the native coin; otherwise it is in the work's stablecoin.
/// @param edition The number of the edition; zero for shares.
struct Listing {
    address seller;
    uint96 amount;
    address token;
    uint96 left;
    uint96 price;
    uint48 until;
    bool inNative;
    uint256 edition;
}
