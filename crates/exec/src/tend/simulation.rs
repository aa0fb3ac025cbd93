//! Processes tended in a world that kills the tender at every turn, sets its clock, and loses what was not written
//! down. Everything follows from one seed.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const SEEDS: u64 = 400;
const PROCESS: &str = "tide";
const FAILURES_MAX: u32 = 3;
const DAY_MAX: UsdMicros = UsdMicros(500);

/// Numbers from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A run as the studio keeps it.
#[derive(Default)]
struct Run {
    cost: u64,
    /// What it takes until it is over.
    left: u64,
    ended: bool,
}

struct World {
    chance: Chance,
    now: u64,
    /// As it was written down last.
    disk: String,
    runs: BTreeMap<u64, Run>,
    /// When runs were due, by their nonce.
    due: BTreeMap<u64, Moment>,
    files: u8,
    spent: BTreeMap<u64, u64>,
    fails: bool,
    day: u64,
}

/// The tender is gone, and with it what only it knew.
struct Killed;

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let now = 1_700_000_000_000 + chance.below(DAY_MS);
        Self {
            chance,
            now,
            disk: serde_json::to_string(&Memory::default()).unwrap(),
            runs: BTreeMap::new(),
            due: BTreeMap::new(),
            files: 0,
            spent: BTreeMap::new(),
            fails: false,
            day: 0,
        }
    }

    fn now(&self) -> Moment {
        Moment(self.now)
    }

    fn write(&mut self, memory: &Memory) -> Result<(), Killed> {
        if self.chance.one_in(12) {
            return Err(Killed);
        }
        self.disk = serde_json::to_string(memory).unwrap();
        match self.chance.one_in(12) {
            true => Err(Killed),
            false => Ok(()),
        }
    }

    fn watched(&self) -> BTreeMap<String, Digest> {
        BTreeMap::from([("files".to_owned(), Digest([self.files; 32]))])
    }

    /// One round of a tender that has just started, or goes on.
    fn round(&mut self, schedule: &Schedule) -> Result<(), Killed> {
        let mut memory: Memory = serde_json::from_str(&self.disk).unwrap();
        let watched = self.watched();
        if memory
            .of(PROCESS)
            .is_none_or(|tended| tended.open().is_none())
        {
            memory.fire(PROCESS, schedule, &watched, self.now());
            self.write(&memory)?;
        }
        let open = memory.of(PROCESS).and_then(Tended::open).cloned();
        let Some(open) = open else { return Ok(()) };
        let carried = memory.carry(PROCESS, Some(DAY_MAX), 20, self.now());
        self.write(&memory)?;
        let Some(cap) = carried else {
            panic!("killed so often at one run");
        };
        let nonce = open.firing.nonce(PROCESS);
        let known = self.due.entry(nonce).or_insert(open.firing.due);
        assert_eq!(*known, open.firing.due, "one run for two firings");
        let most = 1 + self.chance.below(30);
        let run = self.runs.entry(nonce).or_insert_with(|| Run {
            left: most,
            ..Run::default()
        });
        assert!(!run.ended || run.left == 0);
        // A clock that was set back opens no day again.
        self.day = self.day.max(self.now / DAY_MS);
        let day = self.day;
        let mut over_budget = false;
        while run.left > 0 {
            if run.cost + 1 > cap.unwrap().0 {
                over_budget = true;
                break;
            }
            run.cost += 1;
            run.left -= 1;
            *self.spent.entry(day).or_default() += 1;
            if self.chance.one_in(100) {
                return Err(Killed);
            }
        }
        run.ended = true;
        run.left = 0;
        let cost = UsdMicros(run.cost);
        let ending = match over_budget || self.fails {
            true => Ending::Failed,
            false => Ending::Succeeded,
        };
        memory.ended(PROCESS, ending, cost, FAILURES_MAX, self.now());
        self.write(&memory)
    }
}

#[test]
fn whatever_happens_each_time_fires_once_at_most_and_no_day_costs_more() {
    let schedule = Schedule::parse("0 * * * *; files", "UTC").unwrap();
    let (mut fired, mut stopped) = (0, 0);
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        // Once it is there, it is seen.
        while world.round(&schedule).is_err() {}
        let begun = world.now;
        for _ in 0..200 {
            world.now += world.chance.below(90 * 60_000);
            if world.chance.one_in(30) {
                // A machine that slept, or a clock that was set back.
                match world.chance.one_in(2) {
                    true => world.now += 5 * 3_600_000,
                    false => world.now -= 2 * 3_600_000,
                }
            }
            if world.chance.one_in(25) {
                world.files = world.files.wrapping_add(1);
            }
            world.fails = world.chance.one_in(8);
            // Killed or not, it goes on from what was written down.
            world.round(&schedule).ok();
        }
        let scheduled: Vec<Moment> = world.due.values().copied().collect();
        let distinct: BTreeSet<_> = scheduled.iter().collect();
        assert_eq!(distinct.len(), scheduled.len(), "seed {seed}: fired twice");
        // What changed is due when it is seen, by whatever the clock then shows.
        let is_hour = |due: &&Moment| due.0.is_multiple_of(3_600_000);
        assert!(
            scheduled.iter().filter(is_hour).all(|due| due.0 > begun),
            "seed {seed}: fired for a time before it was seen"
        );
        for (day, spent) in &world.spent {
            assert!(*spent <= DAY_MAX.0, "seed {seed}: day {day} cost {spent}");
        }
        let memory: Memory = serde_json::from_str(&world.disk).unwrap();
        let tended = memory.of(PROCESS).unwrap();
        if tended.stopped().is_some() {
            stopped += 1;
            assert!(tended.failures() >= FAILURES_MAX);
        }
        fired += world.due.len();
    }
    // A world in which nothing begins, or all stop at once, would show nothing.
    assert!(fired as u64 > SEEDS * 20, "{fired}");
    assert!(stopped > 0 && stopped < SEEDS, "{stopped}");
}

#[test]
fn times_that_passed_by_come_to_one() {
    let schedule = Schedule::parse("every 1h", "UTC").unwrap();
    let hour = |n: u64| Moment(n * 3_600_000);
    let none = BTreeMap::new();
    let mut memory = Memory::default();
    assert_eq!(memory.fire(PROCESS, &schedule, &none, hour(10)), None);
    let open = memory.fire(PROCESS, &schedule, &none, hour(15)).unwrap();
    assert_eq!((open.firing.due, open.firing.missed), (hour(15), 4));
    // While it is open, nothing else begins.
    assert_eq!(memory.fire(PROCESS, &schedule, &none, hour(17)), None);
    memory.ended(PROCESS, Ending::Succeeded, UsdMicros(0), 3, hour(17));
    let open = memory.fire(PROCESS, &schedule, &none, hour(17)).unwrap();
    assert_eq!((open.firing.due, open.firing.missed), (hour(17), 1));
    memory.ended(PROCESS, Ending::Succeeded, UsdMicros(0), 3, hour(17));
    // What passes by while nothing is to begin never comes.
    memory.pass(hour(30));
    assert_eq!(memory.fire(PROCESS, &schedule, &none, hour(30)), None);
}

#[test]
fn a_process_that_fails_again_and_again_is_stopped_until_it_is_released() {
    let schedule = Schedule::parse("every 1h", "UTC").unwrap();
    let hour = |n: u64| Moment(n * 3_600_000);
    let none = BTreeMap::new();
    let mut memory = Memory::default();
    memory.fire(PROCESS, &schedule, &none, hour(1));
    let mut told = Vec::new();
    for (at, ending) in [
        (2, Ending::Failed),
        (3, Ending::Failed),
        (4, Ending::Succeeded),
        (5, Ending::Failed),
        (6, Ending::Failed),
        (7, Ending::Failed),
    ] {
        assert!(memory.fire(PROCESS, &schedule, &none, hour(at)).is_some());
        told.push(memory.ended(PROCESS, ending, UsdMicros(0), 3, hour(at)));
    }
    assert_eq!(told, [false, false, false, false, false, true]);
    assert_eq!(memory.fire(PROCESS, &schedule, &none, hour(9)), None);
    assert_eq!(memory.release(hour(10)), [PROCESS]);
    assert_eq!(memory.fire(PROCESS, &schedule, &none, hour(10)), None);
    assert!(memory.fire(PROCESS, &schedule, &none, hour(11)).is_some());
}

#[test]
fn a_run_that_brings_the_program_down_again_and_again_is_given_up() {
    let schedule = Schedule::parse("every 1h", "UTC").unwrap();
    let hour = |n: u64| Moment(n * 3_600_000);
    let none = BTreeMap::new();
    let mut memory = Memory::default();
    memory.fire(PROCESS, &schedule, &none, hour(1));
    memory.fire(PROCESS, &schedule, &none, hour(2));
    let carried: Vec<bool> = (0..4)
        .map(|_| memory.carry(PROCESS, None, 3, hour(2)).is_some())
        .collect();
    assert_eq!(carried, [true, true, true, false]);
    assert!(memory.ended(PROCESS, Ending::Failed, UsdMicros(0), 3, hour(2)));
}

#[test]
fn a_day_has_its_cap_and_the_next_one_begins_anew() {
    let schedule = Schedule::parse("every 1h", "UTC").unwrap();
    let hour = |n: u64| Moment(n * 3_600_000);
    let none = BTreeMap::new();
    let max = Some(UsdMicros(100));
    let mut memory = Memory::default();
    memory.fire(PROCESS, &schedule, &none, hour(1));
    memory.fire(PROCESS, &schedule, &none, hour(2));
    assert_eq!(memory.carry(PROCESS, max, 3, hour(2)), Some(max));
    memory.ended(PROCESS, Ending::Open, UsdMicros(30), 3, hour(2));
    // The same run, which has cost 30 already, may cost 70 more.
    assert_eq!(memory.carry(PROCESS, max, 3, hour(3)), Some(max));
    memory.ended(PROCESS, Ending::Succeeded, UsdMicros(60), 3, hour(3));
    assert_eq!(memory.left(UsdMicros(100), hour(4)), UsdMicros(40));
    assert_eq!(memory.left(UsdMicros(100), hour(25)), UsdMicros(100));
    // The clock goes back.
    assert_eq!(memory.left(UsdMicros(100), hour(23)), UsdMicros(100));
}

#[test]
fn what_changed_while_nothing_was_to_begin_begins_nothing() {
    let schedule = Schedule::parse("files", "UTC").unwrap();
    let hour = |n: u64| Moment(n * 3_600_000);
    let files = |n: u8| BTreeMap::from([("files".to_owned(), Digest([n; 32]))]);
    let mut memory = Memory::default();
    assert_eq!(memory.fire(PROCESS, &schedule, &files(1), hour(1)), None);
    memory.pass(hour(3));
    assert!(memory.of(PROCESS).unwrap().is_blind());
    // As it is after the pause, it is followed.
    assert_eq!(memory.fire(PROCESS, &schedule, &files(2), hour(3)), None);
    assert!(
        memory
            .fire(PROCESS, &schedule, &files(3), hour(4))
            .is_some()
    );
    // A run that is not over does not hide what changes while it is not.
    memory.pass(hour(5));
    memory.see(PROCESS, &files(3));
    memory.see(PROCESS, &files(4));
    memory.ended(PROCESS, Ending::Succeeded, UsdMicros(0), 3, hour(6));
    let open = memory.fire(PROCESS, &schedule, &files(4), hour(6));
    assert_eq!(
        open.unwrap().firing.cause,
        Cause::Change("files".to_owned())
    );
}
