// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Collective} from "../../src/Collective.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ProcessTimelock} from "../../src/ProcessTimelock.sol";
import {IProcessShares} from "../../src/interfaces/IProcessShares.sol";
import {CollectiveCharter, SeatOffer} from "../../src/types/Governance.sol";
import {Holder} from "../../src/types/Works.sol";
import {Economy} from "../support/Economy.sol";

/// @title Clones leave the call of their factory initialised, so that nobody can do it first
contract ClonesTest is Economy {
    CollectiveCharter private none;

    /// @dev Treasuries and offerings have no initializer: all they are is in their code.
    function test_clones_are_initialised_in_the_call_of_their_factory() public {
        (uint256 work, ProcessShares shares) = governable(alice);
        eq(shares.totalSupply(), 100, "the supply is out");
        _refusesShares(shares);

        vm.prank(alice);
        (address governor, address timelock) = governance.govern(work, usual());
        eq(ProcessGovernor(payable(governor)).timelock(), timelock, "the governor knows its timelock");
        _refuses(governor, timelock);

        SeatOffer[] memory seats = new SeatOffer[](1);
        seats[0] = SeatOffer(alice, work, 80, 300, uint48(block.timestamp + 1 days));
        address collective;
        (collective, governor, timelock) = governance.form(founding(1_000, seats), usual());
        eq(Collective(collective).timelock(), timelock, "the collective knows its own");
        _refuses(governor, timelock);
        _refusesShares(ProcessShares(Collective(collective).shares()));
        vm.expectRevert();
        Collective(collective).initialize(none, bob);
    }

    function test_the_code_behind_clones_cannot_be_initialised() public {
        _refusesShares(ProcessShares(registry.sharesImplementation()));
        _refuses(governance.governorImplementation(), governance.timelockImplementation());
        Collective behind = Collective(governance.collectiveImplementation());
        vm.expectRevert();
        behind.initialize(none, bob);
    }

    function _refuses(address governor, address timelock) private {
        vm.expectRevert();
        ProcessGovernor(payable(governor)).initialize();
        vm.expectRevert();
        ProcessTimelock(payable(timelock)).initialize(0, new address[](0), new address[](0), bob);
    }

    function _refusesShares(ProcessShares shares) private {
        vm.expectRevert(abi.encodeWithSelector(IProcessShares.Shares_NotRegistry.selector, bob));
        vm.prank(bob);
        shares.initialize(new Holder[](1));
    }
}
