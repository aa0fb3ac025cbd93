// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Frozen} from "./Frozen.sol";

/// @title What shares carry in their code
/// @dev Behind the proxy: work (4 bytes), asset (20), stackBps (2), created at (6); supply (12), creator (20);
/// number of ancestors (1), length of the name (1), ancestors (6 each, see {Stack}), name, symbol.
/// Whatever is here can be read from any contract, without a call, and costs no storage.
library SharesCode {
    uint256 private constant FIRST = Frozen.PROXY_SIZE;
    uint256 private constant SECOND = FIRST + 32;
    uint256 private constant LENGTHS = SECOND + 32;
    uint256 private constant ENTRIES = LENGTHS + 2;
    uint256 private constant ENTRY = 6;

    struct Data {
        uint32 work;
        address asset;
        uint16 stackBps;
        uint48 createdAt;
        uint96 supply;
        address creator;
        bytes ancestors;
        string name;
        string symbol;
    }

    function encode(Data memory d) internal pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(d.work, d.asset, d.stackBps, d.createdAt, d.supply, d.creator);
        uint8 count = uint8(d.ancestors.length / ENTRY);
        return abi.encodePacked(head, count, uint8(bytes(d.name).length), d.ancestors, d.name, d.symbol);
    }

    function work(address shares) internal view returns (uint256) {
        return uint256(Frozen.word(shares, FIRST)) >> 224;
    }

    function asset(address shares) internal view returns (address) {
        return address(uint160(uint256(Frozen.word(shares, FIRST)) >> 64));
    }

    /// @dev Both at once: whatever looks at revenue needs them.
    function assetAndStackBps(address shares) internal view returns (address, uint256) {
        uint256 word = uint256(Frozen.word(shares, FIRST));
        return (address(uint160(word >> 64)), (word >> 48) & 0xffff);
    }

    function createdAt(address shares) internal view returns (uint256) {
        return uint48(uint256(Frozen.word(shares, FIRST)));
    }

    function supply(address shares) internal view returns (uint256) {
        return uint256(Frozen.word(shares, SECOND)) >> 160;
    }

    function creator(address shares) internal view returns (address) {
        return address(uint160(uint256(Frozen.word(shares, SECOND))));
    }

    function ancestors(address shares) internal view returns (bytes memory) {
        (uint256 size,) = _lengths(shares);
        return Frozen.slice(shares, ENTRIES, size);
    }

    function name(address shares) internal view returns (string memory) {
        (uint256 size, uint256 length) = _lengths(shares);
        return string(Frozen.slice(shares, ENTRIES + size, length));
    }

    function symbol(address shares) internal view returns (string memory) {
        (uint256 size, uint256 length) = _lengths(shares);
        uint256 start = ENTRIES + size + length;
        return string(Frozen.slice(shares, start, shares.code.length - start));
    }

    /// @dev Whether `maker` created `shares` for the work that their code names. The address says so: it is the digest
    /// of maker, work and code.
    function madeBy(address shares, address maker) internal view returns (bool) {
        return Frozen.isMadeBy(shares, maker, saltOf(work(shares)));
    }

    function saltOf(uint256 work_) internal pure returns (bytes32) {
        return bytes32(work_);
    }

    /// @dev Bytes of the ancestors and of the name.
    function _lengths(address shares) private view returns (uint256 size, uint256 length) {
        uint256 word = uint256(Frozen.word(shares, LENGTHS));
        return ((word >> 248) * ENTRY, (word >> 240) & 0xff);
    }
}
