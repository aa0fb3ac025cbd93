// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {IProcessRegistry as I} from "../../src/interfaces/IProcessRegistry.sol";
import {Ancestor, Derivatives, Holder, Kind, ParameterSpec, Registration, Work} from "../../src/types/Works.sol";
import {Fixture} from "../support/Fixture.sol";

contract RegistryTest is Fixture {
    function _refused(Registration memory r, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(alice);
        registry.register(r);
    }

    function test_registering_creates_the_work_its_version_and_its_shares() public {
        Registration memory r = plain(alice);
        r.kind = Kind.Model;
        r.holders = new Holder[](2);
        (r.holders[0], r.holders[1]) = (Holder(bob, 70), Holder(carol, 30));
        (uint256 work, ProcessShares shares) = registerAs(alice, r);
        eq(registry.ownerOf(work), alice, "owner");
        eq(registry.controllerOf(work), alice, "controller");
        eq(registry.registeredBy(alice, r.bundle), work, "found by creator and bundle");
        eq(registry.registeredBy(bob, r.bundle), 0, "by nobody else");
        Work memory w = registry.workOf(work);
        yes(w.kind == Kind.Model && w.versions == 1, "kind and version");
        eq(w.shares, address(shares), "shares");
        eq(w.asset, address(dollar), "asset");
        (bytes32 bundle, string memory uri, uint256 published) = registry.versionOf(work, 1);
        eq(bundle, r.bundle, "bundle");
        eq(uri, r.uri, "uri");
        eq(published, block.timestamp, "when");
        eq(registry.tokenURI(work), r.uri, "the token's metadata is the newest version's");
        eq(shares.name(), "Tidal Almanac", "name");
        eq(shares.symbol(), "TIDE", "symbol");
        eq(shares.work(), work, "work");
        eq(shares.creator(), alice, "creator");
        eq(shares.asset(), address(dollar), "asset");
        eq(shares.totalSupply(), 100, "supply");
        eq(shares.balanceOf(bob), 70, "first holder");
        eq(shares.balanceOf(carol), 30, "second holder");
    }

    function test_a_bundle_is_registered_once_by_an_account_and_by_others_too() public {
        Registration memory r = plain(alice);
        (uint256 work,) = registerAs(alice, r);
        _refused(r, abi.encodeWithSelector(I.Registry_AlreadyRegistered.selector, work));
        (uint256 other,) = registerAs(bob, r);
        eq(other, work + 1, "nobody can take a bundle away by being first");
    }

    function test_bad_registrations_are_refused_with_the_reason() public {
        Registration memory r = plain(alice);
        r.asset = address(wrapped);
        _refused(r, abi.encodeWithSelector(I.Registry_AssetNotAllowed.selector, address(wrapped)));
        r = plain(alice);
        r.bundle = 0;
        _refused(r, abi.encodeWithSelector(I.Registry_EmptyBundle.selector));
        r = plain(alice);
        r.name = "";
        _refused(r, abi.encodeWithSelector(I.Registry_TextLength.selector, "", 64));
        r = plain(alice);
        r.symbol = "SEVENTEEN-LETTERS";
        _refused(r, abi.encodeWithSelector(I.Registry_TextLength.selector, "SEVENTEEN-LETTERS", 16));
        r = plain(alice);
        r.royaltyBps = 5_001;
        _refused(r, abi.encodeWithSelector(I.Registry_RoyaltyTooHigh.selector, 5_001, 5_000));
        r = plain(alice);
        r.holders = new Holder[](0);
        _refused(r, abi.encodeWithSelector(I.Registry_SupplyOutOfRange.selector, 0, type(uint96).max));
        r = plain(alice);
        r.holders[0].shares = 2 ** 96;
        _refused(r, abi.encodeWithSelector(I.Registry_SupplyOutOfRange.selector, 2 ** 96, type(uint96).max));
        r = derived(alice, 0, 77);
        _refused(r, abi.encodeWithSelector(I.Registry_UnknownWork.selector, 77));
    }

    function test_a_diamond_counts_its_top_once() public {
        (uint256 top,) = registerAs(alice, derived(alice, 500, 0));
        (uint256 left,) = registerAs(alice, derived(alice, 300, top));
        (uint256 right,) = registerAs(alice, derived(alice, 200, top));
        Registration memory r = derived(bob, 0, left);
        r.parents = new uint256[](3);
        (r.parents[0], r.parents[1], r.parents[2]) = (left, right, left);
        (uint256 bottom,) = registerAs(bob, r);
        Ancestor[] memory stack = registry.stackOf(bottom);
        eq(stack.length, 3, "three ancestors");
        eq(registry.workOf(bottom).stackBps, 1_000, "each once");
        (uint256 bps, address payee) = registry.royaltyOf(bottom, top);
        eq(bps, 500, "rate of the top");
        eq(payee, registry.sharesOf(top), "shares of the top");
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotAncestor.selector, top, bottom));
        registry.royaltyOf(top, bottom);
    }

    function test_a_stack_of_16_is_the_deepest_and_pays_all_of_it() public {
        uint256 parent;
        for (uint256 i; i < 16; ++i) {
            (parent,) = registerAs(alice, derived(alice, 312, parent));
        }
        (uint256 last, ProcessShares shares) = registerAs(bob, derived(bob, 1, parent));
        eq(shares.stackBps(), 16 * 312, "all of them");
        pay(shares, 1_000_000);
        for (uint256 ancestor = 1; ancestor <= 16; ++ancestor) {
            eq(shares.collect(ancestor, address(dollar)), 31_200, "each ancestor's rate");
        }
        eq(shares.owed(bob, address(dollar)), 1_000_000 - 16 * 31_200, "the rest");
        Registration memory r = derived(alice, 0, last);
        _refused(r, abi.encodeWithSelector(I.Registry_StackTooDeep.selector, 17, 16));
    }

    function test_a_stack_of_diamonds_16_deep_pays_every_ancestor_once() public {
        // Each work derives from the two before it: every one is reached by many ways.
        (uint256 a,) = registerAs(alice, derived(alice, 300, 0));
        (uint256 b,) = registerAs(alice, derived(alice, 300, a));
        for (uint256 i = 2; i < 16; ++i) {
            Registration memory r = derived(alice, 300, a);
            r.parents = new uint256[](2);
            (r.parents[0], r.parents[1]) = (a, b);
            a = b;
            (b,) = registerAs(alice, r);
        }
        (, ProcessShares shares) = registerAs(bob, derived(bob, 0, b));
        eq(registry.stackOf(17).length, 16, "16 ancestors");
        eq(shares.stackBps(), 4_800, "each once");
        payNative(shares, 10_000);
        for (uint256 ancestor = 1; ancestor <= 16; ++ancestor) {
            eq(shares.collect(ancestor, NATIVE), 300, "once");
            eq(shares.collect(ancestor, NATIVE), 0, "and not twice");
        }
    }

    function test_a_stack_above_half_of_the_revenue_is_refused() public {
        (uint256 a,) = registerAs(alice, derived(alice, 4_000, 0));
        (uint256 b,) = registerAs(alice, derived(alice, 1_001, a));
        _refused(derived(alice, 0, b), abi.encodeWithSelector(I.Registry_StackTooHigh.selector, 5_001, 5_000));
    }

    function test_upstream_works_have_the_same_stablecoin() public {
        (uint256 a,) = registerAs(alice, plain(alice));
        Registration memory r = derived(alice, 0, a);
        r.asset = address(weird);
        bytes4 reason = I.Registry_AssetDiffers.selector;
        _refused(r, abi.encodeWithSelector(reason, a, address(dollar), address(weird)));
    }

    function test_who_may_derive_is_the_creators_choice() public {
        Registration memory r = plain(bob);
        r.derivatives = Derivatives.Closed;
        (uint256 closed,) = registerAs(bob, r);
        _refused(
            derived(alice, 0, closed), abi.encodeWithSelector(I.Registry_DerivativesRefused.selector, closed, alice)
        );
        registerAs(bob, derived(bob, 0, closed));
        r = plain(bob);
        r.derivatives = Derivatives.AllowList;
        (uint256 listed,) = registerAs(bob, r);
        _refused(
            derived(alice, 0, listed), abi.encodeWithSelector(I.Registry_DerivativesRefused.selector, listed, alice)
        );
        vm.prank(bob);
        registry.setDeriver(listed, alice, true);
        registerAs(alice, derived(alice, 0, listed));
    }

    function test_versions_are_appended_by_the_controller_only() public {
        Registration memory r = plain(alice);
        (uint256 work,) = registerAs(alice, r);
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotController.selector, work, bob));
        vm.prank(bob);
        registry.publish(work, keccak256("2"), "");
        vm.startPrank(alice);
        eq(registry.publish(work, keccak256("2"), "two"), 2, "second version");
        vm.expectRevert(abi.encodeWithSelector(I.Registry_VersionUnchanged.selector, work, 2));
        registry.publish(work, keccak256("2"), "two");
        eq(registry.publish(work, r.bundle, "back"), 3, "an older bundle can return");
        vm.stopPrank();
        eq(registry.findVersion(work, r.bundle), 3, "the newest version of a bundle");
        eq(registry.findVersion(work, keccak256("2")), 2, "of another");
        eq(registry.findVersion(work, keccak256("none")), 0, "of none");
        eq(registry.bundleOf(work, 1), r.bundle, "the first has not changed");
        eq(registry.bundleOf(work, 4), bytes32(0), "no such version");
        eq(registry.tokenURI(work), "back", "metadata of the newest");
        vm.expectRevert(abi.encodeWithSelector(I.Registry_UnknownVersion.selector, work, 4));
        registry.versionOf(work, 4);
    }

    function test_a_dial_keeps_to_bounds_step_and_cooldown() public {
        Registration memory r = plain(alice);
        r.parameters = new ParameterSpec[](1);
        r.parameters[0] = dial("turbulence");
        (uint256 work,) = registerAs(alice, r);
        uint256 start = block.timestamp;
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(I.Registry_ParameterCooldown.selector, work, bytes32("turbulence"), start + 7 days)
        );
        registry.setParameter(work, "turbulence", 40);
        vm.warp(start + 7 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                I.Registry_ParameterStep.selector, work, bytes32("turbulence"), int64(35), int64(46), uint64(10)
            )
        );
        registry.setParameter(work, "turbulence", 46);
        registry.setParameter(work, "turbulence", 25);
        vm.warp(start + 14 days);
        registry.setParameter(work, "turbulence", 15);
        vm.warp(start + 21 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                I.Registry_ParameterBounds.selector, work, bytes32("turbulence"), int64(9), int64(10), int64(80)
            )
        );
        registry.setParameter(work, "turbulence", 9);
        vm.expectRevert(abi.encodeWithSelector(I.Registry_UnknownParameter.selector, work, bytes32("palette")));
        registry.setParameter(work, "palette", 1);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotController.selector, work, bob));
        vm.prank(bob);
        registry.setParameter(work, "turbulence", 20);
        eq(uint64(registry.parameterOf(work, "turbulence").value), 15, "the value");
    }

    function test_dials_that_make_no_sense_are_refused() public {
        Registration memory r = plain(alice);
        r.parameters = new ParameterSpec[](2);
        (r.parameters[0], r.parameters[1]) = (dial("a"), dial("a"));
        _refused(r, abi.encodeWithSelector(I.Registry_DuplicateParameter.selector, bytes32("a")));
        r.parameters[1] = dial("b");
        r.parameters[1].value = 81;
        _refused(r, abi.encodeWithSelector(I.Registry_InvalidParameter.selector, bytes32("b")));
        r.parameters[1] = dial("b");
        r.parameters[1].step = 0;
        _refused(r, abi.encodeWithSelector(I.Registry_InvalidParameter.selector, bytes32("b")));
        r.parameters = new ParameterSpec[](33);
        _refused(r, abi.encodeWithSelector(I.Registry_TooManyParameters.selector, 33, 32));
    }

    function test_control_can_be_handed_on_and_survives_a_sale_of_the_token() public {
        (uint256 work,) = registerAs(alice, plain(alice));
        vm.prank(alice);
        registry.transferFrom(alice, bob, work);
        eq(registry.controllerOf(work), bob, "the buyer controls it");
        vm.prank(bob);
        registry.setController(work, carol);
        vm.prank(bob);
        registry.transferFrom(bob, dave, work);
        eq(registry.controllerOf(work), carol, "a controller that was set stays");
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotController.selector, work, dave));
        vm.prank(dave);
        registry.setController(work, dave);
        vm.prank(carol);
        registry.setController(work, address(0));
        eq(registry.controllerOf(work), dave, "back to the owner");
    }

    function test_an_appointment_ends_with_the_role_of_who_made_it() public {
        (uint256 work,) = registerAs(alice, plain(alice));
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotPrincipal.selector, work, bob));
        vm.prank(bob);
        registry.setOperator(work, bob, true);
        vm.prank(alice);
        registry.setOperator(work, carol, true);
        yes(registry.isOperator(work, alice) && registry.isOperator(work, carol), "owner and appointed");
        vm.prank(alice);
        registry.transferFrom(alice, bob, work);
        no(registry.isOperator(work, carol), "appointed by the former owner");
        no(registry.isOperator(work, alice), "the former owner");
        yes(registry.isOperator(work, bob), "the owner");
        no(registry.isOperator(99, address(0)), "of no work");
    }

    function test_the_allow_list_takes_tokens_once() public {
        address[] memory assets = new address[](2);
        (assets[0], assets[1]) = (address(dollar), address(dollar));
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotAToken.selector, address(dollar)));
        new ProcessRegistry(assets, address(wrapped));
        assets[1] = address(wrapped);
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotAToken.selector, address(wrapped)));
        new ProcessRegistry(assets, address(wrapped));
        assets[1] = alice;
        vm.expectRevert(abi.encodeWithSelector(I.Registry_NotAToken.selector, alice));
        new ProcessRegistry(assets, address(wrapped));
    }

    function test_fuzz_a_dial_never_leaves_its_bounds(int64[16] calldata values, uint32[16] calldata waits) public {
        Registration memory r = plain(alice);
        r.parameters = new ParameterSpec[](1);
        r.parameters[0] = dial("turbulence");
        (uint256 work,) = registerAs(alice, r);
        int64 value = 35;
        uint256 free = block.timestamp + 7 days;
        for (uint256 i; i < 16; ++i) {
            vm.warp(block.timestamp + waits[i] % 10 days);
            int64 next = i % 4 == 0 ? values[i] : value + values[i] % 13;
            int256 change = int256(next) - value;
            bool fine = next >= 10 && next <= 80 && change <= 10 && change >= -10 && block.timestamp >= free;
            vm.prank(alice);
            try registry.setParameter(work, "turbulence", next) {
                yes(fine, "a change that is allowed");
                (value, free) = (next, block.timestamp + 7 days);
            } catch {
                no(fine, "a change that is refused");
            }
            yes(registry.parameterOf(work, "turbulence").value == value, "the value");
        }
    }
}
