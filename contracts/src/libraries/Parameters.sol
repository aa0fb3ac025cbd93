// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IProcessRegistry as I} from "../interfaces/IProcessRegistry.sol";
import {Parameter, ParameterSpec} from "../types/Works.sol";

/// @title Governed dials of a work
library Parameters {
    uint256 internal constant COUNT_MAX = 32;

    /// @dev Registers dials with bounds that never change.
    function register(mapping(bytes32 => Parameter) storage self, uint256 work, ParameterSpec[] calldata specs)
        internal
    {
        if (specs.length > COUNT_MAX) revert I.Registry_TooManyParameters(specs.length, COUNT_MAX);
        for (uint256 i; i < specs.length; ++i) {
            ParameterSpec calldata s = specs[i];
            if (s.name == 0 || s.step == 0 || s.min >= s.max || s.value < s.min || s.value > s.max) {
                revert I.Registry_InvalidParameter(s.name);
            }
            if (self[s.name].changedAt != 0) revert I.Registry_DuplicateParameter(s.name);
            self[s.name] = Parameter({
                value: s.value,
                min: s.min,
                max: s.max,
                step: s.step,
                cooldown: s.cooldown,
                decimals: s.decimals,
                changedAt: uint48(block.timestamp)
            });
            emit I.ParameterRegistered(work, s.name, s.value, s.min, s.max, s.step, s.cooldown, s.decimals);
        }
    }

    /// @dev Moves a dial within its bounds.
    function set(mapping(bytes32 => Parameter) storage self, uint256 work, bytes32 name, int64 value) internal {
        Parameter memory p = get(self, work, name);
        if (value < p.min || value > p.max) revert I.Registry_ParameterBounds(work, name, value, p.min, p.max);
        int256 change = int256(value) - p.value;
        if (uint256(change < 0 ? -change : change) > p.step) {
            revert I.Registry_ParameterStep(work, name, p.value, value, p.step);
        }
        uint256 until = uint256(p.changedAt) + p.cooldown;
        // slither-disable-next-line timestamp: A proposer bends seconds of a cooldown, and no bound or step.
        if (block.timestamp < until) revert I.Registry_ParameterCooldown(work, name, until);
        self[name].value = value;
        self[name].changedAt = uint48(block.timestamp);
        emit I.ParameterSet(work, name, p.value, value);
    }

    /// @dev A dial that exists.
    function get(mapping(bytes32 => Parameter) storage self, uint256 work, bytes32 name)
        internal
        view
        returns (Parameter memory p)
    {
        p = self[name];
        if (p.changedAt == 0) revert I.Registry_UnknownParameter(work, name);
    }
}
