//! Reads feeds: RSS, Atom and JSON Feed.

mod entries;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::Calls;
use crate::http::{
    self, Request, Target, Web, check_secrets, late, parse, refused, target_properties,
};
use crate::secrets::{Secrets, hide};
use crate::task::{excerpt, params};
use crate::time::Time;

/// Entries that are given unless a step says otherwise.
const LIMIT: usize = 20;
/// Entries that may be given.
const LIMIT_MAX: usize = 200;
/// What is asked for.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5";

/// The engine `feed`.
pub struct FeedEngine {
    spec: EngineSpec,
    calls: Arc<Calls>,
    web: Arc<Web>,
    secrets: Arc<Secrets>,
}

#[derive(Deserialize)]
struct Params {
    #[serde(flatten)]
    target: Target,
    limit: Option<usize>,
    bytes_max: Option<u64>,
}

impl FeedEngine {
    pub(crate) fn new(calls: Arc<Calls>, web: Arc<Web>, secrets: Arc<Secrets>) -> Self {
        let mut properties = target_properties();
        let limit = json!({
            "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT,
            "description": "How many entries are given, the newest first."
        });
        properties.insert("limit".to_owned(), limit);
        Self {
            spec: EngineSpec {
                name: "feed",
                version: "1",
                summary: "Reads a feed: RSS, Atom or JSON Feed.",
                determinism: Determinism::Attested,
                seeded: false,
                main_input: None,
                schema: json!({
                    "type": "object",
                    "properties": properties,
                    "required": ["url"],
                    "additionalProperties": false
                }),
                output: output(),
                effect: false,
            },
            calls,
            web,
            secrets,
        }
    }
}

fn output() -> Value {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "properties": {
            "title": text("Of the feed."),
            "description": text("Of the feed."),
            "link": text("The site that the feed belongs to."),
            "entries": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": text("As the feed names it."),
                        "title": text("In one line."),
                        "summary": text("Up to 2,000 characters, without markup."),
                        "link": text("Where all of it is."),
                        "published": text("Day and time (RFC 3339); empty where the feed does not say."),
                        "authors": texts,
                        "categories": texts
                    },
                    "additionalProperties": false
                },
                "description": "The newest first."
            },
            "text": text("Titles and summaries, as a list for a prompt.")
        },
        "additionalProperties": false
    })
}

impl Engine for FeedEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn implied(&self, _: &Value) -> Vec<(&'static str, &'static str)> {
        vec![("as_of", "run.id")]
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let mut found = check_secrets(with);
        let url = with.get("url").and_then(Value::as_str);
        if let Some(url) = url.filter(|url| !url.contains("{{")) {
            found.extend(parse(url).err());
        }
        found
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let mut request = Request::new(Method::GET, &params.target, &self.secrets)?;
        let accepted = HeaderValue::from_static(ACCEPTED);
        request.headers.entry(ACCEPT).or_insert(accepted);
        let bytes_max = params.bytes_max.unwrap_or(http::BYTES_MAX);
        let bytes_max = bytes_max.min(task.limits.output_bytes_max);
        let (place, secrets) = (request.place(), request.secrets.clone());
        let limit_ms = task.limits.timeout_ms_max;
        let asked = self.web.ask(request, bytes_max);
        let late = || late(&place, limit_ms);
        let answer = self
            .calls
            .wait(&Time::new(context, limit_ms, &late), asked)?;
        if !answer.status.is_success() {
            let said = hide(&secrets, &excerpt(&String::from_utf8_lossy(&answer.bytes)));
            return Err(refused(&answer, &said));
        }
        let limit = params.limit.unwrap_or(LIMIT).min(LIMIT_MAX);
        let value = entries::read(&answer.bytes, &answer.from, limit)?;
        Ok(Performed::Done(Outcome::free(value)))
    }
}
