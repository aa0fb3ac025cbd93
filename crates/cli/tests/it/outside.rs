//! A server outside: feeds come from it, and notices go to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// Headers and body.
pub(crate) type Posted = (BTreeMap<String, String>, String);

/// A server that gives a feed, and keeps what is posted to it.
pub(crate) struct Outside {
    pub(crate) port: u16,
    pub(crate) feed: Arc<Mutex<String>>,
    pub(crate) posted: Arc<Mutex<Vec<Posted>>>,
    /// Posts that are answered with 503 first.
    pub(crate) busy: Arc<Mutex<u32>>,
}

impl Outside {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let outside = Self {
            port: listener.local_addr().unwrap().port(),
            feed: Arc::default(),
            posted: Arc::default(),
            busy: Arc::default(),
        };
        let feed = Arc::clone(&outside.feed);
        let (posted, busy) = (Arc::clone(&outside.posted), Arc::clone(&outside.busy));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut first = String::new();
                reader.read_line(&mut first).unwrap();
                let mut headers = BTreeMap::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let Some((name, value)) = line.trim().split_once(": ") else {
                        break;
                    };
                    headers.insert(name.to_lowercase(), value.to_owned());
                }
                let length = headers
                    .get("content-length")
                    .map_or(0, |told| told.parse().unwrap());
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let (status, text) = if first.starts_with("POST") {
                    let mut busy = busy.lock().unwrap();
                    if *busy > 0 {
                        *busy -= 1;
                        ("503 Busy", String::new())
                    } else {
                        let body = String::from_utf8(body).unwrap();
                        posted.lock().unwrap().push((headers, body));
                        ("200 OK", String::new())
                    }
                } else {
                    ("200 OK", feed.lock().unwrap().clone())
                };
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/rss+xml\r\ncontent-length: {length}\r\n\r\n"
                );
                stream.write_all(format!("{head}{text}").as_bytes()).ok();
            }
        });
        outside
    }

    pub(crate) fn settings(&self) -> String {
        let port = self.port;
        format!(
            "[http]\nallow = [\"127.0.0.1:{port}\"]\n[secrets.ears]\nenv = \"EARS\"\n[tend]\nfailures_max = 2\n\
             webhook = \"http://127.0.0.1:{port}/told\"\nwebhook_secret = \"ears\"\n"
        )
    }

    pub(crate) fn told(&self) -> Vec<Value> {
        let posted = self.posted.lock().unwrap();
        let bodies = posted.iter().map(|(_, body)| body);
        bodies
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }
}
