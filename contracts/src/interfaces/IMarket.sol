// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Listing} from "../types/Market.sol";

/// @title A market for shares and editions
/// @notice Fixed prices; shares can be bought in parts. The market holds nothing: what is listed stays with its seller,
/// who approves the market for it. So the revenue and the votes of listed shares are the seller's until the moment of
/// the sale, and a listing is only as good as the seller's balance and approval at that moment.
///
/// An edition's resale royalty (ERC-2981) goes to its work's shares; the rest, and all of the price of shares, goes to
/// the seller.
interface IMarket {
    /// @notice Something is for sale.
    event Listed(uint256 indexed listing, address indexed seller, address indexed token, Listing terms);

    /// @notice `amount` of a listing was sold for `cost`, of which `royalty` went to the work's shares.
    event Sold(
        uint256 indexed listing,
        address indexed buyer,
        address indexed to,
        uint256 amount,
        address asset,
        uint256 cost,
        uint256 royalty
    );

    /// @notice The seller ended a listing.
    event Cancelled(uint256 indexed listing);

    /// @notice `amount` is nothing, or more than the `left` of the listing (shares; 1 for an edition).
    error Market_AmountLeft(uint256 amount, uint256 left);
    /// @notice `amount` shares are nothing to list.
    error Market_AmountListed(uint256 amount);
    /// @notice The listing ended at `until` (seconds).
    error Market_Expired(uint256 until);
    /// @notice `token` is not shares that the registry made, or `edition` is not the caller's.
    error Market_NotForTrade(address token, uint256 edition);
    /// @notice `account` did not make `listing`.
    error Market_NotSeller(uint256 listing, address account);
    /// @notice `seller` does not buy from themselves.
    error Market_OwnListing(address seller);
    /// @notice A listing needs a price.
    error Market_PriceZero();
    /// @notice The listing says `expected`, and the buyer saw `terms` (digests).
    error Market_TermsDiffer(bytes32 terms, bytes32 expected);
    /// @notice `until` (seconds) has passed, or is later than `max`.
    error Market_UntilOutOfRange(uint256 until, uint256 max);

    /// @notice Offers `amount` shares for `price` together, in the work's stablecoin or the native coin.
    function listShares(address shares, uint96 amount, uint96 price, bool inNative, uint48 until)
        external
        returns (uint256 listing);

    /// @notice Offers an edition of the caller.
    function listEdition(uint256 edition, uint96 price, bool inNative, uint48 until)
        external
        returns (uint256 listing);

    /// @notice Buys `amount` of a listing for `to`.
    /// @param terms The digest of the terms that the buyer has seen, see `termsOf`: a reorganised chain may give the
    /// number of a listing to another.
    function buy(uint256 listing, bytes32 terms, uint96 amount, address to) external payable;

    /// @notice Ends a listing. Only the seller.
    function cancel(uint256 listing) external;

    /// @notice How many listings there ever were; they are numbered from 1.
    function listings() external view returns (uint256);

    /// @notice A listing.
    function listingOf(uint256 listing) external view returns (Listing memory);

    /// @notice The digest of what is frozen: `keccak256(abi.encode(listing))` with `left` = 0.
    function termsOf(uint256 listing) external view returns (bytes32);

    /// @notice What `amount` of a listing costs, rounded up, in `asset` (zero: native coin), and how much of it is a
    /// royalty to the work's `shares`.
    function costOf(uint256 listing, uint256 amount)
        external
        view
        returns (address asset, uint256 cost, address shares, uint256 royalty);
}
