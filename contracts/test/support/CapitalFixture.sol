// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Capital} from "../../src/Capital.sol";
import {Market} from "../../src/Market.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {Treasury} from "../../src/Treasury.sol";
import {OfferTerms} from "../../src/types/Capital.sol";
import {Registration} from "../../src/types/Works.sol";
import {Fixture} from "./Fixture.sol";

/// @title The contracts of capital and trade beside the others
abstract contract CapitalFixture is Fixture {
    bytes32 internal constant NOTICE = keccak256("what holders get, and what they do not");

    Capital internal capital;
    Market internal market;

    function setUp() public virtual override {
        super.setUp();
        capital = new Capital(registry);
        market = new Market(registry, address(editions));
    }

    /// @dev A process whose stablecoin is the one that can misbehave.
    function odd(address creator) internal returns (Registration memory r) {
        r = plain(creator);
        r.asset = address(weird);
    }

    /// @dev Up to 40 lots of one share at 5, at least 10 of them, for a week.
    function offered() internal view returns (OfferTerms memory) {
        return OfferTerms({
            inNative: false,
            lot: 1,
            price: 5,
            lotsMin: 10,
            lotsMax: 40,
            deadline: uint48(block.timestamp + 7 days),
            allowList: 0,
            notice: NOTICE
        });
    }

    function offerAs(address issuer, ProcessShares shares, OfferTerms memory terms)
        internal
        returns (ShareOffering)
    {
        vm.prank(issuer);
        shares.approve(address(capital), uint256(terms.lot) * terms.lotsMax);
        vm.prank(issuer);
        return ShareOffering(capital.offer(address(shares), terms));
    }

    function treasuryOf(ProcessShares shares) internal returns (Treasury) {
        return Treasury(capital.openTreasury(shares.work()));
    }

    /// @dev Buys with fresh money.
    function buyAs(address buyer, ShareOffering offering, uint32 lots) internal {
        uint256 cost = uint256(lots) * offering.offer().terms.price;
        uint256 value = fund(buyer, offering.currency(), address(offering), cost);
        vm.prank(buyer);
        offering.buy{value: value}(lots, NOTICE, new bytes32[](0));
    }

    /// @dev Gives `account` money that `spender` may take; returns the value that has to go with the call.
    function fund(address account, address asset, address spender, uint256 amount) internal returns (uint256) {
        if (asset == NATIVE) {
            vm.deal(account, account.balance + amount);
            return amount;
        }
        IMintable(asset).mint(account, amount);
        vm.prank(account);
        IMintable(asset).approve(spender, amount);
        return 0;
    }
}

/// @dev What both tokens of the fixture have.
interface IMintable {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
}
