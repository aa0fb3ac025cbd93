//! A client of a chain, the embedded one or any other: what is asked the same way of both.
//!
//! Every question has a time limit, and every way of not answering it is told apart in
//! [`ClientError`]. What can be checked about an answer is checked.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy_consensus::BlockHeader;
use alloy_json_rpc::{ErrorPayload, RpcError, RpcRecv, RpcSend};
use alloy_primitives::{Address, B256, Bytes, U64, U256, hex};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::ClientBuilder;
use alloy_rpc_types_eth::{
    Block, Filter, Log, Transaction, TransactionReceipt, TransactionRequest,
};
use alloy_transport::TransportError;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;
use url::Url;

use crate::InProcess;
use crate::embedded::Chain;
use crate::http::Http;
use crate::rpc::{CLOCK_HEADER, Rpc};

pub use self::error::ClientError;
pub use self::reverts::words;
pub use self::signature::Accepts;
pub use self::view::BlockPin;

mod batch;
mod error;
mod reverts;
mod signature;
mod simulate;
#[cfg(test)]
mod tests;
mod view;

/// How long a node may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How the embedded chain is called in messages.
const EMBEDDED: &str = "the embedded chain";

/// A chain that can be asked.
#[derive(Debug, Clone)]
pub struct Client {
    provider: RootProvider,
    place: String,
    chain_id: u64,
    timeout: Duration,
    is_embedded: bool,
    /// Whether an answer was waited for in vain, in this client or a copy of it.
    hung: Arc<AtomicBool>,
}

/// How to reach a chain over HTTP.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Address of its JSON-RPC.
    pub url: String,
    /// The chain that it has to be; any if absent.
    pub chain_id: Option<u64>,
    /// How long it may take for one answer.
    pub timeout: Duration,
    /// The key to the clock of a studio's own server, for who is going to move it.
    pub clock_key: Option<String>,
}

impl Remote {
    /// The chain at `url`, whichever it is.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            chain_id: None,
            timeout: TIMEOUT,
            clock_key: None,
        }
    }
}

impl Client {
    /// A client of an embedded chain in this process.
    #[must_use]
    pub fn embedded(chain: &Chain) -> Self {
        let transport = InProcess(Rpc::new(chain.clone()));
        Self {
            provider: RootProvider::new(ClientBuilder::default().transport(transport, true)),
            place: EMBEDDED.to_owned(),
            chain_id: chain.chain_id(),
            timeout: TIMEOUT,
            is_embedded: true,
            hung: Arc::default(),
        }
    }

    /// A client of a chain over HTTP; asks it which chain it is.
    pub async fn connect(remote: &Remote) -> Result<Self, ClientError> {
        let wrong = |message: String| ClientError::Url {
            url: remote.url.clone(),
            message,
        };
        let url = Url::parse(&remote.url).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(format!("the scheme is {}", url.scheme())));
        }
        let place = shown(&url);
        // Whoever installed one before us has made the same choice.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let mut headers = HeaderMap::new();
        if let Some(key) = &remote.clock_key {
            let mut key = HeaderValue::from_str(key).map_err(|error| wrong(error.to_string()))?;
            key.set_sensitive(true);
            headers.insert(CLOCK_HEADER, key);
        }
        let http = reqwest::Client::builder()
            .timeout(remote.timeout)
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let transport = Http::new(http, url);
        let mut client = Self {
            provider: RootProvider::new(ClientBuilder::default().transport(transport, is_local)),
            place,
            chain_id: remote.chain_id.unwrap_or_default(),
            timeout: remote.timeout,
            is_embedded: false,
            hung: Arc::default(),
        };
        let found = client.ask_chain_id().await?;
        if remote.chain_id.is_some_and(|expected| expected != found) {
            return Err(client.wrong_chain(found));
        }
        client.chain_id = found;
        Ok(client)
    }

    /// What tells the chain from others.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Whether it is the embedded chain of this process.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.is_embedded
    }

    /// Whether it has let an answer be waited for in vain: whoever has many questions may spare it the others.
    #[must_use]
    pub fn has_hung(&self) -> bool {
        self.hung.load(Ordering::Relaxed)
    }

    /// The chain's address as messages show it: without user, password and path, which may be keys.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The provider underneath, for what has no method here.
    #[must_use]
    pub fn provider(&self) -> &RootProvider {
        &self.provider
    }

    /// Makes sure that it is still the chain that it was.
    pub async fn check_chain(&self) -> Result<(), ClientError> {
        match self.ask_chain_id().await? {
            found if found == self.chain_id => Ok(()),
            found => Err(self.wrong_chain(found)),
        }
    }

    /// Asks one method of JSON-RPC.
    pub async fn request<P: RpcSend, R: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, ClientError> {
        let asked = self.provider.raw_request(Cow::Borrowed(method), params);
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(answer) => answer.map_err(|error| self.error(method, error)),
            Err(_) => Err(self.timed_out(method)),
        }
    }

    /// Gas that a transaction would take, or why it would fail.
    pub async fn estimate_gas(&self, call: TransactionRequest) -> Result<u64, ClientError> {
        let gas: U64 = self.request("eth_estimateGas", (call,)).await?;
        Ok(gas.to())
    }

    /// Balance in wei.
    pub async fn balance(&self, account: Address) -> Result<U256, ClientError> {
        self.request("eth_getBalance", (account, "latest")).await
    }

    /// Number of the next transaction of `account`, with those that wait.
    pub async fn next_nonce(&self, account: Address) -> Result<u64, ClientError> {
        let nonce: U64 = self
            .request("eth_getTransactionCount", (account, "pending"))
            .await?;
        Ok(nonce.to())
    }

    /// Number of transactions of `account` that are in blocks.
    pub async fn mined_nonce(&self, account: Address) -> Result<u64, ClientError> {
        let nonce: U64 = self
            .request("eth_getTransactionCount", (account, "latest"))
            .await?;
        Ok(nonce.to())
    }

    /// Code of a contract; empty if there is none.
    pub async fn code(&self, address: Address) -> Result<Bytes, ClientError> {
        self.request("eth_getCode", (address, "latest")).await
    }

    /// Number of the newest block.
    pub async fn block_number(&self) -> Result<u64, ClientError> {
        let number: U64 = self.request("eth_blockNumber", json!([])).await?;
        Ok(number.to())
    }

    /// Time of a block; of the newest without a number.
    pub async fn block_time(&self, number: Option<u64>) -> Result<Option<u64>, ClientError> {
        let tag = number.map_or_else(|| "latest".to_owned(), |number| format!("{number:#x}"));
        let block: Option<Block<B256>> = self.request("eth_getBlockByNumber", (tag, false)).await?;
        Ok(block.map(|block| block.header.inner.timestamp()))
    }

    /// Hash of the first block, which tells a chain from another one of its number; none where the node
    /// doesn't give it.
    pub async fn genesis(&self) -> Result<Option<B256>, ClientError> {
        let first = ("0x0", false);
        match self.request("eth_getBlockByNumber", first).await {
            Ok(block) => {
                let hash = Option::<serde_json::Value>::unwrap_or_default(block)["hash"].take();
                Ok(serde_json::from_value(hash).ok())
            }
            Err(ClientError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Logs that a filter lets through.
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ClientError> {
        self.request("eth_getLogs", (filter.clone(),)).await
    }

    /// Whether the chain knows a transaction, in a block or waiting.
    pub async fn knows(&self, hash: B256) -> Result<bool, ClientError> {
        let method = "eth_getTransactionByHash";
        let found: Option<Transaction> = self.request(method, (hash,)).await?;
        match found {
            Some(found) if *found.inner.tx_hash() != hash => Err(self.lie(
                method,
                format!("it is transaction {}", found.inner.tx_hash()),
            )),
            found => Ok(found.is_some()),
        }
    }

    /// What came of a transaction, if it is in a block.
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, ClientError> {
        let method = "eth_getTransactionReceipt";
        let receipt: Option<TransactionReceipt> = self.request(method, (hash,)).await?;
        match &receipt {
            Some(found) if found.transaction_hash != hash => {
                let what = format!("it is the receipt of {}", found.transaction_hash);
                Err(self.lie(method, what))
            }
            _ => Ok(receipt.filter(|receipt| receipt.block_number.is_some())),
        }
    }

    pub(crate) fn lie(&self, method: &str, what: String) -> ClientError {
        ClientError::Lie {
            place: self.place.clone(),
            method: method.to_owned(),
            what,
        }
    }

    async fn ask_chain_id(&self) -> Result<u64, ClientError> {
        let id: U64 = self.request("eth_chainId", json!([])).await?;
        Ok(id.to())
    }

    fn wrong_chain(&self, found: u64) -> ClientError {
        ClientError::WrongChain {
            place: self.place.clone(),
            expected: self.chain_id,
            found,
        }
    }

    fn timed_out(&self, method: &str) -> ClientError {
        self.hung.store(true, Ordering::Relaxed);
        ClientError::Timeout {
            place: self.place.clone(),
            method: method.to_owned(),
            seconds: self.timeout.as_secs(),
        }
    }

    pub(crate) fn error(&self, method: &str, error: TransportError) -> ClientError {
        let (place, method) = (self.place.clone(), method.to_owned());
        match error {
            RpcError::ErrorResp(payload) => match revert_data(&payload) {
                Some(data) => ClientError::Reverted {
                    reason: words(&data),
                    data,
                },
                None => ClientError::Refused {
                    place,
                    method,
                    code: payload.code,
                    message: payload.message.into_owned(),
                },
            },
            RpcError::NullResp => self.lie(&method, "it is nothing".to_owned()),
            RpcError::DeserError { err, text } => {
                let start: String = text.chars().take(80).collect();
                self.lie(&method, format!("`{}` ({err})", start.escape_debug()))
            }
            RpcError::Transport(error) if is_timeout(&error) => self.timed_out(&method),
            error => ClientError::Unreachable {
                place,
                method,
                message: causes(&error),
            },
        }
    }
}

/// What a contract reverted with. Nodes differ in where they put it.
fn revert_data(payload: &ErrorPayload) -> Option<Bytes> {
    if let Some(data) = payload.as_revert_data() {
        return Some(data);
    }
    let text: Option<String> = payload
        .data
        .as_ref()
        .and_then(|data| serde_json::from_str(data.get()).ok());
    let data = text.and_then(|text| hex::decode(text).ok());
    if payload.code == 3 || payload.message.starts_with("execution reverted") {
        return Some(data.unwrap_or_default().into());
    }
    None
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<reqwest::Error>()
            .is_some_and(reqwest::Error::is_timeout)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An error with what caused it, without repeating itself. Addresses are left out: they may hold keys.
fn causes(error: &dyn std::error::Error) -> String {
    let mut last = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        last = error.to_string();
        cause = error.source();
    }
    last
}

/// Scheme, host and port.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}
