//! Carrying out transactions, and making blocks of them.

use std::collections::btree_map::Entry;

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::transaction::Recovered;
use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Header, Receipt, ReceiptEnvelope, Transaction, TxEnvelope, Typed2718,
};
use alloy_eips::Encodable2718;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_evm::precompiles::PrecompilesMap;
use alloy_evm::{EthEvm, EthEvmFactory, Evm, EvmEnv, EvmFactory, FromRecoveredTx};
use alloy_primitives::{Address, B256, Bloom, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Encodable;
use revm::context::result::{EVMError, InvalidTransaction};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::database::CacheDB;
use revm::inspector::NoOpInspector;
use revm::primitives::eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE;
use revm::primitives::hardfork::SpecId;
use revm::state::EvmState;
use revm::{Database, DatabaseCommit};

use super::rows::{AccountRow, BlockRow, EntryRow};
use super::store::{Changes, Executed};
use super::view::Durable;
use super::{ChainError, Rejection};

/// Gas that the transactions of a block may use together.
pub(crate) const BLOCK_GAS: u64 = 1_000_000_000;

/// The rules: those of Ethereum since December 2025.
pub(super) const SPEC: SpecId = SpecId::OSAKA;

/// State that the miner works on: what is durable, and what it has changed since.
pub(super) type State = CacheDB<Durable>;

/// A signed transaction with its sender.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) hash: B256,
    pub(super) bytes: Bytes,
    pub(super) transaction: Recovered<TxEnvelope>,
}

/// Settings of the EVM for blocks and calls.
///
/// Fees are accepted and shown, but not charged: people who have been given shares have no coin of
/// a chain that only this studio has, and wallets add a tip of 1 wei to whatever they sign.
pub(super) fn environment(chain_id: u64, parent: &BlockRow, number: u64, time: u64) -> EvmEnv {
    let mut cfg_env = CfgEnv::new_with_spec(SPEC).with_chain_id(chain_id);
    cfg_env.disable_fee_charge = true;
    let block_env = BlockEnv {
        number: U256::from(number),
        beneficiary: Address::ZERO,
        timestamp: U256::from(time),
        gas_limit: BLOCK_GAS,
        basefee: 0,
        difficulty: U256::ZERO,
        prevrandao: Some(randomness(parent)),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(
            0,
            BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE,
        )),
        slot_num: number,
    };
    EvmEnv { cfg_env, block_env }
}

/// `PREVRANDAO` after `parent`. Whoever mines can foresee it, as on any chain with one miner.
fn randomness(parent: &BlockRow) -> B256 {
    keccak256([parent.header.mix_hash.as_slice(), parent.hash.as_slice()].concat())
}

/// A block in the making.
pub(super) struct Draft<'a> {
    /// One for the whole block: to make one takes longer than to carry out a transfer.
    evm: EthEvm<&'a mut State, NoOpInspector, PrecompilesMap>,
    parent: &'a BlockRow,
    gas_used: u64,
    logs: u64,
    entries: Vec<(B256, EntryRow)>,
    transactions: Vec<TxEnvelope>,
    changes: Changes,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        state: &'a mut State,
        chain_id: u64,
        parent: &'a BlockRow,
        time: u64,
    ) -> Self {
        let number = parent.header.number + 1;
        let environment = environment(chain_id, parent, number, time);
        Self {
            evm: EthEvmFactory::default().create_evm(state, environment),
            parent,
            gas_used: 0,
            logs: 0,
            entries: Vec::new(),
            transactions: Vec::new(),
            changes: Changes::default(),
        }
    }

    /// Carries out a transaction. A rejected one leaves no trace.
    pub(super) fn add(&mut self, signed: Signed) -> Result<Result<(), Rejection>, ChainError> {
        let gas = signed.transaction.gas_limit();
        let left = BLOCK_GAS - self.gas_used;
        if gas > left && !self.entries.is_empty() {
            return Ok(Err(Rejection::BlockFull { left, gas }));
        }
        let sender = signed.transaction.signer();
        let info = self.evm.db_mut().basic(sender)?.unwrap_or_default();
        let cost = signed.transaction.value();
        if info.balance < cost && info.nonce == signed.transaction.nonce() {
            let balance = info.balance;
            return Ok(Err(Rejection::Funds { balance, cost }));
        }
        let transaction = TxEnv::from_recovered_tx(signed.transaction.inner(), sender);
        let outcome = match self.evm.transact(transaction) {
            Ok(outcome) => outcome,
            Err(EVMError::Transaction(reason)) => return Ok(Err(rejection(&reason))),
            Err(EVMError::Database(error)) => return Err(error),
            Err(error) => return Ok(Err(Rejection::Rule(error.to_string()))),
        };
        self.changes.take(&outcome.state);
        self.evm.db_mut().commit(outcome.state);
        let success = outcome.result.is_success();
        let gas_used = outcome.result.tx_gas_used();
        self.gas_used += gas_used;
        let logs = outcome.result.into_logs();
        let logs_before = self.logs;
        self.logs += logs.len() as u64;
        let entry = EntryRow {
            sender,
            success,
            gas_used,
            gas_used_so_far: self.gas_used,
            logs_before,
            transaction: signed.bytes,
            logs,
        };
        self.entries.push((signed.hash, entry));
        self.transactions.push(signed.transaction.into_inner());
        Ok(Ok(()))
    }

    /// Whether nothing has been carried out.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Closes the block.
    pub(super) fn seal(self) -> Executed {
        let receipts: Vec<ReceiptEnvelope> = self
            .entries
            .iter()
            .zip(&self.transactions)
            .map(|((_, entry), transaction)| receipt(entry, transaction, entry.logs.clone()))
            .collect();
        let logs_bloom = receipts
            .iter()
            .fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
        let environment = self.evm.block();
        let header = Header {
            parent_hash: self.parent.hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            state_root: self.changes.root(self.parent.header.state_root),
            transactions_root: calculate_transaction_root(&self.transactions),
            receipts_root: calculate_receipt_root(&receipts),
            logs_bloom,
            number: self.parent.header.number + 1,
            gas_limit: BLOCK_GAS,
            gas_used: self.gas_used,
            timestamp: environment.timestamp.saturating_to(),
            mix_hash: environment.prevrandao.unwrap_or_default(),
            ..first_header()
        };
        // What the EVM gathers here, the entries hold already.
        let cache = &mut self.evm.into_db().cache;
        cache.logs.clear();
        let executed = sealed(header, self.entries, self.changes);
        let number = U256::from(executed.block.header.number);
        cache.block_hashes.insert(number, executed.block.hash);
        cache
            .block_hashes
            .remove(&number.saturating_sub(U256::from(257)));
        executed
    }
}

/// The receipt of a transaction as it enters the root of its block.
pub(crate) fn receipt<Log>(
    entry: &EntryRow,
    transaction: &TxEnvelope,
    logs: Vec<Log>,
) -> ReceiptEnvelope<Log> {
    let bloom = entry.logs.iter().collect::<Bloom>();
    let receipt = Receipt {
        status: entry.success.into(),
        cumulative_gas_used: entry.gas_used_so_far,
        logs,
    };
    let with_bloom = alloy_consensus::ReceiptWithBloom {
        receipt,
        logs_bloom: bloom,
    };
    match transaction.ty() {
        1 => ReceiptEnvelope::Eip2930(with_bloom),
        2 => ReceiptEnvelope::Eip1559(with_bloom),
        3 => ReceiptEnvelope::Eip4844(with_bloom),
        4 => ReceiptEnvelope::Eip7702(with_bloom),
        _ => ReceiptEnvelope::Legacy(with_bloom),
    }
}

/// The first block: accounts and their balances.
pub(super) fn first(genesis: &super::Genesis, time: u64) -> Executed {
    let mut changes = Changes::default();
    for (address, balance) in &genesis.accounts {
        let row = AccountRow {
            balance: *balance,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
        };
        changes.accounts.insert(*address, Some(row));
    }
    let header = Header {
        state_root: changes.root(B256::ZERO),
        gas_limit: BLOCK_GAS,
        timestamp: time,
        extra_data: Bytes::from_static(b"daedal"),
        ..first_header()
    };
    sealed(header, Vec::new(), changes)
}

/// Fields that are the same in all headers.
fn first_header() -> Header {
    Header {
        base_fee_per_gas: Some(0),
        withdrawals_root: Some(alloy_consensus::EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

fn sealed(header: Header, entries: Vec<(B256, EntryRow)>, changes: Changes) -> Executed {
    let bytes: usize = entries
        .iter()
        .map(|(_, entry)| entry.transaction.len())
        .sum();
    let block = BlockRow {
        hash: header.hash_slow(),
        size: (header.length() + bytes) as u64,
        count: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        header,
    };
    Executed {
        block,
        entries,
        changes,
    }
}

impl Changes {
    /// Adds what a transaction changed.
    fn take(&mut self, state: &EvmState) {
        for (address, account) in state {
            if !account.is_touched() {
                continue;
            }
            let is_gone = account.is_selfdestructed() || account.info.is_empty();
            if account.is_selfdestructed() || account.is_created() {
                self.clear(*address);
            }
            let row = AccountRow {
                balance: account.info.balance,
                nonce: account.info.nonce,
                code_hash: account.info.code_hash,
            };
            self.accounts.insert(*address, (!is_gone).then_some(row));
            if account.is_selfdestructed() {
                continue;
            }
            if let Some(code) = account.info.code.as_ref().filter(|code| !code.is_empty())
                && (account.is_created() || code.is_eip7702())
            {
                self.codes
                    .insert(account.info.code_hash, code.original_bytes());
            }
            for (slot, value) in account.changed_storage_slots() {
                self.slots.insert((*address, *slot), value.present_value);
            }
        }
    }

    fn clear(&mut self, address: Address) {
        self.cleared.insert(address);
        let slots = (address, U256::ZERO)..=(address, U256::MAX);
        let stale: Vec<_> = self.slots.range(slots).map(|(key, _)| *key).collect();
        for key in stale {
            if let Entry::Occupied(entry) = self.slots.entry(key) {
                entry.remove();
            }
        }
    }

    /// A commitment to all changes since the first block: not a trie, but different wherever the
    /// state is.
    fn root(&self, before: B256) -> B256 {
        let mut bytes = before.to_vec();
        for (address, row) in &self.accounts {
            bytes.extend_from_slice(address.as_slice());
            match row {
                Some(row) => bytes.extend_from_slice(&row.encode()),
                None => bytes.push(0),
            }
        }
        for ((address, slot), value) in &self.slots {
            bytes.extend_from_slice(address.as_slice());
            bytes.extend_from_slice(&slot.to_be_bytes::<32>());
            bytes.extend_from_slice(&value.to_be_bytes::<32>());
        }
        keccak256(bytes)
    }
}

/// A refusal of the EVM in the words of geth.
pub(super) fn rejection(reason: &InvalidTransaction) -> Rejection {
    match reason {
        InvalidTransaction::NonceTooLow { tx, state } => Rejection::NonceTooLow {
            next: *state,
            nonce: *tx,
        },
        InvalidTransaction::NonceTooHigh { tx, state } => Rejection::NonceTooHigh {
            next: *state,
            nonce: *tx,
        },
        InvalidTransaction::LackOfFundForMaxFee { fee, balance } => Rejection::Funds {
            balance: **balance,
            cost: **fee,
        },
        InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        }
        | InvalidTransaction::GasFloorMoreThanGasLimit {
            gas_floor: initial_gas,
            gas_limit,
        } => Rejection::IntrinsicGas {
            gas: *gas_limit,
            needed: *initial_gas,
        },
        reason => Rejection::Rule(reason.to_string()),
    }
}

/// Decodes a transaction, and finds its sender.
pub(super) fn recover(raw: &[u8], chain_id: u64) -> Result<Signed, Rejection> {
    use alloy_consensus::transaction::SignerRecoverable;
    use alloy_eips::Decodable2718;
    let transaction = TxEnvelope::decode_2718_exact(raw)
        .map_err(|error| Rejection::Undecodable(error.to_string()))?;
    if !super::rows::is_supported(&transaction) {
        let reason = "this chain carries no blobs; send a transaction of type 2";
        return Err(Rejection::Rule(reason.to_owned()));
    }
    let signed = transaction.chain_id();
    if signed != Some(chain_id) {
        return Err(Rejection::OtherChain {
            signed,
            chain: chain_id,
        });
    }
    let transaction = transaction
        .try_into_recovered()
        .map_err(|_| Rejection::Signature)?;
    Ok(Signed {
        hash: *transaction.inner().tx_hash(),
        bytes: transaction.inner().encoded_2718().into(),
        transaction,
    })
}
