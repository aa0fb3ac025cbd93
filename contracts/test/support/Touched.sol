// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Which works a call may have changed
/// @dev An invariant of a work can only break when the work, or its balance, is touched: looking at the others again
/// would take most of the time.
contract Touched {
    uint256 private _mask;

    function mark(uint256 place) external {
        _mask |= 1 << place;
    }

    function markAll() external {
        _mask = type(uint256).max;
    }

    function take() external returns (uint256 mask) {
        mask = _mask;
        _mask = 0;
    }
}
