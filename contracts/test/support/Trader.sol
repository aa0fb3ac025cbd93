// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Who tells a trader what to try in the middle of a payment, and hears what a trader achieved
interface ITempter {
    function did(address trader, address target, bytes calldata data) external;

    function temptation(address trader, uint256 mood)
        external
        view
        returns (address target, uint256 value, bytes memory data);
}

/// @title Somebody who calls anything, and tries more whenever money passes through their hands
contract Trader {
    ITempter private immutable TEMPTER;
    uint256 public mood;
    bool private _busy;

    constructor(ITempter tempter) {
        TEMPTER = tempter;
    }

    /// @notice Sets what the trader will try; zero is nothing, every eighth refuses money.
    function plan(uint256 mood_) external {
        mood = mood_;
    }

    function act(address target, uint256 value, bytes calldata data)
        external
        returns (bool done, bytes memory result)
    {
        return _call(target, value, data);
    }

    /// @notice ERC-1271: it signs whatever it is asked to.
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }

    /// @notice Called by a token with hooks.
    function onTokens() external {
        _mischief();
    }

    receive() external payable {
        require(mood == 0 || mood % 8 != 7, "this trader takes no money now");
        _mischief();
    }

    function _mischief() private {
        if (mood == 0 || _busy) return;
        _busy = true;
        uint256 next = mood;
        for (uint256 i; i < 3; ++i) {
            next = uint256(keccak256(abi.encode(next)));
            (address target, uint256 value, bytes memory data) = TEMPTER.temptation(address(this), next);
            _call(target, value, data);
        }
        _busy = false;
    }

    function _call(address target, uint256 value, bytes memory data)
        private
        returns (bool done, bytes memory result)
    {
        (done, result) = target.call{value: value}(data);
        if (done) TEMPTER.did(address(this), target, data);
    }
}
