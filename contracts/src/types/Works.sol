// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a work is.
enum Kind {
    Process,
    Model,
    Dataset
}

/// @notice Who may name a work as upstream of a new one.
enum Derivatives {
    Open,
    AllowList,
    Closed
}

/// @notice Shares that an account receives when a work is registered.
struct Holder {
    address account;
    uint256 shares;
}

/// @notice A dial of the style, as it is registered: all but `value` is frozen.
/// @dev Numbers are mantissas: 0.35 with 2 decimals is 35. A choice is the place in its list, with 0 decimals.
/// @param name At most 31 bytes of text, left-aligned.
/// @param step The largest change at once.
/// @param cooldown Seconds between two changes.
struct ParameterSpec {
    bytes32 name;
    int64 value;
    int64 min;
    int64 max;
    uint64 step;
    uint32 cooldown;
    uint8 decimals;
}

/// @notice A dial of the style, as it stands.
/// @param changedAt When `value` was last set; registration counts.
struct Parameter {
    int64 value;
    int64 min;
    int64 max;
    uint64 step;
    uint32 cooldown;
    uint8 decimals;
    uint48 changedAt;
}

/// @notice What a creator registers.
/// @param name The name of the share token, and with it of the work: 1 to 64 bytes.
/// @param symbol The symbol of the share token: 1 to 16 bytes.
/// @param bundle The digest of the first version.
/// @param uri The metadata of the first version.
/// @param asset The stablecoin whose revenue the shares account for, beside the native coin.
/// @param royaltyBps What each derivative owes this work, of its own revenue, for ever.
/// @param parents The works that this one derives from.
/// @param holders Who receives how many shares; their sum is the fixed supply.
/// @param parameters The governed dials.
struct Registration {
    Kind kind;
    Derivatives derivatives;
    uint16 royaltyBps;
    address asset;
    bytes32 bundle;
    string name;
    string symbol;
    string uri;
    uint256[] parents;
    Holder[] holders;
    ParameterSpec[] parameters;
}

/// @notice A registered work.
/// @param stackBps What it owes to all its ancestors together, of its own revenue.
/// @param ancestors How many works stand upstream.
/// @param versions How many versions it has; the newest has this number.
struct Work {
    address shares;
    Kind kind;
    Derivatives derivatives;
    uint16 royaltyBps;
    uint16 stackBps;
    uint8 ancestors;
    uint32 versions;
    address asset;
    address controller;
}

/// @notice A work upstream of another, and the rate that it is owed.
struct Ancestor {
    uint256 work;
    uint256 bps;
}
