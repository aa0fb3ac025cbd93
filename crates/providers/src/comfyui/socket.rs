//! The WebSocket of a server, on which it tells what it does while it works.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Method, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::signs::Sign;
use crate::server::Server;

/// How long a server may take to open it.
const OPEN_MAX: Duration = Duration::from_secs(5);
/// Largest message, in bytes: a preview is the largest that it sends.
const MESSAGE_BYTES_MAX: usize = 32 << 20;

/// A connection on which a server talks to one client.
pub(super) struct Socket(WebSocketStream<Upgraded>);

impl Socket {
    /// Opens it; nothing where the server opens none: what it would tell stands in its history later.
    pub(super) async fn open(server: &Server, client: &str) -> Option<Self> {
        let mut request = server.request(Method::GET, "ws").ok()?;
        request
            .url
            .query_pairs_mut()
            .append_pair("clientId", client);
        let opened = tokio::time::timeout(OPEN_MAX, server.socket(request)).await;
        let stream = opened.ok()?.ok()??;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        Some(Self(
            WebSocketStream::from_raw_socket(stream, Role::Client, Some(limits)).await,
        ))
    }

    /// What it tells next; nothing once the connection is over. Giving up waiting loses nothing.
    pub(super) async fn next(&mut self) -> Option<Sign> {
        loop {
            let sign = match self.0.next().await?.ok()? {
                Message::Text(text) => Sign::of_text(&text),
                Message::Binary(bytes) => Sign::of_bytes(&bytes),
                Message::Close(_) => return None,
                _ => None,
            };
            if sign.is_some() {
                return sign;
            }
        }
    }
}
