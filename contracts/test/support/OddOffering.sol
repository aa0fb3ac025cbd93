// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {ShareOffering} from "../../src/ShareOffering.sol";
import {CapitalFixture} from "./CapitalFixture.sol";

/// @dev An offering of shares whose stablecoin can misbehave.
abstract contract OddOffering is CapitalFixture {
    ProcessShares internal shares;
    ShareOffering internal offering;

    function setUp() public virtual override {
        super.setUp();
        (, shares) = registerAs(alice, odd(alice));
        offering = offerAs(alice, shares, offered());
    }

    function _revenue(uint256 amount) internal {
        weird.mint(address(shares), amount);
    }

    function _claimRevenue(address who, address asset) internal returns (uint256) {
        vm.prank(who);
        return offering.claimRevenue(asset, who);
    }

    function _claim(address who) internal {
        vm.prank(who);
        offering.claim(who);
    }
}
