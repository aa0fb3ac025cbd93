// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {OfferTerms, OfferingState} from "../../src/types/Capital.sol";
import {Registration} from "../../src/types/Works.sol";
import {OddOffering} from "../support/OddOffering.sol";

/// @title Who earns what shares earn while they are on offer
contract OfferingRevenueTest is OddOffering {
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

    function test_royalties_that_are_collected_after_the_end_are_the_buyers() public {
        Registration memory r = odd(alice);
        r.royaltyBps = 1_000;
        uint256 parent;
        (parent, shares) = registerAs(alice, r);
        r = odd(dave);
        r.parents = new uint256[](1);
        r.parents[0] = parent;
        (, ProcessShares below) = registerAs(dave, r);
        offering = offerAs(alice, shares, offered());
        buyAs(bob, offering, 40);
        weird.mint(address(below), 1_000);
        below.collect(parent, address(weird));
        weird.mint(address(below), 2_000);
        offering.finalize();
        below.collect(parent, address(weird));
        eq(_claimRevenue(alice, address(weird)), 40, "40% of the 100 that were collected");
        eq(_claimRevenue(bob, address(weird)), 80, "40% of the 200 that were only owed");
    }

    function test_an_issuer_who_buys_earns_as_both() public {
        buyAs(alice, offering, 40);
        _revenue(100);
        offering.finalize();
        _revenue(100);
        eq(_claimRevenue(alice, address(weird)), 80, "40 before and 40 since");
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
