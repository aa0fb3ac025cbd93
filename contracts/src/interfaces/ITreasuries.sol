// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title What a vote may do with a treasury
interface IVotedAllowance {
    /// @notice Lets `operator` draw up to `amount` of `asset` in each period.
    function setAllowance(address operator, address asset, uint128 amount, uint32 period) external;
}

/// @title Where the treasury of a work is found
interface ITreasuries {
    /// @notice The treasury of a work; zero if none is open.
    function treasuryOf(uint256 work) external view returns (address);
}
