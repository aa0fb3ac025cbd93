// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IMarket} from "./interfaces/IMarket.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {Money} from "./libraries/Money.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Listing} from "./types/Market.sol";

/// @title A market for shares and editions
/// @notice See {IMarket}. Nobody owns it, and it takes no fee.
/// @dev Only shares that the registry made and the one contract of editions: both are known not to call anybody.
contract Market is IMarket, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SharesCode for address;

    /// @notice How long a listing may last: one that its seller forgot ends by itself.
    uint256 public constant DURATION_MAX = 366 days;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;
    /// @notice The editions that can be traded.
    address public immutable EDITIONS;

    /// @inheritdoc IMarket
    uint256 public listings;
    mapping(uint256 listing => Listing) private _listings;

    constructor(IProcessRegistry registry, address editions) {
        REGISTRY = registry;
        // slither-disable-next-line missing-zero-check: The deployer's word: zero is a market of shares only.
        EDITIONS = editions;
    }

    /// @inheritdoc IMarket
    function listShares(address shares, uint96 amount, uint96 price, bool inNative, uint48 until)
        external
        returns (uint256)
    {
        if (!shares.madeBy(address(REGISTRY))) revert Market_NotForTrade(shares, 0);
        if (amount == 0) revert Market_AmountListed(amount);
        return _list(Listing(msg.sender, amount, shares, amount, price, until, inNative, 0));
    }

    /// @inheritdoc IMarket
    function listEdition(uint256 edition, uint96 price, bool inNative, uint48 until) external returns (uint256) {
        if (IERC721(EDITIONS).ownerOf(edition) != msg.sender) revert Market_NotForTrade(EDITIONS, edition);
        return _list(Listing(msg.sender, 1, EDITIONS, 1, price, until, inNative, edition));
    }

    /// @inheritdoc IMarket
    function buy(uint256 listing, bytes32 terms, uint96 amount, address to) external payable nonReentrant {
        Listing memory l = _listings[listing];
        bytes32 expected = _termsOf(l);
        if (terms != expected) revert Market_TermsDiffer(terms, expected);
        if (amount == 0 || amount > l.left) revert Market_AmountLeft(amount, l.left);
        // slither-disable-next-line timestamp: The seller chose the span; a proposer bends seconds of it.
        if (block.timestamp >= l.until) revert Market_Expired(l.until);
        if (msg.sender == l.seller) revert Market_OwnListing(l.seller);
        _listings[listing].left = l.left - amount;
        (address asset, uint256 cost, address shares, uint256 royalty) = _costOf(l, amount);
        Money.requireValue(asset, cost);
        emit Sold(listing, msg.sender, to, amount, asset, cost, royalty);
        // Sellers approve the market for what they list: it moves that, and for its price.
        // slither-disable-start arbitrary-send-erc20
        if (l.token == EDITIONS) IERC721(EDITIONS).transferFrom(l.seller, to, l.edition);
        else IERC20(l.token).safeTransferFrom(l.seller, to, amount);
        // slither-disable-end arbitrary-send-erc20
        if (royalty != 0) Money.take(asset, shares, royalty);
        Money.take(asset, l.seller, cost - royalty);
    }

    /// @inheritdoc IMarket
    function cancel(uint256 listing) external {
        if (msg.sender != _listings[listing].seller) revert Market_NotSeller(listing, msg.sender);
        _listings[listing].left = 0;
        emit Cancelled(listing);
    }

    /// @inheritdoc IMarket
    function listingOf(uint256 listing) external view returns (Listing memory) {
        return _listings[listing];
    }

    /// @inheritdoc IMarket
    function termsOf(uint256 listing) external view returns (bytes32) {
        return _termsOf(_listings[listing]);
    }

    /// @inheritdoc IMarket
    function costOf(uint256 listing, uint256 amount)
        external
        view
        returns (address asset, uint256 cost, address shares, uint256 royalty)
    {
        return _costOf(_listings[listing], amount);
    }

    function _list(Listing memory l) private returns (uint256 listing) {
        if (l.price == 0) revert Market_PriceZero();
        uint256 latest = block.timestamp + DURATION_MAX;
        // slither-disable-next-line timestamp: The seller chose the span; a proposer bends seconds of it.
        if (l.until <= block.timestamp || l.until > latest) revert Market_UntilOutOfRange(l.until, latest);
        listing = ++listings;
        _listings[listing] = l;
        emit Listed(listing, l.seller, l.token, l);
    }

    function _termsOf(Listing memory l) private pure returns (bytes32) {
        return keccak256(abi.encode(Listing(l.seller, l.amount, l.token, 0, l.price, l.until, l.inNative, l.edition)));
    }

    /// @dev The assets are those that the shares account for: a royalty in another would be lost.
    function _costOf(Listing memory l, uint256 amount)
        private
        view
        returns (address asset, uint256 cost, address shares, uint256 royalty)
    {
        cost = Math.ceilDiv(amount * l.price, l.amount);
        shares = l.token;
        if (l.token == EDITIONS) (shares, royalty) = IERC2981(EDITIONS).royaltyInfo(l.edition, cost);
        if (!l.inNative) asset = shares.asset();
    }
}
