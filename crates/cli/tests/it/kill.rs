//! `kill -9` of `daedal run` at any moment loses nothing that was finished, shows nothing that is half
//! written, and the same command continues.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::studio::{Dice, Studio, files_below};

const KILLS: usize = 200;

#[test]
fn a_run_killed_at_any_moment_continues() {
    let undisturbed = Studio::tide();
    let begun = Instant::now();
    undisturbed.daedal(&["run"]).ends(0);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let report = undisturbed
        .daedal(&["runs", "latest", "--json"])
        .ends(0)
        .json();
    let expected = Expected {
        folders: folders(&undisturbed),
        tasks: counts(&report["steps"], "tasks"),
    };
    assert_eq!(expected.folders.len(), 1);

    let mut dice = Dice::new("killed runs");
    let (mut kills, mut midway) = (0, 0);
    while kills < KILLS {
        let mut course = Course::new(&expected);
        loop {
            let delay = Duration::from_micros(dice.below(whole + whole / 10));
            // Most courses are killed more than once.
            let spared = course.attempts > 0 && dice.below(3) == 0;
            let resume = !course.counts.is_empty() && dice.below(3) == 0;
            let args: &[&str] = if resume {
                &["resume", "latest"]
            } else {
                &["run"]
            };
            if course.attempt(args, (!spared).then_some(delay)) {
                break;
            }
            kills += 1;
            midway += usize::from(course.counts.values().any(|done| *done > 0));
        }
        course.finish();
    }
    println!("{kills} kills, {midway} of them with some tasks done");
    assert!(
        midway > KILLS / 10,
        "only {midway} kills fell amid the work"
    );
}

/// Folders of outputs, each with its files.
type Folders = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// What an undisturbed run gave.
struct Expected {
    folders: Folders,
    /// Tasks of each step.
    tasks: BTreeMap<String, u64>,
}

/// The same command in one new studio, through its kills.
struct Course<'e> {
    studio: Studio,
    expected: &'e Expected,
    attempts: usize,
    /// The newest run.
    run: String,
    /// Its done tasks of each step, as the studio remembers them.
    counts: BTreeMap<String, u64>,
}

impl<'e> Course<'e> {
    fn new(expected: &'e Expected) -> Self {
        Self {
            studio: Studio::tide(),
            expected,
            attempts: 0,
            run: String::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Starts the command and kills it after `delay`; tells whether it came to its end before.
    fn attempt(&mut self, args: &[&str], delay: Option<Duration>) -> bool {
        self.attempts += 1;
        let told = self.studio.path().join("told");
        let mut child = self
            .studio
            .command(args)
            .arg("--events")
            .stdout(File::create(&told).unwrap())
            .stderr(File::create(self.studio.path().join("said")).unwrap())
            .spawn()
            .unwrap();
        if let Some(delay) = delay {
            std::thread::sleep(delay);
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        let ended = status.code().is_some();
        let said = std::fs::read_to_string(self.studio.path().join("said")).unwrap();
        assert!(!ended || status.success(), "{status}: {said}");
        self.take_in(&std::fs::read_to_string(&told).unwrap(), ended);
        self.look_back();
        self.look_at_files();
        ended
    }

    /// No task that was recorded is carried out again.
    fn take_in(&self, told: &str, ended: bool) {
        let (mut done, mut executed) = (BTreeSet::new(), BTreeMap::<String, u64>::new());
        let mut run = String::new();
        // The last line of a killed process may be cut off.
        for event in told
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        {
            if event["update"] == "run" {
                event["run"].as_str().unwrap().clone_into(&mut run);
            }
            if event["update"] == "done" {
                let task = event["task"].to_string();
                assert!(done.insert(task.clone()), "{task} was done twice");
                if event["reused_from"].is_null() {
                    let step = event["task"]["step"].as_str().unwrap().to_owned();
                    *executed.entry(step).or_default() += 1;
                }
            }
        }
        for (step, total) in &self.expected.tasks {
            let before = self.counts.get(step).copied().unwrap_or_default();
            let again = executed.get(step).copied().unwrap_or_default();
            // The same command after a run that was over already: a new run, all from the memo.
            assert!(
                before + again <= *total,
                "{step}: {before} done, then {again} of {total}"
            );
        }
        if ended && (run == self.run || self.run.is_empty()) {
            let before: u64 = self.counts.values().sum();
            let total: u64 = self.expected.tasks.values().sum();
            assert_eq!(
                before + done.len() as u64,
                total,
                "{:?} then {done:?}",
                self.counts
            );
        }
    }

    /// What was recorded stays.
    fn look_back(&mut self) {
        let told = self.studio.daedal(&["runs", "latest", "--json"]);
        if told.code != 0 {
            assert!(told.code == 1 && self.run.is_empty(), "{}", told.err);
            let nothing = ["has not run anything yet", "no runs yet", "nothing has run"];
            assert!(
                nothing.iter().any(|text| told.err.contains(text)),
                "{}",
                told.err
            );
            return;
        }
        let report = told.json();
        let run = report["run"].as_str().unwrap().to_owned();
        let now = counts(&report["steps"], "done");
        if run == self.run {
            for (step, before) in &self.counts {
                assert!(
                    now[step] >= *before,
                    "{step} had {before} done, now {}",
                    now[step]
                );
            }
        } else if !self.run.is_empty() {
            // A new run is begun only when the one before is over.
            let before = self
                .studio
                .daedal(&["runs", &self.run, "--json"])
                .ends(0)
                .json();
            assert_eq!(before["status"], "succeeded");
        }
        (self.run, self.counts) = (run, now);
    }

    /// Only whole folders of outputs are to be seen.
    fn look_at_files(&self) {
        for (run, files) in folders(&self.studio) {
            if !run.starts_with('.') {
                let expected = self.expected.folders.values().next().unwrap();
                assert!(files == *expected, "{run}: {:?}", files.keys());
            }
        }
    }

    /// Everything is there, and nothing else.
    fn finish(self) {
        let found = folders(&self.studio);
        assert!(found.contains_key(&self.run[..12]), "{:?}", found.keys());
        let leftovers: Vec<_> = found.keys().filter(|name| name.starts_with('.')).collect();
        assert!(leftovers.is_empty(), "{leftovers:?}");
        let runs = self.studio.daedal(&["runs", "--json"]).ends(0).json();
        let mut runs = runs.as_array().unwrap().iter();
        assert!(runs.all(|run| run["status"] == "succeeded"));
    }
}

/// The folders of outputs that a studio shows, by the run's name.
fn folders(studio: &Studio) -> Folders {
    let place = studio.path().join("out/tide");
    let entries = std::fs::read_dir(&place).into_iter().flatten();
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_str().unwrap().to_owned();
            (name, files_below(&entry.path()))
        })
        .collect()
}

/// A number of every step.
fn counts(steps: &Value, field: &str) -> BTreeMap<String, u64> {
    let steps = steps.as_array().unwrap().iter();
    steps
        .map(|step| {
            let name = step["step"].as_str().unwrap().to_owned();
            (name, step[field].as_u64().unwrap())
        })
        .collect()
}
