// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {Touched} from "./Touched.sol";

/// @title A holder who tries something whenever money or tokens pass through its hands
contract Actor {
    ProcessShares[] private _targets;
    Actor[] private _others;
    uint256 private _mood;
    bool private _busy;
    Touched private _touched;

    /// @notice Whether this actor ever got hold of what belongs to somebody else.
    bool public stole;

    function meet(ProcessShares[] calldata targets, Actor[] calldata others, Touched touched) external {
        _targets = targets;
        _touched = touched;
        _others = others;
    }

    /// @notice Sets what the actor will try; zero is nothing, every eighth refuses money.
    function plan(uint256 mood) external {
        _mood = mood;
    }

    function transfer(ProcessShares shares, address to, uint256 amount) external {
        shares.transfer(to, amount);
    }

    function transferFrom(ProcessShares shares, address from, uint256 amount) external {
        shares.transferFrom(from, address(this), amount);
    }

    function claim(ProcessShares shares, address asset, address to) external returns (uint256) {
        return shares.claim(asset, to);
    }

    function claimFor(ProcessShares shares, address account, address asset, address to) external returns (uint256) {
        return shares.claimFor(account, asset, to);
    }

    function setOperator(ProcessShares shares, address operator, bool approved) external {
        shares.setOperator(operator, approved);
    }

    function delegate(ProcessShares shares, address to) external {
        shares.delegate(to);
    }

    /// @notice Called by a token with hooks.
    function onTokens() external {
        _mischief();
    }

    receive() external payable {
        require(_mood == 0 || _mood % 8 != 7, "this actor takes no money now");
        _mischief();
    }

    function _mischief() private {
        if (_mood == 0 || _busy) return;
        _busy = true;
        uint256 mood = _mood;
        for (uint256 i; i < 3; ++i) {
            mood = uint256(keccak256(abi.encode(mood)));
            _touched.mark(mood % _targets.length);
            _try(mood, _targets[mood % _targets.length], _others[(mood >> 16) % _others.length]);
        }
        _busy = false;
    }

    function _try(uint256 mood, ProcessShares shares, Actor other) private {
        address asset = (mood >> 32) % 2 == 0 ? address(0) : shares.asset();
        uint256 what = (mood >> 40) % 6;
        if (what == 0) {
            try shares.claim(asset, address(this)) {} catch {}
        } else if (what == 1) {
            uint256 held = shares.balanceOf(address(this));
            try shares.transfer(address(other), held == 0 ? 0 : mood % held) {} catch {}
        } else if (what == 2) {
            try shares.sync(asset) {} catch {}
        } else if (what == 3) {
            uint256 ancestor = (mood >> 48) % _targets.length;
            _touched.mark(ancestor);
            try shares.collect(1 + ancestor, asset) {} catch {}
        } else if (what == 4) {
            // As if it were shares that pay a royalty.
            try shares.receiveRoyalty{value: asset == address(0) ? address(this).balance / 2 : 0}(asset, mood) {
                stole = true;
            } catch {}
            try shares.deliver() {
                stole = true;
            } catch {}
        } else if (!shares.isOperator(address(other), address(this)) && address(other) != address(this)) {
            try shares.claimFor(address(other), asset, address(this)) {
                stole = true;
            } catch {}
        }
    }
}
