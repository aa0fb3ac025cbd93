// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Receipt} from "../types/Receipts.sol";

/// @title Anchors of runs
/// @notice Merkle roots of run receipts, one transaction for a batch.
/// @dev Anchors are kept per account, so nobody can take a root away from whoever made it. Whether an account may
/// speak for a work is the registry's answer (`isOperator`).
interface IReceiptAnchor {
    /// @notice A batch was anchored.
    /// @param uri Where the batch's receipts can be had; may be empty.
    event Anchored(address indexed by, bytes32 indexed root, uint256 count, string uri);

    /// @notice `by` anchored `root` before, at `anchoredAt` (seconds).
    error Anchor_AlreadyAnchored(address by, bytes32 root, uint256 anchoredAt);
    /// @notice The root is zero, or it covers no receipt.
    error Anchor_EmptyBatch();

    /// @notice Anchors the root of `count` receipts in the caller's name, once.
    function anchor(bytes32 root, uint256 count, string calldata uri) external;

    /// @notice When `by` anchored `root`, and of how many receipts; zeros if never.
    function anchorOf(address by, bytes32 root) external view returns (uint256 anchoredAt, uint256 count);

    /// @notice The leaf of a receipt on this chain and contract.
    function leafOf(Receipt calldata receipt) external view returns (bytes32);

    /// @notice Whether `by` anchored a root above `receipt`.
    function verify(address by, Receipt calldata receipt, bytes32[] calldata path) external view returns (bool);
}
