//! Asking one server, wherever it sends us, within limits.

use std::sync::OnceLock;
use std::time::Duration;

use daedal_core::engine::EngineError;
use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Client, Method, Response, StatusCode, Upgraded};
use serde::Deserialize;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use url::Host;

use super::request::Request;
use crate::SettingsError;
use crate::net::{AllowList, Guard, choose_cryptography, is_public, private_address};
use crate::secrets::{Secret, hide};

/// Redirects that are followed.
const REDIRECTS_MAX: usize = 5;
/// How long a server may take to take a connection.
const CONNECT_MAX: Duration = Duration::from_secs(20);

/// `[http]`: what processes may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Hosts in private networks that processes may reach all the same, such as `127.0.0.1:8080`.
    pub allow: Vec<String>,
}

/// The way to servers.
#[derive(Default)]
pub(crate) struct Web {
    allow: AllowList,
    /// Resolves no name into a private network.
    guarded: OnceLock<Option<Client>>,
    /// For the hosts that are allowed.
    open: OnceLock<Option<Client>>,
    /// Whether nothing newer than HTTP/1.1 is spoken, which has no other way to a socket.
    is_plain: bool,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    /// Who answered, after redirects, without the query.
    pub(crate) from: String,
}

/// Why nothing came.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) error: EngineError,
    /// Whether the server may have done something.
    pub(crate) has_begun: bool,
}

impl From<EngineError> for Missed {
    fn from(error: EngineError) -> Self {
        Self {
            error,
            has_begun: false,
        }
    }
}

impl From<Missed> for EngineError {
    fn from(missed: Missed) -> Self {
        missed.error
    }
}

impl Web {
    pub(crate) fn new(settings: &HttpSettings) -> Result<Self, SettingsError> {
        Ok(Self {
            allow: AllowList::parse(&settings.allow)?,
            ..Self::default()
        })
    }

    /// The same, speaking HTTP/1.1 and nothing newer.
    pub(crate) fn plain(self) -> Self {
        Self {
            is_plain: true,
            ..self
        }
    }

    /// Asks for a WebSocket (RFC 6455, section 4.1) and gives the connection; nothing where the server opens none.
    pub(crate) async fn socket(
        &self,
        mut request: Request,
    ) -> Result<Option<Upgraded>, EngineError> {
        let key = generate_key();
        let headers = &mut request.headers;
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        if let Ok(key) = HeaderValue::from_str(&key) {
            headers.insert(SEC_WEBSOCKET_KEY, key);
        }
        let response = self.once(&request).await?;
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
        let is_meant = accept.is_some_and(|accept| *accept == derive_accept_key(key.as_bytes()));
        if response.status() != StatusCode::SWITCHING_PROTOCOLS || !is_meant {
            return Ok(None);
        }
        let opened = response.upgrade().await;
        let opened = opened.map_err(|error| unreached(&request, &error))?;
        Ok(Some(opened))
    }

    /// Sends a request and follows where it leads.
    pub(crate) async fn ask(
        &self,
        request: Request,
        bytes_max: u64,
    ) -> Result<Answer, EngineError> {
        Ok(self.call(request, bytes_max).await?)
    }

    /// The same, for whom it matters how far a request came that failed.
    pub(crate) async fn call(
        &self,
        mut request: Request,
        bytes_max: u64,
    ) -> Result<Answer, Missed> {
        for _ in 0..=REDIRECTS_MAX {
            let response = self.once(&request).await?;
            let Some(target) = redirect(&response) else {
                return read(response, &request, bytes_max).await;
            };
            request = follow(request, response.status(), &target)?;
        }
        Err(Missed::from(EngineError::invalid(format!(
            "{} leads on more than {REDIRECTS_MAX} times: ask the address that it ends at",
            request.place()
        ))))
    }

    /// Sends a request that only takes and follows where it leads, a key being for the first server alone; what comes is
    /// read bit by bit.
    pub(crate) async fn open(&self, mut request: Request) -> Result<Response, EngineError> {
        for _ in 0..=REDIRECTS_MAX {
            let response = self.once(&request).await?;
            let Some(target) = redirect(&response) else {
                return Ok(response);
            };
            let elsewhere = request.url.join(&target).ok();
            if elsewhere.is_none_or(|url| url.origin() != request.url.origin()) {
                request.headers.remove(AUTHORIZATION);
                request.secrets.clear();
            }
            request = follow(request, response.status(), &target)?;
        }
        Err(EngineError::invalid(format!(
            "{} leads on more than {REDIRECTS_MAX} times",
            request.place()
        )))
    }

    async fn once(&self, request: &Request) -> Result<Response, Missed> {
        let url = &request.url;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let misplaced = request.secrets.iter();
        if let Some(objection) = misplaced.filter_map(|s| s.objection(host, port)).next() {
            return Err(EngineError::Invalid { message: objection }.into());
        }
        let is_allowed = self.allow.has(url);
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        if let Some(address) = literal.filter(|address| !is_allowed && !is_public(*address)) {
            return Err(private(host, port, &format!("{address}")).into());
        }
        let (client, guard) = match is_allowed {
            true => (&self.open, false),
            false => (&self.guarded, true),
        };
        let client = client.get_or_init(|| client_with(guard, self.is_plain));
        let client = client.as_ref().ok_or_else(|| {
            EngineError::invalid(
                "no connection can be made safely here: the certificates of this machine can't be read; install \
                 its package ca-certificates",
            )
        })?;
        let mut builder = client.request(request.method.clone(), url.clone());
        builder = builder.headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        builder
            .send()
            .await
            .map_err(|error| match private_address(&error) {
                Some(address) => private(host, port, &address.to_string()).into(),
                None => unreached(request, &error),
            })
    }
}

fn client_with(guard: bool, is_plain: bool) -> Option<Client> {
    choose_cryptography();
    let builder = Client::builder()
        .user_agent(concat!("daedal/", env!("CARGO_PKG_VERSION")))
        // Each step is looked at before it is taken; a proxy would resolve names by itself.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_MAX)
        .no_proxy();
    let builder = match guard {
        true => builder.dns_resolver(Guard),
        false => builder,
    };
    let builder = match is_plain {
        true => builder.http1_only(),
        false => builder,
    };
    builder.build().ok()
}

fn private(host: &str, port: u16, address: &str) -> EngineError {
    let shown = match host == address || host == format!("[{address}]") {
        true => String::new(),
        false => format!(" ({address})"),
    };
    EngineError::invalid(format!(
        "{host}:{port}{shown} is in a private network, which processes may not reach: if this one may, add \
         \"{host}:{port}\" to `allow` under [http] in daedal.toml"
    ))
}

/// Where a response leads.
fn redirect(response: &Response) -> Option<String> {
    let leads = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION)?;
    leads.then(|| String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The request that follows a redirect (RFC 9110, section 15.4).
fn follow(request: Request, status: StatusCode, target: &str) -> Result<Request, EngineError> {
    let from = request.place();
    let url = request.url.join(target).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        return Err(EngineError::invalid(format!(
            "{from} leads to something that is no web address"
        )));
    };
    if request.url.scheme() == "https" && url.scheme() == "http" {
        return Err(EngineError::invalid(format!(
            "{from} leads from https to http, where anybody on the way reads along: ask the http address itself if \
             that does not matter"
        )));
    }
    let elsewhere = url.origin() != request.url.origin();
    if elsewhere && !request.secrets.is_empty() {
        return Err(EngineError::invalid(format!(
            "{from} leads to {}, which is not told the secret of this step: ask that address itself",
            url.host_str().unwrap_or_default()
        )));
    }
    let by_get = status == StatusCode::SEE_OTHER && request.method != Method::HEAD
        || matches!(status.as_u16(), 301 | 302) && request.method == Method::POST;
    Ok(match by_get {
        true => request.into_get(url),
        false => Request { url, ..request },
    })
}

/// Reads an answer up to its limit.
async fn read(mut response: Response, request: &Request, bytes_max: u64) -> Result<Answer, Missed> {
    let place = request.place();
    let begun = |error: EngineError| Missed {
        error,
        has_begun: true,
    };
    let too_large = || {
        begun(EngineError::limit(format!(
            "the answer of {place} has more than {bytes_max} bytes: raise `bytes_max:`, or ask for less"
        )))
    };
    let told = response.content_length().unwrap_or_default();
    if told > bytes_max && request.method != Method::HEAD {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // What was packed grows while it is read, and is counted as it is.
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreached(request, &error))?
    {
        if (bytes.len() + chunk.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    let media_type = response.headers().get(CONTENT_TYPE);
    let media_type = media_type.map_or(&b""[..], HeaderValue::as_bytes);
    let is_shown = |secret: &&Secret| secret.is_in(&bytes) || secret.is_in(media_type);
    if let Some(secret) = request.secrets.iter().find(is_shown) {
        return Err(begun(EngineError::invalid(format!(
            "the answer of {place} repeats the secret `{}`, and is not kept: send the secret in another way, or ask \
             another address",
            secret.name
        ))));
    }
    Ok(Answer {
        status: response.status(),
        headers: response.headers().clone(),
        bytes,
        from: place,
    })
}

/// Why nothing came, without the address that it would repeat: a secret may be in it.
fn unreached(request: &Request, error: &reqwest::Error) -> Missed {
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.dedup();
    let why = match causes.is_empty() {
        true => "it did not say why".to_owned(),
        false => hide(&request.secrets, &causes.join(": ")),
    };
    let what = match error.is_connect() {
        true => "can't be reached",
        false => "broke off",
    };
    Missed {
        error: EngineError::transient(format!("{} {what}: {why}", request.place())),
        has_begun: !error.is_connect(),
    }
}
