//! The way of a client to a chain over HTTP: as alloy's own, and answers have an end.

use std::task::{Context, Poll};

use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use reqwest::header::CONTENT_TYPE;
use tower::Service;
use url::Url;

/// Largest answer that is taken, in MiB: logs of many blocks.
const ANSWER_MIB_MAX: usize = 64;

/// An alloy transport to the JSON-RPC at an address.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    url: Url,
}

impl Http {
    pub(crate) fn new(client: reqwest::Client, url: Url) -> Self {
        Self { client, url }
    }

    async fn ask(self, packet: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let body = serde_json::to_vec(&packet).map_err(TransportError::ser_err)?;
        let request = self.client.post(self.url).body(body);
        let request = request
            .headers(packet.headers())
            .header(CONTENT_TYPE, "application/json");
        let mut answer = request.send().await.map_err(TransportErrorKind::custom)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(TransportErrorKind::custom)? {
            if body.len() + part.len() > ANSWER_MIB_MAX << 20 {
                return Err(TransportErrorKind::custom_str(&format!(
                    "its answer is longer than the limit of {ANSWER_MIB_MAX} MiB"
                )));
            }
            body.extend_from_slice(&part);
        }
        // Some nodes give their errors under another status.
        match serde_json::from_slice::<ResponsePacket>(&body) {
            Ok(packet) if status.is_success() || packet.is_error() => Ok(packet),
            Err(error) if status.is_success() => {
                let text = String::from_utf8_lossy(&body);
                Err(TransportError::deser_err(error, text))
            }
            _ => Err(TransportErrorKind::http_error(
                status.as_u16(),
                String::from_utf8_lossy(&body).into_owned(),
            )),
        }
    }
}

impl Service<RequestPacket> for Http {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        Box::pin(self.clone().ask(packet))
    }
}
