// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Capital} from "../../src/Capital.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ProcessTimelock} from "../../src/ProcessTimelock.sol";
import {Treasury} from "../../src/Treasury.sol";
import {IGovernance as I} from "../../src/interfaces/IGovernance.sol";
import {IProcessGovernor} from "../../src/interfaces/IProcessGovernor.sol";
import {IProcessRegistry} from "../../src/interfaces/IProcessRegistry.sol";
import {GovernanceSettings, GovernorCharter} from "../../src/types/Governance.sol";
import {Holder} from "../../src/types/Works.sol";
import {GovernedCase} from "../support/GovernedCase.sol";

contract GovernanceTest is GovernedCase {
    function test_a_vote_sets_an_allowance_of_the_works_treasury_only() public {
        (work, shares) = governable(alice);
        address treasury = capital.openTreasury(work);
        address foreign = new Capital(registry).openTreasury(work);
        _govern(usual());
        vm.prank(alice);
        registry.setController(work, address(timelock));
        vm.prank(alice);
        shares.delegate(alice);
        vm.warp(block.timestamp + 1);
        bytes memory data = abi.encodeCall(Treasury.setAllowance, (bob, address(dollar), 5e6, 7 days));
        _notAllowed(foreign, data);
        _notAllowed(capital.openTreasuryFor(address(timelock)), data);
        _notAllowed(treasury, abi.encodeCall(Treasury.draw, (address(dollar), 1, bob, 0)));
        decideAs(governor, alice, treasury, data);
        eq(Treasury(treasury).allowanceOf(bob, address(dollar)).amount, 5e6, "allowed");
    }

    function test_out_of_bounds_proposals_cannot_be_made() public {
        bytes4 bounds = IProcessRegistry.Registry_ParameterBounds.selector;
        _refused(address(registry), _set(81), abi.encodeWithSelector(bounds, work, bytes32("turbulence"), 81, 10, 80));
        _refused(address(registry), _set(9), abi.encodeWithSelector(bounds, work, bytes32("turbulence"), 9, 10, 80));
        bytes4 step = IProcessRegistry.Registry_ParameterStep.selector;
        _refused(address(registry), _set(46), abi.encodeWithSelector(step, work, bytes32("turbulence"), 35, 46, 10));
        _refused(address(registry), _set(24), abi.encodeWithSelector(step, work, bytes32("turbulence"), 35, 24, 10));
        bytes memory data = abi.encodeCall(IProcessRegistry.setParameter, (work, "colour", 1));
        bytes4 unknown = IProcessRegistry.Registry_UnknownParameter.selector;
        _refused(address(registry), data, abi.encodeWithSelector(unknown, work, bytes32("colour")));
        // A value that no dial has: more than 64 bits.
        data = abi.encodeWithSelector(IProcessRegistry.setParameter.selector, work, "turbulence", uint256(1) << 64);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(address(registry), data);
        vm.expectRevert();
        vm.prank(alice);
        governor.propose(targets, values, calldatas, "");
        propose(governor, alice, address(registry), _set(45));
        propose(governor, alice, address(registry), _set(25));
    }

    function test_nothing_but_what_is_listed_can_be_proposed() public {
        _notAllowed(address(registry), abi.encodeCall(IProcessRegistry.setController, (work, alice)));
        _notAllowed(address(registry), abi.encodeCall(IProcessRegistry.setOperator, (work, alice, true)));
        _notAllowed(address(registry), abi.encodeCall(IProcessRegistry.setDeriver, (work, alice, true)));
        _notAllowed(address(shares), abi.encodeCall(ProcessShares.initialize, (new Holder[](0))));
        _notAllowed(address(dollar), abi.encodeWithSelector(bytes4(0xa9059cbb), alice, 1));
        _notAllowed(address(shares), _set(40));
        _notAllowed(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        _notAllowed(address(timelock), abi.encodeCall(timelock.grantRole, (timelock.PROPOSER_ROLE(), alice)));
        _notAllowed(address(governor), abi.encodeCall(governor.setLateQuorumVoteExtension, (0)));
        _notAllowed(address(governor), abi.encodeCall(governor.relay, (address(registry), 0, _set(40))));
        _notAllowed(address(0), abi.encodeCall(Treasury.setAllowance, (bob, address(dollar), 1, 1)));
        _notAllowed(address(registry), hex"");
        _notAllowed(address(registry), hex"010203");
        uint256 works = registry.works();
        (uint256 other,) = governable(alice);
        eq(other, works + 1, "another work");
        bytes memory data = abi.encodeCall(IProcessRegistry.setParameter, (other, "turbulence", 40));
        _refused(
            address(registry), data, abi.encodeWithSelector(IProcessGovernor.Governor_NotGoverned.selector, other)
        );
        data = abi.encodeCall(IProcessRegistry.publish, (other, keccak256("x"), ""));
        _refused(
            address(registry), data, abi.encodeWithSelector(IProcessGovernor.Governor_NotGoverned.selector, other)
        );
    }

    function test_one_call_that_is_refused_refuses_the_proposal() public {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            (new address[](2), new uint256[](2), new bytes[](2));
        (targets[0], calldatas[0]) = (address(registry), _set(40));
        (targets[1], calldatas[1]) = (address(registry), abi.encodeCall(IProcessRegistry.setController, (work, bob)));
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IProcessGovernor.Governor_CallRefused.selector, registry, IProcessRegistry.setController.selector
            )
        );
        governor.propose(targets, values, calldatas, "");
        (calldatas[1], values[1]) = (_set(41), 1);
        vm.expectRevert(abi.encodeWithSelector(IProcessGovernor.Governor_CoinRefused.selector, 1));
        governor.propose(targets, values, calldatas, "");
        vm.stopPrank();
    }

    function test_nobody_but_the_governor_moves_the_timelock_and_nobody_the_settings() public {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        vm.startPrank(alice);
        vm.expectRevert();
        timelock.schedule(address(registry), 0, _set(40), 0, 0, 1 days);
        vm.expectRevert();
        timelock.grantRole(proposer, alice);
        vm.expectRevert();
        timelock.updateDelay(0);
        vm.expectRevert();
        governor.setLateQuorumVoteExtension(0);
        vm.expectRevert();
        governor.updateTimelock(timelock);
        vm.expectRevert();
        governor.initialize();
        vm.expectRevert();
        timelock.initialize(0, new address[](0), new address[](0), alice);
        vm.expectRevert(abi.encodeWithSelector(IProcessRegistry.Registry_NotController.selector, work, alice));
        registry.setParameter(work, "turbulence", 40);
        vm.stopPrank();
        no(timelock.hasRole(0, address(governance)), "the maker keeps nothing");
        no(timelock.hasRole(0, alice), "nor does the controller");
        yes(timelock.hasRole(proposer, address(governor)), "the governor proposes");
        no(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)), "and nobody else executes");
    }

    function test_neither_governor_nor_timelock_takes_coin() public {
        vm.deal(alice, 10);
        vm.startPrank(alice);
        (bool taken,) = address(timelock).call{value: 1}("");
        no(taken, "the timelock");
        (taken,) = address(governor).call{value: 1}("");
        no(taken, "the governor");
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(address(registry), _set(40));
        vm.expectRevert(abi.encodeWithSelector(IProcessGovernor.Governor_CoinRefused.selector, 1));
        governor.execute{value: 1}(targets, values, calldatas, keccak256(""));
        vm.stopPrank();
    }

    function test_only_the_controller_opts_in_and_settings_have_limits() public {
        GovernanceSettings memory s = usual();
        vm.expectRevert(abi.encodeWithSelector(I.Governance_NotController.selector, work, alice));
        vm.prank(alice);
        governance.govern(work, s);
        (work,) = governable(bob);
        s.votingDelay = 0;
        _badSettings(s, "votingDelay");
        s.votingDelay = 91 days;
        _badSettings(s, "votingDelay");
        s = usual();
        s.votingPeriod = 0;
        _badSettings(s, "votingPeriod");
        s = usual();
        s.extension = 0;
        _badSettings(s, "extension");
        s.extension = s.votingPeriod + 1;
        _badSettings(s, "extension");
        s = usual();
        s.timelockDelay = 91 days;
        _badSettings(s, "timelockDelay");
        s = usual();
        s.quorumBps = 0;
        _badSettings(s, "quorumBps");
        s.quorumBps = 10_001;
        _badSettings(s, "quorumBps");
        s = usual();
        s.thresholdBps = 10_001;
        _badSettings(s, "thresholdBps");
    }

    function _badSettings(GovernanceSettings memory s, string memory which) private {
        vm.expectRevert(abi.encodeWithSelector(I.Governance_OutOfRange.selector, which));
        vm.prank(bob);
        governance.govern(work, s);
    }

    function test_the_same_governor_is_made_once_and_its_charter_can_be_read() public {
        (work,) = governable(bob);
        vm.startPrank(bob);
        (address made, address lock) = governance.govern(work, usual());
        vm.expectRevert(abi.encodeWithSelector(I.Governance_AlreadyMade.selector, lock));
        governance.govern(work, usual());
        vm.stopPrank();
        GovernorCharter memory c = ProcessGovernor(payable(made)).charter();
        eq(c.token, registry.sharesOf(work), "token");
        eq(c.timelock, lock, "timelock");
        eq(c.work, work, "work");
        eq(governance.governorBehind(lock), made, "found");
        eq(governance.governorOf(work), address(0), "not before control is handed over");
        vm.prank(bob);
        registry.setController(work, address(timelock));
        eq(governance.governorOf(work), address(0), "nor when it is handed to the timelock of another work");
    }

    function test_implementations_are_not_to_be_used() public {
        ProcessGovernor implementation = ProcessGovernor(payable(governance.governorImplementation()));
        vm.expectRevert();
        implementation.initialize();
        ProcessTimelock lock = ProcessTimelock(payable(governance.timelockImplementation()));
        vm.expectRevert();
        lock.initialize(0, new address[](0), new address[](0), alice);
    }

    /// Any call to anything is refused, unless it is one of those listed for this work.
    function test_fuzz_random_calls_are_refused(address target, bytes4 selector, bytes calldata rest) public {
        vm.assume(target != address(registry) || selector != IProcessRegistry.publish.selector);
        _notAllowedIf(target, bytes.concat(selector, rest));
        _notAllowedIf(address(registry), bytes.concat(selector, rest));
    }

    function _notAllowedIf(address target, bytes memory data) private {
        bytes4 selector = bytes4(data);
        if (selector == IProcessRegistry.publish.selector || selector == IProcessRegistry.setParameter.selector) return;
        _notAllowed(target, data);
    }

    /// Whatever value passes a vote, the dial stays within bounds and step; what does not fit is not voted on.
    function test_fuzz_dials_stay_in_bounds(int64[6] calldata values) public {
        for (uint256 i; i < values.length; ++i) {
            int64 value = int64(int256(within(uint256(int256(values[i])), 0, 90)));
            int64 now_ = registry.parameterOf(work, "turbulence").value;
            int64 change = value > now_ ? value - now_ : now_ - value;
            (address[] memory targets, uint256[] memory none, bytes[] memory calldatas) =
                one(address(registry), _set(value));
            vm.prank(alice);
            try governor.propose(targets, none, calldatas, _about(i)) returns (uint256 proposal) {
                yes(value >= 10 && value <= 80 && change <= 10, "only what fits is voted on");
                vm.warp(governor.proposalSnapshot(proposal) + 1);
                vm.prank(alice);
                governor.castVote(proposal, 1);
                vm.warp(governor.proposalDeadline(proposal) + 1);
                governor.queue(targets, none, calldatas, keccak256(bytes(_about(i))));
                vm.warp(governor.proposalEta(proposal));
                governor.execute(targets, none, calldatas, keccak256(bytes(_about(i))));
                yes(registry.parameterOf(work, "turbulence").value == value, "moved");
            } catch {
                no(value >= 10 && value <= 80 && change <= 10, "what fits can be voted on");
            }
        }
    }

    function _about(uint256 i) private pure returns (string memory) {
        return string(abi.encodePacked("change ", bytes1(uint8(48 + i))));
    }
}
