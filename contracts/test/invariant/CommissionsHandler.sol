// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Commissions} from "../../src/Commissions.sol";
import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {ReceiptAnchor} from "../../src/ReceiptAnchor.sol";
import {TestDollar} from "../../src/testing/TestDollar.sol";
import {CommissionState as State, CommissionTerms} from "../../src/types/Commissions.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {Party} from "../support/Party.sol";
import {Test} from "../support/Test.sol";
import {Watcher} from "../support/Watcher.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @title Twelve parties who order, deliver, dispute, decide and steal
/// @dev Every call chooses from its arguments. A call may fail; one that succeeds must have been its caller's to make.
contract CommissionsHandler is Test {
    Commissions private immutable COMMISSIONS;
    ProcessRegistry private immutable REGISTRY;
    ReceiptAnchor private immutable ANCHOR;
    TestDollar private immutable DOLLAR;
    WeirdToken private immutable WEIRD;
    Watcher private immutable WATCHER;
    Party[] public parties;
    CommissionTerms[] private _terms;
    bytes32[] private _ids;

    /// @notice What was given to the escrow without a commission.
    mapping(address asset => uint256) public donated;
    /// @notice Successful operations by name, so that a run which achieves nothing shows.
    mapping(string => uint256) public done;
    uint256 private _salt;

    constructor(
        Commissions commissions,
        ProcessRegistry registry,
        ReceiptAnchor anchor,
        TestDollar dollar,
        WeirdToken weird,
        Party[] memory parties_,
        Watcher watcher
    ) {
        (COMMISSIONS, REGISTRY, ANCHOR, DOLLAR, WEIRD) = (commissions, registry, anchor, dollar, weird);
        (parties, WATCHER) = (parties_, watcher);
    }

    modifier watched() {
        _;
        WATCHER.look();
    }

    modifier some() {
        if (_terms.length != 0) _;
    }

    function count() external view returns (uint256) {
        return _terms.length;
    }

    function idAt(uint256 i) external view returns (bytes32 id, address asset) {
        return (_ids[i], _terms[i].asset);
    }

    function termsOf(uint256 i) external view returns (CommissionTerms memory) {
        return _terms[i];
    }

    function open(uint256 seed) external watched {
        CommissionTerms memory t = _draw(seed);
        bool native = t.asset == address(0);
        if (native) vm.deal(t.client, t.price);
        else WeirdToken(t.asset).mint(t.client, t.price);
        vm.prank(t.client);
        try COMMISSIONS.open{value: native ? t.price : 0}(t) {
            _learn(t);
            ++done["open"];
        } catch {}
    }

    function openWithAuthorization(uint256 seed, uint256 relayer) external watched {
        CommissionTerms memory t = _draw(seed);
        (t.work, t.asset) = (1, address(DOLLAR));
        DOLLAR.mint(t.client, t.price);
        vm.prank(_party(relayer));
        COMMISSIONS.openWithAuthorization(t, 0, type(uint256).max, "");
        yes(DOLLAR.authorizationState(t.client, COMMISSIONS.idOf(t)), "the nonce is the digest");
        _learn(t);
        ++done["open with authorization"];
    }

    function submit(uint256 which, uint256 who, bool anchored) external some watched {
        (CommissionTerms memory t, bytes32 id, State before) = _pick(which, State.Funded);
        address by = who % 3 == 0 ? _party(who) : REGISTRY.ownerOf(t.work);
        Receipt memory receipt =
            Receipt(t.work, t.version, 1, bytes32(which), 1, t.inputs, keccak256("o"), t.client, id);
        bytes32 leaf = ANCHOR.leafOf(receipt);
        if (anchored) {
            vm.prank(by);
            try ANCHOR.anchor(leaf, 1, "") {} catch {}
        }
        vm.prank(by);
        try COMMISSIONS.submit(t, receipt, new bytes32[](0)) {
            yes(REGISTRY.isOperator(t.work, by), "an operator submitted");
            yes(before == State.Funded && block.timestamp <= t.deadline, "in time");
            ++done["submit"];
        } catch {}
    }

    function accept(uint256 which, uint256 who) external some watched {
        (CommissionTerms memory t,, State before) = _pick(which, State.Submitted);
        address by = who % 2 == 0 ? _party(who) : t.client;
        vm.prank(by);
        try COMMISSIONS.accept(t) {
            yes(by == t.client, "the client accepted");
            yes(before == State.Submitted || before == State.Disputed, "what was submitted");
            ++done["accept"];
        } catch {}
    }

    function dispute(uint256 which, uint256 who) external some watched {
        (CommissionTerms memory t, bytes32 id, State before) = _pick(which, State.Submitted);
        uint256 until = uint256(COMMISSIONS.commissionOf(id).since) + t.window;
        address by = who % 2 == 0 ? _party(who) : t.client;
        vm.prank(by);
        try COMMISSIONS.dispute(t, bytes32(who)) {
            yes(by == t.client && before == State.Submitted && block.timestamp <= until, "the client's, in time");
            ++done["dispute"];
        } catch {}
    }

    function decide(uint256 which, uint256 who, uint256 workBps) external some watched {
        (CommissionTerms memory t, bytes32 id, State before) = _pick(which, State.Disputed);
        uint256 until = uint256(COMMISSIONS.commissionOf(id).since) + t.arbitration;
        address by = who % 2 == 0 ? _party(who) : t.arbiter;
        vm.prank(by);
        try COMMISSIONS.decide(t, within(workBps, 0, 10_001)) {
            yes(by == t.arbiter && before == State.Disputed && block.timestamp <= until, "the arbiter's, in time");
            ++done["decide"];
        } catch {}
    }

    function settle(uint256 which, uint256 who) external some watched {
        State wanted = who % 3 == 0 ? State.Disputed : State.Submitted;
        (CommissionTerms memory t, bytes32 id, State before) = _pick(which, wanted);
        uint256 since = COMMISSIONS.commissionOf(id).since;
        vm.prank(_party(who));
        try COMMISSIONS.settle(t) {
            if (before == State.Submitted) yes(block.timestamp > since + t.window, "after the window");
            else yes(before == State.Disputed && block.timestamp > since + t.arbitration, "after the arbitration");
            ++done["settle"];
        } catch {}
    }

    function refund(uint256 which, uint256 who) external some watched {
        (CommissionTerms memory t,, State before) = _pick(which, State.Funded);
        address by = _party(who);
        vm.prank(by);
        try COMMISSIONS.refund(t) {
            yes(before == State.Funded, "what nobody submitted");
            yes(block.timestamp > t.deadline || REGISTRY.isOperator(t.work, by), "late, or declined");
            ++done["refund"];
        } catch {}
    }

    function withdraw(uint256 which, uint256 who, uint256 to, uint256 a) external watched {
        address account = _party(which);
        for (uint256 i; which % 4 != 0 && i < parties.length; ++i) {
            if (COMMISSIONS.creditOf(_party(which % 64 + i), _asset(a)) != 0) account = _party(which % 64 + i);
        }
        if (which % 4 == 0) account = REGISTRY.sharesOf(1 + (which >> 8) % 2);
        address by = who % 2 == 0 ? account : _party(who);
        address receiver = to % 2 == 0 ? account : _party(to);
        uint256 credit = COMMISSIONS.creditOf(account, _asset(a));
        bool must = _asset(a) == address(WEIRD) && _pays(receiver) && (receiver == account || by == account);
        bool there = must && credit <= WEIRD.balanceOf(address(COMMISSIONS));
        vm.prank(by);
        // Whoever burns gas in a withdrawal burns that of whoever asked for it.
        try COMMISSIONS.withdraw{gas: 1_000_000}(account, _asset(a), receiver) returns (uint256 amount) {
            yes(receiver == account || by == account, "the account's own, or to it");
            eq(amount, credit, "what was credited");
            yes(there || !must, "nobody is paid more than is there");
            if (amount != 0) ++done["withdraw"];
        } catch {
            no(there, "what is there is paid");
        }
    }

    function donate(uint256 a, uint256 amount) external watched {
        // No more than a price: else a rebase downwards would take nothing but gifts.
        amount = within(amount, 1, 1e9);
        address asset = _asset(a);
        // A contract that takes no coin gets it nevertheless, from a block or a contract that ends.
        if (asset == address(0)) vm.deal(address(COMMISSIONS), address(COMMISSIONS).balance + amount);
        else WeirdToken(asset).mint(address(COMMISSIONS), amount);
        donated[asset] += amount;
    }

    /// @dev What the escrow gains is nobody's; of what it loses, the last to be paid bear all.
    function rebase(uint256 by) external watched {
        if (WEIRD.rebase(address(COMMISSIONS), by) != 0) ++done[by % 2 == 0 ? "rebase upwards" : "rebase downwards"];
    }

    function later(uint256 time) external watched {
        vm.warp(block.timestamp + within(time, 1, 2 days));
    }

    function behave(uint256 manner) external watched {
        uint256 manners = uint256(WeirdToken.Manner.Count);
        manner %= manners * 3;
        WEIRD.behave(WeirdToken.Manner(manner < manners ? manner : 0));
    }

    function blacklist(uint256 who, bool listed) external watched {
        WEIRD.blacklist(who % 8 == 0 ? REGISTRY.sharesOf(2) : _party(who), listed);
    }

    function plan(uint256 who, uint256 mood) external watched {
        Party(payable(_party(who))).plan(mood % 4 == 0 ? 0 : mood);
    }

    /// @notice Makes good what rebases took and pays every credit in the token: afterwards nobody is owed any.
    function makeGood() external {
        WEIRD.behave(WeirdToken.Manner.Plain);
        WEIRD.grow(address(COMMISSIONS), WEIRD.lost(address(COMMISSIONS)));
        for (uint256 i; i <= parties.length; ++i) {
            address account = i == parties.length ? REGISTRY.sharesOf(2) : _party(i);
            WEIRD.blacklist(account, false);
            uint256 credit = COMMISSIONS.creditOf(account, address(WEIRD));
            eq(COMMISSIONS.withdraw(account, address(WEIRD), account), credit, "what waited is paid");
        }
    }

    /// @dev Whether the token pays `to` whatever it has, and calls nobody.
    function _pays(address to) private view returns (bool) {
        return WEIRD.manner() == WeirdToken.Manner.Plain && !WEIRD.blacklisted(to);
    }

    function _draw(uint256 seed) private returns (CommissionTerms memory t) {
        t.work = 1 + (seed >> 8) % 2;
        t.version = 1;
        t.client = _party(seed >> 16);
        if ((seed >> 24) % 2 == 0) t.asset = t.work == 1 ? address(DOLLAR) : address(WEIRD);
        t.price = uint96(within(seed >> 32, 1, 1e9));
        t.deadline = uint48(block.timestamp + (seed >> 64) % 4 days);
        t.window = uint32((seed >> 72) % 3 days);
        t.arbiter = _party(seed >> 96);
        t.arbitration = uint32((seed >> 104) % 3 days);
        t.splitBps = uint16((seed >> 128) % 10_001);
        t.salt = bytes32(++_salt);
    }

    /// @dev Mostly one that stands as it should, so that much succeeds.
    function _pick(uint256 which, State wanted)
        private
        view
        returns (CommissionTerms memory t, bytes32 id, State state)
    {
        uint256 place = (which >> 8) % _terms.length;
        for (uint256 i; which % 4 != 0 && i < _terms.length; ++i) {
            uint256 newest = _terms.length - 1 - i;
            if (COMMISSIONS.commissionOf(_ids[newest]).state != wanted) continue;
            place = newest;
            break;
        }
        (t, id) = (_terms[place], _ids[place]);
        state = COMMISSIONS.commissionOf(id).state;
    }

    function _learn(CommissionTerms memory t) private {
        _terms.push(t);
        _ids.push(COMMISSIONS.idOf(t));
        Party(payable(t.client)).learn(t);
        if (t.arbiter != t.client) Party(payable(t.arbiter)).learn(t);
    }

    function _party(uint256 who) private view returns (address) {
        return address(parties[who % parties.length]);
    }

    function _asset(uint256 a) private view returns (address) {
        return [address(0), address(DOLLAR), address(WEIRD)][a % 3];
    }
}
