//! `anchor.json`: what shows that a run is in an anchored batch.
//!
//! It holds everything that can be checked without the chain: the run's leaf and its path to the root, the
//! transaction that anchored the root, as its sender signed it, and what it left in its block, with the block's
//! header. [`AnchorProof::check`] does that; whether the block is part of the chain only a node of it can tell,
//! which [`AnchorProof::confirm`] asks.
//!
//! The registry is what the credential names too: nothing else in the file commits to it, so whoever has the
//! credential compares the two.

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Header, Transaction, TxEnvelope};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use daedal_core::{canonical, merkle};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::contracts::ReceiptAnchor as contract;
use crate::operations::{RunReceipt, leaf_of};

pub use self::online::{ConfirmFault, Confirmed};
pub use self::receipt::ProvenReceipt;
pub use self::votes::{Ballot, Voted, Votes, VotesFault, VotesProof};

mod online;
mod receipt;
mod votes;

/// Nodes of a path at most: those of 2^64 runs.
const PATH_MAX: usize = 64;

/// The form of the file that this version writes and reads.
const FORM: &str = "anchor/v2";

/// That a run is in an anchored batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnchorProof {
    /// The form of the file.
    pub daedal: String,
    /// The chain.
    pub chain: u64,
    /// Registry of the work.
    pub registry: Address,
    /// Contract of the anchors.
    pub contract: Address,
    /// Who anchored the batch.
    pub by: Address,
    /// Root of the batch.
    pub root: B256,
    /// Runs in it.
    pub count: u64,
    /// The run.
    pub run: AnchoredRun,
    /// The nodes beside the way from the run's leaf to the root.
    pub path: Vec<B256>,
    /// The transaction that anchored the batch.
    pub transaction: AnchorTransaction,
    /// Its block.
    pub block: AnchorBlock,
}

/// A run as its leaf commits to it; [`RunReceipt`] in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // They are the contract's.
pub struct AnchoredRun {
    pub work: U256,
    pub version: U256,
    pub sequence: U256,
    pub run_root: B256,
    pub receipt_count: U256,
    pub inputs: B256,
    pub outputs_root: B256,
    pub payer: Address,
    pub payment_nonce: B256,
}

/// The transaction that anchored a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnchorTransaction {
    /// Its hash.
    pub hash: B256,
    /// The transaction as it was signed (EIP-2718).
    pub raw: Bytes,
}

/// The block that a batch was anchored in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnchorBlock {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in seconds since 1970.
    pub timestamp: u64,
    /// What the transaction left in it; none where the headers or receipts of a chain have another form than
    /// Ethereum's, so that their hashes can't be computed again.
    pub receipt: Option<ProvenReceipt>,
}

/// Why an `anchor.json` shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofFault {
    /// It is something else.
    #[error("it is no proof of an anchor ({message}); expected the anchor.json of a release")]
    Foreign {
        /// What is missing.
        message: String,
    },
    /// It is of another version.
    #[error(
        "it is a proof of the form `{form}`, and this version reads `{FORM}`; use the daedal that reads it, or \
         have it released anew"
    )]
    Other {
        /// Its form.
        form: String,
    },
    /// Its bytes are not as they were written.
    #[error("it is not in canonical form: somebody wrote it anew")]
    Form,
    /// The path has too many nodes.
    #[error("its path has {length} nodes, more than the {PATH_MAX} that a batch can have")]
    Path {
        /// How many.
        length: usize,
    },
    /// The leaf and its path lead elsewhere.
    #[error(
        "the run and its path lead to the root {found}, and it says {told}: chain, contract, run or path were \
         changed"
    )]
    Root {
        /// Where they lead.
        found: B256,
        /// What it says.
        told: B256,
    },
    /// The transaction doesn't anchor the batch.
    #[error("its transaction does not anchor this batch: {what}")]
    Transaction {
        /// What is wrong with it.
        what: String,
    },
    /// The block isn't the header's.
    #[error("its block header does not fit: the header's {field} is {found}, and it says {told}")]
    Block {
        /// What differs.
        field: &'static str,
        /// What the header has.
        found: String,
        /// What the file says.
        told: String,
    },
    /// The block doesn't hold the anchor.
    #[error("it does not show the anchor in its block: {what}")]
    Receipt {
        /// What is missing or wrong.
        what: String,
    },
}

impl ProofFault {
    /// Whether the file is something else, rather than a proof that was changed.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign { .. } | Self::Other { .. })
    }
}

impl AnchorProof {
    /// Reads an `anchor.json`, without checking what it says.
    pub fn read(bytes: &[u8]) -> Result<Self, ProofFault> {
        let foreign = |error: serde_json::Error| ProofFault::Foreign {
            message: error.to_string(),
        };
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(foreign)?;
        match value.get("daedal").and_then(|form| form.as_str()) {
            Some(FORM) => {}
            Some(form) if form.starts_with("anchor/") => {
                let form = form.chars().take(40).collect();
                return Err(ProofFault::Other { form });
            }
            _ => {
                let message = format!("it has no `\"daedal\": \"{FORM}\"`");
                return Err(ProofFault::Foreign { message });
            }
        }
        let proof: Self = serde_json::from_value(value).map_err(foreign)?;
        if proof.to_bytes() != bytes {
            return Err(ProofFault::Form);
        }
        Ok(proof)
    }

    /// The content of the file: canonical JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// Checks what can be checked without the chain: the leaf and its path, the signed transaction, and the
    /// header where there is one.
    pub fn check(&self) -> Result<(), ProofFault> {
        if self.path.len() > PATH_MAX {
            let length = self.path.len();
            return Err(ProofFault::Path { length });
        }
        let leaf = leaf_of(self.chain, self.contract, &self.run.receipt());
        let found = merkle::climb(leaf, &self.path);
        if found != self.root {
            let told = self.root;
            return Err(ProofFault::Root { found, told });
        }
        self.check_transaction()
            .map_err(|what| ProofFault::Transaction { what })?;
        let Some(receipt) = &self.block.receipt else {
            return Ok(());
        };
        self.block.check(&receipt.header)?;
        let logs = receipt.logs();
        let logs = logs.map_err(|what| ProofFault::Receipt { what })?;
        match self.is_among(&logs) {
            true => Ok(()),
            false => Err(ProofFault::Receipt {
                what: format!(
                    "transaction {} of the block did not anchor the root",
                    receipt.index
                ),
            }),
        }
    }

    /// Whether the event of this anchor is among what a transaction left.
    fn is_among<'l>(&self, logs: impl IntoIterator<Item = &'l Log>) -> bool {
        let own = (self.by, self.root, U256::from(self.count));
        logs.into_iter().any(|log| {
            let event = contract::Anchored::decode_log_data(&log.data);
            let event = event.map(|event| (event.by, event.root, event.count));
            log.address == self.contract && event == Ok(own)
        })
    }

    fn check_transaction(&self) -> Result<(), String> {
        let AnchorTransaction { hash, raw } = &self.transaction;
        let differs = |what: &str, found: &dyn std::fmt::Display, told: &dyn std::fmt::Display| {
            Err(format!("its {what} is {found}, and it says {told}"))
        };
        let found = keccak256(raw);
        if found != *hash {
            return differs("hash", &found, hash);
        }
        let transaction = TxEnvelope::decode_2718_exact(raw)
            .map_err(|error| format!("it can't be read ({error})"))?;
        if transaction.chain_id() != Some(self.chain) {
            let found = transaction.chain_id().unwrap_or_default();
            return differs("chain", &found, &self.chain);
        }
        if transaction.to() != Some(self.contract) {
            let found = transaction.to().unwrap_or_default();
            return differs("contract", &found, &self.contract);
        }
        let call = contract::anchorCall::abi_decode(transaction.input())
            .map_err(|error| format!("it calls something else ({error})"))?;
        if call.root != self.root {
            return differs("root", &call.root, &self.root);
        }
        if call.count != U256::from(self.count) {
            return differs("number of runs", &call.count, &self.count);
        }
        let by = transaction
            .recover_signer()
            .map_err(|_| "its signature is nobody's".to_owned())?;
        if by != self.by {
            return differs("sender", &by, &self.by);
        }
        Ok(())
    }
}

impl AnchorBlock {
    fn check(&self, header: &Header) -> Result<(), ProofFault> {
        let hash = header.hash_slow();
        let fields = [
            ("hash", hash.to_string(), self.hash.to_string()),
            ("number", header.number.to_string(), self.number.to_string()),
            (
                "timestamp",
                header.timestamp.to_string(),
                self.timestamp.to_string(),
            ),
        ];
        for (field, found, told) in fields {
            if found != told {
                return Err(ProofFault::Block { field, found, told });
            }
        }
        Ok(())
    }
}

impl AnchoredRun {
    /// The run as the contract takes it.
    #[must_use]
    pub fn receipt(&self) -> RunReceipt {
        RunReceipt {
            work: self.work,
            version: self.version,
            sequence: self.sequence,
            runRoot: self.run_root,
            receiptCount: self.receipt_count,
            inputs: self.inputs,
            outputsRoot: self.outputs_root,
            payer: self.payer,
            paymentNonce: self.payment_nonce,
        }
    }
}

impl From<&RunReceipt> for AnchoredRun {
    fn from(receipt: &RunReceipt) -> Self {
        Self {
            work: receipt.work,
            version: receipt.version,
            sequence: receipt.sequence,
            run_root: receipt.runRoot,
            receipt_count: receipt.receiptCount,
            inputs: receipt.inputs,
            outputs_root: receipt.outputsRoot,
            payer: receipt.payer,
            payment_nonce: receipt.paymentNonce,
        }
    }
}
