// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Commission, CommissionState as State} from "../../src/types/Commissions.sol";
import {Registration} from "../../src/types/Works.sol";
import {Economy} from "../support/Economy.sol";
import {Party} from "../support/Party.sol";
import {Watcher} from "../support/Watcher.sol";
import {WeirdToken} from "../support/WeirdToken.sol";
import {CommissionsHandler} from "./CommissionsHandler.sol";

/// @title What holds of the escrow after every call
contract CommissionsInvariants is Economy, Watcher {
    uint256 private constant PARTIES = 12;

    CommissionsHandler private handler;
    Party[] private parties;
    address[3] private assets;
    uint256 private calls;
    uint256 private known;
    uint256[] private live;
    mapping(bytes32 id => Commission) private seen;

    function setUp() public override {
        super.setUp();
        assets = [NATIVE, address(dollar), address(weird)];
        for (uint256 i; i < PARTIES; ++i) {
            parties.push(new Party(commissions, weird));
            parties[i].approve(address(dollar));
        }
        registerAs(address(parties[0]), plain(address(parties[0])));
        Registration memory r = plain(address(parties[1]));
        r.asset = address(weird);
        registerAs(address(parties[1]), r);
        vm.prank(address(parties[1]));
        registry.setOperator(2, address(parties[2]), true);
        handler = new CommissionsHandler(commissions, registry, anchor, dollar, weird, parties, this);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](19);
        selectors[0] = CommissionsHandler.open.selector;
        selectors[1] = CommissionsHandler.openWithAuthorization.selector;
        selectors[2] = CommissionsHandler.submit.selector;
        selectors[3] = CommissionsHandler.submit.selector;
        selectors[4] = CommissionsHandler.accept.selector;
        selectors[5] = CommissionsHandler.dispute.selector;
        selectors[6] = CommissionsHandler.dispute.selector;
        selectors[7] = CommissionsHandler.decide.selector;
        selectors[8] = CommissionsHandler.settle.selector;
        selectors[9] = CommissionsHandler.refund.selector;
        selectors[10] = CommissionsHandler.withdraw.selector;
        selectors[11] = CommissionsHandler.donate.selector;
        selectors[12] = CommissionsHandler.later.selector;
        selectors[13] = CommissionsHandler.behave.selector;
        selectors[14] = CommissionsHandler.blacklist.selector;
        selectors[15] = CommissionsHandler.plan.selector;
        selectors[16] = CommissionsHandler.rebase.selector;
        selectors[17] = CommissionsHandler.rebase.selector;
        selectors[18] = CommissionsHandler.withdraw.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev So that the invariants are not kept by doing nothing.
    function test_the_parties_reach_every_operation() public {
        bytes4[] memory selectors = this.targetSelectors()[0].selectors;
        for (uint256 i; i < 1_500; ++i) {
            bytes32 seed = keccak256(abi.encode("parties", i));
            bytes4 selector = selectors[uint256(seed) % selectors.length];
            uint256[4] memory words;
            for (uint256 k; k < 4; ++k) {
                words[k] = uint256(keccak256(abi.encode(seed, k)));
            }
            if (selector == CommissionsHandler.submit.selector) words[2] = 1;
            if (selector == CommissionsHandler.withdraw.selector) (words[1], words[3]) = (0, words[3] % 2 * 2);
            if (selector == CommissionsHandler.blacklist.selector) words[1] %= 2;
            (bool fine,) = address(handler).call(abi.encodePacked(selector, abi.encode(words)));
            yes(fine, "handlers do not revert");
        }
        string[11] memory names = [
            "open", "open with authorization", "submit", "accept", "dispute", "decide", "settle", "refund", "withdraw",
            "rebase upwards", "rebase downwards"
        ];
        for (uint256 i; i < names.length; ++i) {
            atMost(3, handler.done(names[i]), names[i]);
        }
    }

    /// @inheritdoc Watcher
    function look() external {
        uint256 count = handler.count();
        for (; known < count; ++known) {
            live.push(known);
        }
        for (uint256 i; i < live.length;) {
            if (_lookAt(live[i]) < State.Completed) {
                ++i;
            } else {
                live[i] = live[live.length - 1];
                live.pop();
            }
        }
        // One of all by turns, those that have ended among them.
        if (count != 0) _lookAt(calls % count);
        ++calls;
    }

    function _lookAt(uint256 place) private returns (State) {
        (bytes32 id,) = handler.idAt(place);
        Commission memory c = commissions.commissionOf(id);
        _follows(seen[id], c);
        if (c.state != seen[id].state) seen[id] = c;
        return c.state;
    }

    function invariant_the_escrow_holds_what_is_live_and_credited() public view {
        uint256[3] memory sums;
        for (uint256 i; i < live.length; ++i) {
            (bytes32 id, address asset) = handler.idAt(live[i]);
            sums[asset == NATIVE ? 0 : asset == assets[1] ? 1 : 2] += commissions.commissionOf(id).amount;
        }
        for (uint256 k; k < 3; ++k) {
            if (k == 2 && weird.manner() == WeirdToken.Manner.Unreadable) continue;
            // Exactly: so no end paid more or less than its commission held, and none paid twice. What a rebase took
            // from the escrow is missing in that token, and in no other.
            uint256 balance = _held(assets[k]) + (k == 2 ? weird.lost(address(commissions)) : 0);
            uint256 free = handler.donated(assets[k]) + (k == 2 ? weird.grown(address(commissions)) : 0);
            eq(balance, sums[k] + _credits(assets[k]) + free, "live + credits + what nobody is owed");
        }
    }

    /// @dev From state to state only as the drawing of {ICommissions} goes, and from an end nowhere.
    function _follows(Commission memory before, Commission memory c) private pure {
        if (before.state == c.state) {
            if (c.state == State.None) revert Untrue("a commission that was opened is there");
            yes(before.since == c.since && before.amount == c.amount && before.runRoot == c.runRoot, "nothing moves");
            return;
        }
        if (before.state == State.None) return;
        eq(before.amount, c.amount, "the amount never changes");
        if (before.state == State.Funded) {
            yes(c.state != State.None, "not back");
        } else if (before.state == State.Submitted) {
            yes(c.state == State.Disputed || c.state == State.Completed || c.state == State.Rejected, "from submitted");
        } else {
            yes(before.state == State.Disputed, "an end is final");
            yes(c.state == State.Completed || c.state == State.Rejected, "from disputed");
        }
        yes(before.runRoot == c.runRoot || before.state == State.Funded, "the run never changes");
    }

    function _credits(address asset) private view returns (uint256 sum) {
        for (uint256 i; i < PARTIES; ++i) {
            sum += commissions.creditOf(address(parties[i]), asset);
        }
        sum += commissions.creditOf(registry.sharesOf(1), asset) + commissions.creditOf(registry.sharesOf(2), asset);
    }

    /// @dev At the end of each run every commission can be brought to its end, whatever tokens and parties do then.
    function afterInvariant() external {
        vm.warp(block.timestamp + 365 days);
        for (uint256 i; i < known; ++i) {
            State state = _lookAt(i);
            if (state == State.Funded) commissions.refund(handler.termsOf(i));
            else if (state < State.Completed) commissions.settle(handler.termsOf(i));
            yes(_lookAt(i) >= State.Completed, "an end");
        }
        delete live;
        weird.behave(WeirdToken.Manner.Plain);
        invariant_the_escrow_holds_what_is_live_and_credited();
        handler.makeGood();
        invariant_the_escrow_holds_what_is_live_and_credited();
        if (calls < 100) return; // The runs of shrinking a failure are short.
        yes(handler.done("open") + handler.done("submit") > 0, "the run was not idle");
    }

    function _held(address asset) private view returns (uint256) {
        return asset == NATIVE ? address(commissions).balance : WeirdToken(asset).balanceOf(address(commissions));
    }
}
