//! What is answered to which request.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use daedal_chain::rpc::{CLOCK_HEADER, Rpc};

use crate::gate::Gate;
use crate::network;

/// How long a request's body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a browser may remember that an origin is allowed.
const PREFLIGHT_SECONDS: &str = "600";

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) rpc: Rpc,
    pub(crate) gate: Gate,
    pub(crate) network_name: String,
    pub(crate) clock_key: Option<String>,
    pub(crate) body_bytes_max: usize,
}

impl Desk {
    /// The handler for a request with these headers. The clock is everybody's: deadlines hang on it, and
    /// it never goes back. So only who shows the key may move it, and a page never.
    fn rpc_for(&self, headers: &HeaderMap) -> Rpc {
        let shown = only(headers, &HeaderName::from_static(CLOCK_HEADER));
        match (&self.clock_key, shown) {
            (Some(key), Ok(Some(shown))) if is_same(key, shown) && !is_from_page(headers) => {
                self.rpc.clone()
            }
            _ => self.rpc.clone().with_fixed_time(),
        }
    }
}

/// Compares without telling by its time how much is right.
fn is_same(key: &str, shown: &str) -> bool {
    let pairs = key.bytes().zip(shown.bytes());
    key.len() == shown.len() && pairs.fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

fn is_from_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// The name by which a request calls this server, once it has passed the gate.
#[derive(Debug, Clone)]
struct Called(String);

/// All answers, behind the gate.
pub(crate) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(page).post(answer))
        .fallback(async || refuse(StatusCode::NOT_FOUND, "there is only `/` here"))
        .method_not_allowed_fallback(async || {
            refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "GET shows what this is, POST takes JSON-RPC",
            )
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&desk), gate))
        .with_state(desk)
}

/// Turns strangers away, and tells a browser which pages are welcome.
async fn gate(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(ToString::to_string);
    let headers = request.headers();
    let host = only(headers, &header::HOST).map(|named| authority.or(named.map(str::to_owned)));
    let Ok(Some(host)) = host else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the request has to say once, as `Host`, whom it asks",
        );
    };
    if !desk.gate.knows_host(&host) {
        return refuse(
            StatusCode::FORBIDDEN,
            &format!(
                "this server isn't known as `{}`; use localhost or 127.0.0.1, or have it started with \
                 that name among its hosts",
                host.escape_debug()
            ),
        );
    }
    let Ok(origin) = only(headers, &header::ORIGIN) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the request has more than one `Origin`",
        );
    };
    if let Some(origin) = origin
        && !desk.gate.knows_origin(origin, &host)
    {
        return refuse(
            StatusCode::FORBIDDEN,
            &format!(
                "pages of `{}` may not use this chain; have it started with that origin among its \
                 origins to allow it",
                origin.escape_debug()
            ),
        );
    }
    let origin = headers.get(header::ORIGIN).cloned();
    let preflight = request.method() == Method::OPTIONS
        && origin.is_some()
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        welcome(headers)
    } else {
        request.extensions_mut().insert(Called(host));
        next.run(request).await
    };
    let answered = response.headers_mut();
    answered.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answered.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

/// The one value of a header, if it is there; an error if it is there twice or isn't text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// What an allowed page is told before its browser sends the request itself.
fn welcome(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let mut say = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    say(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
    say(header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type");
    say(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    // A page of the public web that asks a private address needs this one too.
    if asked.contains_key("access-control-request-private-network") {
        let name = HeaderName::from_static("access-control-allow-private-network");
        say(name, "true");
    }
    response
}

async fn page(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let called = request.extensions().get::<Called>();
    let url = called.map_or_else(String::new, |Called(host)| format!("http://{host}"));
    let chain_id = desk.rpc.chain().chain_id();
    network::page(&desk.network_name, chain_id, &url).into_response()
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    // A page can send plain text and forms without asking first, JSON it can't.
    let headers = request.headers();
    if is_from_page(headers) && !is_json(headers) {
        return refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send JSON-RPC with `Content-Type: application/json`",
        );
    }
    let rpc = desk.rpc_for(headers);
    let reading = read(request.into_body(), desk.body_bytes_max);
    let bytes = match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(refusal)) => return refusal,
        Err(_) => {
            let seconds = BODY_TIMEOUT.as_secs();
            return refuse(
                StatusCode::REQUEST_TIMEOUT,
                &format!("the request hasn't arrived within {seconds} s; send it again"),
            );
        }
    };
    // Carrying out a call takes the thread for as long as it lasts: it must not be one that others
    // wait for. A caller that goes away doesn't stop what it has asked for.
    let runtime = tokio::runtime::Handle::current();
    let answered = tokio::task::spawn_blocking(move || runtime.block_on(rpc.answer(&bytes))).await;
    match answered {
        Ok(bytes) if bytes.is_empty() => StatusCode::NO_CONTENT.into_response(),
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(_) => refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the request could not be carried out to its end; look up what it has changed before you \
             send it again",
        ),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    value.is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
    })
}

/// The whole body. One that is too large is let run out first: closing the connection on a client
/// that still sends would lose the answer.
async fn read(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, Response> {
    let mut bytes = Vec::new();
    let mut size = 0usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| {
            let message = format!("the request broke off ({error}); send it again");
            refuse(StatusCode::BAD_REQUEST, &message)
        })?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        size = size.saturating_add(data.len());
        if size <= bytes_max {
            bytes.extend_from_slice(data);
        } else {
            bytes = Vec::new();
        }
    }
    if size <= bytes_max {
        return Ok(bytes);
    }
    Err(refuse(
        StatusCode::PAYLOAD_TOO_LARGE,
        &format!("{size} bytes; at most {bytes_max} are taken at once: split the batch"),
    ))
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, format!("{message}\n")).into_response()
}
