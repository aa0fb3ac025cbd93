// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Capital} from "../../src/Capital.sol";
import {Collective} from "../../src/Collective.sol";
import {Commissions} from "../../src/Commissions.sol";
import {Governance} from "../../src/Governance.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ProcessTimelock} from "../../src/ProcessTimelock.sol";
import {CommissionTerms} from "../../src/types/Commissions.sol";
import {CollectiveCharter, GovernanceSettings, SeatOffer} from "../../src/types/Governance.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {ParameterSpec, Registration} from "../../src/types/Works.sol";
import {Fixture} from "./Fixture.sol";

/// @title Escrow and governance beside the four contracts
abstract contract Economy is Fixture {
    Commissions internal commissions;
    Governance internal governance;
    Capital internal capital;

    function setUp() public virtual override {
        super.setUp();
        commissions = new Commissions(registry, anchor);
        capital = new Capital(registry);
        governance = new Governance(
            registry, new ProcessGovernor(registry, capital), new ProcessTimelock(), new Collective(registry)
        );
    }

    function usual() internal pure returns (GovernanceSettings memory) {
        return GovernanceSettings({
            votingDelay: 1 days,
            votingPeriod: 5 days,
            extension: 2 days,
            timelockDelay: 1 days,
            quorumBps: 2_000,
            thresholdBps: 100
        });
    }

    function terms(uint256 work, address client, address asset) internal view returns (CommissionTerms memory) {
        return CommissionTerms({
            work: work,
            version: 1,
            parameters: keccak256("parameters"),
            inputs: keccak256("inputs"),
            client: client,
            asset: asset,
            price: 5e6,
            deadline: uint48(block.timestamp + 7 days),
            window: 2 days,
            arbiter: dave,
            arbitration: 3 days,
            splitBps: 6_000,
            salt: 0
        });
    }

    /// @dev The receipt of a run for a commission.
    function receiptFor(CommissionTerms memory t) internal view returns (Receipt memory) {
        return Receipt({
            work: t.work,
            version: t.version,
            sequence: 1,
            runRoot: keccak256("run"),
            receiptCount: 9,
            inputs: t.inputs,
            outputsRoot: keccak256("outputs"),
            payer: t.client,
            paymentNonce: commissions.idOf(t)
        });
    }

    /// @dev A process of 100 shares with one dial, "turbulence": 35, from 10 to 80 by 10.
    function governable(address creator) internal returns (uint256 work, ProcessShares shares) {
        Registration memory r = plain(creator);
        r.parameters = new ParameterSpec[](1);
        r.parameters[0] = dial("turbulence");
        (work, shares) = registerAs(creator, r);
    }

    function founding(uint96 supply, SeatOffer[] memory founders) internal view returns (CollectiveCharter memory) {
        return CollectiveCharter({
            name: "Coast Collective",
            symbol: "COAST",
            bundle: keccak256("statutes"),
            uri: "ipfs://statutes",
            asset: address(dollar),
            royaltyBps: 300,
            supply: supply,
            founders: founders
        });
    }

    /// @dev A proposal of one call.
    function one(address target, bytes memory data)
        internal
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
    {
        (targets, values, calldatas) = (new address[](1), new uint256[](1), new bytes[](1));
        (targets[0], calldatas[0]) = (target, data);
    }

    function propose(ProcessGovernor governor, address who, address target, bytes memory data)
        internal
        returns (uint256)
    {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(target, data);
        vm.prank(who);
        return governor.propose(targets, values, calldatas, "");
    }

    function queue(ProcessGovernor governor, address target, bytes memory data) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(target, data);
        governor.queue(targets, values, calldatas, keccak256(""));
    }

    function execute(ProcessGovernor governor, address target, bytes memory data) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(target, data);
        governor.execute(targets, values, calldatas, keccak256(""));
    }

    /// @dev Proposes, votes for, queues and executes with the voices of one.
    function decideAs(ProcessGovernor governor, address who, address target, bytes memory data) internal {
        uint256 proposal = propose(governor, who, target, data);
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        vm.prank(who);
        governor.castVote(proposal, 1);
        vm.warp(governor.proposalDeadline(proposal) + 1);
        queue(governor, target, data);
        vm.warp(governor.proposalEta(proposal));
        execute(governor, target, data);
    }
}
