// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title The worked example of docs/contracts.md, to the last unit
contract ExampleTest is Fixture {
    /// G (5%) above P (10%) above C, 100 shares each. C is paid 1,000 and P 500; A of P sells 40 shares to D; then
    /// all collect. P has A 535, D 40, and owes 25 to G: 600 in all.
    function _story(address asset) private {
        (uint256 g, ProcessShares gs) = registerAs(alice, derived(alice, 500, 0));
        (uint256 p, ProcessShares ps) = registerAs(bob, derived(bob, 1_000, g));
        (uint256 c, ProcessShares cs) = registerAs(carol, derived(carol, 0, p));
        eq(cs.stackBps(), 1_500, "C owes both");
        if (asset == NATIVE) {
            payNative(cs, 1_000);
            payNative(ps, 500);
        } else {
            pay(cs, 1_000);
            pay(ps, 500);
        }
        vm.prank(bob);
        ps.transfer(dave, 40);
        eq(cs.collect(p, asset), 100, "P gets 10% of 1,000");
        eq(cs.collect(g, asset), 50, "G gets 5% of 1,000");
        eq(ps.due(g, asset), 25, "P owes 5% of its own 500");
        eq(ps.owed(bob, asset), 535, "A: all of 475, and 60 of 100");
        eq(ps.owed(dave, asset), 40, "D: 40 of 100");
        eq(ps.collect(g, asset), 25, "collected");
        eq(gs.owed(alice, asset), 75, "G: 50 and 25");
        eq(cs.owed(carol, asset), 850, "C: the rest");
        vm.prank(bob);
        eq(ps.claim(asset, bob), 535, "claimed");
        vm.prank(dave);
        eq(ps.claim(asset, dave), 40, "claimed");
        eq(asset == NATIVE ? address(ps).balance : dollar.balanceOf(address(ps)), 0, "nothing is left");
        eq(c, 3, "works are numbered from 1");
    }

    function test_the_worked_example_in_a_stablecoin() public {
        _story(address(dollar));
    }

    function test_the_worked_example_in_native_coin() public {
        _story(NATIVE);
    }
}
