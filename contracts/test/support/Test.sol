// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Vm} from "./Vm.sol";

/// @title What a test needs of forge
/// @dev forge-std is not published on npm by its makers, and this is all of it that is used here.
abstract contract Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    // solhint-disable-next-line const-name-snakecase
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    // forge takes this as the mark of a test contract.
    // solhint-disable-next-line const-name-snakecase
    bool public constant IS_TEST = true;

    error Differs(string what, uint256 is_, uint256 expected);
    error DiffersSigned(string what, int256 is_, int256 expected);
    error DiffersAddress(string what, address is_, address expected);
    error DiffersBytes32(string what, bytes32 is_, bytes32 expected);
    error DiffersText(string what, string is_, string expected);
    error Untrue(string what);
    error Above(string what, uint256 is_, uint256 max);

    function eq(uint256 a, uint256 b, string memory what) internal pure {
        if (a != b) revert Differs(what, a, b);
    }

    function eqSigned(int256 a, int256 b, string memory what) internal pure {
        if (a != b) revert DiffersSigned(what, a, b);
    }

    function eq(address a, address b, string memory what) internal pure {
        if (a != b) revert DiffersAddress(what, a, b);
    }

    function eq(bytes32 a, bytes32 b, string memory what) internal pure {
        if (a != b) revert DiffersBytes32(what, a, b);
    }

    function eq(string memory a, string memory b, string memory what) internal pure {
        if (keccak256(bytes(a)) != keccak256(bytes(b))) revert DiffersText(what, a, b);
    }

    function yes(bool condition, string memory what) internal pure {
        if (!condition) revert Untrue(what);
    }

    function no(bool condition, string memory what) internal pure {
        if (condition) revert Untrue(string.concat("not: ", what));
    }

    function atMost(uint256 a, uint256 max, string memory what) internal pure {
        if (a > max) revert Above(what, a, max);
    }

    /// @dev A number from `low` to `high`, both included.
    function within(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        uint256 span = high - low;
        return span == type(uint256).max ? x : low + x % (span + 1);
    }
}
