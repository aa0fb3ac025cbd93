// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {Ancestor, Parameter, Work} from "../../src/types/Works.sol";
import {Fixture} from "../support/Fixture.sol";
import {RegistryHandler} from "./RegistryHandler.sol";

/// @title What holds of works after every call, whoever calls what in which order
/// @dev Everything is compared with the handler's own account, which no other work's call can have changed.
contract RegistryInvariants is Fixture {
    RegistryHandler private handler;

    /// @dev A chain 16 deep to begin with, which is as deep as it goes, a diamond beside it and a work apart.
    function setUp() public override {
        super.setUp();
        handler = new RegistryHandler(registry, [address(dollar), address(weird)]);
        handler.begin(0, new uint256[](0));
        for (uint256 i = 1; i < 17; ++i) {
            uint256[] memory parent = new uint256[](1);
            parent[0] = i;
            handler.begin(i, parent);
        }
        handler.begin(17, new uint256[](0));
        uint256[] memory both = new uint256[](2);
        (both[0], both[1]) = (14, 15);
        handler.begin(18, both);
        eq(handler.told(17).ancestors, 16, "as deep as it goes");
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](13);
        selectors[0] = RegistryHandler.register.selector;
        selectors[1] = RegistryHandler.register.selector;
        selectors[2] = RegistryHandler.publish.selector;
        selectors[3] = RegistryHandler.setParameter.selector;
        selectors[4] = RegistryHandler.setParameter.selector;
        selectors[5] = RegistryHandler.setParameter.selector;
        selectors[6] = RegistryHandler.setController.selector;
        selectors[7] = RegistryHandler.setOperator.selector;
        selectors[8] = RegistryHandler.setDeriver.selector;
        selectors[9] = RegistryHandler.transferWork.selector;
        selectors[10] = RegistryHandler.approve.selector;
        selectors[11] = RegistryHandler.approveForAll.selector;
        selectors[12] = RegistryHandler.pass.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_versions_rates_and_stacks_never_change_and_parameters_stay_in_bounds() external view {
        uint256 works = handler.works();
        eq(registry.works(), works, "every work is known");
        // The work of the call closely; of the others a quarter, or they would take most of the time.
        uint256 touched = handler.touched();
        for (uint256 work = 1 + handler.calls() % 4; work <= works; work += 4) {
            if (work != touched) _check(work, handler.told(work), false);
        }
        if (touched != 0) _check(touched, handler.told(touched), true);
    }

    /// @dev At the end of each run: all of all works.
    function afterInvariant() external view {
        for (uint256 work = 1; work <= handler.works(); ++work) {
            _check(work, handler.told(work), true);
        }
    }

    /// @dev So that the invariants are not kept by doing nothing.
    function test_the_people_reach_every_operation() public {
        bytes4[] memory selectors = this.targetSelectors()[0].selectors;
        for (uint256 i; i < 1_500; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("people", i)));
            uint256[4] memory words;
            for (uint256 k; k < 4; ++k) {
                words[k] = uint256(keccak256(abi.encode(seed, k)));
            }
            bytes4 selector = selectors[seed % selectors.length];
            if (selector == RegistryHandler.setOperator.selector) words[3] %= 2;
            if (selector == RegistryHandler.setDeriver.selector) words[3] %= 2;
            if (selector == RegistryHandler.approveForAll.selector) words[2] %= 2;
            (bool fine, bytes memory why) = address(handler).call(abi.encodePacked(selector, abi.encode(words)));
            if (!fine) {
                assembly {
                    revert(add(why, 0x20), mload(why))
                }
            }
        }
        string[7] memory names =
            ["register", "derive", "refuse", "publish", "turn a dial", "hand over", "transfer"];
        for (uint256 i; i < names.length; ++i) {
            if (handler.done(names[i]) < 10) revert Untrue(names[i]);
        }
    }

    function _check(uint256 work, RegistryHandler.Told memory told, bool closely) private view {
        Work memory w = registry.workOf(work);
        eq(w.shares, told.shares, "shares never change");
        eq(w.shares.codehash, told.code, "nor what is frozen in them");
        eq(w.royaltyBps, told.royaltyBps, "rates never change");
        eq(uint256(w.kind), uint256(told.kind), "kinds never change");
        eq(uint256(w.derivatives), uint256(told.derivatives), "nor who may derive");
        eq(w.asset, told.asset, "nor the stablecoin");
        eq(w.versions, told.bundles.length, "versions are appended by publish only");
        eq(registry.ownerOf(work), told.owner, "the owner's until they pass it on");
        eq(w.controller, handler.controllerOf(work), "the controller's until they pass it on");
        eq(w.ancestors, told.ancestors, "each work upstream counts once");
        eq(w.stackBps, told.stackBps, "and is owed its rate once");
        atMost(w.ancestors, 16, "ancestors");
        atMost(w.stackBps, 5_000, "stack");
        for (uint256 k; k < 2; ++k) {
            _dial(work, handler.dial(k));
        }
        if (!closely) return;
        _stack(work, told);
        _versions(work, told);
        _people(work);
    }

    function _stack(uint256 work, RegistryHandler.Told memory told) private view {
        Ancestor[] memory stack = registry.stackOf(work);
        uint256 seen;
        for (uint256 i; i < stack.length; ++i) {
            no(seen >> stack[i].work & 1 == 1, "twice in a stack");
            seen |= 1 << stack[i].work;
            eq(stack[i].bps, handler.told(stack[i].work).royaltyBps, "the rate is the ancestor's");
            (uint256 owes, address to) = registry.royaltyOf(work, stack[i].work);
            eq(owes, stack[i].bps, "the same rate by itself");
            eq(to, handler.told(stack[i].work).shares, "paid to its shares");
        }
        eq(seen, told.above, "stacks never change");
        ProcessShares shares = ProcessShares(told.shares);
        eq(shares.totalSupply(), told.supply, "the supply never changes");
        eq(shares.work(), work, "the shares know their work");
    }

    function _versions(uint256 work, RegistryHandler.Told memory told) private view {
        for (uint256 v; v < told.bundles.length; ++v) {
            (bytes32 bundle, string memory uri, uint256 time) = registry.versionOf(work, v + 1);
            eq(bundle, told.bundles[v], "versions never change");
            eq(uri, string(abi.encodePacked("ipfs://", bundle)), "nor their metadata");
            eq(time, told.published[v], "nor their time");
        }
        bytes32 newest = told.bundles[told.bundles.length - 1];
        eq(registry.findVersion(work, newest), told.bundles.length, "the newest is found");
        eq(registry.bundleOf(work, told.bundles.length + 1), 0, "and nothing beyond");
    }

    function _dial(uint256 work, bytes32 name) private view {
        Parameter memory told = handler.dialOf(work, name);
        if (told.changedAt == 0) return;
        Parameter memory p = registry.parameterOf(work, name);
        yes(p.value >= p.min && p.value <= p.max, "parameters stay in bounds");
        eq(keccak256(abi.encode(p)), keccak256(abi.encode(told)), "and move by their controller's call only");
    }

    function _people(uint256 work) private view {
        for (uint256 k; k < handler.PEOPLE(); ++k) {
            address who = handler.person(k);
            yes(registry.isOperator(work, who) == handler.isOperator(work, who), "operators are appointed");
            yes(registry.mayDerive(work, who) == handler.mayDerive(work, who), "derivers are listed");
        }
    }
}
