// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ICapital} from "./interfaces/ICapital.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {ShareOffering} from "./ShareOffering.sol";
import {Treasury} from "./Treasury.sol";
import {Frozen} from "./libraries/Frozen.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Offer, OfferTerms} from "./types/Capital.sol";

/// @title Where works raise capital and keep it
/// @notice See {ICapital}. Nobody owns it.
contract Capital is ICapital {
    using SafeERC20 for IERC20;
    using SharesCode for address;

    /// @notice How long an offering may take: the buyers' money waits that long at most.
    uint256 public constant DURATION_MAX = 366 days;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;
    /// @notice The code behind all treasuries.
    address public immutable treasuryImplementation;
    /// @notice The code behind all offerings.
    address public immutable offeringImplementation;

    /// @inheritdoc ICapital
    uint256 public offerings;
    /// @inheritdoc ICapital
    mapping(uint256 number => address) public offeringOf;
    /// @inheritdoc ICapital
    mapping(uint256 work => address) public treasuryOf;
    /// @inheritdoc ICapital
    mapping(address controller => address) public treasuryFor;

    constructor(IProcessRegistry registry) {
        REGISTRY = registry;
        treasuryImplementation = address(new Treasury(registry));
        offeringImplementation = address(new ShareOffering());
    }

    /// @inheritdoc ICapital
    function openTreasury(uint256 work) public returns (address treasury) {
        treasury = treasuryOf[work];
        if (treasury != address(0)) return treasury;
        // slither-disable-next-line unused-return: Called for its refusal.
        REGISTRY.controllerOf(work); // Reverts if there is no such work.
        treasury = _openTreasury(work, address(0));
        treasuryOf[work] = treasury;
    }

    /// @inheritdoc ICapital
    function openTreasuryFor(address controller) external returns (address treasury) {
        treasury = treasuryFor[controller];
        if (treasury != address(0)) return treasury;
        if (controller == address(0)) revert Capital_NoController();
        treasury = _openTreasury(0, controller);
        treasuryFor[controller] = treasury;
    }

    /// @inheritdoc ICapital
    function offer(address shares, OfferTerms calldata terms) external returns (address offering) {
        if (!shares.madeBy(address(REGISTRY))) revert Capital_NotShares(shares);
        uint256 work = shares.work();
        if (!REGISTRY.isOperator(work, msg.sender)) revert Capital_NotOperator(work, msg.sender);
        if (terms.lot == 0 || terms.price == 0 || terms.lotsMin == 0 || terms.lotsMin > terms.lotsMax) {
            revert Capital_InvalidCaps(terms.lot, terms.price, terms.lotsMin, terms.lotsMax);
        }
        uint256 latest = block.timestamp + DURATION_MAX;
        // slither-disable-next-line timestamp: Days, of which a proposer bends seconds.
        if (terms.deadline <= block.timestamp || terms.deadline > latest) {
            revert Capital_DeadlineOutOfRange(terms.deadline, latest);
        }
        if (terms.notice == 0) revert Capital_NoNotice();
        Offer memory o = Offer(msg.sender, shares, openTreasury(work), terms);
        uint256 number = ++offerings;
        offering = Frozen.createProxy(offeringImplementation, bytes32(number), abi.encode(o));
        offeringOf[number] = offering;
        emit OfferingCreated(number, offering, work, o);
        IERC20(shares).safeTransferFrom(msg.sender, offering, uint256(terms.lot) * terms.lotsMax);
    }

    function _openTreasury(uint256 work, address controller) private returns (address treasury) {
        bytes32 salt = bytes32(work != 0 ? work : uint160(controller));
        treasury = Frozen.createProxy(treasuryImplementation, salt, abi.encode(work, controller));
        emit TreasuryOpened(treasury, work, controller);
    }
}
