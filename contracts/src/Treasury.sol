// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";
import {Frozen} from "./libraries/Frozen.sol";
import {Money} from "./libraries/Money.sol";
import {Allowance} from "./types/Capital.sol";

/// @title The capital of a work, or of a collective
/// @notice See {ITreasury}.
/// @dev Behind minimal proxies that carry, in a word each, the work and the controller that stands alone; one is zero.
contract Treasury is ITreasury {
    /// @notice The shortest period: a shorter one would hardly be a bound.
    uint256 public constant PERIOD_MIN = 1 days;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;

    mapping(address controller => mapping(address operator => mapping(address asset => Allowance))) private
        _allowances;

    constructor(IProcessRegistry registry) {
        REGISTRY = registry;
    }

    /// @inheritdoc ITreasury
    function setAllowance(address operator, address asset, uint128 amount, uint32 period) external {
        address by = controller();
        if (msg.sender != by) revert Treasury_NotController(msg.sender, by);
        if (period < PERIOD_MIN) revert Treasury_PeriodTooShort(period, PERIOD_MIN);
        Allowance memory allowance = _running(_allowances[by][operator][asset]);
        // slither-disable-next-line incorrect-equality,timestamp: Only this contract writes it, and never zero.
        if (allowance.start == 0) allowance.start = uint48(block.timestamp);
        (allowance.amount, allowance.period) = (amount, period);
        _allowances[by][operator][asset] = allowance;
        emit AllowanceSet(by, operator, asset, amount, period);
    }

    /// @inheritdoc ITreasury
    function draw(address asset, uint128 amount, address to, bytes32 purpose) external {
        Allowance storage allowance = _allowances[controller()][msg.sender][asset];
        Allowance memory running = _running(allowance);
        uint256 left = _left(running);
        // slither-disable-next-line timestamp: Periods are a day at least.
        if (amount > left) revert Treasury_AllowanceExceeded(amount, left);
        (allowance.start, allowance.drawn) = (running.start, running.drawn + amount);
        emit Drawn(msg.sender, asset, to, amount, purpose);
        Money.send(asset, to, amount);
    }

    /// @inheritdoc ITreasury
    function work() public view returns (uint256) {
        return uint256(Frozen.word(address(this), Frozen.PROXY_SIZE));
    }

    /// @inheritdoc ITreasury
    function controller() public view returns (address) {
        uint256 work_ = work();
        if (work_ != 0) return REGISTRY.controllerOf(work_);
        return address(uint160(uint256(Frozen.word(address(this), Frozen.PROXY_SIZE + 32))));
    }

    /// @inheritdoc ITreasury
    function allowanceOf(address operator, address asset) public view returns (Allowance memory) {
        return _running(_allowances[controller()][operator][asset]);
    }

    /// @inheritdoc ITreasury
    function drawable(address operator, address asset) external view returns (uint256) {
        return _left(allowanceOf(operator, asset));
    }

    /// @dev The allowance with the period that is running now: periods follow each other without a gap.
    function _running(Allowance memory allowance) private view returns (Allowance memory) {
        uint256 elapsed = block.timestamp - allowance.start;
        // slither-disable-next-line timestamp: Periods are a day at least.
        if (allowance.period == 0 || elapsed < allowance.period) return allowance;
        // Periods follow each other; nothing is drawn by lot.
        // slither-disable-start weak-prng
        allowance.start += uint48(elapsed - elapsed % allowance.period);
        // slither-disable-end weak-prng
        allowance.drawn = 0;
        return allowance;
    }

    function _left(Allowance memory allowance) private pure returns (uint256) {
        // slither-disable-next-line timestamp: No time is compared.
        return allowance.amount > allowance.drawn ? allowance.amount - allowance.drawn : 0;
    }
}
