// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IProcessShares} from "./interfaces/IProcessShares.sol";
import {IShareOffering} from "./interfaces/IShareOffering.sol";
import {Frozen} from "./libraries/Frozen.sol";
import {Money} from "./libraries/Money.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Offer, OfferingState} from "./types/Capital.sol";

/// @title An offering of shares at a fixed price
/// @notice See {IShareOffering}.
/// @dev Behind minimal proxies that carry the offer. The money of revenue is counted apart from contributions, which
/// may be in the same asset: neither can be paid out of the other.
contract ShareOffering is IShareOffering, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using SharesCode for address;

    /// @dev The revenue of the shares that are here, in one asset. {Books} are narrower than 128 bits.
    /// @param claimed What the shares said that they paid; `held` is what arrived and is still here.
    /// @param issuers The issuer's part, once the offering is over.
    /// @param net The shares' net revenue when the offering was over: buyers earn what exceeds it.
    struct Pot {
        uint128 claimed;
        uint128 held;
        uint128 issuers;
        uint128 net;
    }

    /// @dev An account's part of it: what it had earned when it claimed its shares, and what it was paid.
    struct Part {
        uint128 earned;
        uint128 paid;
    }

    /// @inheritdoc IShareOffering
    OfferingState public state;
    /// @inheritdoc IShareOffering
    bool public withdrawn;
    /// @inheritdoc IShareOffering
    uint32 public lotsSold;
    /// @inheritdoc IShareOffering
    mapping(address account => uint256) public lotsOf;
    mapping(address asset => Pot) private _pots;
    mapping(address account => mapping(address asset => Part)) private _parts;

    modifier inState(OfferingState expected) {
        if (state != expected) revert Offering_NotInState(state, expected);
        _;
    }

    /// @inheritdoc IShareOffering
    function buy(uint32 lots, bytes32 notice, bytes32[] calldata proof)
        external
        payable
        nonReentrant
        inState(OfferingState.Open)
    {
        Offer memory o = offer();
        // slither-disable-next-line timestamp: The issuer chose the span; a proposer bends seconds of it.
        if (block.timestamp >= o.terms.deadline) revert Offering_Over(o.terms.deadline);
        if (notice != o.terms.notice) revert Offering_NoticeDiffers(notice, o.terms.notice);
        uint32 left = o.terms.lotsMax - lotsSold;
        if (lots == 0 || lots > left) revert Offering_LotsLeft(lots, left);
        if (o.terms.allowList != 0 && !MerkleProof.verifyCalldata(proof, o.terms.allowList, leafOf(msg.sender))) {
            revert Offering_NotAllowed(msg.sender);
        }
        lotsSold += lots;
        lotsOf[msg.sender] += lots;
        uint256 cost = uint256(lots) * o.terms.price;
        emit Bought(msg.sender, lots, cost, notice);
        address asset = _currency(o);
        Money.requireValue(asset, cost);
        Money.take(asset, address(this), cost);
    }

    // The shares are the registry's own code, which reads a balance and calls nobody back; the lock is held.
    // slither-disable-start reentrancy-no-eth
    /// @inheritdoc IShareOffering
    function finalize() external nonReentrant inState(OfferingState.Open) returns (bool succeeded) {
        Offer memory o = offer();
        // slither-disable-next-line timestamp: The issuer chose the span; a proposer bends seconds of it.
        if (lotsSold < o.terms.lotsMax && block.timestamp < o.terms.deadline) revert Offering_NotOver(o.terms.deadline);
        succeeded = lotsSold >= o.terms.lotsMin;
        _close(o.shares, address(0));
        _close(o.shares, o.shares.asset());
        state = succeeded ? OfferingState.Succeeded : OfferingState.Failed;
        uint256 kept = succeeded ? uint256(lotsSold) * o.terms.lot : 0;
        uint256 returned = IERC20(o.shares).balanceOf(address(this)) - kept;
        emit Finalized(succeeded, lotsSold, returned);
        if (returned != 0) IERC20(o.shares).safeTransfer(o.issuer, returned);
    }
    // slither-disable-end reentrancy-no-eth

    /// @inheritdoc IShareOffering
    function claim(address to) external nonReentrant inState(OfferingState.Succeeded) returns (uint256 shares) {
        Offer memory o = offer();
        shares = _takeLots() * o.terms.lot;
        _note(o.shares, address(0), shares);
        _note(o.shares, o.shares.asset(), shares);
        emit SharesClaimed(msg.sender, to, shares);
        IERC20(o.shares).safeTransfer(to, shares);
    }

    /// @inheritdoc IShareOffering
    function refund(address to) external nonReentrant inState(OfferingState.Failed) returns (uint256 amount) {
        Offer memory o = offer();
        amount = _takeLots() * o.terms.price;
        emit Refunded(msg.sender, to, amount);
        Money.send(_currency(o), to, amount);
    }

    /// @inheritdoc IShareOffering
    function withdraw() external nonReentrant inState(OfferingState.Succeeded) returns (uint256 amount) {
        if (withdrawn) return 0;
        Offer memory o = offer();
        withdrawn = true;
        amount = uint256(lotsSold) * o.terms.price;
        emit ProceedsPaid(o.treasury, amount);
        Money.send(_currency(o), o.treasury, amount);
    }

    // What arrived is known only after the claim; the lock is held, and views tell what was written last.
    // slither-disable-start reentrancy-no-eth
    /// @inheritdoc IShareOffering
    function claimRevenue(address asset, address to) external nonReentrant returns (uint256 amount) {
        Pot storage pot = _pots[asset];
        uint256 before = Money.balanceOf(asset, address(this));
        // Syncs, too: what is counted below can never be less later.
        // slither-disable-next-line reentrancy-benign: Under the lock.
        pot.claimed += IProcessShares(offer().shares).claim(asset, address(this)).toUint128();
        uint256 held = pot.held + Money.balanceOf(asset, address(this)) - before;
        // Less arrived if the token took a fee: the rest waits, and no contribution is touched.
        amount = Math.min(revenueOf(msg.sender, asset), held);
        pot.held = (held - amount).toUint128();
        _parts[msg.sender][asset].paid += amount.toUint128();
        emit RevenueClaimed(msg.sender, asset, to, amount);
        Money.send(asset, to, amount);
    }
    // slither-disable-end reentrancy-no-eth

    /// @inheritdoc IShareOffering
    function offer() public view returns (Offer memory) {
        uint256 size = address(this).code.length - Frozen.PROXY_SIZE;
        return abi.decode(Frozen.slice(address(this), Frozen.PROXY_SIZE, size), (Offer));
    }

    /// @inheritdoc IShareOffering
    function currency() external view returns (address) {
        return _currency(offer());
    }

    /// @inheritdoc IShareOffering
    function revenueOf(address account, address asset) public view returns (uint256) {
        Offer memory o = offer();
        Part storage part = _parts[account][asset];
        uint256 entitled = part.earned;
        if (account == o.issuer) entitled += _issuers(o.shares, asset);
        if (state == OfferingState.Succeeded) entitled += _earnedBy(lotsOf[account] * o.terms.lot, o.shares, asset);
        return entitled - part.paid;
    }

    /// @inheritdoc IShareOffering
    function leafOf(address account) public pure returns (bytes32) {
        // Hashed twice and shorter than an inner node, so that neither can pass for the other.
        return keccak256(bytes.concat(keccak256(abi.encode(account))));
    }

    /// @dev Draws the line between the issuer's revenue and the buyers'.
    function _close(address shares, address asset) private {
        // A token that cannot be read must not keep the offering open: as with a transfer of shares, what it brought
        // meanwhile belongs to whoever the shares belong to at the next sync.
        // slither-disable-next-line reentrancy-benign,unused-return: Shares call nobody back; they are read next.
        try IProcessShares(shares).sync(asset) {} catch {}
        // slither-disable-next-line unused-return: Net is what is asked for.
        (,, uint256 net,) = IProcessShares(shares).revenue(asset);
        Pot storage pot = _pots[asset];
        (pot.issuers, pot.net) = (_issuers(shares, asset).toUint128(), net.toUint128());
    }

    function _issuers(address shares, address asset) private view returns (uint256) {
        Pot storage pot = _pots[asset];
        if (state != OfferingState.Open) return pot.issuers;
        return pot.claimed + IProcessShares(shares).owed(address(this), asset);
    }

    /// @dev What `amount` of the shares earned since the offering was over.
    function _earnedBy(uint256 amount, address shares, address asset) private view returns (uint256) {
        // slither-disable-next-line unused-return: Net is what is asked for.
        (,, uint256 net,) = IProcessShares(shares).revenue(asset);
        return amount * (net - _pots[asset].net) / shares.supply();
    }

    function _note(address shares, address asset, uint256 amount) private {
        uint256 earned = _earnedBy(amount, shares, asset);
        if (earned != 0) _parts[msg.sender][asset].earned += earned.toUint128();
    }

    function _takeLots() private returns (uint256 lots) {
        lots = lotsOf[msg.sender];
        if (lots == 0) revert Offering_NothingBought(msg.sender);
        delete lotsOf[msg.sender];
    }

    function _currency(Offer memory o) private view returns (address) {
        return o.terms.inNative ? address(0) : o.shares.asset();
    }
}
