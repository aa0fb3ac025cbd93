//! Against a server that answers as the API's documentation says.

use daedal_core::UsdMicros;
use daedal_core::blob::BlobRead as _;
use daedal_core::{AssetRef, engine::EngineError};
use serde_json::json;

use super::wave::tests::file;
use super::{Kind, SpeakerSettings};
use crate::Settings;
use crate::testing::{Bench, SECRET, Server, answer, bytes, engine, settings};

fn studio(url: &str) -> Settings {
    let mut settings = settings(&[]);
    let speaker = SpeakerSettings {
        kind: Kind::OpenAi,
        model: "tts-1".to_owned(),
        voice: "onyx".to_owned(),
        url: Some(url.to_owned()),
        key: Some("press".to_owned()),
        price: Some("15 USD".to_owned()),
        concurrency: None,
        rate: None,
        timeout: None,
        fallback: Vec::new(),
    };
    settings.speech.insert("narrator".to_owned(), speaker);
    settings
}

#[test]
fn a_text_is_spoken_and_paid_by_its_characters() {
    let spoken = file(&[9; 4_800], None, b"");
    let server = Server::start([bytes("audio/wav", &spoken)]);
    let engine = engine("speech", &studio(&server.url("/v1")));
    let bench = Bench::default();
    let with = json!({ "voice": "narrator", "text": "Low tide, again.", "manner": "Slowly.", "speed": 0.9 });
    let cost_max = engine.cost_max(&bench.task(&*engine, with.clone(), 1));
    let outcome = bench.perform(&*engine, with, 1).unwrap();
    assert_eq!(outcome.value["seconds"], 0.2);
    assert_eq!(outcome.value["text"], "Low tide, again.");
    assert_eq!(outcome.usage.cost, UsdMicros(16 * 15));
    assert_eq!(cost_max, UsdMicros(16 * 15));
    assert_eq!(outcome.usage.tool.as_deref(), Some("openai/tts-1 onyx"));
    let kept = AssetRef::from_value(&outcome.value).unwrap();
    let kept = bench.read(&kept.digest).unwrap();
    assert_eq!(kept[4..8], (kept.len() as u32 - 8).to_le_bytes());
    let got = &server.got()[0];
    assert_eq!(got.line, "POST /v1/audio/speech HTTP/1.1");
    assert_eq!(got.headers["authorization"], format!("Bearer {SECRET}"));
    insta::assert_json_snapshot!(got.json());
}

#[test]
fn a_key_that_comes_back_is_not_kept() {
    let mut tagged = file(&[9; 4_800], None, b"");
    tagged.extend_from_slice(format!("LIST{SECRET}").as_bytes());
    for reply in [
        bytes("audio/wav", &tagged),
        answer("400 Bad Request", "", &format!("Bearer {SECRET} is no key")),
        answer("503 Service Unavailable", "", &format!("{SECRET}?")),
    ] {
        let server = Server::start([reply]);
        let engine = engine("speech", &studio(&server.url("/v1")));
        let with = json!({ "voice": "narrator", "text": "Low tide." });
        let told = Bench::default().error(&*engine, with).to_string();
        assert!(told.contains("repeats the secret `press`"), "{told}");
        assert!(!told.contains(SECRET), "{told}");
        assert_eq!(server.got().len(), 1);
    }
}

#[test]
fn what_fails_says_what_to_do_and_is_paid_where_it_was_answered() {
    let page = answer("200 OK", "content-type: text/html\r\n", "<html>");
    let refused = answer(
        "400 Bad Request",
        "",
        "{\"error\":{\"message\":\"no voice onyx\"}}",
    );
    let mut told = Vec::new();
    for (reply, paid) in [(page, 60), (refused, 0)] {
        let server = Server::start([reply]);
        let engine = engine("speech", &studio(&server.url("/v1")));
        let bench = Bench::default();
        let error = bench.error(&*engine, json!({ "voice": "narrator", "text": "Tide" }));
        assert!(matches!(error, EngineError::Invalid { .. }), "{error}");
        let told_ = error.to_string().replace(&server.port.to_string(), "PORT");
        assert!(!told_.contains(SECRET));
        told.push(told_);
        assert_eq!(bench.spent.lock().unwrap().cost, UsdMicros(paid));
    }
    let busy = Server::start([answer("429 Too Many Requests", "retry-after: 3600\r\n", "")]);
    let engine_ = engine("speech", &studio(&busy.url("/v1")));
    let bench = Bench::default();
    let error = bench.error(&*engine_, json!({ "voice": "narrator", "text": "Tide" }));
    assert!(error.is_retryable(), "{error}");
    let long = bench.error(
        &*engine_,
        json!({ "voice": "narrator", "text": "tide ".repeat(900) }),
    );
    told.push(long.to_string());
    let wrong = json!({ "voice": "narator", "text": "Tide" });
    told.extend(engine_.check(&wrong, &|_| None));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_voice_that_nobody_knows_the_price_of_is_refused() {
    let mut settings = studio("https://voices.example/v1");
    settings.speech.get_mut("narrator").unwrap().price = None;
    let read = |_: &crate::secrets::Place| Ok(SECRET.to_owned());
    let error = crate::all(&settings, std::sync::Arc::new(read)).map(|_| ());
    let error = error.unwrap_err();
    assert!(error.to_string().contains("[speech.narrator]"), "{error}");
}

#[test]
fn a_busy_server_is_asked_again_with_the_same_key() {
    let busy = answer("503 Service Unavailable", "retry-after: 0\r\n", "");
    let server = Server::start([busy, bytes("audio/wav", &file(&[9; 240], None, b""))]);
    let engine = engine("speech", &studio(&server.url("/v1")));
    let bench = Bench::default();
    bench.value(&*engine, json!({ "voice": "narrator", "text": "Tide" }));
    let keys = server.got();
    let keys: Vec<&String> = keys
        .iter()
        .map(|got| &got.headers["idempotency-key"])
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

/// A studio whose narrator has another in their place.
fn pair(first: &Server, second: &Server) -> Settings {
    let mut settings = studio(&first.url("/v1"));
    let mut spare = settings.speech["narrator"].clone();
    spare.url = Some(second.url("/v1"));
    spare.voice = "alloy".to_owned();
    settings.speech.insert("spare".to_owned(), spare);
    settings.speech.get_mut("narrator").unwrap().fallback = vec!["spare".to_owned()];
    settings
}

#[test]
fn another_speaks_while_the_first_can_not_and_nothing_is_paid_twice() {
    let spoken = file(&[9; 240], None, b"");
    let second = Server::start([bytes("audio/wav", &spoken)]);
    let with = json!({ "voice": "narrator", "text": "Tide" });
    let busy = Server::start([answer(
        "503 Service Unavailable",
        "retry-after: 3600\r\n",
        "",
    )]);
    let speech = engine("speech", &pair(&busy, &second));
    let outcome = Bench::default().perform(&*speech, with.clone(), 1).unwrap();
    assert_eq!(outcome.usage.tool.as_deref(), Some("openai/tts-1 alloy"));
    assert_eq!(outcome.usage.cost, UsdMicros(60));
    assert_eq!(second.got()[0].json()["voice"], "alloy");
    let broken = Server::start([answer("502 Bad Gateway", "retry-after: 3600\r\n", "")]);
    let speech = engine("speech", &pair(&broken, &second));
    let bench = Bench::default();
    let error = bench.error(&*speech, with);
    assert!(error.to_string().contains("may have been paid"), "{error}");
    assert_eq!(bench.spent.lock().unwrap().cost, UsdMicros(60));
    assert_eq!(second.got().len(), 1);
    let mut wrong = pair(&broken, &second);
    wrong.speech.get_mut("narrator").unwrap().fallback = vec!["nobody".to_owned()];
    let read = |_: &crate::secrets::Place| Ok(SECRET.to_owned());
    let error = crate::all(&wrong, std::sync::Arc::new(read)).map(|_| ());
    assert!(error.unwrap_err().to_string().contains("`nobody`"));
}
