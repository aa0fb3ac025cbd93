//! Calls any API.

mod request;
mod schema;
#[cfg(test)]
mod tests;
mod web;

use std::sync::Arc;

use daedal_core::asset::ASSET_KEY;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) use request::{Request, Target, parse};
pub(crate) use schema::{check_secrets, target_properties};
pub use web::HttpSettings;
pub(crate) use web::{Answer, Web};

use crate::call::Calls;
use crate::patience::after_ms;
use crate::secrets::{Secrets, hide};
use crate::task::{call_key, excerpt, params};
use crate::time::Time;
use request::Body;

/// Longest text that is given as a field beside the asset, in bytes.
const TEXT_FIELD_MAX: usize = 64 << 10;
/// Size of an answer unless a step says otherwise, in bytes.
pub(crate) const BYTES_MAX: u64 = 8 << 20;
/// Methods, and whether each only looks.
const METHODS: [(&str, bool); 6] = [
    ("GET", true),
    ("HEAD", true),
    ("POST", false),
    ("PUT", false),
    ("PATCH", false),
    ("DELETE", false),
];
/// Tells a server that a request which comes again is the same.
const KEY: &str = "idempotency-key";
/// The fields that a body may come from.
const BODIES: [&str; 4] = ["json", "text", "form", "file"];

/// The engine `http`.
pub struct HttpEngine {
    spec: EngineSpec,
    calls: Arc<Calls>,
    web: Arc<Web>,
    secrets: Arc<Secrets>,
}

#[derive(Deserialize)]
struct Params {
    method: Option<String>,
    #[serde(flatten)]
    target: Target,
    #[serde(flatten)]
    body: Body,
    status: Option<Statuses>,
    bytes_max: Option<u64>,
}

/// What a step takes for success.
#[derive(Deserialize)]
#[serde(untagged)]
enum Statuses {
    One(u16),
    Several(Vec<u16>),
}

impl Statuses {
    fn has(&self, status: StatusCode) -> bool {
        match self {
            Self::One(only) => status.as_u16() == *only,
            Self::Several(several) => several.contains(&status.as_u16()),
        }
    }
}

impl HttpEngine {
    pub(crate) fn new(calls: Arc<Calls>, web: Arc<Web>, secrets: Arc<Secrets>) -> Self {
        Self {
            spec: EngineSpec {
                name: "http",
                version: "1",
                summary: "Calls an API over HTTP and keeps its answer.",
                determinism: Determinism::Attested,
                seeded: false,
                main_input: None,
                schema: schema::schema(),
                output: json!({
                    "type": "object",
                    "format": "asset",
                    "properties": {
                        "status": { "type": "integer", "description": "The status of the answer." },
                        "text": { "type": "string", "description": "The answer, where it is text of up to 64 KiB." },
                        "json": { "description": "What JSON of up to 64 KiB says." }
                    },
                    "additionalProperties": false
                }),
                effect: true,
            },
            calls,
            web,
            secrets,
        }
    }
}

/// Whether a method only looks.
fn looks(method: &str) -> bool {
    METHODS
        .iter()
        .any(|(known, looks)| *known == method && *looks)
}

impl Engine for HttpEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn implied(&self, _: &Value) -> Vec<(&'static str, &'static str)> {
        vec![("as_of", "run.id")]
    }

    fn effect(&self, with: &Map<String, Value>) -> bool {
        let method = with.get("method").map_or(Some("GET"), Value::as_str);
        // Of a method that a run decides nothing is known.
        !method.is_some_and(looks)
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let mut found: Vec<String> = check_secrets(with);
        let url = with.get("url").and_then(Value::as_str);
        if let Some(url) = url.filter(|url| !url.contains("{{")) {
            found.extend(parse(url).err());
        }
        let given: Vec<&str> = BODIES
            .into_iter()
            .filter(|name| with.get(name).is_some())
            .collect();
        if given.len() > 1 {
            found.push(format!(
                "`{}` are given together: a request has one body",
                given.join("` and `")
            ));
        }
        let method = with.get("method").map_or(Some("GET"), Value::as_str);
        if let (Some(body), Some(method)) = (given.first(), method.filter(|method| looks(method))) {
            found.push(format!(
                "`{body}` is given, and {method} sends nothing: write `method: POST`"
            ));
        }
        found
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let method = params.method.as_deref().unwrap_or("GET");
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| EngineError::invalid(format!("`{method}` is no method")))?;
        let is_known = looks(method.as_str());
        let mut request = Request::new(method, &params.target, &self.secrets)?.with_body(
            &params.body,
            task,
            context,
        )?;
        if !is_known && let Ok(key) = HeaderValue::from_str(&call_key(task, context, "http", 0)) {
            // The author's own stands.
            request.headers.entry(KEY).or_insert(key);
        }
        let bytes_max = params.bytes_max.unwrap_or(BYTES_MAX);
        let bytes_max = bytes_max.min(task.limits.output_bytes_max);
        let place = request.place();
        let limit_ms = task.limits.timeout_ms_max;
        let late = || late(&place, limit_ms);
        let secrets = request.secrets.clone();
        let asked = self.web.ask(request, bytes_max);
        let time = Time::new(context, limit_ms, &late);
        let answer = self.calls.wait(&time, asked)?;
        let expected = match &params.status {
            Some(statuses) => statuses.has(answer.status),
            None => answer.status.is_success(),
        };
        if !expected {
            let said = hide(&secrets, &excerpt(&String::from_utf8_lossy(&answer.bytes)));
            return Err(refused(&answer, &said));
        }
        let value = value(&answer, context)?;
        Ok(Performed::Done(Outcome::free(value)))
    }
}

/// What did not come in time.
pub(crate) fn late(place: &str, limit_ms: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // for people
    let seconds = limit_ms as f64 / 1_000.0;
    format!("{place} did not answer within {seconds} s: raise `timeout:`, or ask for less")
}

/// An answer that is not the expected one.
pub(crate) fn refused(answer: &Answer, said: &str) -> EngineError {
    let status = answer.status;
    let said = match said {
        "" => String::new(),
        said => format!(": {said}"),
    };
    let passing = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
    match passing {
        true => EngineError::Transient {
            message: format!(
                "{} answered {status}{said}; `retry:` asks again by itself",
                answer.from
            ),
            after_ms: after_ms(&answer.headers),
        },
        false => EngineError::invalid(format!(
            "{} answered {status}{said}; where that is as it should be, write `status: {}`",
            answer.from,
            status.as_u16()
        )),
    }
}

/// What other steps see of an answer.
fn value(answer: &Answer, context: &TaskContext<'_>) -> Result<Value, EngineError> {
    let media_type = media_type(answer);
    let asset = context.write(&media_type, &answer.bytes)?;
    let mut value = asset.to_value();
    value["status"] = json!(answer.status.as_u16());
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    let is_text = is_json
        || media_type.starts_with("text/")
        || media_type == "application/xml"
        || media_type.ends_with("+xml");
    if answer.bytes.len() > TEXT_FIELD_MAX || !is_text {
        return Ok(value);
    }
    if let Ok(text) = std::str::from_utf8(&answer.bytes) {
        if is_json && let Ok(said) = serde_json::from_str::<Value>(text) {
            if names_assets(&said) {
                return Err(EngineError::invalid(format!(
                    "the answer of {} has a field `{ASSET_KEY}`, by which only the studio names its files",
                    answer.from
                )));
            }
            value["json"] = said;
        }
        value["text"] = json!(text);
    }
    Ok(value)
}

/// Whether something from outside says that it is a file of the studio.
pub(crate) fn names_assets(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.contains_key(ASSET_KEY) || fields.values().any(names_assets)
        }
        Value::Array(items) => items.iter().any(names_assets),
        _ => false,
    }
}

/// The media type that a server says, in lower case and without parameters.
pub(crate) fn media_type(answer: &Answer) -> String {
    let said = answer.headers.get(CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let is_token = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        (1..=64).contains(&part.len()) && part.bytes().all(fits)
    };
    let is_sound = essence
        .split_once('/')
        .is_some_and(|(kind, name)| is_token(kind) && is_token(name));
    match is_sound {
        true => essence,
        false => "application/octet-stream".to_owned(),
    }
}
