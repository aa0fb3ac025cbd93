//! Telling what happens: lines on the terminal or JSON, and notices to whoever is to know.

use std::time::Duration;

use daedal_core::engine::EngineError;
use daedal_core::run::Moment;
use daedal_providers::notice::Notices;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::text;
use crate::ui::Ui;

/// Notices that may wait; what comes beyond is told here only.
const WAITING_MAX: usize = 64;
/// Times that one is sent, and the wait after the first; it is doubled each time.
const ATTEMPTS: u32 = 5;
const BACKOFF: Duration = Duration::from_secs(1);
/// Longest time for one attempt.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Longest time for those that are under way at the end.
const LAST_MAX: Duration = Duration::from_secs(30);

/// Tells what happens.
pub(crate) struct Teller {
    ui: Ui,
    notices: Option<(mpsc::Sender<Value>, JoinHandle<()>)>,
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
    pub(crate) fn new(ui: Ui, notices: Option<Notices>) -> Self {
        let notices = notices.map(|notices| {
            let (sender, waiting) = mpsc::channel(WAITING_MAX);
            (sender, tokio::spawn(send_all(notices, waiting, ui)))
        });
        Self { ui, notices }
    }

    /// Tells it, and waits for nobody.
    pub(crate) fn tell(&self, mut news: News) {
        news.value["id"] = news.id().into();
        match self.ui.json {
            true => self.ui.event(&news.value),
            false => {
                let at = text::moment(news.at);
                self.ui.note(format!("{at}  {}", news.text));
            }
        }
        if let Some((sender, _)) = self.notices.as_ref().filter(|_| news.matters())
            && sender.try_send(news.value).is_err()
        {
            self.ui
                .note("warning: too many notices wait to be sent; this one is not");
        }
    }

    /// Lets what is under way arrive, within bounds.
    pub(crate) async fn close(self) {
        if let Some((sender, sending)) = self.notices {
            drop(sender);
            if tokio::time::timeout(LAST_MAX, sending).await.is_err() {
                self.ui
                    .note("warning: some notices could not be sent in time, and are lost");
            }
        }
    }
}

async fn send_all(notices: Notices, mut waiting: mpsc::Receiver<Value>, ui: Ui) {
    while let Some(notice) = waiting.recv().await {
        if let Err(error) = send(&notices, &notice).await {
            let event = notice["event"].as_str().unwrap_or_default();
            ui.note(format!(
                "warning: nobody could be told that `{event}` happened: {error}"
            ));
        }
    }
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
