// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

interface ITokenHook {
    function onTokens() external;
}

/// @title A token that can misbehave in every way that tokens do
contract WeirdToken {
    enum Manner {
        Plain,
        FeeOnTransfer,
        NoReturnValue,
        ReturnsFalse,
        Paused,
        Unreadable,
        Hooks,
        Gluttonous,
        Generous,
        Count
    }

    Manner public manner;
    uint256 public totalSupply;
    mapping(address => bool) public blacklisted;
    /// @notice What accounts received beyond what was sent to them, and short of it.
    mapping(address => uint256) public extra;
    mapping(address => uint256) public missing;
    /// @notice What rebases gave to accounts, and took from them.
    mapping(address => uint256) public grown;
    mapping(address => uint256) public lost;
    mapping(address => uint256) private _balances;
    mapping(address => mapping(address => uint256)) public allowance;

    function behave(Manner manner_) external {
        manner = manner_;
    }

    function blacklist(address account, bool listed) external {
        blacklisted[account] = listed;
    }

    function mint(address to, uint256 amount) external {
        _balances[to] += amount;
        totalSupply += amount;
    }

    /// @notice Changes a balance without a transfer: upwards if `by` is even, else downwards; half the time by all.
    /// @dev Of one account at a time: a rebase of all is the same done for each.
    function rebase(address account, uint256 by) external returns (uint256 change) {
        uint256 bps = (by >> 1) % 20_000;
        change = _balances[account] * (bps < 10_000 ? bps : 10_000) / 10_000;
        if (by % 2 == 0) grow(account, change);
        else shrink(account, change);
    }

    /// @dev A rebase upwards.
    function grow(address account, uint256 amount) public {
        _balances[account] += amount;
        grown[account] += amount;
        totalSupply += amount;
    }

    /// @dev A rebase downwards.
    function shrink(address account, uint256 amount) public {
        _balances[account] -= amount;
        lost[account] += amount;
        totalSupply -= amount;
    }

    function balanceOf(address account) external view returns (uint256) {
        if (manner == Manner.Unreadable) revert("unreadable");
        if (manner == Manner.Gluttonous) {
            uint256 balance_ = _balances[account];
            // An answer far larger than a word: the first is the balance.
            assembly {
                mstore(0, balance_)
                return(0, 2000)
            }
        }
        return _balances[account];
    }

    /// @dev The balance as it would be, had all that was sent to the account arrived, and nothing been rebased.
    function nominalBalanceOf(address account) external view returns (uint256) {
        return _balances[account] + missing[account] + lost[account] - extra[account] - grown[account];
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        require(manner != Manner.Paused, "paused");
        require(!blacklisted[from] && !blacklisted[to], "blacklisted");
        if (manner == Manner.ReturnsFalse) return false;
        if (manner == Manner.Hooks && from.code.length != 0) _call(from);
        if (manner == Manner.Hooks && to.code.length != 0) _call(to);
        _balances[from] -= amount;
        uint256 fee = manner == Manner.FeeOnTransfer ? amount / 20 : 0;
        totalSupply -= fee;
        _balances[to] += amount - fee;
        missing[to] += fee;
        if (manner == Manner.Generous) {
            _balances[to] += 7;
            extra[to] += 7;
            totalSupply += 7;
        }
        if (manner == Manner.Hooks && to.code.length != 0) _call(to);
        if (manner == Manner.NoReturnValue) {
            assembly {
                return(0, 0)
            }
        }
        return true;
    }

    function _call(address account) private {
        (bool ignored,) = account.call(abi.encodeCall(ITokenHook.onTokens, ()));
        ignored;
    }
}
