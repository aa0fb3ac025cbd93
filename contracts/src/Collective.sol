// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

import {ICollective} from "./interfaces/ICollective.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {IProcessShares} from "./interfaces/IProcessShares.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {CollectiveCharter, Seat, SeatOffer} from "./types/Governance.sol";
import {Derivatives, Holder, Kind, Registration} from "./types/Works.sol";

/// @title A collective
/// @notice See {ICollective}.
/// @dev It calls the registry and shares that the registry made, and nothing else. Money never stops here: harvests go
/// straight on to the shares.
contract Collective is ICollective, Initializable {
    using SafeERC20 for IERC20;
    using SharesCode for address;

    /// @notice The registry of works.
    IProcessRegistry public immutable REGISTRY;

    /// @inheritdoc ICollective
    address public timelock;
    /// @inheritdoc ICollective
    uint32 public missing;
    /// @inheritdoc ICollective
    bool public founded;
    /// @inheritdoc ICollective
    address public shares;
    /// @inheritdoc ICollective
    uint256 public ownWork;
    mapping(uint256 work => Seat) private _seats;

    constructor(IProcessRegistry registry) {
        REGISTRY = registry;
        _disableInitializers();
    }

    modifier onlyGovernance() {
        if (msg.sender != timelock) revert Collective_NotGovernance(msg.sender);
        _;
    }

    /// @inheritdoc ICollective
    function initialize(CollectiveCharter calldata charter, address timelock_)
        external
        initializer
        returns (uint256, address)
    {
        // slither-disable-next-line reentrancy-benign,reentrancy-events: The registry calls nobody back.
        (ownWork, shares) = REGISTRY.register(_registrationOf(charter));
        // slither-disable-next-line missing-zero-check: The factory made it in the same call.
        timelock = timelock_;
        REGISTRY.setController(ownWork, timelock_);
        missing = uint32(charter.founders.length);
        if (missing == 0) revert Collective_EmptySeat(0);
        // slither-disable-next-line uninitialized-local: A sum begins at zero.
        uint256 promised;
        for (uint256 i; i < charter.founders.length; ++i) {
            if (_seats[charter.founders[i].work].member != address(0)) {
                revert Collective_SeatTaken(charter.founders[i].work);
            }
            promised += charter.founders[i].shares;
            _offer(charter.founders[i]);
        }
        if (promised > charter.supply) revert Collective_ReserveTooSmall(promised, charter.supply);
        return (ownWork, shares);
    }

    /// @inheritdoc ICollective
    function pool(uint256 work) external {
        Seat storage seat = _memberSeat(work);
        if (seat.pooled) revert Collective_SeatTaken(work);
        // slither-disable-next-line timestamp: Days, of which a proposer bends seconds.
        if (block.timestamp > seat.until) revert Collective_SeatLapsed(work, seat.until);
        // Control returns to the owner of the token, so nobody else may bring it.
        if (IERC721(address(REGISTRY)).ownerOf(work) != msg.sender) revert Collective_NotOwner(work, msg.sender);
        if (REGISTRY.controllerOf(work) != address(this)) revert Collective_NotControlled(work);
        seat.pooled = true;
        emit Pooled(work, msg.sender);
        if (!founded && --missing == 0) {
            founded = true;
            // So that the governor can tell the reserve apart; the collective never votes.
            // slither-disable-next-line reentrancy-events: The registry's shares call nobody back.
            IVotes(shares).delegate(address(this));
            emit Founded();
        }
        IERC20(REGISTRY.sharesOf(work)).safeTransferFrom(msg.sender, address(this), seat.workShares);
        IERC20(shares).safeTransfer(msg.sender, seat.shares);
    }

    /// @inheritdoc ICollective
    function admit(SeatOffer calldata offer) external onlyGovernance {
        if (_seats[offer.work].pooled) revert Collective_SeatTaken(offer.work);
        _offer(offer);
    }

    /// @inheritdoc ICollective
    function leaveWith(uint256 work) external {
        Seat memory seat = _memberSeat(work);
        if (!seat.pooled) revert Collective_NotPooled(work);
        if (founded) {
            delete _seats[work];
        } else {
            _seats[work].pooled = false;
            ++missing;
        }
        emit Left(work, msg.sender);
        IERC20(shares).safeTransferFrom(msg.sender, address(this), seat.shares);
        IERC20(REGISTRY.sharesOf(work)).safeTransfer(msg.sender, seat.workShares);
        REGISTRY.setController(work, address(0));
    }

    /// @inheritdoc ICollective
    function release(uint256 work) external {
        if (_seats[work].pooled) revert Collective_SeatTaken(work);
        if (IERC721(address(REGISTRY)).ownerOf(work) != msg.sender) revert Collective_NotOwner(work, msg.sender);
        REGISTRY.setController(work, address(0));
    }

    /// @inheritdoc ICollective
    function harvest(uint256 work, address asset) external returns (uint256 amount) {
        // slither-disable-next-line reentrancy-events: The amount is known only then.
        amount = IProcessShares(REGISTRY.sharesOf(work)).claim(asset, shares);
        emit Harvested(work, asset, amount);
    }

    /// @inheritdoc ICollective
    function setParameter(uint256 work, bytes32 name, int64 value) external onlyGovernance {
        _requirePooled(work);
        REGISTRY.setParameter(work, name, value);
    }

    /// @inheritdoc ICollective
    function publish(uint256 work, bytes32 bundle, string calldata uri)
        external
        onlyGovernance
        returns (uint256 version)
    {
        _requirePooled(work);
        return REGISTRY.publish(work, bundle, uri);
    }

    /// @inheritdoc ICollective
    function seatOf(uint256 work) external view returns (Seat memory) {
        return _seats[work];
    }

    /// @inheritdoc ICollective
    function isPooled(uint256 work) external view returns (bool) {
        return _seats[work].pooled;
    }

    function _offer(SeatOffer calldata offer) private {
        if (offer.member == address(0) || offer.workShares == 0 || offer.shares == 0) {
            revert Collective_EmptySeat(offer.work);
        }
        // Revenue in another stablecoin could not be passed on.
        // slither-disable-next-line calls-loop: A read, for each founder that the caller lists.
        address asset = REGISTRY.workOf(offer.work).asset;
        if (asset != shares.asset()) revert Collective_AssetDiffers(offer.work, asset);
        _seats[offer.work] = Seat(offer.member, offer.workShares, offer.shares, offer.until, false);
        emit SeatOffered(offer.work, offer.member, offer.workShares, offer.shares, offer.until);
    }

    function _registrationOf(CollectiveCharter calldata c) private view returns (Registration memory r) {
        r.kind = Kind.Process;
        r.derivatives = Derivatives.Open;
        r.royaltyBps = c.royaltyBps;
        r.asset = c.asset;
        r.bundle = c.bundle;
        (r.name, r.symbol, r.uri) = (c.name, c.symbol, c.uri);
        r.holders = new Holder[](1);
        r.holders[0] = Holder(address(this), c.supply);
    }

    function _memberSeat(uint256 work) private view returns (Seat storage seat) {
        seat = _seats[work];
        if (msg.sender != seat.member) revert Collective_NotMember(work, msg.sender);
    }

    function _requirePooled(uint256 work) private view {
        if (!_seats[work].pooled) revert Collective_NotPooled(work);
    }
}
