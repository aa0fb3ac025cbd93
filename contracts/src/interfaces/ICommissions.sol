// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Commission, CommissionState, CommissionTerms} from "../types/Commissions.sol";
import {Receipt} from "../types/Receipts.sol";

/// @title Commissions
/// @notice Paid runs in escrow, shaped like the job of ERC-8183: funded, submitted, then completed, rejected or
/// expired. What a client orders is named by its digest, and every call tells the terms again: only it is kept.
///
///     Funded    -> Submitted   an operator of the work submits an anchored run, until the deadline
///               -> Expired     anyone after the deadline, an operator before: the client is refunded
///     Submitted -> Completed   the client accepts, or does not dispute within the window: the work's shares are paid
///               -> Disputed    the client disputes within the window
///     Disputed  -> Completed   the client accepts after all, or the arbiter gives the work a part, or stays silent:
///               or Rejected    then the preset split; rejected when the work's part is nothing
///
/// Whoever submits agrees with the terms, the arbiter among them.
interface ICommissions {
    /// @notice A commission was opened and paid for.
    /// @param amount What arrived in escrow: less than the price if the token takes a fee.
    event CommissionOpened(
        bytes32 indexed id, uint256 indexed work, address indexed client, CommissionTerms terms, uint256 amount
    );

    /// @notice A run was submitted.
    /// @param leaf The leaf of its receipt in the batch that `by` anchored.
    event CommissionSubmitted(bytes32 indexed id, address indexed by, bytes32 runRoot, bytes32 leaf);

    /// @notice The client disputes; `reason` is the digest of a text or zero.
    event CommissionDisputed(bytes32 indexed id, bytes32 reason);

    /// @notice A commission reached its end.
    event CommissionEnded(bytes32 indexed id, CommissionState indexed state, uint256 toWork, uint256 toClient);

    /// @notice A payment did not go through; `account` has it here, for `withdraw`.
    event Credited(address indexed account, address indexed asset, uint256 amount);

    /// @notice What was credited left.
    event Withdrawn(address indexed account, address indexed asset, address indexed to, uint256 amount);

    /// @notice A commission with these terms exists: another salt makes another.
    error Commissions_AlreadyOpened(bytes32 id);
    /// @notice `asset` is neither the native coin nor `expected`, the stablecoin of the work.
    error Commissions_AssetDiffers(address asset, address expected);
    /// @notice The run had to be submitted until `deadline` (seconds).
    error Commissions_DeadlineMissed(bytes32 id, uint256 deadline);
    /// @notice `to` did not take `amount` wei.
    error Commissions_NativeRefused(address to, uint256 amount);
    /// @notice Only `account` itself withdraws to elsewhere, and `caller` is another.
    error Commissions_NotAccount(address account, address caller);
    /// @notice `by` anchored no root above `leaf`.
    error Commissions_NotAnchored(address by, bytes32 leaf);
    /// @notice `caller` is not the `arbiter` of the terms.
    error Commissions_NotArbiter(address arbiter, address caller);
    /// @notice `caller` is not the `client` of the terms.
    error Commissions_NotClient(address client, address caller);
    /// @notice `caller` is no operator of `work`.
    error Commissions_NotOperator(uint256 work, address caller);
    /// @notice Nothing arrived in escrow.
    error Commissions_NothingPaid();
    /// @notice `term`, a field of the terms or `workBps`, is zero, has passed, or is too long or too much.
    error Commissions_OutOfRange(string term);
    /// @notice The receipt names another work, version, inputs, payer or payment than commission `id`.
    error Commissions_ReceiptDiffers(bytes32 id);
    /// @notice Commission `id` can be settled, or refunded by anyone, after `until` (seconds).
    error Commissions_TooEarly(bytes32 id, uint256 until);
    /// @notice Commission `id` could be disputed, or decided, until `until` (seconds).
    error Commissions_TooLate(bytes32 id, uint256 until);
    /// @notice `work` has no version of this number.
    error Commissions_UnknownVersion(uint256 work, uint256 version);
    /// @notice Commission `id` stands at `state`, from which this does not lead on.
    error Commissions_WrongState(bytes32 id, CommissionState state);
    /// @notice `value` wei came with the call, and `expected` had to: zero when the price is in a stablecoin.
    error Commissions_WrongValue(uint256 value, uint256 expected);

    /// @notice Orders a run and pays for it, in native coin or by an allowance. The client's.
    function open(CommissionTerms calldata terms) external payable returns (bytes32 id);

    /// @notice Orders a run that the client pays by an ERC-3009 authorization: `ReceiveWithAuthorization` to this
    /// contract over the price, with the commission's digest as its nonce. Anyone may bring it, and nobody can use it
    /// for anything else.
    function openWithAuthorization(
        CommissionTerms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external returns (bytes32 id);

    /// @notice Submits a run. The caller is an operator of the work and anchored the receipt, which names version and
    /// inputs of the commission, its client as payer and its digest as payment nonce: so a run serves one commission.
    function submit(CommissionTerms calldata terms, Receipt calldata receipt, bytes32[] calldata path) external;

    /// @notice Takes a submitted run, and pays the work. The client's, also after a dispute.
    function accept(CommissionTerms calldata terms) external;

    /// @notice Refuses a submitted run within the window, for the arbiter to decide. The client's.
    function dispute(CommissionTerms calldata terms, bytes32 reason) external;

    /// @notice Decides about a disputed run: the work gets a part, the client the rest. The arbiter's.
    function decide(CommissionTerms calldata terms, uint256 workBps) external;

    /// @notice Pays a run that nobody disputed in time, or splits the price when the arbiter did not decide in time.
    /// Anyone.
    function settle(CommissionTerms calldata terms) external;

    /// @notice Refunds a commission that nobody delivered. Anyone after the deadline; an operator at any time before.
    function refund(CommissionTerms calldata terms) external;

    /// @notice Pays what is credited to `account` to `to`. Anyone, to the account itself; the account, to anywhere.
    function withdraw(address account, address asset, address to) external returns (uint256 amount);

    /// @notice The digest that names a commission on this chain and contract.
    function idOf(CommissionTerms calldata terms) external view returns (bytes32);

    /// @notice Where a commission stands.
    function commissionOf(bytes32 id) external view returns (Commission memory);

    /// @notice What `account` can withdraw.
    function creditOf(address account, address asset) external view returns (uint256);
}
