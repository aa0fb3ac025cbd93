// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Data that never changes, kept as code
/// @dev A byte of code costs 200 gas, a byte in a slot of storage about 690.
library Frozen {
    /// @notice The EVM created nothing: the same salt and code are there already, or the gas ran out.
    error Frozen_NotCreated();

    /// @dev Runtime code of shares: a minimal proxy (ERC-1167) behind six bytes that let a call without data pass, so
    /// that native coin sent with 2,300 gas arrives: CALLDATASIZE, PUSH1 5, JUMPI, STOP, JUMPDEST.
    bytes6 private constant TAKE_COIN = 0x36600557005b;
    bytes10 private constant PROXY_HEAD = 0x363d3d373d3d3d363d73;
    bytes15 private constant PROXY_TAIL = 0x5af43d82803e903d91603157fd5bf3;

    /// @dev Init code: ten bytes that return what stands behind them:
    /// PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN.
    uint256 private constant INIT_HEAD = 0x61000080600a5f395ff3 << 176;
    uint256 private constant INIT_SIZE_SHIFT = 232;

    /// @dev Where the data of a proxy begins in its code.
    uint256 internal constant PROXY_SIZE = 51;

    /// @dev Creates a proxy that carries `data` behind its code.
    function createProxy(address implementation, bytes32 salt, bytes memory data) internal returns (address) {
        return _create(abi.encodePacked(TAKE_COIN, PROXY_HEAD, implementation, PROXY_TAIL, data), salt);
    }

    /// @dev Keeps `data` at an address of its own, behind a STOP, so that it never runs.
    function write(bytes memory data, bytes32 salt) internal returns (address) {
        return _create(abi.encodePacked(hex"00", data), salt);
    }

    /// @dev Whether `maker` created `account` with this salt, as it stands: its address is the digest of all three.
    function isMadeBy(address account, address maker, bytes32 salt) internal view returns (bool) {
        bytes32 digest;
        uint256 length = account.code.length;
        uint256 head = INIT_HEAD | length << INIT_SIZE_SHIFT;
        // slither-disable-next-line assembly: What is kept as code is read and made by opcodes.
        assembly ("memory-safe") {
            let init := mload(0x40) // Memory beyond is free to use, and need not be kept.
            mstore(init, head)
            extcodecopy(account, add(init, 10), 0, length)
            digest := keccak256(init, add(length, 10))
        }
        return account == address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", maker, salt, digest)))));
    }

    /// @dev A part of an account's code.
    function slice(address holder, uint256 start, uint256 length) internal view returns (bytes memory data) {
        data = new bytes(length);
        // slither-disable-next-line assembly: What is kept as code is read and made by opcodes.
        assembly ("memory-safe") {
            extcodecopy(holder, add(data, 0x20), start, length)
        }
    }

    /// @dev A word of an account's code; zeros beyond its end.
    function word(address holder, uint256 start) internal view returns (bytes32 value) {
        // slither-disable-next-line assembly: What is kept as code is read and made by opcodes.
        assembly ("memory-safe") {
            extcodecopy(holder, 0, start, 0x20)
            value := mload(0)
        }
    }

    function _create(bytes memory runtime, bytes32 salt) private returns (address created) {
        bytes memory init = _initCode(runtime);
        // slither-disable-next-line assembly: What is kept as code is read and made by opcodes.
        assembly ("memory-safe") {
            created := create2(0, add(init, 0x20), mload(init), salt)
        }
        if (created == address(0)) revert Frozen_NotCreated();
    }

    function _initCode(bytes memory runtime) private pure returns (bytes memory) {
        return abi.encodePacked(bytes10(bytes32(INIT_HEAD | runtime.length << INIT_SIZE_SHIFT)), runtime);
    }
}
