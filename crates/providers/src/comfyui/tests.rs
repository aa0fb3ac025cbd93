use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daedal_core::engine::EngineError;
use serde_json::{Value, json};

use crate::Settings;
use crate::testing::{Bench, Got, SECRET, Server, answer, engine, json as said, settings};

use super::play::{WORKFLOW, comfy, lines, path, play, queued, recorded, replies};

/// What a server was asked first by a method and a path.
fn asked(server: &Server, line: &str) -> Got {
    let got = server.got();
    let mut found = got.into_iter().filter(|got| got.line.starts_with(line));
    found.next().expect(line)
}

#[test]
fn a_workflow_goes_as_it_went_with_a_real_server() {
    let server = play([]);
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let value = bench.value(&*comfy(&server), json!({ "workflow": workflow }));

    let made = value.as_array().unwrap();
    assert_eq!(made.len(), 2);
    let pictures = recorded();
    let pictures = pictures.iter().filter(|one| one["sha256"].is_string());
    for (asset, recorded) in made.iter().zip(pictures) {
        assert_eq!(asset["$asset"], recorded["sha256"]);
        assert_eq!(asset["size"], recorded["bytes"]);
        assert_eq!(asset["media_type"], "image/png");
        assert_eq!(
            (&asset["node"], &asset["width"], &asset["height"]),
            (&json!("4"), &json!(128), &json!(96))
        );
    }
    assert_eq!(
        lines(&server),
        [
            "GET /ws",
            "GET /queue",
            "GET /history?max_items=200",
            "POST /prompt",
            "GET /history/f34d0b3c-0cea-4bc3-a32d-098e48acbe76",
            "GET /view?filename=fixture_00001_.png&subfolder=&type=output",
            "GET /view?filename=fixture_00002_.png&subfolder=&type=output",
        ]
    );
    let sent = asked(&server, "POST /prompt").json();
    let first = recorded()
        .into_iter()
        .find(|one| one["request"]["path"] == "/prompt");
    let first = first.unwrap();
    assert_eq!(sent["prompt"], first["request"]["json"]["prompt"]);
    assert_eq!(sent.as_object().unwrap().len(), 3, "{sent}");
    let client = sent["client_id"].as_str().unwrap();
    let socket = &server.got()[0];
    assert_eq!(socket.line, format!("GET /ws?clientId={client} HTTP/1.1"));
    assert_eq!(socket.headers["upgrade"], "websocket");
    assert_eq!(socket.headers["sec-websocket-version"], "13");
}

#[test]
fn it_is_waited_for_and_a_look_that_fails_is_repeated() {
    let mut order = None;
    let mut looks = 0;
    let server = Server::answering(move |got| {
        let path = path(got);
        if path == "/prompt" {
            order = Some(queued(got));
            return replies("POST", "/prompt")[0].clone();
        }
        if path.starts_with("/view") {
            return replies("GET", "/view")[0].clone();
        }
        if path.starts_with("/ws") {
            return answer("404 Not Found", "", "");
        }
        if order.is_none() {
            return replies("GET", "/queue")[0].clone();
        }
        looks += 1;
        match (looks, path) {
            (1 | 2, "/queue") => said(&json!({ "queue_running": [], "queue_pending": [order] })),
            (4, "/queue") => said(&json!({ "queue_running": [order], "queue_pending": [] })),
            (1..=4, _) => said(&json!({})),
            (5, _) => answer("502 Bad Gateway", "", ""),
            _ => replies("GET", "/history")[0].clone(),
        }
    });
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let value = bench.value(&*comfy(&server), json!({ "workflow": workflow }));
    assert_eq!(value.as_array().unwrap().len(), 2);
    let asked = lines(&server);
    assert_eq!(asked.iter().filter(|line| *line == "GET /queue").count(), 3);
    let looks = asked
        .iter()
        .filter(|line| line.starts_with("GET /history/"));
    assert_eq!(looks.count(), 4);
}

#[test]
fn files_are_sent_and_named_in_their_place() {
    let server = play([]);
    let bench = Bench::default();
    let flow = json!({
        "1": { "class_type": "LoadImage", "inputs": { "image": "example.png" }, "_meta": { "title": "Draft" } },
        "2": { "class_type": "LoadImage", "inputs": { "image": "other.png" } },
        "4": { "class_type": "SaveImage", "inputs": { "images": ["1", 0], "filename_prefix": "x" } },
    });
    let workflow = bench.file("flow.json", flow.to_string());
    let draft = bench.file("draft.png", "tide pixels");
    bench.value(
        &*comfy(&server),
        json!({
            "workflow": workflow,
            "inputs": { "Draft": { "image": draft }, "2": { "image": draft }, "4": { "filename_prefix": "tide" } },
        }),
    );
    let upload = asked(&server, "POST /upload/image");
    let boundary = upload.headers["content-type"].strip_prefix("multipart/form-data; boundary=");
    let boundary = boundary.unwrap();
    let digest = draft["$asset"].as_str().unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"daedal-{digest}.png\"\r\n\
         Content-Type: image/png\r\n\r\ntide pixels\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\ninput\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"overwrite\"\r\n\r\ntrue\r\n--{boundary}--\r\n"
    );
    assert_eq!(upload.body, expected);
    // Two nodes, one file.
    let prompt = &asked(&server, "POST /prompt").json()["prompt"];
    assert_eq!(prompt["1"]["inputs"]["image"], "input.png");
    assert_eq!(prompt["2"]["inputs"]["image"], "input.png");
    assert_eq!(prompt["4"]["inputs"]["filename_prefix"], "tide");

    let with = json!({ "workflow": workflow, "inputs": { "4": { "images": draft } } });
    let told = bench.error(&*comfy(&server), with).to_string();
    assert!(told.contains("comes from node 1"), "{told}");
}

/// A server whose work never ends, first in the given part of the queue.
fn endless(part: &'static str) -> Server {
    let mut order = None;
    Server::answering(move |got| match path(got) {
        "/prompt" => {
            order = Some(queued(got));
            replies("POST", "/prompt")[0].clone()
        }
        "/queue" if got.line.starts_with("GET") && order.is_none() => {
            replies("GET", "/queue")[0].clone()
        }
        "/queue" if got.line.starts_with("GET") => {
            let other = json!([1, "of-others", {}, { "client_id": "others" }, []]);
            let mut queue = json!({ "queue_running": [other], "queue_pending": [other] });
            queue[part] = json!([other, order]);
            said(&queue)
        }
        "/queue" => replies("POST", "/queue")[0].clone(),
        "/interrupt" => replies("POST", "/interrupt")[0].clone(),
        _ => said(&json!({})),
    })
}

#[test]
fn work_that_is_no_longer_wanted_is_called_off_and_nobody_elses() {
    for (part, line, body) in [
        (
            "queue_running",
            "POST /interrupt",
            json!({ "prompt_id": "f34d0b3c-0cea-4bc3-a32d-098e48acbe76" }),
        ),
        (
            "queue_pending",
            "POST /queue",
            json!({ "delete": ["f34d0b3c-0cea-4bc3-a32d-098e48acbe76"] }),
        ),
    ] {
        let server = endless(part);
        let mut bench = Bench::default();
        bench.limits.timeout_ms_max = 400;
        let workflow = bench.file("flow.json", WORKFLOW);
        let error = bench.error(&*comfy(&server), json!({ "workflow": workflow }));
        assert!(
            matches!(&error, EngineError::Limit { message } if message.contains("raise `timeout:`"))
        );
        let told = server.got();
        let posts: Vec<&Got> = told
            .iter()
            .filter(|got| got.line.starts_with("POST"))
            .collect();
        assert_eq!(posts.len(), 2, "{posts:?}");
        assert!(posts[1].line.starts_with(line), "{posts:?}");
        assert_eq!(posts[1].json(), body);
    }
}

#[test]
fn a_stop_is_passed_on() {
    let server = endless("queue_running");
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !lines(&server)
                .iter()
                .any(|line| line.starts_with("GET /history/"))
            {
                std::thread::yield_now();
            }
            bench.stop.store(true, Ordering::Relaxed);
        });
        bench.error(&*comfy(&server), json!({ "workflow": workflow }))
    });
    assert_eq!(error, EngineError::Stopped);
    assert_eq!(lines(&server).last().unwrap(), "POST /interrupt");
}

#[test]
fn a_server_that_forgot_the_work_says_so() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = Server::answering(move |got| {
        count.fetch_add(1, Ordering::Relaxed);
        match path(got) {
            "/prompt" => replies("POST", "/prompt")[0].clone(),
            "/queue" => replies("GET", "/queue")[0].clone(),
            _ => said(&json!({})),
        }
    });
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let error = bench.error(&*comfy(&server), json!({ "workflow": workflow }));
    assert!(error.is_retryable());
    assert!(error.to_string().contains("no longer knows"), "{error}");
    assert!(asked.load(Ordering::Relaxed) >= 10);
}

#[test]
fn the_seed_of_the_task_goes_where_it_is_wanted() {
    let flow = json!({
        "3": { "class_type": "KSampler", "inputs": { "seed": 1, "steps": 20 } },
        "4": { "class_type": "SaveImage", "inputs": { "images": ["3", 0], "filename_prefix": "x" } },
    });
    let bench = Bench::default();
    let workflow = bench.file("flow.json", flow.to_string());
    let sent = |with: Value, seed: u64| {
        let refused = replies("POST", "/prompt")[2].clone();
        let server = play([("POST /prompt", vec![refused])]);
        bench.perform(&*comfy(&server), with, seed).unwrap_err();
        asked(&server, "POST /prompt").json()["prompt"]["3"]["inputs"]["seed"].clone()
    };
    let with = json!({ "workflow": workflow, "seed": "3" });
    let (first, same, other) = (sent(with.clone(), 1), sent(with.clone(), 1), sent(with, 2));
    assert_eq!(first, same);
    assert_ne!(first, other);
    assert!(first.as_u64().unwrap() < 1 << 53);
    let own = json!({ "workflow": workflow, "seed": ["3"], "inputs": { "3": { "seed": 7 } } });
    assert_eq!(sent(own, 1), 7);
    assert_eq!(sent(json!({ "workflow": workflow }), 1), 1);

    let comfy = engine("comfyui", &Settings::default());
    let seeded = |with: Value| comfy.seeded(with.as_object().unwrap());
    assert!(seeded(json!({ "seed": "3" })) && !seeded(json!({})));
}

#[test]
fn a_key_goes_to_its_server_and_nowhere_else() {
    let server = Server::start([answer("403 Forbidden", "", "who are you?")]);
    let mut settings = settings(&[]);
    settings.comfyui.url = Some(server.url("/studio"));
    settings.comfyui.key = Some("press".to_owned());
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let told = bench.error(
        &*engine("comfyui", &settings),
        json!({ "workflow": workflow }),
    );
    let told = told.to_string();
    assert!(
        told.contains("look at `key`") && !told.contains(SECRET),
        "{told}"
    );
    assert_eq!(lines(&server), ["GET /studio/ws", "GET /studio/queue"]);
    for got in server.got() {
        assert_eq!(got.headers["authorization"], format!("Bearer {SECRET}"));
    }

    settings.comfyui.key = Some("other".to_owned());
    let told = crate::all(&settings, Arc::new(|_| Err(String::new()))).map(|_| ());
    assert!(told.unwrap_err().message.contains("[comfyui]"));
}

#[test]
fn something_else_that_answers_is_told() {
    let server = Server::start([answer("200 OK", "content-type: text/html\r\n", "<p>hello")]);
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let told = bench.error(&*comfy(&server), json!({ "workflow": workflow }));
    assert!(
        told.to_string().contains("does not answer as ComfyUI does"),
        "{told}"
    );
}

#[test]
fn a_file_beyond_the_limit_is_not_taken() {
    let server = play([]);
    let bench = Bench::default();
    let workflow = bench.file("flow.json", WORKFLOW);
    let with = json!({ "workflow": workflow, "bytes_max": 700 });
    let told = bench.error(&*comfy(&server), with);
    assert!(
        matches!(&told, EngineError::Limit { message } if message.contains("more than 700 bytes"))
    );
}
