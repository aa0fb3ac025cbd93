// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {EditionProofs} from "./EditionProofs.sol";
import {IEditions} from "./interfaces/IEditions.sol";
import {IERC7007} from "./interfaces/IERC7007.sol";
import {IERC7572} from "./interfaces/IERC7572.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {IProcessShares} from "./interfaces/IProcessShares.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {Batch, Output, Run, Terms} from "./types/Editions.sol";

/// @title Editions
/// @notice See {IEditions}.
contract Editions is EditionProofs, ERC721, IERC2981, IERC4906, IERC7572 {
    using SafeERC20 for IERC20;

    /// @dev One slot.
    struct Edition {
        uint64 batch;
        uint192 index;
    }

    /// @notice How many editions one call may mint.
    uint256 public constant MINT_MAX = 200;
    /// @notice Highest royalty of resales, in basis points.
    uint256 public constant RESALE_BPS_MAX = 2_500;

    /// @inheritdoc IEditions
    uint256 public batches;
    /// @inheritdoc IEditions
    mapping(uint256 tokenId => bytes32) public aigcDataOf;
    mapping(uint256 batch => Batch) private _batches;
    mapping(uint256 tokenId => Edition) private _editions;

    constructor(IProcessRegistry registry, IReceiptAnchor anchor)
        ERC721("Daedal Editions", "EDITION")
        EditionProofs(registry, anchor)
    {}

    /// @inheritdoc IEditions
    function mint(Run calldata run, Output[] calldata outputs, Terms calldata terms)
        external
        returns (uint256 batch)
    {
        _requireOperator(run.work);
        bytes32 published = REGISTRY.bundleOf(run.work, run.version);
        if (published == 0 || published != run.bundle) {
            revert Editions_UnpublishedBundle(run.work, run.version, run.bundle, published);
        }
        if (outputs.length == 0 || outputs.length > MINT_MAX) revert Editions_MintCount(outputs.length, MINT_MAX);
        if (terms.resaleBps > RESALE_BPS_MAX) revert Editions_ResaleTooHigh(terms.resaleBps, RESALE_BPS_MAX);
        batch = ++batches;
        _batches[batch] = Batch({
            work: SafeCast.toUint32(run.work),
            resaleBps: terms.resaleBps,
            inNative: terms.inNative,
            price: terms.price,
            baseUri: terms.baseUri
        });
        emit BatchMinted(batch, run.work, run.runRoot, run.version, outputs.length, terms.baseUri);
        if (terms.price != 0) emit PriceSet(batch, terms.inNative, terms.price);
        address to = terms.to == address(0) ? address(this) : terms.to;
        for (uint256 i; i < outputs.length; ++i) {
            _mintOne(run, outputs[i], batch, to);
        }
    }

    /// @inheritdoc IEditions
    function buy(uint256 tokenId, address to, uint256 priceMax) external payable {
        (address asset, uint256 price) = priceOf(tokenId);
        if (price > priceMax) revert Editions_PriceAbove(price, priceMax);
        uint256 expected = asset == address(0) ? price : 0;
        if (msg.value != expected) revert Editions_WrongValue(msg.value, expected);
        address shares = _sharesOf(tokenId);
        _transfer(address(this), to, tokenId);
        emit EditionSold(tokenId, msg.sender, shares, to, asset, price);
        if (asset == address(0)) {
            // Where it goes was told when the edition was minted.
            // slither-disable-start arbitrary-send-eth
            // Shares take native coin without running code.
            // slither-disable-next-line low-level-calls: Coin to a proxy that takes it without running code.
            (bool sent,) = shares.call{value: price}("");
            assert(sent);
            // slither-disable-end arbitrary-send-eth
        } else {
            IERC20(asset).safeTransferFrom(msg.sender, shares, price);
        }
    }

    /// @inheritdoc IEditions
    function setPrice(uint256 batch, bool inNative, uint96 price) external {
        Batch storage b = _requireBatch(batch);
        (b.inNative, b.price) = (inNative, price);
        emit PriceSet(batch, inNative, price);
    }

    /// @inheritdoc IEditions
    function withdraw(uint256[] calldata tokenIds, address to) external {
        for (uint256 i; i < tokenIds.length; ++i) {
            if (_ownerOf(tokenIds[i]) != address(this)) revert Editions_NotForSale(tokenIds[i]);
            _requireOperator(_workOf(tokenIds[i]));
            _transfer(address(this), to, tokenIds[i]);
        }
    }

    /// @inheritdoc IEditions
    function setBaseUri(uint256 batch, string calldata baseUri) external {
        _requireBatch(batch).baseUri = baseUri;
        emit BaseUriSet(batch, baseUri);
        emit BatchMetadataUpdate(0, type(uint256).max);
    }

    /// @inheritdoc IERC7007
    function addAigcData(uint256 tokenId, bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
    {
        _requireOwned(tokenId);
        uint256 promptId = uint256(keccak256(prompt));
        if (promptId != tokenId) revert Editions_PromptDiffers(tokenId, promptId);
        if (aigcDataOf[tokenId] != 0) revert Editions_DataAlreadyAdded(tokenId);
        if (!verify(prompt, aigcData, proof)) revert Editions_ProofRefused(tokenId);
        aigcDataOf[tokenId] = keccak256(aigcData);
        emit AigcData(tokenId, prompt, aigcData, proof);
        emit MetadataUpdate(tokenId);
    }

    /// @inheritdoc IEditions
    function batchOf(uint256 batch) external view returns (Batch memory) {
        return _batches[batch];
    }

    /// @inheritdoc IEditions
    function editionOf(uint256 tokenId) external view returns (uint256 batch, uint256 work, uint256 index) {
        _requireOwned(tokenId);
        Edition storage edition = _editions[tokenId];
        return (edition.batch, _batches[edition.batch].work, edition.index);
    }

    /// @inheritdoc IEditions
    function priceOf(uint256 tokenId) public view returns (address asset, uint256 price) {
        Batch storage batch = _batches[_editions[tokenId].batch];
        price = batch.price;
        if (price == 0 || _ownerOf(tokenId) != address(this)) revert Editions_NotForSale(tokenId);
        if (!batch.inNative) asset = IProcessShares(REGISTRY.sharesOf(batch.work)).asset();
    }

    /// @inheritdoc IEditions
    function promptOf(Run calldata run, Output calldata output)
        public
        pure
        returns (bytes memory prompt, uint256 tokenId)
    {
        prompt = abi.encode(
            run.work, run.version, run.parameters, run.inputs, run.seed, run.runRoot, output.digest, output.index
        );
        tokenId = uint256(keccak256(prompt));
    }

    /// @notice `{baseUri}{index}.json`.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        Edition storage edition = _editions[tokenId];
        return string.concat(_batches[edition.batch].baseUri, Strings.toString(edition.index), ".json");
    }

    /// @inheritdoc IERC2981
    function royaltyInfo(uint256 tokenId, uint256 salePrice) external view returns (address, uint256) {
        _requireOwned(tokenId);
        uint256 bps = _batches[_editions[tokenId].batch].resaleBps;
        return (_sharesOf(tokenId), salePrice * bps / 10_000);
    }

    /// @inheritdoc IERC7572
    function contractURI() external pure returns (string memory) {
        return 'data:application/json;utf8,{"name":"Daedal Editions","description":'
            '"Assets made by registered processes, named by what they were made from."}';
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        return id == bytes4(0x49064906) || id == bytes4(0x702c55a6) || id == type(IERC7007).interfaceId
            || id == type(IERC2981).interfaceId || super.supportsInterface(id);
    }

    /// @dev Only a mint fills the shop: an edition that somebody sent here would be sold as new.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (to == address(this) && from != address(0)) revert Editions_ShopTakesNone();
    }

    function _mintOne(Run calldata run, Output calldata output, uint256 batch, address to) private {
        (, uint256 tokenId) = promptOf(run, output);
        if (_ownerOf(tokenId) != address(0)) revert Editions_AlreadyMinted(tokenId);
        _editions[tokenId] = Edition({batch: uint64(batch), index: SafeCast.toUint192(output.index)});
        _mint(to, tokenId);
        emit EditionMinted(tokenId, batch, output.digest, output.index);
    }

    function _workOf(uint256 tokenId) private view returns (uint256) {
        return _batches[_editions[tokenId].batch].work;
    }

    function _sharesOf(uint256 tokenId) private view returns (address) {
        return REGISTRY.sharesOf(_workOf(tokenId));
    }

    function _requireBatch(uint256 batch) private view returns (Batch storage b) {
        b = _batches[batch];
        if (b.work == 0) revert Editions_UnknownBatch(batch);
        _requireOperator(b.work);
    }

    function _requireOperator(uint256 work) private view {
        // slither-disable-next-line calls-loop: A read, for each edition that the caller lists.
        if (!REGISTRY.isOperator(work, msg.sender)) revert Editions_NotOperator(work, msg.sender);
    }
}
