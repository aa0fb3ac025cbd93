//! An order: what a commission is about, in clear. The contract keeps digests only, so the client hands this
//! file to the work's operator.

use std::collections::BTreeMap;
use std::path::Path;

use alloy_primitives::{Address, B256, Bytes};
use daedal_chain::operations::{Authorization, Commission, CommissionTerms, Ledgers};
use daedal_core::record::{settings, settings_digest};
use daedal_core::{Digest, asset, canonical};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::home::remembered;
use crate::text;

/// The form of the file that this version writes and reads.
const FORM: &str = "order/v1";
const KIND: &str = "order";
/// Largest order that is read: it brings along the files that it gives to inputs, in hexadecimal.
const ORDER_BYTES_MAX: u64 = 256 << 20;

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    daedal: String,
    pub(super) chain: u64,
    /// The contract of commissions.
    pub(super) contract: Address,
    /// The digest of the terms there.
    pub(super) id: B256,
    pub(super) terms: CommissionTerms,
    /// What the process is called.
    pub(super) process: String,
    /// The version that has to run.
    pub(super) bundle: Digest,
    pub(super) inputs: Value,
    pub(super) parameters: Value,
    /// Files that inputs are given, by their SHA-256.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) files: BTreeMap<Digest, Bytes>,
    /// The client's payment, where somebody else is to open the commission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) authorization: Option<Authorization>,
}

/// The digest of inputs or parameters, as receipts and contracts have it.
pub(super) fn digest_of(values: &Value) -> Digest {
    settings_digest(&settings(values))
}

impl Order {
    /// The order of these terms; files that its inputs name come along, from a studio that keeps them.
    pub(super) async fn new(
        reads: &Ledgers,
        studio: Option<&Studio>,
        terms: CommissionTerms,
        (process, bundle): (&str, Digest),
        (inputs, parameters): (Value, Value),
    ) -> Result<Self, Failure> {
        let mut files = BTreeMap::new();
        if let Some(studio) = studio {
            for file in asset::assets_in(&inputs) {
                let bytes = studio.blobs.read(&file.digest);
                let bytes = bytes.map_err(|error| {
                    Failure::because(format!("the file {} can't be read", file.digest), &error)
                })?;
                files.insert(file.digest, Bytes::copy_from_slice(&bytes));
            }
        }
        let id = reads.commission_id(&terms).await;
        Ok(Self {
            daedal: FORM.to_owned(),
            chain: reads.client().chain_id(),
            contract: reads.deployment().commissions,
            id: id.map_err(crate::chain::refused)?,
            terms,
            process: process.to_owned(),
            bundle,
            inputs,
            parameters,
            files,
            authorization: None,
        })
    }

    /// Reads the file of an order.
    pub(super) fn read(place: &Path) -> Result<Self, Failure> {
        let shown = place.display();
        let unread = |error: &std::io::Error| {
            Failure::because(format!("{shown} can't be read"), error)
                .help("name the order-….json that the client wrote")
        };
        let size = std::fs::metadata(place)
            .map_err(|error| unread(&error))?
            .len();
        if size > ORDER_BYTES_MAX {
            return Err(Failure::new(format!(
                "{shown} has {size} bytes, more than the {ORDER_BYTES_MAX} that an order may have"
            ))
            .help("name the order-….json that the client wrote"));
        }
        let bytes = std::fs::read(place).map_err(|error| unread(&error))?;
        let order: Self = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::because(format!("{shown} is no order"), &error)
                .help("name the order-….json that the client wrote")
        })?;
        match order.daedal.as_str() {
            FORM => order.whole().map(|()| order),
            form => Err(Failure::new(format!(
                "{shown} is of the form `{form}`, and this version reads `{FORM}`"
            ))
            .help("use a newer daedal, or name the order-….json that the client wrote")),
        }
    }

    /// Refuses an order that does not say what its digests say.
    fn whole(&self) -> Result<(), Failure> {
        let asked = "the order was changed after it was made: ask the client for the file again";
        for (what, values, digest) in [
            ("inputs", &self.inputs, self.terms.inputs),
            ("parameters", &self.parameters, self.terms.parameters),
        ] {
            let found = digest_of(values);
            if found != digest {
                return Err(Failure::new(format!(
                    "the {what} of the order have the digest {}, and its terms say {}",
                    found.short(),
                    digest.short()
                ))
                .help(asked));
            }
        }
        let is_other = |(digest, bytes): &(&Digest, &Bytes)| Digest::of(bytes) != **digest;
        match self.files.iter().find(is_other) {
            None => Ok(()),
            Some((digest, _)) => Err(Failure::new(format!(
                "the order brings along other bytes than those of {}",
                digest.short()
            ))
            .help(asked)),
        }
    }

    /// Refuses an order of another chain or contract.
    pub(super) async fn of_chain(&self, reads: &Ledgers) -> Result<(), Failure> {
        let here = (reads.client().chain_id(), reads.deployment().commissions);
        if (self.chain, self.contract) != here {
            return Err(Failure::new(format!(
                "the order is for {} on chain {}, and this studio uses {} on chain {}",
                self.contract, self.chain, here.1, here.0
            ))
            .help("set `rpc` and the contracts under [chain], or give --rpc URL"));
        }
        let id = reads.commission_id(&self.terms).await;
        match id.map_err(crate::chain::refused)? == self.id {
            true => Ok(()),
            false => Err(
                Failure::new("the order is named otherwise than its terms say")
                    .help("it was changed after it was made: ask the client for the file again"),
            ),
        }
    }

    /// Refuses an order of another commission.
    pub(super) fn of_commission(&self, commission: &Commission) -> Result<(), Failure> {
        match (self.id, self.terms) == (commission.id, commission.terms) {
            true => Ok(()),
            false => Err(Failure::new(format!(
                "the order is for commission {}, and not for {}",
                self.id, commission.id
            ))
            .help("name the order-….json of this commission")),
        }
    }

    /// The file as it is handed over: canonical JSON.
    pub(super) fn write(&self, place: &Path) -> Result<(), Failure> {
        text::write_whole(place, &canonical::to_vec(self))
    }

    /// Refuses a place where something else is: an order that is lost can't be delivered.
    pub(super) fn require_place(&self, place: &Path) -> Result<(), Failure> {
        let is_own = || Self::read(place).is_ok_and(|known| known.id == self.id);
        if !place.exists() || is_own() {
            return Ok(());
        }
        Err(
            Failure::new(format!("{} is there already", place.display()))
                .help("name another file with --out, or move that one away"),
        )
    }

    /// What the file is called if nobody says.
    pub(super) fn file_name(&self) -> String {
        format!("order-{}.json", super::short(self.id))
    }

    /// Keeps it in the studio, so that it can be delivered without the file.
    pub(super) async fn keep(&self, studio: &Studio) -> Result<(), Failure> {
        for bytes in self.files.values() {
            let kept = studio.blobs.write(bytes);
            kept.map_err(|error| Failure::because("a file of the order can't be kept", &error))?;
        }
        let kept = studio.records.put(vec![self.document()]).await;
        kept.map_err(|error| remembered(&error))
    }

    /// Itself among the studio's records; files are kept by themselves.
    pub(super) fn document(&self) -> Document {
        let bare = Self {
            files: BTreeMap::new(),
            ..self.clone()
        };
        Document::of(KIND, self.id.to_string(), &bare)
    }

    /// The order of a commission that this studio has.
    pub(super) async fn kept(studio: &Studio, id: B256) -> Result<Option<Self>, Failure> {
        let found = studio.records.get(KIND, &id.to_string()).await;
        let found = found.map_err(|error| remembered(&error))?;
        let Some(mut order) = found
            .map(serde_json::from_value::<Self>)
            .transpose()
            .map_err(|error| Failure::because("the kept order can't be read", &error))?
        else {
            return Ok(None);
        };
        for file in asset::assets_in(&order.inputs) {
            let bytes = studio.blobs.read(&file.digest);
            let bytes = bytes.map_err(|error| {
                Failure::because(
                    format!("a file of the order, {}, is lost", file.digest),
                    &error,
                )
                .help("give the order again: --order FILE")
            })?;
            order
                .files
                .insert(file.digest, Bytes::copy_from_slice(&bytes));
        }
        Ok(Some(order))
    }
}
