// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title ERC-7572: contract-level metadata
interface IERC7572 {
    /// @notice The metadata changed. Never raised here: it is frozen.
    event ContractURIUpdated();

    /// @notice Metadata of the contract as a whole.
    function contractURI() external view returns (string memory);
}
