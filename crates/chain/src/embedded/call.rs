//! Calls that change nothing, and what a transaction would cost.

use alloy_consensus::TxType;
use alloy_evm::rpc::TryIntoTxEnv;
use alloy_evm::{EthEvmFactory, Evm, EvmEnv, EvmFactory};
use alloy_primitives::{Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use revm::context::TxEnv;
use revm::context::result::{EVMError, ExecutionResult, HaltReason};
use revm::database::CacheDB;
use revm::database_interface::WrapDatabaseRef;
use revm::{Database, DatabaseCommit, DatabaseRef};
use thiserror::Error;

use super::block::{environment, rejection};
use super::{Chain, ChainError, Rejection, View};

/// Gas that a call may use: three times that of a transaction, as it costs nobody anything.
const CALL_GAS: u64 = 50_000_000;

/// Gas that a transaction may use (EIP-7825).
const TRANSACTION_GAS: u64 = 1 << 24;

/// What a call passes on at most is 63/64 of what it has (EIP-150), and a transfer of value leaves
/// 2300 to the other side.
const STIPEND: u64 = 2300;

/// A call that is not signed.
pub type Call = TransactionRequest;

/// What a call gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// What the contract returned.
    pub output: Bytes,
    /// Gas that it used.
    pub gas_used: u64,
}

/// Why a call gives nothing.
#[derive(Debug, Clone, Error)]
pub enum CallError {
    /// The contract refused.
    #[error("execution reverted")]
    Reverted(Bytes),
    /// The EVM stopped it.
    #[error("{0}")]
    Halted(String),
    /// It isn't a possible transaction.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The chain can't be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl Chain {
    /// Carries out `call` after the newest block of `view`, and forgets it.
    pub fn call(&self, view: &View, call: Call) -> Result<CallOutcome, CallError> {
        let environment = self.call_environment(view);
        let mut transaction = transaction(call, &environment)?;
        transaction.gas_limit = transaction.gas_limit.min(CALL_GAS);
        let (result, _) = execute(view, &environment, transaction)?;
        result
    }

    /// Carries out `calls` one after the other after the newest block of `view`, each on what those
    /// before it did, and forgets it all.
    pub fn simulate(
        &self,
        view: &View,
        calls: Vec<Call>,
    ) -> Result<Vec<Result<CallOutcome, CallError>>, CallError> {
        let environment = self.call_environment(view);
        let mut database = CacheDB::new(view);
        let mut outcomes = Vec::with_capacity(calls.len());
        for call in calls {
            let mut transaction = transaction(call, &environment)?;
            transaction.gas_limit = transaction.gas_limit.min(TRANSACTION_GAS);
            let limit = transaction.gas_limit;
            let executed = {
                require_funds(&mut database, &transaction)?;
                let factory = EthEvmFactory::default();
                let mut evm = factory.create_evm(&mut database, environment.clone());
                evm.transact(transaction)
            };
            let outcome = executed.map_err(refusal)?;
            database.commit(outcome.state);
            outcomes.push(told(outcome.result, limit));
        }
        Ok(outcomes)
    }

    /// Gas limit with which `call` would succeed as a transaction: at most 1.5% more than it needs.
    pub fn estimate_gas(&self, view: &View, call: Call) -> Result<u64, CallError> {
        let environment = self.call_environment(view);
        let mut transaction = transaction(call, &environment)?;
        let limit = transaction.gas_limit.min(TRANSACTION_GAS);
        transaction.gas_limit = limit;
        let (result, spent) = execute(view, &environment, transaction.clone())?;
        let used = result?.gas_used;
        let succeeds = |gas: u64| -> Result<bool, CallError> {
            let mut attempt = transaction.clone();
            attempt.gas_limit = gas;
            match execute(view, &environment, attempt) {
                Ok((result, _)) => Ok(result.is_ok()),
                Err(CallError::Rejected(Rejection::IntrinsicGas { .. })) => Ok(false),
                Err(error) => Err(error),
            }
        };
        let mut enough = limit;
        let mut too_little = used.saturating_sub(1);
        let likely = spent.saturating_add(STIPEND).saturating_mul(64) / 63;
        if likely < enough {
            if succeeds(likely)? {
                enough = likely;
            } else {
                too_little = likely;
            }
        }
        while too_little + 1 < enough && (enough - too_little) * 1000 > enough * 15 {
            // The need is usually near the lower end.
            let middle = too_little
                .midpoint(enough)
                .min(too_little.saturating_mul(2).max(too_little + 1));
            if succeeds(middle)? {
                enough = middle;
            } else {
                too_little = middle;
            }
        }
        Ok(enough)
    }

    fn call_environment(&self, view: &View) -> EvmEnv {
        let number = view.number();
        let mut environment = environment(self.chain_id(), &view.head, number, self.time(view));
        let rules = &mut environment.cfg_env;
        rules.disable_nonce_check = true;
        rules.disable_eip3607 = true;
        rules.disable_base_fee = true;
        rules.disable_block_gas_limit = true;
        rules.tx_gas_limit_cap = Some(u64::MAX);
        environment
    }
}

fn transaction(call: Call, environment: &EvmEnv) -> Result<TxEnv, CallError> {
    if let Some(id) = call.chain_id
        && id != environment.cfg_env.chain_id
    {
        return Err(CallError::Rejected(Rejection::OtherChain {
            signed: Some(id),
            chain: environment.cfg_env.chain_id,
        }));
    }
    if call.blob_versioned_hashes.is_some() || call.transaction_type == Some(TxType::Eip4844 as u8)
    {
        let reason = "this chain carries no blobs; call without them";
        return Err(CallError::Rejected(Rejection::Rule(reason.to_owned())));
    }
    call.try_into_tx_env(environment)
        .map_err(|error| CallError::Rejected(Rejection::Rule(error.to_string())))
}

/// Result, and gas spent before refunds.
type Executed = (Result<CallOutcome, CallError>, u64);

fn execute(view: &View, environment: &EvmEnv, call: TxEnv) -> Result<Executed, CallError> {
    let mut database = WrapDatabaseRef(view);
    require_funds(&mut database, &call)?;
    let gas_limit = call.gas_limit;
    let mut evm = EthEvmFactory::default().create_evm(database, environment.clone());
    let outcome = evm.transact(call).map_err(refusal)?;
    let spent = outcome.result.gas().total_gas_spent();
    Ok((told(outcome.result, gas_limit), spent))
}

fn require_funds(
    database: &mut impl Database<Error = ChainError>,
    call: &TxEnv,
) -> Result<(), CallError> {
    if call.value.is_zero() {
        return Ok(());
    }
    let account = database.basic(call.caller)?;
    let balance = account.map_or(U256::ZERO, |account| account.balance);
    let cost = call.value;
    match balance < cost {
        true => Err(Rejection::Funds { balance, cost }.into()),
        false => Ok(()),
    }
}

fn refusal(error: EVMError<ChainError>) -> CallError {
    match error {
        EVMError::Transaction(reason) => rejection(&reason).into(),
        EVMError::Database(error) => error.into(),
        error => Rejection::Rule(error.to_string()).into(),
    }
}

fn told(result: ExecutionResult, gas_limit: u64) -> Result<CallOutcome, CallError> {
    match result {
        ExecutionResult::Success { output, gas, .. } => Ok(CallOutcome {
            output: output.into_data(),
            gas_used: gas.tx_gas_used(),
        }),
        ExecutionResult::Revert { output, .. } => Err(CallError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => Err(CallError::Halted(halt(&reason, gas_limit))),
    }
}

/// Why the EVM stopped, in the words of geth where it has some.
fn halt(reason: &HaltReason, gas: u64) -> String {
    match reason {
        HaltReason::OutOfGas(_) => format!("out of gas: gas required exceeds allowance ({gas})"),
        HaltReason::InvalidFEOpcode | HaltReason::OpcodeNotFound => {
            "invalid opcode: the contract failed an assertion, or there is none at this address"
                .to_owned()
        }
        HaltReason::OutOfFunds => "insufficient balance for transfer".to_owned(),
        HaltReason::CreateCollision => "contract address collision".to_owned(),
        HaltReason::CreateContractSizeLimit => {
            "max code size exceeded (24576 bytes, EIP-170)".to_owned()
        }
        HaltReason::StackOverflow => "stack limit reached 1024".to_owned(),
        reason => format!("the EVM stopped: {reason:?}"),
    }
}

impl View {
    /// A slot of a contract's storage.
    pub fn storage(
        &self,
        address: alloy_primitives::Address,
        slot: U256,
    ) -> Result<U256, ChainError> {
        self.storage_ref(address, slot)
    }
}
