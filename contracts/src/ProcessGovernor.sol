// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {GovernorUpgradeable} from "@openzeppelin/contracts-upgradeable/governance/GovernorUpgradeable.sol";
import {TimelockControllerUpgradeable} from
    "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";
import {GovernorCountingSimpleUpgradeable} from
    "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorCountingSimpleUpgradeable.sol";
import {GovernorPreventLateQuorumUpgradeable} from
    "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorPreventLateQuorumUpgradeable.sol";
import {GovernorTimelockControlUpgradeable} from
    "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorTimelockControlUpgradeable.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC5805} from "@openzeppelin/contracts/interfaces/IERC5805.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICapital} from "./interfaces/ICapital.sol";
import {IProcessGovernor} from "./interfaces/IProcessGovernor.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {ProposalRules} from "./ProposalRules.sol";
import {GovernorCharter} from "./types/Governance.sol";

/// @title Governor of a work or of a collective
/// @notice See {IProcessGovernor}.
/// @dev Behind clones whose code carries the charter, so that no setting can change.
contract ProcessGovernor is
    IProcessGovernor,
    GovernorCountingSimpleUpgradeable,
    GovernorPreventLateQuorumUpgradeable,
    GovernorTimelockControlUpgradeable
{
    uint256 private constant WHOLE_BPS = 10_000;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;
    /// @notice What may be proposed.
    ProposalRules public immutable RULES;

    /// @param capital Where the treasuries of works are found, whose allowances may be voted on.
    constructor(IProcessRegistry registry, ICapital capital) {
        REGISTRY = registry;
        RULES = new ProposalRules(registry, capital);
        _disableInitializers();
    }

    /// @notice Takes the timelock of the charter. In the call that creates the governor.
    function initialize() external initializer {
        __GovernorTimelockControl_init(TimelockControllerUpgradeable(payable(charter().timelock)));
    }

    /// @inheritdoc IProcessGovernor
    function charter() public view returns (GovernorCharter memory) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (GovernorCharter));
    }

    /// @notice Proposes calls, if all of them are such as may be voted on.
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) public override returns (uint256 proposal) {
        proposal = super.propose(targets, values, calldatas, description);
        RULES.check(charter(), targets, values, calldatas);
    }

    /// @notice Carries out a proposal that passed.
    function execute(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public payable override returns (uint256) {
        if (msg.value != 0) revert Governor_CoinRefused(msg.value);
        return super.execute(targets, values, calldatas, descriptionHash);
    }

    /// @notice The shares that vote.
    function token() public view returns (IERC5805) {
        return IERC5805(charter().token);
    }

    function name() public pure override returns (string memory) {
        return "Daedal Governor";
    }

    /// @notice ERC-6372: seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function votingDelay() public view override returns (uint256) {
        return charter().settings.votingDelay;
    }

    function votingPeriod() public view override returns (uint256) {
        return charter().settings.votingPeriod;
    }

    function lateQuorumVoteExtension() public view override returns (uint48) {
        return charter().settings.extension;
    }

    /// @notice A part of the supply, rounded up.
    function proposalThreshold() public view override returns (uint256) {
        GovernorCharter memory c = charter();
        return _part(IERC5805(c.token).getPastTotalSupply(block.timestamp - 1), c.settings.thresholdBps);
    }

    /// @notice A part of the shares that were issued, rounded up: shares that nobody delegated and shares in escrow
    /// count, those in a collective's reserve do not.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        GovernorCharter memory c = charter();
        uint256 issued = IERC5805(c.token).getPastTotalSupply(timepoint);
        // A collective delegates its reserve to itself, and never votes.
        if (c.collective != address(0)) issued -= IERC5805(c.token).getPastVotes(c.collective, timepoint);
        return _part(issued, c.settings.quorumBps);
    }

    function state(uint256 proposal)
        public
        view
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (ProposalState)
    {
        return super.state(proposal);
    }

    function proposalDeadline(uint256 proposal)
        public
        view
        override(GovernorUpgradeable, GovernorPreventLateQuorumUpgradeable)
        returns (uint256)
    {
        return super.proposalDeadline(proposal);
    }

    function proposalNeedsQueuing(uint256 proposal)
        public
        view
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposal);
    }

    function _part(uint256 amount, uint256 bps) private pure returns (uint256) {
        return Math.ceilDiv(amount * bps, WHOLE_BPS);
    }

    function _getVotes(address account, uint256 timepoint, bytes memory) internal view override returns (uint256) {
        return token().getPastVotes(account, timepoint);
    }

    function _tallyUpdated(uint256 proposal)
        internal
        override(GovernorUpgradeable, GovernorPreventLateQuorumUpgradeable)
    {
        super._tallyUpdated(proposal);
    }

    function _queueOperations(
        uint256 proposal,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(GovernorUpgradeable, GovernorTimelockControlUpgradeable) returns (uint48) {
        return super._queueOperations(proposal, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposal,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(GovernorUpgradeable, GovernorTimelockControlUpgradeable) {
        super._executeOperations(proposal, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(GovernorUpgradeable, GovernorTimelockControlUpgradeable) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor()
        internal
        view
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (address)
    {
        return super._executor();
    }

    function _EIP712Name() internal pure override returns (string memory) {
        return name();
    }

    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }
}
