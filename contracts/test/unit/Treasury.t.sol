// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ICapital} from "../../src/interfaces/ICapital.sol";
import {ITreasury as I} from "../../src/interfaces/ITreasury.sol";
import {Money} from "../../src/libraries/Money.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {Treasury} from "../../src/Treasury.sol";
import {Allowance} from "../../src/types/Capital.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @dev An operator who draws again when coin arrives.
contract Dipper {
    Treasury private immutable TREASURY;
    uint256 public gains;
    /// @notice What it could still draw, as it saw it in the middle of the payment.
    uint256 public seen;

    constructor(Treasury treasury) {
        TREASURY = treasury;
    }

    function draw(uint128 amount) external {
        TREASURY.draw(address(0), amount, address(this), 0);
    }

    receive() external payable {
        seen = TREASURY.drawable(address(this), address(0));
        try TREASURY.draw(address(0), uint128(msg.value), address(this), 0) {
            ++gains;
        } catch {}
    }
}

contract TreasuryTest is CapitalFixture {
    uint32 private constant MONTH = 30 days;
    bytes32 private constant RUN = keccak256("the root of a run");

    uint256 private work;
    Treasury private treasury;

    function setUp() public override {
        super.setUp();
        ProcessShares shares;
        (work, shares) = registerAs(alice, odd(alice));
        treasury = treasuryOf(shares);
        dollar.mint(address(treasury), 1_000);
        weird.mint(address(treasury), 1_000);
    }

    function _allow(address by, uint128 amount, uint32 period) private {
        vm.prank(by);
        treasury.setAllowance(bob, address(dollar), amount, period);
    }

    function _draw(uint128 amount) private {
        vm.prank(bob);
        treasury.draw(address(dollar), amount, carol, RUN);
    }

    function _refused(uint128 amount, uint256 left) private {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Treasury_AllowanceExceeded.selector, amount, left));
        treasury.draw(address(dollar), amount, carol, RUN);
    }

    function test_an_operator_draws_the_allowance_and_not_a_unit_more() public {
        _refused(1, 0);
        _allow(alice, 100, MONTH);
        _draw(60);
        eq(treasury.drawable(bob, address(dollar)), 40, "left");
        _refused(41, 40);
        _draw(40);
        _refused(1, 0);
        eq(dollar.balanceOf(carol), 100, "arrived");
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(I.Treasury_AllowanceExceeded.selector, 1, 0));
        treasury.draw(address(dollar), 1, carol, RUN);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Treasury_AllowanceExceeded.selector, 1, 0));
        treasury.draw(address(weird), 1, bob, RUN);
    }

    function test_periods_follow_each_other_and_what_was_not_drawn_lapses() public {
        _allow(alice, 100, MONTH);
        uint256 start = block.timestamp;
        _draw(30);
        vm.warp(start + MONTH - 1);
        _refused(71, 70);
        vm.warp(start + MONTH);
        _refused(101, 100);
        _draw(100);
        vm.warp(start + 5 * uint256(MONTH) + 7 days);
        _draw(10);
        Allowance memory allowance = treasury.allowanceOf(bob, address(dollar));
        eq(allowance.start, start + 5 * uint256(MONTH), "no period is longer than another");
        vm.warp(start + 6 * uint256(MONTH) - 1);
        _refused(91, 90);
    }

    function test_what_was_drawn_counts_against_a_new_allowance() public {
        _allow(alice, 100, MONTH);
        _draw(80);
        _allow(alice, 90, MONTH);
        _refused(11, 10);
        _allow(alice, 50, MONTH);
        _refused(1, 0);
        _allow(alice, 0, MONTH);
        _refused(1, 0);
        vm.warp(block.timestamp + MONTH);
        _refused(1, 0);
        _allow(alice, 50, MONTH);
        _draw(50);
    }

    function test_only_the_controller_sets_allowances_and_they_end_with_its_role() public {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Treasury_NotController.selector, bob, alice));
        treasury.setAllowance(bob, address(dollar), 1, MONTH);
        _allow(alice, 100, MONTH);
        // As when votes begin: dave stands for the timelock.
        vm.prank(alice);
        registry.setController(work, dave);
        eq(treasury.controller(), dave, "controller");
        _refused(1, 0);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Treasury_NotController.selector, alice, dave));
        treasury.setAllowance(bob, address(dollar), 1, MONTH);
        _allow(dave, 20, MONTH);
        _refused(21, 20);
        _draw(20);
    }

    function test_a_period_is_a_day_at_least() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Treasury_PeriodTooShort.selector, 1 days - 1, 1 days));
        treasury.setAllowance(bob, address(dollar), 1, 1 days - 1);
    }

    function test_a_treasury_without_enough_pays_nothing_and_counts_nothing() public {
        _allow(alice, 5_000, MONTH);
        vm.prank(bob);
        vm.expectRevert();
        treasury.draw(address(dollar), 1_001, carol, RUN);
        eq(treasury.drawable(bob, address(dollar)), 5_000, "not counted");
        _draw(1_000);
    }

    function test_native_coin_with_2300_gas_arrives_and_is_drawn() public {
        vm.deal(address(this), 50);
        (bool sent,) = address(treasury).call{value: 50, gas: 0}("");
        yes(sent, "arrives");
        vm.prank(alice);
        treasury.setAllowance(bob, NATIVE, 50, MONTH);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(Money.Money_NativeRefused.selector, address(registry), 50));
        treasury.draw(NATIVE, 50, address(registry), RUN);
        vm.prank(bob);
        treasury.draw(NATIVE, 50, carol, RUN);
        eq(carol.balance, 50, "drawn");
    }

    function test_whoever_re_enters_a_draw_stays_in_the_allowance() public {
        Dipper dipper = new Dipper(treasury);
        vm.deal(address(treasury), 100);
        vm.prank(alice);
        treasury.setAllowance(address(dipper), NATIVE, 30, MONTH);
        dipper.draw(20);
        eq(dipper.gains(), 0, "20 more would be 40");
        eq(dipper.seen(), 10, "which it could have seen");
        dipper.draw(5);
        eq(dipper.gains(), 1, "5 more are 30");
        eq(address(dipper).balance, 30, "the allowance");
        eq(address(treasury).balance, 70, "the rest is there");
    }

    function test_a_token_without_return_value_pays_and_one_that_answers_false_or_is_paused_does_not() public {
        vm.prank(alice);
        treasury.setAllowance(bob, address(weird), 10, MONTH);
        WeirdToken.Manner[2] memory bad = [WeirdToken.Manner.ReturnsFalse, WeirdToken.Manner.Paused];
        for (uint256 i; i < bad.length; ++i) {
            weird.behave(bad[i]);
            vm.prank(bob);
            vm.expectRevert();
            treasury.draw(address(weird), 10, bob, RUN);
        }
        weird.behave(WeirdToken.Manner.NoReturnValue);
        vm.prank(bob);
        treasury.draw(address(weird), 10, bob, RUN);
        eq(weird.balanceOf(bob), 10, "paid");
    }

    function test_a_controller_that_stands_alone_has_a_treasury_too() public {
        address made = capital.openTreasuryFor(dave);
        eq(capital.openTreasuryFor(dave), made, "once");
        eq(capital.treasuryFor(dave), made, "by its controller");
        treasury = Treasury(made);
        eq(treasury.work(), 0, "no work");
        eq(treasury.controller(), dave, "controller");
        dollar.mint(made, 10);
        _allow(dave, 10, MONTH);
        _draw(10);
        vm.expectRevert(abi.encodeWithSelector(ICapital.Capital_NoController.selector));
        capital.openTreasuryFor(NATIVE);
        vm.expectRevert();
        capital.openTreasury(99);
    }

    function test_the_code_behind_treasuries_is_of_no_use_by_itself() public {
        treasury = Treasury(capital.treasuryImplementation());
        vm.prank(alice);
        vm.expectRevert();
        treasury.setAllowance(bob, address(dollar), 1, MONTH);
        vm.deal(address(this), 1);
        (bool sent,) = address(treasury).call{value: 1}("");
        no(sent, "it takes no coin");
    }

    function test_the_controller_follows_the_token_of_the_work() public {
        vm.prank(alice);
        registry.transferFrom(alice, dave, work);
        eq(treasury.controller(), dave, "sold");
        eq(treasury.work(), work, "work");
    }

    /// Random allowances, draws and times against periods that are counted one by one.
    function test_fuzz_draws_stay_in_the_allowance(uint256 seed) public {
        dollar.mint(address(treasury), type(uint128).max);
        (uint256 start, uint256 period, uint256 amount, uint256 drawn) = (block.timestamp, 0, 0, 0);
        for (uint256 i; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(block.timestamp + (seed >> 8) % 3 days);
            while (period != 0 && block.timestamp >= start + period) (start, drawn) = (start + period, 0);
            if (seed % 4 == 0) {
                if (period == 0) start = block.timestamp;
                (amount, period) = ((seed >> 64) % 1_000, 1 days + (seed >> 32) % 5 days);
                _allow(alice, uint128(amount), uint32(period));
                while (block.timestamp >= start + period) (start, drawn) = (start + period, 0);
                continue;
            }
            uint256 left = amount > drawn ? amount - drawn : 0;
            eq(treasury.drawable(bob, address(dollar)), left, "left");
            uint128 wanted = uint128(within(seed >> 64, 0, left + 1));
            if (wanted > left) _refused(wanted, left);
            else _draw(wanted);
            if (wanted <= left) drawn += wanted;
        }
    }
}
