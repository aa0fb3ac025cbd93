// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Ancestor} from "../types/Works.sol";

/// @title Works upstream of a work
/// @dev Bytes, six for a work: its number (4), then its rate in basis points (2).
library Stack {
    uint256 internal constant ENTRY = 6;

    /// @dev A list that does not hold a work twice.
    struct Builder {
        bytes entries;
        uint256 count;
        uint256 bps;
    }

    /// @dev Adds entries, unless their works are there already.
    function add(Builder memory self, bytes memory entries) internal pure {
        bytes memory known = self.entries;
        for (uint256 i; i < entries.length; i += ENTRY) {
            (uint256 work, uint256 bps) = _at(entries, i);
            (bool found,) = find(known, work);
            if (found) continue;
            known = bytes.concat(known, entryOf(work, bps));
            self.bps += bps;
            ++self.count;
        }
        self.entries = known;
    }

    /// @dev The rate of `work`, and whether it is there.
    function find(bytes memory entries, uint256 work) internal pure returns (bool found, uint256 bps) {
        for (uint256 i; i < entries.length; i += ENTRY) {
            uint256 one;
            (one, bps) = _at(entries, i);
            if (one == work) return (true, bps);
        }
        return (false, 0);
    }

    /// @dev The entries as a list.
    function list(bytes memory entries) internal pure returns (Ancestor[] memory ancestors) {
        ancestors = new Ancestor[](entries.length / ENTRY);
        for (uint256 i; i < ancestors.length; ++i) {
            (ancestors[i].work, ancestors[i].bps) = _at(entries, i * ENTRY);
        }
    }

    /// @dev The entry of one work.
    function entryOf(uint256 work, uint256 bps) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(work), uint16(bps));
    }

    /// @dev The entry that begins at byte `place`, which is inside of `entries`.
    function _at(bytes memory entries, uint256 place) private pure returns (uint256 work, uint256 bps) {
        uint256 word;
        // slither-disable-next-line assembly: Six bytes at any place are not a type of Solidity.
        assembly ("memory-safe") {
            word := mload(add(add(entries, 0x20), place))
        }
        return (word >> 224, (word >> 208) & 0xffff);
    }
}
