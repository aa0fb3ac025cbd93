//! `daedal check --estimate`: the most that a run costs and takes, before it begins.

use crate::calls::{Server, run};
use crate::studio::Studio;

const PROCESS: &str = r#"daedal: v1
name: briefs
inputs:
  n: { type: integer, default: 2, min: 1, max: 40 }
  theme: { type: text, default: ebb, max_length: 60 }
budget: { cost: 0.05 USD, time: 20m }
steps:
  idea:
    uses: llm
    count: "{{ inputs.n }}"
    retry: { attempts: 3, backoff: 1s }
    timeout: 10s
    with: { model: writer, prompt: "Of {{ inputs.theme }}, {{ index }}", answer: { title: text, score: number }, max_tokens: 100, repairs_max: 0 }
  polish:
    repeat:
      at_most: 4
      steps:
        revise: { uses: llm, timeout: 10s, with: { model: writer, prompt: "Better: {{ steps.idea.title }} {{ previous.revise.text }}", max_tokens: 50 } }
        check: { uses: template, with: { text: "{{ revise.text }}" } }
  post: { uses: http, when: "{{ inputs.n > 5 }}", with: { method: POST, url: "http://127.0.0.1:PORT/post", json: { text: "{{ steps.polish.revise.text }}" } } }
  note: { uses: template, foreach: "{{ steps.idea }}", with: { text: "{{ item.title }}" } }
outputs: { note: "{{ steps.note }}" }
"#;

fn studio(server: &Server) -> Studio {
    let studio = Studio::empty();
    let settings = server.settings();
    let more = "[run]\njobs = 2\nday_max = \"5 USD\"\n";
    studio.write("daedal.toml", format!("{more}{settings}"));
    let process = PROCESS.replace("PORT", &server.port.to_string());
    studio.write("process.yaml", process);
    studio
}

/// What comes after the plan.
fn estimate(told: &str) -> &str {
    told.rsplit_once("\n\n").unwrap().1
}

#[test]
fn an_estimate_tells_each_step_its_bounds_and_what_nobody_knows() {
    let server = Server::start();
    let studio = studio(&server);
    let told = run(&studio, &["check", "--estimate"]).ends(0).out;
    insta::assert_snapshot!(estimate(&told), @r"
    at most                  tasks          cost         time  which is
    idea (llm)                   2  0.005682 USD    1 min 6 s  the limit of time of each, 3 attempts each
    polish.revise (llm)          4  0.034484 USD       40.0 s  the limit of time of each
    polish.check (template)      4      0.00 USD    8 min 0 s  the limit of time of each
    post (http)                  0      0.00 USD         0 ms  left out
    note (template)              2      0.00 USD    4 min 0 s  the limit of time of each
    in all                      12  0.040166 USD  11 min 29 s  2 tasks at once
    a run stops before it passes its budget of 0.05 USD or 20 min 0 s
    models may cost 5.00 USD a day in this studio, whoever asks them
    what the studio remembers is not done again, and then costs nothing; waiting for people is not counted
    unknown: how long `steps.idea.title`, `previous.revise.text` will be in `polish.revise`: counted as 4096 bytes each
    ");
    let told = run(&studio, &["check", "--estimate", "--input", "n=6"]).ends(0);
    insta::assert_snapshot!(estimate(&told.out), @r"
    at most                  tasks          cost         time  which is
    idea (llm)                   6  0.017046 USD   3 min 18 s  the limit of time of each, 3 attempts each
    polish.revise (llm)          4  0.034484 USD       40.0 s  the limit of time of each
    polish.check (template)      4      0.00 USD    8 min 0 s  the limit of time of each
    post (http)                  1       unknown    2 min 0 s  the limit of time of each
    note (template)              6      0.00 USD   12 min 0 s  the limit of time of each
    in all                      21  0.051530 USD  18 min 35 s  2 tasks at once
    a run stops before it passes its budget of 0.05 USD or 20 min 0 s
    models may cost 5.00 USD a day in this studio, whoever asks them
    what the studio remembers is not done again, and then costs nothing; waiting for people is not counted
    unknown: how long `steps.idea.title`, `previous.revise.text` will be in `polish.revise`: counted as 4096 bytes each
    unknown: what `post` costs: `http` calls out and names no price; it is not in the sum
    ");
    // Nothing was asked, and nothing is kept.
    assert_eq!(server.calls(), 0);
    assert!(!studio.path().join(".daedal").exists());
    let wrong = run(&studio, &["check", "--estimate", "--input", "n=400"]).ends(1);
    assert!(wrong.err.contains("40"), "{}", wrong.err);
    run(&studio, &["check", "--input", "n=4"]).ends(2);
}

#[test]
fn what_ran_before_is_usual_and_no_bound() {
    let server = Server::start();
    let studio = studio(&server);
    let check = ["check", "--estimate", "--json"];
    let before = run(&studio, &check).ends(0).json()["estimate"].clone();
    assert!(before["time_usual_ms"].is_null(), "{before}");
    let told = run(&studio, &["run", "--json"]).ends(0).json();
    let estimate = run(&studio, &check).ends(0).json()["estimate"].clone();
    // The bound stays what it was, by the limits of time.
    assert_eq!(estimate["time_max_ms"], before["time_max_ms"]);
    let steps = estimate["steps"].as_array().unwrap();
    let of = |name: &str| steps.iter().find(|step| step["step"] == name).unwrap();
    let idea = of("idea");
    assert_eq!(idea["recorded_tasks"], 2, "{idea}");
    let longest = idea["recorded_longest_ms"].as_u64().unwrap();
    assert_eq!(idea["work_usual_ms"], 2 * longest, "{idea}");
    // With all its attempts and the waits between them.
    assert_eq!(idea["work_max_ms"], 2 * (3 * 10_000 + 3_000), "{idea}");
    let usual = estimate["time_usual_ms"].as_u64().unwrap();
    assert!(usual < estimate["time_max_ms"].as_u64().unwrap());
    let text = run(&studio, &["check", "--estimate"]).ends(0).out;
    assert!(text.contains("2 tasks at once, usually "), "{text}");
    // What it did cost and take is below the bound.
    let cost = told["cost_usd_micros"].as_u64().unwrap();
    assert!(cost <= before["cost_max_usd_micros"].as_u64().unwrap());
    let took = told["worked_ms"].as_u64().unwrap();
    assert!(took <= before["time_max_ms"].as_u64().unwrap());
}

#[test]
fn a_model_that_costs_nothing_has_a_price_and_the_form_of_an_answer_bounds_what_goes_over_it() {
    let server = Server::start();
    let studio = Studio::empty();
    let free = server
        .settings()
        .replace("1 USD", "0 USD")
        .replace("2 USD", "0 USD");
    studio.write("daedal.toml", free);
    let process = "daedal: v1
name: ferry
steps:
  told: { uses: llm, with: { model: writer, prompt: Tell, max_tokens: 50, answer: { lines: { type: [text], at_least: 2, at_most: 6 } } } }
  each: { uses: template, foreach: \"{{ steps.told.lines }}\", with: { text: \"{{ item }}\" } }
outputs: { each: \"{{ steps.each }}\" }
";
    studio.write("process.yaml", process);
    let told = run(&studio, &["check", "--estimate", "--json"])
        .ends(0)
        .json();
    let estimate = &told["estimate"];
    assert_eq!(estimate["unknown"], serde_json::json!([]), "{estimate}");
    assert_eq!(estimate["steps"][0]["is_priced"], true);
    assert_eq!(estimate["steps"][1]["tasks_max"], 6, "{estimate}");
}
