use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use daedal_core::engine::{Engine, EngineError, Performed, TaskContext, Usage, Watch};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::play::{ORDER, WORKFLOW, comfy, frame, lines, path, queued, replies, socket, told};
use super::signs::{Course, Sign};
use super::workflow::Workflow;
use crate::testing::{Bench, Got, Reply, Server, answer, json as said};

/// Who follows a task.
#[derive(Default)]
struct Follower(Mutex<Vec<String>>);

impl Watch for Follower {
    fn is_followed(&self) -> bool {
        true
    }

    fn tell(&self, line: &str) {
        let mut lines = self.0.lock().unwrap();
        if lines.last().is_none_or(|last| last != line) {
            lines.push(line.to_owned());
        }
    }

    fn spend(&self, _usage: &Usage) {}
}

/// What comes of the recorded workflow, and what is told meanwhile.
fn followed(server: &Server) -> (Result<Value, EngineError>, Vec<String>) {
    let bench = Bench::default();
    let comfy: Arc<dyn Engine> = comfy(server);
    let workflow = bench.file("flow.json", WORKFLOW);
    let task = bench.task(&*comfy, json!({ "workflow": workflow }), 1);
    let follower = Follower::default();
    let context = TaskContext::new(&bench, &bench.stop).watched(&follower);
    let made = comfy.run(&task, &context).map(|performed| match performed {
        Performed::Done(outcome) => outcome.value,
        Performed::Asked(_) => panic!("it asks"),
    });
    (made, follower.0.into_inner().unwrap())
}

/// A server with the recorded work, which a socket with these frames tells of; `queue` says what it has under way.
fn telling(frames: Vec<Vec<u8>>, ends: bool, done_after: usize) -> Server {
    let (mut order, mut looks) = (None, 0);
    Server::answering(move |got| match path(got) {
        path if path.starts_with("/ws") => match ends {
            true => Reply::Raw(socket(got, &frames)),
            false => Reply::Silence(socket(got, &frames)),
        },
        "/prompt" => {
            order = Some(queued(got));
            replies("POST", "/prompt")[0].clone()
        }
        "/queue" => match &order {
            Some(order) => said(&json!({ "queue_running": [order], "queue_pending": [] })),
            None => replies("GET", "/queue")[0].clone(),
        },
        path if path.starts_with("/view") => replies("GET", "/view")[0].clone(),
        path if path.starts_with("/history?") => said(&json!({})),
        _ => {
            looks += 1;
            match looks > done_after {
                true => replies("GET", "/history")[0].clone(),
                false => said(&json!({})),
            }
        }
    })
}

fn texts() -> Vec<Vec<u8>> {
    told()
        .iter()
        .map(|text| frame(1, text.as_bytes()))
        .collect()
}

#[test]
fn what_a_real_server_told_is_told_on() {
    let server = telling(texts(), false, 0);
    let (made, told) = followed(&server);
    assert_eq!(made.unwrap().as_array().unwrap().len(), 2);
    assert_snapshot!(told.join("\n"), @r"
    waits for the server
    begins
    EmptyImage (node 1 of 4)
    ImageInvert (node 2 of 4)
    ImageScale (node 3 of 4)
    SaveImage (node 4 of 4)
    ");
    let asked = lines(&server);
    // The socket says when it is over: one look is enough.
    let looks = asked
        .iter()
        .filter(|line| line.starts_with("GET /history/"));
    assert_eq!(looks.count(), 1, "{asked:?}");
}

/// A message of bytes: numbers, and what follows them.
fn packed(numbers: &[u32], rest: &[&[u8]]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|number| number.to_be_bytes());
    frame(2, &[numbers.collect(), rest.concat()].concat())
}

#[test]
fn previews_pings_steps_and_what_nodes_say_are_understood() {
    let text = |message: Value| frame(1, message.to_string().as_bytes());
    let about =
        json!({ "prompt_id": ORDER, "node_id": "3", "image_type": "image/png" }).to_string();
    let frames = vec![
        text(
            json!({ "type": "status", "data": { "status": { "exec_info": { "queue_remaining": 3 } } } }),
        ),
        text(json!({ "type": "execution_start", "data": { "prompt_id": ORDER } })),
        text(json!({ "type": "execution_cached", "data": { "nodes": ["1"], "prompt_id": ORDER } })),
        text(json!({ "type": "executing", "data": { "node": "3", "prompt_id": "of-others" } })),
        text(json!({ "type": "executing", "data": { "node": "2", "prompt_id": ORDER } })),
        text(json!({ "type": "progress", "data": { "node": "2", "value": 4, "max": 20 } })),
        packed(&[1, 1], &[b"\xff\xd8\xff"]),
        frame(9, b"there?"),
        packed(&[4, about.len() as u32], &[about.as_bytes(), b"\x89PNG"]),
        packed(&[3, 1], &[b"3", b"asked the\n API"]),
        packed(&[3, 4_000_000_000], &[b"3"]),
        packed(&[99, 1], &[]),
        frame(2, b"\0"),
        text(
            json!({ "type": "executed", "data": { "node": "3", "output": {}, "prompt_id": ORDER } }),
        ),
        text(json!({ "type": "something_new", "data": 1 })),
        frame(1, b"no json"),
        text(json!({ "type": "executing", "data": { "node": "4.0.1", "prompt_id": ORDER } })),
        text(json!({ "type": "executing", "data": { "node": null, "prompt_id": ORDER } })),
    ];
    let server = telling(frames, false, 1);
    let (made, told) = followed(&server);
    made.unwrap();
    assert_snapshot!(told.join("\n"), @r"
    waits, with 3 orders in the queue
    begins
    ImageInvert (node 2 of 4)
    ImageInvert 4 of 20 (node 2 of 4)
    ImageScale (node 3 of 4): asked the API
    node 4.0.1 (after 3 of 4 nodes)
    ");
}

#[test]
fn a_socket_that_ends_is_opened_again_and_the_history_tells_meanwhile() {
    let server = telling(texts()[..8].to_vec(), true, 6);
    let (made, _) = followed(&server);
    made.unwrap();
    let asked = lines(&server);
    let count = |line: &str| asked.iter().filter(|asked| asked.starts_with(line)).count();
    assert!(count("GET /ws") > 1, "{asked:?}");
    assert_eq!(count("POST /prompt"), 1, "{asked:?}");
    // An end that is said is an end.
    let server = telling(vec![frame(8, &1001_u16.to_be_bytes())], false, 2);
    followed(&server).0.unwrap();
}

#[test]
fn a_server_that_opens_no_sound_socket_is_asked_all_the_same() {
    for wrong in ["404 Not Found", "101 Switching Protocols"] {
        let server = Server::answering(move |got| match path(got) {
            path if path.starts_with("/ws") => answer(wrong, "sec-websocket-accept: x\r\n", ""),
            "/prompt" => replies("POST", "/prompt")[0].clone(),
            "/queue" => replies("GET", "/queue")[0].clone(),
            path if path.starts_with("/view") => replies("GET", "/view")[0].clone(),
            _ => replies("GET", "/history")[0].clone(),
        });
        let (made, told) = followed(&server);
        made.unwrap();
        assert_eq!(told, [""; 0]);
    }
}

/// How a server of the tests stands.
#[derive(Default)]
struct Standing {
    orders: Vec<Value>,
    /// Requests that are not answered.
    away: usize,
    /// Looks at the history until an order is over.
    looks: usize,
}

/// A server that loses what it has when it is started anew, which happens while it `away`s; `first` says how it takes
/// the first order.
fn forgetful(first: fn(&mut Standing, &Got) -> Reply) -> (Server, Arc<AtomicUsize>) {
    let posts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&posts);
    let mut standing = Standing::default();
    let server = Server::answering(move |got| {
        if path(got).starts_with("/ws") {
            return answer("404 Not Found", "", "");
        }
        if standing.away > 0 {
            standing.away -= 1;
            return Reply::Raw(Vec::new());
        }
        match path(got) {
            "/prompt" if seen.fetch_add(1, Ordering::Relaxed) == 0 => first(&mut standing, got),
            "/prompt" => {
                standing.orders.push(queued(got));
                replies("POST", "/prompt")[0].clone()
            }
            "/queue" => said(&json!({ "queue_running": standing.orders, "queue_pending": [] })),
            path if path.starts_with("/view") => replies("GET", "/view")[0].clone(),
            path => {
                let is_known = standing
                    .orders
                    .iter()
                    .any(|order| path.ends_with(order[1].as_str().unwrap()));
                standing.looks += usize::from(is_known);
                match is_known && standing.looks > 2 {
                    true => {
                        let mut entry: Value = recorded_entry();
                        let entry = entry[ORDER].take();
                        let id = path.rsplit('/').next().unwrap();
                        said(&json!({ id: entry }))
                    }
                    false => said(&json!({})),
                }
            }
        }
    });
    (server, posts)
}

fn recorded_entry() -> Value {
    let all = super::play::recorded();
    let is_history = |one: &&Value| {
        one["request"]["path"]
            .as_str()
            .unwrap()
            .starts_with("/history/f34d")
    };
    all.iter().find(is_history).unwrap()["json"].clone()
}

#[test]
fn a_server_that_was_started_anew_is_given_the_work_again() {
    let (server, posts) = forgetful(|standing, _| {
        standing.away = 3;
        replies("POST", "/prompt")[0].clone()
    });
    let (made, told) = followed(&server);
    made.unwrap();
    assert_eq!(posts.load(Ordering::Relaxed), 2);
    assert!(told[0].contains("does not answer now"), "{told:?}");
}

#[test]
fn an_order_whose_answer_was_lost_is_not_given_twice() {
    let (server, posts) = forgetful(|standing, got| {
        let mut order = queued(got);
        order[1] = got.json()["prompt_id"].clone();
        standing.orders.push(order);
        Reply::Raw(Vec::new())
    });
    followed(&server).0.unwrap();
    assert_eq!(posts.load(Ordering::Relaxed), 1);
    // One that never got there is given again.
    let (server, posts) = forgetful(|_, _| Reply::Raw(Vec::new()));
    followed(&server).0.unwrap();
    assert_eq!(posts.load(Ordering::Relaxed), 2);
}

#[test]
fn what_a_run_that_was_killed_left_behind_is_taken_up() {
    // The same order has the same client, whoever gives it.
    let (server, _) = forgetful(|_, _| replies("POST", "/prompt")[2].clone());
    followed(&server).0.unwrap_err();
    let got = server.got();
    let order = queued(got.iter().find(|got| path(got) == "/prompt").unwrap());

    let mut looks = 0;
    let server = Server::answering(move |got| match path(got) {
        path if path.starts_with("/ws") => answer("404 Not Found", "", ""),
        "/queue" => said(&json!({ "queue_running": [], "queue_pending": [order] })),
        path if path.starts_with("/view") => replies("GET", "/view")[0].clone(),
        _ => {
            looks += 1;
            match looks > 2 {
                true => replies("GET", "/history")[0].clone(),
                false => said(&json!({})),
            }
        }
    });
    followed(&server).0.unwrap();
    assert!(!lines(&server).iter().any(|line| line == "POST /prompt"));
}

#[test]
fn what_ended_while_nobody_looked_is_taken_from_the_history() {
    let (server, _) = forgetful(|_, _| replies("POST", "/prompt")[2].clone());
    followed(&server).0.unwrap_err();
    let got = server.got();
    let order = queued(got.iter().find(|got| path(got) == "/prompt").unwrap());
    let entry = move |number: u64, client: &Value, status: &str| {
        let mut entry = recorded_entry()[ORDER].clone();
        entry["prompt"] = json!([number, ORDER, {}, { "client_id": client }, []]);
        entry["status"]["status_str"] = json!(status);
        entry
    };
    let client = order[3]["client_id"].clone();
    let history = move |last: &str| {
        json!({
            "a": entry(2, &client, last), "b": entry(1, &client, "success"),
            "c": entry(3, &json!("of-others"), "success"),
        })
    };
    let played = |history: Value, view: Option<Reply>| {
        Server::answering(move |got| match path(got) {
            path if path.starts_with("/ws") => answer("404 Not Found", "", ""),
            "/queue" => replies("GET", "/queue")[0].clone(),
            "/prompt" => replies("POST", "/prompt")[2].clone(),
            path if path.starts_with("/history?") => said(&history),
            path if path.starts_with("/view") => view
                .clone()
                .unwrap_or_else(|| replies("GET", "/view")[0].clone()),
            _ => said(&json!({})),
        })
    };
    let is_given = |server: &Server| lines(server).iter().any(|line| line == "POST /prompt");
    let server = played(history("success"), None);
    followed(&server).0.unwrap();
    assert!(!is_given(&server));
    // What failed there, or is gone, is asked anew.
    let server = played(history("error"), None);
    followed(&server).0.unwrap_err();
    assert!(is_given(&server));
    let gone = answer("404 Not Found", "", "");
    let server = played(history("success"), Some(gone));
    followed(&server).0.unwrap_err();
    assert!(is_given(&server));
}

#[test]
fn what_was_called_off_by_whoever_left_it_is_asked_anew() {
    let mut order = None;
    let probe = Server::answering(|got| match path(got) {
        path if path.starts_with("/ws") => answer("404 Not Found", "", ""),
        "/queue" => replies("GET", "/queue")[0].clone(),
        _ => replies("POST", "/prompt")[2].clone(),
    });
    followed(&probe).0.unwrap_err();
    let got = probe.got();
    order.replace(queued(
        got.iter().find(|got| path(got) == "/prompt").unwrap(),
    ));
    let server = Server::answering(move |got| match path(got) {
        path if path.starts_with("/ws") => answer("404 Not Found", "", ""),
        "/queue" => match order.take() {
            Some(order) => said(&json!({ "queue_running": [order], "queue_pending": [] })),
            None => replies("GET", "/queue")[0].clone(),
        },
        "/prompt" => replies("POST", "/prompt")[1].clone(),
        path if path.starts_with("/view") => replies("GET", "/view")[0].clone(),
        path if path.ends_with(ORDER) => {
            let told = json!({ "node_id": "3" });
            said(&json!({ ORDER: { "outputs": {}, "status": {
                "status_str": "error", "messages": [["execution_interrupted", told]]
            } } }))
        }
        _ => replies("GET", "/history")[1].clone(),
    });
    followed(&server).0.unwrap();
    assert!(lines(&server).iter().any(|line| line == "POST /prompt"));
}

#[test]
fn a_course_counts_nodes_once() {
    let workflow = Workflow::parse("flow.json", WORKFLOW).unwrap();
    let mut course = Course::new(&workflow);
    let mut told = Vec::new();
    for text in super::play::told() {
        if let Some(sign) = Sign::of_text(&text) {
            course.take(ORDER, sign);
            told.push(course.line());
        }
    }
    assert!(course.is_over);
    told.dedup();
    assert_snapshot!(told.join("\n"), @r"
    waits for the server
    begins
    EmptyImage (node 1 of 4)
    ImageInvert (node 2 of 4)
    ImageScale (node 3 of 4)
    SaveImage (node 4 of 4)
    ");
}
