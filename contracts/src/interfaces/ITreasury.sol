// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Allowance} from "../types/Capital.sol";

/// @title The capital of a work, or of a collective
/// @notice Whatever arrives is its capital, in any token and in the native coin. It leaves in one way: an operator
/// draws within an allowance. Allowances are the controller's: of a work, whoever controls it in the registry (its
/// creator, or the timelock once there are votes). An allowance ends with the role of whoever set it, so none that a
/// creator set outlives the change to votes.
interface ITreasury {
    /// @notice `operator` may draw up to `amount` of `asset` in each period.
    event AllowanceSet(
        address indexed controller, address indexed operator, address indexed asset, uint256 amount, uint256 period
    );

    /// @notice Capital left for `to`.
    /// @param purpose What it was for, for example the root of a run, or the digest of an invoice.
    event Drawn(
        address indexed operator, address indexed asset, address indexed to, uint256 amount, bytes32 purpose
    );

    /// @notice `amount` units are more than the `left` of the running period.
    error Treasury_AllowanceExceeded(uint256 amount, uint256 left);
    /// @notice `account` is not the `controller`, who alone sets allowances.
    error Treasury_NotController(address account, address controller);
    /// @notice A period of `period` seconds is shorter than `min`.
    error Treasury_PeriodTooShort(uint256 period, uint256 min);

    /// @notice Lets `operator` draw up to `amount` of `asset` in each period. Only the controller.
    /// @dev What was drawn in the running period counts against the new amount.
    function setAllowance(address operator, address asset, uint128 amount, uint32 period) external;

    /// @notice Sends capital to `to`, within the caller's allowance.
    function draw(address asset, uint128 amount, address to, bytes32 purpose) external;

    /// @notice The work whose capital this is; zero for that of a controller which stands alone.
    function work() external view returns (uint256);

    /// @notice Who sets allowances.
    function controller() external view returns (address);

    /// @notice The allowance that the present controller gave, with its running period.
    function allowanceOf(address operator, address asset) external view returns (Allowance memory);

    /// @notice What `operator` can draw now.
    function drawable(address operator, address asset) external view returns (uint256);
}
