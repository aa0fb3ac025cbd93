// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Editions} from "../../src/Editions.sol";
import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ReceiptAnchor} from "../../src/ReceiptAnchor.sol";
import {TestDollar} from "../../src/testing/TestDollar.sol";
import {TestWrappedNative} from "../../src/testing/TestWrappedNative.sol";
import {Derivatives, Holder, Kind, ParameterSpec, Registration} from "../../src/types/Works.sol";
import {WeirdToken} from "./WeirdToken.sol";
import {Test} from "./Test.sol";

/// @title All four contracts, two stablecoins, and a few people
abstract contract Fixture is Test {
    address internal constant NATIVE = address(0);
    address internal alice = vm.addr(0xA11CE);
    address internal bob = vm.addr(0xB0B);
    address internal carol = vm.addr(0xCA401);
    address internal dave = vm.addr(0xDA7E);

    TestDollar internal dollar;
    WeirdToken internal weird;
    TestWrappedNative internal wrapped;
    ProcessRegistry internal registry;
    ReceiptAnchor internal anchor;
    Editions internal editions;
    uint256 private _bundles;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        dollar = new TestDollar();
        weird = new WeirdToken();
        wrapped = new TestWrappedNative();
        address[] memory assets = new address[](2);
        (assets[0], assets[1]) = (address(dollar), address(weird));
        registry = new ProcessRegistry(assets, address(wrapped));
        anchor = new ReceiptAnchor();
        editions = new Editions(registry, anchor);
    }

    /// @dev A process by its creator, who holds all 100 shares.
    function plain(address creator) internal returns (Registration memory r) {
        r.kind = Kind.Process;
        r.derivatives = Derivatives.Open;
        r.asset = address(dollar);
        r.bundle = keccak256(abi.encode("bundle", ++_bundles));
        r.name = "Tidal Almanac";
        r.symbol = "TIDE";
        r.uri = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
        r.holders = new Holder[](1);
        r.holders[0] = Holder(creator, 100);
    }

    function derived(address creator, uint16 royaltyBps, uint256 parent) internal returns (Registration memory r) {
        r = plain(creator);
        r.royaltyBps = royaltyBps;
        if (parent != 0) {
            r.parents = new uint256[](1);
            r.parents[0] = parent;
        }
    }

    function registerAs(address creator, Registration memory r) internal returns (uint256 work, ProcessShares shares) {
        address made;
        vm.prank(creator);
        (work, made) = registry.register(r);
        shares = ProcessShares(made);
    }

    function dial(bytes32 name) internal pure returns (ParameterSpec memory) {
        return ParameterSpec({name: name, value: 35, min: 10, max: 80, step: 10, cooldown: 7 days, decimals: 2});
    }

    function pay(ProcessShares shares, uint256 amount) internal {
        dollar.mint(address(shares), amount);
    }

    function payNative(ProcessShares shares, uint256 amount) internal {
        vm.deal(address(this), amount);
        // No gas but the stipend of 2,300 that goes with any coin.
        (bool sent,) = address(shares).call{value: amount, gas: 0}("");
        yes(sent, "native coin with 2,300 gas arrives");
    }
}
