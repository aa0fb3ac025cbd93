// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Who looks at every step of a history
/// @dev forge forgets what an invariant writes, so what compares a step with the one before is called by the handlers.
interface Watcher {
    /// @notice Compares with what was seen before, and remembers.
    function look() external;
}
