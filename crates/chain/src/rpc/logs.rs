//! Methods about logs.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};

use super::filters::{About, Watch};
use super::{Answer, Params, Rpc, RpcError, raw, shapes};
use crate::embedded::View;

/// Hashes of blocks that one poll gives.
const HASHES_MAX: u64 = 10_000;

impl Rpc {
    pub(super) fn logs(&self, method: &str, params: &Params<'_>) -> Answer {
        let view = self.chain.view();
        let next = view.number() + 1;
        match method {
            "eth_getLogs" => raw(&query(&view, &params.at(0, "filter")?)?),
            "eth_newFilter" => {
                let about = About::Logs(Box::new(params.at(0, "filter")?));
                raw(&U64::from(self.filters.add(Watch { about, next })))
            }
            "eth_newBlockFilter" => {
                let about = About::Blocks;
                raw(&U64::from(self.filters.add(Watch { about, next })))
            }
            "eth_newPendingTransactionFilter" => {
                let about = About::Pending;
                raw(&U64::from(self.filters.add(Watch { about, next })))
            }
            "eth_uninstallFilter" => raw(&self.filters.remove(id(params)?)),
            "eth_getFilterLogs" => match self.filters.get(id(params)?).map(|watch| watch.about) {
                Some(About::Logs(filter)) => raw(&query(&view, &filter)?),
                _ => Err(unknown()),
            },
            _ => {
                let watch = self
                    .filters
                    .advance(id(params)?, next)
                    .ok_or_else(unknown)?;
                changes(&view, &watch)
            }
        }
    }
}

fn id(params: &Params<'_>) -> Result<u64, RpcError> {
    Ok(params.at::<U64>(0, "filter")?.to())
}

fn unknown() -> RpcError {
    RpcError::new(-32000, "filter not found; make a new one")
}

fn changes(view: &View, watch: &Watch) -> Answer {
    let newest = view.number();
    match &watch.about {
        About::Pending => raw(&Vec::<B256>::new()),
        About::Blocks => {
            let first = watch.next.max((newest + 1).saturating_sub(HASHES_MAX));
            let mut hashes = Vec::new();
            for number in first..=newest {
                hashes.extend(view.block(number)?.map(|block| block.hash));
            }
            raw(&hashes)
        }
        About::Logs(_) if watch.next > newest => raw(&Vec::<Log>::new()),
        About::Logs(filter) => {
            let (from, to) = match filter.block_option {
                FilterBlockOption::Range { to_block, .. } => {
                    let to = to_block.and_then(|to| to.as_number());
                    (watch.next, to.unwrap_or(newest))
                }
                FilterBlockOption::AtBlockHash(_) => return raw(&Vec::<Log>::new()),
            };
            if from > to {
                return raw(&Vec::<Log>::new());
            }
            raw(&between(view, filter, from, to)?)
        }
    }
}

fn query(view: &View, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    let newest = view.number();
    let number = |tag: Option<BlockNumberOrTag>| match tag {
        Some(BlockNumberOrTag::Number(number)) => number,
        Some(BlockNumberOrTag::Earliest) => 0,
        _ => newest,
    };
    match filter.block_option {
        FilterBlockOption::Range {
            from_block,
            to_block,
        } => between(view, filter, number(from_block), number(to_block)),
        FilterBlockOption::AtBlockHash(hash) => {
            let number = view.block_number(hash)?;
            let number = number.ok_or_else(|| RpcError::new(-32001, "unknown block"))?;
            between(view, filter, number, number)
        }
    }
}

fn between(view: &View, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>, RpcError> {
    let found = view.logs(filter, from, to)?;
    found
        .iter()
        .map(|found| {
            let hash = *found.entry.envelope()?.tx_hash();
            let (block, entry) = (&found.block, &found.entry);
            Ok(shapes::log(block, entry, found.index, found.log, hash))
        })
        .collect()
}
