// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Collective} from "../../src/Collective.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {IProcessRegistry} from "../../src/interfaces/IProcessRegistry.sol";
import {CommissionTerms} from "../../src/types/Commissions.sol";
import {SeatOffer} from "../../src/types/Governance.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {Economy} from "../support/Economy.sol";

/// @title What commissions and votes cost, each call as a transaction of its own
/// @dev As {GasTest}.
/// forge-config: default.isolate = true
/// forge-config: deep.isolate = true
contract EconomyGasTest is Economy {
    function _note(string memory operation, uint256 budget) private returns (uint256 gas) {
        gas = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("gas", operation, gas);
        atMost(gas, budget, operation);
    }

    function _commission(address asset, string memory suffix) private returns (uint256 sum) {
        (uint256 work,) = registerAs(alice, plain(alice));
        CommissionTerms memory t = terms(work, bob, asset);
        // Steady state: escrow and shares have held this asset before, and the client keeps some of it.
        dollar.mint(address(commissions), 1);
        dollar.mint(registry.sharesOf(work), 1);
        dollar.mint(bob, 2 * t.price);
        vm.deal(bob, 2 * t.price);
        vm.deal(registry.sharesOf(work), 1);
        vm.prank(bob);
        dollar.approve(address(commissions), type(uint256).max);
        vm.prank(bob);
        commissions.open{value: asset == NATIVE ? t.price : 0}(t);
        sum = _note(string.concat("commission, open", suffix), 150_000);
        Receipt memory receipt = receiptFor(t);
        // One of 1,000 runs in the batch.
        bytes32[] memory path = new bytes32[](10);
        bytes32 root = anchor.leafOf(receipt);
        for (uint256 i; i < path.length; ++i) {
            path[i] = keccak256(abi.encode("beside", i));
            root = root < path[i]
                ? keccak256(abi.encodePacked(root, path[i]))
                : keccak256(abi.encodePacked(path[i], root));
        }
        vm.prank(alice);
        anchor.anchor(root, 1_000, "");
        vm.prank(alice);
        commissions.submit(t, receipt, path);
        sum += _note(string.concat("commission, submit", suffix), 120_000);
        vm.warp(block.timestamp + t.window + 1);
        commissions.settle(t);
        sum += _note(string.concat("commission, settle", suffix), 90_000);
    }

    function test_gas_commission() public {
        uint256 sum = _commission(address(dollar), "");
        vm.snapshotValue("gas", "commission, open + submit + settle", sum);
        atMost(sum, 300_000, "open + submit + settle");
        sum = _commission(NATIVE, ", native");
        atMost(sum, 300_000, "open + submit + settle, native");
    }

    function test_gas_collective() public {
        SeatOffer[] memory seats = new SeatOffer[](2);
        uint256[2] memory works;
        for (uint256 i; i < 2; ++i) {
            address member = i == 0 ? alice : bob;
            (works[i],) = governable(member);
            seats[i] = SeatOffer(member, works[i], 80, 300, uint48(block.timestamp + 14 days));
        }
        vm.prank(alice);
        (address made,,) = governance.form(founding(1_000, seats), usual());
        atMost(vm.lastCallGas().gasTotalUsed, 1_100_000, "form a collective of 2");
        Collective collective = Collective(made);
        ProcessShares shares = ProcessShares(collective.shares());
        for (uint256 i; i < 2; ++i) {
            vm.startPrank(seats[i].member);
            registry.setController(works[i], made);
            ProcessShares(registry.sharesOf(works[i])).approve(made, 80);
            vm.stopPrank();
            vm.prank(seats[i].member);
            collective.pool(works[i]);
            if (i == 0) _note("pool a work", 200_000);
        }
        for (uint256 i; i < 2; ++i) {
            pay(ProcessShares(registry.sharesOf(works[0])), 1_000_000);
            collective.harvest(works[0], address(dollar));
        }
        _note("harvest a work", 80_000);
        vm.prank(bob);
        shares.approve(made, 300);
        vm.prank(bob);
        collective.leaveWith(works[1]);
        _note("leave with a work", 200_000);
    }

    function test_gas_governed_change() public {
        (uint256 work, ProcessShares shares) = governable(alice);
        vm.prank(alice);
        shares.delegate(alice);
        vm.prank(alice);
        (address made, address timelock) = governance.govern(work, usual());
        _note("make a governor", 900_000);
        vm.prank(alice);
        registry.setController(work, timelock);
        ProcessGovernor governor = ProcessGovernor(payable(made));
        vm.warp(block.timestamp + 8 days);
        bytes memory data = abi.encodeCall(IProcessRegistry.setParameter, (work, "turbulence", 40));
        uint256 proposal = propose(governor, alice, address(registry), data);
        _note("propose a change", 150_000);
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        vm.prank(alice);
        governor.castVote(proposal, 1);
        _note("vote", 130_000);
        vm.warp(governor.proposalDeadline(proposal) + 1);
        queue(governor, address(registry), data);
        _note("queue a change", 160_000);
        vm.warp(governor.proposalEta(proposal));
        execute(governor, address(registry), data);
        _note("execute a governed change", 120_000);
    }
}
