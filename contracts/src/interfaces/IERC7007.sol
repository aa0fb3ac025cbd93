// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title ERC-7007: verifiable AI-generated content tokens
/// @dev Its ERC-165 identifier is stated by the standard as 0x702c55a6.
interface IERC7007 {
    /// @notice Data was added to `tokenId`. Of `prompt` and `aigcData` the log keeps the Keccak digests.
    event AigcData(uint256 indexed tokenId, bytes indexed prompt, bytes indexed aigcData, bytes proof);

    /// @notice Adds the generated content of a token.
    function addAigcData(
        uint256 tokenId,
        bytes calldata prompt,
        bytes calldata aigcData,
        bytes calldata proof
    ) external;

    /// @notice Whether `proof` shows that `aigcData` was made from `prompt`.
    function verify(
        bytes calldata prompt,
        bytes calldata aigcData,
        bytes calldata proof
    ) external view returns (bool success);
}
