// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Collective} from "../../src/Collective.sol";
import {ICollective as I} from "../../src/interfaces/ICollective.sol";
import {IProcessGovernor} from "../../src/interfaces/IProcessGovernor.sol";
import {CollectiveCase} from "../support/CollectiveCase.sol";

contract CollectiveTest is CollectiveCase {
    function test_a_collective_is_founded_when_all_founders_have_pooled() public {
        eq(shares.name(), "Coast Collective", "its shares are those of a work");
        eq(registry.controllerOf(own), collective.timelock(), "whose controller is the timelock");
        eq(governance.collectiveOf(own), address(collective), "found");
        eq(governance.governorOf(own), address(governor), "governed");
        eq(shares.balanceOf(address(collective)), 1_000, "the whole supply is here at first");
        _pool(0);
        _pool(1);
        no(collective.founded(), "one is missing");
        bytes memory data = abi.encodeCall(I.admit, (_seat(3, 50)));
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(address(collective), data);
        vm.warp(block.timestamp + 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IProcessGovernor.Governor_NotYetFounded.selector, collective));
        governor.propose(targets, values, calldatas, "");
        _pool(2);
        yes(collective.founded(), "all are here");
        for (uint256 i; i < 3; ++i) {
            eq(shares.balanceOf(people[i]), 300, "paid in shares");
            eq(worksShares[i].balanceOf(address(collective)), 80, "pooled");
            eq(registry.controllerOf(works[i]), address(collective), "controlled");
            eq(registry.ownerOf(works[i]), people[i], "the token stays with the member");
        }
        vm.warp(block.timestamp + 1);
        eq(governor.quorum(block.timestamp - 1), 180, "20% of the 900 shares that were issued");
    }

    function test_revenue_of_pooled_works_flows_to_members_to_the_last_unit() public {
        _found();
        pay(worksShares[0], 1_000);
        payNative(worksShares[1], 5_000);
        eq(collective.harvest(works[0], address(dollar)), 800, "80 of 100 shares");
        eq(collective.harvest(works[1], NATIVE), 4_000, "in native coin, too");
        for (uint256 i; i < 3; ++i) {
            eq(shares.owed(people[i], address(dollar)), 240, "300 of 1,000");
            eq(shares.owed(people[i], NATIVE), 1_200, "300 of 1,000");
        }
        eq(worksShares[0].owed(alice, address(dollar)), 200, "what was not pooled stays with its holder");
        // What the reserve earned goes around again.
        eq(collective.harvest(own, address(dollar)), 80, "the reserve's tenth");
        eq(shares.owed(bob, address(dollar)), 264, "and 300 of 1,000 of it");
        eq(collective.harvest(own, address(dollar)), 8, "again");
        eq(collective.harvest(own, NATIVE), 400, "in native coin, too");
        eq(shares.owed(bob, NATIVE), 1_320, "and 300 of 1,000 of it");
        eq(dollar.balanceOf(address(collective)) + address(collective).balance, 0, "nothing stops here");
        vm.prank(bob);
        eq(shares.claim(address(dollar), bob), 266, "claimed");
    }

    function test_a_fourth_member_is_admitted_by_vote_and_paid_from_the_reserve() public {
        _found();
        pay(worksShares[0], 1_000);
        collective.harvest(works[0], address(dollar));
        _admit(3, 100);
        _pool(3);
        eq(shares.balanceOf(dave), 100, "paid in shares");
        eq(shares.balanceOf(address(collective)), 0, "the reserve is empty");
        eq(shares.owed(dave, address(dollar)), 0, "earlier revenue is not dave's");
        pay(worksShares[3], 1_000);
        collective.harvest(works[3], address(dollar));
        eq(shares.owed(dave, address(dollar)), 80, "a tenth of 800");
        eq(shares.owed(alice, address(dollar)), 480, "and three of earlier and later");
        eq(collective.harvest(own, address(dollar)), 80, "what the reserve earned before");
    }

    function test_whoever_leaves_has_the_work_again_for_what_they_got() public {
        _found();
        pay(worksShares[2], 500);
        vm.startPrank(carol);
        vm.expectRevert();
        collective.leaveWith(works[2]);
        shares.approve(address(collective), 300);
        collective.leaveWith(works[2]);
        vm.stopPrank();
        eq(worksShares[2].balanceOf(carol), 100, "the shares are back");
        eq(registry.controllerOf(works[2]), carol, "and control");
        eq(shares.balanceOf(carol), 0, "given back");
        no(collective.isPooled(works[2]), "no seat");
        eq(collective.harvest(works[2], address(dollar)), 400, "what was earned before is the collective's");
        pay(worksShares[2], 500);
        eq(collective.harvest(works[2], address(dollar)), 0, "and nothing after");
        vm.expectRevert(abi.encodeWithSelector(I.Collective_NotMember.selector, works[2], carol));
        vm.prank(carol);
        collective.pool(works[2]);
        bytes memory data = abi.encodeCall(I.setParameter, (works[2], "turbulence", 40));
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(address(collective), data);
        vm.expectRevert(abi.encodeWithSelector(IProcessGovernor.Governor_NotGoverned.selector, works[2]));
        vm.prank(alice);
        governor.propose(targets, values, calldatas, "");
    }

    function test_who_sold_their_shares_cannot_leave_with_the_work() public {
        _found();
        vm.startPrank(alice);
        shares.approve(address(collective), 300);
        shares.transfer(dave, 1);
        vm.expectRevert();
        collective.leaveWith(works[0]);
        vm.stopPrank();
    }

    function test_a_founder_leaves_an_unfinished_founding_and_can_come_back() public {
        _pool(0);
        vm.startPrank(alice);
        shares.approve(address(collective), 300);
        collective.leaveWith(works[0]);
        vm.stopPrank();
        eq(collective.missing(), 3, "all are missing again");
        eq(worksShares[0].balanceOf(alice), 100, "nothing is lost");
        _found();
        yes(collective.founded(), "founded after all");
    }

    function test_a_seat_lapses() public {
        _hand(0);
        uint256 until = collective.seatOf(works[0]).until;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_SeatLapsed.selector, works[0], until));
        vm.prank(alice);
        collective.pool(works[0]);
        vm.prank(alice);
        collective.release(works[0]);
        eq(registry.controllerOf(works[0]), alice, "control is back");
    }

    function test_a_member_brings_their_own_work_with_its_control_and_its_shares() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_NotControlled.selector, works[0]));
        collective.pool(works[0]);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_NotMember.selector, works[1], alice));
        collective.pool(works[1]);
        registry.setController(works[0], address(collective));
        vm.expectRevert();
        collective.pool(works[0]);
        registry.transferFrom(alice, dave, works[0]);
        worksShares[0].approve(address(collective), 80);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_NotOwner.selector, works[0], alice));
        collective.pool(works[0]);
        vm.stopPrank();
        _pool(1);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_SeatTaken.selector, works[1]));
        collective.pool(works[1]);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_SeatTaken.selector, works[1]));
        collective.release(works[1]);
        vm.stopPrank();
    }

    function test_control_that_was_handed_over_in_vain_returns_to_the_owner_only() public {
        vm.prank(dave);
        registry.setController(works[3], address(collective));
        vm.expectRevert(abi.encodeWithSelector(I.Collective_NotOwner.selector, works[3], alice));
        vm.prank(alice);
        collective.release(works[3]);
        vm.prank(dave);
        collective.release(works[3]);
        eq(registry.controllerOf(works[3]), dave, "back");
    }

    function test_control_follows_the_token_when_a_member_leaves() public {
        _found();
        vm.startPrank(carol);
        registry.transferFrom(carol, dave, works[2]);
        shares.approve(address(collective), 300);
        collective.leaveWith(works[2]);
        vm.stopPrank();
        eq(registry.controllerOf(works[2]), dave, "the owner's");
        eq(worksShares[2].balanceOf(carol), 100, "the shares are the member's");
    }

    function test_a_reserve_that_is_used_up_admits_nobody() public {
        _found();
        _admit(3, 101);
        _hand(3);
        vm.expectRevert();
        vm.prank(dave);
        collective.pool(works[3]);
        vm.prank(dave);
        collective.release(works[3]);
        eq(worksShares[3].balanceOf(dave), 100, "nothing is lost");
    }

    /// Payments, harvests, claims, admissions and leaves in any order: what holders have got and are owed is what was
    /// paid for pooled shares, less the reserve's part that has not gone around yet.
    function test_fuzz_revenue_reaches_the_holders(uint256 seed) public {
        _found();
        uint256 paid;
        for (uint256 i; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 who = (seed >> 8) % 3;
            if (seed % 5 < 2) {
                uint256 amount = (seed >> 16) % 1e12;
                pay(worksShares[who], amount);
                paid += amount;
            } else if (seed % 5 == 2) {
                collective.harvest(works[who], address(dollar));
            } else if (seed % 5 == 3) {
                vm.prank(people[who]);
                shares.claim(address(dollar), people[who]);
            } else {
                collective.harvest(own, address(dollar));
            }
        }
        for (uint256 i; i < 3; ++i) {
            collective.harvest(works[i], address(dollar));
        }
        // The reserve's tenth of a tenth of ...
        while (collective.harvest(own, address(dollar)) != 0) {}
        uint256 got;
        for (uint256 i; i < 3; ++i) {
            vm.prank(people[i]);
            shares.claim(address(dollar), people[i]);
            vm.prank(people[i]);
            worksShares[i].claim(address(dollar), people[i]);
            got += dollar.balanceOf(people[i]);
        }
        atMost(got, paid, "no more than was paid");
        atMost(paid - got, 20, "and no less, but for what rounding leaves");
    }
}
