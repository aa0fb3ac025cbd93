//! Methods that look at state.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, U64, U256};
use serde_json::Value;

use super::{Answer, Params, Rpc, RpcError, raw};
use crate::embedded::{Call, View};

impl Rpc {
    pub(super) fn state(&self, method: &str, params: &Params<'_>) -> Answer {
        match method {
            "eth_call" => {
                let call: Call = params.at(0, "call")?;
                let view = self.view_at(params.find(1, "block")?)?;
                no_overrides(params, 2)?;
                no_overrides(params, 3)?;
                raw(&self.chain.call(&view, call)?.output)
            }
            "eth_estimateGas" => {
                let call: Call = params.at(0, "call")?;
                let view = self.view_at(params.find(1, "block")?)?;
                no_overrides(params, 2)?;
                raw(&U64::from(self.chain.estimate_gas(&view, call)?))
            }
            "eth_getStorageAt" => {
                let address: Address = params.at(0, "address")?;
                let slot: U256 = params.at(1, "slot")?;
                let view = self.view_at(params.find(2, "block")?)?;
                raw(&B256::from(view.storage(address, slot)?))
            }
            _ => {
                let address: Address = params.at(0, "address")?;
                let view = self.view_at(params.find(1, "block")?)?;
                match method {
                    "eth_getBalance" => raw(&view.account(address)?.0),
                    // There is no waiting room, so what is pending is what is newest.
                    "eth_getTransactionCount" => raw(&U64::from(view.account(address)?.1)),
                    _ => raw(&view.code(address)?),
                }
            }
        }
    }

    /// The view in which `block` is the newest.
    fn view_at(&self, block: Option<BlockId>) -> Result<Arc<View>, RpcError> {
        let newest = self.chain.view();
        let number = match block {
            None => return Ok(newest),
            Some(BlockId::Number(BlockNumberOrTag::Number(number))) => number,
            Some(BlockId::Number(BlockNumberOrTag::Earliest)) => 0,
            Some(BlockId::Number(_)) => return Ok(newest),
            Some(BlockId::Hash(hash)) => {
                let number = newest.block_number(hash.block_hash)?;
                number.ok_or_else(|| RpcError::new(-32001, "header not found"))?
            }
        };
        if number == newest.number() {
            return Ok(newest);
        }
        if number > newest.number() {
            return Err(RpcError::new(-32001, "header not found"));
        }
        self.chain.view_at(number).ok_or_else(|| {
            RpcError::new(
                -32000,
                format!(
                    "missing state: this chain keeps the state of its newest block ({}) and of some \
                     before it, not of block {number}; ask for `latest`",
                    newest.number()
                ),
            )
        })
    }
}

/// Overrides of state or block, which this chain does not know.
fn no_overrides(params: &Params<'_>, place: usize) -> Result<(), RpcError> {
    match params.find::<Value>(place, "overrides")? {
        Some(Value::Object(map)) if map.is_empty() => Ok(()),
        None => Ok(()),
        Some(_) => Err(RpcError::unsupported(
            "this chain doesn't override state or block in calls; leave the overrides out",
        )),
    }
}
