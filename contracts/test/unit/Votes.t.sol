// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {IProcessRegistry} from "../../src/interfaces/IProcessRegistry.sol";
import {GovernanceSettings} from "../../src/types/Governance.sol";
import {GovernedCase} from "../support/GovernedCase.sol";

/// @dev Borrows shares, votes with them and gives them back in one transaction.
contract FlashVoter {
    function propose(ProcessGovernor governor, ProcessShares shares, address lender, address target, bytes memory data)
        external
    {
        _borrow(shares, lender);
        (address[] memory targets, bytes[] memory calldatas) = (new address[](1), new bytes[](1));
        (targets[0], calldatas[0]) = (target, data);
        governor.propose(targets, new uint256[](1), calldatas, "");
    }

    function vote(ProcessGovernor governor, ProcessShares shares, address lender, uint256 proposal)
        external
        returns (uint256 weight)
    {
        uint256 amount = _borrow(shares, lender);
        weight = governor.castVote(proposal, 1);
        shares.transfer(lender, amount);
    }

    function _borrow(ProcessShares shares, address lender) private returns (uint256 amount) {
        amount = shares.balanceOf(lender);
        shares.transferFrom(lender, address(this), amount);
        shares.delegate(address(this));
    }
}

contract VotesTest is GovernedCase {
    function test_a_vote_moves_a_dial() public {
        eq(governance.governorOf(work), address(governor), "governed");
        decideAs(governor, alice, address(registry), _set(45));
        yes(registry.parameterOf(work, "turbulence").value == 45, "moved");
    }

    function test_a_vote_publishes_a_version() public {
        bytes memory data = abi.encodeCall(IProcessRegistry.publish, (work, keccak256("next"), "ipfs://next"));
        decideAs(governor, alice, address(registry), data);
        eq(registry.bundleOf(work, 2), keccak256("next"), "published");
    }

    function test_the_clock_is_the_time_and_votes_begin_later() public {
        eq(governor.clock(), block.timestamp, "clock");
        eq(governor.CLOCK_MODE(), "mode=timestamp", "mode");
        uint256 proposal = propose(governor, alice, address(registry), _set(40));
        eq(governor.proposalSnapshot(proposal), block.timestamp + 1 days, "after the delay");
        _stands(proposal, IGovernor.ProposalState.Pending);
        vm.warp(block.timestamp + 1 days);
        _stands(proposal, IGovernor.ProposalState.Pending);
        vm.expectRevert();
        vm.prank(alice);
        governor.castVote(proposal, 1);
        vm.warp(block.timestamp + 1);
        _stands(proposal, IGovernor.ProposalState.Active);
    }

    function test_borrowed_shares_neither_propose_nor_vote() public {
        FlashVoter flash = new FlashVoter();
        vm.prank(alice);
        shares.approve(address(flash), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, flash, 0, 1));
        flash.propose(governor, shares, alice, address(registry), _set(40));
        uint256 proposal = propose(governor, bob, address(registry), _set(40));
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        eq(flash.vote(governor, shares, alice, proposal), 0, "no weight");
        // Also in the very second of the snapshot: only what stood at its end counts, and then all is given back.
        uint256 second = propose(governor, bob, address(registry), _set(41));
        vm.warp(governor.proposalSnapshot(second));
        vm.expectRevert();
        flash.vote(governor, shares, alice, second);
    }

    function test_shares_that_come_after_the_snapshot_have_no_vote() public {
        uint256 proposal = propose(governor, alice, address(registry), _set(40));
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        vm.prank(alice);
        shares.transfer(dave, 50);
        vm.prank(dave);
        shares.delegate(dave);
        vm.prank(dave);
        eq(governor.castVote(proposal, 0), 0, "dave came too late");
        vm.prank(alice);
        eq(governor.castVote(proposal, 1), 50, "alice had them");
    }

    function test_a_quorum_counts_shares_that_nobody_delegated_and_shares_in_escrow() public {
        eq(governor.quorum(block.timestamp - 1), 20, "of all 100, not of the 80 that vote");
        uint256 proposal = propose(governor, alice, address(registry), _set(40));
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        vm.prank(carol);
        eq(governor.castVote(proposal, 1), 0, "carol did not delegate");
        vm.warp(governor.proposalDeadline(proposal) + 1);
        _stands(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_a_small_supply_has_a_quorum_of_at_least_one_share() public {
        eq(governor.proposalThreshold(), 1, "1% of 100");
        GovernanceSettings memory s = usual();
        (s.quorumBps, s.thresholdBps) = (1, 1);
        vm.prank(address(timelock));
        (address made,) = governance.govern(work, s);
        eq(ProcessGovernor(payable(made)).quorum(block.timestamp - 1), 1, "rounded up");
        eq(ProcessGovernor(payable(made)).proposalThreshold(), 1, "rounded up");
    }

    function test_a_late_quorum_leaves_time_to_answer() public {
        uint256 proposal = propose(governor, bob, address(registry), _set(40));
        uint256 deadline = governor.proposalDeadline(proposal);
        vm.warp(deadline - 10);
        vm.prank(bob);
        governor.castVote(proposal, 1);
        eq(governor.proposalDeadline(proposal), deadline - 10 + 2 days, "extended");
        vm.warp(deadline + 1 days);
        vm.prank(alice);
        governor.castVote(proposal, 0);
        vm.warp(governor.proposalDeadline(proposal) + 1);
        _stands(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_an_execution_waits_for_the_timelock_and_happens_once() public {
        bytes memory data = _set(40);
        uint256 proposal = propose(governor, alice, address(registry), data);
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        vm.prank(alice);
        governor.castVote(proposal, 1);
        vm.warp(governor.proposalDeadline(proposal) + 1);
        queue(governor, address(registry), data);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(address(registry), data);
        vm.warp(governor.proposalEta(proposal) - 1);
        vm.expectRevert();
        governor.execute(targets, values, calldatas, keccak256(""));
        vm.warp(governor.proposalEta(proposal));
        execute(governor, address(registry), data);
        vm.expectRevert();
        governor.execute(targets, values, calldatas, keccak256(""));
        _stands(proposal, IGovernor.ProposalState.Executed);
    }

    function test_a_change_in_the_cooldown_waits_and_is_not_lost() public {
        decideAs(governor, alice, address(registry), _set(40));
        bytes memory data = _set(45);
        GovernanceSettings memory s = governor.charter().settings;
        yes(s.votingDelay + s.votingPeriod + s.timelockDelay == 7 days, "as long as the cooldown");
        uint256 proposal = propose(governor, alice, address(registry), data);
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        vm.prank(alice);
        governor.castVote(proposal, 1);
        vm.warp(governor.proposalDeadline(proposal) + 1);
        queue(governor, address(registry), data);
        vm.warp(governor.proposalEta(proposal));
        execute(governor, address(registry), data);
        yes(registry.parameterOf(work, "turbulence").value == 45, "after the cooldown");
    }

    function test_a_signed_vote_counts_for_the_signer_once() public {
        uint256 proposal = propose(governor, alice, address(registry), _set(40));
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Daedal Governor"),
                keccak256("1"),
                block.chainid,
                address(governor)
            )
        );
        bytes32 message = keccak256(abi.encode(governor.BALLOT_TYPEHASH(), proposal, uint8(1), bob, uint256(0)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xB0B, keccak256(abi.encodePacked(hex"1901", domain, message)));
        bytes memory signature = abi.encodePacked(r, s, v);
        eq(governor.castVoteBySig(proposal, 1, bob, signature), 30, "bob's 30");
        vm.expectRevert();
        governor.castVoteBySig(proposal, 1, bob, signature);
    }
}
