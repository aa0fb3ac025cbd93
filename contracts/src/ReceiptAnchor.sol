// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {Receipt} from "./types/Receipts.sol";

/// @title Anchors of runs
/// @notice See {IReceiptAnchor}.
contract ReceiptAnchor is IReceiptAnchor {
    /// @dev One slot.
    struct Batch {
        uint64 anchoredAt;
        uint128 count;
    }

    mapping(address by => mapping(bytes32 root => Batch)) private _batches;

    /// @inheritdoc IReceiptAnchor
    function anchor(bytes32 root, uint256 count, string calldata uri) external {
        if (count == 0 || root == 0) revert Anchor_EmptyBatch();
        Batch storage batch = _batches[msg.sender][root];
        if (batch.anchoredAt != 0) revert Anchor_AlreadyAnchored(msg.sender, root, batch.anchoredAt);
        _batches[msg.sender][root] = Batch({anchoredAt: uint64(block.timestamp), count: SafeCast.toUint128(count)});
        emit Anchored(msg.sender, root, count, uri);
    }

    /// @inheritdoc IReceiptAnchor
    function anchorOf(address by, bytes32 root) external view returns (uint256 anchoredAt, uint256 count) {
        Batch storage batch = _batches[by][root];
        return (batch.anchoredAt, batch.count);
    }

    /// @inheritdoc IReceiptAnchor
    function leafOf(Receipt calldata receipt) public view returns (bytes32) {
        // Hashed twice and longer than an inner node, so that neither can pass for the other.
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), receipt))));
    }

    /// @inheritdoc IReceiptAnchor
    function verify(address by, Receipt calldata receipt, bytes32[] calldata path) external view returns (bool) {
        return _batches[by][MerkleProof.processProofCalldata(path, leafOf(receipt))].anchoredAt != 0;
    }
}
