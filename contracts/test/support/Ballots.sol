// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {Vm} from "./Vm.sol";

/// @dev Borrows shares, votes and gives them back at once.
contract Borrower {
    function vote(ProcessGovernor governor, ProcessShares shares, address lender, uint256 proposal)
        external
        returns (uint256 weight)
    {
        uint256 amount = shares.balanceOf(lender);
        shares.transferFrom(lender, address(this), amount);
        shares.delegate(address(this));
        weight = governor.castVote(proposal, 1);
        shares.transfer(lender, amount);
    }
}

/// @title Votes that are signed
library Ballots {
    /// @dev The signature of a vote by the account of `key`, as `castVoteBySig` takes it.
    function sign(Vm vm, uint256 key, ProcessGovernor governor, uint256 proposal, uint8 support)
        internal
        view
        returns (bytes memory)
    {
        address voter = vm.addr(key);
        bytes32 head = governor.BALLOT_TYPEHASH();
        bytes32 ballot = keccak256(abi.encode(head, proposal, support, voter, governor.nonces(voter)));
        head = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(head, keccak256("Daedal Governor"), keccak256("1"), block.chainid, address(governor))
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, ballot)));
        return abi.encodePacked(r, s, v);
    }
}
