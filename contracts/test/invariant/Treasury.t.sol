// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Treasury} from "../../src/Treasury.sol";
import {CapitalFixture} from "../support/CapitalFixture.sol";
import {Crowd} from "../support/Crowd.sol";
import {TreasuryHandler} from "./TreasuryHandler.sol";

/// @title What holds of treasuries after every call, whoever calls what in which order
contract TreasuryInvariants is CapitalFixture {
    uint256 private constant TRADERS = 12;

    TreasuryHandler private handler;
    Treasury[] private treasuries;

    function setUp() public override {
        super.setUp();
        handler = new TreasuryHandler(registry, capital, weird);
        for (uint256 i; i < 2; ++i) {
            address creator = address(handler.trader(i));
            (uint256 work,) = registerAs(creator, odd(creator));
            treasuries.push(Treasury(capital.openTreasury(work)));
        }
        treasuries.push(Treasury(capital.openTreasuryFor(address(handler.trader(2)))));
        handler.meet(treasuries);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = TreasuryHandler.fund.selector;
        selectors[1] = TreasuryHandler.setAllowance.selector;
        selectors[2] = TreasuryHandler.setAllowance.selector;
        selectors[3] = TreasuryHandler.draw.selector;
        selectors[4] = TreasuryHandler.draw.selector;
        selectors[5] = TreasuryHandler.handOver.selector;
        selectors[6] = TreasuryHandler.sellWork.selector;
        selectors[7] = Crowd.behave.selector;
        selectors[8] = Crowd.blacklist.selector;
        selectors[9] = Crowd.plan.selector;
        selectors[10] = Crowd.pass.selector;
        selectors[11] = TreasuryHandler.open.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_the_treasuries_keep_their_promises() public {
        eq(handler.wrong(), "", "draws stay in the allowance");
        for (uint256 i; i < treasuries.length; ++i) {
            Treasury treasury = treasuries[i];
            uint256 coin = handler.funded(treasury, NATIVE) - handler.drawn(treasury, NATIVE);
            eq(address(treasury).balance, coin, "capital leaves by draws only");
            uint256 tokens = handler.funded(treasury, address(weird)) - handler.drawn(treasury, address(weird));
            eq(weird.nominalBalanceOf(address(treasury)), tokens, "in tokens, too");
            for (uint256 k; k < TRADERS; ++k) {
                address operator = address(handler.trader(k));
                address asset = (k + handler.acts()) % 2 == 0 ? NATIVE : address(weird);
                uint256 left = handler.leftTo(treasury, operator, asset);
                eq(treasury.drawable(operator, asset), left, "what is left of the period");
            }
        }
    }

    /// @dev At the end of each run: that it was not idle.
    function afterInvariant() external view {
        if (handler.acts() < 100) return; // The runs of shrinking a failure are short.
        yes(handler.done("allow") + handler.done("draw") > 0, "somebody drew");
    }
}
