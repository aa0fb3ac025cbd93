// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {Output, Run, Terms} from "../../src/types/Editions.sol";
import {Listing} from "../../src/types/Market.sol";
import {Holder, Registration} from "../../src/types/Works.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";
import {Crowd} from "../support/Crowd.sol";
import {MarketHandler} from "./MarketHandler.sol";

/// @title What holds of the market after every call, whoever calls what in which order
contract MarketInvariants is CapitalFixture {
    uint256 private constant TRADERS = 12;
    uint256 private constant EDITIONS = 6;

    MarketHandler private handler;
    ProcessShares[] private works;
    uint256[] private tokens;

    function setUp() public override {
        super.setUp();
        handler = new MarketHandler(market, editions, weird);
        for (uint256 i; i < 2; ++i) {
            Registration memory r = odd(alice);
            r.holders = new Holder[](4);
            for (uint256 k; k < 4; ++k) {
                r.holders[k] = Holder(address(handler.trader(i + k * 3)), i == 0 ? 25 : 1e24 + k);
            }
            (uint256 work, ProcessShares shares) = registerAs(alice, r);
            works.push(shares);
            _mint(Run(work, 1, r.bundle, "parameters", "inputs", "seed", "root"), address(handler.trader(i)));
        }
        handler.meet(works, tokens);
    }

    function _mint(Run memory run, address to) private {
        Output[] memory outputs = new Output[](EDITIONS / 2);
        for (uint256 i; i < outputs.length; ++i) {
            outputs[i] = Output(keccak256(abi.encode("output", i)), i);
            (, uint256 id) = editions.promptOf(run, outputs[i]);
            tokens.push(id);
        }
        vm.prank(alice);
        editions.mint(run, outputs, Terms(to, "https://example.org/", 777, true, 0));
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = MarketHandler.listShares.selector;
        selectors[1] = MarketHandler.listEdition.selector;
        selectors[2] = MarketHandler.buy.selector;
        selectors[3] = MarketHandler.buy.selector;
        selectors[4] = MarketHandler.buy.selector;
        selectors[5] = MarketHandler.cancel.selector;
        selectors[6] = MarketHandler.transferShares.selector;
        selectors[7] = MarketHandler.transferEdition.selector;
        selectors[8] = MarketHandler.payRevenue.selector;
        selectors[9] = Crowd.behave.selector;
        selectors[10] = Crowd.blacklist.selector;
        selectors[11] = Crowd.plan.selector;
        selectors[12] = Crowd.pass.selector;
        selectors[13] = MarketHandler.rebase.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_the_market_keeps_its_promises() public {
        eq(address(market).balance, 0, "the market holds no coin");
        eq(weird.nominalBalanceOf(address(market)), 0, "nor tokens");
        eq(editions.balanceOf(address(market)), 0, "nor editions");
        for (uint256 i; i < works.length; ++i) {
            eq(works[i].balanceOf(address(market)), 0, "nor shares");
            eq(works[i].getVotes(address(market)), 0, "nor votes");
            uint256 sum;
            for (uint256 k; k < TRADERS; ++k) {
                sum += works[i].balanceOf(address(handler.trader(k)));
            }
            eq(sum, works[i].totalSupply(), "no share is lost");
        }
        for (uint256 l = 1; l <= market.listings(); ++l) {
            _check(l, market.listingOf(l), handler.told(l));
        }
    }

    /// @dev At the end of each run: that it was not idle.
    function afterInvariant() external view {
        if (handler.acts() < 100) return; // The runs of shrinking a failure are short.
        yes(handler.done("buy shares") + handler.done("list edition") > 0, "somebody traded");
    }

    function _check(uint256 l, Listing memory listing, MarketHandler.Told memory told) private view {
        if (told.terms != 0) eq(market.termsOf(l), told.terms, "terms never change");
        eq(listing.left, told.cancelled ? 0 : listing.amount - told.sold, "what is left");
        yes(told.cost * listing.amount >= told.sold * listing.price, "nobody's listing is filled below its price");
        yes(told.sold < listing.amount || told.cost >= listing.price, "the whole brings the whole price");
    }
}
