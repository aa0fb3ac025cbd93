// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {IProcessShares} from "./interfaces/IProcessShares.sol";
import {IWrappedNative} from "./interfaces/IWrappedNative.sol";
import {Book, Books} from "./libraries/Books.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Stack} from "./libraries/Stack.sol";

/// @title Revenue of a work
/// @notice Keeps the books of two assets and pays holders and ancestors. See {IProcessShares} for the formulas.
/// @dev Whatever moves money holds one lock per work. While it is held, books are read as they were last written:
/// a token's hooks may see a balance that is not settled yet.
abstract contract Revenue is IProcessShares, ReentrancyGuardTransient {
    using Books for Book;
    using SharesCode for address;
    using SafeERC20 for IERC20;

    uint256 private constant NATIVE = 0;
    uint256 private constant TOKEN = 1;

    /// @dev Widths of what was taken, and of an address.
    uint256 private constant TAKEN_BITS = 88;
    uint256 private constant ADDRESS_BITS = 160;

    /// @notice The registry that made these shares.
    IProcessRegistry public immutable REGISTRY;
    /// @notice The wrapped native coin; zero if the chain has none.
    IWrappedNative public immutable WRAPPED_NATIVE;

    Book[2] private _books;
    mapping(address account => int256)[2] private _debts;
    /// @dev One slot: what an ancestor has taken, and above it the shares where it is paid. Those never change, so the
    /// registry is asked for them once.
    mapping(uint256 ancestor => uint256)[2] private _royalties;
    mapping(address holder => mapping(address operator => bool)) private _operators;
    /// @dev The payment that may be delivered now: the shares that are paid, and above them how much.
    uint256 private transient _payment;

    constructor(address registry, address wrappedNative) {
        REGISTRY = IProcessRegistry(registry);
        WRAPPED_NATIVE = IWrappedNative(wrappedNative);
    }

    /// @inheritdoc IProcessShares
    function sync(address asset_) external returns (uint256 gross) {
        // Reading a balance cannot call back: that no payment is in flight is enough.
        if (_reentrancyGuardEntered()) revert ReentrancyGuardReentrantCall();
        (uint256 place,) = _find(asset_);
        return _sync(place, asset_).gross();
    }

    /// @inheritdoc IProcessShares
    function claim(address asset_, address to) external returns (uint256) {
        return _claim(msg.sender, asset_, to);
    }

    /// @inheritdoc IProcessShares
    function claimFor(address account, address asset_, address to) external returns (uint256) {
        if (msg.sender != account && !_operators[account][msg.sender]) {
            revert Shares_NotOperator(account, msg.sender);
        }
        return _claim(account, asset_, to);
    }

    /// @inheritdoc IProcessShares
    function setOperator(address operator, bool approved) external {
        _operators[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
    }

    /// @inheritdoc IProcessShares
    function collect(uint256 ancestor, address asset_) external nonReentrant returns (uint256 amount) {
        (uint256 place,) = _find(asset_);
        Book book = _sync(place, asset_);
        uint256 entitled = Books.share(book.gross(), _rateOf(ancestor));
        uint256 before = _royalties[place][ancestor];
        amount = entitled - uint88(before);
        // slither-disable-next-line incorrect-equality: Nothing to pay is nothing to write, whoever sent what.
        if (amount == 0) return 0;
        address payee = address(uint160(before >> TAKEN_BITS));
        if (payee == address(0)) payee = REGISTRY.sharesOf(ancestor);
        _royalties[place][ancestor] = uint256(uint160(payee)) << TAKEN_BITS | entitled;
        _books[place] = book.afterPayment(amount);
        emit RoyaltyPaid(ancestor, asset_, amount);
        if (place == NATIVE) {
            IProcessShares(payee).receiveRoyalty{value: amount}(asset_, amount);
        } else {
            _payment = amount << ADDRESS_BITS | uint160(payee);
            IProcessShares(payee).receiveRoyalty(asset_, amount);
        }
    }

    /// @inheritdoc IProcessShares
    function receiveRoyalty(address asset_, uint256 amount) external payable nonReentrant {
        if (!msg.sender.madeBy(address(REGISTRY))) revert Shares_NotShares(msg.sender);
        (uint256 place,) = _find(asset_);
        uint256 received = msg.value;
        if (place == TOKEN) {
            if (msg.value != 0) revert Shares_UnexpectedValue(msg.value);
            uint256 before = IERC20(asset_).balanceOf(address(this));
            // slither-disable-next-line reentrancy-benign: Of the registry's shares, under the lock.
            IProcessShares(msg.sender).deliver();
            received = IERC20(asset_).balanceOf(address(this)) - before;
            // What came on top is not a royalty, but revenue of which the ancestors have their part.
            if (received > amount) received = amount;
        }
        _books[place] = _books[place].afterInbound(received);
        emit RoyaltyReceived(msg.sender.work(), asset_, received);
    }

    /// @inheritdoc IProcessShares
    function deliver() external {
        uint256 payment = _payment;
        if (msg.sender != address(uint160(payment))) revert Shares_NotPayee(msg.sender);
        _payment = 0;
        IERC20(asset()).safeTransfer(msg.sender, payment >> ADDRESS_BITS);
    }

    /// @inheritdoc IProcessShares
    function unwrap() external nonReentrant returns (uint256 amount) {
        amount = WRAPPED_NATIVE.balanceOf(address(this));
        WRAPPED_NATIVE.withdraw(amount);
        emit Unwrapped(amount);
    }

    /// @inheritdoc IProcessShares
    function work() public view returns (uint256) {
        return address(this).work();
    }

    /// @inheritdoc IProcessShares
    function creator() external view returns (address) {
        return address(this).creator();
    }

    /// @inheritdoc IProcessShares
    function asset() public view returns (address) {
        return address(this).asset();
    }

    /// @inheritdoc IProcessShares
    function stackBps() public view returns (uint256 bps) {
        // slither-disable-next-line unused-return: The rate is what is asked for.
        (, bps) = address(this).assetAndStackBps();
    }

    /// @inheritdoc IProcessShares
    function revenue(address asset_)
        external
        view
        returns (uint256 gross, uint256 inbound, uint256 net, uint256 paidOut)
    {
        (uint256 place, uint256 bps) = _find(asset_);
        Book book = _bookNow(place, asset_);
        return (book.gross(), book.inbound(), book.net(bps), book.paidOut());
    }

    /// @inheritdoc IProcessShares
    function owed(address account, address asset_) external view returns (uint256) {
        (uint256 place, uint256 bps) = _find(asset_);
        return _owed(place, account, _bookNow(place, asset_).net(bps), address(this).supply());
    }

    /// @inheritdoc IProcessShares
    function due(uint256 ancestor, address asset_) external view returns (uint256) {
        (uint256 place,) = _find(asset_);
        return Books.share(_bookNow(place, asset_).gross(), _rateOf(ancestor)) - uint88(_royalties[place][ancestor]);
    }

    /// @inheritdoc IProcessShares
    function taken(uint256 ancestor, address asset_) external view returns (uint256) {
        (uint256 place,) = _find(asset_);
        return uint88(_royalties[place][ancestor]);
    }

    /// @inheritdoc IProcessShares
    function debt(address account, address asset_) external view returns (int256) {
        (uint256 place,) = _find(asset_);
        return _debts[place][account];
    }

    /// @inheritdoc IProcessShares
    function isOperator(address holder, address operator) external view returns (bool) {
        return _operators[holder][operator];
    }

    /// @dev The token's balance of an account.
    function _sharesHeld(address account) internal view virtual returns (uint256);

    /// @dev Moves what was settled along with shares, so that past revenue stays with who held them then.
    function _carry(address from, address to, uint256 amount) internal {
        if (amount == 0 || from == to) return;
        (address token, uint256 bps) = address(this).assetAndStackBps();
        _carryAsset(NATIVE, address(0), bps, from, to, amount);
        _carryAsset(TOKEN, token, bps, from, to, amount);
    }

    function _carryAsset(uint256 place, address asset_, uint256 bps, address from, address to, uint256 amount)
        private
    {
        Book book = _books[place];
        // A token that cannot be read, or a payment in flight, must not stop a transfer: what is new then is
        // credited by the next sync, to whoever holds the shares at that time.
        if (!_reentrancyGuardEntered()) {
            (bool readable, uint256 balance) = Books.balanceOf(asset_, address(this));
            if (readable) book = _record(place, asset_, balance);
        }
        int256 moved = int256(book.net(bps) * amount);
        // slither-disable-next-line incorrect-equality: A saving: zero changes no debt.
        if (moved == 0) return;
        _debts[place][from] -= moved;
        _debts[place][to] += moved;
    }

    function _claim(address account, address asset_, address to) private nonReentrant returns (uint256 amount) {
        if (to == address(0)) revert Shares_NoRecipient();
        (uint256 place, uint256 bps) = _find(asset_);
        uint256 supply = address(this).supply();
        Book book = _sync(place, asset_);
        amount = _owed(place, account, book.net(bps), supply);
        // slither-disable-next-line incorrect-equality: Nothing to pay is nothing to write, whoever sent what.
        if (amount == 0) return 0;
        _debts[place][account] += int256(amount * supply);
        _books[place] = book.afterPayment(amount);
        emit Claimed(account, asset_, to, amount);
        if (place == TOKEN) {
            IERC20(asset_).safeTransfer(to, amount);
        } else {
            // slither-disable-next-line low-level-calls: Coin to anybody; the books are written, and the lock is held.
            (bool sent,) = to.call{value: amount}("");
            if (!sent) revert Shares_NativeRefused(to, amount);
        }
    }

    function _sync(uint256 place, address asset_) private returns (Book) {
        (bool readable, uint256 balance) = Books.balanceOf(asset_, address(this));
        if (!readable) revert Shares_AssetUnreadable(asset_);
        return _record(place, asset_, balance);
    }

    function _record(uint256 place, address asset_, uint256 balance) private returns (Book book) {
        uint256 added;
        (book, added) = _books[place].withBalance(balance);
        // slither-disable-next-line incorrect-equality: A saving: nothing is new.
        if (added == 0) return book;
        _books[place] = book;
        emit RevenueSynced(asset_, added, book.gross());
    }

    function _bookNow(uint256 place, address asset_) private view returns (Book book) {
        book = _books[place];
        if (_reentrancyGuardEntered()) return book;
        (bool readable, uint256 balance) = Books.balanceOf(asset_, address(this));
        // slither-disable-next-line unused-return: The book is what is asked for.
        if (readable) (book,) = book.withBalance(balance);
    }

    function _owed(uint256 place, address account, uint256 net, uint256 supply) private view returns (uint256) {
        // Never negative: net only grows, and debt follows it through every transfer.
        return uint256(int256(net * _sharesHeld(account)) - _debts[place][account]) / supply;
    }

    function _rateOf(uint256 ancestor) private view returns (uint256 bps) {
        bool found;
        (found, bps) = Stack.find(address(this).ancestors(), ancestor);
        if (!found) revert Shares_NotAncestor(work(), ancestor);
    }

    /// @dev Where the books of an asset are, and what the work owes upstream.
    function _find(address asset_) private view returns (uint256 place, uint256 bps) {
        address token;
        (token, bps) = address(this).assetAndStackBps();
        if (asset_ == address(0)) return (NATIVE, bps);
        if (asset_ != token) revert Shares_UnknownAsset(asset_, token);
        return (TOKEN, bps);
    }
}
