// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Ancestor, Parameter, Registration, Work, Kind} from "../types/Works.sol";

/// @title Registry of works
/// @notice An ERC-721 of processes, models and datasets: their versions, their dials, and the works upstream.
///
/// Three roles, none of which can move a holder's revenue:
/// - the owner of the token may transfer it and is the controller while no other is set;
/// - the controller publishes versions, sets parameters, and hands control on;
/// - operators, appointed by the owner or the controller, mint editions and anchor receipts.
interface IProcessRegistry {
    /// @notice A work was registered.
    event WorkRegistered(
        uint256 indexed work,
        address indexed creator,
        address indexed shares,
        Kind kind,
        uint16 royaltyBps,
        uint16 stackBps,
        address asset,
        uint256 supply,
        uint256[] parents
    );

    /// @notice A version was appended.
    event VersionPublished(uint256 indexed work, uint256 indexed version, bytes32 indexed bundle, string uri);

    /// @notice A governed dial was registered, with its frozen bounds.
    event ParameterRegistered(
        uint256 indexed work,
        bytes32 indexed name,
        int64 value,
        int64 min,
        int64 max,
        uint64 step,
        uint32 cooldown,
        uint8 decimals
    );

    /// @notice A governed dial was moved.
    event ParameterSet(uint256 indexed work, bytes32 indexed name, int64 from, int64 to);

    /// @notice Control passed to `controller`; zero returns it to the owner of the token.
    event ControllerSet(uint256 indexed work, address indexed controller);

    /// @notice `principal` appointed or dismissed an operator.
    event OperatorSet(uint256 indexed work, address indexed principal, address indexed operator, bool appointed);

    /// @notice An account was allowed or forbidden to derive from a work with an allow-list.
    event DeriverSet(uint256 indexed work, address indexed deriver, bool allowed);

    /// @notice An asset stands on the allow-list, which the constructor froze.
    event AssetAllowed(address indexed asset);

    /// @notice The caller registered this bundle before, as `work`.
    error Registry_AlreadyRegistered(uint256 work);
    /// @notice `asset` does not stand on the allow-list of stablecoins.
    error Registry_AssetNotAllowed(address asset);
    /// @notice `parent` accounts in `parentAsset`, and a derivative has to as well, not in `asset`.
    error Registry_AssetDiffers(uint256 parent, address parentAsset, address asset);
    /// @notice `parent` does not let `deriver` derive from it.
    error Registry_DerivativesRefused(uint256 parent, address deriver);
    /// @notice Two dials have the name `name`.
    error Registry_DuplicateParameter(bytes32 name);
    /// @notice The digest of the bundle is zero.
    error Registry_EmptyBundle();
    /// @notice The dial `name` has no name, no step, no span, or a value outside of its bounds.
    error Registry_InvalidParameter(bytes32 name);
    /// @notice `ancestor` does not stand upstream of `work`.
    error Registry_NotAncestor(uint256 work, uint256 ancestor);
    /// @notice `asset` is no contract, is listed twice, or is the wrapped native coin. Of the constructor.
    error Registry_NotAToken(address asset);
    /// @notice `account` does not control `work`.
    error Registry_NotController(uint256 work, address account);
    /// @notice `account` neither owns nor controls `work`, so it appoints no operators.
    error Registry_NotPrincipal(uint256 work, address account);
    /// @notice `value` is not from `min` to `max`, the frozen bounds of the dial (mantissas).
    error Registry_ParameterBounds(uint256 work, bytes32 name, int64 value, int64 min, int64 max);
    /// @notice The dial rests until `until` (seconds).
    error Registry_ParameterCooldown(uint256 work, bytes32 name, uint256 until);
    /// @notice From `from` to `to` is more than `step`, the largest change at once (mantissas).
    error Registry_ParameterStep(uint256 work, bytes32 name, int64 from, int64 to, uint64 step);
    /// @notice A royalty of `bps` basis points is above `max`.
    error Registry_RoyaltyTooHigh(uint256 bps, uint256 max);
    /// @notice `ancestors` works would stand upstream, and `max` may.
    error Registry_StackTooDeep(uint256 ancestors, uint256 max);
    /// @notice The work would owe `bps` basis points upstream, and may owe `max`.
    error Registry_StackTooHigh(uint256 bps, uint256 max);
    /// @notice `supply` shares are none, or more than `max`.
    error Registry_SupplyOutOfRange(uint256 supply, uint256 max);
    /// @notice `text` is empty, or longer than `max` bytes.
    error Registry_TextLength(string text, uint256 max);
    /// @notice `count` dials are more than `max`.
    error Registry_TooManyParameters(uint256 count, uint256 max);
    /// @notice `work` has no dial `name`.
    error Registry_UnknownParameter(uint256 work, bytes32 name);
    /// @notice `work` has no version of this number.
    error Registry_UnknownVersion(uint256 work, uint256 version);
    /// @notice No work has this number.
    error Registry_UnknownWork(uint256 work);
    /// @notice The bundle is that of `version`, the newest: it cannot follow itself.
    error Registry_VersionUnchanged(uint256 work, uint256 version);

    /// @notice Registers a work, creates its shares and hands them to their holders.
    /// @dev The caller becomes owner of the token. A second registration of the same bundle by the same account is
    /// refused with the number of the first.
    function register(Registration calldata registration) external returns (uint256 work, address shares);

    /// @notice Appends a version. Only the controller; the newest bundle cannot be published twice in a row.
    function publish(uint256 work, bytes32 bundle, string calldata uri) external returns (uint256 version);

    /// @notice Moves a dial within its frozen bounds, step and cooldown. Only the controller.
    function setParameter(uint256 work, bytes32 name, int64 value) external;

    /// @notice Hands control to `controller`; zero hands it to the owner of the token. Only the controller.
    function setController(uint256 work, address controller) external;

    /// @notice Appoints or dismisses an operator. Owner or controller; an appointment ends with its principal's role.
    function setOperator(uint256 work, address operator, bool appointed) external;

    /// @notice Lets `deriver` derive from a work with an allow-list, or not. Only the controller.
    function setDeriver(uint256 work, address deriver, bool allowed) external;

    /// @notice How many works there are; they are numbered from 1.
    function works() external view returns (uint256);

    /// @notice Everything about a work that has a fixed size.
    function workOf(uint256 work) external view returns (Work memory);

    /// @notice The work that `creator` registered with `bundle`; zero if there is none.
    function registeredBy(address creator, bytes32 bundle) external view returns (uint256 work);

    /// @notice The share token, revenue sink and royalty receiver of a work; zero if there is no such work.
    function sharesOf(uint256 work) external view returns (address);

    /// @notice Who may change the work.
    function controllerOf(uint256 work) external view returns (address);

    /// @notice Whether `account` may mint editions of the work and anchor its receipts.
    function isOperator(uint256 work, address account) external view returns (bool);

    /// @notice Whether `account` may name the work as a parent.
    function mayDerive(uint256 work, address account) external view returns (bool);

    /// @notice A version: its bundle, its metadata and when it was published.
    function versionOf(uint256 work, uint256 version)
        external
        view
        returns (bytes32 bundle, string memory uri, uint256 publishedAt);

    /// @notice The bundle of a version; zero if there is no such version.
    function bundleOf(uint256 work, uint256 version) external view returns (bytes32);

    /// @notice The newest version that has this bundle; zero if there is none.
    function findVersion(uint256 work, bytes32 bundle) external view returns (uint256 version);

    /// @notice A governed dial.
    function parameterOf(uint256 work, bytes32 name) external view returns (Parameter memory);

    /// @notice All works upstream, each once, with the rate that each is owed.
    function stackOf(uint256 work) external view returns (Ancestor[] memory);

    /// @notice The rate that `work` owes to `ancestor`, and where to pay it. Reverts unless it stands upstream.
    function royaltyOf(uint256 work, uint256 ancestor) external view returns (uint256 bps, address shares);

    /// @notice Whether shares may account for this stablecoin.
    function assetAllowed(address asset) external view returns (bool);

    /// @notice The code behind all shares.
    function sharesImplementation() external view returns (address);
}
