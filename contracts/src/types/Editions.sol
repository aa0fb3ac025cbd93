// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice A run whose outputs become editions.
/// @param bundle The digest that the run carried out: it has to be the one published as `version`.
struct Run {
    uint256 work;
    uint256 version;
    bytes32 bundle;
    bytes32 parameters;
    bytes32 inputs;
    bytes32 seed;
    bytes32 runRoot;
}

/// @notice One asset of a run.
/// @param digest SHA-256 of its unsigned bytes.
/// @param index Its place among the outputs of the run.
struct Output {
    bytes32 digest;
    uint256 index;
}

/// @notice What happens with the editions of one mint.
/// @param to Who receives them; zero puts them into the shop, for `buy`.
/// @param baseUri The metadata of an edition is at `{baseUri}{index}.json`.
/// @param resaleBps The royalty of resales that ERC-2981 announces.
/// @param inNative Whether `price` is in the native coin; otherwise it is in the work's stablecoin.
/// @param price The price in the shop; zero is not for sale.
struct Terms {
    address to;
    string baseUri;
    uint16 resaleBps;
    bool inNative;
    uint96 price;
}

/// @notice What the editions of one mint have in common.
struct Batch {
    uint32 work;
    uint16 resaleBps;
    bool inNative;
    uint96 price;
    string baseUri;
}
