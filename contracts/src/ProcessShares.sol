// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {ERC20PermitUpgradeable} from
    "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {VotesUpgradeable} from "@openzeppelin/contracts-upgradeable/governance/utils/VotesUpgradeable.sol";
import {EIP712Upgradeable} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {NoncesUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/NoncesUpgradeable.sol";

import {Revenue} from "./Revenue.sol";
import {IProcessShares} from "./interfaces/IProcessShares.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Holder} from "./types/Works.sol";

/// @title Shares of a work
/// @notice See {IProcessShares}. This is the token and its votes; {Revenue} keeps the books.
/// @dev Behind minimal proxies whose code carries what never changes, so that no initializer writes it to storage.
/// Votes are OpenZeppelin's: shares vote once their holder delegates them, to itself or another, so shares that an
/// offering, a market or an escrow holds do not vote. They count in the total supply.
contract ProcessShares is ERC20PermitUpgradeable, VotesUpgradeable, Revenue {
    using SharesCode for address;

    /// @dev Created by the registry's constructor.
    constructor(address wrappedNative) Revenue(msg.sender, wrappedNative) {}

    /// @inheritdoc IProcessShares
    function initialize(Holder[] calldata holders) external {
        if (msg.sender != address(REGISTRY)) revert Shares_NotRegistry(msg.sender);
        for (uint256 i; i < holders.length; ++i) {
            _mint(holders[i].account, holders[i].shares);
        }
    }

    /// @notice The name that the work was registered with.
    function name() public view override returns (string memory) {
        return address(this).name();
    }

    /// @notice The symbol that the work was registered with.
    function symbol() public view override returns (string memory) {
        return address(this).symbol();
    }

    /// @notice ERC-6372: seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice The supply, which never changes, from the creation of the shares on.
    function getPastTotalSupply(uint256 timepoint) public view override returns (uint256) {
        return _validateTimepoint(timepoint) < address(this).createdAt() ? 0 : totalSupply();
    }

    /// @inheritdoc ERC20PermitUpgradeable
    function nonces(address owner) public view override(ERC20PermitUpgradeable, NoncesUpgradeable) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override {
        // Revenue that the shares owed to themselves could never leave.
        if (to == address(this)) revert Shares_HeldByItself();
        super._update(from, to, value);
        if (from == address(0)) return; // Nobody has delegated or earned anything before the mint.
        _transferVotingUnits(from, to, value);
        _carry(from, to, value);
    }

    function _sharesHeld(address account) internal view override returns (uint256) {
        return balanceOf(account);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return balanceOf(account);
    }

    // slither-disable-next-line dead-code: OpenZeppelin's votes ask for it.
    function _getTotalSupply() internal view override returns (uint256) {
        return totalSupply();
    }

    function _EIP712Name() internal view override returns (string memory) {
        return name();
    }

    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }
}
