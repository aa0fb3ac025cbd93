//! Engines that call out, against a server on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::studio::{Studio, files_below};

pub(crate) const SECRET: &str = "sea-glass-0123456789";

/// A server that answers every path: an OpenAI-compatible model, a feed, and a page that counts its calls.
pub(crate) struct Server {
    pub(crate) port: u16,
    calls: Arc<AtomicUsize>,
    /// Paths that get no answer.
    pub(crate) silent: Arc<Mutex<Vec<&'static str>>>,
    /// The keys that calls came with.
    pub(crate) keys: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::answering(|path, _| answer(path))
    }

    /// A server that looks at what it is asked: the path and the body.
    pub(crate) fn answering(
        mut answer: impl FnMut(&str, &str) -> (&'static str, String) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            calls: Arc::default(),
            silent: Arc::default(),
            keys: Arc::default(),
        };
        let (calls, silent) = (Arc::clone(&server.calls), Arc::clone(&server.silent));
        let keys = Arc::clone(&server.keys);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut first = String::new();
                reader.read_line(&mut first).unwrap();
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    if let Some(key) = line.to_lowercase().strip_prefix("idempotency-key:") {
                        keys.lock().unwrap().push(key.trim().to_owned());
                    }
                    if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
                        length = told.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                calls.fetch_add(1, Ordering::SeqCst);
                let path = first.split(' ').nth(1).unwrap_or_default();
                if silent
                    .lock()
                    .unwrap()
                    .iter()
                    .any(|silent| path.starts_with(silent))
                {
                    std::thread::spawn(move || {
                        std::thread::sleep(Duration::from_secs(120));
                        drop(stream);
                    });
                    continue;
                }
                let (kind, text) = answer(path, &String::from_utf8_lossy(&body));
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
                );
                stream
                    .write_all(format!("{head}{text}").as_bytes())
                    .unwrap();
            }
        });
        server
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn settings(&self) -> String {
        let port = self.port;
        format!(
            "[http]\nallow = [\"127.0.0.1:{port}\"]\n[secrets.press]\nenv = \"PRESS_KEY\"\nhosts = [\"127.0.0.1:{port}\"]\n\
             [llm.writer]\nkind = \"openai\"\nurl = \"http://127.0.0.1:{port}/v1\"\nmodel = \"tide\"\nkey = \"press\"\n\
             price = {{ input = \"1 USD\", output = \"2 USD\" }}\n"
        )
    }
}

fn answer(path: &str) -> (&'static str, String) {
    if path.starts_with("/v1/") {
        let content = json!({ "title": "Low water", "score": 0.9 }).to_string();
        let said = json!({
            "model": "tide-2026", "choices": [{
                "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": content } }],
            "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 }
        });
        return ("application/json", said.to_string());
    }
    if path.starts_with("/feed") {
        let feed = "<rss version=\"2.0\"><channel><title>Briefs</title><item><title>Fog, in grey</title></item></channel></rss>";
        return ("application/rss+xml", feed.to_owned());
    }
    ("application/json", json!({ "mood": "calm" }).to_string())
}

/// A process that reads a brief and the mood of the day, has a model judge, and writes it down.
fn process(port: u16, more: &str) -> String {
    format!(
        "daedal: v1
name: briefs
{more}steps:
  brief: {{ uses: feed, with: {{ url: \"http://127.0.0.1:{port}/feed\" }} }}
  mood: {{ uses: http, with: {{ url: \"http://127.0.0.1:{port}/mood\", bearer: press }} }}
  idea:
    uses: llm
    with:
      model: writer
      prompt: \"{{{{ steps.brief.entries[0].title }}}}, {{{{ steps.mood.json.mood }}}}\"
      answer: {{ title: text, score: number }}
      max_tokens: 100
  note: {{ uses: template, with: {{ text: \"{{{{ steps.idea.title }}}}\" }} }}
outputs: {{ note: \"{{{{ steps.note }}}}\" }}
"
    )
}

pub(crate) fn studio(server: &Server, more: &str) -> Studio {
    let studio = Studio::empty();
    studio.write("daedal.toml", server.settings());
    studio.write("process.yaml", process(server.port, more));
    studio
}

pub(crate) fn run(studio: &Studio, args: &[&str]) -> crate::studio::Told {
    let mut command = studio.command(args);
    command.env("PRESS_KEY", SECRET).output().unwrap().into()
}

#[test]
fn a_run_calls_out_tells_what_it_cost_and_keeps_secrets() {
    let server = Server::start();
    let studio = studio(&server, "");
    let told = run(&studio, &["run", "--json"]).ends(0).json();
    assert_eq!(told["status"], "succeeded", "{told}");
    assert_eq!(server.calls(), 3);
    let outputs = files_below(&studio.path().join("out"));
    assert!(
        outputs.values().any(|bytes| bytes == b"Low water"),
        "{:?}",
        outputs.keys()
    );
    // 100 tokens at a dollar and 20 at two dollars a million.
    assert_eq!(told["cost_usd_micros"], 140, "{told}");
    run(&studio, &["release", "latest", "--quiet"]).ends(0);
    for (name, bytes) in files_below(studio.path()) {
        let shows = bytes
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes());
        assert!(!shows, "{name} shows the secret");
    }
    // Since the release it is another run: it asks servers anew, and takes the model's answer from memory.
    run(&studio, &["run", "--quiet"]).ends(0);
    assert_eq!(server.calls(), 5);
    // A model is asked for another candidate by another seed.
    run(&studio, &["run", "--quiet", "--seed", "other"]).ends(0);
    assert_eq!(server.calls(), 8);
}

#[test]
fn a_budget_stops_a_run_before_a_model_is_asked() {
    let server = Server::start();
    let studio = studio(&server, "budget: { cost: 0.0001 USD }\n");
    let told = run(&studio, &["run"]).ends(1);
    assert!(
        told.err.contains("budget") || told.out.contains("budget"),
        "{told:?}"
    );
    assert_eq!(server.calls(), 2);
}

#[test]
fn a_model_that_is_missing_is_told_by_check() {
    let server = Server::start();
    let studio = studio(&server, "");
    studio.edit("model: writer", "model: writre");
    let told = run(&studio, &["check"]).ends(1);
    assert!(told.err.contains("did you mean `writer`?"), "{}", told.err);
    studio.write(
        "daedal.toml",
        "[llm.writer]\nkind = \"openai\"\nmodel = \"gpt-99\"\n",
    );
    let told = run(&studio, &["check"]).ends(1);
    assert!(told.err.contains("costs"), "{}", told.err);
    studio.write("daedal.toml", "[llm.writer]\nkind = \"oracle\"\n");
    let told = run(&studio, &["check"]).ends(1);
    assert!(told.err.contains("oracle"), "{}", told.err);
}

/// Two questions that are asked at once, each of which may cost up to 0.00045 USD, and costs 0.00014 USD.
const PAIR: &str = "daedal: v1
name: pair
parameters: { word: { type: text, default: tide } }
steps:
  idea:
    uses: llm
    count: 2
    with: { model: writer, prompt: \"{{ parameters.word }} {{ index }}\", max_tokens: 50 }
outputs: { ideas: \"{{ steps.idea }}\" }
";

#[test]
fn calls_that_fit_one_after_the_other_fit_at_once_and_a_studio_has_its_cap() {
    let server = Server::start();
    let studio = Studio::empty();
    let settings = server.settings() + "rate = \"600/m\"\n";
    let caps = "[run]\nday_max = \"0.0007 USD\"\nstudio_max = \"0.0007 USD\"\n";
    studio.write("daedal.toml", format!("{caps}{settings}"));
    studio.write("process.yaml", PAIR);
    let told = run(&studio, &["run", "--json", "--jobs", "2"])
        .ends(0)
        .json();
    assert_eq!(told["cost_usd_micros"], 280, "{told}");
    // What it was asked last stays for the next program.
    let kept = files_below(&studio.path().join(".daedal/gates"));
    let kept: Vec<_> = kept.values().collect();
    assert_eq!(kept.len(), 1);
    let kept: serde_json::Value = serde_json::from_slice(kept[0]).unwrap();
    assert!(kept["last_ms"].as_u64().unwrap() > 0, "{kept}");
    let caps = "[run]\nstudio_max = \"0.0004 USD\"\n";
    studio.write("daedal.toml", format!("{caps}{settings}"));
    let told = run(&studio, &["run", "--param", "word=ebb"]).ends(1);
    assert!(told.out.contains("studio_max"), "{told:?}");
    assert_eq!(server.calls(), 2);
    let told = run(&studio, &["check", "--estimate"]).ends(0).out;
    assert!(told.contains("in this studio in all"), "{told}");
}
