// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {GovernorCharter} from "../types/Governance.sol";

/// @title Governor of a work or of a collective
/// @notice OpenZeppelin's Governor with a timelock: shares vote with what they had when the vote began. A proposal may
/// only hold calls without coin that
/// - set a parameter of the work within its frozen bounds, or publish a version of it;
/// - set an allowance of the work's treasury;
/// - of a collective: the same for a work that it pools, or offer a seat to a member.
/// Nothing else can be proposed, the governor's own settings included.
interface IProcessGovernor {
    /// @notice The function `selector` of `target` cannot be proposed; zero for a call without one.
    error Governor_CallRefused(address target, bytes4 selector);
    /// @notice A proposal carries no coin, and `value` wei came with it.
    error Governor_CoinRefused(uint256 value);
    /// @notice `work` is not governed by this governor.
    error Governor_NotGoverned(uint256 work);
    /// @notice Not all founders of `collective` have pooled: it does not vote yet.
    error Governor_NotYetFounded(address collective);

    /// @notice What is frozen.
    function charter() external view returns (GovernorCharter memory);
}
