// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Money} from "../../src/libraries/Money.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {OfferTerms, OfferingState} from "../../src/types/Capital.sol";
import {OddOffering} from "../support/OddOffering.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @dev A buyer who calls everything again whenever money passes.
contract Insatiable {
    ShareOffering private _offering;
    uint256 public tries;
    uint256 public gains;
    /// @notice What it saw of itself in the middle of the payment.
    uint256 public seen;

    function buy(ShareOffering offering, uint32 lots, bytes32 notice) external payable {
        _offering = offering;
        offering.buy{value: msg.value}(lots, notice, new bytes32[](0));
    }

    function approve(WeirdToken token, address spender) external {
        token.approve(spender, type(uint256).max);
    }

    function refund() external {
        _offering.refund(address(this));
    }

    function claimRevenue(address asset) external {
        _offering.claimRevenue(asset, address(this));
    }

    function onTokens() external {
        _again();
    }

    receive() external payable {
        _again();
    }

    function _again() private {
        if (address(_offering) == address(0)) return;
        ++tries;
        if (_offering.state() != OfferingState.Open) {
            seen += _offering.revenueOf(address(this), address(0));
            if (_offering.state() == OfferingState.Failed) seen += _offering.lotsOf(address(this));
        }
        try _offering.refund(address(this)) {
            ++gains;
        } catch {}
        try _offering.claimRevenue(address(0), address(this)) {
            ++gains;
        } catch {}
        try _offering.withdraw() {
            ++gains;
        } catch {}
        try _offering.buy(1, bytes32(0), new bytes32[](0)) {
            ++gains;
        } catch {}
    }
}

/// @dev A holder who ends an offering in the middle of being paid.
contract Interrupter {
    ShareOffering private _offering;

    function claim(ProcessShares shares, ShareOffering offering) external {
        _offering = offering;
        shares.claim(address(0), address(this));
    }

    receive() external payable {
        _offering.finalize();
    }
}

/// @title Offerings in tokens that misbehave, with buyers who re-enter
contract OfferingTokensTest is OddOffering {
    function test_a_rebase_downwards_of_contributions_takes_from_no_share_and_the_last_one_waits() public {
        buyAs(bob, offering, 5);
        buyAs(carol, offering, 4);
        weird.shrink(address(offering), 10);
        vm.warp(block.timestamp + 7 days);
        offering.finalize();
        eq(shares.balanceOf(alice), 100, "shares are not concerned");
        vm.prank(bob);
        eq(offering.refund(bob), 25, "bob");
        vm.prank(carol);
        vm.expectRevert();
        offering.refund(carol);
        weird.mint(address(offering), 10);
        vm.prank(carol);
        eq(offering.refund(carol), 20, "carol, when it is made good");
    }

    function test_a_token_that_takes_a_fee_or_pays_nothing_does_not_buy() public {
        fund(bob, address(weird), address(offering), 100);
        weird.behave(WeirdToken.Manner.FeeOnTransfer);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_Underpaid.selector, address(weird), 95, 100));
        offering.buy(20, NOTICE, new bytes32[](0));
        weird.behave(WeirdToken.Manner.ReturnsFalse);
        vm.prank(bob);
        vm.expectRevert();
        offering.buy(20, NOTICE, new bytes32[](0));
        weird.behave(WeirdToken.Manner.NoReturnValue);
        vm.prank(bob);
        offering.buy(20, NOTICE, new bytes32[](0));
        eq(offering.lotsOf(bob), 20, "no return value is fine");
    }

    function test_a_fee_on_revenue_comes_out_of_revenue_and_of_no_contribution() public {
        buyAs(bob, offering, 40);
        offering.finalize();
        _revenue(1_000);
        weird.behave(WeirdToken.Manner.FeeOnTransfer);
        eq(_claimRevenue(bob, address(weird)), 380, "of 400, what arrived");
        weird.behave(WeirdToken.Manner.Plain);
        eq(offering.withdraw(), 200, "contributions are whole");
        eq(offering.revenueOf(bob, address(weird)), 20, "the rest waits");
    }

    function test_a_paused_or_unreadable_token_stops_neither_the_end_nor_the_shares() public {
        buyAs(bob, offering, 20);
        buyAs(carol, offering, 20);
        _revenue(1_000);
        weird.behave(WeirdToken.Manner.Unreadable);
        offering.finalize();
        _claim(bob);
        weird.behave(WeirdToken.Manner.Paused);
        _claim(carol);
        eq(shares.balanceOf(bob) + shares.balanceOf(carol), 40, "shares are out");
        vm.expectRevert();
        offering.withdraw();
        weird.behave(WeirdToken.Manner.Plain);
        eq(offering.withdraw(), 200, "money waited");
        // As with any transfer of shares: unseen revenue is credited where the shares are at the next sync. Bob took
        // his while the token could not be read, carol when it could be read again.
        eq(shares.owed(bob, address(weird)), 200, "bob's shares");
        eq(offering.revenueOf(carol, address(weird)), 200, "carol's shares were still here");
        eq(offering.revenueOf(alice, address(weird)), 0, "and none of it was seen before the end");
        eq(_claimRevenue(carol, address(weird)), 200, "paid");
    }

    function test_revenue_that_was_seen_at_the_end_stays_seen() public {
        buyAs(bob, offering, 40);
        _revenue(1_000);
        offering.finalize();
        weird.behave(WeirdToken.Manner.Unreadable);
        _claim(bob);
        eq(shares.balanceOf(bob), 40, "shares go out although the token tells nothing");
        weird.behave(WeirdToken.Manner.Plain);
        eq(_claimRevenue(alice, address(weird)), 400, "all of it was before the end");
        eq(offering.revenueOf(bob, address(weird)), 0, "and none later");
    }

    function test_a_blacklisted_account_stops_nobody_else() public {
        buyAs(bob, offering, 5);
        buyAs(carol, offering, 35);
        _revenue(1_000);
        offering.finalize();
        weird.blacklist(offering.offer().treasury, true);
        weird.blacklist(alice, true);
        vm.expectRevert();
        offering.withdraw();
        _claim(bob);
        _claim(carol);
        vm.prank(alice);
        eq(offering.claimRevenue(address(weird), dave), 400, "the issuer is paid elsewhere");
        weird.blacklist(offering.offer().treasury, false);
        eq(offering.withdraw(), 200, "and the treasury later");
    }

    function test_a_blacklisted_buyer_is_refunded_elsewhere() public {
        buyAs(bob, offering, 5);
        buyAs(carol, offering, 4);
        vm.warp(block.timestamp + 7 days);
        offering.finalize();
        weird.blacklist(bob, true);
        vm.prank(bob);
        vm.expectRevert();
        offering.refund(bob);
        vm.prank(bob);
        eq(offering.refund(dave), 25, "bob, at dave's");
        vm.prank(carol);
        eq(offering.refund(carol), 20, "carol");
    }

    function test_a_buyer_who_refuses_coin_or_names_nobody_loses_nothing() public {
        OfferTerms memory terms = offered();
        terms.inNative = true;
        offering = offerAs(alice, shares, terms);
        buyAs(bob, offering, 3);
        vm.warp(terms.deadline);
        offering.finalize();
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_NativeRefused.selector, address(registry), 15));
        offering.refund(address(registry));
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_NoRecipient.selector));
        offering.refund(address(0));
        vm.prank(bob);
        eq(offering.refund(carol), 15, "still there");
    }

    function test_whoever_re_enters_a_refund_gets_it_once() public {
        OfferTerms memory terms = offered();
        terms.inNative = true;
        offering = offerAs(alice, shares, terms);
        buyAs(bob, offering, 6);
        Insatiable buyer = new Insatiable();
        vm.deal(address(this), 15);
        buyer.buy{value: 15}(offering, 3, NOTICE);
        vm.warp(terms.deadline);
        offering.finalize();
        buyer.refund();
        yes(buyer.tries() == 1 && buyer.gains() == 0, "tried in vain");
        eq(buyer.seen(), 0, "and saw nothing more to take");
        eq(address(buyer).balance, 15, "its own");
        vm.prank(bob);
        eq(offering.refund(bob), 30, "bob's is there");
    }

    function test_whoever_re_enters_revenue_or_a_purchase_gets_nothing_more() public {
        Insatiable buyer = new Insatiable();
        weird.mint(address(buyer), 1_000);
        buyer.approve(weird, address(offering));
        weird.behave(WeirdToken.Manner.Hooks);
        buyer.buy(offering, 20, NOTICE);
        eq(buyer.tries(), 1, "the token told it of the payment");
        weird.behave(WeirdToken.Manner.Plain);
        buyAs(bob, offering, 20);
        offering.finalize();
        payNative(shares, 1_000);
        buyer.claimRevenue(NATIVE);
        yes(buyer.tries() == 2 && buyer.gains() == 0, "tried in vain");
        eq(buyer.seen(), 0, "and saw nothing more to take");
        eq(address(buyer).balance, 200, "its part");
        eq(_claimRevenue(bob, NATIVE), 200, "bob's part is there");
    }

    function test_an_end_in_the_middle_of_a_payment_draws_the_same_line() public {
        Interrupter holder = new Interrupter();
        vm.prank(alice);
        shares.transfer(address(holder), 10);
        buyAs(bob, offering, 40);
        payNative(shares, 1_000);
        holder.claim(shares, offering);
        yes(offering.state() == OfferingState.Succeeded, "ended within the claim");
        payNative(shares, 100);
        eq(_claimRevenue(alice, NATIVE), 400, "what came before");
        eq(_claimRevenue(bob, NATIVE), 40, "what came later");
    }
}
