// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IShareOffering as I} from "../../src/interfaces/IShareOffering.sol";
import {Money} from "../../src/libraries/Money.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {OfferTerms, OfferingState} from "../../src/types/Capital.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @dev A buyer who calls everything again whenever money passes.
contract Insatiable {
    ShareOffering private _offering;
    uint256 public tries;
    uint256 public gains;

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

contract OfferingRevenueTest is CapitalFixture {
    ProcessShares private shares;
    ShareOffering private offering;

    function setUp() public override {
        super.setUp();
        (, shares) = registerAs(alice, odd(alice));
        offering = offerAs(alice, shares, offered());
    }

    function _revenue(uint256 amount) private {
        weird.mint(address(shares), amount);
    }

    function _claimRevenue(address who, address asset) private returns (uint256) {
        vm.prank(who);
        return offering.claimRevenue(asset, who);
    }

    function _claim(address who) private {
        vm.prank(who);
        offering.claim(who);
    }

    function test_revenue_before_the_end_is_the_issuers_and_later_the_buyers() public {
        _revenue(1_000);
        buyAs(bob, offering, 10);
        payNative(shares, 500);
        buyAs(carol, offering, 20);
        eq(_claimRevenue(alice, address(weird)), 400, "the issuer need not wait: 40 of 100 shares");
        eq(_claimRevenue(bob, address(weird)), 0, "no buyer has earned yet");
        _revenue(1_000);
        vm.warp(block.timestamp + 7 days);
        offering.finalize();
        _revenue(2_000);
        payNative(shares, 100);
        eq(offering.revenueOf(alice, address(weird)), 400, "until the end");
        eq(offering.revenueOf(alice, NATIVE), 200, "until the end, native");
        eq(offering.revenueOf(bob, address(weird)), 200, "10 of 100 since");
        eq(offering.revenueOf(carol, address(weird)), 400, "20 of 100 since");
        eq(offering.revenueOf(carol, NATIVE), 20, "20 of 100 since, native");
        _claim(bob);
        _revenue(1_000);
        eq(offering.revenueOf(bob, address(weird)), 200, "what comes now is at the shares");
        eq(shares.owed(bob, address(weird)), 100, "there");
        eq(_claimRevenue(carol, address(weird)), 600, "carol did not claim her shares yet");
        eq(_claimRevenue(carol, address(weird)), 0, "nothing twice");
        eq(_claimRevenue(bob, address(weird)), 200, "bob");
        eq(_claimRevenue(alice, address(weird)), 400, "alice");
        _claim(carol);
        eq(_claimRevenue(carol, NATIVE), 20, "after her shares, too");
        eq(_claimRevenue(bob, NATIVE), 10, "bob, native");
        eq(_claimRevenue(alice, NATIVE), 200, "alice, native");
        eq(weird.balanceOf(address(offering)), 150, "only contributions are left");
        eq(offering.withdraw(), 150, "which go to the treasury");
        eq(address(offering).balance + weird.balanceOf(address(offering)), 0, "and then nothing");
        vm.prank(alice);
        eq(shares.claim(address(weird), alice), 3_300, "what alice kept");
        vm.prank(bob);
        eq(shares.claim(address(weird), bob), 100, "which makes all of 5,000");
    }

    function test_all_revenue_of_one_that_fails_is_the_issuers() public {
        buyAs(bob, offering, 9);
        _revenue(1_000);
        vm.warp(block.timestamp + 7 days);
        offering.finalize();
        _revenue(1_000);
        eq(_claimRevenue(bob, address(weird)), 0, "bob has bought nothing in the end");
        eq(_claimRevenue(alice, address(weird)), 400, "what the shares earned while they were there");
        vm.prank(bob);
        eq(offering.refund(bob), 45, "and no contribution was touched");
    }

    function test_an_issuer_who_buys_earns_as_both() public {
        buyAs(alice, offering, 40);
        _revenue(100);
        offering.finalize();
        _revenue(100);
        eq(_claimRevenue(alice, address(weird)), 80, "40 before and 40 since");
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

    address[3] private people = [bob, carol, dave];
    uint256[3] private bought;
    uint256[3] private paid;
    uint256 private netAtEnd;

    /// Random purchases, payments and claims: every unit is refunded, or is in the treasury; every unit of revenue is
    /// the issuer's or a buyer's, but for less than one each.
    function test_fuzz_contributions_are_refunded_or_proceeds_and_revenue_finds_its_owner(uint256 seed) public {
        OfferTerms memory terms = offered();
        (terms.price, terms.inNative) = (uint96(within(seed, 1, 1e24)), seed % 2 == 0);
        terms.lotsMax = 30;
        offering = offerAs(alice, shares, terms);
        address asset = offering.currency();
        uint256 spent;
        for (uint256 i; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint32 lots = uint32(within(seed >> 8, 0, 8));
            if (lots != 0 && lots <= 30 - offering.lotsSold()) {
                buyAs(people[i % 3], offering, lots);
                bought[i % 3] += lots;
                spent += lots * terms.price;
            }
            _payBoth((seed >> 64) % 1e15);
        }
        vm.warp(terms.deadline);
        uint256 before = _shareOfOffering();
        yes(offering.finalize() == (spent >= 10 * terms.price), "by the soft cap");
        (,, netAtEnd,) = shares.revenue(address(weird));
        if (offering.state() == OfferingState.Failed) return _refundAll(asset, spent);
        for (uint256 i; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _payBoth((seed >> 64) % 1e15);
            uint256 who = seed % 3;
            if (seed >> 8 & 1 == 0 && offering.lotsOf(people[who]) != 0) _claim(people[who]);
            else paid[who] += _claimRevenue(people[who], address(weird));
        }
        eq(_claimRevenue(alice, address(weird)), before, "the issuer's");
        eq(offering.withdraw(), spent, "proceeds == contributions");
        _payBuyers();
    }

    function _payBoth(uint256 amount) private {
        _revenue(amount);
        payNative(shares, amount);
    }

    /// @dev What the shares in the offering have earned so far, by hand.
    function _shareOfOffering() private view returns (uint256) {
        return weird.balanceOf(address(shares)) * shares.balanceOf(address(offering)) / 100;
    }

    function _refundAll(address asset, uint256 spent) private {
        uint256 refunds;
        for (uint256 k; k < 3; ++k) {
            if (bought[k] == 0) continue;
            vm.prank(people[k]);
            refunds += offering.refund(address(1));
        }
        eq(refunds, spent, "refunds == contributions");
        uint256 left = asset == NATIVE ? address(offering).balance : weird.balanceOf(address(offering));
        eq(left, 0, "to the last unit");
    }

    /// @dev Everybody takes all; what a buyer has from the offering and the shares is their part of the time since.
    function _payBuyers() private {
        (,, uint256 net,) = shares.revenue(address(weird));
        for (uint256 k; k < 3; ++k) {
            if (offering.lotsOf(people[k]) != 0) _claim(people[k]);
            paid[k] += _claimRevenue(people[k], address(weird));
            vm.prank(people[k]);
            paid[k] += shares.claim(address(weird), people[k]);
            uint256 expected = bought[k] * (net - netAtEnd) / 100;
            atMost(paid[k], expected, "not more than their part");
            atMost(expected, paid[k] + 2, "and not less, but for rounding");
        }
    }
}
