// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Capital} from "../../src/Capital.sol";
import {ITreasury} from "../../src/interfaces/ITreasury.sol";
import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {Treasury} from "../../src/Treasury.sol";
import {Crowd} from "../support/Crowd.sol";
import {Trader} from "../support/Trader.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @title Twelve traders who control treasuries, set allowances, and draw
contract TreasuryHandler is Crowd {
    /// @dev An allowance as it is counted here: period after period.
    struct Book {
        uint256 amount;
        uint256 period;
        uint256 start;
        uint256 drawn;
    }

    ProcessRegistry private immutable REGISTRY;
    Capital private immutable CAPITAL;
    Treasury[] public treasuries;
    mapping(bytes32 key => Book) private _books;
    /// @notice What went in and out.
    mapping(Treasury => mapping(address asset => uint256)) public funded;
    mapping(Treasury => mapping(address asset => uint256)) public drawn;
    /// @notice What went wrong, if anything.
    string public wrong;

    constructor(ProcessRegistry registry, Capital capital, WeirdToken weird) Crowd(weird) {
        (REGISTRY, CAPITAL) = (registry, capital);
    }

    function meet(Treasury[] calldata treasuries_) external {
        treasuries = treasuries_;
    }

    function fund(uint256 t, uint256 a, uint256 amount) external {
        Treasury treasury = _treasury(t);
        amount = within(amount, 1, 1e12);
        funded[treasury][_asset(a)] += amount;
        if (_asset(a) != address(0)) return WEIRD.mint(address(treasury), amount);
        vm.deal(address(this), amount);
        (bool sent,) = address(treasury).call{value: amount, gas: 0}("");
        yes(sent, "native coin with 2,300 gas arrives");
    }

    /// @dev Half of the time by whoever may.
    function setAllowance(uint256 who, uint256 t, uint256 operator, uint256 a, uint256 amount, uint256 period)
        external
    {
        Treasury treasury = _treasury(t);
        Trader by = who % 2 == 0 ? Trader(payable(treasury.controller())) : _trader(who >> 1);
        bytes memory data = abi.encodeCall(
            ITreasury.setAllowance,
            (
                address(_trader(operator)),
                _asset(a),
                uint128(within(amount, 0, 1e12)),
                uint32(within(period, 23 hours, 9 days))
            )
        );
        bool may = address(by) == treasury.controller() && within(period, 23 hours, 9 days) >= 1 days;
        yes(_act(by, address(treasury), data) == may, "the controller, and nobody else");
        if (may) ++done["allow"];
    }

    function draw(uint256 who, uint256 t, uint256 a, uint256 to, uint256 amount) external {
        Treasury treasury = _treasury(t);
        uint256 left = treasury.drawable(address(_trader(who)), _asset(a));
        // Mostly what may be drawn; at times one unit too many.
        amount = amount % 4 == 0 ? left + 1 : within(amount, 0, left);
        bytes memory data =
            abi.encodeCall(ITreasury.draw, (_asset(a), uint128(amount), address(_trader(to)), bytes32(0)));
        bool ok = _act(_trader(who), address(treasury), data);
        no(ok && amount > left, "more than the allowance");
        if (ok && amount != 0) ++done["draw"];
    }

    /// @dev Anyone opens treasuries; one that is open stays where it is, and one that stands alone is its controller's.
    function open(uint256 who, uint256 t, uint256 controller) external {
        Treasury treasury = _treasury(t);
        uint256 work = treasury.work();
        address alone = address(_trader(controller));
        address before = CAPITAL.treasuryFor(alone);
        yes(_act(_trader(who), address(CAPITAL), abi.encodeCall(CAPITAL.openTreasuryFor, (alone))), "opened");
        address made = CAPITAL.treasuryFor(alone);
        yes(before == address(0) || before == made, "once");
        eq(Treasury(made).controller(), alone, "the controller's");
        eq(Treasury(made).work(), 0, "and no work's");
        bool ok = _act(_trader(who), address(CAPITAL), abi.encodeCall(CAPITAL.openTreasury, (work)));
        yes(ok == (work != 0), "of a work that there is");
        if (work != 0) eq(CAPITAL.treasuryOf(work), address(treasury), "the one that is open");
    }

    function handOver(uint256 t, uint256 to) external {
        Treasury treasury = _treasury(t);
        uint256 work = treasury.work();
        if (work == 0) return;
        address next = to % 3 == 0 ? address(0) : address(_trader(to));
        Trader by = Trader(payable(treasury.controller()));
        yes(_act(by, address(REGISTRY), abi.encodeCall(REGISTRY.setController, (work, next))), "handed over");
        ++done["hand over"];
    }

    function sellWork(uint256 t, uint256 to) external {
        uint256 work = _treasury(t).work();
        if (work == 0) return;
        Trader owner = Trader(payable(REGISTRY.ownerOf(work)));
        bytes memory data = abi.encodeCall(REGISTRY.transferFrom, (address(owner), address(_trader(to)), work));
        yes(_act(owner, address(REGISTRY), data), "sold");
    }

    function temptation(address who, uint256 mood)
        external
        view
        returns (address target, uint256 value, bytes memory data)
    {
        target = address(treasuries[mood % treasuries.length]);
        uint128 amount = uint128((mood >> 64) % 1e6);
        data = abi.encodeCall(ITreasury.draw, (_asset(mood >> 16), amount, who, bytes32(0)));
        value = 0;
    }

    /// @dev Counts what succeeded. Nothing reverts here: it would undo what has to be seen.
    function did(address who, address target, bytes calldata data) external override {
        Treasury treasury = Treasury(target);
        if (bytes4(data) == ITreasury.setAllowance.selector) {
            (address operator, address asset, uint128 amount, uint32 period) =
                abi.decode(data[4:], (address, address, uint128, uint32));
            Book storage book = _roll(_key(who, treasury, operator, asset));
            if (book.period == 0) book.start = block.timestamp;
            (book.amount, book.period) = (amount, period);
        } else if (bytes4(data) == ITreasury.draw.selector) {
            (address asset, uint128 amount) = abi.decode(data[4:], (address, uint128));
            Book storage book = _roll(_key(treasury.controller(), treasury, who, asset));
            book.drawn += amount;
            if (amount != 0 && book.drawn > book.amount) wrong = "a draw beyond the allowance";
            drawn[treasury][asset] += amount;
        }
    }

    /// @notice What is left to `operator` by the count that is kept here.
    function leftTo(Treasury treasury, address operator, address asset) external returns (uint256) {
        Book storage book = _roll(_key(treasury.controller(), treasury, operator, asset));
        return book.amount > book.drawn ? book.amount - book.drawn : 0;
    }

    function _roll(bytes32 key) private returns (Book storage book) {
        book = _books[key];
        while (book.period != 0 && block.timestamp >= book.start + book.period) {
            (book.start, book.drawn) = (book.start + book.period, 0);
        }
    }

    function _key(address controller, Treasury treasury, address operator, address asset)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(controller, treasury, operator, asset));
    }

    function _treasury(uint256 t) private view returns (Treasury) {
        return treasuries[t % treasuries.length];
    }

    function _asset(uint256 a) private view returns (address) {
        return a % 2 == 0 ? address(0) : address(WEIRD);
    }
}
