//! The way of a client to the chain in its own process: no socket, no copies of text.

use std::task::{Context, Poll};

use alloy_json_rpc::{RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest};
use alloy_transport::{TransportError, TransportFut};
use tower::Service;

use crate::rpc::Rpc;

/// An alloy transport to an embedded chain.
#[derive(Debug, Clone)]
pub struct InProcess(pub Rpc);

impl InProcess {
    async fn one(&self, request: &SerializedRequest) -> Response {
        let answer = self.0.call(request.method(), request.params()).await;
        Response {
            id: request.id().clone(),
            payload: match answer {
                Ok(result) => ResponsePayload::Success(result),
                Err(error) => ResponsePayload::Failure(error.payload()),
            },
        }
    }
}

impl Service<RequestPacket> for InProcess {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            match packet {
                RequestPacket::Single(request) => {
                    Ok(ResponsePacket::Single(this.one(&request).await))
                }
                RequestPacket::Batch(requests) => {
                    let mut answers = Vec::with_capacity(requests.len());
                    for request in &requests {
                        answers.push(this.one(request).await);
                    }
                    Ok(ResponsePacket::Batch(answers))
                }
            }
        })
    }
}
