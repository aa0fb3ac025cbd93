//! What `daedal tend` keeps: what its runs cost, what passed by in a pause, and notices that nobody got.

use serde_json::{Value, json};

use crate::calls;
use crate::outside::Outside;
use crate::studio::Studio;
use crate::tending::{a_while, events, names, once, studio};

#[test]
fn a_run_whose_outputs_cannot_be_written_counts_for_the_day_and_stops_its_process() {
    let server = calls::Server::start();
    let studio = Studio::empty();
    let process = "daedal: v1
name: idea
schedule: every 1s
steps:
  idea: { uses: llm, with: { model: writer, prompt: \"Low water\", max_tokens: 100, answer: { title: text, score: number } } }
outputs: { idea: \"{{ steps.idea }}\" }
";
    studio.write("process.yaml", process);
    studio.write("out", "no folder");
    let settings = server.settings();
    studio.write(
        "daedal.toml",
        format!("{settings}[tend]\nday_max = \"1 USD\"\nfailures_max = 2\n"),
    );
    let once = || {
        let told = calls::run(&studio, &["tend", "--once", "--json"]).ends(0);
        events(&told.out)
    };
    once();
    for (runs, names_told) in [
        (1, &["due", "began", "ended"][..]),
        (2, &["due", "began", "ended", "stopped"]),
    ] {
        a_while();
        let told = once();
        assert_eq!(names(&told), names_told, "{told:?}");
        assert_eq!(told[2]["status"], "failed", "{told:?}");
        assert!(told[2]["error"].is_object(), "{told:?}");
        let status = studio
            .daedal(&["tend", "--status", "--json"])
            .ends(0)
            .json();
        assert_eq!(
            status["day_left_usd_micros"],
            1_000_000 - runs * 140,
            "{status}"
        );
    }
}

#[test]
fn what_changes_in_a_pause_begins_nothing() {
    let studio = studio("files", "");
    once(&studio);
    studio.daedal(&["tend", "--pause"]).ends(0);
    studio.edit("low water", "high water");
    assert_eq!(names(&once(&studio)), ["paused"]);
    studio.daedal(&["tend", "--resume"]).ends(0);
    assert_eq!(names(&once(&studio)), [""; 0], "released and followed anew");
    studio.edit("high water", "slack water");
    assert_eq!(names(&once(&studio)), ["due", "began", "ended"]);
    // A pause that nobody who tends has seen is one all the same.
    studio.daedal(&["tend", "--pause"]).ends(0);
    studio.edit("slack water", "spring tide");
    studio.daedal(&["tend", "--resume"]).ends(0);
    assert_eq!(names(&once(&studio)), [""; 0]);
    assert_eq!(names(&once(&studio)), [""; 0]);
}

#[test]
fn times_that_pass_by_in_a_pause_that_nobody_tended_do_not_come() {
    let studio = studio("every 1h", "");
    once(&studio);
    studio.daedal(&["tend", "--pause"]).ends(0);
    // As if it was seen long ago.
    let place = studio.path().join(".daedal/tend/memory.json");
    let mut memory: Value = serde_json::from_slice(&std::fs::read(&place).unwrap()).unwrap();
    memory["processes"]["note"]["seen"] = json!(1_000_000);
    std::fs::write(&place, memory.to_string()).unwrap();
    studio.daedal(&["tend", "--resume"]).ends(0);
    assert_eq!(names(&once(&studio)), [""; 0]);
}

#[test]
fn a_notice_that_nobody_gets_waits_for_whoever_tends_next() {
    let outside = Outside::start();
    *outside.busy.lock().unwrap() = 1_000;
    let studio = studio("every 1h", "");
    studio.write("daedal.toml", outside.settings());
    once(&studio);
    studio.daedal(&["tend", "--pause"]).ends(0);
    let first = once(&studio);
    assert_eq!(names(&first), ["paused"]);
    assert_eq!(outside.told(), Vec::<Value>::new());
    let status = studio
        .daedal(&["tend", "--status", "--json"])
        .ends(0)
        .json();
    assert_eq!(status["notices_waiting"], 1, "{status}");
    *outside.busy.lock().unwrap() = 0;
    studio.daedal(&["tend", "--resume"]).ends(0);
    once(&studio);
    once(&studio);
    // Once, as it was.
    let told = outside.told();
    assert_eq!(names(&told), ["paused"]);
    assert_eq!(told[0]["id"], first[0]["id"]);
    let status = studio
        .daedal(&["tend", "--status", "--json"])
        .ends(0)
        .json();
    assert_eq!(status["notices_waiting"], 0, "{status}");
}
