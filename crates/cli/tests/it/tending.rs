//! `daedal tend`: runs that begin by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::process::Child;
use std::time::{Duration, Instant};

use daedal_core::Digest;
use serde_json::{Value, json};

use crate::calls;
use crate::outside::Outside;
use crate::studio::{Dice, Studio};

const SECRET: &str = "tide-tables-of-1897";

/// A process that writes a text, with this schedule.
fn note(schedule: &str, more: &str) -> String {
    format!(
        "daedal: v1\nname: note\nschedule: \"{schedule}\"\nsteps:\n  text: {{ uses: template, with: {{ text: \"low water\" }} }}\n\
         {more}outputs: {{ text: \"{{{{ steps.text }}}}\" }}\n"
    )
}

pub(crate) fn studio(schedule: &str, more: &str) -> Studio {
    let studio = Studio::empty();
    studio.write("process.yaml", note(schedule, more));
    studio
}

/// What a tender told, as JSON; the last line of one that was killed may be cut off.
pub(crate) fn events(told: &str) -> Vec<Value> {
    let lines = told.lines();
    let events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter(|event| event["event"].is_string()).collect()
}

pub(crate) fn once(studio: &Studio) -> Vec<Value> {
    let mut command = studio.command(&["tend", "--once", "--json"]);
    let told: crate::studio::Told = command.env("EARS", SECRET).output().unwrap().into();
    events(&told.ends(0).out)
}

pub(crate) fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["event"].as_str().unwrap());
    names.collect()
}

pub(crate) fn a_while() {
    std::thread::sleep(Duration::from_millis(1_100));
}

#[test]
fn what_is_due_runs_once_and_what_passed_by_comes_to_one() {
    let studio = studio("every 1s", "");
    // What is seen for the first time is followed from now on.
    assert_eq!(names(&once(&studio)), [""; 0]);
    std::thread::sleep(Duration::from_millis(3_200));
    let told = once(&studio);
    assert_eq!(names(&told), ["due", "began", "ended"]);
    assert!(told[0]["missed"].as_u64().unwrap() >= 2, "{}", told[0]);
    assert_eq!(told[2]["status"], "succeeded", "{}", told[2]);
    let files = told[2]["report"]["files"].as_array().unwrap();
    let file = studio.path().join(files[0].as_str().unwrap());
    assert_eq!(std::fs::read(file).unwrap(), b"low water");
    a_while();
    let next = once(&studio);
    assert_ne!(next[1]["run"], told[1]["run"]);
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    assert_eq!(runs.as_array().unwrap().len(), 2);
}

#[test]
fn a_pause_lasts_and_what_passed_by_in_it_does_not_come() {
    let studio = studio("every 1s", "");
    once(&studio);
    let paused = studio.daedal(&["tend", "--pause"]).ends(0).out;
    assert!(paused.contains("--resume"), "{paused}");
    a_while();
    assert_eq!(names(&once(&studio)), ["paused"]);
    let status = studio
        .daedal(&["tend", "--status", "--json"])
        .ends(0)
        .json();
    assert!(status["paused"].is_string(), "{status}");
    assert_eq!(status["tended"], false);
    studio.daedal(&["tend", "--resume"]).ends(0);
    a_while();
    assert_eq!(names(&once(&studio)), ["due", "began", "ended"]);
}

#[test]
fn a_process_that_fails_again_and_again_is_stopped_and_somebody_is_told() {
    let outside = Outside::start();
    *outside.busy.lock().unwrap() = 2;
    let wrong = "  wrong: { uses: http, with: { url: \"http://127.0.0.1:9/private\" } }\n";
    let studio = studio("every 1s", wrong);
    studio.write("daedal.toml", outside.settings());
    once(&studio);
    a_while();
    let first = once(&studio);
    assert_eq!(first[2]["status"], "failed", "{first:?}");
    a_while();
    let second = once(&studio);
    assert_eq!(names(&second), ["due", "began", "ended", "stopped"]);
    a_while();
    assert_eq!(names(&once(&studio)), [""; 0]);
    let told = outside.told();
    assert_eq!(names(&told), ["ended", "ended", "stopped"]);
    let posted = outside.posted.lock().unwrap();
    let mut ids = BTreeSet::new();
    for (headers, body) in posted.iter() {
        let (id, at) = (&headers["webhook-id"], &headers["webhook-timestamp"]);
        let expected = hmac(SECRET, &format!("{id}.{at}.{body}"));
        assert_eq!(headers["webhook-signature"], format!("v1,{expected}"));
        assert!(!body.contains(SECRET));
        ids.insert(id.clone());
    }
    assert_eq!(ids.len(), 3);
    drop(posted);
    studio.daedal(&["tend", "--resume"]).ends(0);
    assert_eq!(names(&once(&studio)), ["released"]);
    a_while();
    assert_eq!(names(&once(&studio)), ["due", "began", "ended"]);
}

/// HMAC-SHA256 (RFC 2104), in base64, for keys of at most 64 bytes.
fn hmac(key: &str, text: &str) -> String {
    use base64::Engine as _;
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let with = |pad: u8, more: &[u8]| {
        let mut bytes: Vec<u8> = block.iter().map(|byte| byte ^ pad).collect();
        bytes.extend_from_slice(more);
        Digest::of(&bytes).0
    };
    let inner = with(0x36, text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(with(0x5c, &inner))
}

#[test]
fn nobody_in_a_private_network_is_told_and_no_run_waits_for_that() {
    let outside = Outside::start();
    let studio = studio("every 1s", "");
    let settings = outside.settings();
    let (_, rest) = settings.split_once("]\n[secrets").unwrap();
    studio.write("daedal.toml", format!("[secrets{rest}"));
    once(&studio);
    a_while();
    let mut command = studio.command(&["tend", "--once", "--json"]);
    let told: crate::studio::Told = command.env("EARS", SECRET).output().unwrap().into();
    assert!(told.err.contains("private network"), "{}", told.err);
    assert_eq!(names(&events(&told.out)), ["due", "began", "ended"]);
    assert_eq!(outside.told(), Vec::<Value>::new());
}

#[test]
fn a_change_of_files_or_of_a_feed_begins_a_run() {
    let outside = Outside::start();
    let feed = |titles: &[&str]| {
        let items = titles.iter();
        let items: String = items
            .map(|title| format!("<item><title>{title}</title></item>"))
            .collect();
        format!("<rss version=\"2.0\"><channel><title>Briefs</title>{items}</channel></rss>")
    };
    *outside.feed.lock().unwrap() = feed(&["Fog"]);
    let url = format!("http://127.0.0.1:{}/feed", outside.port);
    let studio = studio(&format!("files; feed {url} every 1m"), "");
    studio.write("daedal.toml", outside.settings());
    assert_eq!(names(&once(&studio)), [""; 0]);
    assert_eq!(names(&once(&studio)), [""; 0]);
    studio.edit("low water", "high water");
    let told = once(&studio);
    assert_eq!(told[0]["changed"], "files", "{told:?}");
    assert_eq!(names(&told), ["due", "began", "ended"]);
    assert_eq!(names(&once(&studio)), [""; 0]);
    *outside.feed.lock().unwrap() = feed(&["Fog", "Rain"]);
    // It is not looked at again before its time.
    assert_eq!(names(&once(&studio)), [""; 0]);
    let place = studio.path().join(".daedal/tend/memory.json");
    let mut memory: Value = serde_json::from_slice(&std::fs::read(&place).unwrap()).unwrap();
    memory["processes"]["note"]["looked"] = json!({});
    std::fs::write(&place, memory.to_string()).unwrap();
    let told = once(&studio);
    assert_eq!(told[0]["changed"], url.as_str(), "{told:?}");
    assert_eq!(names(&told), ["due", "began", "ended"]);
}

const CHOOSE: &str = "  draft: { uses: template, count: 3, with: { text: \"tide {{ index }}\" } }\n  \
                      pick: { uses: choose, with: { from: \"{{ steps.draft }}\", keep: 1, decider: human, TIME } }\n";

#[test]
fn a_run_that_waits_for_a_person_goes_on_once_they_have_decided() {
    let studio = studio("every 1s", &CHOOSE.replace("TIME", "timeout: 7d"));
    once(&studio);
    a_while();
    let told = once(&studio);
    assert_eq!(names(&told), ["due", "began", "waiting"], "{told:?}");
    a_while();
    // One run of a process at a time.
    assert_eq!(names(&once(&studio)), [""; 0]);
    studio.account();
    studio.daedal(&["approve", "latest", "pick"]).ends(0);
    let told = once(&studio);
    assert_eq!(names(&told), ["began", "ended"], "{told:?}");
    assert_eq!(told[1]["status"], "succeeded");
}

#[test]
fn the_clock_brings_runs_of_anybody_further() {
    let waits = CHOOSE.replace("TIME", "timeout: 1s, otherwise: best");
    let studio = studio("every 1h", &waits);
    studio.daedal(&["run"]).ends(3);
    a_while();
    let told = once(&studio);
    assert_eq!(names(&told), ["woken", "ended"], "{told:?}");
    assert_eq!(told[1]["status"], "succeeded", "{told:?}");
}

#[test]
fn a_day_costs_no_more_than_it_may() {
    let server = calls::Server::start();
    let studio = Studio::empty();
    studio.write("daedal.toml", server.settings());
    let process = "daedal: v1
name: idea
schedule: every 1s
steps:
  idea: { uses: llm, with: { model: writer, prompt: \"Low water\", answer: { title: text, score: number }, max_tokens: 100, repairs_max: 0 } }
outputs: { idea: \"{{ steps.idea }}\" }
";
    studio.write("process.yaml", process);
    let check = ["check", "--estimate", "--json"];
    let estimate = calls::run(&studio, &check).ends(0).json();
    let most = estimate["estimate"]["cost_max_usd_micros"]
        .as_u64()
        .unwrap();
    // Enough for one run, and not for one more after it.
    let day = most + 100;
    studio.write(
        "daedal.toml",
        format!(
            "{}[tend]\nday_max = \"0.{day:06} USD\"\n",
            server.settings()
        ),
    );
    let once = || {
        let told = calls::run(&studio, &["tend", "--once", "--json"]).ends(0);
        events(&told.out)
    };
    once();
    a_while();
    let first = once();
    assert_eq!(first[2]["status"], "succeeded", "{first:?}");
    assert_eq!(server.calls(), 1);
    a_while();
    let second = once();
    assert_eq!(second[2]["status"], "failed", "{second:?}");
    assert_eq!(server.calls(), 1);
    let status = studio
        .daedal(&["tend", "--status", "--json"])
        .ends(0)
        .json();
    assert_eq!(status["day_left_usd_micros"], day - 140, "{status}");
}

#[test]
fn one_program_tends_a_studio_and_sigterm_ends_it() {
    let studio = Studio::tide();
    studio.edit("outputs:", "schedule: every 1s\noutputs:");
    let mut tender = start(&studio, "told");
    let begun = Instant::now();
    while !said(&studio, "told").contains("\"event\":\"began\"") {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = studio.daedal(&["tend"]).ends(1).err;
    assert!(second.contains("tends this studio already"), "{second}");
    let pid = tender.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status();
    assert!(kill.unwrap().success());
    let status = tender.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{}", said(&studio, "told"));
    let told = events(&said(&studio, "told"));
    assert_eq!(told.last().unwrap()["event"], "ended_tending");
    // Nothing is left half done: what was begun goes on.
    a_while();
    once(&studio);
    a_while();
    once(&studio);
    let runs = studio.daedal(&["runs", "--json"]).ends(0).json();
    let mut runs = runs.as_array().unwrap().iter();
    assert!(runs.all(|run| run["status"] == "succeeded"), "{runs:?}");
}

fn start(studio: &Studio, file: &str) -> Child {
    let told = File::create(studio.path().join(file)).unwrap();
    let mut command = studio.command(&["tend", "--json"]);
    let said = File::create(studio.path().join("said")).unwrap();
    command.stdout(told).stderr(said).spawn().unwrap()
}

fn said(studio: &Studio, file: &str) -> String {
    std::fs::read_to_string(studio.path().join(file)).unwrap()
}

#[test]
fn a_tender_that_is_killed_at_any_moment_fires_nothing_twice() {
    let studio = Studio::tide();
    studio.edit("outputs:", "schedule: every 1s\noutputs:");
    studio.write("daedal.toml", "[tend]\nfailures_max = 50\n");
    once(&studio);
    a_while();
    // How long it takes depends on what else this machine does.
    let begun = Instant::now();
    once(&studio);
    let whole = u64::try_from(begun.elapsed().as_millis()).unwrap() + 1_000;
    let mut dice = Dice::new("killed tenders");
    let (mut due, mut runs) = (BTreeSet::new(), BTreeMap::<String, String>::new());
    let mut kills = 0;
    while kills < 20 || due.len() < 6 {
        kills += 1;
        assert!(kills < 100, "{due:?}");
        let file = format!("told-{kills}");
        let mut tender = start(&studio, &file);
        std::thread::sleep(Duration::from_millis(100 + dice.below(whole)));
        tender.kill().unwrap();
        tender.wait().unwrap();
        for event in events(&said(&studio, &file)) {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            match event["event"].as_str().unwrap() {
                "due" => {
                    assert!(due.insert(text("due")), "fired twice: {event}");
                }
                "ended" => {
                    let before = runs.insert(text("run"), text("status"));
                    assert_eq!(before, None, "ended twice: {event}");
                    assert_eq!(event["status"], "succeeded", "{event}");
                }
                _ => {}
            }
        }
    }
    // What is open is carried to its end.
    once(&studio);
    let listed = studio.daedal(&["runs", "--json"]).ends(0).json();
    let listed = listed.as_array().unwrap();
    assert!(listed.iter().all(|run| run["status"] == "succeeded"));
    // A firing that was written down before its tender was killed was told by none.
    let untold = listed.len().saturating_sub(due.len());
    assert!(untold <= kills + 2, "{} runs of {due:?}", listed.len());
    let ids: BTreeSet<&str> = listed
        .iter()
        .map(|run| run["run"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), listed.len());
}

#[test]
fn what_is_wrong_with_a_schedule_is_told_by_check() {
    let studio = studio("0 25 * * *", "");
    let told = studio.daedal(&["check"]).ends(1).err;
    assert!(told.contains("`schedule`"), "{told}");
    assert!(told.contains("minute, hour, day, month"), "{told}");
    studio.write(
        "process.yaml",
        note("x", "").replace("schedule: \"x\"\n", ""),
    );
    let told = studio.daedal(&["tend", "--once"]).ends(1).err;
    assert!(told.contains("does not say when it runs"), "{told}");
}
