//! Against a real server, llama.cpp's own, with a tiny model that writes nonsense (tests/llm/serve.py).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::engine::{Engine, EngineError};
use serde_json::{Value, json};

use super::talk_tests::calls;
use super::tests::{entry, studio};
use super::{ModelSettings, Structured};
use crate::testing::{Bench, Server, engine, settings};

/// A running server, ended with this value.
struct Nonsense {
    child: Child,
    url: String,
}

/// The Python that has what the server is made of.
fn python() -> PathBuf {
    if let Some(path) = std::env::var_os("DAEDAL_LLM_PYTHON") {
        return path.into();
    }
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let tools = std::env::var_os("DAEDAL_TOOLS").map(PathBuf::from);
    let tools = tools.unwrap_or_else(|| home.join(".cache/daedal/tools"));
    let python = tools.join("llm/bin/python");
    assert!(
        python.is_file(),
        "the model server is missing, which this test asks: run `python3 -m venv {0} && {0}/bin/pip install \
         xllamacpp==2026.10.11549 gguf==0.19.0`, or name a Python that has them in DAEDAL_LLM_PYTHON",
        tools.join("llm").display()
    );
    python
}

impl Nonsense {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let model = root.join("target/nonsense.gguf");
        let mut child = Command::new(python())
            .arg(root.join("tests/llm/serve.py"))
            .arg(model)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut url).unwrap();
        assert!(
            url.starts_with("http://"),
            "the model server does not start"
        );
        Self {
            child,
            url: url.trim().to_owned(),
        }
    }

    fn engine(&self, change: impl Fn(&mut ModelSettings)) -> std::sync::Arc<dyn Engine> {
        let mut studio = settings(&[]);
        let mut entry = entry(format!("{}/v1", self.url));
        entry.key = None;
        change(&mut entry);
        studio.llm.insert("a".to_owned(), entry);
        engine("llm", &studio)
    }
}

impl Drop for Nonsense {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn with(more: &Value) -> Value {
    let mut with = json!({ "model": "a", "prompt": "What does the sea say?", "max_tokens": 24 });
    for (name, value) in more.as_object().unwrap() {
        with[name] = value.clone();
    }
    with
}

#[test]
fn a_real_server_completes_counts_and_keeps_to_a_seed() {
    let server = Nonsense::start();
    let engine = server.engine(|_| {});
    let bench = Bench::default();
    let ask = |seed: u64| bench.perform(&*engine, with(&json!({})), seed).unwrap();
    let (first, again, other) = (ask(1), ask(1), ask(2));
    assert_eq!(first.value, again.value);
    assert_ne!(first.value, other.value);
    let (read, written) = first.usage.tokens.unwrap();
    // Of this model a byte is a token.
    assert!(read > 22 && written <= 24, "{read} {written}");
    assert_eq!(first.usage.cost, UsdMicros(read + 2 * written));
    assert_eq!(first.usage.tool.as_deref(), Some("openai/nonsense"));
    let cost_max = engine.cost_max(&bench.task(&*engine, with(&json!({})), 1));
    assert!(first.usage.cost <= cost_max);
}

#[test]
fn a_real_server_keeps_to_the_form() {
    let server = Nonsense::start();
    let engine = server.engine(|_| {});
    let bench = Bench::default();
    let form = json!({ "good": "boolean", "mood": "calm | storm", "tags": { "type": ["low | high"], "at_least": 1, "at_most": 2 } });
    let more = json!({ "answer": form, "max_tokens": 400, "repairs_max": 5 });
    let outcome = bench.perform(&*engine, with(&more), 3).unwrap();
    assert!(outcome.value["good"].is_boolean(), "{}", outcome.value);
    let cost_max = engine.cost_max(&bench.task(&*engine, with(&more), 3));
    assert!(outcome.usage.cost <= cost_max);
}

#[test]
fn nonsense_is_asked_to_be_repaired_and_repaired() {
    let server = Nonsense::start();
    // The server keeps to types, not to bounds of numbers: what is out of them is asked for again.
    let engine = server.engine(|_| {});
    let bench = Bench::default();
    let form = json!({ "n": { "type": "number", "min": 0 } });
    let more = json!({ "answer": form, "max_tokens": 60, "repairs_max": 3 });
    let alone = |seed: u64| {
        let mut once = more.clone();
        once["repairs_max"] = json!(0);
        bench.perform(&*engine, with(&once), seed).is_ok()
    };
    let repaired = (0..60).filter(|seed| !alone(*seed)).find_map(|seed| {
        let outcome = bench.perform(&*engine, with(&more), seed).ok()?;
        Some((outcome.value, outcome.usage.tokens.unwrap()))
    });
    let (value, (read, _)) = repaired.expect("one of 60 seeds is repaired");
    assert!(value["n"].as_f64().unwrap() >= 0.0, "{value}");
    assert!(read > 200, "{read}");
}

#[test]
fn nonsense_that_stays_nonsense_fails_after_its_repairs() {
    let server = Nonsense::start();
    let engine = server.engine(|entry| entry.structured = Some(Structured::Text));
    let more = json!({ "answer": { "score": "number" }, "repairs_max": 1 });
    let error = Bench::default().error(&*engine, with(&more));
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("asked 2 times"), "{error}");
}

#[test]
fn a_real_server_that_is_slower_than_the_step_allows_is_given_up() {
    let server = Nonsense::start();
    let engine = server.engine(|_| {});
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 5;
    let error = bench.error(&*engine, with(&json!({ "max_tokens": 1_900 })));
    assert!(matches!(error, EngineError::Limit { .. }), "{error}");
}

#[test]
fn a_real_server_that_is_killed_amid_an_answer_is_told_as_such() {
    let mut server = Nonsense::start();
    let engine = server.engine(|_| {});
    let bench = Bench::default();
    // What it writes may end early by chance; some seeds write for long.
    let error = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            (0..200).find_map(|seed| {
                bench
                    .perform(&*engine, with(&json!({ "max_tokens": 1_900 })), seed)
                    .err()
            })
        });
        std::thread::sleep(Duration::from_millis(400));
        server.child.kill().unwrap();
        asking.join().unwrap()
    });
    let error = error.expect("nobody answers any more");
    assert!(error.is_retryable(), "{error}");
}

#[test]
fn a_real_server_is_heard_as_it_writes_and_counts_the_same() {
    let server = Nonsense::start();
    let engine = server.engine(|_| {});
    let whole = Bench::default();
    let whole = whole.perform(&*engine, with(&json!({})), 5).unwrap();
    let bench = Bench::followed();
    let heard = bench.perform(&*engine, with(&json!({})), 5).unwrap();
    assert_eq!(heard.value, whole.value);
    assert_eq!(heard.usage.tokens, whole.usage.tokens);
    assert_eq!(heard.usage.tool, whole.usage.tool);
    assert!(bench.told.lock().unwrap().len() > 1);
}

#[test]
fn a_real_server_that_is_killed_while_it_is_heard_is_told_as_such() {
    let mut server = Nonsense::start();
    let engine = server.engine(|_| {});
    let bench = Bench::followed();
    let error = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            (0..200).find_map(|seed| {
                bench
                    .perform(&*engine, with(&json!({ "max_tokens": 1_900 })), seed)
                    .err()
            })
        });
        while bench.told.lock().unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(40));
        server.child.kill().unwrap();
        asking.join().unwrap()
    });
    let error = error.expect("nobody answers any more");
    assert!(error.is_retryable(), "{error}");
}

#[test]
fn a_real_server_is_offered_tools_and_told_what_they_gave() {
    let server = Nonsense::start();
    let bench = Bench::default();
    let more = |before: Value| {
        let tools = json!({ "draw": { "about": "Draws.", "takes": { "mood": "calm | storm" } } });
        with(&json!({ "tools": tools, "turns": 4, "before": before }))
    };
    // It writes nonsense and no calls; one that was made elsewhere it takes for its own.
    let other = Server::start([calls("A calm one.", &[("draw", json!({ "mood": "calm" }))])]);
    let first = bench.value(&*engine("llm", &studio(&[&other])), more(Value::Null));
    let engine = server.engine(|_| {});
    let alone = bench.perform(&*engine, more(Value::Null), 1).unwrap();
    assert_eq!(alone.value["done"], true);
    let before = json!({ "think": first, "draw": [{ "score": 0.5 }] });
    let next = bench.perform(&*engine, more(before), 1).unwrap();
    assert_eq!(next.value["turn"], 2);
    assert_eq!(next.value["gave"], json!({ "draw": [{ "score": 0.5 }] }));
    assert!(next.usage.tokens.unwrap().0 > alone.usage.tokens.unwrap().0);
}
