// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {CollectiveCharter, GovernanceSettings} from "../types/Governance.sol";

/// @title Maker of governors and collectives
/// @notice Governance is opted into: the controller of a work has a governor made, looks at it, and hands control to
/// its timelock with `registry.setController`. There is no way back: handing control on cannot be proposed.
interface IGovernance {
    /// @notice A governor was made; it governs once its timelock is the controller.
    event GovernorMade(uint256 indexed work, address indexed governor, address indexed timelock, address by);

    /// @notice A collective was made, and its governor with it.
    event CollectiveMade(uint256 indexed work, address indexed collective, address indexed by);

    /// @notice The same caller asked for the same before: `timelock` is there.
    error Governance_AlreadyMade(address timelock);
    /// @notice `implementation` belongs to another registry, or has no code. Of the constructor.
    error Governance_ImplementationDiffers(address implementation);
    /// @notice `account` does not control `work`, and only its controller has a governor made.
    error Governance_NotController(uint256 work, address account);
    /// @notice `setting`, a field of {GovernanceSettings}, is zero, or above 90 days, all basis points or the period.
    error Governance_OutOfRange(string setting);

    /// @notice Makes the governor of a work and its timelock. The controller's; addresses depend on the caller, the
    /// work and all settings.
    function govern(uint256 work, GovernanceSettings calldata settings)
        external
        returns (address governor, address timelock);

    /// @notice Makes a collective with its shares, which are those of a work of its own, and its governor. Anyone.
    function form(CollectiveCharter calldata charter, GovernanceSettings calldata settings)
        external
        returns (address collective, address governor, address timelock);

    /// @notice The governor whose timelock controls a work; zero while none does.
    function governorOf(uint256 work) external view returns (address);

    /// @notice The governor that was made with a timelock, whether it governs or not; zero if none was.
    function governorBehind(address timelock) external view returns (address);

    /// @notice The collective whose own work this is; zero if it is none's.
    function collectiveOf(uint256 work) external view returns (address);
}
