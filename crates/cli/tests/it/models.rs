//! Models that judge and models that have things done, as loops of a process.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::calls::{Server, run};
use crate::film::plate;
use crate::studio::{Studio, files_below};

const DRAW: &str = "ctx.fillStyle = '#205078'; ctx.fillRect(0, 0, width, height); ctx.fillStyle = '#ffffff'; \
                    ctx.beginPath(); ctx.arc(32, 24, 10 + params.hue / 20, 0, Math.PI * 2); ctx.fill();";

fn said(message: &Value) -> (&'static str, String) {
    let said = json!({
        "model": "tide-2026",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": message }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 }
    });
    ("application/json", said.to_string())
}

fn call(at: usize, name: &str, arguments: &Value) -> Value {
    json!({ "id": format!("call_{at}"), "type": "function", "function": { "name": name, "arguments": arguments.to_string() } })
}

/// A model that draws twice, frames the second, and answers; and what it was asked.
fn artist() -> (Server, Arc<Mutex<Vec<Value>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let server = Server::answering(move |_, body| {
        let body: Value = serde_json::from_str(body).unwrap();
        let mut noted = noted.lock().unwrap();
        noted.push(body);
        match noted.len() {
            1 => said(
                &json!({ "role": "assistant", "content": "Two.", "tool_calls": [
                call(0, "draw", &json!({ "hue": 10 })), call(1, "draw", &json!({ "hue": 200 }))
            ] }),
            ),
            2 => said(&json!({ "role": "assistant", "content": "", "tool_calls": [
                call(0, "frame", &json!({ "picture": "draw-2" }))
            ] })),
            _ => said(
                &json!({ "role": "assistant", "content": "{\"best\": 2, \"reason\": \"It is bluer.\"}" }),
            ),
        }
    });
    (server, asked)
}

const CREW: &str = r#"daedal: v1
name: crew
steps:
  crew:
    repeat:
      until: "{{ think.done }}"
      at_most: 4
      steps:
        think:
          uses: llm
          with:
            model: writer
            prompt: Draw the sea, and frame the best.
            turns: 4
            max_tokens: 200
            tools:
              draw: { about: Draws., takes: { hue: { type: integer, min: 0, max: 255 } }, shows: true }
              frame: { about: Frames., takes: { picture: asset } }
            answer: { best: integer, reason: text }
        draw:
          uses: sketch
          foreach: "{{ think.calls.draw }}"
          on_failure: skip
          with: { script: draw.js, width: 64, height: 48, data: { hue: "{{ item.hue }}" } }
        frame:
          uses: image
          foreach: "{{ think.calls.frame }}"
          with: { image: "{{ item.picture }}", operations: [ { border: { width: 4, colour: '#101010' } } ] }
  note: { uses: template, with: { text: "{{ steps.crew.think.reason }}" } }
outputs:
  cover: "{{ steps.crew.think.gave.frame[0] }}"
  note: "{{ steps.note }}"
  said: "{{ steps.crew.think.said }}"
"#;

#[test]
fn a_model_has_steps_work_for_it_and_every_call_has_its_receipt() {
    let (server, asked) = artist();
    let studio = Studio::empty();
    studio.write("daedal.toml", server.settings());
    studio.write("process.yaml", CREW);
    studio.write("draw.js", DRAW);
    studio.daedal(&["check"]).ends(0);
    let told = run(&studio, &["run", "--json"]).ends(0).json();
    assert_eq!(told["status"], "succeeded", "{told}");
    assert_eq!(server.calls(), 3);
    // It was shown what it had drawn, and told what came of it.
    let second = asked.lock().unwrap()[1]["messages"].to_string();
    assert_eq!(
        second.matches("data:image/png;base64").count(),
        2,
        "{second}"
    );
    assert!(second.contains("draw-2"), "{second}");
    let outputs = files_below(&studio.path().join("out"));
    assert!(outputs.values().any(|bytes| bytes == b"It is bluer."));
    run(&studio, &["release", "latest", "--quiet"]).ends(0);
    studio.daedal(&["verify", "site"]).ends(0);
    let site = files_below(&studio.path().join("site"));
    let receipts = site
        .iter()
        .filter(|(name, _)| name.ends_with(".receipts.json"))
        .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
    let receipts: String = receipts.collect();
    for step in ["crew.think", "crew.draw", "crew.frame"] {
        assert!(
            receipts.contains(&format!("\"{step}\"")),
            "{step}: {receipts}"
        );
    }
    // What is drawn can be made again; what the model said is attested.
    let again = studio
        .daedal(&["verify", "latest", "--replay", "--json"])
        .ends(0)
        .json();
    let coverage = &again["replay"]["coverage"];
    assert_eq!(coverage["exact"], 4, "{coverage}");
    assert_eq!(coverage["attested"], 3, "{coverage}");
    // Another run asks nobody for what is known.
    run(&studio, &["run", "--quiet"]).ends(0);
    assert_eq!(server.calls(), 3);
}

#[test]
fn another_model_behind_a_name_is_asked_anew_and_the_first_one_is_remembered() {
    let server = Server::answering(|_, _| said(&json!({ "role": "assistant", "content": "hush" })));
    let studio = Studio::empty();
    studio.write("daedal.toml", server.settings());
    studio.write("process.yaml", "daedal: v1\nname: ask\nsteps:\n  ask: { uses: llm, with: { model: writer, prompt: Hm. } }\n  note: { uses: template, with: { text: \"{{ steps.ask.text }}\" } }\noutputs: { note: \"{{ steps.note }}\" }\n");
    let mut calls = Vec::new();
    for (from, to) in [
        ("", ""),
        ("model = \"tide\"", "model = \"ebb\""),
        ("input = \"1 USD\"", "input = \"3 USD\""),
        ("model = \"ebb\"", "model = \"tide\""),
    ] {
        let settings = std::fs::read_to_string(studio.path().join("daedal.toml")).unwrap();
        studio.write("daedal.toml", settings.replace(from, to));
        run(&studio, &["run", "--quiet"]).ends(0);
        run(&studio, &["release", "latest", "--quiet"]).ends(0);
        calls.push(server.calls());
    }
    assert_eq!(calls, [1, 2, 2, 2]);
}

#[test]
fn pictures_of_another_model_behind_a_name_are_asked_for_anew() {
    let server = Server::answering(|_, asked| {
        let plate = plate(if asked.contains("\"red\"") { 10 } else { 90 });
        let said = json!({ "created": 1, "data": [{ "b64_json": plate }] });
        ("application/json", said.to_string())
    });
    let studio = Studio::empty();
    studio.write("process.yaml", "daedal: v1\nname: ask\nsteps:\n  ask: { uses: diffusion, with: { model: ink, prompt: Hm. } }\noutputs: { ask: \"{{ steps.ask[0] }}\" }\n");
    let mut calls = Vec::new();
    for (model, price) in [("red", 1), ("blue", 1), ("blue", 2), ("red", 1)] {
        let settings = format!(
            "[diffusion.ink]\nkind = \"openai\"\nurl = \"http://127.0.0.1:{}/v1\"\nmodel = \"{model}\"\nprice = \"{price} USD\"\n",
            server.port
        );
        studio.write("daedal.toml", settings);
        run(&studio, &["run", "--quiet"]).ends(0);
        run(&studio, &["release", "latest", "--quiet"]).ends(0);
        calls.push(server.calls());
    }
    assert_eq!(calls, [1, 2, 2, 2]);
}

/// The source type that the credential of each published file names, by what stands in the file's name.
fn sources(studio: &Studio, process: &str) -> Vec<(String, Value)> {
    let files = files_below(&studio.path().join("site/media").join(process));
    let pieces = files.keys().filter(|name| {
        (name.ends_with(".png") || name.ends_with(".txt")) && !name.contains("preview")
    });
    let told = pieces.map(|name| {
        let place = format!("site/media/{process}/{name}");
        let told = studio.daedal(&["verify", &place, "--json"]).ends(0).json();
        let verdict = &told["verdict"];
        let task = verdict["origin"]["task"].as_str().unwrap_or_default();
        (task.to_owned(), verdict.clone())
    });
    told.collect()
}

#[test]
fn a_models_picture_of_an_earlier_run_stays_a_models() {
    let server = Server::answering(|_, _| {
        let said = json!({ "created": 1, "data": [{ "b64_json": plate(10) }] });
        ("application/json", said.to_string())
    });
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: again\ninputs: { first: { type: boolean, default: true } }\nsteps:\n  \
         ai: { uses: diffusion, when: \"{{ inputs.first }}\", with: { model: ink, prompt: Hm. } }\n  \
         old: { uses: image, when: \"{{ not inputs.first }}\", with: { image: \"{{ run.earlier[0] }}\", \
         operations: [ { resize: { width: 8 } } ] } }\noutputs: { ai: \"{{ steps.ai }}\", old: \"{{ steps.old }}\" }\n",
    );
    studio.write(
        "daedal.toml",
        format!(
            "[diffusion.ink]\nkind = \"openai\"\nurl = \"http://127.0.0.1:{}/v1\"\nmodel = \"red\"\nprice = \"1 USD\"\n",
            server.port
        ),
    );
    let first = run(&studio, &["run", "--json"]).ends(0).json();
    let first = &first["run"].as_str().unwrap()[..12];
    run(&studio, &["run", "-q", "-i", "first=false"]).ends(0);
    run(&studio, &["release", "latest", "-q"]).ends(0);
    let [(task, verdict)] = &sources(&studio, "again")[..] else {
        panic!()
    };
    assert_eq!(task, "old");
    let source = &verdict["marking"]["source_type"];
    assert_eq!(source, "compositeWithTrainedAlgorithmicMedia", "{verdict}");
    assert_eq!(verdict["ingredients"][0]["title"], format!("run {first}"));
}

#[test]
fn a_models_words_stay_a_models_through_a_choice_of_what_was_made_of_them() {
    let count = Arc::new(Mutex::new(0));
    let server = Server::answering(move |_, _| {
        let mut count = count.lock().unwrap();
        *count += 1;
        said(&json!({ "role": "assistant", "content": format!("tide {count}") }))
    });
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        "daedal: v1\nname: words\nsteps:\n  idea: { uses: llm, count: 2, with: { model: writer, prompt: write } }\n  \
         card: { uses: template, foreach: \"{{ steps.idea }}\", with: { text: \"{{ item.text }}\" } }\n  \
         pick: { uses: choose, with: { from: \"{{ steps.card }}\", keep: 1 } }\n  \
         poem: { uses: template, with: { text: \"A poem: {{ steps.pick[0].text }}\" } }\n\
         outputs: { poem: \"{{ steps.poem }}\" }\n",
    );
    studio.write(
        "daedal.toml",
        format!(
            "[llm.writer]\nkind = \"openai\"\nurl = \"http://127.0.0.1:{}/v1\"\nmodel = \"tide\"\n",
            server.port
        ),
    );
    run(&studio, &["run", "-q", "--jobs", "1"]).ends(0);
    run(&studio, &["release", "latest", "-q"]).ends(0);
    let [(_, verdict)] = &sources(&studio, "words")[..] else {
        panic!()
    };
    let source = &verdict["marking"]["source_type"];
    assert_eq!(source, "compositeWithTrainedAlgorithmicMedia", "{verdict}");
    let files = files_below(&studio.path().join("site/media/words"));
    let record = files
        .iter()
        .find(|(name, _)| name.ends_with(".receipts.json"));
    let record: Value = serde_json::from_slice(record.unwrap().1).unwrap();
    let receipts = record["receipts"].as_array().unwrap().iter();
    let poem = receipts
        .into_iter()
        .find(|receipt| receipt["step"] == "poem");
    assert_eq!(
        poem.unwrap()["from"],
        json!(["card #1", "pick"]),
        "{record}"
    );
}

/// A running server with a model that writes nonsense (tests/llm/serve.py).
struct Nonsense(Child, String);

impl Drop for Nonsense {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Nonsense {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let tools = std::env::var_os("DAEDAL_TOOLS").map(PathBuf::from);
        let tools = tools.unwrap_or_else(|| home.join(".cache/daedal/tools"));
        let own = std::env::var_os("DAEDAL_LLM_PYTHON").map(PathBuf::from);
        let python = own.unwrap_or_else(|| tools.join("llm/bin/python"));
        assert!(
            python.is_file(),
            "the model server is missing, which this test asks: run `python3 -m venv {0} && {0}/bin/pip install \
             xllamacpp==2026.10.11549 gguf==0.19.0`, or name a Python that has them in DAEDAL_LLM_PYTHON",
            tools.join("llm").display()
        );
        let mut child = Command::new(python)
            .arg(root.join("tests/llm/serve.py"))
            .arg(root.join("target/nonsense.gguf"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut url).unwrap();
        Self(child, url.trim().to_owned())
    }
}

#[test]
fn a_loop_with_a_critic_on_a_real_server_goes_round_until_its_rubric_is_met() {
    let server = Nonsense::start();
    let studio = Studio::empty();
    let settings = format!(
        "[llm.critic]\nkind = \"openai\"\nurl = \"{}/v1\"\nmodel = \"nonsense\"\n",
        server.1
    );
    studio.write("daedal.toml", settings);
    studio.write("draw.js", DRAW);
    studio.write(
        "rubric.md",
        "Give 1 where the circle is large, 0 where it is small, and what is between in between.",
    );
    let process = r#"daedal: v1
name: critic
steps:
  polish:
    repeat:
      until: "{{ review.score >= 0.5 }}"
      best_by: "{{ review.score }}"
      at_most: 4
      steps:
        draw: { role: refine, uses: sketch, with: { script: draw.js, width: 64, height: 48, data: { hue: "{{ round * 60 }}" } } }
        review:
          role: critique
          uses: llm
          with:
            model: critic
            prompt_file: rubric.md
            system: "The circle is {{ draw.width }} wide."
            answer: { score: { type: number, min: 0, max: 1 } }
            max_tokens: 40
            repairs_max: 5
outputs: { picture: "{{ steps.polish.draw }}", score: "{{ steps.polish.review.score }}" }
"#;
    studio.write("process.yaml", process);
    // What it writes is nonsense: most of it is no score, and is asked for again until it is, or fails.
    let mut rounds = BTreeSet::new();
    for seed in 0..40 {
        let seed = seed.to_string();
        let told = run(&studio, &["run", "--json", "--seed", &seed]);
        if told.code != 0 {
            let text = format!("{}{}", told.out, told.err);
            assert!(text.contains("gave no answer of the form"), "{text}");
            continue;
        }
        let told = told.json();
        let score = told["outputs"]["score"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&score), "{told}");
        // A round is a drawing and a judgement.
        let tasks = told["tasks"].as_u64().unwrap();
        assert!(tasks == 8 || score >= 0.5, "{told}");
        rounds.insert(tasks / 2);
        if rounds.len() > 1 {
            return;
        }
    }
    panic!("all loops went round as often as each other: {rounds:?}");
}
