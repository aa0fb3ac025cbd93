//! `kill -9` of `daedal commission deliver` and `open` at any moment: the same command finishes it, with one
//! payment, one anchor and one submission.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::commissions::{open, with_client};
use crate::studio::{Dice, Studio};

const KILLS: usize = 40;
/// Kills of one studio before it is left in peace, at most.
const KILLS_OF_ONE: u64 = 5;

/// The embedded chain has a block for each transaction, so its height tells how many there were.
fn block(studio: &Studio) -> u64 {
    let shown = studio.daedal(&["chain", "status", "--json"]).ends(0).json();
    shown["block"].as_u64().unwrap()
}

/// Begins a command and kills it after so many microseconds; whether it was still there.
fn killed(studio: &Studio, args: &[&str], micros: u64) -> bool {
    let mut command = studio.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_micros(micros));
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

fn micros_of(studio: &Studio, args: &[&str]) -> u64 {
    let begun = Instant::now();
    studio.daedal(args).ends(0);
    u64::try_from(begun.elapsed().as_micros()).unwrap()
}

#[test]
fn a_delivery_killed_at_any_moment_is_anchored_and_submitted_once() {
    let ready = with_client("");
    let id = open(&ready, &[]);
    let before = block(&ready);
    let deliver = ["commission", "deliver", &id, "--json"];
    let whole = micros_of(&ready.copied(), &deliver);

    let mut dice = Dice::new("killed deliveries");
    let (mut kills, mut left_at) = (0, [0; 3]);
    while kills < KILLS {
        let studio = ready.copied();
        for _ in 0..=dice.below(KILLS_OF_ONE) {
            kills += usize::from(killed(&studio, &deliver, dice.below(whole)));
        }
        let left = block(&studio);
        left_at[usize::try_from(left - before).unwrap()] += 1;

        let delivered = studio.daedal(&deliver).ends(0).json();
        assert_eq!(delivered["state"], "submitted", "left at block {left}");
        assert_eq!(
            block(&studio),
            before + 2,
            "an anchor and a submission; left at {left}"
        );
        let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
        assert_eq!(runs.as_array().unwrap().len(), 1, "one run: {runs}");
        studio.daedal(&deliver).ends(0);
        assert_eq!(block(&studio), before + 2);
        let accept = ["commission", "accept", &id, "--account", "ada"];
        studio.daedal(&accept).ends(0);
    }
    println!("{kills} kills; with nothing, an anchor, all on the chain: {left_at:?}");
}

/// Commissions of the work, in order.
fn opened(studio: &Studio) -> Vec<String> {
    let listed = studio.daedal(&["commission", "list", "tide", "--json"]);
    let listed = listed.ends(0).json();
    let ids = listed.as_array().unwrap().iter();
    ids.map(|one| one["commission"].as_str().unwrap().to_owned())
        .collect()
}

/// Whoever gives a command again that was killed goes on with its order; one that was told is another's.
#[test]
fn an_order_killed_at_any_moment_is_paid_once() {
    let ready = with_client("");
    let before = block(&ready);
    let order = ["commission", "open", "tide", "0.1 ETH", "--account", "ada"];
    let order = [
        &order[..],
        &["--arbiter", "bob", "--out", "order.json", "--json"],
    ]
    .concat();
    let whole = micros_of(&ready.copied(), &order);
    let mut dice = Dice::new("killed orders");
    let mut kills = 0;
    while kills < KILLS {
        let studio = ready.copied();
        let mut told = std::collections::BTreeSet::new();
        for _ in 0..=dice.below(KILLS_OF_ONE) {
            let out = studio.path().join("out.json");
            let mut command = studio.command(&order);
            command.stdout(std::fs::File::create(&out).unwrap());
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_micros(dice.below(whole)));
            child.kill().unwrap();
            kills += usize::from(child.wait().unwrap().code().is_none());
            let said = std::fs::read(&out).unwrap();
            if let Ok(said) = serde_json::from_slice::<serde_json::Value>(&said) {
                told.insert(said["commission"].as_str().unwrap().to_owned());
            }
            let untold = opened(&studio);
            let untold = untold.iter().filter(|id| !told.contains(*id)).count();
            assert!(untold <= 1, "{untold} orders are paid that nobody knows of");
        }
        let last = studio.daedal(&order).ends(0).json();
        told.insert(last["commission"].as_str().unwrap().to_owned());
        let all = opened(&studio);
        assert_eq!(
            all.iter()
                .cloned()
                .collect::<std::collections::BTreeSet<_>>(),
            told
        );
        assert_eq!(
            block(&studio),
            before + all.len() as u64,
            "a block for each order"
        );
        assert!(studio.path().join("order.json").is_file());
    }
}
