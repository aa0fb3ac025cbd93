// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ProcessTimelock} from "../../src/ProcessTimelock.sol";
import {IProcessGovernor} from "../../src/interfaces/IProcessGovernor.sol";
import {IProcessRegistry} from "../../src/interfaces/IProcessRegistry.sol";
import {GovernanceSettings} from "../../src/types/Governance.sol";
import {Economy} from "./Economy.sol";

/// @title A work with votes: 50 of 100 shares are of alice, 30 of bob; 15 of carol and 5 in escrow do not vote
abstract contract GovernedCase is Economy {
    uint256 internal work;
    ProcessShares internal shares;
    ProcessGovernor internal governor;
    ProcessTimelock internal timelock;

    /// @dev alice has 50 of 100 shares, bob 30, carol 15 that are not delegated, an escrow 5.
    function setUp() public virtual override {
        super.setUp();
        (work, shares) = governable(alice);
        vm.startPrank(alice);
        shares.transfer(bob, 30);
        shares.transfer(carol, 15);
        shares.transfer(address(commissions), 5);
        shares.delegate(alice);
        vm.stopPrank();
        vm.prank(bob);
        shares.delegate(bob);
        _govern(usual());
        vm.prank(alice);
        registry.setController(work, address(timelock));
        vm.warp(block.timestamp + 8 days);
    }

    function _govern(GovernanceSettings memory settings) internal {
        vm.prank(alice);
        (address g, address t) = governance.govern(work, settings);
        (governor, timelock) = (ProcessGovernor(payable(g)), ProcessTimelock(payable(t)));
    }

    function _set(int64 value) internal view returns (bytes memory) {
        return abi.encodeCall(IProcessRegistry.setParameter, (work, "turbulence", value));
    }

    function _refused(address target, bytes memory data, bytes memory reason) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(target, data);
        vm.expectRevert(reason);
        vm.prank(alice);
        governor.propose(targets, values, calldatas, "");
    }

    function _stands(uint256 proposal, IGovernor.ProposalState state) internal view {
        eq(uint256(governor.state(proposal)), uint256(state), "state of the proposal");
    }

    function _notAllowed(address target, bytes memory data) internal {
        bytes4 selector = data.length < 4 ? bytes4(0) : bytes4(data);
        _refused(target, data, abi.encodeWithSelector(IProcessGovernor.Governor_CallRefused.selector, target, selector));
    }
}
