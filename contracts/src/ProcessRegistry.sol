// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";

import {IERC7572} from "./interfaces/IERC7572.sol";
import {IProcessRegistry} from "./interfaces/IProcessRegistry.sol";
import {ProcessShares} from "./ProcessShares.sol";
import {Frozen} from "./libraries/Frozen.sol";
import {Parameters} from "./libraries/Parameters.sol";
import {SharesCode} from "./libraries/SharesCode.sol";
import {Stack} from "./libraries/Stack.sol";
import {Ancestor, Derivatives, Holder, Kind, Parameter, Registration, Work} from "./types/Works.sol";

/// @title Registry of works
/// @notice See {IProcessRegistry}. Nobody owns the registry itself: its allow-list of assets is frozen.
contract ProcessRegistry is IProcessRegistry, ERC721, IERC4906, IERC7572 {
    using SharesCode for address;
    using SharesCode for SharesCode.Data;
    using Stack for Stack.Builder;

    /// @dev One slot.
    struct Record {
        address shares;
        uint8 kind;
        uint8 derivatives;
        uint16 royaltyBps;
        uint16 stackBps;
        uint8 ancestors;
        uint32 versions;
        uint8 asset;
    }

    /// @dev One slot; bundle and metadata are kept as code.
    struct Version {
        address data;
        uint48 publishedAt;
    }

    /// @notice How many works may stand upstream of a work.
    uint256 public constant ANCESTORS_MAX = 16;
    /// @notice What a work may owe to all its ancestors together, and ask of its derivatives, in basis points.
    uint256 public constant STACK_BPS_MAX = 5_000;
    /// @notice Largest supply of shares.
    uint256 public constant SUPPLY_MAX = type(uint96).max;
    /// @notice Longest name and symbol of shares, in bytes.
    uint256 public constant NAME_MAX = 64;
    uint256 public constant SYMBOL_MAX = 16;
    /// @notice Longest address of metadata, in bytes.
    uint256 public constant URI_MAX = 512;

    /// @inheritdoc IProcessRegistry
    address public immutable sharesImplementation;
    /// @inheritdoc IProcessRegistry
    uint256 public works;

    address[] private _assets;
    mapping(address asset => uint256 place) private _assetPlace;
    mapping(uint256 work => Record) private _records;
    mapping(uint256 work => mapping(uint256 version => Version)) private _versions;
    mapping(uint256 work => mapping(bytes32 name => Parameter)) private _parameters;
    mapping(uint256 work => address) private _controllers;
    mapping(uint256 work => mapping(address principal => mapping(address operator => bool))) private _operators;
    mapping(uint256 work => mapping(address deriver => bool)) private _derivers;
    mapping(address creator => mapping(bytes32 bundle => uint256 work)) private _registered;

    /// @param assets Stablecoins that shares may account for; at most 255, none that rebases or takes a fee.
    /// @param wrappedNative The wrapped native coin; zero if the chain has none.
    constructor(address[] memory assets, address wrappedNative) ERC721("Daedal Works", "WORK") {
        // slither-disable-next-line missing-zero-check: Zero is a chain without a wrapped coin.
        sharesImplementation = address(new ProcessShares(wrappedNative));
        for (uint256 i; i < assets.length; ++i) {
            address asset = assets[i];
            if (asset.code.length == 0 || asset == wrappedNative || i == type(uint8).max) {
                revert Registry_NotAToken(asset);
            }
            if (_assetPlace[asset] != 0) revert Registry_NotAToken(asset);
            _assets.push(asset);
            _assetPlace[asset] = i + 1;
            emit AssetAllowed(asset);
        }
    }

    modifier onlyController(uint256 work) {
        if (msg.sender != controllerOf(work)) revert Registry_NotController(work, msg.sender);
        _;
    }

    /// @inheritdoc IProcessRegistry
    function register(Registration calldata r) external returns (uint256 work, address shares) {
        work = _registered[msg.sender][r.bundle];
        if (work != 0) revert Registry_AlreadyRegistered(work);
        if (r.royaltyBps > STACK_BPS_MAX) revert Registry_RoyaltyTooHigh(r.royaltyBps, STACK_BPS_MAX);
        uint256 asset = _assetPlace[r.asset];
        if (asset == 0) revert Registry_AssetNotAllowed(r.asset);

        work = ++works;
        _registered[msg.sender][r.bundle] = work;
        Record storage record = _records[work];
        Stack.Builder memory stack = _flatten(r.parents, asset);
        uint256 supply = _supplyOf(r.holders);
        shares = _createShares(work, r, stack, supply);

        record.shares = shares;
        record.kind = uint8(r.kind);
        record.derivatives = uint8(r.derivatives);
        record.royaltyBps = r.royaltyBps;
        record.stackBps = uint16(stack.bps);
        record.ancestors = uint8(stack.count);
        record.versions = 1;
        record.asset = uint8(asset);

        emit WorkRegistered(
            work, msg.sender, shares, r.kind, r.royaltyBps, uint16(stack.bps), r.asset, supply, r.parents
        );
        _mint(msg.sender, work);
        _append(work, 1, r.bundle, r.uri);
        Parameters.register(_parameters[work], work, r.parameters);
        ProcessShares(shares).initialize(r.holders);
    }

    /// @inheritdoc IProcessRegistry
    function publish(uint256 work, bytes32 bundle, string calldata uri)
        external
        onlyController(work)
        returns (uint256 version)
    {
        version = _records[work].versions;
        if (bundleOf(work, version) == bundle) revert Registry_VersionUnchanged(work, version);
        _records[work].versions = uint32(++version);
        _append(work, version, bundle, uri);
        emit MetadataUpdate(work);
    }

    /// @inheritdoc IProcessRegistry
    function setParameter(uint256 work, bytes32 name, int64 value) external onlyController(work) {
        Parameters.set(_parameters[work], work, name, value);
    }

    /// @inheritdoc IProcessRegistry
    function setController(uint256 work, address controller) external onlyController(work) {
        _controllers[work] = controller;
        emit ControllerSet(work, controller);
    }

    /// @inheritdoc IProcessRegistry
    function setOperator(uint256 work, address operator, bool appointed) external {
        if (msg.sender != ownerOf(work) && msg.sender != _controllers[work]) {
            revert Registry_NotPrincipal(work, msg.sender);
        }
        _operators[work][msg.sender][operator] = appointed;
        emit OperatorSet(work, msg.sender, operator, appointed);
    }

    /// @inheritdoc IProcessRegistry
    function setDeriver(uint256 work, address deriver, bool allowed) external onlyController(work) {
        _derivers[work][deriver] = allowed;
        emit DeriverSet(work, deriver, allowed);
    }

    /// @inheritdoc IProcessRegistry
    function workOf(uint256 work) external view returns (Work memory) {
        Record storage record = _known(work);
        return Work({
            shares: record.shares,
            kind: Kind(record.kind),
            derivatives: Derivatives(record.derivatives),
            royaltyBps: record.royaltyBps,
            stackBps: record.stackBps,
            ancestors: record.ancestors,
            versions: record.versions,
            asset: _assets[record.asset - 1],
            controller: controllerOf(work)
        });
    }

    /// @inheritdoc IProcessRegistry
    function registeredBy(address creator, bytes32 bundle) external view returns (uint256) {
        return _registered[creator][bundle];
    }

    /// @inheritdoc IProcessRegistry
    function sharesOf(uint256 work) external view returns (address) {
        return _records[work].shares;
    }

    /// @inheritdoc IProcessRegistry
    function controllerOf(uint256 work) public view returns (address controller) {
        controller = _controllers[work];
        if (controller == address(0)) controller = ownerOf(work);
    }

    /// @inheritdoc IProcessRegistry
    function isOperator(uint256 work, address account) external view returns (bool) {
        address owner = _ownerOf(work);
        if (owner == address(0)) return false;
        if (account == owner || _operators[work][owner][account]) return true;
        address controller = _controllers[work];
        return controller != address(0) && (account == controller || _operators[work][controller][account]);
    }

    /// @inheritdoc IProcessRegistry
    function mayDerive(uint256 work, address account) public view returns (bool) {
        Derivatives policy = Derivatives(_records[work].derivatives);
        // slither-disable-next-line incorrect-equality,timestamp: An enum that registration wrote.
        if (policy == Derivatives.Open) return _records[work].shares != address(0);
        if (account == controllerOf(work)) return true;
        // slither-disable-next-line incorrect-equality: An enum that registration wrote.
        return policy == Derivatives.AllowList && _derivers[work][account];
    }

    /// @inheritdoc IProcessRegistry
    function versionOf(uint256 work, uint256 version)
        public
        view
        returns (bytes32 bundle, string memory uri, uint256 publishedAt)
    {
        Version storage found = _versions[work][version];
        address data = found.data;
        if (data == address(0)) revert Registry_UnknownVersion(work, version);
        bundle = Frozen.word(data, 1);
        uri = string(Frozen.slice(data, 33, data.code.length - 33));
        publishedAt = found.publishedAt;
    }

    /// @inheritdoc IProcessRegistry
    function bundleOf(uint256 work, uint256 version) public view returns (bytes32) {
        address data = _versions[work][version].data;
        return data == address(0) ? bytes32(0) : Frozen.word(data, 1);
    }

    /// @inheritdoc IProcessRegistry
    function findVersion(uint256 work, bytes32 bundle) external view returns (uint256 version) {
        // slither-disable-next-line timestamp: No time is compared.
        for (version = _records[work].versions; version > 0; --version) {
            if (bundleOf(work, version) == bundle) return version;
        }
    }

    /// @inheritdoc IProcessRegistry
    function parameterOf(uint256 work, bytes32 name) external view returns (Parameter memory) {
        return Parameters.get(_parameters[work], work, name);
    }

    /// @inheritdoc IProcessRegistry
    function stackOf(uint256 work) external view returns (Ancestor[] memory) {
        return Stack.list(_known(work).shares.ancestors());
    }

    /// @inheritdoc IProcessRegistry
    function royaltyOf(uint256 work, uint256 ancestor) external view returns (uint256 bps, address shares) {
        bool found;
        (found, bps) = Stack.find(_known(work).shares.ancestors(), ancestor);
        if (!found) revert Registry_NotAncestor(work, ancestor);
        shares = _records[ancestor].shares;
    }

    /// @inheritdoc IProcessRegistry
    function assetAllowed(address asset) external view returns (bool) {
        return _assetPlace[asset] != 0;
    }

    /// @notice The metadata of the newest version.
    function tokenURI(uint256 work) public view override returns (string memory uri) {
        _requireOwned(work);
        (, uri,) = versionOf(work, _records[work].versions);
    }

    /// @inheritdoc IERC7572
    function contractURI() external pure returns (string memory) {
        return 'data:application/json;utf8,{"name":"Daedal Works","description":'
            '"Creative processes, models and datasets, with their versions, shares and upstream works."}';
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        return id == bytes4(0x49064906) || super.supportsInterface(id);
    }

    /// @dev The union of the parents and of their stacks.
    function _flatten(uint256[] calldata parents, uint256 asset) private view returns (Stack.Builder memory stack) {
        for (uint256 i; i < parents.length; ++i) {
            uint256 parent = parents[i];
            Record memory record = _known(parent);
            if (record.asset != asset) {
                revert Registry_AssetDiffers(parent, _assets[record.asset - 1], _assets[asset - 1]);
            }
            if (!mayDerive(parent, msg.sender)) revert Registry_DerivativesRefused(parent, msg.sender);
            stack.add(Stack.entryOf(parent, record.royaltyBps));
            stack.add(record.shares.ancestors());
        }
        if (stack.count > ANCESTORS_MAX) revert Registry_StackTooDeep(stack.count, ANCESTORS_MAX);
        if (stack.bps > STACK_BPS_MAX) revert Registry_StackTooHigh(stack.bps, STACK_BPS_MAX);
    }

    function _supplyOf(Holder[] calldata holders) private pure returns (uint256 supply) {
        for (uint256 i; i < holders.length; ++i) {
            supply += holders[i].shares;
        }
        if (supply == 0 || supply > SUPPLY_MAX) revert Registry_SupplyOutOfRange(supply, SUPPLY_MAX);
    }

    /// @dev The address depends on everything that is frozen, so a reorganised chain cannot give it to another work.
    function _createShares(uint256 work, Registration calldata r, Stack.Builder memory stack, uint256 supply)
        private
        returns (address)
    {
        _requireText(r.name, NAME_MAX);
        _requireText(r.symbol, SYMBOL_MAX);
        SharesCode.Data memory data = SharesCode.Data({
            work: SafeCast.toUint32(work),
            asset: r.asset,
            stackBps: uint16(stack.bps),
            createdAt: uint48(block.timestamp),
            supply: uint96(supply),
            creator: msg.sender,
            ancestors: stack.entries,
            name: r.name,
            symbol: r.symbol
        });
        return Frozen.createProxy(sharesImplementation, SharesCode.saltOf(work), data.encode());
    }

    function _append(uint256 work, uint256 version, bytes32 bundle, string calldata uri) private {
        if (bundle == 0) revert Registry_EmptyBundle();
        if (bytes(uri).length > URI_MAX) revert Registry_TextLength(uri, URI_MAX);
        address data = Frozen.write(abi.encodePacked(bundle, uri), keccak256(abi.encode(work, version)));
        _versions[work][version] = Version({data: data, publishedAt: uint48(block.timestamp)});
        emit VersionPublished(work, version, bundle, uri);
    }

    function _known(uint256 work) private view returns (Record storage record) {
        record = _records[work];
        if (record.shares == address(0)) revert Registry_UnknownWork(work);
    }

    function _requireText(string calldata text, uint256 max) private pure {
        if (bytes(text).length == 0 || bytes(text).length > max) revert Registry_TextLength(text, max);
    }
}
