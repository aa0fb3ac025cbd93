// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {CommissionState as State, CommissionTerms} from "../../src/types/Commissions.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {Registration} from "../../src/types/Works.sol";
import {Economy} from "./Economy.sol";

/// @title A commission of bob with the work of alice, and dave to decide
abstract contract CommissionCase is Economy {
    ProcessShares internal shares;
    CommissionTerms internal t;
    bytes32 internal id;
    uint256 internal weirdWork;
    ProcessShares internal weirdShares;

    function setUp() public virtual override {
        super.setUp();
        uint256 work;
        (work, shares) = registerAs(alice, plain(alice));
        Registration memory r = plain(alice);
        r.asset = address(weird);
        (weirdWork, weirdShares) = registerAs(alice, r);
        t = terms(work, bob, address(dollar));
        id = commissions.idOf(t);
        dollar.mint(bob, 100e6);
        weird.mint(bob, 100e6);
        vm.deal(bob, 100e6);
        vm.startPrank(bob);
        dollar.approve(address(commissions), type(uint256).max);
        weird.approve(address(commissions), type(uint256).max);
        vm.stopPrank();
    }

    function _open() internal {
        id = commissions.idOf(t);
        vm.prank(bob);
        commissions.open{value: t.asset == NATIVE ? t.price : 0}(t);
    }

    function _openWith(address asset) internal {
        t.asset = asset;
        if (asset == address(weird)) t.work = weirdWork;
        _open();
    }

    function _submit() internal {
        Receipt memory receipt = receiptFor(t);
        bytes32 leaf = anchor.leafOf(receipt);
        vm.startPrank(alice);
        anchor.anchor(leaf, 1, "");
        commissions.submit(t, receipt, new bytes32[](0));
        vm.stopPrank();
    }

    function _dispute() internal {
        vm.prank(bob);
        commissions.dispute(t, keccak256("the sea is missing"));
    }

    function _stands(State state) internal view {
        eq(uint256(commissions.commissionOf(id).state), uint256(state), "state");
    }
}
