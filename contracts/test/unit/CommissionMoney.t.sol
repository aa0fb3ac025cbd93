// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ICommissions as I} from "../../src/interfaces/ICommissions.sol";
import {CommissionState as State, CommissionTerms} from "../../src/types/Commissions.sol";
import {WeirdToken} from "../support/WeirdToken.sol";
import {CommissionCase} from "../support/CommissionCase.sol";

/// @dev A client that is a contract: it takes no coin until told, and tries everything again when coin comes.
contract Patron {
    I private immutable COMMISSIONS;
    CommissionTerms private _terms;
    bool public takes;
    bool public again;
    uint256 public seen;

    constructor(I commissions) {
        COMMISSIONS = commissions;
    }

    function open(CommissionTerms calldata terms) external {
        _terms = terms;
        COMMISSIONS.open{value: terms.price}(terms);
    }

    function take(bool yes) external {
        takes = yes;
    }

    function withdraw(address asset, address to) external {
        COMMISSIONS.withdraw(address(this), asset, to);
    }

    receive() external payable {
        require(takes, "no");
        seen = uint256(COMMISSIONS.commissionOf(COMMISSIONS.idOf(_terms)).state);
        try COMMISSIONS.refund(_terms) {
            again = true;
        } catch {}
        try COMMISSIONS.settle(_terms) {
            again = true;
        } catch {}
        try COMMISSIONS.withdraw(address(this), address(0), address(this)) {
            again = true;
        } catch {}
    }
}

/// @dev Burns whatever gas it is given.
contract Burner {
    function open(I commissions, CommissionTerms calldata terms) external {
        commissions.open{value: terms.price}(terms);
    }

    receive() external payable {
        while (true) {}
    }
}

/// @dev Opens a second commission while the tokens of the first are on their way.
contract Doubler {
    I private immutable COMMISSIONS;
    CommissionTerms private _second;
    bool public doubled;

    constructor(I commissions) {
        COMMISSIONS = commissions;
    }

    function open(CommissionTerms calldata first, CommissionTerms calldata second) external {
        _second = second;
        WeirdToken(first.asset).approve(address(COMMISSIONS), type(uint256).max);
        COMMISSIONS.open(first);
    }

    function onTokens() external {
        try COMMISSIONS.open(_second) {
            doubled = true;
        } catch {}
    }
}

contract CommissionMoneyTest is CommissionCase {
    function test_a_fee_on_transfer_is_credited_as_it_arrives() public {
        weird.behave(WeirdToken.Manner.FeeOnTransfer);
        _openWith(address(weird));
        eq(commissions.commissionOf(id).amount, 4.75e6, "less than the price");
        weird.behave(WeirdToken.Manner.Plain);
        vm.warp(t.deadline + 1);
        commissions.refund(t);
        eq(weird.balanceOf(bob), 99.75e6, "what was there");
    }

    function test_a_token_that_lies_opens_nothing() public {
        weird.behave(WeirdToken.Manner.ReturnsFalse);
        t.asset = address(weird);
        t.work = weirdWork;
        vm.expectRevert();
        vm.prank(bob);
        commissions.open(t);
        weird.behave(WeirdToken.Manner.NoReturnValue);
        _open();
        _stands(State.Funded);
    }

    function test_a_paused_token_delays_payments_and_ends_nothing_twice() public {
        _openWith(address(weird));
        _submit();
        weird.behave(WeirdToken.Manner.Paused);
        vm.prank(bob);
        commissions.accept(t);
        _stands(State.Completed);
        eq(commissions.creditOf(address(weirdShares), address(weird)), 5e6, "credited to the shares");
        weird.behave(WeirdToken.Manner.Plain);
        commissions.withdraw(address(weirdShares), address(weird), address(weirdShares));
        eq(weirdShares.owed(alice, address(weird)), 5e6, "anyone brings it there");
        eq(commissions.withdraw(address(weirdShares), address(weird), address(weirdShares)), 0, "once");
    }

    function test_a_blacklisted_client_does_not_stop_the_work_from_being_paid() public {
        _openWith(address(weird));
        _submit();
        _dispute();
        weird.blacklist(bob, true);
        vm.warp(block.timestamp + t.arbitration + 1);
        commissions.settle(t);
        eq(weirdShares.owed(alice, address(weird)), 3e6, "the work is paid");
        eq(commissions.creditOf(bob, address(weird)), 2e6, "the client's part waits");
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotAccount.selector, bob, alice));
        vm.prank(alice);
        commissions.withdraw(bob, address(weird), alice);
        vm.prank(bob);
        commissions.withdraw(bob, address(weird), carol);
        eq(weird.balanceOf(carol), 2e6, "and goes where the client says");
    }

    function test_blacklisted_shares_do_not_stop_the_client_from_being_refunded() public {
        _openWith(address(weird));
        _submit();
        _dispute();
        weird.blacklist(address(weirdShares), true);
        vm.prank(dave);
        commissions.decide(t, 5_000);
        eq(weird.balanceOf(bob), 97.5e6, "the client has a half");
        eq(commissions.creditOf(address(weirdShares), address(weird)), 2.5e6, "the work's half waits");
    }

    function test_a_rebase_downwards_ends_every_commission_and_owes_what_is_missing() public {
        _openWith(address(weird));
        weird.shrink(address(commissions), 1e6);
        vm.warp(t.deadline + 1);
        commissions.refund(t);
        _stands(State.Expired);
        eq(commissions.creditOf(bob, address(weird)), 5e6, "owed until it is made good");
        weird.mint(address(commissions), 1e6);
        commissions.withdraw(bob, address(weird), bob);
        eq(weird.balanceOf(bob), 100e6, "made good");
    }

    function test_tokens_that_call_back_open_no_commission_with_the_money_of_another() public {
        Doubler doubler = new Doubler(commissions);
        weird.mint(address(doubler), 10e6);
        CommissionTerms memory first = terms(weirdWork, address(doubler), address(weird));
        CommissionTerms memory second = terms(weirdWork, address(doubler), address(weird));
        second.salt = "second";
        weird.behave(WeirdToken.Manner.Hooks);
        doubler.open(first, second);
        no(doubler.doubled(), "no second commission");
        eq(commissions.commissionOf(commissions.idOf(first)).amount, 5e6, "only what the first paid");
    }

    function test_whoever_re_enters_sees_the_end_and_gets_nothing_twice() public {
        Patron patron = new Patron(commissions);
        vm.deal(address(patron), 5e6);
        vm.deal(address(commissions), 50e6);
        t = terms(t.work, address(patron), NATIVE);
        patron.open(t);
        patron.take(true);
        vm.warp(t.deadline + 1);
        commissions.refund(t);
        eq(patron.seen(), uint256(State.Expired), "the end");
        no(patron.again(), "nothing again");
        eq(address(patron).balance, 5e6, "once");
        eq(address(commissions).balance, 50e6, "what others have there stays");
    }

    function test_a_client_who_refuses_coin_can_fetch_it_later() public {
        Patron patron = new Patron(commissions);
        vm.deal(address(patron), 5e6);
        t = terms(t.work, address(patron), NATIVE);
        patron.open(t);
        vm.warp(t.deadline + 1);
        commissions.refund(t);
        eq(commissions.creditOf(address(patron), NATIVE), 5e6, "credited");
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NativeRefused.selector, patron, 5e6));
        commissions.withdraw(address(patron), NATIVE, address(patron));
        patron.withdraw(NATIVE, carol);
        eq(carol.balance, 5e6, "to elsewhere");
    }

    function test_a_client_who_burns_gas_costs_little_and_stops_nobody() public {
        Burner burner = new Burner();
        vm.deal(address(burner), 5e6);
        t = terms(t.work, address(burner), NATIVE);
        burner.open(commissions, t);
        vm.warp(t.deadline + 1);
        uint256 before = gasleft();
        commissions.refund(t);
        atMost(before - gasleft(), 150_000, "gas");
        eq(commissions.creditOf(address(burner), NATIVE), 5e6, "credited");
    }

    /// Whatever happens in whatever order: money is divided, once, and nothing stays or is made.
    function test_fuzz_every_commission_reaches_one_end(uint256 seed, uint96 price, uint16 split) public {
        t.price = uint96(within(price, 1, 100e6));
        t.splitBps = uint16(split % 10_001);
        if (seed % 2 == 0) t.asset = NATIVE;
        _open();
        if (seed >> 1 & 1 == 1) _submit();
        for (uint256 i; i < 12 && uint256(commissions.commissionOf(id).state) < uint256(State.Completed); ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(block.timestamp + seed % 3 days);
            uint256 what = (seed >> 32) % 5;
            address who = [alice, bob, dave][(seed >> 40) % 3];
            vm.prank(who);
            if (what == 0) try commissions.accept(t) {} catch {}
            else if (what == 1) try commissions.dispute(t, 0) {} catch {}
            else if (what == 2) try commissions.decide(t, (seed >> 48) % 10_001) {} catch {}
            else if (what == 3) try commissions.settle(t) {} catch {}
            else try commissions.refund(t) {} catch {}
        }
        vm.warp(block.timestamp + 30 days);
        State state = commissions.commissionOf(id).state;
        if (state == State.Funded) commissions.refund(t);
        else if (uint256(state) < uint256(State.Completed)) commissions.settle(t);
        uint256 toWork = shares.owed(alice, t.asset);
        uint256 left = t.asset == NATIVE ? bob.balance : dollar.balanceOf(bob);
        eq(toWork + left, 100e6, "divided");
        state = commissions.commissionOf(id).state;
        yes((state == State.Completed) == (toWork > 0) || t.price < 10_000, "completed when the work is paid");
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongState.selector, id, state));
        commissions.refund(t);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongState.selector, id, state));
        commissions.settle(t);
    }
}
