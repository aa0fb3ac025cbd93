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

/// A process whose `bad` fails at once beside a call: it asks another server, which is out of reach until it is allowed.
fn failing(server: &Server, other: &Server, say: &str) -> Studio {
    let studio = studio(server, "");
    let port = other.port;
    let process = format!(
        "daedal: v1
name: briefs
steps:
  say: {say}
  bad: {{ uses: http, with: {{ url: \"http://127.0.0.1:{port}/mood\" }} }}
outputs: {{ say: \"{{{{ steps.say }}}}\", bad: \"{{{{ steps.bad }}}}\" }}
"
    );
    studio.write("process.yaml", process);
    studio
}

/// From now on it is in reach.
fn allow(studio: &Studio, server: &Server, other: &Server) {
    let (own, port) = (format!("127.0.0.1:{}", server.port), other.port);
    let both = format!("{own}\", \"127.0.0.1:{port}");
    let settings = server.settings();
    let settings = settings.replacen(&own, &both, 1);
    studio.write("daedal.toml", settings);
}

fn slow() -> Server {
    Server::answering(|path, _| {
        std::thread::sleep(Duration::from_secs(1));
        let said = serde_json::json!({
            "model": "tide-2026", "choices": [{
                "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "Low water" } }],
            "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 }
        });
        match path.starts_with("/v1/") {
            true => ("application/json", said.to_string()),
            false => ("application/json", "{}".to_owned()),
        }
    })
}

#[test]
fn a_run_that_fails_beside_a_paid_call_has_its_answer_and_the_next_run_does_not_pay_it_again() {
    let server = slow();
    let say = "{ uses: llm, with: { model: writer, prompt: Low water, max_tokens: 100 } }";
    let other = Server::start();
    let studio = failing(&server, &other, say);
    let args = ["run", "--json", "--jobs", "4"];
    let told = run(&studio, &args).ends(1).json();
    assert_eq!(told["step"], "bad", "{told}");
    assert_eq!(told["cost_usd_micros"], 140, "{told}");
    assert_eq!(told["cost_lost_usd_micros"], 0, "{told}");
    assert_eq!(server.calls(), 1);
    let told = run(&studio, &args).ends(1).json();
    assert_eq!(told["cost_usd_micros"], 0, "{told}");
    assert_eq!(server.calls(), 1);
}

#[test]
fn what_a_failed_run_did_outside_is_not_done_again_by_the_next_unasked() {
    let server = slow();
    let port = server.port;
    let say = format!(
        "{{ uses: http, with: {{ method: POST, url: \"http://127.0.0.1:{port}/slow\", json: {{ a: 1 }} }} }}"
    );
    let other = Server::start();
    let studio = failing(&server, &other, &say);
    let args = ["run", "--json", "--jobs", "4"];
    let first = run(&studio, &args).ends(1).json();
    assert_eq!(server.calls(), 1);
    // It asks, and the step beside it fails the run again.
    run(&studio, &args).ends(1);
    assert_eq!(server.calls(), 1);
    allow(&studio, &server, &other);
    let told = run(&studio, &["run"]).ends(3).out;
    let named = format!(
        "say: was made by run {}, or may have been, which did not succeed; it was not made again",
        &first["run"].as_str().unwrap()[..12]
    );
    assert!(told.contains(&named), "{named}: {told}");
    assert!(told.contains("--repeat say"), "{told}");
    // Asked again, it asks again.
    run(&studio, &["resume", "latest"]).ends(3);
    assert_eq!(server.calls(), 1);
    run(&studio, &["resume", "latest", "--repeat", "say"]).ends(0);
    assert_eq!(server.calls(), 2);
    // A run that succeeded is begun anew because somebody wants that.
    run(&studio, &["run"]).ends(0);
    assert_eq!(server.calls(), 3);
}

#[test]
fn a_call_that_was_cut_off_as_the_run_ended_is_told_and_asked_about_by_the_next() {
    let server = Server::start();
    server.silent.lock().unwrap().push("/v1/");
    let say = "{ uses: llm, with: { model: writer, prompt: Low water, max_tokens: 100 } }";
    let other = Server::start();
    let studio = failing(&server, &other, say);
    let mut command = studio.command(&["run", "--json", "--jobs", "4"]);
    let out = std::fs::File::create(studio.path().join("told")).unwrap();
    let mut child = command
        .env("PRESS_KEY", SECRET)
        .stdout(out)
        .spawn()
        .unwrap();
    while server.calls() < 1 {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    // It waits for the call, until somebody has had enough.
    assert!(child.try_wait().unwrap().is_none());
    let pid = child.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let told = std::fs::read(studio.path().join("told")).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["step"], "bad", "{told}");
    assert_eq!(told["lost"][0]["step"], "say", "{told}");
    let cost = told["lost"][0]["cost_max_usd_micros"].as_u64().unwrap();
    assert!(cost > 0, "{told}");
    assert_eq!(told["cost_lost_usd_micros"], cost, "{told}");
    server.silent.lock().unwrap().clear();
    let over = run(&studio, &["resume", "latest"]).ends(1).out;
    assert!(
        over.contains("nobody knows whether it took effect"),
        "{over}"
    );
    assert!(over.contains("a new run asks before"), "{over}");
    allow(&studio, &server, &other);
    let told = run(&studio, &["run", "--json"]).ends(3).json();
    assert!(told["lost"][0]["made_by_run"].is_string(), "{told}");
    assert_eq!(server.calls(), 1);
    run(&studio, &["resume", "latest", "--repeat", "say"]).ends(0);
    assert_eq!(server.calls(), 2);
}

#[test]
fn a_budget_ends_a_loop_with_its_best_round_and_says_so() {
    let server = Server::start();
    let studio = studio(&server, "");
    let process = |budget: u64| {
        format!(
            "daedal: v1
name: briefs
budget: {{ cost: 0.{budget:06} USD }}
steps:
  polish:
    repeat:
      best_by: \"{{{{ revise.score }}}}\"
      at_most: 5
      steps:
        revise: {{ uses: llm, with: {{ model: writer, prompt: \"Round {{{{ round }}}}\", answer: {{ title: text, score: number }}, max_tokens: 100, repairs_max: 0 }} }}
  note: {{ uses: template, with: {{ text: \"{{{{ steps.polish.revise.title }}}}\" }} }}
outputs: {{ note: \"{{{{ steps.note }}}}\" }}
"
        )
    };
    studio.write("process.yaml", process(999_999));
    let check = ["check", "--estimate", "--json"];
    let most = run(&studio, &check).ends(0).json()["estimate"]["cost_max_usd_micros"].clone();
    let most = most.as_u64().unwrap() / 5;
    // Each round costs 140: the second begins, and the third may cost too much.
    studio.write("process.yaml", process(most + 150));
    let told = run(&studio, &["run"]).ends(0).out;
    let warning =
        "warning: `polish` ended after 2 of 5 rounds with the best of them: 0.000280 USD of ";
    assert!(told.contains(warning), "{told}");
    assert_eq!(server.calls(), 2);
    let told = run(&studio, &["resume", "latest", "--json"]).ends(0).json();
    assert_eq!(told["cut_short"][0]["rounds"], 2, "{told}");
    // Where no round is whole there is nothing to go on with.
    studio.write("process.yaml", process(most - 1));
    let told = run(&studio, &["run", "--fresh"]).ends(1).out;
    assert!(told.contains("before it passed its budget"), "{told}");
    assert_eq!(server.calls(), 2);
}
