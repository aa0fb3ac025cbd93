// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IEditions} from "./interfaces/IEditions.sol";
import {IEditionVerifier} from "./interfaces/IEditionVerifier.sol";
import {IERC7007} from "./interfaces/IERC7007.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {Receipt} from "./types/Receipts.sol";

/// @title Checks of editions
/// @notice ERC-7007's `verify`. Data is the output itself or its SHA-256 (32 bytes). The first byte of a proof is its
/// kind, the rest is ABI-encoded:
///
/// 1. anchored: (address by, Receipt receipt, bytes32[] path, uint256 outputCount, bytes32[] outputPath): an operator
///    of the work anchored the receipt, and the receipt's outputs root holds the output;
/// 2. attested: (address attester, bytes signature): an operator of the work signed the EIP-712 message
///    `Attestation(uint256 edition,bytes32 data)`, also by ERC-1271;
/// 3. whatever the contract takes that the work's controller named.
///
/// All of these say that somebody attested. None says that the run can be repeated.
abstract contract EditionProofs is IEditions, IERC7007, EIP712 {
    /// @dev The words of a prompt.
    struct Prompt {
        uint256 work;
        uint256 version;
        bytes32 parameters;
        bytes32 inputs;
        bytes32 seed;
        bytes32 runRoot;
        bytes32 output;
        uint256 index;
    }

    bytes32 private constant ATTESTATION_TYPEHASH = keccak256("Attestation(uint256 edition,bytes32 data)");
    /// @dev The context of trees of outputs.
    bytes32 private constant OUTPUTS = keccak256("daedal/outputs/v1");

    uint8 internal constant ANCHORED = 1;
    uint8 internal constant ATTESTED = 2;
    uint8 internal constant VERIFIED = 3;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;
    /// @notice The anchors of runs.
    IReceiptAnchor public immutable ANCHOR;

    /// @inheritdoc IEditions
    mapping(uint256 work => address) public verifierOf;

    constructor(IProcessRegistry registry, IReceiptAnchor anchor) EIP712("Daedal Editions", "1") {
        REGISTRY = registry;
        ANCHOR = anchor;
    }

    /// @inheritdoc IEditions
    function setVerifier(uint256 work, address verifier) external {
        if (msg.sender != REGISTRY.controllerOf(work)) revert Editions_NotController(work, msg.sender);
        verifierOf[work] = verifier;
        emit VerifierSet(work, verifier);
    }

    /// @inheritdoc IERC7007
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        public
        view
        returns (bool)
    {
        Prompt memory p = abi.decode(prompt, (Prompt));
        if (prompt.length != 8 * 32 || proof.length == 0) return false;
        bool whole = aigcData.length == 32 && bytes32(aigcData) == p.output;
        if (!whole && sha256(aigcData) != p.output) return false;
        uint8 kind = uint8(proof[0]);
        if (kind == ANCHORED) return _anchored(p, proof[1:]);
        if (kind == ATTESTED) return _attested(p.work, uint256(keccak256(prompt)), keccak256(aigcData), proof[1:]);
        if (kind != VERIFIED) revert Editions_UnknownProof(kind);
        address verifier = verifierOf[p.work];
        return verifier != address(0) && IEditionVerifier(verifier).verify(prompt, aigcData, proof[1:]);
    }

    function _anchored(Prompt memory p, bytes calldata proof) private view returns (bool) {
        (address by, Receipt memory receipt, bytes32[] memory path, uint256 outputs, bytes32[] memory outputPath) =
            abi.decode(proof, (address, Receipt, bytes32[], uint256, bytes32[]));
        if (
            receipt.work != p.work || receipt.version != p.version || receipt.runRoot != p.runRoot
                || receipt.inputs != p.inputs || p.index >= outputs
        ) return false;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(OUTPUTS, outputs, p.index, p.output))));
        return MerkleProof.verify(outputPath, receipt.outputsRoot, leaf) && REGISTRY.isOperator(p.work, by)
            && ANCHOR.verify(by, receipt, path);
    }

    function _attested(uint256 work, uint256 edition, bytes32 data, bytes calldata proof) private view returns (bool) {
        (address attester, bytes memory signature) = abi.decode(proof, (address, bytes));
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, edition, data)));
        return REGISTRY.isOperator(work, attester)
            && SignatureChecker.isValidSignatureNow(attester, digest, signature);
    }
}
