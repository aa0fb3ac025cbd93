// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Editions} from "../../src/Editions.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {Market} from "../../src/Market.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {Listing} from "../../src/types/Market.sol";
import {Crowd} from "../support/Crowd.sol";
import {Trader} from "../support/Trader.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @title Twelve traders who list, buy and cancel shares and editions, and move them elsewhere
contract MarketHandler is Crowd {
    /// @dev What is known of a listing from outside.
    struct Told {
        bytes32 terms;
        uint256 sold;
        uint256 cost;
        bool cancelled;
    }

    /// @dev What a sale will cost, and what those who are paid had before.
    struct Sale {
        address asset;
        uint256 cost;
        address shares;
        uint256 royalty;
        address seller;
        uint256 sellerHad;
        uint256 sharesHad;
    }

    Market private immutable MARKET;
    Editions private immutable EDITIONS;
    ProcessShares[] private _works;
    uint256[] private _editions;
    mapping(uint256 listing => Told) private _told;

    constructor(Market market, Editions editions, WeirdToken weird) Crowd(weird) {
        (MARKET, EDITIONS) = (market, editions);
    }

    function meet(ProcessShares[] calldata works, uint256[] calldata editions) external {
        (_works, _editions) = (works, editions);
    }

    function told(uint256 listing) external view returns (Told memory) {
        return _told[listing];
    }

    function listShares(uint256 who, uint256 w, uint256 amount, uint256 price, bool inNative, uint256 time)
        external
    {
        ProcessShares shares = _works[w % _works.length];
        Trader seller = _trader(who);
        amount = within(amount, 0, shares.balanceOf(address(seller)));
        // At times more is approved than is listed, or less.
        uint256 approved = price % 4 == 0 ? amount / 2 : amount * 2;
        _act(seller, address(shares), abi.encodeCall(shares.approve, (address(MARKET), approved)));
        bytes memory data = abi.encodeCall(
            IMarket.listShares, (address(shares), uint96(amount), _price(price), inNative, _until(time))
        );
        bool ok = _act(seller, address(MARKET), data);
        yes(ok == (amount != 0), "whatever can be sold can be listed");
        if (ok) ++done["list shares"];
    }

    function listEdition(uint256 who, uint256 e, uint256 price, bool inNative, uint256 time) external {
        uint256 edition = _editions[e % _editions.length];
        address owner = EDITIONS.ownerOf(edition);
        Trader seller = who % 8 == 0 ? _trader(who >> 3) : Trader(payable(owner));
        _act(seller, address(EDITIONS), abi.encodeCall(EDITIONS.approve, (address(MARKET), edition)));
        bytes memory data = abi.encodeCall(IMarket.listEdition, (edition, _price(price), inNative, _until(time)));
        bool ok = _act(seller, address(MARKET), data);
        yes(ok == (address(seller) == owner), "the owner's, and nobody else's");
        if (ok) ++done["list edition"];
    }

    function buy(uint256 who, uint256 l, uint256 amount, uint256 to) external {
        uint256 count = MARKET.listings();
        if (count == 0) return;
        uint256 listing = 1 + l % count;
        Listing memory before = MARKET.listingOf(listing);
        // At times one too many: of a listing that is over, always.
        bool more = amount % 16 < 2 || before.left == 0;
        amount = more ? before.left + 1 : within(amount, amount % 16 == 2 ? 0 : 1, before.left);
        Sale memory sale;
        (sale.asset, sale.cost, sale.shares, sale.royalty) = MARKET.costOf(listing, amount);
        sale.seller = before.seller;
        sale.sellerHad = _moneyOf(sale.seller, sale.asset);
        sale.sharesHad = _moneyOf(sale.shares, sale.asset);
        bytes memory data =
            abi.encodeCall(IMarket.buy, (listing, MARKET.termsOf(listing), uint96(amount), address(_trader(to))));
        // At times with less money than it costs.
        uint256 money = who % 16 == 0 ? sale.cost / 2 : sale.cost;
        if (!_pay(_trader(who), address(MARKET), sale.asset, money, data)) return;
        ++done[before.token == address(EDITIONS) ? "buy edition" : "buy shares"];
        yes(amount != 0 && amount <= before.left && block.timestamp < before.until, "there, and in time");
        _told[listing].sold += amount;
        _told[listing].cost += sale.cost;
        _checkPaid(sale);
    }

    function _checkPaid(Sale memory sale) private view {
        // Who is busy in the middle of the payment may have spent some of it.
        if (Trader(payable(sale.seller)).mood() != 0) return;
        uint256 price = sale.cost - sale.royalty;
        atMost(sale.sellerHad + price, _moneyOf(sale.seller, sale.asset), "the seller has the price");
        atMost(sale.sharesHad + sale.royalty, _moneyOf(sale.shares, sale.asset), "the work has its royalty");
    }

    function cancel(uint256 who, uint256 l) external {
        uint256 count = MARKET.listings();
        if (count == 0) return;
        uint256 listing = 1 + l % count;
        address seller = MARKET.listingOf(listing).seller;
        Trader by = who % 2 == 0 ? Trader(payable(seller)) : _trader(who >> 1);
        bool ok = _act(by, address(MARKET), abi.encodeCall(IMarket.cancel, (listing)));
        yes(ok == (address(by) == seller), "the seller, and nobody else");
        if (ok) ++done["cancel"];
    }

    function transferShares(uint256 from, uint256 to, uint256 w, uint256 amount) external {
        ProcessShares shares = _works[w % _works.length];
        amount = within(amount, 0, shares.balanceOf(address(_trader(from))));
        bytes memory data = abi.encodeCall(shares.transfer, (address(_trader(to)), amount));
        yes(_act(_trader(from), address(shares), data), "listed shares can be moved");
    }

    function transferEdition(uint256 e, uint256 to) external {
        uint256 edition = _editions[e % _editions.length];
        address owner = EDITIONS.ownerOf(edition);
        bytes memory data = abi.encodeCall(EDITIONS.transferFrom, (owner, address(_trader(to)), edition));
        yes(_act(Trader(payable(owner)), address(EDITIONS), data), "listed editions can be moved");
    }

    function payRevenue(uint256 w, uint256 amount) external {
        WEIRD.mint(address(_works[w % _works.length]), within(amount, 1, 1e12));
    }

    /// @dev Of a trader or a work: what is listed, and for how much, is what it was.
    function rebase(uint256 place, uint256 by) external {
        address account = address(_trader(place >> 1));
        if (place % 2 == 0) account = address(_works[(place >> 1) % _works.length]);
        if (WEIRD.rebase(account, by) != 0) ++done[by % 2 == 0 ? "rebase upwards" : "rebase downwards"];
    }

    /// @notice What a trader tries in the middle of a payment.
    function temptation(address who, uint256 mood)
        external
        view
        returns (address target, uint256 value, bytes memory data)
    {
        uint256 listing = 1 + mood % MARKET.listings();
        target = address(MARKET);
        ProcessShares shares = _works[(mood >> 8) % _works.length];
        uint256 what = (mood >> 16) % 4;
        if (what == 0) data = abi.encodeCall(IMarket.cancel, (listing));
        if (what == 1) {
            value = who.balance / 2;
            data = abi.encodeCall(IMarket.buy, (listing, MARKET.termsOf(listing), 1, who));
        }
        if (what == 2) {
            data = abi.encodeCall(IMarket.listShares, (address(shares), 1, 1, true, _until(mood)));
        }
        if (what == 3) {
            target = address(shares);
            data = abi.encodeCall(shares.transfer, (address(_trader(mood >> 24)), shares.balanceOf(who) / 2));
        }
    }

    function did(address, address target, bytes calldata data) external override {
        if (target != address(MARKET)) return;
        uint256 count = MARKET.listings();
        if (bytes4(data) == IMarket.cancel.selector) _told[abi.decode(data[4:], (uint256))].cancelled = true;
        else if (_told[count].terms == 0) _told[count].terms = MARKET.termsOf(count);
    }

    function _price(uint256 price) private pure returns (uint96) {
        return uint96(within(price, 1, price % 2 == 0 ? 100 : 1e18));
    }

    function _until(uint256 time) private view returns (uint48) {
        return uint48(block.timestamp + within(time, 1 hours, 20 days));
    }

    function _moneyOf(address account, address asset) private view returns (uint256) {
        return asset == address(0) ? account.balance : WEIRD.nominalBalanceOf(account);
    }
}
