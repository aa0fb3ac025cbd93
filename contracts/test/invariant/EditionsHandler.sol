// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Editions} from "../../src/Editions.sol";
import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {ReceiptAnchor} from "../../src/ReceiptAnchor.sol";
import {IEditions} from "../../src/interfaces/IEditions.sol";
import {Batch, Output, Run, Terms} from "../../src/types/Editions.sol";
import {Receipt} from "../../src/types/Receipts.sol";
import {Crowd} from "../support/Crowd.sol";
import {Trader} from "../support/Trader.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @title Twelve traders who anchor runs, mint, sell, move and prove editions of three works
/// @dev Anybody may try a call. Whether it has to go through is known beforehand, except while a token misbehaves.
contract EditionsHandler is Crowd {
    /// @notice How many editions a run may mint.
    uint256 public constant EDITIONS_MAX = 60;
    uint256 private constant WORKS = 3;

    /// @notice What is known of an edition from outside.
    /// @param sold Whether it has left the shop, or never was there.
    /// @param data What was added; zero before.
    struct Told {
        uint256 token;
        uint256 batch;
        uint256 index;
        bytes prompt;
        bytes32 output;
        bool sold;
        bytes32 data;
    }

    /// @notice What is known of an anchor.
    struct Mark {
        address by;
        bytes32 root;
        uint256 time;
        uint256 count;
    }

    /// @dev What somebody is about to buy: a hook may change the price while they pay.
    struct Sale {
        uint256 token;
        address asset;
        uint256 price;
    }

    Editions private immutable EDITIONS;
    ProcessRegistry private immutable REGISTRY;
    ReceiptAnchor private immutable ANCHOR;
    Told[] private _told;
    Mark[] private _marks;
    mapping(uint256 token => uint256 place) private _place;
    mapping(uint256 batch => Batch) private _batches;
    Sale private _sale;
    bool private _agrees = true;

    /// @notice What the shares of a work were paid.
    mapping(uint256 work => mapping(address asset => uint256)) public paid;
    uint256 public batches;

    constructor(Editions editions, ProcessRegistry registry, ReceiptAnchor anchor_, WeirdToken weird) Crowd(weird) {
        (EDITIONS, REGISTRY, ANCHOR) = (editions, registry, anchor_);
    }

    function count() external view returns (uint256) {
        return _told.length;
    }

    function told(uint256 i) external view returns (Told memory) {
        return _told[i];
    }

    function batchOf(uint256 batch) external view returns (Batch memory) {
        return _batches[batch];
    }

    function marks() external view returns (uint256) {
        return _marks.length;
    }

    function markAt(uint256 i) external view returns (Mark memory) {
        return _marks[i];
    }

    /// @notice This is the verifier that controllers name.
    function verify(bytes calldata, bytes calldata, bytes calldata) external view returns (bool) {
        return _agrees;
    }

    /// @dev At times a wrong bundle, too high a royalty, nothing, the same twice, or a run that is minted already.
    function mint(uint256 who, uint256 w, uint256 seed) external {
        if (_told.length > EDITIONS_MAX) return;
        (uint256 work, Trader by) = _pick(who, w);
        bytes32 bundle = REGISTRY.bundleOf(work, 1 + seed % 2);
        if (seed % 16 == 0) bundle = REGISTRY.bundleOf(work, 2 - seed % 2);
        Run memory run = Run(work, 1 + seed % 2, bundle, "parameters", "inputs", "seed", bytes32(seed >> 8 & 63));
        Output[] memory outputs = new Output[]((seed >> 16) % 4);
        for (uint256 i; i < outputs.length; ++i) {
            outputs[i] = Output(keccak256(abi.encode("output", i)), (seed >> 20) % 32 == 0 ? 0 : i);
        }
        address to = (seed >> 32) % 4 == 0 ? address(_trader(seed >> 40)) : address(0);
        uint96 price = (seed >> 48) % 8 == 0 ? 0 : uint96(within(seed >> 56, 1, 1e12));
        uint16 resaleBps = uint16((seed >> 128) % ((seed >> 144) % 8 == 0 ? 3_000 : 2_501));
        Terms memory terms = Terms(to, "ar://", resaleBps, (seed >> 160) % 2 == 0, price);
        bool allowed = REGISTRY.isOperator(work, address(by)) && seed % 16 != 0 && resaleBps <= 2_500;
        allowed = allowed && outputs.length != 0 && _new(run, outputs);
        bool ok = _act(by, address(EDITIONS), abi.encodeCall(IEditions.mint, (run, outputs, terms)));
        yes(ok == allowed, "operators mint what a published bundle made, once");
        if (ok) ++done["mint"];
    }

    function buy(uint256 who, uint256 e, uint256 to, uint256 max) external {
        if (_told.length == 0) return;
        Told storage t = _told[e % _told.length];
        Batch storage b = _batches[t.batch];
        _sale = Sale(t.token, _assetOf(b), b.price);
        // At times a little less, and at times straight back into the shop.
        uint256 most = max % 8 == 0 && b.price != 0 ? b.price - 1 : type(uint256).max;
        address receiver = to % 16 == 0 ? address(EDITIONS) : address(_trader(to));
        bool allowed = !t.sold && b.price != 0 && most >= b.price && receiver != address(EDITIONS);
        bool listed = WEIRD.blacklisted(address(_trader(who)));
        bool plain = b.inNative || WEIRD.manner() == WeirdToken.Manner.Plain && !listed;
        bytes memory data = abi.encodeCall(IEditions.buy, (t.token, receiver, most));
        bool ok = _pay(_trader(who), address(EDITIONS), _sale.asset, _sale.price, data);
        no(ok && !allowed, "what is not for sale, or not at this price");
        if (plain) yes(ok == allowed, "what is for sale can be bought");
        if (ok) ++done["buy"];
        delete _sale;
    }

    function setPrice(uint256 who, uint256 b, bool inNative, uint256 price) external {
        if (batches == 0) return;
        uint256 batch = 1 + b % batches;
        (uint256 work, Trader by) = _pick(who, _batches[batch].work - 1);
        uint96 next = price % 8 == 0 ? 0 : uint96(within(price, 1, 1e12));
        bool ok = _act(by, address(EDITIONS), abi.encodeCall(IEditions.setPrice, (batch, inNative, next)));
        yes(ok == REGISTRY.isOperator(work, address(by)), "operators, and nobody else");
        if (ok) ++done["set a price"];
    }

    function setBaseUri(uint256 who, uint256 b, uint256 seed) external {
        if (batches == 0) return;
        uint256 batch = 1 + b % batches;
        (uint256 work, Trader by) = _pick(who, _batches[batch].work - 1);
        string memory uri = seed % 2 == 0 ? "ipfs://" : "ar://";
        bool ok = _act(by, address(EDITIONS), abi.encodeCall(IEditions.setBaseUri, (batch, uri)));
        yes(ok == REGISTRY.isOperator(work, address(by)), "operators, and nobody else");
    }

    function withdraw(uint256 who, uint256 e, uint256 to) external {
        if (_told.length == 0) return;
        Told storage t = _told[e % _told.length];
        (uint256 work, Trader by) = _pick(who, _batches[t.batch].work - 1);
        uint256[] memory tokens = new uint256[](1);
        tokens[0] = t.token;
        address receiver = to % 8 == 0 ? address(EDITIONS) : address(_trader(to));
        bool allowed = !t.sold && REGISTRY.isOperator(work, address(by)) && receiver != address(EDITIONS);
        bool ok = _act(by, address(EDITIONS), abi.encodeCall(IEditions.withdraw, (tokens, receiver)));
        yes(ok == allowed, "operators, of what the shop holds");
        if (ok) ++done["withdraw"];
    }

    /// @dev By its owner or by a stranger; by each of the ways that an ERC-721 moves.
    function transfer(uint256 who, uint256 e, uint256 to, uint256 way) external {
        if (_told.length == 0) return;
        uint256 token = _told[e % _told.length].token;
        address owner = EDITIONS.ownerOf(token);
        if (owner == address(EDITIONS)) return;
        Trader by = who % 4 == 0 ? _trader(who >> 2) : Trader(payable(owner));
        address receiver = to % 8 == 0 ? address(EDITIONS) : address(_trader(to));
        bytes memory approval = abi.encodeCall(EDITIONS.approve, (address(by), token));
        if (way % 4 == 2) approval = abi.encodeCall(EDITIONS.setApprovalForAll, (address(by), true));
        if (way % 4 == 1 || way % 4 == 2) _act(Trader(payable(owner)), address(EDITIONS), approval);
        // An approval outlives a transfer that was refused.
        bool approved = EDITIONS.getApproved(token) == address(by) || EDITIONS.isApprovedForAll(owner, address(by));
        bool allowed = (approved || address(by) == owner) && receiver != address(EDITIONS);
        bytes memory data = abi.encodeCall(EDITIONS.transferFrom, (owner, receiver, token));
        // A trader is a contract that takes no editions by the safe way: it has no hook for them.
        if (way % 4 == 3) {
            data = abi.encodeWithSelector(bytes4(0x42842e0e), owner, receiver, token);
            allowed = false;
        }
        yes(_act(by, address(EDITIONS), data) == allowed, "the owner's, and never into the shop");
        if (allowed) ++done["transfer"];
    }

    function anchor(uint256 who, uint256 seed) external {
        address by = address(_trader(who));
        bytes32 root = seed % 16 == 0 ? bytes32(0) : keccak256(abi.encode(seed % 64));
        uint256 receipts = (seed >> 8) % 9;
        (uint256 before,) = ANCHOR.anchorOf(by, root);
        bool ok = _act(_trader(who), address(ANCHOR), abi.encodeCall(ANCHOR.anchor, (root, receipts, "")));
        yes(ok == (before == 0 && root != 0 && receipts != 0), "once, and not nothing");
        if (ok) ++done["anchor"];
    }

    /// @dev A proof of each kind, by an operator or by somebody else.
    function prove(uint256 who, uint256 e, uint256 kind, uint256 seed) external {
        if (_told.length == 0) return;
        Told memory t = _told[e % _told.length];
        (uint256 work, Trader by) = _pick(who, _batches[t.batch].work - 1);
        bool allowed = REGISTRY.isOperator(work, address(by));
        bytes memory proof;
        if (kind % 3 == 0) {
            proof = abi.encodePacked(uint8(1), _anchored(t, by));
        } else if (kind % 3 == 1) {
            proof = abi.encodePacked(uint8(2), abi.encode(address(by), "a trader signs whatever it is asked to"));
        } else {
            _agrees = seed % 4 != 0;
            proof = abi.encodePacked(uint8(3));
            allowed = _agrees && EDITIONS.verifierOf(work) != address(0);
        }
        if (seed % 8 == 1) t.prompt[40] = ~t.prompt[40];
        if (seed % 8 == 2) t.output = ~t.output;
        allowed = allowed && t.data == 0 && seed % 8 != 1 && seed % 8 != 2;
        bytes memory data = abi.encodeCall(EDITIONS.addAigcData, (t.token, t.prompt, abi.encode(t.output), proof));
        yes(_act(_trader(seed >> 8), address(EDITIONS), data) == allowed, "what is shown, once");
        if (allowed) ++done[kind % 3 == 0 ? "prove by an anchor" : kind % 3 == 1 ? "attest" : "ask a verifier"];
    }

    function setVerifier(uint256 who, uint256 w, bool none) external {
        (uint256 work, Trader by) = _pick(who, w);
        bytes memory data = abi.encodeCall(IEditions.setVerifier, (work, none ? address(0) : address(this)));
        bool ok = _act(by, address(EDITIONS), data);
        yes(ok == (address(by) == REGISTRY.controllerOf(work)), "the controller's, and nobody else's");
    }

    function appoint(uint256 w, uint256 operator, bool appointed) external {
        uint256 work = 1 + w % WORKS;
        Trader owner = Trader(payable(REGISTRY.ownerOf(work)));
        bytes memory data = abi.encodeCall(REGISTRY.setOperator, (work, address(_trader(operator)), appointed));
        yes(_act(owner, address(REGISTRY), data), "the owner appoints");
    }

    /// @notice What a trader tries while they pay for an edition.
    function temptation(address who, uint256 mood)
        external
        view
        returns (address target, uint256 value, bytes memory data)
    {
        target = address(EDITIONS);
        Told storage t = _told[(mood >> 8) % _told.length];
        uint256 what = mood % 4;
        if (what == 0) {
            value = _batches[t.batch].inNative ? _batches[t.batch].price : 0;
            data = abi.encodeCall(IEditions.buy, (t.token, who, type(uint256).max));
        }
        if (what == 1) data = abi.encodeCall(IEditions.setPrice, (t.batch, mood % 8 < 4, uint96(mood >> 192)));
        if (what == 2) data = abi.encodeCall(EDITIONS.transferFrom, (who, address(EDITIONS), _sale.token));
        if (what == 3) {
            uint256[] memory tokens = new uint256[](1);
            tokens[0] = t.token;
            data = abi.encodeCall(IEditions.withdraw, (tokens, who));
        }
    }

    /// @dev Learns what succeeded, also in the middle of a payment.
    function did(address who, address target, bytes calldata data) external override {
        bytes4 what = bytes4(data);
        if (target == address(ANCHOR)) {
            (bytes32 root, uint256 receipts,) = abi.decode(data[4:], (bytes32, uint256, string));
            _marks.push(Mark(who, root, block.timestamp, receipts));
        }
        if (target != address(EDITIONS)) return;
        if (what == IEditions.mint.selector) _minted(data[4:]);
        if (what == IEditions.buy.selector) _bought(abi.decode(data[4:], (uint256)));
        if (what == IEditions.withdraw.selector) {
            (uint256[] memory tokens,) = abi.decode(data[4:], (uint256[], address));
            _told[_place[tokens[0]]].sold = true;
        }
        if (what == IEditions.setPrice.selector) {
            (uint256 batch, bool inNative, uint96 price) = abi.decode(data[4:], (uint256, bool, uint96));
            (_batches[batch].inNative, _batches[batch].price) = (inNative, price);
        }
        if (what == IEditions.setBaseUri.selector) {
            (uint256 batch, string memory uri) = abi.decode(data[4:], (uint256, string));
            _batches[batch].baseUri = uri;
        }
        if (what == EDITIONS.addAigcData.selector) {
            (uint256 token,, bytes memory added,) = abi.decode(data[4:], (uint256, bytes, bytes, bytes));
            _told[_place[token]].data = keccak256(added);
        }
    }

    function _minted(bytes calldata data) private {
        (Run memory run, Output[] memory outputs, Terms memory terms) = abi.decode(data, (Run, Output[], Terms));
        _batches[++batches] =
            Batch(uint32(run.work), terms.resaleBps, terms.inNative, terms.price, terms.baseUri);
        for (uint256 i; i < outputs.length; ++i) {
            bytes memory prompt = _promptOf(run, outputs[i]);
            uint256 token = uint256(keccak256(prompt));
            _place[token] = _told.length;
            bool sold = terms.to != address(0);
            _told.push(Told(token, batches, outputs[i].index, prompt, outputs[i].digest, sold, 0));
        }
    }

    function _bought(uint256 token) private {
        Told storage t = _told[_place[token]];
        Batch storage b = _batches[t.batch];
        bool planned = token == _sale.token;
        paid[b.work][planned ? _sale.asset : _assetOf(b)] += planned ? _sale.price : b.price;
        t.sold = true;
    }

    /// @dev The receipt of the run, anchored by `by`; its tree of outputs is the output alone.
    function _anchored(Told memory t, Trader by) private returns (bytes memory) {
        (uint256 work, uint256 version,, bytes32 inputs,, bytes32 runRoot,,) =
            abi.decode(t.prompt, (uint256, uint256, bytes32, bytes32, bytes32, bytes32, bytes32, uint256));
        uint256 outputs = t.index + 1;
        bytes32 leaf = keccak256(
            bytes.concat(keccak256(abi.encode(keccak256("daedal/outputs/v1"), outputs, t.index, t.output)))
        );
        Receipt memory receipt = Receipt(work, version, 1, runRoot, 1, inputs, leaf, address(0), 0);
        // A second time it is refused, and stands already.
        _act(by, address(ANCHOR), abi.encodeCall(ANCHOR.anchor, (ANCHOR.leafOf(receipt), 1, "")));
        return abi.encode(address(by), receipt, new bytes32[](0), outputs, new bytes32[](0));
    }

    /// @dev Whether nobody has minted these outputs, and none stands here twice.
    function _new(Run memory run, Output[] memory outputs) private view returns (bool) {
        for (uint256 i; i < outputs.length; ++i) {
            uint256 token = uint256(keccak256(_promptOf(run, outputs[i])));
            if (_told.length != 0 && _told[_place[token]].token == token) return false;
        }
        return true;
    }

    function _promptOf(Run memory run, Output memory o) private pure returns (bytes memory) {
        return abi.encode(
            run.work, run.version, run.parameters, run.inputs, run.seed, run.runRoot, o.digest, o.index
        );
    }

    function _assetOf(Batch storage b) private view returns (address) {
        return b.inNative ? address(0) : address(WEIRD);
    }

    /// @dev A work, and who tries something with it: half of the time its owner.
    function _pick(uint256 who, uint256 w) private view returns (uint256 work, Trader by) {
        work = 1 + w % WORKS;
        by = who % 2 == 0 ? Trader(payable(REGISTRY.ownerOf(work))) : _trader(who >> 1);
    }
}
