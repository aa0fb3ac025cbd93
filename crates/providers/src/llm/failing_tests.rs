//! Servers that hang, fail in the middle, or have no turn to give: who is asked then, and what it may cost.

use std::sync::atomic::Ordering;
use std::time::Duration;

use daedal_core::UsdMicros;
use daedal_core::engine::{Engine, EngineError};
use serde_json::{Value, json};

use super::PriceSettings;
use super::tests::{busy, said, studio};
use crate::Settings;
use crate::testing::{Bench, Reply, Server, answer, engine};

fn with() -> Value {
    json!({ "model": "a", "prompt": "?", "max_tokens": 100 })
}

fn silence() -> Reply {
    Reply::Silence(Vec::new())
}

/// The same studio, where this model costs nothing.
fn free(mut studio: Settings, name: &str) -> Settings {
    studio.llm.get_mut(name).unwrap().price = Some(PriceSettings {
        input: "0 USD".to_owned(),
        output: "0 USD".to_owned(),
    });
    studio
}

/// The same studio, where this model may take so long.
fn within(mut studio: Settings, name: &str, timeout: &str) -> Settings {
    studio.llm.get_mut(name).unwrap().timeout = Some(timeout.to_owned());
    studio
}

fn most(engine: &dyn Engine) -> UsdMicros {
    engine.cost_max(&Bench::default().task(engine, with(), 1))
}

fn keys(server: &Server) -> Vec<String> {
    let got = server.got().into_iter();
    got.map(|got| got.key().to_owned()).collect()
}

#[test]
fn a_call_has_the_same_key_whenever_its_task_makes_it() {
    let server = Server::start([busy("retry-after: 3600\r\n"), said("no"), said("{}")]);
    let engine = engine("llm", &studio(&[&server]));
    let mut form = with();
    form["answer"] = json!({ "a": "text" });
    form["repairs_max"] = json!(1);
    // An attempt that fails, and one with two rounds, as by the next program.
    Bench::at("first").error(&*engine, form.clone());
    Bench::at("first").error(&*engine, form.clone());
    Bench::at("second").error(&*engine, form.clone());
    form["prompt"] = json!("!");
    Bench::at("first").error(&*engine, form);
    let keys = keys(&server);
    assert_eq!(keys.len(), 7, "{keys:?}");
    assert_eq!(keys[0], keys[1]);
    let mut different = keys[1..].to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 6, "{keys:?}");
}

#[test]
fn a_server_that_hangs_is_replaced_where_that_is_paid_once() {
    let first = Server::start([silence()]);
    let second = Server::start([said("hush")]);
    let both = free(studio(&[&first, &second]), "a");
    let mut bench = Bench::default();
    // Half of it is for the second.
    bench.limits.timeout_ms_max = 4_000;
    for quick in [
        None,
        Some("200ms"),
        Some("200ms"),
        Some("200ms"),
        Some("200ms"),
    ] {
        let settings = match quick {
            None => both.clone(),
            Some(timeout) => within(both.clone(), "a", timeout),
        };
        let engine = engine("llm", &settings);
        let outcome = bench.perform(&*engine, with(), 1).unwrap();
        assert_eq!(outcome.value["text"], "hush");
        assert_eq!(outcome.usage.cost, UsdMicros(20));
    }
    // Then it is left alone.
    let engine = engine("llm", &both);
    bench.perform(&*engine, with(), 1).unwrap();
    assert_eq!((first.got().len(), second.got().len()), (5, 6));
}

#[test]
fn a_server_that_hangs_and_may_be_paid_is_told_and_nobody_else_is_paid_for_it() {
    let first = Server::start([silence()]);
    let second = Server::start([said("hush")]);
    let both = within(studio(&[&first, &second]), "a", "200ms");
    let paid = engine("llm", &both);
    let bench = Bench::default();
    let error = bench.error(&*paid, with());
    assert!(error.is_retryable(), "{error}");
    let told = error.to_string();
    assert!(told.contains("did not answer within 0.2 s"), "{told}");
    assert!(told.contains("may have been paid"), "{told}");
    assert!(second.got().is_empty());
    assert_eq!(bench.spent.lock().unwrap().cost, most(&*paid));
    // One that costs nothing is asked, and what may be lost counts with what it gives.
    let near = engine("llm", &free(both, "b"));
    let outcome = bench.perform(&*near, with(), 1).unwrap();
    assert_eq!(outcome.value["text"], "hush");
    assert_eq!(outcome.usage.cost, most(&*near));
}

#[test]
fn time_for_others_is_left_only_where_they_may_be_asked() {
    let first = Server::start([silence()]);
    let second = Server::start([said("hush")]);
    let engine = engine("llm", &studio(&[&first, &second]));
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 300;
    let error = bench.error(&*engine, with());
    assert!(matches!(error, EngineError::Limit { .. }), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("within 0.3 s") && told.contains("may be paid"),
        "{told}"
    );
    assert!(second.got().is_empty());
}

#[test]
fn a_server_that_failed_in_the_middle_is_asked_with_the_same_key_and_counts_once() {
    let broken = || answer("500 Internal Server Error", "retry-after-ms: 1\r\n", "");
    let server = Server::start([broken(), broken(), said("hush"), broken()]);
    let spare = Server::start([said("hush")]);
    let engine = engine("llm", &studio(&[&server, &spare]));
    let bench = Bench::default();
    let outcome = bench.perform(&*engine, with(), 1).unwrap();
    assert_eq!(outcome.usage.cost, UsdMicros(20));
    let error = bench.error(&*engine, with());
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("may have been paid"), "{error}");
    assert_eq!(bench.spent.lock().unwrap().cost, most(&*engine));
    let keys = keys(&server);
    assert_eq!(keys.len(), 7);
    assert!(keys[..3].iter().all(|key| *key == keys[0]));
    assert!(keys[3..].iter().all(|key| *key == keys[3]));
    assert!(spare.got().is_empty());
}

#[test]
fn a_busy_server_costs_nothing_and_is_not_waited_for_beyond_the_time() {
    let server = Server::start([busy("retry-after: 20\r\n")]);
    let engine = engine("llm", &studio(&[&server]));
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 2_000;
    let error = bench.error(&*engine, with());
    let EngineError::Transient { message, after_ms } = error else {
        panic!("{error}");
    };
    assert_eq!(after_ms, Some(20_000));
    assert!(!message.contains("paid"), "{message}");
    assert_eq!(bench.spent.lock().unwrap().cost, UsdMicros(0));
}

#[test]
fn waiting_for_a_turn_takes_no_time_of_the_step_and_costs_nothing() {
    let server = Server::start([said("hush")]);
    let mut settings = studio(&[&server]);
    settings.llm.get_mut("a").unwrap().rate = Some("1/s".to_owned());
    let quick = engine("llm", &settings);
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 900;
    for _ in 0..3 {
        bench.value(&*quick, with());
    }
    // One that is stopped while it waits was never sent.
    settings.llm.get_mut("a").unwrap().rate = Some("1/h".to_owned());
    let slow = engine("llm", &settings);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            bench.stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(bench.error(&*slow, with()), EngineError::Stopped);
    });
    assert_eq!(server.got().len(), 3);
    assert_eq!(bench.spent.lock().unwrap().cost, UsdMicros(0));
}
