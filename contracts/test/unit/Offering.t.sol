// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ICapital} from "../../src/interfaces/ICapital.sol";
import {IShareOffering as I} from "../../src/interfaces/IShareOffering.sol";
import {Money} from "../../src/libraries/Money.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {Treasury} from "../../src/Treasury.sol";
import {Offer, OfferTerms, OfferingState} from "../../src/types/Capital.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";

contract OfferingTest is CapitalFixture {
    bytes32[] private none;
    ProcessShares private shares;
    ShareOffering private offering;
    uint256 private work;

    function setUp() public override {
        super.setUp();
        (work, shares) = registerAs(alice, plain(alice));
        offering = offerAs(alice, shares, offered());
    }

    function _refusedBuy(bytes memory reason, address who, uint32 lots, bytes32 notice, bytes32[] memory proof)
        private
    {
        fund(who, address(dollar), address(offering), uint256(lots) * 5);
        vm.prank(who);
        vm.expectRevert(reason);
        offering.buy(lots, notice, proof);
    }

    function _notInState(OfferingState expected) private view returns (bytes memory) {
        return abi.encodeWithSelector(I.Offering_NotInState.selector, offering.state(), expected);
    }

    function _finalizeLater() private {
        vm.warp(offering.offer().terms.deadline);
        vm.prank(dave);
        offering.finalize();
    }

    function test_an_offering_holds_its_shares_and_tells_its_terms() public view {
        eq(shares.balanceOf(address(offering)), 40, "held");
        eq(capital.offerings(), 1, "the first");
        eq(capital.offeringOf(1), address(offering), "by its number");
        Offer memory o = offering.offer();
        eq(o.issuer, alice, "issuer");
        eq(o.shares, address(shares), "shares");
        eq(o.treasury, capital.treasuryOf(work), "treasury");
        eq(keccak256(abi.encode(o.terms)), keccak256(abi.encode(offered())), "terms");
        eq(offering.currency(), address(dollar), "currency");
    }

    function test_one_that_succeeds_hands_out_shares_and_pays_the_treasury_but_no_revenue() public {
        buyAs(bob, offering, 7);
        buyAs(carol, offering, 4);
        buyAs(bob, offering, 1);
        _finalizeLater();
        eq(shares.balanceOf(alice), 88, "what nobody bought returned");
        vm.prank(bob);
        eq(offering.claim(bob), 8, "bob");
        vm.prank(carol);
        eq(offering.claim(dave), 4, "carol, to elsewhere");
        eq(shares.balanceOf(dave), 4, "arrived");
        eq(offering.withdraw(), 60, "all contributions");
        eq(offering.withdraw(), 0, "once");
        eq(dollar.balanceOf(capital.treasuryOf(work)), 60, "are the treasury's");
        (uint256 gross,,,) = shares.revenue(address(dollar));
        eq(gross, 0, "and never revenue");
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Offering_NothingBought.selector, bob));
        offering.claim(bob);
        bytes memory reason = _notInState(OfferingState.Failed);
        vm.expectRevert(reason);
        offering.refund(bob);
    }

    function test_one_that_fails_refunds_all_to_the_last_unit() public {
        buyAs(bob, offering, 6);
        buyAs(carol, offering, 3);
        _finalizeLater();
        eq(shares.balanceOf(alice), 100, "all shares returned");
        vm.prank(bob);
        eq(offering.refund(bob), 30, "bob");
        vm.prank(carol);
        eq(offering.refund(dave), 15, "carol, to elsewhere");
        eq(dollar.balanceOf(bob), 30, "arrived");
        eq(dollar.balanceOf(dave), 15, "arrived elsewhere");
        eq(dollar.balanceOf(address(offering)), 0, "nothing is left");
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Offering_NothingBought.selector, bob));
        offering.refund(bob);
        bytes memory reason = _notInState(OfferingState.Succeeded);
        vm.expectRevert(reason);
        offering.claim(bob);
        vm.expectRevert(reason);
        offering.withdraw();
    }

    function test_the_soft_cap_itself_is_success() public {
        buyAs(bob, offering, 10);
        _finalizeLater();
        yes(offering.state() == OfferingState.Succeeded, "ten of ten");
    }

    function test_anyone_finalizes_when_all_is_sold_or_time_is_over_and_not_before() public {
        buyAs(bob, offering, 39);
        bytes memory reason = abi.encodeWithSelector(I.Offering_NotOver.selector, offering.offer().terms.deadline);
        vm.warp(offering.offer().terms.deadline - 1);
        vm.expectRevert(reason);
        offering.finalize();
        buyAs(carol, offering, 1);
        vm.prank(dave);
        yes(offering.finalize(), "sold out a second before the deadline");
        reason = _notInState(OfferingState.Open);
        vm.expectRevert(reason);
        offering.finalize();
        eq(shares.balanceOf(alice), 60, "nothing was left to return");
    }

    function test_buying_needs_time_lots_and_the_notice() public {
        _refusedBuy(
            abi.encodeWithSelector(I.Offering_NoticeDiffers.selector, bytes32("other"), NOTICE), bob, 1, "other", none
        );
        _refusedBuy(abi.encodeWithSelector(I.Offering_LotsLeft.selector, 0, 40), bob, 0, NOTICE, none);
        _refusedBuy(abi.encodeWithSelector(I.Offering_LotsLeft.selector, 41, 40), bob, 41, NOTICE, none);
        buyAs(bob, offering, 30);
        _refusedBuy(abi.encodeWithSelector(I.Offering_LotsLeft.selector, 11, 10), carol, 11, NOTICE, none);
        uint256 deadline = offering.offer().terms.deadline;
        vm.warp(deadline);
        _refusedBuy(abi.encodeWithSelector(I.Offering_Over.selector, deadline), bob, 1, NOTICE, none);
        offering.finalize();
        bytes memory reason = _notInState(OfferingState.Open);
        _refusedBuy(reason, bob, 1, NOTICE, none);
    }

    function test_native_coin_is_paid_exactly_and_with_tokens_none_is_sent() public {
        OfferTerms memory terms = offered();
        terms.inNative = true;
        ShareOffering native = offerAs(alice, shares, terms);
        eq(native.currency(), NATIVE, "currency");
        vm.deal(bob, 100);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_WrongValue.selector, 16, 15));
        native.buy{value: 16}(3, NOTICE, none);
        vm.prank(bob);
        native.buy{value: 15}(3, NOTICE, none);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_WrongValue.selector, 1, 0));
        offering.buy{value: 1}(3, NOTICE, none);
        buyAs(carol, native, 7);
        vm.warp(terms.deadline);
        native.finalize();
        eq(native.withdraw(), 50, "proceeds");
        eq(capital.treasuryOf(work).balance, 50, "in native coin");
    }

    function test_an_allow_list_lets_in_who_stands_on_it() public {
        OfferTerms memory terms = offered();
        bytes32 b = offering.leafOf(bob);
        bytes32 c = offering.leafOf(carol);
        terms.allowList = b < c ? keccak256(abi.encode(b, c)) : keccak256(abi.encode(c, b));
        offering = offerAs(alice, shares, terms);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = c;
        _refusedBuy(abi.encodeWithSelector(I.Offering_NotAllowed.selector, dave), dave, 1, NOTICE, proof);
        _refusedBuy(abi.encodeWithSelector(I.Offering_NotAllowed.selector, bob), bob, 1, NOTICE, none);
        fund(bob, address(dollar), address(offering), 5);
        vm.prank(bob);
        offering.buy(1, NOTICE, proof);
        eq(offering.lotsOf(bob), 1, "bob is in");
    }

    function test_an_inner_node_of_64_bytes_does_not_pass_for_an_account() public {
        bytes32 leaf = offering.leafOf(bob);
        // Once hashed, the account would be the digest of 32 bytes; an inner node is the digest of 64.
        eq(leaf, keccak256(abi.encode(keccak256(abi.encode(bob)))), "a leaf is hashed twice");
        OfferTerms memory terms = offered();
        terms.allowList = keccak256(abi.encode(bob)); // A tree whose maker hashed once.
        offering = offerAs(alice, shares, terms);
        _refusedBuy(abi.encodeWithSelector(I.Offering_NotAllowed.selector, bob), bob, 1, NOTICE, none);
    }

    function test_shares_in_an_offering_do_not_vote() public {
        vm.prank(alice);
        shares.delegate(alice);
        vm.warp(block.timestamp + 1);
        eq(shares.getVotes(alice), 60, "those that alice kept");
        eq(shares.getVotes(address(offering)), 0, "those on offer");
        eq(shares.delegates(address(offering)), address(0), "nobody");
        buyAs(bob, offering, 40);
        offering.finalize();
        eq(shares.getVotes(bob), 0, "not before they are claimed");
        vm.prank(bob);
        shares.delegate(bob);
        vm.prank(bob);
        offering.claim(bob);
        eq(shares.getVotes(bob), 40, "then they do");
    }

    function _refusedOffer(bytes memory reason, address who, OfferTerms memory terms) private {
        vm.prank(who);
        vm.expectRevert(reason);
        capital.offer(address(shares), terms);
    }

    function test_what_cannot_be_offered_is_refused() public {
        OfferTerms memory terms = offered();
        _refusedOffer(abi.encodeWithSelector(ICapital.Capital_NotOperator.selector, work, bob), bob, terms);
        terms.notice = 0;
        _refusedOffer(abi.encodeWithSelector(ICapital.Capital_NoNotice.selector), alice, terms);
        terms = offered();
        terms.lotsMin = 41;
        bytes4 caps = ICapital.Capital_InvalidCaps.selector;
        _refusedOffer(abi.encodeWithSelector(caps, 1, 5, 41, 40), alice, terms);
        terms.lotsMin = 0;
        _refusedOffer(abi.encodeWithSelector(caps, 1, 5, 0, 40), alice, terms);
        terms = offered();
        terms.price = 0;
        _refusedOffer(abi.encodeWithSelector(caps, 1, 0, 10, 40), alice, terms);
        terms = offered();
        terms.lot = 0;
        _refusedOffer(abi.encodeWithSelector(caps, 0, 5, 10, 40), alice, terms);
        terms = offered();
        terms.deadline = uint48(block.timestamp);
        uint256 latest = block.timestamp + 366 days;
        bytes4 late = ICapital.Capital_DeadlineOutOfRange.selector;
        _refusedOffer(abi.encodeWithSelector(late, block.timestamp, latest), alice, terms);
        terms.deadline = uint48(latest + 1);
        _refusedOffer(abi.encodeWithSelector(late, latest + 1, latest), alice, terms);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICapital.Capital_NotShares.selector, address(dollar)));
        capital.offer(address(dollar), offered());
        vm.prank(alice);
        vm.expectRevert(); // Not approved, or more than alice has.
        capital.offer(address(shares), offered());
    }

    function test_two_offerings_of_one_work_have_nothing_in_common() public {
        ShareOffering second = offerAs(alice, shares, offered());
        buyAs(bob, offering, 40);
        pay(shares, 100);
        buyAs(carol, second, 40);
        offering.finalize();
        pay(shares, 100);
        second.finalize();
        pay(shares, 100);
        eq(offering.revenueOf(bob, address(dollar)), 80, "since the first was over");
        eq(second.revenueOf(carol, address(dollar)), 40, "since the second was over");
        eq(offering.revenueOf(alice, address(dollar)), 40, "alice, of the first");
        eq(second.revenueOf(alice, address(dollar)), 80, "alice, of the second");
        eq(offering.revenueOf(carol, address(dollar)), 0, "not hers");
    }

    function test_the_code_behind_offerings_is_of_no_use_by_itself() public {
        ShareOffering code = ShareOffering(capital.offeringImplementation());
        vm.expectRevert();
        code.buy(1, NOTICE, none);
        vm.expectRevert();
        code.finalize();
    }

    function test_a_treasury_opens_with_the_first_offering_or_before_and_once() public {
        Treasury treasury = treasuryOf(shares);
        eq(address(treasury), offering.offer().treasury, "the same");
        offerAs(alice, shares, offered());
        eq(capital.treasuryOf(work), address(treasury), "still the same");
    }
}
