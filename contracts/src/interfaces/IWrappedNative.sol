// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title The native coin as an ERC-20, as WETH9 shaped it
interface IWrappedNative {
    /// @notice What `account` holds, in wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Wraps the coin that comes with the call.
    function deposit() external payable;

    /// @notice Sends `amount` wei to the caller, and takes as many tokens.
    function withdraw(uint256 amount) external;
}
