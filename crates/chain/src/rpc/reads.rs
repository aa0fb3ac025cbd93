//! Methods about the chain, its blocks and its transactions.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use alloy_rpc_types_eth::FeeHistory;

use super::{Answer, Params, Rpc, RpcError, raw, shapes};
use crate::embedded::block::BLOCK_GAS;
use crate::embedded::{BlockRow, View};

/// Blocks that a history of fees goes back.
const FEE_BLOCKS_MAX: u64 = 1024;

/// Percentiles in a history of fees.
const PERCENTILES_MAX: usize = 100;

impl Rpc {
    pub(super) fn read(&self, method: &str, params: &Params<'_>) -> Answer {
        let view = self.chain.view();
        match method {
            "eth_chainId" => raw(&U64::from(self.chain.chain_id())),
            "net_version" => raw(&self.chain.chain_id().to_string()),
            "net_listening" => raw(&true),
            "net_peerCount" => raw(&U64::ZERO),
            "web3_clientVersion" => raw(&concat!("daedal/", env!("CARGO_PKG_VERSION"))),
            "web3_sha3" => raw(&keccak256(params.at::<Bytes>(0, "data")?)),
            "eth_blockNumber" => raw(&U64::from(view.number())),
            "eth_syncing" => raw(&false),
            "eth_accounts" => raw(&Vec::<Address>::new()),
            "eth_gasPrice" | "eth_maxPriorityFeePerGas" => raw(&U64::ZERO),
            "eth_blobBaseFee" => raw(&U64::from(1)),
            "eth_feeHistory" => fee_history(&view, params),
            "eth_getTransactionByHash" => transaction(&view, params.at(0, "hash")?),
            "eth_getTransactionReceipt" => receipt(&view, params.at(0, "hash")?),
            "eth_getUncleCountByBlockHash" | "eth_getUncleCountByBlockNumber" => raw(&U64::ZERO),
            _ => block_method(&view, method, params),
        }
    }
}

/// Methods whose first parameter names a block; the rest does not exist.
fn block_method(view: &View, method: &str, params: &Params<'_>) -> Answer {
    let by_hash = || -> Result<_, RpcError> {
        let number = view.block_number(params.at(0, "hash")?)?;
        Ok(number
            .map(|number| view.block(number))
            .transpose()?
            .flatten())
    };
    let by_number = || -> Result<_, RpcError> {
        let number = number(view, params.at(0, "block")?);
        Ok(view.block(number)?)
    };
    let (found, what) = match method {
        "eth_getBlockByHash" => (by_hash()?, "block"),
        "eth_getBlockByNumber" => (by_number()?, "block"),
        "eth_getBlockTransactionCountByHash" => (by_hash()?, "count"),
        "eth_getBlockTransactionCountByNumber" => (by_number()?, "count"),
        "eth_getTransactionByBlockHashAndIndex" => (by_hash()?, "transaction"),
        "eth_getTransactionByBlockNumberAndIndex" => (by_number()?, "transaction"),
        "eth_getBlockReceipts" => (either(view, params)?, "receipts"),
        _ => return Err(absent(method)),
    };
    let Some(block) = found else {
        return raw(&());
    };
    let number = block.header.number;
    match what {
        "count" => raw(&U64::from(block.count)),
        "transaction" => {
            let index: U64 = params.at(1, "index")?;
            let index = u32::try_from(index.to::<u64>()).unwrap_or(u32::MAX);
            match view.entry(number, index)? {
                Some(entry) => raw(&shapes::transaction(&block, &entry, index)?),
                None => raw(&()),
            }
        }
        "receipts" => {
            let entries = view.entries(number)?;
            let numbered = (0..).zip(&entries);
            let receipts = numbered.map(|(index, entry)| shapes::receipt(&block, entry, index));
            raw(&receipts.collect::<Result<Vec<_>, _>>()?)
        }
        _ => {
            let full = params.find(1, "full")?.unwrap_or_default();
            raw(&shapes::block(&block, &view.entries(number)?, full)?)
        }
    }
}

fn number(view: &View, tag: BlockNumberOrTag) -> u64 {
    match tag {
        BlockNumberOrTag::Number(number) => number,
        BlockNumberOrTag::Earliest => 0,
        _ => view.number(),
    }
}

/// A block by number, tag or hash.
fn either(view: &View, params: &Params<'_>) -> Result<Option<BlockRow>, RpcError> {
    let number = match params.at::<alloy_eips::BlockId>(0, "block")? {
        alloy_eips::BlockId::Number(tag) => Some(number(view, tag)),
        alloy_eips::BlockId::Hash(hash) => view.block_number(hash.block_hash)?,
    };
    Ok(number
        .map(|number| view.block(number))
        .transpose()?
        .flatten())
}

fn transaction(view: &View, hash: B256) -> Answer {
    let Some((number, index)) = view.transaction_place(hash)? else {
        return raw(&());
    };
    match view.block(number)?.zip(view.entry(number, index)?) {
        Some((block, entry)) => raw(&shapes::transaction(&block, &entry, index)?),
        None => raw(&()),
    }
}

fn receipt(view: &View, hash: B256) -> Answer {
    let Some((number, index)) = view.transaction_place(hash)? else {
        return raw(&());
    };
    match view.block(number)?.zip(view.entry(number, index)?) {
        Some((block, entry)) => raw(&shapes::receipt(&block, &entry, index)?),
        None => raw(&()),
    }
}

/// Fees have always been zero; how full blocks were is real.
fn fee_history(view: &View, params: &Params<'_>) -> Answer {
    let count: U256 = params.at(0, "count")?;
    let newest = number(view, params.at(1, "newest")?).min(view.number());
    let percentiles: Vec<f64> = params.find(2, "percentiles")?.unwrap_or_default();
    if percentiles.len() > PERCENTILES_MAX {
        let message = format!("at most {PERCENTILES_MAX} percentiles");
        return Err(RpcError::params(message));
    }
    let count = count
        .saturating_to::<u64>()
        .min(FEE_BLOCKS_MAX)
        .min(newest + 1);
    let oldest = newest + 1 - count;
    let mut ratios = Vec::new();
    for number in oldest..=newest {
        let used = view.block(number)?.map_or(0, |block| block.header.gas_used);
        #[allow(clippy::cast_precision_loss)] // below 2^53
        ratios.push(used as f64 / BLOCK_GAS as f64);
    }
    let blocks = ratios.len();
    raw(&FeeHistory {
        base_fee_per_gas: vec![0; blocks + 1],
        gas_used_ratio: ratios,
        base_fee_per_blob_gas: vec![1; blocks + 1],
        blob_gas_used_ratio: vec![0.0; blocks],
        oldest_block: oldest,
        reward: (!percentiles.is_empty()).then(|| vec![vec![0; percentiles.len()]; blocks]),
    })
}

/// Why a method that others have is not here.
fn absent(method: &str) -> RpcError {
    match method {
        "eth_getProof" => RpcError::unsupported(
            "eth_getProof: the state root of this chain is not a trie, so there are no proofs; proofs \
             are for real chains",
        ),
        "eth_sendTransaction"
        | "eth_sign"
        | "eth_signTransaction"
        | "eth_signTypedData_v4"
        | "personal_sign" => RpcError::unsupported(
            "this chain holds no keys: sign with your own wallet, and send the result with \
             eth_sendRawTransaction",
        ),
        "eth_subscribe" | "eth_unsubscribe" => RpcError::unsupported(
            "there are no subscriptions here; poll with eth_newFilter and eth_getFilterChanges",
        ),
        method => RpcError::method(method),
    }
}
