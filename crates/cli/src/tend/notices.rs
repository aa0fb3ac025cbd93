//! Telling what happens: lines on the terminal or JSON, and notices to whoever is to know.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::engine::EngineError;
use daedal_core::run::Moment;
use daedal_providers::notice::Notices;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::outbox::Outbox;
use crate::text;
use crate::ui::Ui;

/// Times that one is sent, and the wait after the first; it is doubled each time.
const ATTEMPTS: u32 = 5;
const BACKOFF: Duration = Duration::from_secs(1);
/// Longest time for one attempt.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Time after which what could not be sent is tried again, unless something else happens.
const AGAIN: Duration = Duration::from_secs(60);
/// Longest time for those that are under way at the end.
const LAST_MAX: Duration = Duration::from_secs(30);

/// Tells what happens.
pub(crate) struct Teller {
    ui: Ui,
    notices: Option<Post>,
}

/// Sends notices from where they are written down.
struct Post {
    outbox: Arc<Outbox>,
    /// Changes with each notice; closed at the end.
    news: watch::Sender<u64>,
    sending: JoinHandle<()>,
}

/// Something that happened.
pub(crate) struct News {
    event: &'static str,
    value: Value,
    text: String,
    at: Moment,
}

impl News {
    pub(crate) fn new(event: &'static str, at: Moment, text: impl Into<String>) -> Self {
        let value = json!({ "event": event, "at": text::moment(at) });
        Self {
            event,
            value,
            text: text.into(),
            at,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.value[name] = value.into();
        self
    }

    /// Whether somebody who is not here should know.
    fn matters(&self) -> bool {
        matches!(
            self.event,
            "ended" | "waiting" | "stopped" | "failed" | "paused" | "resumed"
        )
    }

    /// A name that it has however often it is sent.
    fn id(&self) -> String {
        let text = self.value.to_string();
        let digest = daedal_core::Digest::of_parts("daedal/notice/v1", &[text.as_bytes()]);
        format!("msg_{}", digest.short())
    }
}

impl Teller {
    /// `folder` is where notices wait.
    pub(crate) fn new(ui: Ui, notices: Option<Notices>, folder: PathBuf) -> Self {
        let notices = notices.map(|notices| {
            let outbox = Arc::new(Outbox::of(folder));
            let (news, told) = watch::channel(0);
            let sending = tokio::spawn(send_all(notices, Arc::clone(&outbox), told, ui));
            Post {
                outbox,
                news,
                sending,
            }
        });
        Self { ui, notices }
    }

    /// Tells it, and waits for nobody. A notice of it is written down first.
    pub(crate) fn tell(&self, mut news: News) {
        news.value["id"] = news.id().into();
        match self.ui.json {
            true => self.ui.event(&news.value),
            false => {
                let at = text::moment(news.at);
                self.ui.note(format!("{at}  {}", news.text));
            }
        }
        let Some(post) = self.notices.as_ref().filter(|_| news.matters()) else {
            return;
        };
        match post.outbox.add(news.at, &news.value) {
            Ok(0) => {}
            Ok(dropped) => {
                let notices = text::count(dropped, "notice");
                self.ui.note(format!(
                    "warning: too many notices wait to be sent; {notices}, the oldest, will not be"
                ));
            }
            Err(failure) => self.ui.note(format!(
                "warning: a notice could not be written down, and is not sent: {}",
                failure.message()
            )),
        }
        post.news.send_modify(|count| *count += 1);
    }

    /// Lets what is under way arrive, within bounds. The rest waits for whoever tends next.
    pub(crate) async fn close(self) {
        if let Some(Post {
            outbox,
            news,
            sending,
        }) = self.notices
        {
            drop(news);
            if tokio::time::timeout(LAST_MAX, sending).await.is_err() {
                let notices = text::count(outbox.count(), "notice");
                self.ui.note(format!(
                    "warning: {notices} could not be sent in time: sent when somebody tends again"
                ));
            }
        }
    }
}

/// Sends what waits, whenever there is news and again after a while; ends once there is no more news, after a last try.
async fn send_all(notices: Notices, outbox: Arc<Outbox>, mut news: watch::Receiver<u64>, ui: Ui) {
    let mut is_told = false;
    loop {
        let is_last = news.has_changed().is_err();
        news.borrow_and_update();
        match send_waiting(&notices, &outbox, ui).await {
            Ok(()) => is_told = false,
            // Once for all that wait.
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    ui.note(format!(
                        "warning: nobody could be told what happened, and it is tried again: {error}"
                    ));
                }
                if news.has_changed().is_err() {
                    return;
                }
            }
        }
        if is_last {
            return;
        }
        let waits = tokio::time::timeout(AGAIN, news.changed());
        // Whether it changed, ended or took too long, it is tried.
        let _ = waits.await;
    }
}

/// Sends what waits, the oldest first. Where nobody answers, the others wait, too; what nobody takes is dropped.
async fn send_waiting(notices: &Notices, outbox: &Outbox, ui: Ui) -> Result<(), EngineError> {
    for place in outbox.waiting() {
        let Some(notice) = Outbox::read(&place) else {
            continue;
        };
        match send(notices, &notice).await {
            Ok(()) => {}
            Err(error) if error.is_retryable() => return Err(error),
            Err(error) => {
                let event = notice["event"].as_str().unwrap_or_default();
                ui.note(format!(
                    "warning: nobody could be told that `{event}` happened: {error}"
                ));
            }
        }
        outbox.remove(&place);
    }
    Ok(())
}

async fn send(notices: &Notices, notice: &Value) -> Result<(), EngineError> {
    let id = notice["id"].as_str().unwrap_or_default();
    let mut pause = BACKOFF;
    for attempt in 1..=ATTEMPTS {
        // Who receives it refuses what is old: each attempt has a time of its own.
        let at = text::now().0 / 1_000;
        let sent = tokio::time::timeout(ATTEMPT_MAX, notices.send(id, at, notice)).await;
        let error = match sent {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => {
                EngineError::transient(format!("no answer within {} s", ATTEMPT_MAX.as_secs()))
            }
        };
        if !error.is_retryable() || attempt == ATTEMPTS {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Ok(())
}
