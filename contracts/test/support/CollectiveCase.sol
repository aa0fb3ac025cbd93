// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Collective} from "../../src/Collective.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ICollective as I} from "../../src/interfaces/ICollective.sol";
import {CollectiveCharter, GovernanceSettings, SeatOffer} from "../../src/types/Governance.sol";
import {Economy} from "./Economy.sol";

/// @title Three studios found a collective of 1,000 shares, 300 for each; dave has a work, too
abstract contract CollectiveCase is Economy {
    address[4] internal people;
    uint256[4] internal works;
    ProcessShares[4] internal worksShares;
    Collective internal collective;
    ProcessGovernor internal governor;
    ProcessShares internal shares;
    uint256 internal own;

    /// @dev Three studios found a collective of 1,000 shares: 300 for each, and a reserve of 100. dave has a work, too.
    function setUp() public virtual override {
        super.setUp();
        people = [alice, bob, carol, dave];
        for (uint256 i; i < 4; ++i) {
            (works[i], worksShares[i]) = governable(people[i]);
        }
        SeatOffer[] memory seats = new SeatOffer[](3);
        for (uint256 i; i < 3; ++i) {
            seats[i] = _seat(i, 300);
        }
        _form(founding(1_000, seats), usual());
    }

    function _form(CollectiveCharter memory charter, GovernanceSettings memory settings) internal {
        vm.prank(alice);
        (address c, address g,) = governance.form(charter, settings);
        (collective, governor) = (Collective(c), ProcessGovernor(payable(g)));
        (own, shares) = (collective.ownWork(), ProcessShares(collective.shares()));
    }

    function _seat(uint256 i, uint96 price) internal view returns (SeatOffer memory) {
        return SeatOffer(people[i], works[i], 80, price, uint48(block.timestamp + 14 days));
    }

    function _hand(uint256 i) internal {
        vm.startPrank(people[i]);
        registry.setController(works[i], address(collective));
        worksShares[i].approve(address(collective), 80);
        vm.stopPrank();
    }

    function _pool(uint256 i) internal {
        _hand(i);
        vm.prank(people[i]);
        collective.pool(works[i]);
        vm.prank(people[i]);
        shares.delegate(people[i]);
    }

    function _found() internal {
        for (uint256 i; i < 3; ++i) {
            _pool(i);
        }
        vm.warp(block.timestamp + 1);
    }

    function _vote(address target, bytes memory data) internal {
        uint256 proposal = propose(governor, alice, target, data);
        vm.warp(governor.proposalSnapshot(proposal) + 1);
        for (uint256 i; i < 2; ++i) {
            vm.prank(people[i]);
            governor.castVote(proposal, 1);
        }
        vm.warp(governor.proposalDeadline(proposal) + 1);
        queue(governor, target, data);
        vm.warp(governor.proposalEta(proposal));
        execute(governor, target, data);
    }

    function _admit(uint256 i, uint96 price) internal {
        SeatOffer memory seat = _seat(i, price);
        seat.until += 30 days;
        _vote(address(collective), abi.encodeCall(I.admit, (seat)));
    }
}
