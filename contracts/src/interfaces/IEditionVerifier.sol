// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title A further way to check an edition, for example a zero-knowledge proof or an enclave's quote
interface IEditionVerifier {
    /// @notice Whether `proof` shows that `aigcData` was made from `prompt`.
    function verify(
        bytes calldata prompt,
        bytes calldata aigcData,
        bytes calldata proof
    ) external view returns (bool);
}
