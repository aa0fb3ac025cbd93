// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Commissions} from "../../src/Commissions.sol";
import {CommissionTerms} from "../../src/types/Commissions.sol";
import {WeirdToken} from "./WeirdToken.sol";

/// @title A party to commissions who tries something whenever money passes through its hands
/// @dev A wallet that is a contract: it signs whatever it is asked to (ERC-1271).
contract Party {
    Commissions private immutable COMMISSIONS;
    WeirdToken private immutable TOKEN;
    CommissionTerms[] private _known;
    uint256 private _mood;
    bool private _busy;

    constructor(Commissions commissions, WeirdToken token) {
        (COMMISSIONS, TOKEN) = (commissions, token);
        token.approve(address(commissions), type(uint256).max);
    }

    function approve(address token) external {
        WeirdToken(token).approve(address(COMMISSIONS), type(uint256).max);
    }

    /// @notice Sets what the party will try; zero is nothing, every third refuses coin, every eighth burns gas.
    function plan(uint256 mood) external {
        _mood = mood;
    }

    function learn(CommissionTerms calldata terms) external {
        _known.push(terms);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }

    /// @notice Called by a token with hooks.
    function onTokens() external {
        _mischief();
    }

    receive() external payable {
        require(_mood == 0 || _mood % 3 != 2, "this party takes no coin now");
        while (_mood != 0 && _mood % 8 == 5) {}
        _mischief();
    }

    function _mischief() private {
        if (_mood == 0 || _busy || _known.length == 0) return;
        _busy = true;
        uint256 mood = _mood;
        for (uint256 i; i < 3; ++i) {
            mood = uint256(keccak256(abi.encode(mood)));
            _try(mood, _known[mood % _known.length]);
        }
        _busy = false;
    }

    function _try(uint256 mood, CommissionTerms memory terms) private {
        uint256 what = (mood >> 40) % 7;
        if (what == 0) try COMMISSIONS.accept(terms) {} catch {}
        if (what == 1) try COMMISSIONS.dispute(terms, bytes32(mood)) {} catch {}
        if (what == 2) try COMMISSIONS.decide(terms, mood % 10_001) {} catch {}
        if (what == 3) try COMMISSIONS.settle(terms) {} catch {}
        if (what == 4) try COMMISSIONS.refund(terms) {} catch {}
        if (what == 5) try COMMISSIONS.withdraw(address(this), terms.asset, address(this)) {} catch {}
        if (what == 6) {
            (terms.client, terms.salt) = (address(this), bytes32(mood));
            // The handler does not learn of it, and the sums tell: it must not get in while money moves.
            try COMMISSIONS.open{value: terms.asset == address(0) ? terms.price : 0}(terms) {} catch {}
        }
    }
}
