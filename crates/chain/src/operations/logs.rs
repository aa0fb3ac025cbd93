//! What contracts have told.

use alloy_primitives::Address;
use alloy_rpc_types_eth::{Filter, Log};
use alloy_sol_types::SolEvent;

use super::{Ledgers, OperationError};
use crate::client::ClientError;

/// Blocks that are asked for logs at once on chains that others run, to begin with.
const LOG_BLOCKS: u64 = 10_000;

/// Pieces that a search for logs is cut into at most.
const LOG_QUERIES_MAX: usize = 10_000;

impl Ledgers {
    /// Logs of a contract from the first block on, in order. Where a node refuses long ranges, it is
    /// asked for shorter ones.
    pub(crate) async fn all_logs(&self, filter: Filter) -> Result<Vec<Log>, OperationError> {
        let newest = self.client.block_number().await?;
        let whole = newest + 1;
        let mut step = if self.client.is_embedded() {
            whole
        } else {
            LOG_BLOCKS.min(whole)
        };
        let mut from = 0;
        let mut logs = Vec::new();
        for _ in 0..LOG_QUERIES_MAX {
            if from > newest {
                return Ok(logs);
            }
            let to = (from + step - 1).min(newest);
            let part = filter.clone().from_block(from).to_block(to);
            match self.client.logs(&part).await {
                Ok(found) => {
                    logs.extend(found);
                    from = to + 1;
                }
                Err(ClientError::Refused { .. }) if step > 1 => step /= 2,
                Err(error) => return Err(error.into()),
            }
        }
        Err(OperationError::Input(format!(
            "{} gives logs of {step} blocks at a time, which is too few to search {newest} blocks; \
             use another node",
            self.client.place()
        )))
    }
}

/// Events of one kind at one address.
pub(super) fn events<'a, E: SolEvent>(
    logs: impl Iterator<Item = &'a alloy_primitives::Log>,
    address: Address,
) -> impl Iterator<Item = E> {
    logs.filter(move |log| log.address == address)
        .filter_map(|log| E::decode_log_data(&log.data).ok())
}
