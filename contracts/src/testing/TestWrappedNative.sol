// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {IWrappedNative} from "../interfaces/IWrappedNative.sol";

/// @title Wrapped native coin, for tests and the embedded chain
/// @notice Shaped like WETH9: it sends native coin with no more than 2,300 gas.
contract TestWrappedNative is ERC20, IWrappedNative {
    constructor() ERC20("Test Wrapped Native", "TWNATIVE") {}

    receive() external payable {
        deposit();
    }

    function deposit() public payable {
        _mint(msg.sender, msg.value);
    }

    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        // No gas but the 2,300 that go with any coin, as WETH9's `transfer` sends.
        (bool sent,) = msg.sender.call{value: amount, gas: 0}("");
        require(sent, "TestWrappedNative: refused");
    }

    function balanceOf(address account) public view override(ERC20, IWrappedNative) returns (uint256) {
        return super.balanceOf(account);
    }
}
