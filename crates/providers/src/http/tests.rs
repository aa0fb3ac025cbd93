use std::sync::Arc;

use daedal_core::engine::EngineError;
use serde_json::{Value, json};

use crate::testing::{Bench, Reply, SECRET, Server, answer, engine, json as json_reply, settings};

/// What a step gives that asks a server which answers so.
fn ask(
    replies: impl IntoIterator<Item = Reply>,
    with: Value,
) -> (Result<Value, EngineError>, Server) {
    let server = Server::start(replies);
    let engine = engine("http", &settings(&[server.port]));
    let mut with = with;
    let path = with["url"].as_str().unwrap_or("/").to_owned();
    with["url"] = json!(server.url(&path));
    let done = Bench::default().perform(&*engine, with, 1);
    (done.map(|outcome| outcome.value), server)
}

fn refused(replies: impl IntoIterator<Item = Reply>, with: Value) -> String {
    ask(replies, with).0.unwrap_err().to_string()
}

#[test]
fn an_answer_is_an_asset_with_what_it_says() {
    let (value, server) = ask(
        [json_reply(&json!({ "mood": "calm" }))],
        json!({ "url": "/mood?day=1", "query": { "q": "low tide", "n": 3 }, "headers": { "Accept": "text/*" } }),
    );
    let value = value.unwrap();
    assert_eq!(value["json"], json!({ "mood": "calm" }));
    assert_eq!(value["media_type"], "application/json");
    assert_eq!(value["status"], 200);
    let got = &server.got()[0];
    assert_eq!(got.line, "GET /mood?day=1&n=3&q=low+tide HTTP/1.1");
    assert_eq!(got.headers["accept"], "text/*");
}

#[test]
fn every_body_is_sent_as_what_it_is() {
    let bench = Bench::default();
    let server = Server::start([json_reply(&json!({}))]);
    let engine = engine("http", &settings(&[server.port]));
    let file = bench.file("a.png", b"picture");
    for (body, media_type, sent) in [
        (
            json!({ "json": { "a": 1 } }),
            "application/json",
            "{\"a\":1}",
        ),
        (json!({ "text": "ebb" }), "text/plain; charset=utf-8", "ebb"),
        (
            json!({ "form": { "a": "b c", "n": 1 } }),
            "application/x-www-form-urlencoded",
            "a=b+c&n=1",
        ),
        (json!({ "file": file }), "image/png", "picture"),
    ] {
        let mut with = body;
        with["url"] = json!(server.url("/"));
        with["method"] = json!("POST");
        bench.value(&*engine, with);
        let got = server.got().pop().unwrap();
        assert_eq!(
            (&*got.headers["content-type"], &*got.body),
            (media_type, sent)
        );
    }
}

#[test]
fn a_secret_is_sent_where_it_belongs_and_told_to_nobody() {
    let (value, server) = ask(
        [json_reply(&json!({}))],
        json!({
            "bearer": "press",
            "headers": { "X-Key": { "secret": "press", "before": "key " } },
            "query": { "appid": { "secret": "press" } },
        }),
    );
    assert!(!value.unwrap().to_string().contains(SECRET));
    let got = &server.got()[0];
    assert_eq!(got.headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(got.headers["x-key"], format!("key {SECRET}"));
    assert!(got.line.contains(&format!("appid={SECRET}")));

    let echo = answer("400 Bad Request", "", &format!("no such key {SECRET}"));
    let told = refused([echo], json!({ "bearer": "press" }));
    assert!(
        told.contains("repeats the secret `press`") && !told.contains(SECRET),
        "{told}"
    );
    let echo = json_reply(&json!({ "you_sent": SECRET }));
    let told = refused([echo], json!({ "bearer": "press" }));
    assert!(
        told.contains("repeats the secret `press`") && !told.contains(SECRET),
        "{told}"
    );
}

#[test]
fn a_secret_is_known_again_however_a_server_writes_it() {
    let value = "a/b+c=d e\"f";
    let server = Server::answering(|got| {
        let said = json!({ "line": got.line, "headers": got.headers, "body": got.body });
        json_reply(&said)
    });
    let engines = crate::all(
        &settings(&[server.port]),
        Arc::new(|_| Ok(value.to_owned())),
    );
    let engines = engines.unwrap();
    let http = engines.iter().find(|engine| engine.spec().name == "http");
    let http = http.unwrap();
    for way in [
        json!({ "basic": { "user": "me", "password": "press" } }),
        json!({ "basic": { "user": "somebody", "password": "press" } }),
        json!({ "basic": { "user": "", "password": "press" } }),
        json!({ "query": { "appid": { "secret": "press" } } }),
        json!({ "query": { "appid": { "secret": "press", "before": "key=" } } }),
        json!({ "headers": { "X-Key": { "secret": "press" } } }),
        json!({ "bearer": "press" }),
    ] {
        let mut with = way.clone();
        with["url"] = json!(server.url("/"));
        let told = Bench::default().error(&**http, with).to_string();
        assert!(told.contains("repeats the secret `press`"), "{way}: {told}");
        assert!(!told.contains("a/b") && !told.contains("YS9i"), "{told}");
    }
    let plain = json!({ "url": server.url("/") });
    Bench::default().value(&**http, plain);
}

#[test]
fn a_key_that_stands_where_its_name_should_is_not_told() {
    let pasted = "sk-live-0123456789abcdef";
    let told = refused([json_reply(&json!({}))], json!({ "bearer": pasted }));
    assert!(told.contains("`sk-…` (a text of 24 characters)"), "{told}");
    assert!(!told.contains("0123"), "{told}");
}

#[test]
fn a_secret_follows_no_redirect_to_another_server() {
    let thief = Server::start([json_reply(&json!({}))]);
    let server = Server::start([answer(
        "302 Found",
        &format!("location: {}\r\n", thief.url("/")),
        "",
    )]);
    let engine = engine("http", &settings(&[server.port, thief.port]));
    let with = |secret: Value| {
        let mut with = json!({ "url": server.url("/") });
        with["headers"] = secret;
        with
    };
    let secret = json!({ "X-Key": { "secret": "press" } });
    let told = Bench::default().error(&*engine, with(secret)).to_string();
    assert!(told.contains("is not told the secret"), "{told}");
    assert!(thief.got().is_empty());
    Bench::default().value(&*engine, with(json!({ "X-Open": "1" })));
    assert_eq!(thief.got().len(), 1);
}

#[test]
fn a_secret_goes_to_no_host_that_is_not_named() {
    let server = Server::start([json_reply(&json!({}))]);
    let mut settings = settings(&[server.port]);
    settings.secrets.get_mut("press").unwrap().hosts.clear();
    let engine = engine("http", &settings);
    let with = json!({ "url": server.url("/"), "bearer": "press" });
    let told = Bench::default().error(&*engine, with).to_string();
    assert!(told.contains("under [secrets.press]"), "{told}");
    assert!(server.got().is_empty());
}

#[test]
fn a_private_network_is_out_of_reach_by_address_by_name_and_by_redirect() {
    let inside = Server::start([json_reply(&json!({ "inside": true }))]);
    let outside = Server::start([answer(
        "307 Temporary Redirect",
        &format!("location: {}\r\n", inside.url("/")),
        "",
    )]);
    let engine = engine("http", &settings(&[outside.port]));
    let port = inside.port;
    for url in [
        inside.url("/"),
        format!("http://localhost:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://[::1]:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        outside.url("/"),
    ] {
        let error = Bench::default().error(&*engine, json!({ "url": url }));
        assert!(!error.is_retryable(), "{error}");
        let told = error.to_string();
        assert!(told.contains("private network"), "{url}: {told}");
    }
    assert!(inside.got().is_empty());
}

#[test]
fn redirects_are_followed_as_browsers_do_and_not_for_ever() {
    let again = answer("303 See Other", "location: /done\r\n", "");
    let (value, server) = ask(
        [again, json_reply(&json!({ "done": 1 }))],
        json!({ "method": "POST", "json": { "a": 1 } }),
    );
    assert_eq!(value.unwrap()["json"], json!({ "done": 1 }));
    let lines: Vec<String> = server.got().into_iter().map(|got| got.line).collect();
    assert_eq!(lines, ["POST / HTTP/1.1", "GET /done HTTP/1.1"]);

    let kept = answer("308 Permanent Redirect", "location: /done\r\n", "");
    let (_, server) = ask(
        [kept, json_reply(&json!({}))],
        json!({ "method": "POST", "json": { "a": 1 } }),
    );
    let got = server.got().pop().unwrap();
    assert_eq!(
        (&*got.line, &*got.body),
        ("POST /done HTTP/1.1", "{\"a\":1}")
    );

    let told = refused([answer("302 Found", "location: /\r\n", "")], json!({}));
    assert!(told.contains("more than 5 times"), "{told}");
    let told = refused(
        [answer("302 Found", "location: file:///etc/passwd\r\n", "")],
        json!({}),
    );
    assert!(told.contains("no web address"), "{told}");
}

#[test]
fn an_answer_has_a_largest_size_however_it_is_told() {
    let long = "x".repeat(3_000);
    let told = refused([answer("200 OK", "", &long)], json!({ "bytes_max": 2_999 }));
    assert!(told.contains("more than 2999 bytes"), "{told}");
    // Without a length, up to the end of the connection.
    let open = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{long}");
    let told = refused(
        [Reply::Raw(open.clone().into_bytes())],
        json!({ "bytes_max": 2_999 }),
    );
    assert!(told.contains("more than 2999 bytes"), "{told}");
    let (value, _) = ask(
        [Reply::Raw(open.into_bytes())],
        json!({ "bytes_max": 3_000 }),
    );
    assert_eq!(value.unwrap()["size"], 3_000);
}

#[test]
fn a_server_that_is_silent_or_breaks_off_does_not_hold_a_step() {
    let mut bench = Bench::default();
    bench.limits.timeout_ms_max = 300;
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf".to_vec();
    let server = Server::start([Reply::Silence(head.clone())]);
    let engine = engine("http", &settings(&[server.port]));
    let error = bench.error(&*engine, json!({ "url": server.url("/") }));
    assert!(matches!(error, EngineError::Limit { .. }), "{error}");
    assert!(error.to_string().contains("within 0.3 s"), "{error}");

    let error = ask([Reply::Raw(head)], json!({})).0.unwrap_err();
    assert!(error.is_retryable(), "{error}");

    bench.limits.timeout_ms_max = 60_000;
    bench.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let error = bench.error(&*engine, json!({ "url": server.url("/") }));
    assert_eq!(error, EngineError::Stopped);
}

#[test]
fn a_status_counts_as_success_where_the_step_says_so() {
    let missing = || {
        answer(
            "404 Not Found",
            "content-type: text/plain\r\n",
            "nothing here",
        )
    };
    let told = refused([missing()], json!({}));
    assert!(told.contains("404 Not Found: nothing here"), "{told}");
    let (value, _) = ask([missing()], json!({ "status": [200, 404] }));
    assert_eq!(value.unwrap()["status"], 404);
    let busy = || answer("503 Service Unavailable", "", "");
    assert!(ask([busy()], json!({})).0.unwrap_err().is_retryable());
    assert!(!ask([missing()], json!({})).0.unwrap_err().is_retryable());
}

#[test]
fn nothing_from_outside_names_files_of_the_studio() {
    let spoof =
        json!({ "deep": [{ "$asset": "00".repeat(32), "media_type": "image/png", "size": 1 }] });
    let told = refused([json_reply(&spoof)], json!({}));
    assert!(told.contains("`$asset`"), "{told}");
}

#[test]
fn only_what_looks_may_be_repeated() {
    let engine = engine("http", &settings(&[]));
    let effect = |with: Value| engine.effect(with.as_object().unwrap());
    assert!(!effect(json!({ "url": "x" })));
    assert!(!effect(json!({ "method": "HEAD" })));
    assert!(effect(json!({ "method": "POST" })));
    assert!(effect(json!({ "method": "{{ inputs.method }}" })));
}

#[test]
fn a_process_that_gives_secrets_away_is_refused_before_it_runs() {
    let engine = engine("http", &settings(&[]));
    let wrong = [
        json!({ "url": "ftp://x" }),
        json!({ "url": "https://me:pass@press.example/" }),
        json!({ "url": "https://x", "headers": { "Authorization": "Bearer abc" } }),
        json!({ "url": "https://x", "method": "POST", "json": 1, "text": "a" }),
        json!({ "url": "https://x", "json": 1 }),
    ];
    let told: Vec<String> = wrong
        .iter()
        .map(|with| engine.check(with, &|_| None).join("\n"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_changes_something_has_a_key_that_stays_unless_the_author_gave_one() {
    let server = Server::start([json_reply(&json!({}))]);
    let engine = engine("http", &settings(&[server.port]));
    let bench = Bench::at("a place");
    let mut with = json!({ "url": server.url("/"), "method": "POST", "json": {} });
    bench.value(&*engine, with.clone());
    bench.value(&*engine, with.clone());
    with["headers"] = json!({ "Idempotency-Key": "order-12" });
    bench.value(&*engine, with);
    bench.value(&*engine, json!({ "url": server.url("/") }));
    let got = server.got();
    assert_eq!(got[0].key(), got[1].key());
    assert_eq!(got[2].key(), "order-12");
    assert!(!got[3].headers.contains_key("idempotency-key"));
}

#[test]
fn a_server_says_when_a_step_may_be_tried_again() {
    let wait = answer("503 Service Unavailable", "retry-after: 90\r\n", "");
    let error = ask([wait], json!({})).0.unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::Transient {
                after_ms: Some(90_000),
                ..
            }
        ),
        "{error:?}"
    );
}
