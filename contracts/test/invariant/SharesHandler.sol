// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {ProcessShares} from "../../src/ProcessShares.sol";
import {TestWrappedNative} from "../../src/testing/TestWrappedNative.sol";
import {Holder} from "../../src/types/Works.sol";
import {Actor} from "../support/Actor.sol";
import {Test} from "../support/Test.sol";
import {Touched} from "../support/Touched.sol";
import {Watcher} from "../support/Watcher.sol";
import {WeirdToken} from "../support/WeirdToken.sol";

/// @title Twelve holders who are contracts and two who sign, and what holders, payers and thieves do
/// @dev Every call chooses actors, a work and an asset from its arguments. A call that may fail for a reason of the
/// token's or the recipient's is tried; whatever succeeds must keep the invariants.
contract SharesHandler is Test {
    WeirdToken public immutable TOKEN;
    TestWrappedNative public immutable WRAPPED;
    ProcessShares[] public works;
    Actor[] public actors;
    /// @dev The holders who sign.
    uint256[2] private _keys = [uint256(0xA), 0xB];
    Touched private immutable TOUCHED;
    Watcher private immutable WATCHER;

    /// @notice Successful operations by name, so that a run which achieves nothing shows.
    mapping(string => uint256) public done;
    /// @notice Whether anybody claimed for an account that had not approved them.
    bool public stolen;

    constructor(
        WeirdToken token,
        TestWrappedNative wrapped,
        ProcessShares[] memory works_,
        Actor[] memory actors_,
        Touched touched,
        Watcher watcher
    ) {
        (TOKEN, WRAPPED, works, actors, TOUCHED) = (token, wrapped, works_, actors_, touched);
        WATCHER = watcher;
    }

    /// @dev What the step changed is looked at before the next one.
    modifier watched() {
        _;
        WATCHER.look();
    }

    function payToken(uint256 w, uint256 amount) external watched {
        TOKEN.mint(address(_work(w)), within(amount, 1, 1e12));
        ++done["pay"];
    }

    function payNative(uint256 w, uint256 amount) external watched {
        amount = within(amount, 1, 1e20);
        vm.deal(address(this), amount);
        (bool sent,) = address(_work(w)).call{value: amount, gas: 0}("");
        yes(sent, "native coin with 2,300 gas arrives");
        ++done["pay native"];
    }

    function payWrapped(uint256 w, uint256 amount) external watched {
        amount = within(amount, 1, 1e20);
        vm.deal(address(this), amount);
        WRAPPED.deposit{value: amount}();
        WRAPPED.transfer(address(_work(w)), amount);
        eq(_work(w).unwrap(), amount, "all is unwrapped");
        ++done["unwrap"];
    }

    /// @dev Upwards it is revenue. Downwards, what was earned stays earned, and waits until it is made good.
    function rebase(uint256 w, uint256 by) external watched {
        if (TOKEN.rebase(address(_work(w)), by) != 0) ++done[by % 2 == 0 ? "rebase upwards" : "rebase downwards"];
    }

    function sync(uint256 w, uint256 a) external watched {
        try _work(w).sync(_asset(a)) {
            ++done["sync"];
        } catch {
            yes(TOKEN.manner() == WeirdToken.Manner.Unreadable, "only an unreadable token stops a sync");
        }
    }

    function transferShares(uint256 from, uint256 to, uint256 w, uint256 amount) external watched {
        ProcessShares shares = _work(w);
        Actor seller = _actor(from);
        // Whatever the token does, this must not fail.
        seller.transfer(shares, holder(to), within(amount, 0, shares.balanceOf(address(seller))));
        ++done["transfer"];
    }

    /// @dev A signature lets somebody take shares: the amount that was signed for, once.
    function permit(uint256 signer, uint256 spender, uint256 w, uint256 amount) external watched {
        ProcessShares shares = _work(w);
        uint256 key = _keys[signer % 2];
        (address from, Actor to) = (vm.addr(key), _actor(spender));
        amount = within(amount, 0, shares.balanceOf(from));
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 message =
            keccak256(abi.encode(typehash, from, address(to), amount, shares.nonces(from), type(uint256).max));
        (uint8 v, bytes32 r, bytes32 s) = _sign(shares, key, message);
        shares.permit(from, address(to), amount, type(uint256).max, v, r, s);
        try shares.permit(from, address(to), amount, type(uint256).max, v, r, s) {
            stolen = true;
        } catch {}
        to.transferFrom(shares, from, amount);
        try to.transferFrom(shares, from, 1) {
            stolen = true;
        } catch {}
        if (amount != 0) ++done["permit"];
    }

    function delegateBySig(uint256 signer, uint256 to, uint256 w) external watched {
        ProcessShares shares = _work(w);
        uint256 key = _keys[signer % 2];
        bytes32 typehash = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        uint256 nonce = shares.nonces(vm.addr(key));
        bytes32 message = keccak256(abi.encode(typehash, holder(to), nonce, type(uint256).max));
        (uint8 v, bytes32 r, bytes32 s) = _sign(shares, key, message);
        shares.delegateBySig(holder(to), nonce, type(uint256).max, v, r, s);
        eq(shares.delegates(vm.addr(key)), holder(to), "delegated");
    }

    function claim(uint256 who, uint256 to, uint256 w, uint256 a) external watched {
        ProcessShares shares = _work(w);
        Actor actor = _actor(who);
        uint256 expected = shares.owed(address(actor), _asset(a));
        bool must = _asset(a) != address(0) && _pays(address(shares), address(_actor(to)));
        bool there = must && expected <= TOKEN.balanceOf(address(shares));
        try actor.claim(shares, _asset(a), address(_actor(to))) returns (uint256 amount) {
            eq(amount, expected, "a claim is what was owed");
            yes(there || !must, "nobody is paid more than is there");
            if (amount != 0) ++done["claim"];
        } catch {
            no(there, "what is there is paid");
            if (must) ++done["claim that waits"];
        }
    }

    function claimForAnother(uint256 who, uint256 account, uint256 w, uint256 a) external watched {
        ProcessShares shares = _work(w);
        (Actor thief, Actor account_) = (_actor(who), _actor(account));
        bool allowed = address(thief) == address(account_) || shares.isOperator(address(account_), address(thief));
        try thief.claimFor(shares, address(account_), _asset(a), address(thief)) returns (uint256 amount) {
            if (!allowed) stolen = true;
            if (amount != 0) ++done["claim as operator"];
        } catch {}
    }

    function approve(uint256 who, uint256 operator, uint256 w, bool approved) external watched {
        _actor(who).setOperator(_work(w), address(_actor(operator)), approved);
    }

    function delegateVotes(uint256 who, uint256 to, uint256 w, uint256 later) external watched {
        vm.warp(block.timestamp + within(later, 1, 1 days));
        _actor(who).delegate(_work(w), address(_actor(to)));
    }

    function collect(uint256 w, uint256 ancestor, uint256 a) external watched {
        TOUCHED.mark(ancestor % works.length);
        try _work(w).collect(1 + ancestor % works.length, _asset(a)) returns (uint256 amount) {
            if (amount != 0) ++done["collect"];
        } catch {}
    }

    /// @dev Shares that are borrowed and given back within one transaction earn nothing.
    function flashBorrow(uint256 from, uint256 to, uint256 w, uint256 a) external watched {
        (Actor lender, Actor borrower) = (_actor(from), _actor(to));
        if (address(lender) == address(borrower)) return;
        ProcessShares shares = _work(w);
        uint256 before = shares.owed(address(borrower), _asset(a));
        uint256 all = shares.balanceOf(address(lender));
        lender.transfer(shares, address(borrower), all);
        eq(shares.owed(address(borrower), _asset(a)), before, "borrowed shares bring no past revenue");
        borrower.transfer(shares, address(lender), all);
        ++done["flash loan"];
    }

    /// @dev Whatever is for the registry and for other shares only.
    function pretend(uint256 w, uint256 a, uint256 amount) external watched {
        ProcessShares shares = _work(w);
        try shares.receiveRoyalty(_asset(a), amount) {
            stolen = true;
        } catch {}
        try shares.deliver() {
            stolen = true;
        } catch {}
        try shares.initialize(new Holder[](1)) {
            stolen = true;
        } catch {}
    }

    function behave(uint256 manner) external watched {
        // Mostly plain, or little would ever be paid.
        uint256 count = uint256(WeirdToken.Manner.Count);
        manner %= count * 3;
        TOKEN.behave(WeirdToken.Manner(manner < count ? manner : 0));
    }

    function blacklist(uint256 who, bool listed) external watched {
        TOKEN.blacklist(address(_actor(who)), listed);
    }

    function plan(uint256 who, uint256 mood) external watched {
        _actor(who).plan(mood);
    }

    /// @notice Ends all mischief and makes good what rebases took, so that everybody can be paid.
    function calm() external {
        TOKEN.behave(WeirdToken.Manner.Plain);
        for (uint256 i; i < works.length; ++i) {
            TOKEN.grow(address(works[i]), short(works[i]));
            TOUCHED.mark(i);
        }
        for (uint256 i; i < actors.length; ++i) {
            TOKEN.blacklist(address(actors[i]), false);
            actors[i].plan(0);
        }
    }

    /// @notice How much less of the token is there than the books hold.
    function short(ProcessShares shares) public view returns (uint256) {
        (uint256 gross, uint256 inbound,, uint256 paidOut) = shares.revenue(address(TOKEN));
        return gross + inbound - paidOut - TOKEN.balanceOf(address(shares));
    }

    /// @notice Who holds shares: the actors, and those who sign.
    function holder(uint256 who) public view returns (address) {
        who %= actors.length + 2;
        return who < actors.length ? address(actors[who]) : vm.addr(_keys[who - actors.length]);
    }

    /// @dev Half of the time the work at the top or the one at the bottom, so that much happens to them.
    function _work(uint256 w) private returns (ProcessShares) {
        uint256 place = w % 4 == 0 ? 0 : w % 4 == 1 ? works.length - 2 : (w >> 2) % works.length;
        TOUCHED.mark(place);
        return works[place];
    }

    /// @dev Whether the token pays `to` whatever it has, and calls nobody.
    function _pays(address from, address to) private view returns (bool) {
        return TOKEN.manner() == WeirdToken.Manner.Plain && !TOKEN.blacklisted(from) && !TOKEN.blacklisted(to);
    }

    function _sign(ProcessShares shares, uint256 key, bytes32 message)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", shares.DOMAIN_SEPARATOR(), message)));
    }

    function _actor(uint256 who) private view returns (Actor) {
        return actors[who % actors.length];
    }

    function _asset(uint256 a) private view returns (address) {
        return a % 2 == 0 ? address(0) : address(TOKEN);
    }
}
