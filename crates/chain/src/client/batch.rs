//! The same question about many things, in few requests.

use alloy_primitives::{Address, Bytes};
use alloy_provider::Provider;
use alloy_rpc_client::BatchRequest;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;

use super::{Client, ClientError};

/// Calls in one request; many nodes take a hundred.
const CALLS_MAX: usize = 50;

impl Client {
    /// What a contract's view gives for each of many calls, in their order; none where the contract refuses.
    /// A node that takes no batches is asked one by one.
    pub async fn read_many<C: SolCall>(
        &self,
        to: Address,
        calls: &[C],
    ) -> Result<Vec<Option<C::Return>>, ClientError> {
        let mut found = Vec::with_capacity(calls.len());
        for part in calls.chunks(CALLS_MAX) {
            let together = match part {
                [_] => None,
                part => self.read_batch(to, part).await.ok(),
            };
            if let Some(together) = together {
                found.extend(together);
                continue;
            }
            // What is wrong with the node, if it is not the batch, one call tells as well.
            for call in part {
                found.push(given(self.read(to, call).await)?);
            }
        }
        Ok(found)
    }

    async fn read_batch<C: SolCall>(
        &self,
        to: Address,
        calls: &[C],
    ) -> Result<Vec<Option<C::Return>>, ClientError> {
        let method = "eth_call";
        let mut batch = BatchRequest::new(self.provider.client());
        let mut answers = Vec::with_capacity(calls.len());
        for call in calls {
            let request = TransactionRequest::default()
                .to(to)
                .input(call.abi_encode().into());
            let answer = batch.add_call::<_, Bytes>(method, &(request, "latest"));
            answers.push(answer.map_err(|error| self.error(method, error))?);
        }
        let all = async {
            batch.send().await?;
            let mut outputs = Vec::with_capacity(answers.len());
            for answer in answers {
                outputs.push(answer.await);
            }
            Ok(outputs)
        };
        let outputs = match tokio::time::timeout(self.timeout, all).await {
            Ok(outputs) => outputs.map_err(|error| self.error(method, error))?,
            Err(_) => return Err(self.timed_out(method)),
        };
        let decoded = outputs.into_iter().map(|output| {
            let output = output.map_err(|error| self.error(method, error));
            given(output.and_then(|output: Bytes| self.decode::<C>(to, &output)))
        });
        decoded.collect()
    }
}

/// What was given, if the contract does not refuse.
fn given<T>(answer: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match answer {
        Ok(given) => Ok(Some(given)),
        Err(ClientError::Reverted { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
