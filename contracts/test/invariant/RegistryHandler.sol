// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {IProcessRegistry as I} from "../../src/interfaces/IProcessRegistry.sol";
import {Derivatives, Holder, Kind, Parameter, ParameterSpec, Registration} from "../../src/types/Works.sol";
import {Test} from "../support/Test.sol";

/// @title Twelve people who register works, derive from them, publish, turn dials, and pass control and tokens on
/// @dev It keeps its own account of every work, by other means than the registry's: what stands upstream is a mask of
/// bits. From that account it knows of each call whether it has to go through.
contract RegistryHandler is Test {
    uint256 public constant PEOPLE = 12;
    /// @notice How many works a run may register: a bit each.
    uint256 public constant WORKS_MAX = 48;

    /// @notice What is known of a work from outside.
    /// @param above A bit for each work upstream; `ancestors` and `stackBps` are their number and what they are owed.
    /// @param controller Who was set; zero is the owner.
    struct Told {
        address shares;
        bytes32 code;
        Kind kind;
        Derivatives derivatives;
        uint256 royaltyBps;
        uint256 above;
        uint256 ancestors;
        uint256 stackBps;
        uint256 supply;
        address asset;
        address owner;
        address controller;
        address approved;
        bytes32[] bundles;
        uint256[] published;
    }

    ProcessRegistry private immutable REGISTRY;
    address[2] private _assets;
    Told[] private _told;
    mapping(uint256 work => mapping(bytes32 name => Parameter)) private _dials;
    mapping(uint256 work => mapping(address principal => mapping(address operator => bool))) private _operators;
    mapping(uint256 work => mapping(address deriver => bool)) private _derivers;
    mapping(address owner => mapping(address operator => bool)) private _forAll;
    mapping(address creator => mapping(bytes32 bundle => uint256 work)) private _registered;

    /// @notice Successful operations by name, so that a run which achieves nothing shows.
    mapping(string => uint256) public done;
    /// @notice The work that the last call was about; zero if about none.
    uint256 public touched;
    /// @notice How many calls there were.
    uint256 public calls;

    constructor(ProcessRegistry registry, address[2] memory assets) {
        (REGISTRY, _assets) = (registry, assets);
        _told.push(); // Works are numbered from 1.
    }

    function person(uint256 who) public pure returns (address) {
        return address(uint160(0xACE0000 + who % PEOPLE));
    }

    function dial(uint256 k) public pure returns (bytes32) {
        return k % 2 == 0 ? bytes32("turbulence") : bytes32("grain");
    }

    function works() public view returns (uint256) {
        return _told.length - 1;
    }

    function told(uint256 work) external view returns (Told memory) {
        return _told[work];
    }

    function dialOf(uint256 work, bytes32 name) external view returns (Parameter memory) {
        return _dials[work][name];
    }

    function controllerOf(uint256 work) public view returns (address) {
        Told storage t = _told[work];
        return t.controller == address(0) ? t.owner : t.controller;
    }

    function isOperator(uint256 work, address account) external view returns (bool) {
        Told storage t = _told[work];
        bool appointed = _operators[work][t.owner][account]
            || t.controller != address(0) && _operators[work][t.controller][account];
        return account == t.owner || account == controllerOf(work) || appointed;
    }

    function mayDerive(uint256 work, address account) public view returns (bool) {
        Derivatives policy = _told[work].derivatives;
        bool listed = policy == Derivatives.AllowList && _derivers[work][account];
        return policy == Derivatives.Open || account == controllerOf(work) || listed;
    }

    /// @dev Registration with zero to two parents, of which some are unknown, closed or of another family.
    function register(uint256 who, uint256 seed) external {
        ++calls;
        touched = 0;
        if (works() == WORKS_MAX) return;
        uint256[] memory parents = new uint256[](_draw(seed, "parents", 3));
        for (uint256 i; i < parents.length; ++i) {
            // The newest as often as any other, so that stacks grow deep; at times one that is not there.
            bool newest = _draw(seed, bytes32(i), 2) == 0;
            parents[i] = newest ? works() : 1 + _draw(seed, bytes32(i + 2), works() + (seed % 16 == 0 ? 1 : 0));
        }
        Registration memory r = _registration(person(who), seed);
        r.parents = parents;
        _register(who, r);
    }

    /// @notice Registers a work that is in order, to begin with: 1% to it from each derivative, a dial, anyone may
    /// derive.
    function begin(uint256 who, uint256[] memory parents) external {
        Registration memory r = _registration(person(who), works());
        (r.parents, r.royaltyBps, r.derivatives, r.asset) = (parents, 100, Derivatives.Open, _assets[0]);
        r.bundle = keccak256(abi.encode("first", works()));
        r.uri = _uri(r.bundle);
        r.holders = new Holder[](1);
        r.holders[0] = Holder(person(who), 100);
        r.parameters = new ParameterSpec[](1);
        r.parameters[0] = ParameterSpec(dial(0), 35, 10, 80, 10, 1 days, 2);
        _register(who, r);
        eq(works(), REGISTRY.works(), "begun");
    }

    function _register(uint256 who, Registration memory r) private {
        (bool allowed, uint256 above) = _mayRegister(person(who), r);
        vm.prank(person(who));
        try REGISTRY.register(r) returns (uint256 work, address shares) {
            yes(allowed, "a registration that has to be refused");
            eq(work, works() + 1, "numbered in turn");
            _learn(person(who), shares, above, r);
            ++done["register"];
            if (r.parents.length != 0) ++done["derive"];
        } catch {
            no(allowed, "refused without a reason");
            ++done["refuse"];
        }
    }

    function publish(uint256 who, uint256 w, uint256 seed) external {
        (uint256 work, address by) = _pick(who, w);
        Told storage t = _told[work];
        bytes32 newest = t.bundles[t.bundles.length - 1];
        bytes32 bundle = seed % 8 == 0 ? newest : seed % 8 == 1 ? bytes32(0) : keccak256(abi.encode(seed));
        string memory uri = seed % 8 == 2 ? string(new bytes(513)) : _uri(bundle);
        vm.prank(by);
        try REGISTRY.publish(work, bundle, uri) returns (uint256 version) {
            yes(by == controllerOf(work), "the controller's");
            no(bundle == newest || bundle == 0 || bytes(uri).length > 512, "nothing new, nothing, or too much");
            t.bundles.push(bundle);
            t.published.push(block.timestamp);
            eq(version, t.bundles.length, "appended");
            ++done["publish"];
        } catch {
            bool isNews = bundle != newest && bundle != 0 && bytes(uri).length <= 512;
            no(by == controllerOf(work) && isNews, "refused without a reason");
        }
    }

    /// @dev Mostly by the largest step or less; at times by one more, or beyond the bounds.
    function setParameter(uint256 who, uint256 w, uint256 k, uint256 seed) external {
        (uint256 work, address by) = _pick(who, w);
        Parameter storage p = _dials[work][dial(k)];
        int256 change = int256(within(seed >> 8, 0, p.step > 1e18 ? 1e18 : uint256(p.step) + (seed % 4 == 0 ? 1 : 0)));
        int256 wish = int256(p.value) + (seed % 2 == 0 ? change : -change);
        if (wish > type(int64).max || wish < type(int64).min) wish = p.value;
        int64 value = int64(wish);
        int256 moved = wish > p.value ? wish - p.value : int256(p.value) - wish;
        bool allowed = by == controllerOf(work) && p.changedAt != 0 && value >= p.min && value <= p.max
            && moved <= int256(uint256(p.step)) && block.timestamp >= uint256(p.changedAt) + p.cooldown;
        vm.prank(by);
        try REGISTRY.setParameter(work, dial(k), value) {
            yes(allowed, "a change that has to be refused");
            (p.value, p.changedAt) = (value, uint48(block.timestamp));
            ++done["turn a dial"];
        } catch {
            no(allowed, "refused without a reason");
        }
    }

    function setController(uint256 who, uint256 w, uint256 to) external {
        (uint256 work, address by) = _pick(who, w);
        address next = to % 3 == 0 ? address(0) : person(to);
        bool allowed = by == controllerOf(work);
        yes(_try(by, abi.encodeCall(I.setController, (work, next))) == allowed, "the controller's, and nobody else's");
        if (!allowed) return;
        _told[work].controller = next;
        ++done["hand over"];
    }

    function setOperator(uint256 who, uint256 w, uint256 operator, bool appointed) external {
        (uint256 work, address by) = _pick(who, w);
        bool allowed = by == _told[work].owner || by == _told[work].controller;
        bytes memory data = abi.encodeCall(I.setOperator, (work, person(operator), appointed));
        yes(_try(by, data) == allowed, "the owner's and the controller's");
        if (allowed) _operators[work][by][person(operator)] = appointed;
    }

    function setDeriver(uint256 who, uint256 w, uint256 deriver, bool allowed) external {
        (uint256 work, address by) = _pick(who, w);
        bytes memory data = abi.encodeCall(I.setDeriver, (work, person(deriver), allowed));
        yes(_try(by, data) == (by == controllerOf(work)), "the controller's, and nobody else's");
        if (by == controllerOf(work)) _derivers[work][person(deriver)] = allowed;
    }

    /// @dev By each of the ways that an ERC-721 moves, and by whoever tries.
    function transferWork(uint256 who, uint256 w, uint256 to, uint256 way) external {
        (uint256 work, address by) = _pick(who, w);
        Told storage t = _told[work];
        address from = t.owner;
        bool allowed = by == from || by == t.approved || _forAll[from][by];
        bytes memory data = abi.encodeCall(REGISTRY.transferFrom, (from, person(to), work));
        if (way % 3 == 1) data = abi.encodeWithSelector(bytes4(0x42842e0e), from, person(to), work);
        if (way % 3 == 2) data = abi.encodeWithSelector(bytes4(0xb88d4fde), from, person(to), work, "with words");
        yes(_try(by, data) == allowed, "the owner's, and whose they approved");
        if (!allowed) return;
        (t.owner, t.approved) = (person(to), address(0));
        ++done["transfer"];
    }

    function approve(uint256 who, uint256 w, uint256 to) external {
        (uint256 work, address by) = _pick(who, w);
        Told storage t = _told[work];
        bool allowed = by == t.owner || _forAll[t.owner][by];
        yes(_try(by, abi.encodeCall(REGISTRY.approve, (person(to), work))) == allowed, "the owner's");
        if (allowed) t.approved = person(to);
    }

    function approveForAll(uint256 who, uint256 to, bool approved) external {
        ++calls;
        touched = 0;
        yes(_try(person(who), abi.encodeCall(REGISTRY.setApprovalForAll, (person(to), approved))), "anybody's own");
        _forAll[person(who)][person(to)] = approved;
    }

    function pass(uint256 time) external {
        ++calls;
        touched = 0;
        vm.warp(block.timestamp + within(time, 1 hours, 5 days));
    }

    /// @dev A work, and who tries something with it: half of the time whoever controls or owns it.
    function _pick(uint256 who, uint256 w) private returns (uint256 work, address by) {
        work = 1 + w % works();
        touched = work;
        ++calls;
        by = who % 4 == 0 ? controllerOf(work) : who % 4 == 1 ? _told[work].owner : person(who >> 2);
    }

    function _try(address by, bytes memory data) private returns (bool ok) {
        vm.prank(by);
        (ok,) = address(REGISTRY).call(data);
    }

    function _mayRegister(address creator, Registration memory r) private view returns (bool allowed, uint256 above) {
        allowed = _registered[creator][r.bundle] == 0 && r.royaltyBps <= 5_000 && r.asset != address(this);
        uint256 supply;
        for (uint256 i; i < r.holders.length; ++i) {
            supply += r.holders[i].shares;
        }
        allowed = allowed && supply != 0 && supply <= type(uint96).max;
        for (uint256 i; i < r.parents.length; ++i) {
            uint256 parent = r.parents[i];
            if (parent > works()) return (false, 0);
            allowed = allowed && _told[parent].asset == r.asset && mayDerive(parent, creator);
            above |= _told[parent].above | 1 << parent;
        }
        (uint256 count, uint256 bps) = sumOf(above);
        allowed = allowed && count <= 16 && bps <= 5_000;
        for (uint256 i; i < r.parameters.length; ++i) {
            ParameterSpec memory s = r.parameters[i];
            allowed = allowed && s.step != 0 && s.min < s.max && s.value >= s.min && s.value <= s.max;
            if (i != 0) allowed = allowed && s.name != r.parameters[0].name;
        }
    }

    /// @notice How many works a mask holds, and what they are owed together.
    function sumOf(uint256 mask) public view returns (uint256 count, uint256 bps) {
        for (uint256 i = 1; i < _told.length; ++i) {
            if (mask >> i & 1 == 0) continue;
            ++count;
            bps += _told[i].royaltyBps;
        }
    }

    function _learn(address creator, address shares, uint256 above, Registration memory r) private {
        Told storage t = _told.push();
        (t.shares, t.code, t.kind, t.derivatives) = (shares, shares.codehash, r.kind, r.derivatives);
        (t.royaltyBps, t.above, t.asset, t.owner) = (r.royaltyBps, above, r.asset, creator);
        (t.ancestors, t.stackBps) = sumOf(above);
        for (uint256 i; i < r.holders.length; ++i) {
            t.supply += r.holders[i].shares;
        }
        t.bundles.push(r.bundle);
        t.published.push(block.timestamp);
        touched = works();
        _registered[creator][r.bundle] = touched;
        for (uint256 i; i < r.parameters.length; ++i) {
            ParameterSpec memory s = r.parameters[i];
            _dials[touched][s.name] =
                Parameter(s.value, s.min, s.max, s.step, s.cooldown, s.decimals, uint48(block.timestamp));
        }
    }

    /// @dev Mostly one that is in order; each term is at times out of bounds.
    function _registration(address creator, uint256 seed) private view returns (Registration memory r) {
        (r.kind, r.derivatives) = (Kind(_draw(seed, "kind", 3)), Derivatives(_draw(seed, "derivatives", 5) / 2));
        r.royaltyBps = uint16(_draw(seed, "royalty", _draw(seed, "much", 8) == 0 ? 5_500 : 300));
        uint256 asset = _draw(seed, "asset", 16);
        r.asset = asset == 0 ? address(this) : _assets[asset / 14];
        r.bundle = keccak256(abi.encode(seed));
        if (_draw(seed, "again", 16) == 0 && works() != 0) r.bundle = _told[works()].bundles[0];
        (r.name, r.symbol, r.uri) = ("Tidal Almanac", "TIDE", _uri(r.bundle));
        r.holders = new Holder[](1 + _draw(seed, "holders", 3));
        for (uint256 i; i < r.holders.length; ++i) {
            uint256 most = _draw(seed, "supply", 16) == 0 ? uint256(1) << 96 : 1e24;
            r.holders[i] = Holder(person(uint160(creator) + i), _draw(seed, bytes32(i + 64), most));
        }
        r.parameters = new ParameterSpec[](_draw(seed, "dials", 3));
        for (uint256 i; i < r.parameters.length; ++i) {
            r.parameters[i] = _spec(uint256(keccak256(abi.encode(seed, i))), i);
        }
    }

    function _spec(uint256 seed, uint256 i) private pure returns (ParameterSpec memory s) {
        s.name = dial(_draw(seed, "name", 16) == 0 ? 0 : i);
        int64 span = int64(int256(1 + _draw(seed, "span", 1_000)));
        (s.min, s.max) = (-span, span);
        // As wide as numbers are.
        if (_draw(seed, "wide", 8) == 0) (s.min, s.max) = (type(int64).min, type(int64).max);
        if (_draw(seed, "empty", 32) == 0) (s.min, s.max) = (s.max, s.min);
        s.value = int64(int256(_draw(seed, "value", 1_010))) % (span + 1);
        if (_draw(seed, "outside", 32) == 0) s.value = span + 1;
        s.step = uint64(_draw(seed, "step", _draw(seed, "small", 16) == 0 ? 2 : 500));
        (s.cooldown, s.decimals) = (uint32(_draw(seed, "cooldown", 4 days)), 2);
    }

    function _uri(bytes32 bundle) private pure returns (string memory) {
        return string(abi.encodePacked("ipfs://", bundle));
    }

    /// @dev A number below `span` that hangs on the seed and on what it is for.
    function _draw(uint256 seed, bytes32 what, uint256 span) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % span;
    }
}
