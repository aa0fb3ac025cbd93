// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Payments in a token, or in the native coin (`asset` is zero)
/// @dev A payment that is taken is measured by what arrives.
library Money {
    using SafeERC20 for IERC20;

    /// @notice `to` did not take `amount` wei.
    error Money_NativeRefused(address to, uint256 amount);
    /// @notice Money was to be sent to the zero address.
    error Money_NoRecipient();
    /// @notice `expected` units of `asset` had to arrive, and `received` did: the token takes a fee.
    error Money_Underpaid(address asset, uint256 received, uint256 expected);
    /// @notice `sent` wei came with the call, and `expected` had to: zero when the price is in a token.
    error Money_WrongValue(uint256 sent, uint256 expected);

    function balanceOf(address asset, address account) internal view returns (uint256) {
        return asset == address(0) ? account.balance : IERC20(asset).balanceOf(account);
    }

    /// @dev From this contract to `to`.
    function send(address asset, address to, uint256 amount) internal {
        if (to == address(0)) revert Money_NoRecipient();
        if (amount == 0) return;
        if (asset != address(0)) return IERC20(asset).safeTransfer(to, amount);
        // slither-disable-next-line low-level-calls: Coin to anybody; whoever calls this has written their books.
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert Money_NativeRefused(to, amount);
    }

    /// @dev Refuses a call whose native coin is not `amount` of `asset`, or is there although `asset` is a token.
    function requireValue(address asset, uint256 amount) internal view {
        uint256 expected = asset == address(0) ? amount : 0;
        if (msg.value != expected) revert Money_WrongValue(msg.value, expected);
    }

    /// @dev From the caller to `to`, of whom at least `amount` arrives. Native coin must have come with the call.
    function take(address asset, address to, uint256 amount) internal {
        if (asset == address(0)) {
            if (to != address(this)) send(asset, to, amount);
            return;
        }
        uint256 before = IERC20(asset).balanceOf(to);
        IERC20(asset).safeTransferFrom(msg.sender, to, amount);
        uint256 received = IERC20(asset).balanceOf(to) - before;
        if (received < amount) revert Money_Underpaid(asset, received, amount);
    }
}
