//! Files that a run has from elsewhere, and the marks that they came with: what callers brought, files of the process, what
//! people put in by hand, and what servers gave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daedal_core::asset::assets_in;
use daedal_core::engine::Determinism;
use daedal_core::run::EDIT;
use daedal_core::{AssetRef, Digest};
use daedal_provenance::made_of::Marks;
use daedal_provenance::{Exit, Given, Outcome, verify};
use daedal_store::Studio;

use super::Subject;
use super::copies::Copies;
use super::earlier::Earlier;
use crate::ui::Ui;

/// A file from elsewhere.
pub(super) struct Foreign {
    pub(super) asset: AssetRef,
    /// What people call it.
    pub(super) title: String,
    /// Whether it is in the run from the beginning, and no task gave it.
    pub(super) is_brought: bool,
    pub(super) marks: Marks,
    pub(super) bytes: Option<Arc<[u8]>>,
    /// The credential that lay beside it.
    pub(super) beside: Option<Vec<u8>>,
}

/// The files from elsewhere that have to be named in what is made of them: all that callers brought, and of the others
/// those with marks of their own.
pub(super) struct Outside(BTreeMap<Digest, Foreign>);

impl Outside {
    /// Those of a run, with the credentials that lay `beside` some of them, and what is known of `earlier` runs' files. Where
    /// one has a credential that does not hold, that is told.
    pub(super) fn of(
        studio: &Studio,
        subject: &Subject,
        copies: &Copies<'_>,
        mut beside: BTreeMap<Digest, Vec<u8>>,
        earlier: &BTreeMap<Digest, Earlier>,
        ui: Ui,
    ) -> Self {
        let has_beside: BTreeSet<Digest> = beside.keys().copied().collect();
        let mut found = BTreeMap::new();
        let mut add = |asset: AssetRef, title: String, is_brought: bool, is_due: bool| {
            if found.contains_key(&asset.digest) {
                return;
            }
            let bytes = copies.read(studio, &asset).ok();
            let beside = beside.remove(&asset.digest);
            let marks = bytes.as_deref();
            let mut marks = marks.map_or(Marks::default(), |bytes| {
                Marks::of(&asset.media_type, bytes, beside.as_deref())
            });
            let own = earlier.get(&asset.digest);
            marks.by_model |= own.is_some_and(|own| own.by_model);
            if !is_due && own.is_none() && !marks.any() {
                return;
            }
            let title = own.map_or(title, |own| format!("run {}", own.run.0.short()));
            if let (true, Some(bytes)) = (marks.credential, &bytes) {
                doubted(&title, &asset, bytes, beside.as_deref(), ui);
            }
            let foreign = Foreign {
                title,
                is_brought,
                marks,
                bytes,
                beside,
                asset,
            };
            found.insert(foreign.asset.digest, foreign);
        };
        for (name, value) in subject.spec.inputs.as_object().into_iter().flatten() {
            for asset in assets_in(value) {
                add(asset, name.clone(), true, true);
            }
        }
        let receipts = &subject.record.receipts;
        let outputs = receipts.iter().flat_map(|receipt| &receipt.outputs);
        let given: BTreeSet<Digest> = outputs.map(|asset| asset.digest).collect();
        let has_own = |asset: &&AssetRef| has_beside.contains(&asset.digest);
        for (task, receipt) in subject.tasks.iter().zip(receipts) {
            let inputs = receipt.inputs.iter();
            for asset in inputs.filter(|asset| is_media(asset) || has_own(asset)) {
                if !given.contains(&asset.digest) {
                    let path = task.task.labels.get(&asset.digest);
                    let title = path.cloned().unwrap_or_else(|| receipt.label());
                    add(asset.clone(), title, true, false);
                }
            }
            if receipt.determinism != Determinism::Attested && receipt.engine != EDIT {
                continue;
            }
            let outputs = receipt.outputs.iter();
            for asset in outputs.filter(|asset| is_media(asset) || has_own(asset)) {
                if receipt.makes(&asset.digest) {
                    add(asset.clone(), receipt.label(), false, false);
                }
            }
        }
        Self(found)
    }

    /// Digests of those that no task gave.
    pub(super) fn brought(&self) -> BTreeSet<Digest> {
        let brought = self.0.iter().filter(|(_, foreign)| foreign.is_brought);
        brought.map(|(digest, _)| *digest).collect()
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<&Foreign> {
        self.0.get(digest)
    }

    /// Those with a credential that tasks of the run gave.
    pub(super) fn given(&self) -> impl Iterator<Item = &Foreign> {
        let all = self.0.values();
        all.filter(|foreign| !foreign.is_brought && foreign.marks.any())
    }
}

fn is_media(asset: &AssetRef) -> bool {
    let kind = asset.media_type.split('/').next().unwrap_or_default();
    matches!(kind, "image" | "audio" | "video")
}

/// Says so where a file has a credential that does not hold: what is made of it names it as it is.
fn doubted(title: &str, asset: &AssetRef, bytes: &[u8], beside: Option<&[u8]>, ui: Ui) {
    let verdict = verify(&Given {
        file: bytes,
        media_type: Some(&asset.media_type),
        sidecar: beside,
        ..Given::default()
    });
    // That nobody here knows its signer is no fault of it.
    let mut failed = verdict
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Failed && check.name != "signer");
    if verdict.exit == Exit::Tampered
        && let Some(check) = failed.next()
    {
        ui.note(format!(
            "`{title}` came with a credential that does not hold ({}: {}): what is made of it tells that",
            check.name, check.detail
        ));
    }
}
