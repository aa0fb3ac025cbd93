//! One order at one server: its files there, the workflow queued, followed until it is done, and what it made brought
//! back.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use daedal_core::engine::{EngineError, TaskContext};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::order::Order;
use super::signs::Course;
use super::socket::Socket;
use super::trouble;
use crate::http::{Answer, Request};
use crate::secrets::{Secret, hide};
use crate::server::{Server, unique};

/// Longest answer that is not a file, in bytes: it repeats the workflow.
pub(super) const JSON_BYTES_MAX: u64 = 32 << 20;
/// Pauses between looks whether it is done grow from this …
pub(super) const PAUSE: Duration = Duration::from_millis(10);
/// … up to this, …
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// … or this, where the server tells by itself.
const PAUSE_TOLD_MAX: Duration = Duration::from_secs(5);
/// How long a server may be away: started anew, it loads models and nodes first.
const AWAY_MAX: Duration = Duration::from_secs(120);
/// Looks in a row at which a server that was never away may not know an order.
const UNKNOWN_MAX: u32 = 3;
/// How often an order is given that a server forgot.
const TIMES_MAX: u32 = 4;
/// How often a socket is opened for one order.
const SOCKETS_MAX: u32 = 8;

/// A client that a server knows for one order.
pub(crate) struct Visit<'v> {
    pub(super) server: &'v Server,
    /// What the server calls it; the same for the same order, which is found in the server's queue by it.
    pub(super) client: String,
    pub(super) bytes_max: u64,
    /// What it is never told on from there.
    secrets: Vec<Secret>,
    /// The order that the server may be working on, by its name there.
    under_way: RefCell<Option<String>>,
    /// Whether it has ever taken the order.
    was_given: Cell<bool>,
}

/// How an order stands at its server.
enum Stands {
    /// It is over: what the history tells.
    Over(Value),
    UnderWay,
    /// The server knows nothing of it.
    Unknown,
}

/// What is heard from a server while it works.
struct Hearing {
    socket: Option<Socket>,
    sockets: u32,
    /// When it answered last.
    heard: Instant,
    /// Whether it was out of reach since it was given the order.
    was_away: bool,
    pause: Duration,
}

impl<'v> Visit<'v> {
    pub(crate) fn new(server: &'v Server, order: &Order, bytes_max: u64) -> Self {
        Self {
            server,
            client: order.client(),
            bytes_max,
            secrets: server.secrets(),
            under_way: RefCell::default(),
            was_given: Cell::default(),
        }
    }

    /// Has an order performed, and keeps what it made.
    pub(crate) async fn perform(
        &self,
        mut order: Order,
        context: &TaskContext<'_>,
    ) -> Result<Vec<Value>, EngineError> {
        let mut hearing = Hearing {
            socket: Socket::open(self.server, &self.client).await,
            sockets: 1,
            heard: Instant::now(),
            was_away: false,
            pause: PAUSE,
        };
        for round in 0..TIMES_MAX {
            // A run that was killed may have left its order here.
            let (running, pending) = self.own().await?;
            let left = running.into_iter().chain(pending).next();
            if left.is_none()
                && round == 0
                && let Some(made) = self.left_over(&order, context).await
            {
                return Ok(made);
            }
            let is_left = left.is_some();
            let id = match left {
                Some(id) => id,
                None => {
                    self.send(&mut order, context).await?;
                    self.queue(&order, &mut hearing).await?
                }
            };
            self.under_way.replace(Some(id.clone()));
            self.was_given.set(true);
            let Some(entry) = self.finished(&id, &order, &mut hearing, context).await? else {
                // Started anew, it has nothing of what it was given.
                self.under_way.replace(None);
                continue;
            };
            self.under_way.replace(None);
            let from = self.server.url.as_str();
            return match trouble::failure(&order.workflow, from, &entry) {
                // It was called off by whoever left it.
                Some(error) if is_left && error.is_retryable() => continue,
                Some(error) => Err(error),
                None => self.collect(&order, &entry, context).await,
            };
        }
        Err(EngineError::transient(format!(
            "{} was started anew {TIMES_MAX} times during the workflow: look at its log; `retry:` asks again by \
                 itself",
            self.server.url
        )))
    }

    /// Whether the server may be working for us.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.borrow().is_some()
    }

    /// Whether the server has ever taken the order.
    pub(crate) fn was_given(&self) -> bool {
        self.was_given.get()
    }

    /// Puts the workflow into the server's queue, and gives its name there.
    async fn queue(&self, order: &Order, hearing: &mut Hearing) -> Result<String, EngineError> {
        let id = named(&unique());
        let body = json!({
            "prompt": order.workflow.nodes(), "client_id": self.client, "prompt_id": id,
        });
        let request = self.request(Method::POST, "prompt")?.with_json(&body);
        self.under_way.replace(Some(id.clone()));
        let answer = match self.server.ask(request, JSON_BYTES_MAX).await {
            Ok(answer) => answer,
            // It may have got there: that shows when the server is back.
            Err(error) if error.is_retryable() => {
                hearing.lost();
                return Ok(id);
            }
            Err(error) => return Err(error),
        };
        if !answer.status.is_success() {
            self.under_way.replace(None);
        }
        let said = self.read(&answer, answer.status == StatusCode::BAD_REQUEST)?;
        let wrong = said["node_errors"].as_object();
        // It begins with what is sound where a part of the workflow is not.
        if !answer.status.is_success() || wrong.is_some_and(|nodes| !nodes.is_empty()) {
            return Err(trouble::refusal(
                &order.workflow,
                self.server.url.as_str(),
                &said,
            ));
        }
        // Older servers choose a name themselves.
        let id = said["prompt_id"].as_str().ok_or_else(|| self.foreign())?;
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
        match id.chars().all(is_plain) {
            true => Ok(id.to_owned()),
            false => Err(self.foreign()),
        }
    }

    /// Waits until the order is over, and gives what the server's history tells; nothing where the server was away
    /// meanwhile and knows nothing of the order any more.
    async fn finished(
        &self,
        id: &str,
        order: &Order,
        hearing: &mut Hearing,
        context: &TaskContext<'_>,
    ) -> Result<Option<Value>, EngineError> {
        let mut course = Course::new(&order.workflow);
        let mut unknown = 0;
        hearing.heard = Instant::now();
        hearing.pause = PAUSE;
        loop {
            self.listen(id, &mut course, hearing, context).await;
            match self.look(id).await {
                Ok(Stands::Over(entry)) => return Ok(Some(entry)),
                Ok(Stands::UnderWay) => {
                    unknown = 0;
                    hearing.heard = Instant::now();
                    // It is back, and has what it was given.
                    if std::mem::take(&mut hearing.was_away) && hearing.sockets < SOCKETS_MAX {
                        hearing.socket = Socket::open(self.server, &self.client).await;
                        hearing.sockets += 1;
                    }
                }
                Ok(Stands::Unknown) if hearing.was_away => {
                    hearing.was_away = false;
                    return Ok(None);
                }
                Ok(Stands::Unknown) if unknown < UNKNOWN_MAX => unknown += 1,
                Ok(Stands::Unknown) => return Err(self.forgotten()),
                Err(error) if error.is_retryable() && hearing.heard.elapsed() < AWAY_MAX => {
                    hearing.lost();
                    context.tell(&format!("{} does not answer now", self.server.url));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Listens to what the server tells until it is time to look.
    async fn listen(
        &self,
        id: &str,
        course: &mut Course<'_>,
        hearing: &mut Hearing,
        context: &TaskContext<'_>,
    ) {
        let is_told = hearing.socket.is_some();
        let until = tokio::time::Instant::now() + hearing.pause;
        let most = if is_told { PAUSE_TOLD_MAX } else { PAUSE_MAX };
        hearing.pause = (hearing.pause * 3 / 2).min(most);
        while let Some(socket) = &mut hearing.socket {
            let sign = tokio::select! {
                sign = socket.next() => sign,
                () = tokio::time::sleep_until(until) => return,
            };
            let Some(sign) = sign else {
                hearing.lost();
                return;
            };
            course.take(id, sign);
            if std::mem::take(&mut course.is_over) {
                // The history knows of it a moment later.
                hearing.pause = PAUSE;
                return;
            }
            context.tell(&hide(&self.secrets, &course.line()));
        }
        tokio::time::sleep_until(until).await;
    }

    async fn look(&self, id: &str) -> Result<Stands, EngineError> {
        if let Some(entry) = self.history(id).await? {
            return Ok(Stands::Over(entry));
        }
        let (running, pending) = self.own().await?;
        if running.iter().chain(&pending).any(|own| own == id) {
            return Ok(Stands::UnderWay);
        }
        // It may have ended between the two questions.
        Ok(match self.history(id).await? {
            Some(entry) => Stands::Over(entry),
            None => Stands::Unknown,
        })
    }

    fn forgotten(&self) -> EngineError {
        EngineError::transient(format!(
            "{} no longer knows of the workflow: somebody emptied its queue, or it was started anew within a moment; \
                 `retry:` asks again by itself",
            self.server.url
        ))
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Result<Request, EngineError> {
        self.server.request(method, path)
    }

    pub(super) async fn json(&self, request: Request) -> Result<Value, EngineError> {
        let answer = self.server.ask(request, JSON_BYTES_MAX).await?;
        self.read(&answer, false)
    }

    /// The JSON of an answer that went well, or also of one that did not.
    fn read(&self, answer: &Answer, is_refusal: bool) -> Result<Value, EngineError> {
        if !answer.status.is_success() && !is_refusal {
            return Err(self.unexpected(answer));
        }
        serde_json::from_slice(&answer.bytes).map_err(|_| self.foreign())
    }

    pub(super) fn unexpected(&self, answer: &Answer) -> EngineError {
        self.server.unexpected(answer, "what its log says")
    }

    /// The answer of something that is no ComfyUI.
    pub(super) fn foreign(&self) -> EngineError {
        EngineError::invalid(format!(
            "{} does not answer as ComfyUI does: look at `url` under [comfyui] in daedal.toml",
            self.server.url
        ))
    }
}

impl Hearing {
    /// The server is out of reach.
    fn lost(&mut self) {
        self.socket = None;
        self.was_away = true;
    }
}

/// A name of 32 hexadecimal digits, as a UUID is written.
fn named(digits: &str) -> String {
    let mut name = String::with_capacity(36);
    for (at, digit) in digits.char_indices() {
        if matches!(at, 8 | 12 | 16 | 20) {
            name.push('-');
        }
        // Its version and variant (RFC 9562): chosen by chance.
        name.push(match at {
            12 => '4',
            16 => 'a',
            _ => digit,
        });
    }
    name
}
