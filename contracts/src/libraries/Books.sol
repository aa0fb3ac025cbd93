// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The book of one asset, in one slot: gross (88 bits), inbound (88), held (80), from the lowest.
/// @dev `held` is the balance that is accounted for: gross + inbound - paidOut, so that what was paid out need not be
/// kept. In the smallest units of an asset with 18 decimals the widths reach for 309 million in all, and 1.2 million
/// that nobody has claimed; of one with 6 decimals, for more than there is money. What arrives beyond that waits
/// unaccounted until somebody claims, and nothing overflows.
type Book is uint256;

/// @title Arithmetic of books
library Books {
    /// @notice A royalty of `amount` units does not fit into the book: see the widths above.
    error Books_Full(uint256 amount);
    /// @notice `amount` units are to leave, and the book holds `held`.
    error Books_Overdrawn(uint256 amount, uint256 held);

    uint256 private constant WHOLE_BPS = 10_000;

    /// @dev Shifts and widths within a book.
    uint256 private constant INBOUND = 88;
    uint256 private constant HELD = 176;
    uint256 private constant REVENUE_MAX = type(uint88).max;
    uint256 private constant HELD_MAX = type(uint80).max;

    function gross(Book book) internal pure returns (uint256) {
        return Book.unwrap(book) & REVENUE_MAX;
    }

    function inbound(Book book) internal pure returns (uint256) {
        return (Book.unwrap(book) >> INBOUND) & REVENUE_MAX;
    }

    function held(Book book) internal pure returns (uint256) {
        return Book.unwrap(book) >> HELD;
    }

    /// @dev What is left for the holders.
    function net(Book book, uint256 stackBps) internal pure returns (uint256) {
        uint256 own = gross(book);
        return inbound(book) + own - share(own, stackBps);
    }

    /// @dev What has left, for holders and ancestors.
    function paidOut(Book book) internal pure returns (uint256) {
        return gross(book) + inbound(book) - held(book);
    }

    /// @dev The book as it is with this balance, and the revenue that is new. `gross` does not shrink when a token
    /// takes balance away: what is missing is made good before it grows again.
    function withBalance(Book book, uint256 balance) internal pure returns (Book, uint256 added) {
        uint256 known = held(book);
        if (balance > HELD_MAX) balance = HELD_MAX;
        if (balance <= known) return (book, 0);
        added = balance - known;
        uint256 room = REVENUE_MAX - gross(book);
        if (added > room) added = room;
        return (Book.wrap(Book.unwrap(book) + (added << HELD | added)), added);
    }

    /// @dev The book after a payment that is about to leave.
    function afterPayment(Book book, uint256 amount) internal pure returns (Book) {
        uint256 known = held(book);
        if (amount > known) revert Books_Overdrawn(amount, known);
        return Book.wrap(Book.unwrap(book) - (amount << HELD));
    }

    /// @dev The book after a royalty from a descendant.
    function afterInbound(Book book, uint256 amount) internal pure returns (Book) {
        if (amount > REVENUE_MAX - inbound(book) || amount > HELD_MAX - held(book)) revert Books_Full(amount);
        return Book.wrap(Book.unwrap(book) + (amount << HELD | amount << INBOUND));
    }

    /// @dev A part of an amount in basis points, rounded down.
    function share(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return amount * bps / WHOLE_BPS;
    }

    /// @dev The balance of `account` in `asset` (zero: native coin), and whether it could be read. Takes no more than
    /// one word of the token's answer and never reverts.
    function balanceOf(address asset, address account) internal view returns (bool readable, uint256 amount) {
        if (asset == address(0)) return (true, account.balance);
        bytes memory question = abi.encodeCall(IERC20.balanceOf, (account));
        // slither-disable-next-line assembly: A word of the answer at most, and no revert: Solidity has neither.
        assembly ("memory-safe") {
            readable := staticcall(gas(), asset, add(question, 0x20), mload(question), 0, 0x20)
            readable := and(readable, gt(returndatasize(), 0x1f))
            amount := mul(mload(0), readable)
        }
    }
}
