// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Capital} from "../../src/Capital.sol";
import {ICapital} from "../../src/interfaces/ICapital.sol";
import {IShareOffering} from "../../src/interfaces/IShareOffering.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {OfferTerms, OfferingState} from "../../src/types/Capital.sol";
import {Crowd} from "../support/Crowd.sol";
import {Touched} from "../support/Touched.sol";
import {Trader} from "../support/Trader.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @title Twelve traders who issue, buy, finalize, claim and refund, and pay revenue in between
contract OfferingHandler is Crowd {
    bytes32 private constant NOTICE = keccak256("notice");
    uint256 private constant OFFERINGS_MAX = 8;

    Capital private immutable CAPITAL;
    Touched private immutable TOUCHED;
    ProcessShares[] public works;
    ShareOffering[] public offerings;
    /// @notice The digest of the terms of an offering, as they were.
    mapping(ShareOffering => bytes32) public terms;
    /// @notice What this handler paid as revenue.
    mapping(ProcessShares => mapping(address asset => uint256)) public paid;

    constructor(Capital capital, WeirdToken weird, Touched touched) Crowd(weird) {
        (CAPITAL, TOUCHED) = (capital, touched);
    }

    function meet(ProcessShares[] calldata works_) external {
        works = works_;
    }

    function count() external view returns (uint256) {
        return offerings.length;
    }

    function offer(uint256 w, uint256 lots, uint256 price, bool inNative, uint256 time) external {
        if (offerings.length == OFFERINGS_MAX) return;
        ProcessShares shares = works[w % works.length];
        Trader issuer = traders[w % works.length];
        uint96 lot = uint96(within(price >> 128, 1, shares.totalSupply() / 30));
        lots = within(lots, 1, 10);
        if (shares.balanceOf(address(issuer)) < lot * lots) return;
        OfferTerms memory chosen = OfferTerms({
            inNative: inNative,
            lot: lot,
            price: uint96(within(price, 1, 1e15)),
            lotsMin: uint32(within(time >> 64, 1, lots)),
            lotsMax: uint32(lots),
            deadline: uint48(block.timestamp + within(time, 1 days, 8 days)),
            // At times a tree of one leaf: only this one may buy, without a path.
            allowList: time % 4 == 3 ? _leafOf(time >> 8) : bytes32(0),
            notice: NOTICE
        });
        _act(issuer, address(shares), abi.encodeCall(shares.approve, (address(CAPITAL), lot * lots)));
        yes(_act(issuer, address(CAPITAL), abi.encodeCall(ICapital.offer, (address(shares), chosen))), "offered");
        ShareOffering made = ShareOffering(CAPITAL.offeringOf(CAPITAL.offerings()));
        offerings.push(made);
        terms[made] = keccak256(abi.encode(made.offer()));
        TOUCHED.markAll();
        ++done["offer"];
    }

    function buy(uint256 who, uint256 o, uint256 lots) external {
        if (offerings.length == 0) return;
        ShareOffering offering = _offering(o);
        lots = within(lots, 1, 6);
        uint256 cost = lots * offering.offer().terms.price;
        bytes memory data = abi.encodeCall(IShareOffering.buy, (uint32(lots), NOTICE, new bytes32[](0)));
        if (_pay(_trader(who), address(offering), offering.currency(), cost, data)) ++done["buy"];
    }

    function finalize(uint256 who, uint256 o) external {
        if (_try(who, o, abi.encodeCall(IShareOffering.finalize, ()))) ++done["finalize"];
    }

    function claim(uint256 who, uint256 o, uint256 to) external {
        bytes memory data = abi.encodeCall(IShareOffering.claim, (address(_trader(to))));
        if (_try(who, o, data)) ++done["claim"];
        else if (offerings.length != 0) _requireReason(who, o);
    }

    function refund(uint256 who, uint256 o, uint256 to) external {
        if (offerings.length == 0) return;
        ShareOffering offering = offerings[o % offerings.length];
        uint256 lots = offering.state() == OfferingState.Failed ? offering.lotsOf(address(_trader(who))) : 0;
        (bool must, bool there) = _pays(offering, address(_trader(to)), lots);
        bool ok = _try(who, o, abi.encodeCall(IShareOffering.refund, (address(_trader(to)))));
        if (must) yes(ok == there, "refunded is what is there, and no more");
        if (ok) ++done["refund"];
    }

    function withdraw(uint256 who, uint256 o) external {
        if (offerings.length == 0) return;
        ShareOffering offering = offerings[o % offerings.length];
        bool open = offering.state() != OfferingState.Succeeded || offering.withdrawn();
        (bool must, bool there) = _pays(offering, address(0), open ? 0 : offering.lotsSold());
        bool ok = _try(who, o, abi.encodeCall(IShareOffering.withdraw, ()));
        if (must) yes(ok == there, "proceeds are what is there, and no more");
        if (ok) ++done["withdraw"];
    }

    /// @dev Of a work, an offering or a treasury: its shares, contributions or proceeds are what they were.
    function rebase(uint256 place, uint256 by) external {
        uint256 which = place >> 8;
        address account = address(works[which % works.length]);
        if (place % 4 == 1) account = CAPITAL.treasuryOf(works[which % works.length].work());
        if (place % 4 > 1 && offerings.length != 0) account = address(offerings[which % offerings.length]);
        if (WEIRD.rebase(account, by) != 0) ++done[by % 2 == 0 ? "rebase upwards" : "rebase downwards"];
        TOUCHED.markAll();
    }

    function claimRevenue(uint256 who, uint256 o, uint256 a, uint256 to) external {
        bytes memory data = abi.encodeCall(IShareOffering.claimRevenue, (_asset(a), address(_trader(to))));
        if (_try(who, o, data)) ++done["claim revenue"];
    }

    function payRevenue(uint256 w, uint256 a, uint256 amount) external {
        ProcessShares shares = works[w % works.length];
        amount = within(amount, 1, 1e12);
        paid[shares][_asset(a)] += amount;
        if (a % 2 == 0) {
            vm.deal(address(this), amount);
            (bool sent,) = address(shares).call{value: amount, gas: 0}("");
            yes(sent, "sent");
        } else {
            WEIRD.mint(address(shares), amount);
        }
        _touchThoseOf(shares);
    }

    /// @dev The second work owes royalties to the first.
    function collect(uint256 a) external {
        try works[1].collect(1, _asset(a)) returns (uint256 amount) {
            if (amount != 0) ++done["collect"];
        } catch {}
        _touchThoseOf(works[0]);
        _touchThoseOf(works[1]);
    }

    function transferShares(uint256 from, uint256 to, uint256 w, uint256 amount) external {
        ProcessShares shares = works[w % works.length];
        amount = within(amount, 0, shares.balanceOf(address(_trader(from))));
        bytes memory data = abi.encodeCall(shares.transfer, (address(_trader(to)), amount));
        yes(_act(_trader(from), address(shares), data), "a transfer of shares never fails");
    }

    function delegate(uint256 who, uint256 to, uint256 w) external {
        ProcessShares shares = works[w % works.length];
        _act(_trader(who), address(shares), abi.encodeCall(shares.delegate, (address(_trader(to)))));
    }

    /// @notice Every offering ends and everybody takes their shares, whatever a rebase took.
    function settleShares() external {
        for (uint256 i; i < offerings.length; ++i) {
            ShareOffering offering = offerings[i];
            uint256 deadline = offering.offer().terms.deadline;
            if (block.timestamp < deadline) vm.warp(deadline);
            if (offering.state() == OfferingState.Open) offering.finalize();
            if (offering.state() != OfferingState.Succeeded) continue;
            for (uint256 k; k < TRADERS; ++k) {
                if (offering.lotsOf(address(traders[k])) == 0) continue;
                bytes memory data = abi.encodeCall(IShareOffering.claim, (address(traders[k])));
                yes(_act(traders[k], address(offering), data), "everybody gets shares");
            }
        }
    }

    /// @notice What rebases took is made good, and whoever is owed money takes it.
    function settleMoney() external {
        for (uint256 w; w < works.length; ++w) {
            (uint256 gross, uint256 inbound,, uint256 paidOut) = works[w].revenue(address(WEIRD));
            uint256 held = gross + inbound - paidOut;
            WEIRD.grow(address(works[w]), held - WEIRD.balanceOf(address(works[w])));
        }
        for (uint256 i; i < offerings.length; ++i) {
            ShareOffering offering = offerings[i];
            WEIRD.grow(address(offering), WEIRD.lost(address(offering)));
            if (offering.state() == OfferingState.Succeeded) offering.withdraw();
            for (uint256 k; k < TRADERS; ++k) {
                if (offering.lotsOf(address(traders[k])) != 0) {
                    bytes memory data = abi.encodeCall(IShareOffering.refund, (address(traders[k])));
                    yes(_act(traders[k], address(offering), data), "or money");
                }
                for (uint256 a; a < 2; ++a) {
                    bytes memory data = abi.encodeCall(IShareOffering.claimRevenue, (_asset(a), address(traders[k])));
                    yes(_act(traders[k], address(offering), data), "everybody gets revenue");
                }
            }
        }
    }

    /// @notice What a trader tries in the middle of a payment.
    function temptation(address who, uint256 mood)
        external
        view
        returns (address target, uint256 value, bytes memory data)
    {
        if (offerings.length == 0) return (address(this), 0, "");
        ShareOffering offering = offerings[mood % offerings.length];
        target = address(offering);
        uint256 what = (mood >> 16) % 6;
        if (what == 0) data = abi.encodeCall(IShareOffering.refund, (who));
        if (what == 1) data = abi.encodeCall(IShareOffering.claim, (who));
        if (what == 2) data = abi.encodeCall(IShareOffering.claimRevenue, (_asset(mood >> 24), who));
        if (what == 3) data = abi.encodeCall(IShareOffering.finalize, ());
        if (what == 4) data = abi.encodeCall(IShareOffering.withdraw, ());
        if (what == 5) {
            value = offering.currency() == address(0) ? offering.offer().terms.price : 0;
            if (value > who.balance) value = 0;
            data = abi.encodeCall(IShareOffering.buy, (1, NOTICE, new bytes32[](0)));
        }
    }

    /// @dev In the middle of a payment, any offering may have been touched.
    function did(address who, address, bytes calldata) external override {
        if (Trader(payable(who)).mood() != 0) TOUCHED.markAll();
    }

    /// @dev A token can stop money, but never shares.
    function _requireReason(uint256 who, uint256 o) private view {
        ShareOffering offering = offerings[o % offerings.length];
        bool none = offering.state() != OfferingState.Succeeded || offering.lotsOf(address(_trader(who))) == 0;
        yes(none, "shares of a finished offering can always be claimed");
    }

    /// @dev Whether an offering has to pay for `lots` to `to` if it can, and whether it can.
    function _pays(ShareOffering offering, address to, uint256 lots) private view returns (bool must, bool there) {
        bool plain = WEIRD.manner() == WeirdToken.Manner.Plain && !WEIRD.blacklisted(to);
        must = lots != 0 && plain && offering.currency() != address(0);
        there = must && lots * offering.offer().terms.price <= WEIRD.balanceOf(address(offering));
    }

    function _try(uint256 who, uint256 o, bytes memory data) private returns (bool) {
        if (offerings.length == 0) return false;
        return _act(_trader(who), address(_offering(o)), data);
    }

    function _offering(uint256 o) private returns (ShareOffering offering) {
        TOUCHED.mark(o % offerings.length);
        return offerings[o % offerings.length];
    }

    function _touchThoseOf(ProcessShares shares) private {
        for (uint256 i; i < offerings.length; ++i) {
            if (offerings[i].offer().shares == address(shares)) TOUCHED.mark(i);
        }
    }

    function _leafOf(uint256 who) private view returns (bytes32) {
        return ShareOffering(CAPITAL.offeringImplementation()).leafOf(address(_trader(who)));
    }

    function _asset(uint256 a) private view returns (address) {
        return a % 2 == 0 ? address(0) : address(WEIRD);
    }
}
