// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Collective} from "../../src/Collective.sol";
import {Treasury} from "../../src/Treasury.sol";
import {ICollective as I} from "../../src/interfaces/ICollective.sol";
import {IGovernance} from "../../src/interfaces/IGovernance.sol";
import {IProcessGovernor} from "../../src/interfaces/IProcessGovernor.sol";
import {IProcessRegistry} from "../../src/interfaces/IProcessRegistry.sol";
import {CollectiveCharter, GovernanceSettings, SeatOffer} from "../../src/types/Governance.sol";
import {Registration} from "../../src/types/Works.sol";
import {CollectiveCase} from "../support/CollectiveCase.sol";

contract CollectiveVotesTest is CollectiveCase {
    function test_a_vote_moves_dials_and_publishes_versions_of_pooled_works() public {
        _found();
        _vote(address(collective), abi.encodeCall(I.setParameter, (works[1], "turbulence", 45)));
        yes(registry.parameterOf(works[1], "turbulence").value == 45, "moved");
        _vote(address(collective), abi.encodeCall(I.publish, (works[1], keccak256("next"), "ipfs://next")));
        eq(registry.bundleOf(works[1], 2), keccak256("next"), "published");
        _vote(address(registry), abi.encodeCall(IProcessRegistry.publish, (own, keccak256("new statutes"), "ipfs://s")));
        eq(registry.bundleOf(own, 2), keccak256("new statutes"), "the statutes, too");
    }

    function test_a_vote_sets_an_allowance_of_the_collectives_treasury() public {
        _found();
        Treasury treasury = Treasury(capital.openTreasury(own));
        _vote(address(treasury), abi.encodeCall(Treasury.setAllowance, (bob, address(dollar), 7, 1 days)));
        eq(treasury.allowanceOf(bob, address(dollar)).amount, 7, "allowed");
    }

    function test_out_of_bounds_and_foreign_works_cannot_be_proposed() public {
        _found();
        bytes32 dial_ = "turbulence";
        _refused(
            address(collective),
            abi.encodeCall(I.setParameter, (works[1], dial_, 81)),
            abi.encodeWithSelector(IProcessRegistry.Registry_ParameterBounds.selector, works[1], dial_, 81, 10, 80)
        );
        _refused(
            address(collective),
            abi.encodeCall(I.setParameter, (works[3], dial_, 40)),
            abi.encodeWithSelector(IProcessGovernor.Governor_NotGoverned.selector, works[3])
        );
        _refused(
            address(registry),
            abi.encodeCall(IProcessRegistry.setParameter, (works[1], dial_, 40)),
            abi.encodeWithSelector(IProcessGovernor.Governor_NotGoverned.selector, works[1])
        );
        bytes4 refused = IProcessGovernor.Governor_CallRefused.selector;
        _refused(
            address(collective),
            abi.encodeCall(I.leaveWith, (works[1])),
            abi.encodeWithSelector(refused, collective, I.leaveWith.selector)
        );
        _refused(
            address(registry),
            abi.encodeCall(I.admit, (_seat(3, 1))),
            abi.encodeWithSelector(refused, registry, I.admit.selector)
        );
    }

    function _refused(address target, bytes memory data, bytes memory reason) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = one(target, data);
        vm.expectRevert(reason);
        vm.prank(alice);
        governor.propose(targets, values, calldatas, "");
    }

    function test_only_votes_admit_and_change_works() public {
        _found();
        bytes memory reason = abi.encodeWithSelector(I.Collective_NotGovernance.selector, alice);
        vm.startPrank(alice);
        vm.expectRevert(reason);
        collective.admit(_seat(3, 1));
        vm.expectRevert(reason);
        collective.setParameter(works[0], "turbulence", 40);
        vm.expectRevert(reason);
        collective.publish(works[0], keccak256("x"), "");
        vm.stopPrank();
        vm.startPrank(collective.timelock());
        vm.expectRevert(abi.encodeWithSelector(I.Collective_NotPooled.selector, works[3]));
        collective.setParameter(works[3], "turbulence", 40);
        vm.expectRevert(abi.encodeWithSelector(I.Collective_SeatTaken.selector, works[0]));
        collective.admit(_seat(0, 1));
        vm.stopPrank();
    }

    function test_charters_that_cannot_be_kept_are_refused() public {
        SeatOffer[] memory seats = new SeatOffer[](2);
        (seats[0], seats[1]) = (_seat(0, 600), _seat(1, 600));
        CollectiveCharter memory charter = founding(1_000, seats);
        _badCharter(charter, abi.encodeWithSelector(I.Collective_ReserveTooSmall.selector, 1_200, 1_000));
        seats[1] = _seat(0, 1);
        _badCharter(charter, abi.encodeWithSelector(I.Collective_SeatTaken.selector, works[0]));
        seats[1] = _seat(1, 0);
        _badCharter(charter, abi.encodeWithSelector(I.Collective_EmptySeat.selector, works[1]));
        seats[1] = _seat(1, 1);
        seats[1].workShares = 0;
        _badCharter(charter, abi.encodeWithSelector(I.Collective_EmptySeat.selector, works[1]));
        seats[1] = _seat(1, 1);
        seats[1].member = address(0);
        _badCharter(charter, abi.encodeWithSelector(I.Collective_EmptySeat.selector, works[1]));
        seats[1] = _seat(1, 1);
        seats[1].work = 99;
        _badCharter(charter, abi.encodeWithSelector(IProcessRegistry.Registry_UnknownWork.selector, 99));
        Registration memory r = plain(bob);
        r.asset = address(weird);
        (seats[1].work,) = registerAs(bob, r);
        _badCharter(charter, abi.encodeWithSelector(I.Collective_AssetDiffers.selector, seats[1].work, weird));
        charter.founders = new SeatOffer[](0);
        _badCharter(charter, abi.encodeWithSelector(I.Collective_EmptySeat.selector, 0));
    }

    function _badCharter(CollectiveCharter memory charter, bytes memory reason) private {
        GovernanceSettings memory s = usual();
        vm.expectRevert(reason);
        governance.form(charter, s);
    }

    function test_a_collective_is_made_once_and_its_implementation_is_not_to_be_used() public {
        SeatOffer[] memory seats = new SeatOffer[](1);
        seats[0] = _seat(0, 600);
        CollectiveCharter memory charter = founding(1_000, seats);
        address first = collective.timelock();
        _form(charter, usual());
        no(first == collective.timelock(), "another");
        first = collective.timelock();
        vm.expectRevert(abi.encodeWithSelector(IGovernance.Governance_AlreadyMade.selector, first));
        vm.prank(alice);
        governance.form(charter, usual());
        vm.expectRevert();
        collective.initialize(charter, alice);
        Collective implementation = Collective(governance.collectiveImplementation());
        vm.expectRevert();
        implementation.initialize(charter, alice);
    }

    function test_shares_of_the_reserve_do_not_vote() public {
        _found();
        eq(shares.getVotes(address(collective)), 100, "delegated to the collective, which cannot vote");
        vm.warp(block.timestamp + 1);
        eq(governor.getVotes(alice, block.timestamp - 1), 300, "members vote with theirs");
    }
}
