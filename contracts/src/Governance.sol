// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {Collective} from "./Collective.sol";
import {ProcessGovernor} from "./ProcessGovernor.sol";
import {ProcessTimelock} from "./ProcessTimelock.sol";
import {IGovernance} from "./interfaces/IGovernance.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {CollectiveCharter, GovernanceSettings, GovernorCharter} from "./types/Governance.sol";

/// @title Maker of governors and collectives
/// @notice See {IGovernance}.
/// @dev Addresses depend on everything that was asked for, so that a reorganised chain gives them to nothing else.
contract Governance is IGovernance {
    uint256 private constant WHOLE_BPS = 10_000;
    /// @notice Longest of each span of time.
    uint256 public constant PERIOD_MAX = 90 days;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;
    /// @notice The code behind all governors.
    address public immutable governorImplementation;
    /// @notice The code behind all timelocks.
    address public immutable timelockImplementation;
    /// @notice The code behind all collectives.
    address public immutable collectiveImplementation;

    /// @inheritdoc IGovernance
    mapping(address timelock => address) public governorBehind;
    /// @inheritdoc IGovernance
    mapping(uint256 work => address) public collectiveOf;

    constructor(IProcessRegistry registry, ProcessGovernor governor, ProcessTimelock timelock, Collective collective) {
        if (address(governor.REGISTRY()) != address(registry)) {
            revert Governance_ImplementationDiffers(address(governor));
        }
        if (address(collective.REGISTRY()) != address(registry)) {
            revert Governance_ImplementationDiffers(address(collective));
        }
        if (address(timelock).code.length == 0) revert Governance_ImplementationDiffers(address(timelock));
        REGISTRY = registry;
        governorImplementation = address(governor);
        timelockImplementation = address(timelock);
        collectiveImplementation = address(collective);
    }

    /// @inheritdoc IGovernance
    function govern(uint256 work, GovernanceSettings calldata settings)
        external
        returns (address governor, address timelock)
    {
        if (msg.sender != REGISTRY.controllerOf(work)) revert Governance_NotController(work, msg.sender);
        bytes32 salt = keccak256(abi.encode(msg.sender, work, settings));
        timelock = _makeTimelock(settings, salt);
        governor = _makeGovernor(settings, salt, timelock, address(0), work, REGISTRY.sharesOf(work));
    }

    /// @inheritdoc IGovernance
    function form(CollectiveCharter calldata charter, GovernanceSettings calldata settings)
        external
        returns (address collective, address governor, address timelock)
    {
        bytes32 salt = keccak256(abi.encode(msg.sender, charter, settings));
        timelock = _makeTimelock(settings, salt);
        collective = Clones.cloneDeterministic(collectiveImplementation, salt);
        // slither-disable-next-line reentrancy-benign,reentrancy-events: It and the registry call nobody back.
        (uint256 work, address shares) = Collective(collective).initialize(charter, timelock);
        collectiveOf[work] = collective;
        emit CollectiveMade(work, collective, msg.sender);
        governor = _makeGovernor(settings, salt, timelock, collective, work, shares);
    }

    /// @inheritdoc IGovernance
    function governorOf(uint256 work) external view returns (address governor) {
        governor = governorBehind[REGISTRY.controllerOf(work)];
        // Control of a work may have been given to the timelock of another.
        if (governor != address(0) && ProcessGovernor(payable(governor)).charter().work != work) return address(0);
    }

    function _makeTimelock(GovernanceSettings calldata settings, bytes32 salt) private returns (address timelock) {
        _requireInRange(settings);
        timelock = Clones.predictDeterministicAddress(timelockImplementation, salt);
        if (timelock.code.length != 0) revert Governance_AlreadyMade(timelock);
        // slither-disable-next-line unused-return: The address was foretold.
        Clones.cloneDeterministic(timelockImplementation, salt);
    }

    function _makeGovernor(
        GovernanceSettings calldata settings,
        bytes32 salt,
        address timelock,
        address collective,
        uint256 work,
        address token
    ) private returns (address governor) {
        GovernorCharter memory charter = GovernorCharter(token, timelock, collective, work, settings);
        governor = Clones.cloneDeterministicWithImmutableArgs(governorImplementation, abi.encode(charter), salt);
        governorBehind[timelock] = governor;
        emit GovernorMade(work, governor, timelock, msg.sender);
        ProcessGovernor(payable(governor)).initialize();
        address[] memory only = new address[](1);
        only[0] = governor;
        ProcessTimelock(payable(timelock)).initialize(settings.timelockDelay, only, only, address(0));
    }

    function _requireInRange(GovernanceSettings calldata s) private pure {
        if (s.votingDelay == 0 || s.votingDelay > PERIOD_MAX) revert Governance_OutOfRange("votingDelay");
        if (s.votingPeriod == 0 || s.votingPeriod > PERIOD_MAX) revert Governance_OutOfRange("votingPeriod");
        if (s.extension == 0 || s.extension > s.votingPeriod) revert Governance_OutOfRange("extension");
        if (s.timelockDelay > PERIOD_MAX) revert Governance_OutOfRange("timelockDelay");
        if (s.quorumBps == 0 || s.quorumBps > WHOLE_BPS) revert Governance_OutOfRange("quorumBps");
        if (s.thresholdBps > WHOLE_BPS) revert Governance_OutOfRange("thresholdBps");
    }
}
