// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {Output, Run, Terms} from "../../src/types/Editions.sol";
import {Holder, ParameterSpec, Registration} from "../../src/types/Works.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title What operations cost, each as a transaction of its own
/// @dev Isolated: every call is a transaction with its 21,000 and its calldata, and finds storage cold. The figures
/// are committed in snapshots/gas.json; `forge test` fails when one differs while FORGE_SNAPSHOT_CHECK is set.
/// forge-config: default.isolate = true
/// forge-config: deep.isolate = true
contract GasTest is Fixture {
    function _note(string memory operation, uint256 budget) private {
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("gas", operation, gas);
        atMost(gas, budget, operation);
    }

    function _registerNoted(string memory operation, Registration memory r, uint256 budget)
        private
        returns (ProcessShares shares)
    {
        vm.prank(alice);
        (, address made) = registry.register(r);
        _note(operation, budget);
        shares = ProcessShares(made);
    }

    function test_gas_register() public {
        _registerNoted("register, first of a creator", plain(alice), 350_000);
        _registerNoted("register", plain(alice), 350_000);
        Registration memory r = plain(alice);
        r.holders = new Holder[](3);
        r.holders[0] = Holder(alice, 70);
        r.holders[1] = Holder(bob, 20);
        r.holders[2] = Holder(carol, 10);
        _registerNoted("register, 3 holders", r, 400_000);
        r = plain(alice);
        r.parameters = new ParameterSpec[](1);
        r.parameters[0] = dial("turbulence");
        _registerNoted("register, 1 parameter", r, 400_000);
    }

    function test_gas_register_16() public {
        uint256 parent;
        for (uint256 i; i < 16; ++i) {
            (parent,) = registerAs(alice, derived(alice, 100, parent));
        }
        ProcessShares shares = _registerNoted("register, 16 ancestors", derived(alice, 0, parent), 500_000);
        for (uint256 i; i < 2; ++i) {
            pay(shares, 1_000_000);
            shares.collect(1, address(dollar));
        }
        _note("collect, 16 ancestors", 80_000);
    }

    function test_gas_publish_and_set_parameter() public {
        Registration memory r = plain(alice);
        r.parameters = new ParameterSpec[](1);
        r.parameters[0] = dial("turbulence");
        (uint256 work,) = registerAs(alice, r);
        vm.prank(alice);
        registry.publish(work, keccak256("next"), r.uri);
        _note("publish", 130_000);
        vm.warp(block.timestamp + 8 days);
        vm.prank(alice);
        registry.setParameter(work, "turbulence", 40);
        _note("set parameter", 50_000);
    }

    function test_gas_shares_in_a_stablecoin() public {
        _sharesIn(address(dollar), "", 40_000, 60_000, 75_000, 70_000);
    }

    function test_gas_shares_in_native_coin() public {
        _sharesIn(NATIVE, ", native", 40_000, 60_000, 60_000, 70_000);
    }

    function test_gas_transfer_with_revenue_in_both_assets() public {
        (, ProcessShares shares) = registerAs(alice, plain(alice));
        for (uint256 i; i < 2; ++i) {
            payNative(shares, 1_000);
            pay(shares, 1_000);
            vm.prank(alice);
            shares.transfer(bob, 5);
        }
        vm.prank(alice);
        shares.transfer(bob, 5);
        _note("share transfer, both assets earned", 80_000);
        vm.prank(alice);
        shares.delegate(alice);
        vm.prank(bob);
        shares.delegate(bob);
        vm.warp(block.timestamp + 100);
        vm.prank(alice);
        shares.transfer(bob, 5);
        vm.warp(block.timestamp + 100);
        vm.prank(alice);
        shares.transfer(bob, 5);
        _note("share transfer, both assets earned, both sides' votes delegated", 150_000);
    }

    function _sharesIn(
        address asset,
        string memory suffix,
        uint256 syncMax,
        uint256 claimMax,
        uint256 collectMax,
        uint256 transferMax
    ) private {
        (uint256 g,) = registerAs(carol, derived(carol, 500, 0));
        (, ProcessShares shares) = registerAs(alice, derived(alice, 0, g));
        for (uint256 i; i < 3; ++i) {
            if (asset == NATIVE) payNative(shares, 1_000_000);
            else pay(shares, 1_000_000);
            shares.sync(asset);
            if (i == 2) _note(string.concat("sync", suffix), syncMax);
            vm.prank(alice);
            shares.transfer(bob, 5);
            if (i == 2) _note(string.concat("share transfer", suffix), transferMax);
            vm.prank(alice);
            shares.claim(asset, alice);
            if (i == 2) _note(string.concat("claim", suffix), claimMax);
            shares.collect(g, asset);
            if (i == 2) _note(string.concat("collect", suffix), collectMax);
        }
        vm.prank(alice);
        shares.delegate(alice);
        for (uint256 i; i < 2; ++i) {
            vm.warp(block.timestamp + 100);
            vm.prank(alice);
            shares.transfer(bob, 5);
        }
        _note(string.concat("share transfer, seller's votes delegated", suffix), 100_000);
    }

    function test_gas_revenue() public {
        (, ProcessShares shares) = registerAs(alice, plain(alice));
        payNative(shares, 1);
        vm.deal(address(this), 1_000);
        (bool sent,) = address(shares).call{value: 1_000}("");
        yes(sent, "sent");
        _note("pay in native coin", 22_000);
        dollar.mint(address(this), 100);
        dollar.transfer(address(shares), 1);
        dollar.transfer(address(shares), 1);
        _note("pay in a stablecoin", 40_000);
    }

    function test_gas_anchor() public {
        string memory uri = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
        vm.prank(alice);
        anchor.anchor(keccak256("a batch"), 1_000, uri);
        _note("anchor a batch", 55_000);
    }

    function test_gas_editions() public {
        Registration memory r = plain(alice);
        (uint256 work,) = registerAs(alice, r);
        Run memory run = Run(work, 1, r.bundle, keccak256("p"), keccak256("i"), keccak256("s"), keccak256("r"));
        Terms memory terms = Terms(bob, "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/", 500, true, 0);
        _mint(run, terms, 0, 1);
        run.runRoot = keccak256("r2");
        _mint(run, terms, 0, 1);
        _note("mint 1 edition", 250_000);
        run.runRoot = keccak256("r3");
        uint256 first = _mint(run, terms, 0, 100);
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("gas", "mint 100 editions, each", gas / 100);
        (terms.to, terms.price) = (address(0), 1 ether);
        run.runRoot = keccak256("r4");
        first = _mint(run, terms, 0, 2);
        vm.deal(bob, 2 ether);
        vm.prank(bob);
        editions.buy{value: 1 ether}(first, bob, 1 ether);
        _note("buy an edition", 80_000);
    }

    function _mint(Run memory run, Terms memory terms, uint256 from, uint256 count) private returns (uint256 first) {
        Output[] memory outputs = new Output[](count);
        for (uint256 i; i < count; ++i) {
            outputs[i] = Output(keccak256(abi.encode("output", i)), from + i);
        }
        (, first) = editions.promptOf(run, outputs[0]);
        vm.prank(alice);
        editions.mint(run, outputs, terms);
    }
}
