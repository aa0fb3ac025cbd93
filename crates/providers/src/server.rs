//! Servers that a studio's settings name: where they are, and what they are asked with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::engine::EngineError;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Upgraded};
use serde_json::Value;
use url::Url;

use crate::SettingsError;
use crate::http::{Answer, HttpSettings, Request, Web};
use crate::net::base;
use crate::patience::{Trouble, after_ms, passing};
use crate::secrets::{Secret, Secrets};
use crate::task::excerpt;

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// As a bearer token.
    Bearer,
    /// As `user:password`.
    Basic,
}

/// A server that a studio has named: it may be in a private network, and gets its key.
pub(crate) struct Server {
    pub(crate) url: Url,
    key: Option<(String, Scheme)>,
    web: Web,
    secrets: Secrets,
}

impl Server {
    /// The server that `section` of the settings names.
    pub(crate) fn new(
        section: &str,
        url: &str,
        key: Option<(&str, Scheme)>,
        secrets: &Secrets,
    ) -> Result<Self, SettingsError> {
        let url = base(section, url, "http://127.0.0.1:8188")?;
        if let Some((key, _)) = key {
            secrets.expect(section, "key", key)?;
        }
        let web = Web::new(&HttpSettings {
            allow: vec![place(&url)],
        })?;
        Ok(Self {
            url,
            key: key.map(|(name, scheme)| (name.to_owned(), scheme)),
            web: web.plain(),
            secrets: secrets.clone(),
        })
    }

    /// The same server, which may lead to these places in private networks, too.
    pub(crate) fn leading_to(self, places: &[String]) -> Result<Self, SettingsError> {
        let mut allow = vec![place(&self.url)];
        allow.extend_from_slice(places);
        let web = Web::new(&HttpSettings { allow })?;
        Ok(Self {
            web: web.plain(),
            ..self
        })
    }

    /// A request for what is at `path`, with the key.
    pub(crate) fn request(&self, method: Method, path: &str) -> Result<Request, EngineError> {
        let url = self.url.join(path).map_err(|error| {
            EngineError::invalid(format!("{} has no `{path}`: {error}", self.url))
        })?;
        let mut request = Request {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            secrets: Vec::new(),
        };
        if let Some((name, scheme)) = &self.key {
            let secret = self.secrets.get(name).map_err(EngineError::invalid)?;
            let secret = secret.also_for(place(&self.url));
            let value = match scheme {
                Scheme::Bearer => format!("Bearer {}", secret.expose()),
                Scheme::Basic => format!("Basic {}", STANDARD.encode(secret.expose())),
            };
            let mut value = HeaderValue::from_str(&value).map_err(|_| {
                EngineError::invalid(format!(
                    "the secret `{name}` has a sign that can't be sent as a key: look at where it is kept"
                ))
            })?;
            value.set_sensitive(true);
            request.headers.insert(AUTHORIZATION, value);
            request.secrets.push(secret);
        }
        Ok(request)
    }

    /// What is secret of every request; nothing where it can't be read.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let request = self.request(Method::GET, "");
        request.map_or_else(|_| Vec::new(), |request| request.secrets)
    }

    /// Sends a request.
    pub(crate) async fn ask(
        &self,
        request: Request,
        bytes_max: u64,
    ) -> Result<Answer, EngineError> {
        self.web.ask(request, bytes_max).await
    }

    /// Sends a request that only takes, to be read bit by bit. The key stays with this server where that leads elsewhere.
    pub(crate) async fn open(&self, request: Request) -> Result<Response, EngineError> {
        self.web.open(request).await
    }

    /// Asks for a WebSocket; nothing where the server opens none.
    pub(crate) async fn socket(&self, request: Request) -> Result<Option<Upgraded>, EngineError> {
        self.web.socket(request).await
    }

    /// Sends a request, and tells what became of one that failed.
    pub(crate) async fn call(&self, request: Request, bytes_max: u64) -> Result<Answer, Trouble> {
        // What lies elsewhere is asked for without the key, and may have it all the same.
        let unsent = match request.secrets.is_empty() {
            true => self.secrets(),
            false => Vec::new(),
        };
        let called = self.web.call(request, bytes_max).await;
        let shown = |answer: &Answer| unsent.iter().any(|secret| secret.is_in(&answer.bytes));
        if let Ok(answer) = called.as_ref()
            && shown(answer)
        {
            return Err(Trouble::Failed(EngineError::invalid(format!(
                "what lies at {} has the key of {} in it, and is not kept",
                answer.from, self.url
            ))));
        }
        called.map_err(|missed| match (missed.error, missed.has_begun) {
            (EngineError::Transient { message, .. }, true) => Trouble::Lost { message },
            (EngineError::Transient { message, .. }, false) => Trouble::Busy {
                message,
                after: None,
            },
            (error, true) => Trouble::Failed(error),
            (error, false) => Trouble::Refused {
                message: error.to_string(),
            },
        })
    }

    /// The same of an answer that is none as [`Server::unexpected`], for whoever asks again by itself.
    pub(crate) fn trouble(&self, answer: &Answer, look_at: &str) -> Trouble {
        let (status, said) = (answer.status, said(answer));
        let message = format!("{} answered {status}{said}", answer.from);
        passing(status, message, &answer.headers).unwrap_or_else(|| Trouble::Refused {
            message: self.unexpected(answer, look_at).to_string(),
        })
    }

    /// An answer that is none: what the server says, and what to look at.
    pub(crate) fn unexpected(&self, answer: &Answer, look_at: &str) -> EngineError {
        let (status, from) = (answer.status, &answer.from);
        let said = said(answer);
        match (is_passing(status), status.as_u16()) {
            (true, _) => EngineError::Transient {
                message: format!("{from} answered {status}{said}; `retry:` asks again by itself"),
                after_ms: after_ms(&answer.headers),
            },
            (false, 401 | 403) => EngineError::invalid(format!(
                "{from} answered {status}{said}: look at `key` in daedal.toml, and at the secret that it names"
            )),
            (false, _) => EngineError::invalid(format!(
                "{from} answered {status}{said}: look at {look_at}, and at `url` in daedal.toml"
            )),
        }
    }
}

/// What a server says of itself. An answer that shows a secret does not come so far.
fn said(answer: &Answer) -> String {
    match excerpt(&String::from_utf8_lossy(&answer.bytes)) {
        said if said.is_empty() => said,
        said => format!(": {said}"),
    }
}

/// Whether it may be otherwise a little later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

impl Request {
    /// The same with a body of JSON.
    pub(crate) fn with_json(mut self, body: &Value) -> Self {
        let json = HeaderValue::from_static("application/json");
        self.headers.insert(CONTENT_TYPE, json);
        self.body = Some(body.to_string().into_bytes());
        self
    }

    /// The same with a body of several parts.
    pub(crate) fn with_parts(mut self, parts: Parts) -> Self {
        if let Ok(kind) = HeaderValue::from_str(&parts.media_type()) {
            self.headers.insert(CONTENT_TYPE, kind);
        }
        self.body = Some(parts.finish());
        self
    }
}

/// A body of several parts (RFC 7578). Names and media types are the program's own.
pub(crate) struct Parts {
    boundary: String,
    bytes: Vec<u8>,
}

impl Parts {
    pub(crate) fn new() -> Self {
        Self {
            boundary: format!("daedal-{}", unique()),
            bytes: Vec::new(),
        }
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.head(&format!("name=\"{name}\""), "");
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    pub(crate) fn file(mut self, name: &str, file: &str, media_type: &str, bytes: &[u8]) -> Self {
        self.head(
            &format!("name=\"{name}\"; filename=\"{file}\""),
            &format!("Content-Type: {media_type}\r\n"),
        );
        self.bytes.extend_from_slice(bytes);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    fn head(&mut self, names: &str, kind: &str) {
        let boundary = &self.boundary;
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; {names}\r\n{kind}\r\n");
        self.bytes.extend_from_slice(head.as_bytes());
    }

    fn media_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    fn finish(mut self) -> Vec<u8> {
        let end = format!("--{}--\r\n", self.boundary);
        self.bytes.extend_from_slice(end.as_bytes());
        self.bytes
    }
}

/// A server's `host:port`.
fn place(url: &Url) -> String {
    format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    )
}

/// A name that nobody else has.
pub(crate) fn unique() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
