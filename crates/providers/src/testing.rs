//! For tests: blobs in memory, a task around given fields, and a server that answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::engine::{
    Engine, EngineError, Limits, Outcome, Performed, Task, TaskContext, Usage, Watch,
};
use daedal_core::{Digest, Seed};
use serde_json::Value;

use crate::Settings;
use crate::secrets::{Place, SecretSettings};

/// The value of every secret.
pub(crate) const SECRET: &str = "sea-glass-0123456789";

/// A studio that may reach this machine at these ports, and knows the secret `press`, which may go there, too.
pub(crate) fn settings(ports: &[u16]) -> Settings {
    let hosts: Vec<String> = ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    let mut settings = Settings::default();
    settings.http.allow = hosts.clone();
    let secret = SecretSettings {
        env: Some("PRESS_KEY".to_owned()),
        hosts,
        ..SecretSettings::default()
    };
    settings.secrets.insert("press".to_owned(), secret);
    settings
}

/// The engine called `name` of a studio that is set so.
pub(crate) fn engine(name: &str, settings: &Settings) -> Arc<dyn Engine> {
    let read = |place: &Place| match place {
        Place::Variable(_) => Ok(SECRET.to_owned()),
        Place::File(_) => Err("there are no files here".to_owned()),
    };
    let engines = crate::all(settings, Arc::new(read)).unwrap();
    engines
        .into_iter()
        .find(|engine| engine.spec().name == name)
        .unwrap()
}

#[derive(Default)]
pub(crate) struct Bench {
    blobs: Mutex<BTreeMap<Digest, Arc<[u8]>>>,
    pub(crate) limits: Limits,
    pub(crate) stop: AtomicBool,
    /// Whether somebody looks.
    pub(crate) is_followed: bool,
    /// Where its tasks stand in a run.
    place: Option<Digest>,
    /// What was told.
    pub(crate) told: Mutex<Vec<String>>,
    /// What was used and came to nothing.
    pub(crate) spent: Mutex<Usage>,
}

impl Watch for Bench {
    fn is_followed(&self) -> bool {
        self.is_followed
    }

    fn tell(&self, line: &str) {
        self.told.lock().unwrap().push(line.to_owned());
    }

    fn spend(&self, usage: &Usage) {
        self.spent.lock().unwrap().add(usage);
    }
}

impl BlobRead for Bench {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let blobs = self.blobs.lock().unwrap();
        blobs
            .get(digest)
            .cloned()
            .ok_or(BlobError::Missing { digest: *digest })
    }
}

impl BlobWrite for Bench {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        self.blobs.lock().unwrap().insert(digest, bytes.into());
        Ok(digest)
    }
}

impl Bench {
    /// A bench that somebody looks at.
    pub(crate) fn followed() -> Self {
        Self {
            is_followed: true,
            ..Self::default()
        }
    }

    /// A bench whose tasks stand at a place of a run.
    pub(crate) fn at(place: &str) -> Self {
        Self {
            place: Some(Digest::of(place.as_bytes())),
            ..Self::default()
        }
    }

    /// Keeps a file of the bundle and gives the asset that stands for it.
    pub(crate) fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> Value {
        let asset = daedal_core::bundle::file_asset(path, bytes.as_ref());
        self.write(bytes.as_ref()).unwrap();
        asset.to_value()
    }

    pub(crate) fn task(&self, engine: &dyn Engine, with: Value, seed: u64) -> Task {
        let spec = engine.spec();
        Task {
            engine: spec.name.to_owned(),
            engine_version: spec.version.to_owned(),
            params: with,
            seed: spec.seeded.then(|| Seed(Digest::of(&seed.to_be_bytes()))),
            limits: self.limits,
            labels: BTreeMap::new(),
        }
    }

    /// Performs a task with these fields.
    pub(crate) fn perform(
        &self,
        engine: &dyn Engine,
        with: Value,
        seed: u64,
    ) -> Result<Outcome, EngineError> {
        let task = self.task(engine, with, seed);
        let context = TaskContext::new(self, &self.stop).watched(self);
        let context = match self.place {
            Some(place) => context.placed(place),
            None => context,
        };
        match engine.run(&task, &context)? {
            Performed::Done(outcome) => Ok(outcome),
            Performed::Asked(_) => panic!("it asks"),
        }
    }

    /// What a task that has to succeed gives.
    #[track_caller]
    pub(crate) fn value(&self, engine: &dyn Engine, with: Value) -> Value {
        self.perform(engine, with, 1).unwrap().value
    }

    /// Why a task that has to fail does.
    #[track_caller]
    pub(crate) fn error(&self, engine: &dyn Engine, with: Value) -> EngineError {
        self.perform(engine, with, 1).unwrap_err()
    }
}

/// What a server got: the first line, the header fields in lower case, and the body.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Got {
    /// What tells it from other calls.
    pub(crate) fn key(&self) -> &str {
        &self.headers["idempotency-key"]
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// How a server answers.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, and the end.
    Raw(Vec<u8>),
    /// These bytes, and then nothing for long.
    Silence(Vec<u8>),
}

/// A server on this machine that answers one request after the other as it was told, the last answer for all that
/// follow.
pub(crate) struct Server {
    pub(crate) port: u16,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        Self::answering(move |_| match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop_front().unwrap(),
        })
    }

    /// A server that looks at what it is asked.
    pub(crate) fn answering(mut answer: impl FnMut(&Got) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&got);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = take(&stream) else {
                    continue;
                };
                seen.lock().unwrap().push(request.clone());
                match answer(&request) {
                    Reply::Raw(bytes) => drop(stream.write_all(&bytes)),
                    Reply::Silence(bytes) => {
                        drop(stream.write_all(&bytes));
                        std::thread::spawn(move || {
                            std::thread::sleep(Duration::from_secs(60));
                            drop(stream);
                        });
                    }
                }
            }
        });
        Self { port, got }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

fn take(stream: &TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    (!line.is_empty()).then(|| Got {
        line: line.trim().to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// An answer with a status, further header fields and a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Raw(
        format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )
        .into_bytes(),
    )
}

/// An answer of bytes of a media type.
pub(crate) fn bytes(media_type: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\ncontent-type: {media_type}\r\n\r\n"
    );
    Reply::Raw([head.as_bytes(), body].concat())
}

/// An answer that comes piece by piece, each of these a message of it.
pub(crate) fn pieces(messages: &[Value]) -> Reply {
    let mut text = String::from(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n",
    );
    for message in messages {
        let kind = message["type"].as_str().unwrap_or("message");
        text.push_str(&match message {
            Value::String(word) => format!("data: {word}\n\n"),
            message => format!("event: {kind}\ndata: {message}\n\n"),
        });
    }
    Reply::Raw(text.into_bytes())
}

/// An answer of JSON.
pub(crate) fn json(body: &Value) -> Reply {
    answer(
        "200 OK",
        "content-type: application/json\r\n",
        &body.to_string(),
    )
}
