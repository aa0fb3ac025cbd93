// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Collective} from "../../src/Collective.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {Treasury} from "../../src/Treasury.sol";
import {GovernanceSettings, Seat, SeatOffer} from "../../src/types/Governance.sol";
import {Parameter} from "../../src/types/Works.sol";
import {Economy} from "../support/Economy.sol";
import {Watcher} from "../support/Watcher.sol";
import {GovernanceHandler} from "./GovernanceHandler.sol";

/// @title What holds of votes and collectives after every call
contract GovernanceInvariants is Economy, Watcher {
    uint256 private constant WORKS = 6;
    uint256 private constant SUPPLY = 1_000;

    GovernanceHandler private handler;
    Collective private collective;
    ProcessShares private shares;
    address private timelock;
    Parameter[WORKS + 1] private dials;
    uint256 private executions;
    uint256 private seats;
    bool private founded;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < WORKS; ++i) {
            governable(_person(i));
        }
        ProcessGovernor[2] memory governors;
        governors[0] = _govern();
        governors[1] = _form();
        Treasury[2] memory funds =
            [Treasury(capital.openTreasury(1)), Treasury(capital.openTreasury(WORKS + 1))];
        handler = new GovernanceHandler(governance, registry, collective, dollar, governors, funds, this);
        for (uint256 i = 1; i <= WORKS; ++i) {
            dials[i] = registry.parameterOf(i, "turbulence");
        }
    }

    /// @dev Short spans, so that much can happen in a run.
    function _short() private pure returns (GovernanceSettings memory s) {
        s = usual();
        (s.votingDelay, s.votingPeriod, s.extension, s.timelockDelay) = (6 hours, 4 days, 1 days, 12 hours);
    }

    function _govern() private returns (ProcessGovernor) {
        ProcessShares first = ProcessShares(registry.sharesOf(1));
        vm.startPrank(_person(0));
        (address governor, address lock) = governance.govern(1, _short());
        registry.setController(1, lock);
        timelock = lock;
        first.transfer(_person(6), 30);
        first.transfer(_person(7), 20);
        first.delegate(_person(0));
        vm.stopPrank();
        vm.prank(_person(6));
        first.delegate(_person(6));
        return ProcessGovernor(payable(governor));
    }

    /// @dev Works 2 to 4 found it, and two of them have pooled.
    function _form() private returns (ProcessGovernor) {
        SeatOffer[] memory offers = new SeatOffer[](3);
        for (uint256 i; i < 3; ++i) {
            offers[i] = SeatOffer(_person(i + 1), i + 2, 60, 250, type(uint48).max);
        }
        (address made, address governor,) = governance.form(founding(uint96(SUPPLY), offers), _short());
        collective = Collective(made);
        shares = ProcessShares(collective.shares());
        for (uint256 i = 1; i < 3; ++i) {
            vm.startPrank(_person(i));
            registry.setController(i + 1, made);
            ProcessShares(registry.sharesOf(i + 1)).approve(made, 60);
            collective.pool(i + 1);
            shares.delegate(_person(i));
            vm.stopPrank();
        }
        return ProcessGovernor(payable(governor));
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](22);
        selectors[0] = GovernanceHandler.propose.selector;
        selectors[1] = GovernanceHandler.propose.selector;
        selectors[2] = GovernanceHandler.propose.selector;
        selectors[3] = GovernanceHandler.vote.selector;
        selectors[4] = GovernanceHandler.vote.selector;
        selectors[5] = GovernanceHandler.vote.selector;
        selectors[6] = GovernanceHandler.flashVote.selector;
        selectors[7] = GovernanceHandler.queue.selector;
        selectors[8] = GovernanceHandler.execute.selector;
        selectors[9] = GovernanceHandler.cancel.selector;
        selectors[10] = GovernanceHandler.move.selector;
        selectors[11] = GovernanceHandler.delegate.selector;
        selectors[12] = GovernanceHandler.later.selector;
        selectors[13] = GovernanceHandler.pool.selector;
        selectors[14] = GovernanceHandler.depart.selector;
        selectors[15] = GovernanceHandler.release.selector;
        selectors[16] = GovernanceHandler.grab.selector;
        selectors[17] = GovernanceHandler.pay.selector;
        selectors[18] = GovernanceHandler.harvest.selector;
        selectors[19] = GovernanceHandler.claim.selector;
        selectors[20] = GovernanceHandler.make.selector;
        selectors[21] = GovernanceHandler.seize.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev So that the invariants are not kept by doing nothing.
    function test_the_people_reach_every_operation() public {
        bytes4[] memory selectors = this.targetSelectors()[0].selectors;
        for (uint256 i; i < 4_000; ++i) {
            bytes32 seed = keccak256(abi.encode("people", i));
            uint256[4] memory words;
            for (uint256 k; k < 4; ++k) {
                words[k] = uint256(keccak256(abi.encode(seed, k)));
            }
            bytes4 selector = selectors[uint256(seed) % selectors.length];
            // Small numbers where flags and short integers stand.
            bool flag = selector == GovernanceHandler.harvest.selector;
            if (flag) words[1] %= 2;
            if (selector == GovernanceHandler.claim.selector) words[2] %= 2;
            if (selector == GovernanceHandler.vote.selector) words[2] %= 15;
            if (selector == GovernanceHandler.make.selector) words[2] %= 1 << 32;
            words[3] %= 1_000;
            (bool fine,) = address(handler).call(abi.encodePacked(selector, abi.encode(words)));
            yes(fine, "handlers do not revert");
        }
        string[12] memory names = [
            "propose", "vote", "vote by signature", "flash vote", "queue", "execute", "pool", "leave", "release",
            "harvest", "make", "form"
        ];
        for (uint256 i; i < names.length; ++i) {
            if (handler.done(names[i]) == 0) revert Untrue(names[i]);
        }
        yes(collective.founded(), "founded");
    }

    /// @inheritdoc Watcher
    function look() external {
        bool voted = handler.executions() != executions;
        bool moved = handler.seats() != seats;
        (executions, seats) = (handler.executions(), handler.seats());
        for (uint256 i = 1; i <= WORKS; ++i) {
            _dial(i, voted, moved);
        }
        if (founded) yes(collective.founded(), "founded once");
        founded = collective.founded();
    }

    function invariant_votes_keep_control_and_the_collective_its_seats() public view {
        eq(registry.controllerOf(1), timelock, "of the governed work");
        eq(registry.controllerOf(WORKS + 1), collective.timelock(), "and of the collective's own");
        _collective();
    }

    function _dial(uint256 work, bool voted, bool moved) private {
        Parameter memory p = registry.parameterOf(work, "turbulence");
        Parameter memory before = dials[work];
        yes(p.value >= p.min && p.value <= p.max, "parameters stay in bounds");
        if (p.value == before.value && p.changedAt == before.changedAt) return;
        int64 change = p.value > before.value ? p.value - before.value : before.value - p.value;
        atMost(uint64(change), p.step, "no larger step");
        atMost(uint256(before.changedAt) + p.cooldown, p.changedAt, "no sooner");
        // A work that votes control moves by a vote only; an execution does not move seats.
        if (work == 1 || collective.isPooled(work)) yes(voted && !moved, "a vote moved it");
        dials[work] = p;
    }

    function _collective() private view {
        uint256 promised;
        for (uint256 work = 2; work <= WORKS; ++work) {
            Seat memory seat = collective.seatOf(work);
            if (!seat.pooled) continue;
            promised += seat.shares;
            eq(registry.controllerOf(work), address(collective), "pooled works are controlled");
            uint256 held = ProcessShares(registry.sharesOf(work)).balanceOf(address(collective));
            atMost(seat.workShares, held, "pooled shares are here");
        }
        uint256 reserve = shares.balanceOf(address(collective));
        eq(reserve + promised, SUPPLY, "whoever has shares of the collective has them for a seat");
        uint256 held_ = reserve;
        for (uint256 k; k < handler.PEOPLE(); ++k) {
            held_ += shares.balanceOf(_person(k));
        }
        eq(held_, SUPPLY, "the supply is fixed");
        eq(dollar.balanceOf(address(collective)) + address(collective).balance, 0, "no money stops here");
        if (collective.founded()) atMost(reserve, shares.getVotes(address(collective)), "the reserve is told apart");
    }

    function _person(uint256 who) private pure returns (address) {
        return vm.addr(0xACE0000 + who);
    }
}
