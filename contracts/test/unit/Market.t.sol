// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IMarket as I} from "../../src/interfaces/IMarket.sol";
import {Money} from "../../src/libraries/Money.sol";
import {Market} from "../../src/Market.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {Output, Run, Terms} from "../../src/types/Editions.sol";
import {Registration} from "../../src/types/Works.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @dev A seller who buys at another listing, or ends this one, whenever it is paid.
contract Restless {
    Market private immutable MARKET;
    uint256 private _listing;
    bool public tried;
    bool public gained;
    /// @notice What was left of its listing, as it saw it in the middle of the payment.
    uint256 public seen;

    constructor(Market market) {
        MARKET = market;
    }

    function list(ProcessShares shares, uint96 amount, uint96 price, bool inNative) external {
        shares.approve(address(MARKET), type(uint256).max);
        _listing = MARKET.listShares(address(shares), amount, price, inNative, uint48(block.timestamp + 1));
    }

    function onTokens() external {
        _try();
    }

    receive() external payable {
        _try();
    }

    function _try() private {
        if (!tried) seen = MARKET.listingOf(_listing).left;
        tried = true;
        bytes32 terms = MARKET.termsOf(_listing);
        try MARKET.buy(_listing, terms, 1, address(1)) {
            gained = true;
        } catch (bytes memory reason) {
            // Not because it is the seller's own, which would be told otherwise.
            require(bytes4(reason) == bytes4(keccak256("ReentrancyGuardReentrantCall()")), "guarded");
        }
        MARKET.cancel(_listing);
    }
}

contract MarketTest is CapitalFixture {
    uint48 private until;
    uint256 private work;
    ProcessShares private shares;
    uint256 private edition;

    function setUp() public override {
        super.setUp();
        Registration memory r = odd(alice);
        (work, shares) = registerAs(alice, r);
        until = uint48(block.timestamp + 30 days);
        Run memory run = Run(work, 1, r.bundle, "parameters", "inputs", "seed", "root");
        Output[] memory outputs = new Output[](1);
        outputs[0] = Output("output", 0);
        (, edition) = editions.promptOf(run, outputs[0]);
        vm.prank(alice);
        editions.mint(run, outputs, Terms(bob, "https://example.org/", 750, true, 0));
    }

    function _list(uint96 amount, uint96 price, bool inNative) private returns (uint256 listing) {
        vm.prank(alice);
        shares.approve(address(market), type(uint256).max);
        vm.prank(alice);
        listing = market.listShares(address(shares), amount, price, inNative, until);
    }

    function _listEdition(uint96 price, bool inNative) private returns (uint256 listing) {
        vm.prank(bob);
        editions.approve(address(market), edition);
        vm.prank(bob);
        listing = market.listEdition(edition, price, inNative, until);
    }

    /// @dev Buys with fresh money, exactly what it costs.
    function _buy(address buyer, uint256 listing, uint96 amount) private {
        (address asset, uint256 cost,,) = market.costOf(listing, amount);
        uint256 value = fund(buyer, asset, address(market), cost);
        bytes32 terms = market.termsOf(listing);
        vm.prank(buyer);
        market.buy{value: value}(listing, terms, amount, buyer);
    }

    function _refused(bytes memory reason, address buyer, uint256 listing, uint96 amount) private {
        uint256 value = fund(buyer, market.listingOf(listing).inNative ? NATIVE : address(weird), address(market), 1e6);
        bytes32 terms = market.termsOf(listing);
        vm.prank(buyer);
        if (reason.length == 0) vm.expectRevert();
        else vm.expectRevert(reason);
        market.buy{value: value}(listing, terms, amount, buyer);
    }

    function test_shares_are_sold_in_parts_at_the_price_of_the_whole() public {
        uint256 listing = _list(40, 400, false);
        eq(listing, 1, "numbered from 1");
        _buy(bob, listing, 10);
        _buy(carol, listing, 30);
        eq(shares.balanceOf(bob), 10, "bob");
        eq(shares.balanceOf(carol), 30, "carol");
        eq(weird.balanceOf(alice), 400, "the price, all of it to the seller");
        eq(weird.balanceOf(bob) + weird.balanceOf(carol), 0, "and not more");
        eq(market.listingOf(listing).left, 0, "sold");
        _refused(abi.encodeWithSelector(I.Market_AmountLeft.selector, 1, 0), bob, listing, 1);
    }

    function test_parts_never_cost_less_than_the_whole() public {
        uint256 listing = _list(3, 10, true);
        for (uint256 i; i < 3; ++i) {
            _buy(bob, listing, 1);
        }
        eq(alice.balance, 12, "rounded up each time");
    }

    function test_revenue_and_votes_of_listed_shares_are_the_sellers_until_the_sale() public {
        uint256 listing = _list(40, 400, true);
        vm.prank(alice);
        shares.delegate(alice);
        weird.mint(address(shares), 1_000);
        eq(shares.owed(alice, address(weird)), 1_000, "revenue");
        eq(shares.getVotes(alice), 100, "votes");
        _buy(bob, listing, 40);
        eq(shares.owed(alice, address(weird)), 1_000, "past revenue stays");
        eq(shares.owed(bob, address(weird)), 0, "the buyer has none of it");
        eq(shares.getVotes(alice), 60, "votes went");
        weird.mint(address(shares), 100);
        eq(shares.owed(bob, address(weird)), 40, "later revenue is the buyer's");
        eq(shares.balanceOf(address(market)), 0, "the market holds none");
        eq(shares.getVotes(address(market)), 0, "and has no votes");
    }

    function test_the_royalty_of_a_resale_goes_to_the_shares_and_the_rest_to_the_seller() public {
        uint256 listing = _listEdition(10_000, true);
        _buy(carol, listing, 1);
        eq(editions.ownerOf(edition), carol, "sold");
        eq(bob.balance, 9_250, "the seller");
        eq(shares.owed(alice, NATIVE), 750, "7.5% are revenue of the work");
        vm.prank(carol);
        editions.approve(address(market), edition);
        vm.prank(carol);
        listing = market.listEdition(edition, 101, false, until);
        _buy(dave, listing, 1);
        eq(weird.balanceOf(carol), 94, "in the stablecoin, too");
        eq(shares.owed(alice, address(weird)), 7, "rounded down");
    }

    function test_a_listing_is_as_good_as_the_sellers_balance_and_approval() public {
        uint256 listing = _list(40, 400, true);
        vm.prank(alice);
        shares.transfer(dave, 70);
        _refused("", bob, listing, 40);
        _buy(bob, listing, 30);
        vm.prank(dave);
        shares.transfer(alice, 70);
        vm.prank(alice);
        shares.approve(address(market), 0);
        _refused("", bob, listing, 10);
        listing = _listEdition(100, true);
        vm.prank(bob);
        editions.transferFrom(bob, dave, edition);
        _refused("", carol, listing, 1);
        eq(editions.ownerOf(edition), dave, "another owner's edition is not sold");
    }

    function test_a_sale_needs_the_terms_the_amount_the_time_and_the_money() public {
        uint256 listing = _list(40, 400, true);
        bytes32 terms = market.termsOf(listing);
        vm.deal(bob, 1_000);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Market_TermsDiffer.selector, bytes32("other"), terms));
        market.buy{value: 10}(listing, "other", 1, bob);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_WrongValue.selector, 9, 10));
        market.buy{value: 9}(listing, terms, 1, bob);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_WrongValue.selector, 11, 10));
        market.buy{value: 11}(listing, terms, 1, bob);
        _refused(abi.encodeWithSelector(I.Market_AmountLeft.selector, 0, 40), bob, listing, 0);
        _refused(abi.encodeWithSelector(I.Market_AmountLeft.selector, 41, 40), bob, listing, 41);
        _refused(abi.encodeWithSelector(I.Market_OwnListing.selector, alice), alice, listing, 1);
        vm.warp(until);
        _refused(abi.encodeWithSelector(I.Market_Expired.selector, until), bob, listing, 1);
        terms = market.termsOf(99);
        vm.expectRevert(abi.encodeWithSelector(I.Market_AmountLeft.selector, 1, 0));
        market.buy(99, terms, 1, bob);
    }

    function test_with_a_price_in_tokens_no_coin_is_sent() public {
        uint256 listing = _list(40, 400, false);
        bytes32 terms = market.termsOf(listing);
        vm.deal(bob, 10);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_WrongValue.selector, 10, 0));
        market.buy{value: 10}(listing, terms, 1, bob);
    }

    function test_only_the_seller_cancels() public {
        uint256 listing = _list(40, 400, true);
        bytes32 terms = market.termsOf(listing);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Market_NotSeller.selector, listing, bob));
        market.cancel(listing);
        vm.prank(alice);
        market.cancel(listing);
        _refused(abi.encodeWithSelector(I.Market_AmountLeft.selector, 1, 0), bob, listing, 1);
        eq(market.termsOf(listing), terms, "the digest of terms is of what is frozen");
    }

    function test_only_shares_of_the_registry_and_own_editions_are_listed() public {
        vm.expectRevert(abi.encodeWithSelector(I.Market_NotForTrade.selector, address(weird), 0));
        market.listShares(address(weird), 1, 1, true, until);
        vm.expectRevert(abi.encodeWithSelector(I.Market_NotForTrade.selector, bob, 0));
        market.listShares(bob, 1, 1, true, until);
        vm.expectRevert(abi.encodeWithSelector(I.Market_NotForTrade.selector, address(editions), edition));
        market.listEdition(edition, 1, true, until);
        vm.expectRevert(abi.encodeWithSelector(I.Market_AmountListed.selector, 0));
        market.listShares(address(shares), 0, 1, true, until);
        vm.expectRevert(abi.encodeWithSelector(I.Market_PriceZero.selector));
        market.listShares(address(shares), 1, 0, true, until);
        uint256 latest = block.timestamp + 366 days;
        bytes4 selector = I.Market_UntilOutOfRange.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, block.timestamp, latest));
        market.listShares(address(shares), 1, 1, true, uint48(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(selector, latest + 1, latest));
        market.listShares(address(shares), 1, 1, true, uint48(latest + 1));
    }

    function test_a_token_that_takes_a_fee_does_not_pay_a_seller_less_than_the_price() public {
        uint256 listing = _list(40, 400, false);
        weird.behave(WeirdToken.Manner.FeeOnTransfer);
        _refused(
            abi.encodeWithSelector(Money.Money_Underpaid.selector, address(weird), 380, 400), bob, listing, 40
        );
        weird.behave(WeirdToken.Manner.ReturnsFalse);
        _refused("", bob, listing, 40);
        weird.behave(WeirdToken.Manner.Paused);
        _refused("", bob, listing, 40);
        weird.behave(WeirdToken.Manner.NoReturnValue);
        _buy(carol, listing, 40);
        eq(weird.balanceOf(alice), 400, "no return value is fine");
    }

    function test_a_seller_who_is_blacklisted_or_takes_no_coin_stops_only_their_own_listing() public {
        uint256 first = _list(10, 100, false);
        vm.prank(alice);
        shares.transfer(dave, 50);
        vm.prank(dave);
        shares.approve(address(market), 50);
        vm.prank(dave);
        uint256 second = market.listShares(address(shares), 10, 100, false, until);
        weird.blacklist(alice, true);
        _refused("", bob, first, 10);
        _buy(bob, second, 10);
        eq(shares.balanceOf(bob), 10, "dave's were sold");
    }

    function test_a_seller_who_re_enters_buys_nothing_and_may_end_the_listing() public {
        for (uint256 i; i < 2; ++i) {
            weird.behave(WeirdToken.Manner.Hooks);
            Restless seller = new Restless(market);
            vm.prank(alice);
            shares.transfer(address(seller), 40);
            seller.list(shares, 40, 400, i == 0);
            _buy(bob, i + 1, 10);
            yes(seller.tried() && !seller.gained(), "tried in vain");
            eq(seller.seen(), 30, "and saw that 10 were sold");
            eq(i == 0 ? address(seller).balance : weird.balanceOf(address(seller)), 100, "paid");
            eq(market.listingOf(i + 1).left, 0, "ended");
        }
    }

    function test_a_reorganised_chain_does_not_sell_something_else() public {
        uint256 listing = _list(40, 400, true);
        bytes32 terms = market.termsOf(listing);
        Market other = new Market(registry, address(editions));
        vm.prank(alice);
        other.listShares(address(shares), 40, 401, true, until); // The same number, other terms.
        vm.deal(bob, 1_000);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Market_TermsDiffer.selector, terms, other.termsOf(1)));
        other.buy{value: 400}(1, terms, 40, bob);
    }

    /// Any amount, price and parts: the seller has at least the price, buyers pay less than a unit more for each part.
    function test_fuzz_no_part_is_sold_below_its_price(uint96 amount, uint96 price, uint256 seed, bool inNative)
        public
    {
        amount = uint96(within(amount, 1, type(uint96).max));
        price = uint96(within(price, 1, type(uint96).max));
        Registration memory r = odd(alice);
        r.holders[0].shares = amount;
        (, shares) = registerAs(alice, r);
        uint256 listing = _list(amount, price, inNative);
        uint256 parts;
        while (market.listingOf(listing).left != 0) {
            uint96 left = market.listingOf(listing).left;
            seed = uint256(keccak256(abi.encode(seed)));
            uint96 part = ++parts == 8 ? left : uint96(within(seed, 1, left));
            (, uint256 cost,,) = market.costOf(listing, part);
            yes(cost * amount >= uint256(price) * part, "at least its price");
            _buy(bob, listing, part);
        }
        uint256 received = inNative ? alice.balance : weird.balanceOf(alice);
        yes(received >= price && received < price + parts, "the price, but for rounding");
        eq(shares.balanceOf(bob), amount, "all of it");
    }
}
