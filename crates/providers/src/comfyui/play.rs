//! For tests: a ComfyUI that answers as the recorded one did.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::engine::Engine;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::Settings;
use crate::testing::{Got, Reply, Server, answer, bytes, engine, json as said};

/// Exchanges with ComfyUI v0.3.64, as they went.
const RECORDED: &str = include_str!("fixtures/exchange.json");
/// The workflow of these exchanges.
pub(super) const WORKFLOW: &str = include_str!("fixtures/workflow-api.json");
/// What the server called the first order.
pub(super) const ORDER: &str = "f34d0b3c-0cea-4bc3-a32d-098e48acbe76";

fn all(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(RECORDED).unwrap();
    all[part].as_array().unwrap().clone()
}

pub(super) fn recorded() -> Vec<Value> {
    all("http")
}

/// What the server told on its socket during the first order, message by message.
pub(super) fn told() -> Vec<String> {
    all("websocket").iter().map(Value::to_string).collect()
}

/// The recorded answers to requests of a method for a path that starts so, in order.
pub(super) fn replies(method: &str, path: &str) -> Vec<Reply> {
    let fits = |one: &&Value| {
        let asked = &one["request"];
        asked["method"] == method && asked["path"].as_str().unwrap().starts_with(path)
    };
    let reply = |one: &Value| {
        let kind = one["content_type"].as_str().unwrap();
        if let Some(packed) = one["base64"].as_str() {
            return bytes(kind, &STANDARD.decode(packed).unwrap());
        }
        let status = one["status"].to_string() + " As Recorded";
        let body = match one["text"].as_str() {
            Some(text) => text.to_owned(),
            None => one["json"].to_string(),
        };
        answer(&status, &format!("content-type: {kind}\r\n"), &body)
    };
    recorded().iter().filter(fits).map(reply).collect()
}

/// A server that answers as recorded, but for requests that start as one of `routes`: these get the answers that stand
/// there one after the other, the last for all that follow. It has no socket unless a route says so.
pub(super) fn play<const N: usize>(routes: [(&'static str, Vec<Reply>); N]) -> Server {
    let mut routes: BTreeMap<&str, VecDeque<Reply>> = routes
        .into_iter()
        .map(|(route, replies)| (route, replies.into()))
        .collect();
    let mut views = VecDeque::from(replies("GET", "/view"));
    let next = move |replies: &mut VecDeque<Reply>| match replies.len() {
        1 => replies[0].clone(),
        _ => replies.pop_front().unwrap(),
    };
    Server::answering(move |got| {
        let own = routes
            .iter_mut()
            .find(|(route, _)| got.line.starts_with(**route));
        if let Some((_, replies)) = own {
            return next(replies);
        }
        let (method, path) = (got.line.split(' ').next().unwrap(), path(got));
        match path {
            _ if path.starts_with("/view") => next(&mut views),
            _ if path.starts_with("/ws") => answer("404 Not Found", "", ""),
            _ if path == format!("/history/{ORDER}") => replies("GET", "/history")[0].clone(),
            _ if path.starts_with("/history") => said(&json!({})),
            _ => replies(method, path)[0].clone(),
        }
    })
}

pub(super) fn comfy(server: &Server) -> Arc<dyn Engine> {
    let mut settings = Settings::default();
    settings.comfyui.url = Some(server.url(""));
    engine("comfyui", &settings)
}

/// What was asked, by method and path; the name of the client aside.
pub(super) fn lines(server: &Server) -> Vec<String> {
    let line = |got: &Got| {
        let line = got.line.trim_end_matches(" HTTP/1.1");
        line.split("?clientId=").next().unwrap().to_owned()
    };
    server.got().iter().map(line).collect()
}

pub(super) fn path(got: &Got) -> &str {
    got.line.split(' ').nth(1).unwrap()
}

/// What stands in the queue for whoever asked by `got`.
pub(super) fn queued(got: &Got) -> Value {
    let body = got.json();
    json!([0, ORDER, body["prompt"], { "client_id": body["client_id"] }, ["4"]])
}

/// The beginning of a WebSocket for whoever asked by `got`, with these frames.
pub(super) fn socket(got: &Got, frames: &[Vec<u8>]) -> Vec<u8> {
    let accept = derive_accept_key(got.headers["sec-websocket-key"].as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    [head.into_bytes(), frames.concat()].concat()
}

/// A frame as a server sends it (RFC 6455, section 5.2): 1 is text, 2 bytes, 8 the end, 9 a ping.
pub(super) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | kind];
    match payload.len() {
        short @ 0..126 => frame.push(short as u8),
        long => {
            frame.push(126);
            frame.extend(u16::try_from(long).unwrap().to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}
