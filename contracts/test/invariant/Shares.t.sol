// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {Ancestor, Holder, Registration} from "../../src/types/Works.sol";
import {Actor} from "../support/Actor.sol";
import {Fixture} from "../support/Fixture.sol";
import {Touched} from "../support/Touched.sol";
import {Watcher} from "../support/Watcher.sol";
import {WeirdToken} from "../support/WeirdToken.sol";
import {SharesHandler} from "./SharesHandler.sol";

/// @title What holds after every call, whoever calls what in which order
contract SharesInvariants is Fixture, Watcher {
    uint256 private constant ACTORS = 12;
    /// @dev The actors, and two who sign.
    uint256 private constant HOLDERS = 14;

    SharesHandler private handler;
    Touched private touched = new Touched();
    uint256 private calls;
    ProcessShares[] private works;
    Actor[] private actors;
    address[] private holders;
    bytes32[] private stacks;
    mapping(ProcessShares => mapping(address => uint256)) private grossSeen;
    mapping(ProcessShares => mapping(address => uint256)) private inboundSeen;
    /// @dev What rebases had taken, and how much less was there than the books held.
    mapping(ProcessShares => uint256) private lostSeen;
    mapping(ProcessShares => uint256) private shortSeen;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < ACTORS; ++i) {
            actors.push(new Actor());
        }
        // Diamonds 16 deep: each work derives from the two before it, so the 17th owes to all 16. The 18th is alone.
        uint16[8] memory rates = [500, 1_000, 333, 250, 1, 2_000, 0, 100];
        uint256[8] memory supplies = [uint256(100), 1e18, 7, 1_000_003, 12, type(uint96).max, 1, 10_000e18];
        for (uint256 i; i < 17; ++i) {
            uint256[] memory parents = i == 0 ? new uint256[](0) : i == 1 ? _list(1) : _list(i, i - 1);
            _add(i < 8 ? rates[i] : 90, parents, supplies[i % 8]);
        }
        _add(5_000, new uint256[](0), 1e24);
        for (uint256 i; i < ACTORS; ++i) {
            actors[i].meet(works, actors, touched);
        }
        for (uint256 i; i < works.length; ++i) {
            stacks.push(_stackDigest(i));
        }
        handler = new SharesHandler(weird, wrapped, works, actors, touched, this);
        for (uint256 i; i < HOLDERS; ++i) {
            holders.push(handler.holder(i));
        }
        touched.markAll();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](20);
        selectors[0] = SharesHandler.payToken.selector;
        selectors[1] = SharesHandler.payNative.selector;
        selectors[2] = SharesHandler.payWrapped.selector;
        selectors[3] = SharesHandler.sync.selector;
        selectors[4] = SharesHandler.transferShares.selector;
        selectors[5] = SharesHandler.claim.selector;
        selectors[6] = SharesHandler.claimForAnother.selector;
        selectors[7] = SharesHandler.approve.selector;
        selectors[8] = SharesHandler.delegateVotes.selector;
        selectors[9] = SharesHandler.collect.selector;
        selectors[10] = SharesHandler.flashBorrow.selector;
        selectors[11] = SharesHandler.pretend.selector;
        selectors[12] = SharesHandler.behave.selector;
        selectors[13] = SharesHandler.blacklist.selector;
        selectors[14] = SharesHandler.plan.selector;
        selectors[15] = SharesHandler.permit.selector;
        selectors[16] = SharesHandler.delegateBySig.selector;
        selectors[17] = SharesHandler.collect.selector;
        selectors[18] = SharesHandler.rebase.selector;
        selectors[19] = SharesHandler.payToken.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev So that the invariants are not kept by doing nothing: each of the 16 works upstream is paid, too.
    function test_the_holders_reach_every_operation_and_money_every_depth() public {
        bytes4[] memory selectors = this.targetSelectors()[0].selectors;
        for (uint256 i; i < 2_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("holders", i)));
            uint256[4] memory words;
            for (uint256 k; k < 4; ++k) {
                words[k] = uint256(keccak256(abi.encode(seed, k)));
            }
            bytes4 selector = selectors[seed % selectors.length];
            if (selector == SharesHandler.blacklist.selector) words[1] = 0;
            if (selector == SharesHandler.approve.selector) words[3] %= 2;
            // Who signs has something to give.
            if (selector == SharesHandler.transferShares.selector && words[1] % 3 == 0) words[1] = ACTORS;
            if (selector == SharesHandler.permit.selector) words[0] = 0;
            (bool fine, bytes memory why) = address(handler).call(abi.encodePacked(selector, abi.encode(words)));
            if (!fine) {
                assembly {
                    revert(add(why, 0x20), mload(why))
                }
            }
        }
        string[13] memory names = [
            "pay", "pay native", "unwrap", "sync", "transfer", "permit", "claim", "claim as operator", "collect",
            "flash loan", "rebase upwards", "rebase downwards", "claim that waits"
        ];
        for (uint256 i; i < names.length; ++i) {
            if (handler.done(names[i]) == 0) revert Untrue(names[i]);
        }
        handler.calm();
        handler.payToken(1, 1e12); // The one at the bottom.
        for (uint256 ancestor = 1; ancestor <= 16; ++ancestor) {
            handler.collect(1, ancestor - 1, 1);
            uint256 taken = works[16].taken(ancestor, address(weird));
            // The seventh asks for nothing.
            yes(taken != 0 || ancestor == 7, "paid from 16 below");
        }
        no(handler.stolen(), "nothing was stolen");
    }

    /// @dev forge forgets what an invariant writes, so the books are compared where the handler looks.
    function invariant_the_shares_keep_their_promises() external view {
        no(handler.stolen(), "somebody claimed for another without approval");
    }

    /// @inheritdoc Watcher
    function look() public {
        uint256 mask = touched.take();
        bool readable = weird.manner() != WeirdToken.Manner.Unreadable;
        ++calls;
        for (uint256 i; i < works.length; ++i) {
            if (mask >> i & 1 == 0) continue;
            eq(_stackDigest(i), stacks[i], "stacks and rates never change");
            uint256[] memory balances = _balances(works[i]);
            _books(i, NATIVE, address(works[i]).balance, balances, 0);
            if (!readable) continue;
            uint256 lost = weird.lost(address(works[i]));
            _books(i, address(weird), weird.balanceOf(address(works[i])), balances, lost - lostSeen[works[i]]);
            lostSeen[works[i]] = lost;
        }
    }

    /// @dev At the end of each run everybody takes what is theirs, whatever happened before: nothing is stuck, and
    /// nothing but dust is left.
    function afterInvariant() external {
        handler.calm();
        touched.markAll();
        look();
        for (uint256 i; i < works.length; ++i) {
            eq(_stackDigest(i), stacks[i], "stacks and rates never change");
            weird.mint(address(works[i]), 1e9);
            _settle(i, address(weird), weird.balanceOf(address(works[i])));
            _settle(i, NATIVE, address(works[i]).balance);
        }
        for (uint256 i; i < works.length; ++i) {
            _takeAll(i, address(weird));
            _takeAll(i, NATIVE);
        }
        touched.markAll();
        look();
        for (uint256 i; i < ACTORS; ++i) {
            no(actors[i].stole(), "a re-entrant actor took what is not theirs");
        }
    }

    /// @dev Works upstream get what is due to them.
    function _settle(uint256 i, address asset, uint256 balance) private {
        Ancestor[] memory stack = registry.stackOf(i + 1);
        works[i].sync(asset);
        uint256 collected;
        for (uint256 k; k < stack.length; ++k) {
            uint256 due = works[i].due(stack[k].work, asset);
            eq(works[i].collect(stack[k].work, asset), due, "all that is due is collected");
            collected += due;
        }
        uint256 left = asset == NATIVE ? address(works[i]).balance : weird.balanceOf(address(works[i]));
        eq(left, balance - collected, "nothing else has left");
    }

    /// @dev Holders get what they are owed. What is left is less than a unit for each division.
    function _takeAll(uint256 i, address asset) private {
        for (uint256 k; k < HOLDERS; ++k) {
            uint256 owed = works[i].owed(holders[k], asset);
            vm.prank(holders[k]);
            eq(works[i].claim(asset, holders[k]), owed, "all that is owed is claimed");
            eq(works[i].owed(holders[k], asset), 0, "nothing is owed any more");
        }
        uint256 left = asset == NATIVE ? address(works[i]).balance : weird.balanceOf(address(works[i]));
        atMost(left, HOLDERS + registry.stackOf(i + 1).length + 1, "only dust is left");
        (,,, uint256 paidOut) = works[i].revenue(asset);
        if (asset != NATIVE) yes(paidOut > 0, "the run paid somebody");
    }

    /// @dev `lost` is what rebases took since the last look: only as much of what nobody had synced may be gone.
    function _books(uint256 i, address asset, uint256 balance, uint256[] memory balances, uint256 lost) private {
        ProcessShares shares = works[i];
        (uint256 gross, uint256 inbound, uint256 net, uint256 paidOut) = shares.revenue(asset);
        atMost(grossSeen[shares][asset], gross + lost, "gross only grows");
        atMost(inboundSeen[shares][asset], inbound, "inbound only grows");
        (grossSeen[shares][asset], inboundSeen[shares][asset]) = (gross, inbound);
        balance += _short(shares, asset, gross + inbound - paidOut, balance, lost);
        eq(gross, balance + paidOut - inbound, "gross = balance + paidOut - inbound");
        eq(net, inbound + gross - gross * shares.stackBps() / 10_000, "net");

        (uint256 due, uint256 taken) = _royalties(i, asset, gross);
        (uint256 owed, int256 scaled) = _holdings(shares, asset, net, balances);
        // Of what is there, and what a rebase took.
        atMost(owed + due, balance, "balance >= owed + due");
        // What was paid out is what holders claimed and what ancestors took.
        int256 left = int256(shares.totalSupply()) * (int256(net) - int256(paidOut - taken));
        eqSigned(scaled, left, "sum(net * bal - debt) == supply * (net - claimed)");
    }

    /// @dev By how much the books hold more than is there: a rebase took it, nothing else, and it is made good first.
    function _short(ProcessShares shares, address asset, uint256 held, uint256 balance, uint256 lost)
        private
        returns (uint256 short)
    {
        if (asset == NATIVE) return 0;
        atMost(balance, held, "all that is there is in the books");
        short = held - balance;
        atMost(short, shortSeen[shares] + lost, "nothing but a rebase takes money");
        shortSeen[shares] = short;
    }

    function _royalties(uint256 i, address asset, uint256 gross) private view returns (uint256 due, uint256 taken) {
        Ancestor[] memory stack = registry.stackOf(i + 1);
        for (uint256 k; k < stack.length; ++k) {
            uint256 took = works[i].taken(stack[k].work, asset);
            atMost(took, gross * stack[k].bps / 10_000, "taken <= floor(gross * bps)");
            taken += took;
            due += works[i].due(stack[k].work, asset);
        }
    }

    function _holdings(ProcessShares shares, address asset, uint256 net, uint256[] memory balances)
        private
        view
        returns (uint256 owed, int256 scaled)
    {
        uint256 supply = shares.totalSupply();
        for (uint256 k; k < HOLDERS; ++k) {
            int256 own = int256(net * balances[k]) - shares.debt(holders[k], asset);
            yes(own >= 0, "nobody owes the shares");
            scaled += own;
            owed += uint256(own) / supply;
            if (k == calls % HOLDERS) eq(shares.owed(holders[k], asset), uint256(own) / supply, "owed");
        }
    }

    function _balances(ProcessShares shares) private view returns (uint256[] memory balances) {
        balances = new uint256[](HOLDERS);
        (uint256 sum, uint256 votes) = (0, 0);
        for (uint256 k; k < HOLDERS; ++k) {
            balances[k] = shares.balanceOf(holders[k]);
            sum += balances[k];
            votes += shares.getVotes(holders[k]);
        }
        eq(sum, shares.totalSupply(), "holders have the whole supply");
        atMost(votes, sum, "nobody votes with shares that are not there");
    }

    /// @dev The shares of a work go to one actor, or to four.
    function _add(uint16 royaltyBps, uint256[] memory parents, uint256 supply) private {
        Registration memory r = plain(alice);
        (r.royaltyBps, r.parents, r.asset) = (royaltyBps, parents, address(weird));
        uint256 count = supply < 4 ? 1 : 4;
        r.holders = new Holder[](count);
        for (uint256 k; k < count; ++k) {
            uint256 part = k == 0 ? supply - supply / 4 * (count - 1) : supply / 4;
            r.holders[k] = Holder(address(actors[(works.length + k * 3) % ACTORS]), part);
        }
        (, ProcessShares shares) = registerAs(alice, r);
        works.push(shares);
    }

    function _stackDigest(uint256 i) private view returns (bytes32) {
        return keccak256(abi.encode(registry.stackOf(i + 1), works[i].stackBps(), registry.workOf(i + 1).royaltyBps));
    }

    function _list(uint256 a) private pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = a;
    }

    function _list(uint256 a, uint256 b) private pure returns (uint256[] memory list) {
        list = new uint256[](2);
        (list[0], list[1]) = (a, b);
    }
}
