// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ICapital} from "./interfaces/ICapital.sol";
import {ICollective} from "./interfaces/ICollective.sol";
import {IProcessGovernor as I} from "./interfaces/IProcessGovernor.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {GovernorCharter, SeatOffer} from "./types/Governance.sol";
import {Parameter} from "./types/Works.sol";

/// @title What may be proposed
/// @notice See {IProcessGovernor}. Apart from the governor, which has little room left.
contract ProposalRules {
    IProcessRegistry private immutable REGISTRY;
    ICapital private immutable CAPITAL;

    constructor(IProcessRegistry registry, ICapital capital) {
        (REGISTRY, CAPITAL) = (registry, capital);
    }

    /// @notice Reverts unless all calls may be voted on by the governor with this charter.
    function check(
        GovernorCharter calldata charter,
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas
    ) external view {
        address collective = charter.collective;
        if (collective != address(0) && !ICollective(collective).founded()) {
            revert I.Governor_NotYetFounded(collective);
        }
        for (uint256 i; i < targets.length; ++i) {
            if (values[i] != 0) revert I.Governor_CoinRefused(values[i]);
            if (calldatas[i].length < 4) revert I.Governor_CallRefused(targets[i], 0);
            _check(charter, targets[i], bytes4(calldatas[i]), calldatas[i][4:]);
        }
    }

    function _check(GovernorCharter calldata c, address target, bytes4 selector, bytes calldata arguments)
        private
        view
    {
        bool ofCollective = c.collective != address(0) && target == c.collective;
        bool ofWorks = ofCollective || target == address(REGISTRY);
        // Decoding refuses arguments that the call would refuse.
        if (ofWorks && selector == IProcessRegistry.setParameter.selector) {
            (uint256 work, bytes32 dial, int64 value) = abi.decode(arguments, (uint256, bytes32, int64));
            _requireGoverned(c, ofCollective, work);
            _requireInBounds(work, dial, value);
        } else if (ofWorks && selector == IProcessRegistry.publish.selector) {
            (uint256 work,,) = abi.decode(arguments, (uint256, bytes32, string));
            _requireGoverned(c, ofCollective, work);
        } else if (selector == ITreasury.setAllowance.selector && _isTreasury(c.work, target)) {
            abi.decode(arguments, (address, address, uint128, uint32));
        } else if (ofCollective && selector == ICollective.admit.selector) {
            abi.decode(arguments, (SeatOffer));
        } else {
            revert I.Governor_CallRefused(target, selector);
        }
    }

    function _isTreasury(uint256 work, address target) private view returns (bool) {
        // slither-disable-next-line calls-loop: A read, for each call that the proposer lists.
        return target != address(0) && target == CAPITAL.treasuryOf(work);
    }

    function _requireGoverned(GovernorCharter calldata c, bool ofCollective, uint256 work) private view {
        // slither-disable-next-line calls-loop: A read, for each call that the proposer lists.
        bool governed = ofCollective ? ICollective(c.collective).isPooled(work) : work == c.work;
        if (!governed) revert I.Governor_NotGoverned(work);
    }

    /// @dev As the registry will check it again, in the same words.
    function _requireInBounds(uint256 work, bytes32 dial, int64 value) private view {
        // slither-disable-next-line calls-loop: A read, for each call that the proposer lists.
        Parameter memory p = REGISTRY.parameterOf(work, dial);
        if (value < p.min || value > p.max) {
            revert IProcessRegistry.Registry_ParameterBounds(work, dial, value, p.min, p.max);
        }
        int256 change = int256(value) - p.value;
        if (uint256(change < 0 ? -change : change) > p.step) {
            revert IProcessRegistry.Registry_ParameterStep(work, dial, p.value, value, p.step);
        }
    }
}
