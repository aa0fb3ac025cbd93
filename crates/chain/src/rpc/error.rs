//! Errors of JSON-RPC, with the codes and words of geth.

use std::borrow::Cow;

use alloy_json_rpc::ErrorPayload;
use alloy_primitives::{Bytes, hex};
use alloy_sol_types::{Panic, Revert, SolError};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::embedded::{CallError, ChainError, LogsError};

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// Kind: 3 for a revert, -32602 for bad parameters, -32000 for what the chain refuses, …
    pub code: i64,
    /// What is wrong.
    pub message: String,
    /// What a contract reverted with.
    pub data: Option<Bytes>,
}

impl RpcError {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    pub(super) fn parse(message: impl std::fmt::Display) -> Self {
        Self::new(-32700, format!("parse error: {message}"))
    }

    pub(super) fn request(message: impl std::fmt::Display) -> Self {
        Self::new(-32600, format!("invalid request: {message}"))
    }

    pub(super) fn params(message: impl std::fmt::Display) -> Self {
        Self::new(-32602, format!("invalid params: {message}"))
    }

    pub(super) fn method(name: &str) -> Self {
        let message = format!("the method {name} does not exist/is not available");
        Self::new(-32601, message)
    }

    /// Something that exists elsewhere, and why not here.
    pub(super) fn unsupported(message: &str) -> Self {
        Self::new(-32004, message)
    }

    /// As alloy has it.
    pub(crate) fn payload(self) -> ErrorPayload<Box<RawValue>> {
        let data = self.data.map(hex::encode_prefixed);
        ErrorPayload {
            code: self.code,
            message: Cow::Owned(self.message),
            data: data.and_then(|text| to_raw_value(&text).ok()),
        }
    }

    pub(super) fn json(&self) -> Value {
        let mut error = serde_json::json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = Value::String(hex::encode_prefixed(data));
        }
        error
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        let code = match error {
            ChainError::Rejected(_) => -32000,
            ChainError::Time { .. } => -32602,
            _ => -32603,
        };
        Self::new(code, error.to_string())
    }
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Reverted(data) => Self {
                code: 3,
                message: reason(&data).map_or_else(
                    || "execution reverted".to_owned(),
                    |reason| format!("execution reverted: {reason}"),
                ),
                data: Some(data),
            },
            CallError::Chain(error) => error.into(),
            error => Self::new(-32000, error.to_string()),
        }
    }
}

impl From<LogsError> for RpcError {
    fn from(error: LogsError) -> Self {
        match error {
            LogsError::TooMany | LogsError::TooFar { .. } => Self::new(-32005, error.to_string()),
            LogsError::Backwards { .. } => Self::params(error),
            LogsError::Chain(error) => error.into(),
        }
    }
}

/// What `require(…, "reason")` and the compiler's own checks say.
fn reason(data: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    Panic::abi_decode(data).ok().map(|panic| panic.to_string())
}
