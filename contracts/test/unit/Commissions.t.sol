// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ICommissions as I} from "../../src/interfaces/ICommissions.sol";
import {TestDollar} from "../../src/testing/TestDollar.sol";
import {Commission, CommissionState as State, CommissionTerms} from "../../src/types/Commissions.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {CommissionCase} from "../support/CommissionCase.sol";

contract CommissionsTest is CommissionCase {
    function test_a_delivered_commission_is_paid_to_the_shares_after_the_window() public {
        _open();
        eq(dollar.balanceOf(address(commissions)), 5e6, "in escrow");
        _stands(State.Funded);
        _submit();
        Commission memory c = commissions.commissionOf(id);
        eq(c.runRoot, keccak256("run"), "the run can be looked at");
        uint256 until = block.timestamp + t.window;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_TooEarly.selector, id, until));
        commissions.settle(t);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_TooLate.selector, id, until));
        vm.prank(bob);
        commissions.dispute(t, 0);
        commissions.settle(t);
        _stands(State.Completed);
        eq(shares.owed(alice, address(dollar)), 5e6, "and is revenue");
        eq(dollar.balanceOf(address(commissions)), 0, "nothing is left");
    }

    function test_a_client_who_accepts_pays_at_once_even_after_a_dispute() public {
        _openWith(NATIVE);
        _submit();
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotClient.selector, bob, carol));
        vm.prank(carol);
        commissions.accept(t);
        _dispute();
        vm.prank(bob);
        commissions.accept(t);
        _stands(State.Completed);
        eq(shares.owed(alice, NATIVE), 5e6, "paid");
    }

    function test_past_the_deadline_anyone_refunds_and_nobody_submits() public {
        _open();
        vm.warp(t.deadline);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_TooEarly.selector, id, t.deadline));
        commissions.refund(t);
        vm.warp(t.deadline + 1);
        Receipt memory receipt = receiptFor(t);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_DeadlineMissed.selector, id, t.deadline));
        vm.prank(alice);
        commissions.submit(t, receipt, new bytes32[](0));
        commissions.refund(t);
        _stands(State.Expired);
        eq(dollar.balanceOf(bob), 100e6, "refunded");
    }

    function test_an_operator_may_decline_before_the_deadline_and_nobody_else() public {
        _open();
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_TooEarly.selector, id, t.deadline));
        vm.prank(bob);
        commissions.refund(t);
        vm.prank(alice);
        commissions.refund(t);
        _stands(State.Expired);
        eq(dollar.balanceOf(bob), 100e6, "refunded");
    }

    function test_a_submitted_commission_is_not_refunded() public {
        _open();
        vm.warp(t.deadline);
        _submit();
        vm.warp(t.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongState.selector, id, State.Submitted));
        commissions.refund(t);
    }

    function test_the_arbiter_decides_about_a_dispute_in_parts() public {
        _open();
        _submit();
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotClient.selector, bob, alice));
        vm.prank(alice);
        commissions.dispute(t, 0);
        _dispute();
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotArbiter.selector, dave, bob));
        vm.prank(bob);
        commissions.decide(t, 0);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_OutOfRange.selector, "workBps"));
        vm.prank(dave);
        commissions.decide(t, 10_001);
        vm.prank(dave);
        commissions.decide(t, 2_500);
        _stands(State.Completed);
        eq(shares.owed(alice, address(dollar)), 1.25e6, "a quarter");
        eq(dollar.balanceOf(bob), 98.75e6, "the rest");
    }

    function test_an_arbiter_can_give_everything_back() public {
        _openWith(NATIVE);
        _submit();
        _dispute();
        vm.prank(dave);
        commissions.decide(t, 0);
        _stands(State.Rejected);
        eq(bob.balance, 100e6, "refunded");
    }

    function test_a_silent_arbiter_is_replaced_by_the_preset_split() public {
        _open();
        _submit();
        _dispute();
        uint256 until = block.timestamp + t.arbitration;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_TooEarly.selector, id, until));
        commissions.settle(t);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_TooLate.selector, id, until));
        vm.prank(dave);
        commissions.decide(t, 0);
        commissions.settle(t);
        _stands(State.Completed);
        eq(shares.owed(alice, address(dollar)), 3e6, "60%");
        eq(dollar.balanceOf(bob), 97e6, "40%");
    }

    function test_a_preset_split_of_nothing_rejects() public {
        t.splitBps = 0;
        _open();
        _submit();
        _dispute();
        vm.warp(block.timestamp + t.arbitration + 1);
        commissions.settle(t);
        _stands(State.Rejected);
        eq(dollar.balanceOf(bob), 100e6, "refunded");
    }

    function test_a_submission_is_an_anchored_run_of_this_commission_by_an_operator() public {
        _open();
        Receipt memory receipt = receiptFor(t);
        bytes32[] memory none = new bytes32[](0);
        bytes32 leaf = anchor.leafOf(receipt);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotOperator.selector, t.work, carol));
        vm.prank(carol);
        commissions.submit(t, receipt, none);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotAnchored.selector, alice, leaf));
        commissions.submit(t, receipt, none);
        vm.stopPrank();
        vm.prank(carol);
        anchor.anchor(leaf, 1, "");
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_NotAnchored.selector, alice, leaf));
        commissions.submit(t, receipt, none);
        vm.stopPrank();
    }

    function test_a_receipt_that_differs_in_what_was_ordered_is_refused() public {
        _open();
        for (uint256 i; i < 5; ++i) {
            Receipt memory receipt = receiptFor(t);
            if (i == 0) ++receipt.work;
            if (i == 1) ++receipt.version;
            if (i == 2) receipt.inputs = 0;
            if (i == 3) receipt.payer = carol;
            if (i == 4) receipt.paymentNonce = 0;
            bytes32 leaf = anchor.leafOf(receipt);
            vm.startPrank(alice);
            anchor.anchor(leaf, 1, "");
            vm.expectRevert(abi.encodeWithSelector(I.Commissions_ReceiptDiffers.selector, id));
            commissions.submit(t, receipt, new bytes32[](0));
            vm.stopPrank();
        }
    }

    function test_a_run_serves_one_commission() public {
        _open();
        _submit();
        Receipt memory receipt = receiptFor(t);
        t.salt = "again";
        _open();
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_ReceiptDiffers.selector, id));
        vm.prank(alice);
        commissions.submit(t, receipt, new bytes32[](0));
    }

    function test_terms_have_limits() public {
        CommissionTerms memory good = t;
        bytes4 range = I.Commissions_OutOfRange.selector;
        t.arbiter = address(0);
        _opensNot(abi.encodeWithSelector(range, "arbiter"));
        t = good;
        t.splitBps = 10_001;
        _opensNot(abi.encodeWithSelector(range, "splitBps"));
        t = good;
        t.window = 366 days;
        _opensNot(abi.encodeWithSelector(range, "window"));
        t = good;
        t.arbitration = 366 days;
        _opensNot(abi.encodeWithSelector(range, "arbitration"));
        t = good;
        t.deadline = uint48(block.timestamp - 1);
        _opensNot(abi.encodeWithSelector(range, "deadline"));
        t.deadline = uint48(block.timestamp + 366 days);
        _opensNot(abi.encodeWithSelector(range, "deadline"));
        t = good;
        t.version = 2;
        _opensNot(abi.encodeWithSelector(I.Commissions_UnknownVersion.selector, t.work, 2));
        t = good;
        t.asset = address(weird);
        _opensNot(abi.encodeWithSelector(I.Commissions_AssetDiffers.selector, weird, dollar));
        t = good;
        t.price = 0;
        _opensNot(abi.encodeWithSelector(I.Commissions_NothingPaid.selector));
        t = good;
        t.client = carol;
        _opensNot(abi.encodeWithSelector(I.Commissions_NotClient.selector, carol, bob));
        t = good;
        _open();
        _opensNot(abi.encodeWithSelector(I.Commissions_AlreadyOpened.selector, id));
    }

    function _opensNot(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(bob);
        commissions.open(t);
    }

    function test_value_is_the_price_in_native_coin_and_nothing_in_tokens() public {
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongValue.selector, 1, 0));
        commissions.open{value: 1}(t);
        t.asset = NATIVE;
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongValue.selector, 1, 5e6));
        commissions.open{value: 1}(t);
        vm.stopPrank();
    }

    function test_nobody_opens_what_was_never_ordered() public {
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongState.selector, id, State.None));
        commissions.refund(t);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongState.selector, id, State.None));
        commissions.settle(t);
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_WrongState.selector, id, State.None));
        vm.prank(bob);
        commissions.accept(t);
    }

    function _signed(CommissionTerms memory o, bytes32 nonce) private view returns (bytes memory) {
        bytes32 message = keccak256(
            abi.encode(
                dollar.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                o.client,
                address(commissions),
                uint256(o.price),
                uint256(0),
                block.timestamp + 60,
                nonce
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), message));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xB0B, digest);
        return abi.encodePacked(r, s, v);
    }

    function test_an_authorization_opens_the_commission_that_it_names() public {
        bytes memory signature = _signed(t, id);
        vm.prank(carol);
        commissions.openWithAuthorization(t, 0, block.timestamp + 60, signature);
        _stands(State.Funded);
        eq(dollar.balanceOf(bob), 95e6, "paid by the client");
        yes(dollar.authorizationState(bob, id), "what became of the payment can be looked up");
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_AlreadyOpened.selector, id));
        commissions.openWithAuthorization(t, 0, block.timestamp + 60, signature);
        t.asset = NATIVE;
        vm.expectRevert();
        commissions.openWithAuthorization(t, 0, block.timestamp + 60, signature);
    }

    /// @dev What a client does who heard nothing of a payment: ask the token, and bring the same again or nothing.
    function test_a_payment_whose_fate_is_unknown_is_looked_up_and_never_charged_twice() public {
        bytes memory signature = _signed(t, id);
        no(dollar.authorizationState(bob, id), "not yet: it may be brought again");
        commissions.openWithAuthorization(t, 0, block.timestamp + 60, signature);
        yes(dollar.authorizationState(bob, id), "it went through, whatever was heard");
        vm.expectRevert(abi.encodeWithSelector(I.Commissions_AlreadyOpened.selector, id));
        commissions.openWithAuthorization(t, 0, block.timestamp + 60, signature);
        eq(dollar.balanceOf(bob), 95e6, "charged once");
        eq(dollar.balanceOf(address(commissions)), 5e6, "and escrowed once");
    }

    function test_nobody_can_front_run_an_authorization() public {
        bytes memory signature = _signed(t, id);
        // With an arbiter of the thief's choice, or anything else, it is another commission, and not signed for.
        CommissionTerms memory stolen = t;
        stolen.arbiter = carol;
        vm.expectRevert(abi.encodeWithSelector(TestDollar.TestDollar_InvalidSignature.selector, bob));
        vm.prank(carol);
        commissions.openWithAuthorization(stolen, 0, block.timestamp + 60, signature);
        // And nobody but the escrow can use it at the token.
        vm.expectRevert(abi.encodeWithSelector(TestDollar.TestDollar_CallerNotPayee.selector, carol, commissions));
        vm.prank(carol);
        dollar.receiveWithAuthorization(bob, address(commissions), 5e6, 0, block.timestamp + 60, id, signature);
        commissions.openWithAuthorization(t, 0, block.timestamp + 60, signature);
        _stands(State.Funded);
    }

    function test_the_digest_binds_every_term_the_chain_and_the_contract() public {
        bytes32[15] memory ids;
        for (uint256 i; i < 13; ++i) {
            CommissionTerms memory o = t;
            bytes memory row = abi.encode(o);
            row[32 * i + 31] ^= 0x01;
            ids[i] = commissions.idOf(abi.decode(row, (CommissionTerms)));
        }
        ids[13] = id;
        vm.chainId(block.chainid + 1);
        ids[14] = commissions.idOf(t);
        for (uint256 i; i < ids.length; ++i) {
            for (uint256 k; k < i; ++k) {
                no(ids[i] == ids[k], "the same digest");
            }
        }
    }
}
