// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICommissions} from "./interfaces/ICommissions.sol";
import {IERC3009} from "./interfaces/IERC3009.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Commission, CommissionState as State, CommissionTerms} from "./types/Commissions.sol";
import {Receipt} from "./types/Receipts.sol";

/// @title Paid runs in escrow
/// @notice See {ICommissions}.
/// @dev A payment that does not go through is credited to its receiver, so that no receiver can keep a commission from
/// its end, or the other side from its part.
contract Commissions is ICommissions, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SharesCode for address;

    uint256 private constant WHOLE_BPS = 10_000;

    /// @notice Longest time to the deadline, longest window and longest arbitration.
    uint256 public constant PERIOD_MAX = 365 days;
    /// @notice Gas for a receiver of native coin: a wallet that is a contract does with less, and one that burns it
    /// costs the caller no more.
    uint256 public constant RECEIVER_GAS = 50_000;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;
    /// @notice The anchors of runs.
    IReceiptAnchor public immutable ANCHOR;

    mapping(bytes32 id => Commission) private _commissions;
    mapping(address account => mapping(address asset => uint256)) private _credits;

    constructor(IProcessRegistry registry, IReceiptAnchor anchor) {
        REGISTRY = registry;
        ANCHOR = anchor;
    }

    /// @inheritdoc ICommissions
    function open(CommissionTerms calldata terms) external payable nonReentrant returns (bytes32 id) {
        if (msg.sender != terms.client) revert Commissions_NotClient(terms.client, msg.sender);
        id = _requireNew(terms);
        uint256 amount = terms.price;
        uint256 expected = terms.asset == address(0) ? amount : 0;
        if (msg.value != expected) revert Commissions_WrongValue(msg.value, expected);
        if (terms.asset != address(0)) {
            IERC20 token = IERC20(terms.asset);
            uint256 before = token.balanceOf(address(this));
            token.safeTransferFrom(msg.sender, address(this), amount);
            amount = token.balanceOf(address(this)) - before;
        }
        _fund(id, terms, amount);
    }

    // What arrived is known only after the call; the lock is held, and the token is one that the registry allows.
    // slither-disable-start reentrancy-no-eth
    /// @inheritdoc ICommissions
    function openWithAuthorization(
        CommissionTerms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 id) {
        id = _requireNew(terms);
        IERC20 token = IERC20(terms.asset);
        uint256 before = token.balanceOf(address(this));
        IERC3009(terms.asset).receiveWithAuthorization(
            terms.client, address(this), terms.price, validAfter, validBefore, id, signature
        );
        _fund(id, terms, token.balanceOf(address(this)) - before);
    }
    // slither-disable-end reentrancy-no-eth

    /// @inheritdoc ICommissions
    function submit(CommissionTerms calldata terms, Receipt calldata receipt, bytes32[] calldata path) external {
        (bytes32 id, Commission storage c) = _requireState(terms, State.Funded);
        // slither-disable-next-line timestamp: The parties chose the span; a proposer bends seconds of it.
        if (block.timestamp > terms.deadline) revert Commissions_DeadlineMissed(id, terms.deadline);
        if (!REGISTRY.isOperator(terms.work, msg.sender)) revert Commissions_NotOperator(terms.work, msg.sender);
        if (
            receipt.work != terms.work || receipt.version != terms.version || receipt.inputs != terms.inputs
                || receipt.payer != terms.client || receipt.paymentNonce != id
        ) revert Commissions_ReceiptDiffers(id);
        bytes32 leaf = ANCHOR.leafOf(receipt);
        if (!ANCHOR.verify(msg.sender, receipt, path)) revert Commissions_NotAnchored(msg.sender, leaf);
        (c.state, c.since, c.runRoot) = (State.Submitted, uint48(block.timestamp), receipt.runRoot);
        emit CommissionSubmitted(id, msg.sender, receipt.runRoot, leaf);
    }

    /// @inheritdoc ICommissions
    function accept(CommissionTerms calldata terms) external nonReentrant {
        _requireClient(terms);
        (bytes32 id, Commission storage c) = _find(terms);
        if (c.state != State.Submitted && c.state != State.Disputed) revert Commissions_WrongState(id, c.state);
        _end(id, c, terms, State.Completed, WHOLE_BPS);
    }

    /// @inheritdoc ICommissions
    function dispute(CommissionTerms calldata terms, bytes32 reason) external {
        _requireClient(terms);
        (bytes32 id, Commission storage c) = _requireState(terms, State.Submitted);
        uint256 until = uint256(c.since) + terms.window;
        // slither-disable-next-line timestamp: The parties chose the span; a proposer bends seconds of it.
        if (block.timestamp > until) revert Commissions_TooLate(id, until);
        (c.state, c.since) = (State.Disputed, uint48(block.timestamp));
        emit CommissionDisputed(id, reason);
    }

    /// @inheritdoc ICommissions
    function decide(CommissionTerms calldata terms, uint256 workBps) external nonReentrant {
        if (msg.sender != terms.arbiter) revert Commissions_NotArbiter(terms.arbiter, msg.sender);
        if (workBps > WHOLE_BPS) revert Commissions_OutOfRange("workBps");
        (bytes32 id, Commission storage c) = _requireState(terms, State.Disputed);
        uint256 until = uint256(c.since) + terms.arbitration;
        // slither-disable-next-line timestamp: The parties chose the span; a proposer bends seconds of it.
        if (block.timestamp > until) revert Commissions_TooLate(id, until);
        _end(id, c, terms, workBps == 0 ? State.Rejected : State.Completed, workBps);
    }

    /// @inheritdoc ICommissions
    function settle(CommissionTerms calldata terms) external nonReentrant {
        (bytes32 id, Commission storage c) = _find(terms);
        bool disputed = c.state == State.Disputed;
        if (!disputed && c.state != State.Submitted) revert Commissions_WrongState(id, c.state);
        uint256 until = uint256(c.since) + (disputed ? terms.arbitration : terms.window);
        // slither-disable-next-line timestamp: The parties chose the span; a proposer bends seconds of it.
        if (block.timestamp <= until) revert Commissions_TooEarly(id, until);
        uint256 workBps = disputed ? terms.splitBps : WHOLE_BPS;
        _end(id, c, terms, workBps == 0 ? State.Rejected : State.Completed, workBps);
    }

    /// @inheritdoc ICommissions
    function refund(CommissionTerms calldata terms) external nonReentrant {
        (bytes32 id, Commission storage c) = _requireState(terms, State.Funded);
        // slither-disable-next-line timestamp: The parties chose the span; a proposer bends seconds of it.
        if (block.timestamp <= terms.deadline && !REGISTRY.isOperator(terms.work, msg.sender)) {
            revert Commissions_TooEarly(id, terms.deadline);
        }
        _end(id, c, terms, State.Expired, 0);
    }

    /// @inheritdoc ICommissions
    function withdraw(address account, address asset, address to) external nonReentrant returns (uint256 amount) {
        if (to != account && msg.sender != account) revert Commissions_NotAccount(account, msg.sender);
        amount = _credits[account][asset];
        if (amount == 0) return 0;
        _credits[account][asset] = 0;
        emit Withdrawn(account, asset, to, amount);
        if (asset == address(0)) {
            // slither-disable-next-line low-level-calls: Coin to anybody; the credit is gone already.
            (bool sent,) = to.call{value: amount}("");
            if (!sent) revert Commissions_NativeRefused(to, amount);
        } else {
            IERC20(asset).safeTransfer(to, amount);
        }
    }

    /// @inheritdoc ICommissions
    function idOf(CommissionTerms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    /// @inheritdoc ICommissions
    function commissionOf(bytes32 id) external view returns (Commission memory) {
        return _commissions[id];
    }

    /// @inheritdoc ICommissions
    function creditOf(address account, address asset) external view returns (uint256) {
        return _credits[account][asset];
    }

    /// @dev Terms that can be carried out, and that nobody opened before.
    function _requireNew(CommissionTerms calldata terms) private view returns (bytes32 id) {
        id = idOf(terms);
        if (_commissions[id].state != State.None) revert Commissions_AlreadyOpened(id);
        if (REGISTRY.bundleOf(terms.work, terms.version) == 0) {
            revert Commissions_UnknownVersion(terms.work, terms.version);
        }
        // Another token would be lost at the shares.
        address expected = REGISTRY.sharesOf(terms.work).asset();
        if (terms.asset != address(0) && terms.asset != expected) {
            revert Commissions_AssetDiffers(terms.asset, expected);
        }
        if (terms.client == address(0)) revert Commissions_OutOfRange("client");
        if (terms.arbiter == address(0)) revert Commissions_OutOfRange("arbiter");
        if (terms.splitBps > WHOLE_BPS) revert Commissions_OutOfRange("splitBps");
        if (terms.window > PERIOD_MAX) revert Commissions_OutOfRange("window");
        if (terms.arbitration > PERIOD_MAX) revert Commissions_OutOfRange("arbitration");
        // slither-disable-next-line timestamp: The parties chose the span; a proposer bends seconds of it.
        if (terms.deadline < block.timestamp || terms.deadline > block.timestamp + PERIOD_MAX) {
            revert Commissions_OutOfRange("deadline");
        }
    }

    function _fund(bytes32 id, CommissionTerms calldata terms, uint256 amount) private {
        // slither-disable-next-line incorrect-equality: Nothing arrived is nothing; anything more is counted.
        if (amount == 0) revert Commissions_NothingPaid();
        Commission storage c = _commissions[id];
        (c.state, c.since, c.amount) = (State.Funded, uint48(block.timestamp), SafeCast.toUint96(amount));
        emit CommissionOpened(id, terms.work, terms.client, terms, amount);
    }

    // A credit is all that is written after a payment, and every call that moves money holds the lock.
    // slither-disable-start reentrancy-eth
    /// @dev The only way out of escrow: a commission that is live reaches its end, and its amount is divided.
    function _end(bytes32 id, Commission storage c, CommissionTerms calldata terms, State end, uint256 workBps)
        private
    {
        uint256 toWork = uint256(c.amount) * workBps / WHOLE_BPS;
        uint256 toClient = c.amount - toWork;
        (c.state, c.since) = (end, uint48(block.timestamp));
        emit CommissionEnded(id, end, toWork, toClient);
        if (toWork != 0) _pay(terms.asset, REGISTRY.sharesOf(terms.work), toWork);
        if (toClient != 0) _pay(terms.asset, terms.client, toClient);
    }
    // slither-disable-end reentrancy-eth

    // To the parties of a commission only; what they return is bounded by the gas that they get.
    // slither-disable-start arbitrary-send-eth,return-bomb
    function _pay(address asset, address to, uint256 amount) private {
        bool paid;
        // slither-disable-next-line low-level-calls,reentrancy-benign: Little gas; a credit adds to what is there then.
        if (asset == address(0)) (paid,) = to.call{value: amount, gas: RECEIVER_GAS}("");
        else paid = IERC20(asset).trySafeTransfer(to, amount);
        if (paid) return;
        _credits[to][asset] += amount;
        emit Credited(to, asset, amount);
    }
    // slither-disable-end arbitrary-send-eth,return-bomb

    function _find(CommissionTerms calldata terms) private view returns (bytes32 id, Commission storage c) {
        id = idOf(terms);
        c = _commissions[id];
    }

    function _requireState(CommissionTerms calldata terms, State expected)
        private
        view
        returns (bytes32 id, Commission storage c)
    {
        (id, c) = _find(terms);
        if (c.state != expected) revert Commissions_WrongState(id, c.state);
    }

    function _requireClient(CommissionTerms calldata terms) private view {
        if (msg.sender != terms.client) revert Commissions_NotClient(terms.client, msg.sender);
    }
}
