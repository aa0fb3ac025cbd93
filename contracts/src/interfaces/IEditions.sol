// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Batch, Output, Run, Terms} from "../types/Editions.sol";

/// @title Editions
/// @notice An ERC-721 of published assets. The number of a token is the digest of what it was made from:
/// `keccak256(abi.encode(work, version, parameters, inputs, seed, runRoot, output, index))`.
///
/// Editions that `mint` puts into the shop are held by this contract until someone buys them; the price goes to the
/// work's shares, as do the royalties of resales.
interface IEditions {
    /// @notice Editions were minted together.
    event BatchMinted(
        uint256 indexed batch,
        uint256 indexed work,
        bytes32 indexed runRoot,
        uint256 version,
        uint256 count,
        string baseUri
    );

    /// @notice An edition was minted.
    event EditionMinted(uint256 indexed tokenId, uint256 indexed batch, bytes32 indexed output, uint256 index);

    /// @notice The shop's price of a batch changed; zero is not for sale.
    event PriceSet(uint256 indexed batch, bool inNative, uint96 price);

    /// @notice An edition was sold by the shop; the price went to `shares`. `asset` is zero for the native coin.
    event EditionSold(
        uint256 indexed tokenId,
        address indexed buyer,
        address indexed shares,
        address to,
        address asset,
        uint256 price
    );

    /// @notice The metadata of a batch moved.
    event BaseUriSet(uint256 indexed batch, string baseUri);

    /// @notice A work has a further way to check its editions, or none.
    event VerifierSet(uint256 indexed work, address indexed verifier);

    /// @notice This output of this run is minted already: `tokenId` is the digest of what it was made from.
    error Editions_AlreadyMinted(uint256 tokenId);
    /// @notice `tokenId` has its data; it is added once.
    error Editions_DataAlreadyAdded(uint256 tokenId);
    /// @notice `count` outputs cannot be minted at once: from 1 to `max`.
    error Editions_MintCount(uint256 count, uint256 max);
    /// @notice `account` does not control `work`, and only its controller names a verifier.
    error Editions_NotController(uint256 work, address account);
    /// @notice `tokenId` is not in the shop, or has no price.
    error Editions_NotForSale(uint256 tokenId);
    /// @notice `account` is no operator of `work`.
    error Editions_NotOperator(uint256 work, address account);
    /// @notice The price of `price` units is above the `max` that the buyer agreed to.
    error Editions_PriceAbove(uint256 price, uint256 max);
    /// @notice The prompt is that of edition `promptId`, not of `tokenId`.
    error Editions_PromptDiffers(uint256 tokenId, uint256 promptId);
    /// @notice The proof does not show that the data is the output of `tokenId`.
    error Editions_ProofRefused(uint256 tokenId);
    /// @notice A resale royalty of `bps` basis points is above `max`.
    error Editions_ResaleTooHigh(uint256 bps, uint256 max);
    /// @notice Only a mint puts editions into the shop.
    error Editions_ShopTakesNone();
    /// @notice No mint has the number `batch`.
    error Editions_UnknownBatch(uint256 batch);
    /// @notice `kind`, the first byte of a proof, is none of 1, 2 and 3.
    error Editions_UnknownProof(uint8 kind);
    /// @notice The run carried out `bundle`, and `published` is that of the version; zero if there is none.
    error Editions_UnpublishedBundle(uint256 work, uint256 version, bytes32 bundle, bytes32 published);
    /// @notice `sent` wei came with the call, and `expected` had to: zero when the price is in a stablecoin.
    error Editions_WrongValue(uint256 sent, uint256 expected);

    /// @notice Mints outputs of a run, at most 200 at once. Only an operator of the work, and only for a bundle that
    /// the registry lists as the run's version.
    function mint(Run calldata run, Output[] calldata outputs, Terms calldata terms)
        external
        returns (uint256 batch);

    /// @notice Buys an edition from the shop for `to`; the price goes to the work's shares.
    /// @param priceMax The most that the caller is ready to pay.
    function buy(uint256 tokenId, address to, uint256 priceMax) external payable;

    /// @notice Sets the price of a batch's unsold editions; zero takes them off sale. Only an operator of the work.
    function setPrice(uint256 batch, bool inNative, uint96 price) external;

    /// @notice Takes unsold editions out of the shop. Only an operator of their work.
    function withdraw(uint256[] calldata tokenIds, address to) external;

    /// @notice Says where the metadata of a batch is now. Only an operator of the work.
    function setBaseUri(uint256 batch, string calldata baseUri) external;

    /// @notice Sets the contract that checks proofs of kind 3 for a work. Only the work's controller.
    function setVerifier(uint256 work, address verifier) external;

    /// @notice How many batches there are; they are numbered from 1.
    function batches() external view returns (uint256);

    /// @notice What the editions of a batch have in common.
    function batchOf(uint256 batch) external view returns (Batch memory);

    /// @notice The batch of an edition, the work, and its place among the outputs of its run.
    function editionOf(uint256 tokenId) external view returns (uint256 batch, uint256 work, uint256 index);

    /// @notice The price of an edition in the shop, in `asset`. Reverts if it is not for sale.
    function priceOf(uint256 tokenId) external view returns (address asset, uint256 price);

    /// @notice The prompt of an output, and the token's number.
    function promptOf(Run calldata run, Output calldata output)
        external
        pure
        returns (bytes memory prompt, uint256 tokenId);

    /// @notice Keccak-256 of the data that was added to an edition; zero if none was.
    function aigcDataOf(uint256 tokenId) external view returns (bytes32);

    /// @notice The further verifier of a work.
    function verifierOf(uint256 work) external view returns (address);
}
