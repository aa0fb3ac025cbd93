// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {Treasury} from "../../src/Treasury.sol";
import {Output, Run, Terms} from "../../src/types/Editions.sol";
import {Registration} from "../../src/types/Works.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";

/// @title What operations of capital and trade cost, each as a transaction of its own
/// @dev As in {GasTest}, in the work's stablecoin.
/// forge-config: default.isolate = true
/// forge-config: deep.isolate = true
contract CapitalGasTest is CapitalFixture {
    uint256 private work;
    ProcessShares private shares;

    function setUp() public override {
        super.setUp();
        (work, shares) = registerAs(alice, plain(alice));
    }

    function _note(string memory operation, uint256 budget) private {
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("gas", operation, gas);
        atMost(gas, budget, operation);
    }

    function test_gas_offering() public {
        capital.openTreasury(work);
        _note("open a treasury", 120_000);
        offerAs(alice, shares, offered());
        vm.warp(block.timestamp + 1);
        ShareOffering offering = offerAs(alice, shares, offered());
        _note("offer shares", 300_000);
        buyAs(carol, offering, 20);
        buyAs(bob, offering, 5);
        _note("buy shares on offer", 110_000);
        vm.warp(block.timestamp + 7 days);
        pay(shares, 1_000);
        offering.finalize();
        _note("finalize an offering", 220_000);
        offering.withdraw();
        _note("withdraw proceeds", 80_000);
        pay(shares, 1_000);
        vm.prank(bob);
        offering.claim(bob);
        _note("claim bought shares", 180_000);
        vm.prank(bob);
        offering.claimRevenue(address(dollar), bob);
        _note("claim revenue of bought shares", 160_000);
    }

    function test_gas_refund() public {
        ShareOffering offering = offerAs(alice, shares, offered());
        buyAs(carol, offering, 2);
        buyAs(bob, offering, 5);
        vm.warp(block.timestamp + 7 days);
        offering.finalize();
        vm.prank(bob);
        offering.refund(bob);
        _note("refund a buyer", 70_000);
    }

    function test_gas_treasury() public {
        Treasury treasury = treasuryOf(shares);
        dollar.mint(address(treasury), 100);
        vm.prank(alice);
        treasury.setAllowance(bob, address(dollar), 50, 30 days);
        _note("set an allowance", 90_000);
        for (uint256 i; i < 2; ++i) {
            vm.prank(bob);
            treasury.draw(address(dollar), 1, bob, 0);
        }
        _note("draw from a treasury", 70_000);
    }

    function test_gas_market_of_shares() public {
        uint48 until = uint48(block.timestamp + 1 days);
        vm.prank(alice);
        shares.approve(address(market), 100);
        for (uint256 i; i < 2; ++i) {
            vm.prank(alice);
            market.listShares(address(shares), 10, 100, false, until);
        }
        _note("list shares", 120_000);
        for (uint256 i; i < 2; ++i) {
            fund(bob, address(dollar), address(market), 50);
            bytes32 terms = market.termsOf(2);
            vm.prank(bob);
            market.buy(2, terms, 3, bob);
        }
        _note("buy listed shares", 140_000);
        vm.prank(alice);
        market.cancel(2);
        _note("cancel a listing", 35_000);
    }

    function test_gas_market_of_editions() public {
        Registration memory r = plain(alice);
        (work,) = registerAs(alice, r);
        Run memory run = Run(work, 1, r.bundle, keccak256("p"), keccak256("i"), keccak256("s"), keccak256("r"));
        Output[] memory outputs = new Output[](1);
        outputs[0] = Output("output", 0);
        (, uint256 edition) = editions.promptOf(run, outputs[0]);
        vm.prank(alice);
        editions.mint(run, outputs, Terms(alice, "ipfs://example/", 500, true, 0));
        vm.prank(alice);
        editions.approve(address(market), edition);
        vm.prank(alice);
        market.listEdition(edition, 1 ether, true, uint48(block.timestamp + 1 days));
        _note("list an edition", 160_000);
        vm.deal(bob, 1 ether);
        bytes32 terms = market.termsOf(1);
        vm.prank(bob);
        market.buy{value: 1 ether}(1, terms, 1, bob);
        _note("buy a listed edition", 140_000);
    }
}
