//! `kill -9` amid calls that are paid: none is made twice unless somebody says so.

use std::time::Duration;

use serde_json::Value;

use crate::calls::{SECRET, Server, run, studio};
use crate::studio::Studio;

/// Runs the process until so many calls were made, the last of which get no answer, and kills the program then.
fn kill_amid(studio: &Studio, server: &Server, calls: usize) {
    server.silent.lock().unwrap().push("/v1/");
    let mut command = studio.command(&["run", "--quiet", "--jobs", "4"]);
    let mut child = command.env("PRESS_KEY", SECRET).spawn().unwrap();
    while server.calls() < calls {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it asked the model"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    // SIGKILL on Unix.
    child.kill().unwrap();
    child.wait().unwrap();
    server.silent.lock().unwrap().clear();
}

/// The two calls that pay are the same one.
fn same_key(server: &Server) {
    let keys = server.keys.lock().unwrap();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0], keys[1]);
}

fn latest(studio: &Studio) -> Value {
    run(studio, &["runs", "latest", "--json"]).ends(0).json()
}

#[test]
fn a_call_that_was_under_way_waits_for_a_person_who_has_it_made_again() {
    let server = Server::start();
    let studio = studio(&server, "budget: { cost: 1 USD }\n");
    kill_amid(&studio, &server, 3);
    for args in [&["resume", "latest"][..], &["run"]] {
        let told = run(&studio, args).ends(3).out;
        for part in [
            "waits for you",
            "idea: was under way when the run was interrupted, and nobody knows whether it took effect",
            "cost     up to ",
            "USD by `llm`, counted as spent",
            "--repeat idea",
            "--give-up idea    (fails the run)",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    // What only looks was kept, and what has an effect was not asked for again.
    assert_eq!(server.calls(), 3);
    let shown = latest(&studio);
    assert_eq!(shown["status"], "waiting", "{shown}");
    assert_eq!(shown["lost"], serde_json::json!(["idea"]));
    let told = run(&studio, &["resume", "latest", "--json"]).ends(3).json();
    let cost = told["lost"][0]["cost_max_usd_micros"].as_u64().unwrap();
    assert!(cost > 0, "{told}");
    assert_eq!(told["cost_lost_usd_micros"], cost, "{told}");

    let wrong = run(&studio, &["resume", "latest", "--repeat", "mood"]).ends(1);
    assert!(wrong.err.contains("these do: idea"), "{}", wrong.err);
    assert_eq!(server.calls(), 3);
    let repeat = ["resume", "latest", "--repeat", "idea", "--json"];
    let told = run(&studio, &repeat).ends(0).json();
    assert_eq!(told["status"], "succeeded", "{told}");
    assert_eq!(server.calls(), 4);
    // What is known to be paid, and what may have been beside it.
    assert_eq!(told["cost_usd_micros"], 140, "{told}");
    assert_eq!(told["cost_lost_usd_micros"], cost, "{told}");
    // Whoever knows it by its key is paid once.
    same_key(&server);
    let over = run(&studio, &["resume", "latest", "--repeat", "idea"]).ends(1);
    assert!(over.err.contains("the run is over"), "{}", over.err);
    assert_eq!(server.calls(), 4);
}

#[test]
fn what_a_lost_call_may_have_cost_counts_for_the_budget() {
    let server = Server::start();
    let studio = studio(&server, "budget: { cost: 0.015 USD }\n");
    kill_amid(&studio, &server, 3);
    let told = run(&studio, &["resume", "latest", "--repeat", "idea"]).ends(1);
    assert!(
        told.out
            .contains("of it perhaps, by calls that were interrupted"),
        "{told:?}"
    );
    assert_eq!(server.calls(), 3);
}

#[test]
fn a_call_that_is_given_up_fails_its_step() {
    let server = Server::start();
    let studio = studio(&server, "");
    kill_amid(&studio, &server, 3);
    let told = run(&studio, &["resume", "latest", "--give-up", "idea"]).ends(1);
    assert!(told.out.contains("given up by hand"), "{told:?}");
    assert_eq!(latest(&studio)["status"], "failed");
    assert_eq!(server.calls(), 3);
}

#[test]
fn a_step_that_may_be_repeated_is() {
    let server = Server::start();
    let studio = studio(&server, "");
    studio.edit("    uses: llm", "    on_interrupt: repeat\n    uses: llm");
    kill_amid(&studio, &server, 3);
    let told = run(&studio, &["run", "--json"]).ends(0).json();
    assert_eq!(told["status"], "succeeded", "{told}");
    assert_eq!(server.calls(), 4);
    same_key(&server);
}

#[test]
fn of_several_calls_each_is_ruled_on_by_itself() {
    let server = Server::start();
    let studio = studio(&server, "");
    let process = "daedal: v1
name: briefs
steps:
  idea:
    uses: llm
    count: 3
    on_failure: skip
    with: { model: writer, prompt: \"Low water {{ index }}\", answer: { title: text, score: number }, max_tokens: 100 }
outputs: { ideas: \"{{ steps.idea }}\" }
";
    studio.write("process.yaml", process);
    kill_amid(&studio, &server, 3);
    let told = run(&studio, &["resume", "latest"]).ends(3).out;
    let named = "idea, idea #2, idea #3: were under way when the run was interrupted";
    assert!(told.contains(named), "{told}");
    let repeat = ["resume", "latest", "--repeat", "idea #2", "--json"];
    let told = run(&studio, &repeat).ends(3).json();
    assert_eq!(told["lost"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(server.calls(), 4);
    let both = ["resume", "latest", "--give-up", "idea", "--repeat", "idea"];
    assert!(run(&studio, &both).ends(1).err.contains("named twice"));
    let give_up = ["resume", "latest", "--give-up", "idea", "--json"];
    let told = run(&studio, &give_up).ends(0).json();
    assert_eq!(told["outputs"]["ideas"].as_array().unwrap().len(), 1);
    assert_eq!(server.calls(), 4);
}
