//! A request, from the fields of a step.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use reqwest::Method;
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::secrets::{Secret, Secrets};
use crate::task::label;

/// Longest body that a step sends, in bytes.
const BODY_BYTES_MAX: u64 = 64 << 20;

/// What is asked of a server.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// What of it is secret.
    pub(crate) secrets: Vec<Secret>,
}

/// A text, or a secret of the studio.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Field {
    Secret(SecretField),
    Plain(Value),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretField {
    secret: String,
    #[serde(default)]
    before: String,
}

/// Where a step asks, and as whom: what `http` and `feed` have in common.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Field>,
    #[serde(default)]
    pub(crate) query: BTreeMap<String, Field>,
    pub(crate) bearer: Option<String>,
    pub(crate) basic: Option<Basic>,
}

/// A name and the secret that is its password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Basic {
    user: String,
    password: String,
}

/// What a step sends.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Body {
    pub(crate) json: Option<Value>,
    pub(crate) text: Option<String>,
    pub(crate) form: Option<Map<String, Value>>,
    pub(crate) file: Option<AssetRef>,
}

impl Request {
    /// A request of `method` to `target`.
    pub(crate) fn new(
        method: Method,
        target: &Target,
        secrets: &Secrets,
    ) -> Result<Self, EngineError> {
        let mut request = Self {
            method,
            url: parse(&target.url).map_err(EngineError::invalid)?,
            headers: HeaderMap::new(),
            body: None,
            secrets: Vec::new(),
        };
        for (name, field) in &target.query {
            let value = request.value(field, secrets)?;
            request.url.query_pairs_mut().append_pair(name, &value);
        }
        for (name, field) in &target.headers {
            let known = HeaderName::from_bytes(name.as_bytes())
                .ok()
                .filter(|name| ![HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name));
            let Some(known) = known else {
                return Err(EngineError::invalid(format!(
                    "`headers` has `{name}`, which is no header that a step may set"
                )));
            };
            let value = request.value(field, secrets)?;
            request.set(known, &value, matches!(field, Field::Secret(_)))?;
        }
        if let Some(name) = &target.bearer {
            let secret = request.secret(name, secrets)?;
            let value = format!("Bearer {}", secret.expose());
            request.set(AUTHORIZATION, &value, true)?;
        }
        if let Some(Basic { user, password }) = &target.basic {
            let secret = request.secret(password, secrets)?;
            let pair = STANDARD.encode(format!("{user}:{}", secret.expose()));
            request.set(AUTHORIZATION, &format!("Basic {pair}"), true)?;
        }
        Ok(request)
    }

    /// The same with a body.
    pub(crate) fn with_body(
        mut self,
        body: &Body,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Self, EngineError> {
        let (media_type, bytes) = match body {
            Body {
                json: Some(value), ..
            } => (
                "application/json".to_owned(),
                value.to_string().into_bytes(),
            ),
            Body {
                text: Some(text), ..
            } => (
                "text/plain; charset=utf-8".to_owned(),
                text.clone().into_bytes(),
            ),
            Body {
                form: Some(fields), ..
            } => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, &plain(value));
                }
                (
                    "application/x-www-form-urlencoded".to_owned(),
                    form.finish().into_bytes(),
                )
            }
            Body {
                file: Some(asset), ..
            } => {
                if asset.size > BODY_BYTES_MAX {
                    return Err(EngineError::limit(format!(
                        "`{}` has {} bytes: at most {BODY_BYTES_MAX} are sent",
                        label(task, asset),
                        asset.size
                    )));
                }
                (asset.media_type.clone(), context.read(asset)?.to_vec())
            }
            _ => return Ok(self),
        };
        if !self.headers.contains_key(CONTENT_TYPE) {
            self.set(CONTENT_TYPE, &media_type, false)?;
        }
        self.body = Some(bytes);
        Ok(self)
    }

    /// The same as a GET of another address, with nothing that belonged to the body.
    pub(crate) fn into_get(mut self, url: Url) -> Self {
        self.headers.remove(CONTENT_TYPE);
        Self {
            method: Method::GET,
            url,
            body: None,
            ..self
        }
    }

    /// Where it goes, without the query: keys stand there.
    pub(crate) fn place(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        crate::secrets::hide(&self.secrets, url.as_str())
    }

    fn secret(&mut self, name: &str, secrets: &Secrets) -> Result<Secret, EngineError> {
        let secret = secrets.get(name).map_err(EngineError::invalid)?;
        self.secrets.push(secret.clone());
        Ok(secret)
    }

    fn value(&mut self, field: &Field, secrets: &Secrets) -> Result<String, EngineError> {
        Ok(match field {
            Field::Plain(value) => plain(value),
            Field::Secret(SecretField { secret, before }) => {
                let secret = self.secret(secret, secrets)?;
                format!("{before}{}", secret.expose())
            }
        })
    }

    fn set(&mut self, name: HeaderName, value: &str, is_secret: bool) -> Result<(), EngineError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            EngineError::invalid(format!(
                "the header `{name}` has a sign that no header may have, such as the end of a line"
            ))
        })?;
        value.set_sensitive(is_secret);
        if self.headers.insert(name.clone(), value).is_some() {
            return Err(EngineError::invalid(format!(
                "the header `{name}` is given twice: by `headers`, `bearer` or `basic`"
            )));
        }
        Ok(())
    }
}

/// The address of a server.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let expected = "expected a web address such as https://api.example.org/prices";
    let url =
        Url::parse(text).map_err(|error| format!("`url` can't be read ({error}): {expected}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("`url` is no address of http or https: {expected}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "`url` holds a name or password, which everybody who has the process would read: keep it as a secret \
             of the studio, and name it under `basic:` or `bearer:`"
                .to_owned(),
        );
    }
    Ok(url)
}

/// Text as it is, everything else as JSON writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
