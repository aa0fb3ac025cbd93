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

#[test]
fn an_order_killed_at_any_moment_is_paid_once() {
    let ready = with_client("");
    let before = block(&ready);
    let order = [
        "commission",
        "open",
        "tide",
        "0.1 ETH",
        "--account",
        "ada",
        "--arbiter",
        "bob",
    ];
    let order = [&order[..], &["--out", "order.json"]].concat();
    let whole = micros_of(&ready.copied(), &order);
    let mut dice = Dice::new("killed orders");
    let mut kills = 0;
    while kills < KILLS {
        let studio = ready.copied();
        let mut finished = 0;
        for _ in 0..=dice.below(KILLS_OF_ONE) {
            let was_killed = killed(&studio, &order, dice.below(whole));
            kills += usize::from(was_killed);
            finished += u64::from(!was_killed);
        }
        // Whoever gives a command again that had been killed goes on with it; after one that was finished
        // it is another order.
        let listed = studio
            .daedal(&["commission", "list", "tide", "--json"])
            .ends(0)
            .json();
        let open_before = listed.as_array().unwrap().len() as u64;
        assert!(
            open_before == finished || open_before == finished + 1,
            "{listed}"
        );
        studio.daedal(&order).ends(0);
        let listed = studio
            .daedal(&["commission", "list", "tide", "--json"])
            .ends(0)
            .json();
        let opened = listed.as_array().unwrap().len() as u64;
        assert_eq!(block(&studio), before + opened, "a block for each order");
        assert!(
            opened == finished + 1 || opened == finished + 2,
            "{opened} of {finished}"
        );
        assert!(studio.path().join("order.json").is_file());
    }
}
