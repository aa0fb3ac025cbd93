//! What a maker of pictures is asked for, and how it is asked.

use std::cell::{Cell, RefCell};

use daedal_core::engine::{EngineError, TaskContext};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use super::backend::Wish;
use crate::http::{Answer, Request};
use crate::patience::Trouble;
use crate::server::Server;

/// One wish on its way to one server.
pub(super) struct Errand<'e> {
    pub(super) server: &'e Server,
    pub(super) wish: Wish<'e>,
    /// The entry of the settings, and its kind.
    pub(super) name: &'e str,
    pub(super) kind: &'static str,
    /// Largest answer, in bytes.
    pub(super) bytes_max: u64,
    /// How long the step may take, in milliseconds.
    pub(super) limit_ms: u64,
    pub(super) context: &'e TaskContext<'e>,
    /// The same for all the times that it is asked.
    pub(super) key: String,
    /// Whether the server may be working.
    pub(super) working: Cell<bool>,
    /// Where it wants to be told that this is no longer wanted.
    pub(super) cancel: RefCell<Option<Url>>,
}

impl Errand<'_> {
    /// A request for something that may be paid, which is known again if it comes twice.
    pub(super) fn order(&self, path: &str) -> Result<Request, Trouble> {
        let mut request = self.request(Method::POST, path)?;
        if let Ok(key) = HeaderValue::from_str(&self.key) {
            request.headers.insert("idempotency-key", key);
        }
        Ok(request)
    }

    /// A request for what is at `path`.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<Request, Trouble> {
        self.server.request(method, path).map_err(refused)
    }

    /// A request for a file somewhere else, which gets no key.
    pub(super) fn file(&self, url: Url) -> Request {
        Request {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            secrets: Vec::new(),
        }
    }

    /// What a server answers in JSON.
    pub(super) async fn ask(&self, request: Request) -> Result<Value, Trouble> {
        let answer = self.answer(request).await?;
        self.json(&answer)
    }

    /// The JSON of an answer.
    pub(super) fn json(&self, answer: &Answer) -> Result<Value, Trouble> {
        serde_json::from_slice(&answer.bytes)
            .map_err(|_| self.foreign(&answer.from, "it gives no JSON"))
    }

    /// What a server answers, where that is a success.
    pub(super) async fn answer(&self, request: Request) -> Result<Answer, Trouble> {
        let answer = self.server.call(request, self.bytes_max).await?;
        let look_at = "what was asked for (sizes and counts that a model takes differ), at `model`";
        match answer.status.is_success() {
            true => Ok(answer),
            false => Err(self.server.trouble(&answer, look_at)),
        }
    }

    /// An answer of something of another kind. It may have cost something all the same.
    pub(super) fn foreign(&self, from: &str, why: &str) -> Trouble {
        Trouble::Failed(EngineError::invalid(format!(
            "{from} does not answer as servers of the kind `{}` do ({why}): look at `url` and `kind` under \
             [diffusion.{}] in daedal.toml",
            self.kind, self.name
        )))
    }
}

/// What can't be asked at all.
pub(super) fn refused(error: EngineError) -> Trouble {
    Trouble::Refused {
        message: error.to_string(),
    }
}
