//! Ethereum's JSON-RPC on an embedded chain, without any socket: bytes in, bytes out.
//!
//! The same handler serves the client in this process (as an alloy transport, `transport`) and a
//! listener for `cast`, viem and wallets elsewhere.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::embedded::Chain;

pub use self::error::RpcError;
use self::filters::Filters;
use self::params::Params;

mod calls;
mod error;
mod filters;
mod logs;
mod params;
mod reads;
mod send;
mod shapes;

/// Largest request, in bytes.
pub const REQUEST_BYTES_MAX: usize = 16 << 20;

/// Requests in a batch at most.
pub const BATCH_MAX: usize = 1000;

/// Header in which a client shows a server the key to its clock.
pub const CLOCK_HEADER: &str = "x-daedal-clock";

/// Answers JSON-RPC requests on a chain. Clones share their filters.
#[derive(Debug, Clone)]
pub struct Rpc {
    chain: Chain,
    filters: Arc<Filters>,
    may_move_time: bool,
}

/// What a method gives.
type Answer = Result<Box<RawValue>, RpcError>;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

impl Rpc {
    /// A handler for `chain`.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            filters: Arc::default(),
            may_move_time: true,
        }
    }

    /// The same handler, refusing to move the clock: for callers that are not trusted with it.
    #[must_use]
    pub fn with_fixed_time(mut self) -> Self {
        self.may_move_time = false;
        self
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Answers a request or a batch of them. Empty if nothing is to be answered (notifications).
    pub async fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        if bytes.len() > REQUEST_BYTES_MAX {
            let size = bytes.len();
            return failed(&RpcError::request(format!(
                "{size} bytes; at most {REQUEST_BYTES_MAX} are read"
            )));
        }
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'[') {
            return match serde_json::from_slice::<&RawValue>(bytes) {
                Ok(request) => self.one(request).await.unwrap_or_default(),
                Err(error) => failed(&RpcError::parse(error)),
            };
        }
        let batch: Vec<&RawValue> = match serde_json::from_slice(bytes) {
            Ok(batch) => batch,
            Err(error) => return failed(&RpcError::parse(error)),
        };
        if batch.is_empty() || batch.len() > BATCH_MAX {
            let count = batch.len();
            return failed(&RpcError::request(format!(
                "a batch of {count}; from 1 to {BATCH_MAX} are answered"
            )));
        }
        let mut answers = Vec::new();
        for request in batch {
            if let Some(answer) = self.one(request).await {
                answers.push(if answers.is_empty() { b'[' } else { b',' });
                answers.extend(answer);
            }
        }
        if !answers.is_empty() {
            answers.push(b']');
        }
        answers
    }

    async fn one(&self, raw: &RawValue) -> Option<Vec<u8>> {
        let request: Request<'_> = match serde_json::from_str(raw.get()) {
            Ok(request) => request,
            Err(error) => return Some(failed(&RpcError::request(error))),
        };
        let answer = self.call(&request.method, request.params).await;
        let id = request.id?;
        let mut bytes = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},", id.get()).into_bytes();
        match answer {
            Ok(result) => {
                bytes.extend(b"\"result\":");
                bytes.extend(result.get().as_bytes());
            }
            Err(error) => bytes.extend(format!("\"error\":{}", error.json()).into_bytes()),
        }
        bytes.push(b'}');
        Some(bytes)
    }

    /// Carries out one method.
    pub async fn call(&self, method: &str, params: Option<&RawValue>) -> Answer {
        let params = Params::of(params)?;
        match method {
            "eth_sendRawTransaction"
            | "eth_sendRawTransactionSync"
            | "evm_increaseTime"
            | "evm_setNextBlockTimestamp"
            | "evm_mine" => self.change(method, &params).await,
            "eth_call"
            | "eth_estimateGas"
            | "eth_simulateV1"
            | "eth_getBalance"
            | "eth_getTransactionCount"
            | "eth_getCode"
            | "eth_getStorageAt" => self.state(method, &params),
            "eth_getLogs"
            | "eth_newFilter"
            | "eth_newBlockFilter"
            | "eth_newPendingTransactionFilter"
            | "eth_getFilterChanges"
            | "eth_getFilterLogs"
            | "eth_uninstallFilter" => self.logs(method, &params),
            _ => self.read(method, &params),
        }
    }
}

/// An answer to something that has no id.
fn failed(error: &RpcError) -> Vec<u8> {
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}}}",
        error.json()
    )
    .into_bytes()
}

fn raw(value: &impl Serialize) -> Answer {
    to_raw_value(value).map_err(|error| RpcError::new(-32603, error.to_string()))
}
