//! What calls would do, one after the other.

use alloy_primitives::{Bytes, U64};
use alloy_rpc_types_eth::TransactionRequest;
use serde::Deserialize;
use serde_json::json;

use super::{Client, ClientError, words};

impl Client {
    /// Gas that calls use one after the other, each after those before it; or why one would fail.
    /// Nothing is given where the node can't tell (it has no `eth_simulateV1`).
    pub async fn simulate(
        &self,
        calls: &[TransactionRequest],
    ) -> Result<Option<Vec<u64>>, ClientError> {
        let payload = json!({ "blockStateCalls": [{ "calls": calls }] });
        let method = "eth_simulateV1";
        let blocks: Vec<SimulatedBlock> = match self.request(method, (payload, "latest")).await {
            Ok(blocks) => blocks,
            Err(ClientError::Refused {
                code: -32601 | -32004,
                ..
            }) => {
                return Ok(None);
            }
            // Some nodes simulate no contract's creation.
            Err(ClientError::Refused { code: -32602, .. }) if calls.iter().any(is_creation) => {
                return Ok(self.each_by_itself(calls).await);
            }
            Err(error) => return Err(error),
        };
        let outcomes: Vec<SimulatedCall> =
            blocks.into_iter().flat_map(|block| block.calls).collect();
        if outcomes.len() != calls.len() {
            let what = format!("{} results of {} calls", outcomes.len(), calls.len());
            return Err(self.lie(method, what));
        }
        let gas = |outcome: SimulatedCall| match outcome.status.to::<u64>() {
            0 => Err(ClientError::Reverted {
                reason: match outcome.error {
                    Some(error) if outcome.return_data.is_empty() => error.message,
                    _ => words(&outcome.return_data),
                },
                data: outcome.return_data,
            }),
            _ => Ok(outcome.gas_used.to()),
        };
        let gas: Result<Vec<u64>, ClientError> = outcomes.into_iter().map(gas).collect();
        gas.map(Some)
    }

    /// Gas of each call as if no other came before it; none where one needs another.
    async fn each_by_itself(&self, calls: &[TransactionRequest]) -> Option<Vec<u64>> {
        let mut gas = Vec::with_capacity(calls.len());
        for call in calls {
            gas.push(self.estimate_gas(call.clone()).await.ok()?);
        }
        Some(gas)
    }
}

fn is_creation(call: &TransactionRequest) -> bool {
    call.to.is_none_or(|to| to.is_create())
}

#[derive(Debug, Deserialize)]
struct SimulatedBlock {
    calls: Vec<SimulatedCall>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimulatedCall {
    status: U64,
    #[serde(default)]
    return_data: Bytes,
    gas_used: U64,
    error: Option<SimulatedError>,
}

#[derive(Debug, Deserialize)]
struct SimulatedError {
    message: String,
}
