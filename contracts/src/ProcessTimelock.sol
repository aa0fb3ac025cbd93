// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {TimelockControllerUpgradeable} from
    "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";

/// @title The controller of a governed work
/// @notice OpenZeppelin's timelock, whose one proposer and executor is the governor, and which administers itself: as
/// the governor lets no call to it pass, its roles and its delay stay as they are.
contract ProcessTimelock is TimelockControllerUpgradeable {
    /// @notice Coin was sent to the timelock.
    error Timelock_TakesNoCoin();

    constructor() {
        _disableInitializers();
    }

    /// @dev It could not send coin on.
    receive() external payable override {
        revert Timelock_TakesNoCoin();
    }
}
