// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Batch} from "../../src/types/Editions.sol";
import {Fixture} from "../support/Fixture.sol";
import {Registration} from "../../src/types/Works.sol";
import {Crowd} from "../support/Crowd.sol";
import {EditionsHandler} from "./EditionsHandler.sol";

/// @title What holds of editions and anchors after every call, whoever calls what in which order
contract EditionsInvariants is Fixture {
    uint256 private constant WORKS = 3;

    EditionsHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new EditionsHandler(editions, registry, anchor, weird);
        for (uint256 i; i < WORKS; ++i) {
            address creator = address(handler.trader(i));
            Registration memory r = plain(creator);
            r.asset = address(weird);
            (uint256 work,) = registerAs(creator, r);
            vm.prank(creator);
            registry.publish(work, keccak256(abi.encode("second", i)), "");
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](17);
        selectors[0] = EditionsHandler.mint.selector;
        selectors[1] = EditionsHandler.mint.selector;
        selectors[2] = EditionsHandler.buy.selector;
        selectors[3] = EditionsHandler.buy.selector;
        selectors[4] = EditionsHandler.buy.selector;
        selectors[5] = EditionsHandler.setPrice.selector;
        selectors[6] = EditionsHandler.setBaseUri.selector;
        selectors[7] = EditionsHandler.withdraw.selector;
        selectors[8] = EditionsHandler.transfer.selector;
        selectors[9] = EditionsHandler.anchor.selector;
        selectors[10] = EditionsHandler.prove.selector;
        selectors[11] = EditionsHandler.setVerifier.selector;
        selectors[12] = EditionsHandler.appoint.selector;
        selectors[13] = Crowd.behave.selector;
        selectors[14] = Crowd.blacklist.selector;
        selectors[15] = Crowd.plan.selector;
        selectors[16] = Crowd.pass.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_editions_and_anchors_stay_what_they_were_made_and_sales_pay_the_work() external view {
        eq(address(editions).balance, 0, "the shop keeps no coin");
        eq(weird.nominalBalanceOf(address(editions)), 0, "nor tokens");
        for (uint256 work = 1; work <= WORKS; ++work) {
            address shares = registry.sharesOf(work);
            eq(shares.balance, handler.paid(work, NATIVE), "every sale pays the work");
            eq(weird.nominalBalanceOf(shares), handler.paid(work, address(weird)), "in tokens, too");
        }
        // A quarter after each call: all would take most of the time.
        _look(handler.acts() % 4, 4);
    }

    /// @dev At the end of each run: all of them.
    function afterInvariant() external view {
        _look(0, 1);
    }

    /// @dev So that the invariants are not kept by doing nothing.
    function test_the_traders_reach_every_operation() public {
        bytes4[] memory selectors = this.targetSelectors()[0].selectors;
        for (uint256 i; i < 2_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("traders", i)));
            uint256[4] memory words;
            for (uint256 k; k < 4; ++k) {
                words[k] = uint256(keccak256(abi.encode(seed, k)));
            }
            bytes4 selector = selectors[seed % selectors.length];
            if (selector == Crowd.blacklist.selector) words[1] = 0;
            bool flag = selector == EditionsHandler.setPrice.selector
                || selector == EditionsHandler.setVerifier.selector || selector == EditionsHandler.appoint.selector;
            if (flag) words[2] %= 2;
            (bool fine, bytes memory why) = address(handler).call(abi.encodePacked(selector, abi.encode(words)));
            if (!fine) {
                assembly {
                    revert(add(why, 0x20), mload(why))
                }
            }
        }
        string[8] memory names =
            ["mint", "buy", "set a price", "withdraw", "transfer", "anchor", "prove by an anchor", "attest"];
        for (uint256 i; i < names.length; ++i) {
            if (handler.done(names[i]) == 0) revert Untrue(names[i]);
        }
        yes(handler.done("ask a verifier") != 0, "ask a verifier");
    }

    function _look(uint256 first, uint256 step) private view {
        eq(editions.batches(), handler.batches(), "every batch is known");
        for (uint256 b = 1 + first; b <= handler.batches(); b += step) {
            Batch memory told = handler.batchOf(b);
            eq(keccak256(abi.encode(editions.batchOf(b))), keccak256(abi.encode(told)), "a batch is its operators'");
        }
        for (uint256 i = first; i < handler.count(); i += step) {
            _edition(handler.told(i));
        }
        for (uint256 i = first; i < handler.marks(); i += step) {
            EditionsHandler.Mark memory mark = handler.markAt(i);
            (uint256 time, uint256 receipts) = anchor.anchorOf(mark.by, mark.root);
            eq(time, mark.time, "an anchor keeps its time");
            eq(receipts, mark.count, "and how many receipts it covers");
        }
    }

    function _edition(EditionsHandler.Told memory told) private view {
        (uint256 batch, uint256 work, uint256 index) = editions.editionOf(told.token);
        eq(uint256(keccak256(told.prompt)), told.token, "its number is what it was made from");
        eq(batch, told.batch, "batches never change");
        eq(index, told.index, "nor places");
        eq(work, abi.decode(told.prompt, (uint256)), "nor works");
        (address receiver, uint256 royalty) = editions.royaltyInfo(told.token, 10_000);
        eq(receiver, registry.sharesOf(work), "royalties of resales are the work's");
        eq(royalty, handler.batchOf(batch).resaleBps, "and their rate never changes");
        eq(editions.aigcDataOf(told.token), told.data, "data is added once, by who shows it");
        bool inShop = editions.ownerOf(told.token) == address(editions);
        yes(inShop == !told.sold, "what was sold is not sold as new again");
    }
}
