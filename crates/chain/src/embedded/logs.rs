//! Finding logs.

use std::collections::BTreeSet;

use alloy_rpc_types_eth::Filter;
use thiserror::Error;

use super::rows::{BlockRow, EntryRow};
use super::{ChainError, View};

/// Logs that one query gives at most.
const LOGS_MAX: usize = 10_000;

/// Blocks that one query looks at without the help of an address.
const BLOCKS_MAX: u64 = 100_000;

/// Blocks with logs of a contract that one query opens.
const OPENED_MAX: usize = 20_000;

/// Why a query is not answered.
#[derive(Debug, Clone, Error)]
pub enum LogsError {
    /// Too much.
    #[error(
        "query returns more than {LOGS_MAX} logs, or would open more than {OPENED_MAX} blocks; ask for fewer blocks at a time"
    )]
    TooMany,
    /// Too far.
    #[error(
        "the range has {blocks} blocks; a query without an address may look at {BLOCKS_MAX}: name an \
         address, or ask for fewer blocks at a time"
    )]
    TooFar {
        /// Blocks in the range.
        blocks: u64,
    },
    /// The end is before the beginning.
    #[error("the range ends before it begins: from block {from} to block {to}")]
    Backwards {
        /// First block.
        from: u64,
        /// Last block.
        to: u64,
    },
    /// The chain can't be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// A log, where it is.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) block: BlockRow,
    pub(crate) entry: EntryRow,
    /// Place of the transaction in its block.
    pub(crate) index: u32,
    /// Place of the log in the transaction.
    pub(crate) log: usize,
}

impl View {
    /// Logs from block `from` to block `to` that the filter's addresses and topics let through.
    pub(crate) fn logs(
        &self,
        filter: &Filter,
        from: u64,
        to: u64,
    ) -> Result<Vec<Found>, LogsError> {
        if from > to {
            return Err(LogsError::Backwards { from, to });
        }
        let to = to.min(self.number());
        let mut found = Vec::new();
        if filter.address.is_empty() {
            let blocks = to.saturating_sub(from);
            if blocks >= BLOCKS_MAX {
                return Err(LogsError::TooFar { blocks });
            }
            for number in from..=to {
                self.look(filter, number, &mut found)?;
            }
        } else {
            let mut numbers = BTreeSet::new();
            for address in filter.address.iter() {
                let limit = OPENED_MAX + 1 - numbers.len();
                numbers.extend(self.blocks_with_logs(*address, from, to, limit)?);
                if numbers.len() > OPENED_MAX {
                    return Err(LogsError::TooMany);
                }
            }
            for number in numbers {
                self.look(filter, number, &mut found)?;
            }
        }
        Ok(found)
    }

    fn look(&self, filter: &Filter, number: u64, found: &mut Vec<Found>) -> Result<(), LogsError> {
        let Some(block) = self.block(number)? else {
            return Ok(());
        };
        if !filter.matches_bloom(block.header.logs_bloom) {
            return Ok(());
        }
        for (index, entry) in (0..).zip(self.entries(number)?) {
            for log in (0..entry.logs.len()).filter(|log| filter.matches(&entry.logs[*log])) {
                if found.len() >= LOGS_MAX {
                    return Err(LogsError::TooMany);
                }
                found.push(Found {
                    block: block.clone(),
                    entry: entry.clone(),
                    index,
                    log,
                });
            }
        }
        Ok(())
    }
}
