// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice A run, as the leaf of an anchored tree commits to it; chain and anchor contract are added by the contract.
/// @param sequence The number that the studio gave to the run.
/// @param runRoot The root that closed the run.
/// @param receiptCount How many receipts `runRoot` covers, so that an omission shows.
/// @param outputsRoot The root of the tree of outputs.
/// @param payer Who paid for the run; zero if nobody did.
/// @param paymentNonce The nonce of the payment's authorization.
struct Receipt {
    uint256 work;
    uint256 version;
    uint256 sequence;
    bytes32 runRoot;
    uint256 receiptCount;
    bytes32 inputs;
    bytes32 outputsRoot;
    address payer;
    bytes32 paymentNonce;
}
