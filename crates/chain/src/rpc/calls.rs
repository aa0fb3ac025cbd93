//! Methods that look at state.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Params, Rpc, RpcError, raw};
use crate::embedded::{Call, CallError, CallOutcome, View};

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
            "eth_simulateV1" => self.simulate(params),
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

    /// Calls one after the other, as in one block that is forgotten again.
    fn simulate(&self, params: &Params<'_>) -> Answer {
        let Simulation {
            block_state_calls,
            validation,
        } = params.at(0, "calls")?;
        let view = self.view_at(params.find(1, "block")?)?;
        let [block]: [SimulatedBlock; 1] = block_state_calls.try_into().map_err(|_| {
            RpcError::unsupported("this chain simulates one block at a time; give one")
        })?;
        if validation {
            let reason = "this chain doesn't validate simulated calls; leave `validation` out";
            return Err(RpcError::unsupported(reason));
        }
        let outcomes = self.chain.simulate(&view, block.calls)?;
        let calls: Vec<Value> = outcomes.into_iter().map(simulated).collect();
        let number = U64::from(view.number() + 1);
        raw(&json!([{ "number": number, "calls": calls }]))
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

/// What `eth_simulateV1` takes here: one block of calls, without overrides.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Simulation {
    block_state_calls: Vec<SimulatedBlock>,
    #[serde(default)]
    validation: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SimulatedBlock {
    calls: Vec<Call>,
}

fn simulated(outcome: Result<CallOutcome, CallError>) -> Value {
    match outcome {
        Ok(outcome) => json!({
            "status": "0x1", "returnData": outcome.output, "gasUsed": U64::from(outcome.gas_used),
            "logs": [],
        }),
        Err(error) => {
            let data = match &error {
                CallError::Reverted(data) => data.clone(),
                _ => Bytes::new(),
            };
            let code = match &error {
                CallError::Reverted(_) => 3,
                _ => -32015,
            };
            json!({
                "status": "0x0", "returnData": data, "gasUsed": "0x0", "logs": [],
                "error": { "code": code, "message": error.to_string(), "data": data },
            })
        }
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
