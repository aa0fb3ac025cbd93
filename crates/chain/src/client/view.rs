//! What contracts answer: now, to somebody, or at a block.

use alloy_consensus::BlockHeader;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rpc_types_eth::{Block, TransactionRequest};
use alloy_sol_types::SolCall;
use serde_json::{Value, json};

use super::{Client, ClientError};

/// A block, by number and hash: what is read at it stays what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockPin {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

impl Client {
    /// What a contract's view gives.
    pub async fn read<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ClientError> {
        self.ask(None, to, call, json!("latest")).await
    }

    /// What a call from `from` would give now.
    pub async fn read_as<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, ClientError> {
        self.ask(Some(from), to, call, json!("latest")).await
    }

    /// What a contract's view gave at a block (EIP-1898): of that block, and of no other of its number.
    pub async fn read_at<C: SolCall>(
        &self,
        block: BlockPin,
        to: Address,
        call: &C,
    ) -> Result<C::Return, ClientError> {
        let at = json!({ "blockHash": block.hash });
        self.ask(None, to, call, at).await
    }

    /// The newest block.
    pub async fn newest(&self) -> Result<BlockPin, ClientError> {
        let found = self.block_named(json!("latest")).await?;
        let none = || {
            self.lie(
                "eth_getBlockByNumber",
                "there is no newest block".to_owned(),
            )
        };
        found.ok_or_else(none)
    }

    /// The block with a number, as the chain has it now.
    pub async fn block(&self, number: u64) -> Result<Option<BlockPin>, ClientError> {
        self.block_named(json!(format!("{number:#x}"))).await
    }

    async fn block_named(&self, name: Value) -> Result<Option<BlockPin>, ClientError> {
        let found: Option<Block<B256>> =
            self.request("eth_getBlockByNumber", (name, false)).await?;
        Ok(found.map(|block| BlockPin {
            number: block.header.inner.number(),
            hash: block.header.hash,
        }))
    }

    async fn ask<C: SolCall>(
        &self,
        from: Option<Address>,
        to: Address,
        call: &C,
        block: Value,
    ) -> Result<C::Return, ClientError> {
        let mut request = TransactionRequest::default()
            .to(to)
            .input(call.abi_encode().into());
        request.from = from;
        let output: Bytes = self.request("eth_call", (request, block)).await?;
        self.decode::<C>(to, &output)
    }

    pub(super) fn decode<C: SolCall>(
        &self,
        to: Address,
        output: &[u8],
    ) -> Result<C::Return, ClientError> {
        C::abi_decode_returns(output).map_err(|error| {
            let what = format!(
                "{} bytes that are no result of {} at {to} ({error}); is it the right contract",
                output.len(),
                C::SIGNATURE
            );
            self.lie("eth_call", what)
        })
    }
}
