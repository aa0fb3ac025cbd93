// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {IProcessShares as I} from "../../src/interfaces/IProcessShares.sol";
import {Holder, Registration} from "../../src/types/Works.sol";
import {Fixture} from "../support/Fixture.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @dev Looks at the books in the middle of a payment, and claims again.
contract Peeker {
    ProcessShares public shares;
    uint256 public owedSeen;
    uint256 public netSeen;
    bool public again;

    function look(ProcessShares shares_) external {
        shares = shares_;
        shares.claim(address(0), address(this));
    }

    receive() external payable {
        owedSeen = shares.owed(address(this), address(0));
        (,, netSeen,) = shares.revenue(address(0));
        try shares.claim(address(0), address(this)) {
            again = true;
        } catch {}
    }
}

/// @dev Moves a share whenever a token tells it of money, before and after the money moves.
contract Fidget {
    ProcessShares private _shares;

    function claim(ProcessShares shares, address asset) external {
        _shares = shares;
        shares.claim(asset, address(this));
    }

    function onTokens() external {
        _shares.transfer(address(1), 1);
    }
}

contract SharesTest is Fixture {
    ProcessShares private shares;
    uint256 private work;

    function setUp() public override {
        super.setUp();
        (work, shares) = registerAs(alice, _weird(alice));
    }

    function _weird(address creator) private returns (Registration memory r) {
        r = plain(creator);
        r.asset = address(weird);
    }

    function test_native_coin_with_2300_gas_arrives() public {
        payNative(shares, 5);
        eq(shares.owed(alice, NATIVE), 5, "and is revenue");
    }

    function test_a_token_that_reverts_is_paused_or_lies_does_not_stop_transfers() public {
        weird.mint(address(shares), 1_000);
        for (uint256 manner; manner < uint256(WeirdToken.Manner.Count); ++manner) {
            weird.behave(WeirdToken.Manner(manner));
            vm.prank(alice);
            shares.transfer(bob, 1);
        }
        eq(shares.balanceOf(bob), uint256(WeirdToken.Manner.Count), "all transfers went through");
        weird.behave(WeirdToken.Manner.Plain);
        eq(shares.owed(alice, address(weird)), 1_000, "and past revenue stayed");
    }

    function test_an_unreadable_token_stops_syncs_and_claims_with_a_reason_but_not_those_of_native_coin() public {
        payNative(shares, 10);
        weird.behave(WeirdToken.Manner.Unreadable);
        bytes memory reason = abi.encodeWithSelector(I.Shares_AssetUnreadable.selector, address(weird));
        vm.expectRevert(reason);
        shares.sync(address(weird));
        vm.prank(alice);
        vm.expectRevert(reason);
        shares.claim(address(weird), alice);
        vm.prank(alice);
        eq(shares.claim(NATIVE, alice), 10, "native coin is not concerned");
    }

    function test_a_blacklisted_holder_does_not_stop_others() public {
        weird.mint(address(shares), 100);
        vm.prank(alice);
        shares.transfer(bob, 50);
        weird.mint(address(shares), 100);
        weird.blacklist(alice, true);
        vm.prank(bob);
        eq(shares.claim(address(weird), bob), 50, "bob claims");
        vm.prank(alice);
        vm.expectRevert();
        shares.claim(address(weird), alice);
        vm.prank(alice);
        eq(shares.claim(address(weird), carol), 150, "alice claims to elsewhere");
    }

    function test_a_token_without_return_value_pays_and_one_that_answers_false_does_not() public {
        weird.mint(address(shares), 100);
        weird.behave(WeirdToken.Manner.ReturnsFalse);
        vm.prank(alice);
        vm.expectRevert();
        shares.claim(address(weird), alice);
        eq(shares.owed(alice, address(weird)), 100, "nothing is lost");
        weird.behave(WeirdToken.Manner.NoReturnValue);
        vm.prank(alice);
        eq(shares.claim(address(weird), alice), 100, "paid");
        eq(weird.balanceOf(alice), 100, "arrived");
    }

    /// @dev A work of bob's that takes 10%, and one of carol's below it.
    function _pair() private returns (uint256 parent, ProcessShares above, ProcessShares below) {
        Registration memory r = _weird(bob);
        r.royaltyBps = 1_000;
        (parent, above) = registerAs(bob, r);
        r = _weird(carol);
        r.parents = new uint256[](1);
        r.parents[0] = parent;
        (, below) = registerAs(carol, r);
        weird.mint(address(below), 1_000);
    }

    function test_what_comes_on_top_of_a_royalty_is_own_revenue() public {
        (uint256 parent, ProcessShares above, ProcessShares below) = _pair();
        weird.behave(WeirdToken.Manner.Generous);
        eq(below.collect(parent, address(weird)), 100, "sent");
        (uint256 gross, uint256 inbound,,) = above.revenue(address(weird));
        eq(inbound, 100, "the royalty, and no more");
        eq(gross, 7, "the rest, of which ancestors have their part");
    }

    function test_a_fee_on_transfer_is_credited_as_it_arrives() public {
        (uint256 parent, ProcessShares above, ProcessShares below) = _pair();
        weird.behave(WeirdToken.Manner.FeeOnTransfer);
        eq(below.collect(parent, address(weird)), 100, "sent");
        (uint256 gross, uint256 inbound,,) = above.revenue(address(weird));
        eq(inbound, 95, "received");
        eq(gross, 0, "and no own revenue of it");
        eq(above.owed(bob, address(weird)), 95, "owed");
    }

    function test_a_rebase_downwards_takes_nothing_back_that_was_earned_and_is_made_good_first() public {
        weird.mint(address(shares), 100);
        shares.sync(address(weird));
        weird.shrink(address(shares), 40);
        (uint256 gross,,,) = shares.revenue(address(weird));
        eq(gross, 100, "gross does not shrink");
        weird.mint(address(shares), 30);
        (gross,,,) = shares.revenue(address(weird));
        eq(gross, 100, "what is missing is made good");
        weird.mint(address(shares), 30);
        (gross,,,) = shares.revenue(address(weird));
        eq(gross, 120, "then it grows again");
    }

    function test_balances_beyond_all_money_stop_neither_transfers_nor_claims() public {
        weird.mint(address(shares), type(uint256).max / 2);
        vm.prank(alice);
        shares.transfer(bob, 40);
        uint256 most = type(uint80).max;
        vm.prank(alice);
        eq(shares.claim(address(weird), alice), most, "as much as a book holds");
        vm.prank(bob);
        eq(shares.claim(address(weird), bob), most * 40 / 100, "and then what waited");
    }

    function test_wrapped_native_coin_becomes_revenue() public {
        vm.deal(address(this), 7);
        wrapped.deposit{value: 7}();
        wrapped.transfer(address(shares), 7);
        eq(shares.owed(alice, NATIVE), 0, "not yet");
        eq(shares.unwrap(), 7, "unwrapped");
        eq(shares.owed(alice, NATIVE), 7, "revenue");
    }

    function test_only_a_holder_or_their_operator_claims() public {
        payNative(shares, 100);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NotOperator.selector, alice, bob));
        shares.claimFor(alice, NATIVE, bob);
        vm.prank(alice);
        shares.setOperator(bob, true);
        vm.prank(bob);
        eq(shares.claimFor(alice, NATIVE, carol), 100, "the operator");
        eq(carol.balance, 100, "to anywhere");
        vm.prank(alice);
        eq(shares.claim(NATIVE, alice), 0, "a second claim is nothing");
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NoRecipient.selector));
        shares.claim(NATIVE, address(0));
    }

    function test_a_recipient_who_refuses_loses_nothing() public {
        payNative(shares, 100);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NativeRefused.selector, address(registry), 100));
        shares.claim(NATIVE, address(registry));
        eq(shares.owed(alice, NATIVE), 100, "still there");
    }

    function test_whoever_re_enters_sees_settled_books_and_gets_nothing_twice() public {
        Peeker peeker = new Peeker();
        vm.prank(alice);
        shares.transfer(address(peeker), 50);
        payNative(shares, 100);
        peeker.look(shares);
        eq(peeker.owedSeen(), 0, "nothing is owed in the middle of the payment");
        eq(peeker.netSeen(), 100, "the books are whole");
        no(peeker.again(), "no second claim");
        eq(address(peeker).balance, 50, "one half");
    }

    function test_shares_that_move_in_the_middle_of_a_payment_make_no_revenue() public {
        Fidget fidget = new Fidget();
        vm.prank(alice);
        shares.transfer(address(fidget), 50);
        weird.mint(address(shares), 1_000);
        weird.behave(WeirdToken.Manner.Hooks);
        fidget.claim(shares, address(weird));
        eq(shares.balanceOf(address(1)), 2, "moved before and after");
        eq(weird.balanceOf(address(fidget)), 500, "paid");
        (uint256 gross,,,) = shares.revenue(address(weird));
        eq(gross, 1_000, "no money was seen twice");
        eq(shares.owed(address(1), address(weird)), 0, "and nothing moved with the shares");
    }

    function test_royalties_are_credited_from_shares_of_the_registry_only() public {
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NotShares.selector, address(this)));
        shares.receiveRoyalty(NATIVE, 1);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NotPayee.selector, address(this)));
        shares.deliver();
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NotRegistry.selector, address(this)));
        shares.initialize(new Holder[](0));
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NotAncestor.selector, work, 9));
        shares.collect(9, NATIVE);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_UnknownAsset.selector, address(dollar), address(weird)));
        shares.sync(address(dollar));
    }

    function test_a_copy_of_shares_is_not_shares() public {
        // The same code at another address, made by another registry with the same arguments.
        Other other = new Other();
        other.setUp();
        address copy = other.copy();
        vm.prank(copy);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_NotShares.selector, copy));
        shares.receiveRoyalty(NATIVE, 0);
    }

    function test_shares_are_not_held_by_themselves() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Shares_HeldByItself.selector));
        shares.transfer(address(shares), 1);
    }

    function test_votes_follow_delegation_by_the_clock_of_seconds() public {
        eq(shares.clock(), block.timestamp, "clock");
        eq(shares.CLOCK_MODE(), "mode=timestamp", "mode");
        eq(shares.getVotes(alice), 0, "shares do not vote until they are delegated");
        vm.prank(alice);
        shares.delegate(alice);
        uint256 then = block.timestamp;
        vm.warp(then + 10);
        vm.prank(alice);
        shares.transfer(bob, 30);
        vm.warp(then + 20);
        eq(shares.getPastVotes(alice, then + 5), 100, "then");
        eq(shares.getPastVotes(alice, then + 15), 70, "later");
        eq(shares.getPastTotalSupply(then), 100, "the supply counts from the creation on");
        eq(shares.getPastTotalSupply(then - 1), 0, "and not before");
    }

    function test_a_permit_signs_for_the_name_of_the_work() public {
        uint256 deadline = block.timestamp + 1;
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 message = keccak256(abi.encode(typehash, alice, bob, 25, 0, deadline));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tidal Almanac"),
                keccak256("1"),
                block.chainid,
                address(shares)
            )
        );
        eq(shares.DOMAIN_SEPARATOR(), domain, "domain");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xA11CE, keccak256(abi.encodePacked(hex"1901", domain, message)));
        shares.permit(alice, bob, 25, deadline, v, r, s);
        eq(shares.allowance(alice, bob), 25, "allowance");
        eq(shares.nonces(alice), 1, "nonce");
    }

    address[3] private people = [alice, bob, carol];
    /// @dev What each has earned and not claimed, times the supply.
    uint256[3] private scaled;
    uint256 private grossByHand;
    uint256 private netByHand;

    /// Random payments, transfers, claims and collections against an account book that is kept by hand.
    function test_fuzz_histories_agree_with_a_book_kept_by_hand(uint256 seed) public {
        (uint256 parent,) = registerAs(dave, derived(dave, uint16(seed % 5_000), 0));
        Registration memory r = derived(alice, 0, parent);
        r.holders[0].shares = within(seed >> 16, 1, 1e24);
        (, ProcessShares s) = registerAs(alice, r);
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 4 == 0) _payByHand(s, (seed >> 16) % 1e15);
            if (seed % 4 == 1) _transferByHand(s, (seed >> 8) % 3, (seed >> 12) % 3, seed >> 16);
            if (seed % 4 == 2) _claimByHand(s, (seed >> 8) % 3);
            if (seed % 4 == 3) s.collect(parent, address(dollar));
            for (uint256 k; k < 3; ++k) {
                eq(s.owed(people[k], address(dollar)), scaled[k] / s.totalSupply(), "owed");
            }
        }
    }

    function _payByHand(ProcessShares s, uint256 amount) private {
        pay(s, amount);
        grossByHand += amount;
        uint256 next = grossByHand - grossByHand * s.stackBps() / 10_000;
        for (uint256 k; k < 3; ++k) {
            scaled[k] += (next - netByHand) * s.balanceOf(people[k]);
        }
        netByHand = next;
    }

    function _transferByHand(ProcessShares s, uint256 from, uint256 to, uint256 amount) private {
        amount = within(amount, 0, s.balanceOf(people[from]));
        vm.prank(people[from]);
        s.transfer(people[to], amount);
    }

    function _claimByHand(ProcessShares s, uint256 who) private {
        uint256 supply = s.totalSupply();
        vm.prank(people[who]);
        eq(s.claim(address(dollar), people[who]), scaled[who] / supply, "a claim");
        scaled[who] %= supply;
    }
}

contract Other is Fixture {
    function copy() external returns (address) {
        Registration memory r = plain(alice);
        (, ProcessShares shares) = registerAs(alice, r);
        return address(shares);
    }
}
