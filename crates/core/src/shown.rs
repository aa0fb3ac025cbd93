//! Whether what a person was shown is everything that the task took.

use std::collections::BTreeSet;

use alloy_primitives::B256;

use crate::AssetRef;
use crate::engine::SIGNATURE;
use crate::intent::{SignedIntent, seen_root};
use crate::receipt::Receipt;

/// Whether what is said to have been shown is what the receipt took, as far as both tell it: values without bytes are not
/// in a receipt, and nobody is shown both ([`crate::intent::shown`]). Whoever judges was shown something. What else a
/// receipt takes is known by its kind (a drawing beside each picture, which the outcome has, too), or as one value for each
/// of the options, made by another step, by which they are ranked.
pub(crate) fn is_all_that_was_taken<'a>(
    intent: &SignedIntent,
    receipt: &Receipt,
    receipts: &(impl Iterator<Item = &'a Receipt> + Clone),
) -> bool {
    if intent.intent.seen.is_zero() {
        return false;
    }
    let word = |asset: &AssetRef| B256::from(asset.digest.0);
    let options: BTreeSet<B256> = intent.options.iter().copied().collect();
    let taken = &receipt.inputs;
    let known: BTreeSet<B256> = taken.iter().map(word).collect();
    if options.is_disjoint(&known) {
        return true;
    }
    if !options.is_subset(&known) {
        return false;
    }
    let is_shown = |asset: &&AssetRef| options.contains(&word(asset));
    let kinds: BTreeSet<&str> = taken.iter().filter(is_shown).map(kind).collect();
    // What the outcome has beside the options that were kept.
    let given = receipt.outputs.iter();
    let beside: BTreeSet<&str> = given.filter(|asset| !is_shown(asset)).map(kind).collect();
    // A signature compares with references, which no task made.
    let is_reference = |asset: &AssetRef| {
        let mut receipts = receipts.clone();
        receipt.engine == SIGNATURE && !receipts.any(|other| other.gives(&asset.digest))
    };
    let is_left = |asset: &AssetRef| {
        let is_like = kinds.contains(kind(asset)) && !beside.contains(kind(asset));
        is_like && !is_shown(&asset) && !is_reference(asset)
    };
    let left: Vec<usize> = (0..taken.len()).filter(|at| is_left(&taken[*at])).collect();
    left.is_empty()
        || ranks(taken, &left, intent.options.len(), is_shown) && {
            let shown: Vec<&AssetRef> = taken.iter().filter(is_shown).collect();
            let left = left.iter().map(|at| &taken[*at]);
            makers(left, receipts).is_disjoint(&makers(shown.into_iter(), receipts))
        }
}

/// Whether it is told what was shown: by the intent, or by the receipt, where just that was taken.
pub(crate) fn is_told(intent: &SignedIntent, receipt: &Receipt) -> bool {
    let taken = || {
        let words = receipt.inputs.iter().map(|asset| asset.digest.0.into());
        seen_root(&words.collect::<Vec<B256>>())
    };
    let tells = || {
        let mut taken = receipt.inputs.iter().map(|asset| asset.digest.0.into());
        receipt.inputs.is_empty() || taken.any(|asset| intent.options.contains(&asset))
    };
    !intent.options.is_empty() && tells()
        || intent.intent.seen.is_zero()
        || intent.intent.seen == taken()
}

fn kind(asset: &AssetRef) -> &str {
    &asset.media_type
}

/// Whether what was not shown stands together before the options or after them, and is as many.
fn ranks(
    taken: &[AssetRef],
    left: &[usize],
    options: usize,
    is_shown: impl Fn(&&AssetRef) -> bool,
) -> bool {
    let shown = |at: &usize| is_shown(&&taken[*at]);
    let first = (0..taken.len()).find(shown).unwrap_or_default();
    let last = (0..taken.len()).rfind(shown).unwrap_or_default();
    left.len() == options && (left.iter().all(|at| *at < first) || left.iter().all(|at| *at > last))
}

/// The steps that made these, as far as their receipts are there.
fn makers<'a, 'b>(
    assets: impl Iterator<Item = &'b AssetRef>,
    receipts: &(impl Iterator<Item = &'a Receipt> + Clone),
) -> BTreeSet<(&'a str, Option<u32>)> {
    let digests: BTreeSet<_> = assets.map(|asset| asset.digest).collect();
    let makes = |receipt: &&Receipt| digests.iter().any(|digest| receipt.makes(digest));
    let made = receipts.clone().filter(makes);
    made.map(|receipt| (&*receipt.step, receipt.round))
        .collect()
}
