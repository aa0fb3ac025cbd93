// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "./Test.sol";
import {ITempter, Trader} from "./Trader.sol";
import {WeirdToken} from "./WeirdToken.sol";

/// @title Twelve traders, a token that misbehaves, and time
/// @dev Handlers count in storage, and not by forge's record of events: that one holds those of calls that failed, too.
abstract contract Crowd is Test, ITempter {
    uint256 internal constant TRADERS = 12;

    WeirdToken internal immutable WEIRD;
    Trader[] internal traders;

    /// @notice Successful operations by name, so that a run which achieves nothing shows.
    mapping(string => uint256) public done;
    /// @notice Operations that were tried: forge forgets what an invariant counts itself.
    uint256 public acts;

    constructor(WeirdToken weird) {
        WEIRD = weird;
        for (uint256 i; i < TRADERS; ++i) {
            traders.push(new Trader(this));
        }
    }

    function behave(uint256 manner) external {
        // Mostly plain, or little would ever be paid.
        uint256 count = uint256(WeirdToken.Manner.Count);
        manner %= count * 3;
        WEIRD.behave(WeirdToken.Manner(manner < count ? manner : 0));
    }

    function blacklist(uint256 who, bool listed) external {
        WEIRD.blacklist(address(_trader(who)), listed);
    }

    function plan(uint256 who, uint256 mood) external {
        _trader(who).plan(mood);
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1 hours, 2 days));
    }

    /// @notice Everybody and everything behaves.
    function calm() external {
        WEIRD.behave(WeirdToken.Manner.Plain);
        for (uint256 i; i < TRADERS; ++i) {
            traders[i].plan(0);
            WEIRD.blacklist(address(traders[i]), false);
        }
    }

    /// @notice A trader's call succeeded, unless what it was part of fails.
    function did(address who, address target, bytes calldata data) external virtual {}

    function trader(uint256 i) external view returns (Trader) {
        return traders[i];
    }

    function _trader(uint256 who) internal view returns (Trader) {
        return traders[who % TRADERS];
    }

    function _act(Trader who, address target, bytes memory data) internal returns (bool ok) {
        ++acts;
        (ok,) = who.act(target, 0, data);
    }

    /// @dev Tries, with fresh money that `target` may take.
    function _pay(Trader who, address target, address asset, uint256 cost, bytes memory data)
        internal
        returns (bool ok)
    {
        ++acts;
        if (asset == address(0)) {
            vm.deal(address(who), address(who).balance + cost);
            (ok,) = who.act(target, cost, data);
            return ok;
        }
        WEIRD.mint(address(who), cost);
        who.act(asset, 0, abi.encodeCall(WeirdToken.approve, (target, cost)));
        (ok,) = who.act(target, 0, data);
    }
}
