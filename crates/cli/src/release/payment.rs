//! What the anchor of a run commits to, and who paid for the run.

use alloy_primitives::{Address, B256, U256};
use daedal_chain::operations::RunReceipt;
use daedal_core::merkle::{self, Tree};
use daedal_core::run::RunId;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};

use super::{Subject, kept};
use crate::failure::Failure;

const KIND: &str = "payment";

/// Label of the tree of a run's outputs, as the contract of editions has it.
pub(crate) const OUTPUTS: &str = "daedal/outputs/v1";

/// Who bought a run; zeros where nobody did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) payer: Address,
    /// What names the payment, such as a commission's digest.
    pub(crate) nonce: B256,
}

impl Payment {
    /// As it is kept: before the run begins, so that nothing ever anchors the run as nobody's.
    pub(crate) fn document(self, run: RunId) -> Document {
        Document::of(KIND, run.to_string(), &self)
    }

    /// Whether somebody ordered a run, and with it its parameters.
    pub(super) async fn is_made(studio: &Studio, run: RunId) -> Result<bool, Failure> {
        Ok(Self::of(studio, run).await? != Self::default())
    }

    async fn of(studio: &Studio, run: RunId) -> Result<Self, Failure> {
        let found = kept::get(studio, KIND, &run.to_string()).await?;
        let found = found.map(serde_json::from_value).transpose();
        let found = found
            .map_err(|error| Failure::because("what was paid for the run can't be read", &error))?;
        Ok(found.unwrap_or_default())
    }
}

/// The run as its anchor commits to it.
pub(super) async fn receipt(
    studio: &Studio,
    subject: &Subject,
    work: u64,
    version: u64,
    sequence: u64,
) -> Result<RunReceipt, Failure> {
    let outputs: Vec<B256> = subject
        .pieces
        .iter()
        .map(|piece| piece.asset.digest.0.into())
        .collect();
    let payment = Payment::of(studio, subject.run).await?;
    Ok(RunReceipt {
        work: U256::from(work),
        version: U256::from(version),
        sequence: U256::from(sequence),
        runRoot: subject.record.root,
        receiptCount: U256::from(subject.record.receipts.len()),
        inputs: subject.record.header.inputs.0.into(),
        outputsRoot: Tree::of(merkle::context(OUTPUTS), &outputs).root(),
        payer: payment.payer,
        paymentNonce: payment.nonce,
    })
}
