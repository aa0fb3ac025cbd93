// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {IEditions as I} from "../../src/interfaces/IEditions.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {Output, Run, Terms} from "../../src/types/Editions.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {Registration} from "../../src/types/Works.sol";
import {Fixture} from "../support/Fixture.sol";

/// @dev A wallet that is a contract: it says yes to one message.
contract Wallet {
    bytes32 private immutable DIGEST;

    constructor(bytes32 digest) {
        DIGEST = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == DIGEST ? bytes4(0x1626ba7e) : bytes4(0);
    }
}

contract YesVerifier {
    function verify(bytes calldata, bytes calldata, bytes calldata proof) external pure returns (bool) {
        return keccak256(proof) == keccak256("yes");
    }
}

contract EditionsTest is Fixture {
    ProcessShares private shares;
    Run private run;
    Terms private terms;

    function setUp() public override {
        super.setUp();
        Registration memory r = plain(alice);
        uint256 work;
        (work, shares) = registerAs(alice, r);
        run = Run(work, 1, r.bundle, keccak256("parameters"), keccak256("inputs"), keccak256("seed"), keccak256("root"));
        terms = Terms({to: bob, baseUri: "https://example.org/run/", resaleBps: 750, inNative: true, price: 0});
    }

    function _outputs(uint256 count) private pure returns (Output[] memory outputs) {
        outputs = new Output[](count);
        for (uint256 i; i < count; ++i) {
            outputs[i] = Output(sha256(abi.encode("picture", i)), i);
        }
    }

    function _mint(uint256 count) private returns (uint256 first) {
        Output[] memory outputs = _outputs(count);
        (, first) = editions.promptOf(run, outputs[0]);
        vm.prank(alice);
        editions.mint(run, outputs, terms);
    }

    function _refused(bytes memory reason, address who, uint256 count) private {
        Output[] memory outputs = _outputs(count);
        vm.expectRevert(reason);
        vm.prank(who);
        editions.mint(run, outputs, terms);
    }

    function test_an_edition_is_named_by_what_it_was_made_from() public {
        uint256 id = _mint(3);
        bytes memory prompt = abi.encode(
            run.work, 1, run.parameters, run.inputs, run.seed, run.runRoot, sha256(abi.encode("picture", 0)), 0
        );
        eq(id, uint256(keccak256(prompt)), "number");
        eq(editions.ownerOf(id), bob, "owner");
        eq(editions.balanceOf(bob), 3, "all three");
        eq(editions.tokenURI(id), "https://example.org/run/0.json", "metadata");
        (uint256 batch, uint256 work, uint256 index) = editions.editionOf(id);
        yes(batch == 1 && work == run.work && index == 0, "edition");
        (address receiver, uint256 royalty) = editions.royaltyInfo(id, 10_000);
        eq(receiver, address(shares), "royalties of resales go to the shares");
        eq(royalty, 750, "as the terms say");
    }

    function test_nothing_is_minted_twice() public {
        uint256 id = _mint(1);
        _refused(abi.encodeWithSelector(I.Editions_AlreadyMinted.selector, id), alice, 1);
    }

    function test_only_an_operator_mints() public {
        _refused(abi.encodeWithSelector(I.Editions_NotOperator.selector, run.work, bob), bob, 1);
        vm.prank(alice);
        registry.setOperator(run.work, bob, true);
        Output[] memory outputs = _outputs(1);
        vm.prank(bob);
        editions.mint(run, outputs, terms);
    }

    function test_only_a_published_bundle_is_minted() public {
        bytes32 published = run.bundle;
        run.bundle = keccak256("unpublished");
        bytes4 reason = I.Editions_UnpublishedBundle.selector;
        _refused(abi.encodeWithSelector(reason, run.work, 1, run.bundle, published), alice, 1);
        run.version = 2;
        _refused(abi.encodeWithSelector(reason, run.work, 2, run.bundle, bytes32(0)), alice, 1);
        run.bundle = 0;
        _refused(abi.encodeWithSelector(reason, run.work, 2, bytes32(0), bytes32(0)), alice, 1);
    }

    function test_counts_and_rates_have_limits() public {
        _refused(abi.encodeWithSelector(I.Editions_MintCount.selector, 0, 200), alice, 0);
        _refused(abi.encodeWithSelector(I.Editions_MintCount.selector, 201, 200), alice, 201);
        terms.resaleBps = 2_501;
        _refused(abi.encodeWithSelector(I.Editions_ResaleTooHigh.selector, 2_501, 2_500), alice, 1);
    }

    function test_the_shop_sells_for_native_coin_and_the_shares_are_paid() public {
        (terms.to, terms.price) = (address(0), 1 ether);
        uint256 id = _mint(2);
        vm.deal(carol, 3 ether);
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_WrongValue.selector, 2 ether, 1 ether));
        editions.buy{value: 2 ether}(id, carol, 2 ether);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_PriceAbove.selector, 1 ether, 0.9 ether));
        editions.buy{value: 0.9 ether}(id, carol, 0.9 ether);
        editions.buy{value: 1 ether}(id, carol, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_NotForSale.selector, id));
        editions.buy{value: 1 ether}(id, carol, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_ShopTakesNone.selector));
        editions.transferFrom(carol, address(editions), id);
        vm.stopPrank();
        eq(editions.ownerOf(id), carol, "sold");
        eq(shares.owed(alice, NATIVE), 1 ether, "and paid");
    }

    function test_the_shop_sells_for_the_stablecoin_at_a_price_that_operators_set() public {
        (terms.to, terms.price) = (address(0), 1 ether);
        uint256 id = _mint(1);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_NotOperator.selector, run.work, bob));
        vm.prank(bob);
        editions.setPrice(1, false, 1);
        vm.prank(alice);
        editions.setPrice(1, false, 5e6);
        dollar.mint(carol, 5e6);
        vm.startPrank(carol);
        dollar.approve(address(editions), 5e6);
        editions.buy(id, dave, 5e6);
        vm.stopPrank();
        eq(editions.ownerOf(id), dave, "sold to whom the buyer named");
        eq(shares.owed(alice, address(dollar)), 5e6, "and paid");
    }

    function test_unsold_editions_leave_the_shop_by_an_operator_only() public {
        terms.to = address(0);
        uint256[] memory ids = new uint256[](1);
        ids[0] = _mint(1);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_NotForSale.selector, ids[0]));
        editions.buy(ids[0], bob, 0);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_NotOperator.selector, run.work, bob));
        editions.withdraw(ids, bob);
        vm.startPrank(alice);
        editions.withdraw(ids, dave);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_NotForSale.selector, ids[0]));
        editions.withdraw(ids, alice);
        vm.stopPrank();
        eq(editions.ownerOf(ids[0]), dave, "withdrawn");
    }

    function test_metadata_can_move() public {
        uint256 id = _mint(1);
        vm.prank(alice);
        editions.setBaseUri(1, "ipfs://new/");
        eq(editions.tokenURI(id), "ipfs://new/0.json", "moved");
        vm.expectRevert(abi.encodeWithSelector(I.Editions_UnknownBatch.selector, 2));
        editions.setBaseUri(2, "");
    }

    function test_standards_are_announced() public view {
        bytes4[5] memory ids = [bytes4(0x01ffc9a7), 0x80ac58cd, 0x2a55205a, 0x49064906, 0x702c55a6];
        for (uint256 i; i < ids.length; ++i) {
            yes(editions.supportsInterface(ids[i]), "interface");
        }
        no(editions.supportsInterface(0xffffffff), "none");
        yes(registry.supportsInterface(0x49064906), "registry");
    }

    function _prompt() private view returns (bytes memory prompt, uint256 id) {
        return editions.promptOf(run, _outputs(1)[0]);
    }

    function _attestation(uint256 id, bytes memory data) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Daedal Editions"),
                keccak256("1"),
                block.chainid,
                address(editions)
            )
        );
        bytes32 message =
            keccak256(abi.encode(keccak256("Attestation(uint256 edition,bytes32 data)"), id, keccak256(data)));
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    function test_an_operators_signature_attests_an_edition_once() public {
        _mint(1);
        (bytes memory prompt, uint256 id) = _prompt();
        bytes memory data = abi.encode("picture", 0);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xA11CE, _attestation(id, data));
        bytes memory proof = bytes.concat(hex"02", abi.encode(alice, abi.encodePacked(r, s, v)));
        yes(editions.verify(prompt, data, proof), "attested");
        no(editions.verify(prompt, "another picture", proof), "other data");
        editions.addAigcData(id, prompt, data, proof);
        eq(editions.aigcDataOf(id), keccak256(data), "added");
        vm.expectRevert(abi.encodeWithSelector(I.Editions_DataAlreadyAdded.selector, id));
        editions.addAigcData(id, prompt, data, proof);
        (v, r, s) = vm.sign(0xB0B, _attestation(id, data));
        no(editions.verify(prompt, data, bytes.concat(hex"02", abi.encode(bob, abi.encodePacked(r, s, v)))), "by bob");
        no(editions.verify(prompt, data, bytes.concat(hex"02", abi.encode(alice, abi.encodePacked(r, s, v)))), "as alice");
    }

    function test_a_contract_attests_by_erc_1271() public {
        (bytes memory prompt, uint256 id) = _prompt();
        bytes memory data = abi.encode(_outputs(1)[0].digest);
        Wallet wallet = new Wallet(_attestation(id, data));
        bytes memory proof = bytes.concat(hex"02", abi.encode(address(wallet), bytes("")));
        no(editions.verify(prompt, data, proof), "not an operator");
        vm.prank(alice);
        registry.setOperator(run.work, address(wallet), true);
        yes(editions.verify(prompt, data, proof), "an operator; data is the digest");
    }

    function test_a_further_verifier_is_the_controllers_choice() public {
        (bytes memory prompt,) = _prompt();
        bytes memory data = abi.encode("picture", 0);
        no(editions.verify(prompt, data, bytes.concat(hex"03", "yes")), "no verifier");
        address verifier = address(new YesVerifier());
        vm.expectRevert(abi.encodeWithSelector(I.Editions_NotController.selector, run.work, bob));
        vm.prank(bob);
        editions.setVerifier(run.work, verifier);
        vm.prank(alice);
        editions.setVerifier(run.work, verifier);
        yes(editions.verify(prompt, data, bytes.concat(hex"03", "yes")), "its yes");
        no(editions.verify(prompt, data, bytes.concat(hex"03", "no")), "its no");
        vm.expectRevert(abi.encodeWithSelector(I.Editions_UnknownProof.selector, 9));
        editions.verify(prompt, data, hex"09");
    }

    function test_an_anchored_receipt_shows_an_output() public {
        _mint(2);
        (bytes memory prompt, uint256 id) = _prompt();
        Output[] memory outputs = _outputs(2);
        bytes32[2] memory leaves;
        for (uint256 i; i < 2; ++i) {
            bytes memory row = abi.encode(keccak256("daedal/outputs/v1"), 2, i, outputs[i].digest);
            leaves[i] = keccak256(bytes.concat(keccak256(row)));
        }
        Receipt memory receipt =
            Receipt(run.work, 1, 7, run.runRoot, 12, run.inputs, _pair(leaves[0], leaves[1]), address(0), 0);
        bytes32 other = keccak256("another run");
        bytes32 root = _pair(anchor.leafOf(receipt), other);
        bytes memory data = abi.encode("picture", 0);
        bytes memory proof =
            bytes.concat(hex"01", abi.encode(alice, receipt, _list(other), uint256(2), _list(leaves[1])));
        no(editions.verify(prompt, data, proof), "not anchored yet");
        vm.prank(bob);
        anchor.anchor(root, 2, "");
        no(editions.verify(prompt, data, proof), "anchored by somebody else");
        no(
            editions.verify(
                prompt,
                data,
                bytes.concat(hex"01", abi.encode(bob, receipt, _list(other), uint256(2), _list(leaves[1])))
            ),
            "bob may not speak for the work"
        );
        vm.prank(alice);
        anchor.anchor(root, 2, "");
        vm.expectRevert(
            abi.encodeWithSelector(IReceiptAnchor.Anchor_AlreadyAnchored.selector, alice, root, block.timestamp)
        );
        vm.prank(alice);
        anchor.anchor(root, 2, "");
        yes(editions.verify(prompt, data, proof), "anchored");
        editions.addAigcData(id, prompt, data, proof);
        receipt.sequence = 8;
        proof = bytes.concat(hex"01", abi.encode(alice, receipt, _list(other), uint256(2), _list(leaves[1])));
        no(editions.verify(prompt, data, proof), "another receipt");
        (prompt, id) = editions.promptOf(run, outputs[1]);
        vm.expectRevert(abi.encodeWithSelector(I.Editions_ProofRefused.selector, id));
        editions.addAigcData(id, prompt, abi.encode("picture", 1), proof);
        vm.expectRevert();
        editions.addAigcData(id, abi.encodePacked(prompt, "more"), data, proof);
    }

    function test_a_leaf_is_bound_to_chain_and_contract() public {
        Receipt memory receipt = Receipt(1, 2, 3, keccak256("r"), 5, keccak256("i"), keccak256("o"), bob, keccak256("n"));
        bytes32 leaf = anchor.leafOf(receipt);
        bytes memory row = abi.encode(
            block.chainid, address(anchor), 1, 2, 3, keccak256("r"), 5, keccak256("i"), keccak256("o"), bob, keccak256("n")
        );
        eq(leaf, keccak256(bytes.concat(keccak256(row))), "leaf");
        vm.chainId(block.chainid + 1);
        no(anchor.leafOf(receipt) == leaf, "the same on another chain");
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.Anchor_EmptyBatch.selector));
        anchor.anchor(leaf, 0, "");
    }

    function test_64_bytes_of_a_tree_do_not_pass_for_a_receipt() public {
        Receipt memory receipt = Receipt(1, 2, 3, keccak256("r"), 5, keccak256("i"), keccak256("o"), bob, keccak256("n"));
        // Hashed once, a receipt would be the digest of 352 bytes, and two leaves that of 64; hashed twice, of 32.
        bytes32 once = keccak256(abi.encode(block.chainid, address(anchor), receipt));
        eq(anchor.leafOf(receipt), keccak256(abi.encode(once)), "a leaf is hashed twice");
        bytes32 node = _pair(once, keccak256("beside"));
        vm.startPrank(alice);
        anchor.anchor(once, 1, "");
        anchor.anchor(node, 2, "");
        vm.stopPrank();
        no(anchor.verify(alice, receipt, new bytes32[](0)), "a tree whose maker hashed once");
        no(anchor.verify(alice, receipt, _list(keccak256("beside"))), "nor a level above");
    }

    function test_fuzz_no_node_of_a_tree_passes_for_a_receipt(bytes32[7] calldata beside, uint256 place) public {
        Receipt memory receipt = Receipt(1, 1, place, beside[0], 1, beside[1], beside[2], bob, beside[3]);
        bytes32[] memory path = new bytes32[](4);
        bytes32 root = anchor.leafOf(receipt);
        for (uint256 i; i < 4; ++i) {
            path[i] = beside[i + 3];
            root = _pair(root, path[i]);
        }
        vm.prank(alice);
        anchor.anchor(root, 16, "");
        yes(anchor.verify(alice, receipt, path), "the receipt");
        no(anchor.verify(bob, receipt, path), "of another");
        receipt.sequence = place ^ 1;
        no(anchor.verify(alice, receipt, path), "another receipt");
        receipt.sequence = place;
        path[place % 4] = keccak256(abi.encode(path[place % 4]));
        no(anchor.verify(alice, receipt, path), "another path");
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function _list(bytes32 one) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = one;
    }
}
