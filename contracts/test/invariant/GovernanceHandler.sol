// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {Collective} from "../../src/Collective.sol";
import {Governance} from "../../src/Governance.sol";
import {ProcessGovernor} from "../../src/ProcessGovernor.sol";
import {ProcessRegistry} from "../../src/ProcessRegistry.sol";
import {ProcessShares} from "../../src/ProcessShares.sol";
import {ProcessTimelock} from "../../src/ProcessTimelock.sol";
import {IProcessRegistry} from "../../src/interfaces/IProcessRegistry.sol";
import {TestDollar} from "../../src/testing/TestDollar.sol";
import {Treasury} from "../../src/Treasury.sol";
import {CollectiveCharter, GovernanceSettings, SeatOffer} from "../../src/types/Governance.sol";
import {Ballots, Borrower} from "../support/Ballots.sol";
import {Test} from "../support/Test.sol";
import {Watcher} from "../support/Watcher.sol";

/// @title Twelve people with two governors, a collective and six works
/// @dev Work 1 is governed by its holders; the collective's own work is the last; the others are pooled, or not.
contract GovernanceHandler is Test {
    uint256 public constant PEOPLE = 12;
    uint256 public constant WORKS = 6;

    struct Idea {
        ProcessGovernor governor;
        uint256 proposal;
        address target;
        bytes data;
        bytes32 about;
    }

    Governance private immutable GOVERNANCE;
    ProcessRegistry private immutable REGISTRY;
    Collective private immutable COLLECTIVE;
    TestDollar private immutable DOLLAR;
    Watcher private immutable WATCHER;
    ProcessGovernor[2] private _governors;
    Treasury[2] private _treasuries;
    Borrower private immutable BORROWER = new Borrower();
    Idea[] private _ideas;

    /// @notice Successful operations by name.
    mapping(string => uint256) public done;
    /// @notice How many votes were carried out: without one, no dial of a governed or pooled work moves.
    uint256 public executions;
    /// @notice How often seats changed hands.
    uint256 public seats;

    constructor(
        Governance governance,
        ProcessRegistry registry,
        Collective collective,
        TestDollar dollar,
        ProcessGovernor[2] memory governors,
        Treasury[2] memory treasuries,
        Watcher watcher
    ) {
        GOVERNANCE = governance;
        (REGISTRY, COLLECTIVE, DOLLAR, WATCHER) = (registry, collective, dollar, watcher);
        (_governors, _treasuries) = (governors, treasuries);
    }

    function person(uint256 who) public pure returns (address) {
        return vm.addr(0xACE0000 + who % PEOPLE);
    }

    function propose(uint256 who, uint256 which, uint256 what, int64 value) external watched {
        ProcessGovernor governor = _governors[which % 2];
        (address target, bytes memory data, bool allowed) = _idea(what, value);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) =
            (new address[](1), new uint256[](1), new bytes[](1));
        (targets[0], calldatas[0]) = (target, data);
        string memory about = string(abi.encode(_ideas.length));
        vm.prank(person(who));
        try governor.propose(targets, values, calldatas, about) returns (uint256 proposal) {
            yes(allowed, "only what is listed");
            yes(COLLECTIVE.founded() || address(governor) == address(_governors[0]), "only after the founding");
            _ideas.push(Idea(governor, proposal, target, data, keccak256(bytes(about))));
            ++done["propose"];
        } catch {}
    }

    function vote(uint256 who, uint256 which, uint8 support) external some watched {
        Idea memory idea = _pick(which, IGovernor.ProposalState.Active);
        uint256 snapshot = idea.governor.proposalSnapshot(idea.proposal);
        (bool ok, uint256 weight) = _cast(who, idea, support % 3 == 0 ? 0 : 1, support / 3 % 5);
        if (!ok) return;
        eq(weight, idea.governor.token().getPastVotes(person(who), snapshot), "what stood at the snapshot");
        ++done["vote"];
        (ok,) = _cast(who, idea, 1, support / 3 % 5);
        no(ok, "once");
    }

    function flashVote(uint256 who, uint256 which) external some watched {
        Idea memory idea = _pick(which, IGovernor.ProposalState.Active);
        ProcessShares token = ProcessShares(address(idea.governor.token()));
        vm.prank(person(who));
        token.approve(address(BORROWER), type(uint256).max);
        try BORROWER.vote(idea.governor, token, person(who), idea.proposal) returns (uint256 weight) {
            eq(weight, 0, "borrowed shares have no vote");
            ++done["flash vote"];
        } catch {}
    }

    function queue(uint256 which) external some watched {
        Idea memory idea = _pick(which, IGovernor.ProposalState.Succeeded);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = _calls(idea);
        try idea.governor.queue(targets, values, calldatas, idea.about) {
            ++done["queue"];
        } catch {}
    }

    function execute(uint256 which) external some watched {
        Idea memory idea = _pick(which, IGovernor.ProposalState.Queued);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = _calls(idea);
        uint256 eta = idea.governor.proposalEta(idea.proposal);
        try idea.governor.execute(targets, values, calldatas, idea.about) {
            yes(eta != 0 && eta <= block.timestamp, "after the timelock");
            ++executions;
            ++done["execute"];
        } catch {}
    }

    function cancel(uint256 who, uint256 which) external some watched {
        Idea memory idea = _pick(which, IGovernor.ProposalState.Pending);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas) = _calls(idea);
        vm.prank(person(who));
        try idea.governor.cancel(targets, values, calldatas, idea.about) {
            eq(idea.governor.proposalProposer(idea.proposal), person(who), "the proposer's");
        } catch {}
    }

    function move(uint256 from, uint256 to, uint256 which, uint256 amount) external watched {
        ProcessShares shares = _sharesOf(which);
        amount = within(amount, 0, shares.balanceOf(person(from)));
        vm.prank(person(from));
        shares.transfer(person(to), amount);
    }

    function delegate(uint256 who, uint256 to, uint256 which) external watched {
        vm.prank(person(who));
        _sharesOf(which).delegate(to % 13 == 12 ? address(COLLECTIVE) : person(to));
    }

    function later(uint256 time) external watched {
        vm.warp(block.timestamp + within(time, 1, 3 days));
    }

    /// @dev The person approves, hands over control and takes a seat, as far as each of it is theirs.
    function pool(uint256 who, uint256 which) external watched {
        uint256 work = _work(which);
        address member = who % 3 == 0 ? REGISTRY.ownerOf(work) : COLLECTIVE.seatOf(work).member;
        if (member == address(0)) return;
        vm.startPrank(member);
        try REGISTRY.setController(work, address(COLLECTIVE)) {} catch {}
        ProcessShares(REGISTRY.sharesOf(work)).approve(address(COLLECTIVE), type(uint256).max);
        try COLLECTIVE.pool(work) {
            ++seats;
            ++done["pool"];
        } catch {}
        vm.stopPrank();
    }

    function depart(uint256 who, uint256 which) external watched {
        uint256 work = _work(which);
        address member = who % 5 == 0 ? COLLECTIVE.seatOf(work).member : person(who);
        if (member == address(0)) return;
        vm.startPrank(member);
        ProcessShares(COLLECTIVE.shares()).approve(address(COLLECTIVE), type(uint256).max);
        try COLLECTIVE.leaveWith(work) {
            ++seats;
            ++done["leave"];
        } catch {}
        vm.stopPrank();
    }

    function release(uint256 who, uint256 which) external watched {
        uint256 work = _work(which);
        address by = who % 2 == 0 ? REGISTRY.ownerOf(work) : person(who);
        vm.prank(by);
        try COLLECTIVE.release(work) {
            eq(REGISTRY.ownerOf(work), by, "the owner's");
            no(COLLECTIVE.isPooled(work), "not of a pooled work");
            ++done["release"];
        } catch {}
    }

    /// @dev Governors and collectives are made by those who may, and take nothing from those that are there.
    function make(uint256 who, uint256 which, uint32 delay) external watched {
        uint256 work = 1 + which % REGISTRY.works();
        GovernanceSettings memory settings = GovernanceSettings(delay % 100 days, 4 days, 1 days, 12 hours, 2_000, 100);
        bool fine = settings.votingDelay != 0 && settings.votingDelay <= 90 days;
        vm.prank(person(who));
        try GOVERNANCE.govern(work, settings) returns (address governor, address timelock) {
            yes(fine && REGISTRY.controllerOf(work) == person(who), "the controller's");
            eq(GOVERNANCE.governorBehind(timelock), governor, "known");
            ++done["make"];
        } catch {}
        CollectiveCharter memory charter;
        (charter.name, charter.symbol, charter.bundle) = ("Another", "A", keccak256(abi.encode(delay)));
        (charter.asset, charter.supply) = (address(DOLLAR), 100);
        charter.founders = new SeatOffer[](1);
        charter.founders[0] = SeatOffer(person(which), work, 1, 101 - delay % 2, type(uint48).max);
        vm.prank(person(who));
        try GOVERNANCE.form(charter, settings) returns (address, address, address) {
            yes(fine && delay % 2 == 1, "not more seats than shares");
            ++done["form"];
        } catch {}
    }

    /// @dev What is for a vote only, or for the call that made a contract: nobody else gets in.
    function seize(uint256 who, uint256 which, uint256 what) external watched {
        ProcessGovernor governor = _governors[which % 2];
        ProcessTimelock lock = ProcessTimelock(payable(governor.timelock()));
        (address me, address target, bytes memory data) = (person(who), address(governor), "");
        what %= 14;
        if (what == 0) data = abi.encodeCall(governor.relay, (address(DOLLAR), 0, ""));
        if (what == 1) data = abi.encodeCall(governor.updateTimelock, (lock));
        if (what == 2) data = abi.encodeCall(governor.setLateQuorumVoteExtension, (1));
        if (what == 3) data = abi.encodeCall(governor.initialize, ());
        if (what > 3) target = address(lock);
        if (what == 4) data = abi.encodeCall(lock.schedule, (address(REGISTRY), 0, "", 0, 0, 1 days));
        if (what == 5) {
            data = abi.encodeCall(
                lock.scheduleBatch, (new address[](1), new uint256[](1), new bytes[](1), 0, 0, 1 days)
            );
        }
        if (what == 6) data = abi.encodeCall(lock.execute, (address(REGISTRY), 0, "", 0, 0));
        if (what == 7) {
            data = abi.encodeCall(lock.executeBatch, (new address[](1), new uint256[](1), new bytes[](1), 0, 0));
        }
        if (what == 8) data = abi.encodeCall(lock.cancel, (0));
        if (what == 9) data = abi.encodeCall(lock.updateDelay, (0));
        if (what == 10) data = abi.encodeCall(lock.grantRole, (lock.PROPOSER_ROLE(), me));
        if (what == 11) data = abi.encodeCall(lock.revokeRole, (lock.PROPOSER_ROLE(), address(governor)));
        if (what == 12) data = abi.encodeCall(lock.renounceRole, (lock.PROPOSER_ROLE(), address(governor)));
        if (what == 13) data = abi.encodeCall(lock.initialize, (0, new address[](0), new address[](0), me));
        vm.prank(me);
        (bool ok,) = target.call(data);
        no(ok, "nobody's");
        CollectiveCharter memory charter;
        vm.prank(me);
        try COLLECTIVE.initialize(charter, me) {
            yes(false, "made once");
        } catch {}
    }

    /// @dev Whatever a person could try on their own against votes.
    function grab(uint256 who, uint256 which, uint256 what, int64 value) external watched {
        uint256 work = 1 + which % REGISTRY.works();
        bool theirs = REGISTRY.controllerOf(work) == person(who);
        vm.startPrank(person(who));
        if (what % 5 == 0) {
            try REGISTRY.setParameter(work, "turbulence", _value(value)) {
                yes(theirs, "the controller's");
            } catch {}
        } else if (what % 5 == 1) {
            try COLLECTIVE.setParameter(work, "turbulence", _value(value)) {
                yes(false, "by vote only");
            } catch {}
        } else if (what % 5 == 2) {
            try COLLECTIVE.admit(SeatOffer(person(who), work, 1, 1, type(uint48).max)) {
                yes(false, "by vote only");
            } catch {}
        } else if (what % 5 == 3) {
            try REGISTRY.setController(work, theirs && work != 1 ? address(0) : person(who)) {
                yes(theirs, "the controller's");
            } catch {}
        } else {
            try _treasuries[which % 2].setAllowance(person(who), address(0), 1, 1) {
                yes(false, "by vote only");
            } catch {}
        }
        vm.stopPrank();
    }

    function pay(uint256 which, uint256 amount) external watched {
        amount = within(amount, 1, 1e12);
        uint256 work = 1 + which % REGISTRY.works();
        if (amount % 2 == 0) {
            DOLLAR.mint(REGISTRY.sharesOf(work), amount);
        } else {
            vm.deal(address(this), amount);
            (bool sent,) = REGISTRY.sharesOf(work).call{value: amount}("");
            yes(sent, "paid");
        }
    }

    function harvest(uint256 which, bool native) external watched {
        uint256 work = 1 + which % REGISTRY.works();
        address asset = native ? address(0) : address(DOLLAR);
        uint256 owed = ProcessShares(REGISTRY.sharesOf(work)).owed(address(COLLECTIVE), asset);
        eq(COLLECTIVE.harvest(work, asset), owed, "all that is owed");
        if (owed != 0) ++done["harvest"];
    }

    function claim(uint256 who, uint256 which, bool native) external watched {
        ProcessShares shares = _sharesOf(which);
        address asset = native ? address(0) : address(DOLLAR);
        uint256 owed = shares.owed(person(who), asset);
        vm.prank(person(who));
        eq(shares.claim(asset, person(who)), owed, "one's own");
        vm.prank(person(who));
        try shares.claimFor(address(COLLECTIVE), asset, person(who)) {
            yes(false, "never the collective's");
        } catch {}
    }

    /// @dev By each of the ways that votes are cast.
    function _cast(uint256 who, Idea memory idea, uint8 support, uint256 way)
        private
        returns (bool ok, uint256 weight)
    {
        ProcessGovernor governor = idea.governor;
        bytes memory data = abi.encodeCall(governor.castVote, (idea.proposal, support));
        if (way == 1) data = abi.encodeCall(governor.castVoteWithReason, (idea.proposal, support, "why"));
        if (way == 2) data = abi.encodeCall(governor.castVoteWithReasonAndParams, (idea.proposal, support, "why", ""));
        if (way > 2) {
            bytes memory signature = Ballots.sign(vm, 0xACE0000 + who % PEOPLE, governor, idea.proposal, support);
            data = abi.encodeCall(governor.castVoteBySig, (idea.proposal, support, person(who), signature));
        }
        // Whoever signs, another may bring it.
        vm.prank(person(way > 2 ? who ^ 1 : who));
        bytes memory answer;
        (ok, answer) = address(governor).call(data);
        if (ok) weight = abi.decode(answer, (uint256));
        if (ok && way > 2) ++done["vote by signature"];
    }

    modifier watched() {
        _;
        WATCHER.look();
    }

    modifier some() {
        if (_ideas.length != 0) _;
    }

    /// @dev A call, and whether it may be voted on by anybody at all.
    function _idea(uint256 what, int64 value) private view returns (address target, bytes memory data, bool allowed) {
        uint256 work = 1 + (what >> 8) % REGISTRY.works();
        target = (what >> 16) % 2 == 0 ? address(REGISTRY) : address(COLLECTIVE);
        uint256 kind = what % 8;
        allowed = kind < 6;
        if (kind < 3) {
            data = abi.encodeCall(IProcessRegistry.setParameter, (work, "turbulence", _value(value)));
        } else if (kind == 3) {
            data = abi.encodeCall(IProcessRegistry.publish, (work, keccak256(abi.encode(what)), ""));
        } else if (kind == 4) {
            work = 1 + work % WORKS;
            target = address(COLLECTIVE);
            SeatOffer memory seat = SeatOffer(REGISTRY.ownerOf(work), work, 10, 20, uint48(block.timestamp + 60 days));
            data = abi.encodeCall(Collective.admit, (seat));
        } else if (kind == 5) {
            target = address(_treasuries[(what >> 16) % 2]);
            data = abi.encodeCall(Treasury.setAllowance, (person(what), address(DOLLAR), 5, 1 days));
        } else if (kind == 6) {
            data = abi.encodeCall(IProcessRegistry.setController, (work, person(what)));
        } else {
            target = (what >> 16) % 2 == 0 ? address(DOLLAR) : REGISTRY.sharesOf(work);
            data = abi.encodeWithSelector(bytes4(0xa9059cbb), person(what), 1);
        }
    }

    /// @dev Some are out of bounds.
    function _value(int64 value) private pure returns (int64) {
        return int64(int256(within(uint256(uint64(value)), 5, 85)));
    }

    /// @dev The newest that stands as it should; else any.
    function _pick(uint256 which, IGovernor.ProposalState wanted) private view returns (Idea memory idea) {
        uint256 length = _ideas.length;
        for (uint256 i; which % 4 != 0 && i < length && i < 12; ++i) {
            idea = _ideas[length - 1 - i];
            if (idea.governor.state(idea.proposal) == wanted) return idea;
        }
        return _ideas[(which >> 8) % length];
    }

    function _calls(Idea memory idea)
        private
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
    {
        (targets, values, calldatas) = (new address[](1), new uint256[](1), new bytes[](1));
        (targets[0], calldatas[0]) = (idea.target, idea.data);
    }

    function _work(uint256 which) private pure returns (uint256) {
        return 2 + which % (WORKS - 1);
    }

    /// @dev Shares of the governed work, of the collective, or of another.
    function _sharesOf(uint256 which) private view returns (ProcessShares) {
        uint256 k = which % 4;
        return ProcessShares(REGISTRY.sharesOf(k == 0 ? 1 : k == 3 ? _work(which >> 8) : WORKS + 1));
    }
}
