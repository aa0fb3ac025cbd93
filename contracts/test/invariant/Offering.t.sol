// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {Offer, OfferingState} from "../../src/types/Capital.sol";
import {Registration} from "../../src/types/Works.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";
import {Crowd} from "../support/Crowd.sol";
import {Touched} from "../support/Touched.sol";
import {OfferingHandler} from "./OfferingHandler.sol";

/// @title What holds of offerings after every call, whoever calls what in which order
contract OfferingInvariants is CapitalFixture {
    uint256 private constant TRADERS = 12;

    OfferingHandler private handler;
    Touched private touched = new Touched();
    ProcessShares[] private works;

    function setUp() public override {
        super.setUp();
        handler = new OfferingHandler(capital, weird, touched);
        // One work apart, one that owes royalties: the line between issuer and buyers is drawn through net revenue.
        for (uint256 i; i < 2; ++i) {
            address creator = address(handler.trader(i));
            Registration memory r = odd(creator);
            r.holders[0].shares = i == 0 ? 1_000 : 1e24;
            r.royaltyBps = 1_000;
            if (i == 1) {
                r.parents = new uint256[](1);
                r.parents[0] = 1;
            }
            (, ProcessShares shares) = registerAs(creator, r);
            works.push(shares);
        }
        handler.meet(works);
        handler.offer(0, 10, 3, false, 0);
        handler.offer(1, 10, 1e13 + (1e20 << 128), true, 0);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](18);
        selectors[0] = OfferingHandler.offer.selector;
        selectors[1] = OfferingHandler.buy.selector;
        selectors[2] = OfferingHandler.buy.selector;
        selectors[3] = OfferingHandler.finalize.selector;
        selectors[4] = OfferingHandler.claim.selector;
        selectors[5] = OfferingHandler.refund.selector;
        selectors[6] = OfferingHandler.withdraw.selector;
        selectors[7] = OfferingHandler.claimRevenue.selector;
        selectors[8] = OfferingHandler.claimRevenue.selector;
        selectors[9] = OfferingHandler.payRevenue.selector;
        selectors[10] = OfferingHandler.transferShares.selector;
        selectors[11] = OfferingHandler.delegate.selector;
        selectors[12] = Crowd.behave.selector;
        selectors[13] = Crowd.blacklist.selector;
        selectors[14] = Crowd.plan.selector;
        selectors[15] = Crowd.pass.selector;
        selectors[16] = OfferingHandler.collect.selector;
        selectors[17] = OfferingHandler.rebase.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_the_offerings_keep_their_promises() public {
        uint256 mask = touched.take();
        for (uint256 i; i < handler.count(); ++i) {
            if (mask >> i & 1 != 0) _check(handler.offerings(i));
        }
        for (uint256 i; mask != 0 && i < works.length; ++i) {
            _checkWork(works[i]);
        }
    }

    /// @dev At the end of each run: everybody takes what is theirs, and then nothing is left but what nobody sent.
    function afterInvariant() external {
        uint256 tried = handler.acts();
        handler.calm();
        handler.settleShares();
        touched.markAll();
        invariant_the_offerings_keep_their_promises();
        handler.settleMoney();
        touched.markAll();
        invariant_the_offerings_keep_their_promises();
        for (uint256 i; i < handler.count(); ++i) {
            ShareOffering offering = handler.offerings(i);
            atMost(address(offering).balance, TRADERS + 1, "native coin is gone");
            uint256 extra = weird.extra(address(offering)) + weird.grown(address(offering));
            extra -= weird.lost(address(offering));
            atMost(weird.balanceOf(address(offering)), extra + TRADERS + 1, "tokens are gone");
            eq(ProcessShares(offering.offer().shares).balanceOf(address(offering)), 0, "shares are gone");
        }
        if (tried < 100) return; // The runs of shrinking a failure are short.
        yes(handler.done("buy") + handler.done("finalize") > 0, "the run was not idle");
    }

    function _check(ShareOffering offering) private view {
        Offer memory o = offering.offer();
        eq(keccak256(abi.encode(o)), handler.terms(offering), "terms never change");
        OfferingState state = offering.state();
        uint256 lots;
        for (uint256 k; k < TRADERS; ++k) {
            address trader = address(handler.trader(k));
            lots += offering.lotsOf(trader);
            if (o.terms.allowList == 0 || o.terms.allowList == offering.leafOf(trader)) continue;
            eq(offering.lotsOf(trader), 0, "only who stands on the list has bought");
        }
        uint256 sold = offering.lotsSold();
        atMost(sold, o.terms.lotsMax, "hard cap");
        // What has to be here of shares, and of contributions: all that was neither refunded nor paid as proceeds.
        (uint256 held, uint256 contributions) = (uint256(o.terms.lotsMax) * o.terms.lot, sold * o.terms.price);
        if (state == OfferingState.Open) {
            eq(lots, sold, "lots");
        } else if (state == OfferingState.Succeeded) {
            atMost(o.terms.lotsMin, sold, "soft cap");
            held = lots * o.terms.lot;
            if (offering.withdrawn()) contributions = 0;
        } else {
            yes(sold < o.terms.lotsMin, "failed below the soft cap");
            (held, contributions) = (0, lots * o.terms.price);
        }
        ProcessShares shares = ProcessShares(o.shares);
        eq(shares.balanceOf(address(offering)), held, "shares that nobody has claimed are there");
        eq(shares.getVotes(address(offering)), 0, "no votes");
        eq(shares.delegates(address(offering)), address(0), "nor by delegation");
        bool exact = state != OfferingState.Succeeded;
        bool inNative = o.terms.inNative;
        _checkMoney(offering, shares, NATIVE, inNative ? contributions : 0, address(offering).balance, exact);
        uint256 tokens = weird.nominalBalanceOf(address(offering));
        _checkMoney(offering, shares, address(weird), inNative ? 0 : contributions, tokens, exact);
    }

    /// @dev All money is contributions, or revenue of which each part is owed to somebody.
    function _checkMoney(
        ShareOffering offering,
        ProcessShares shares,
        address asset,
        uint256 contributions,
        uint256 balance,
        bool exact
    ) private view {
        atMost(contributions, balance, "contributions are there");
        uint256 entitled;
        for (uint256 k; k < TRADERS; ++k) {
            entitled += offering.revenueOf(address(handler.trader(k)), asset);
        }
        uint256 revenue = balance - contributions + shares.owed(address(offering), asset);
        atMost(entitled, revenue, "issuer and buyers have not more than all revenue");
        atMost(revenue, entitled + (exact ? 0 : TRADERS + 1), "nor less, but for rounding");
    }

    function _checkWork(ProcessShares shares) private view {
        for (uint256 a; a < 2; ++a) {
            address asset = a == 0 ? NATIVE : address(weird);
            (uint256 gross,,,) = shares.revenue(asset);
            uint256 extra = a == 0 ? 0 : weird.extra(address(shares)) + weird.grown(address(shares));
            atMost(gross, handler.paid(shares, asset) + extra, "proceeds are never revenue");
        }
        address treasury = capital.treasuryOf(shares.work());
        (uint256 coin, uint256 tokens) = (0, 0);
        for (uint256 i; i < handler.count(); ++i) {
            ShareOffering offering = handler.offerings(i);
            Offer memory o = offering.offer();
            if (o.treasury != treasury || !offering.withdrawn()) continue;
            uint256 proceeds = uint256(offering.lotsSold()) * o.terms.price;
            if (o.terms.inNative) coin += proceeds;
            else tokens += proceeds;
        }
        eq(treasury.balance, coin, "proceeds are in the treasury");
        eq(weird.nominalBalanceOf(treasury), tokens, "in tokens, too");
    }
}
