//! What an asset was made of, and how each part is related to it.

use std::collections::BTreeSet;

use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::{AssetRef, Digest};

use crate::manifest::{Relation, kind, made_by, main_line};

/// Parts that are named; what else there is stands in the receipts.
const PARTS_MAX: usize = 48;

/// Something that an asset was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The bytes.
    pub asset: AssetRef,
    /// What became of it.
    pub relation: Relation,
    /// Place of the receipt that made it; none for what was brought to the run.
    pub maker: Option<usize>,
}

/// What an asset was made of, in the order of the receipts: what was `brought` to the run and went into it, and the
/// pictures, sounds and films of other steps that are in it. Earlier states of the asset itself are told as actions.
///
/// What a program took to make the asset, or a state of it, is part of it; what a model took (`trained` tells whether
/// a receipt is a model's), or another part was made of, only led to it.
#[must_use]
pub fn parts(
    record: &RunRecord,
    asset: &Digest,
    brought: &BTreeSet<Digest>,
    trained: impl Fn(&Receipt) -> bool,
) -> Vec<Part> {
    let line = main_line(record, asset);
    let own_kind = line.last().and_then(|place| {
        let outputs = &record.receipts[*place].outputs;
        outputs.iter().find(|output| output.digest == *asset)
    });
    let own_kind = own_kind.map_or("", |output| kind(&output.media_type));
    // What the first step of the line was given to work on is the asset's own beginning.
    let opened = line.first().and_then(|place| {
        let inputs = &record.receipts[*place].inputs;
        let first = inputs
            .iter()
            .find(|input| kind(&input.media_type) == own_kind)?;
        brought.contains(&first.digest).then_some(first.digest)
    });
    let mut parts: Vec<Part> = Vec::new();
    if brought.contains(asset) {
        // Nothing was made of it: it was looked at and passed on.
        let outputs = record.receipts.iter().flat_map(|receipt| &receipt.outputs);
        parts.extend(
            outputs
                .filter(|output| output.digest == *asset)
                .take(1)
                .map(|output| Part {
                    asset: output.clone(),
                    relation: Relation::Parent,
                    maker: None,
                }),
        );
        return parts;
    }
    for place in made_of(record, asset) {
        let receipt = &record.receipts[place];
        let places = line.contains(&place) && !trained(receipt);
        for input in &receipt.inputs {
            let maker = made_by(record, &input.digest);
            let is_told = parts.iter().any(|part| part.asset.digest == input.digest);
            if is_told || maker.is_some_and(|maker| line.contains(&maker)) {
                continue;
            }
            let relation = match maker {
                None if !brought.contains(&input.digest) => continue,
                None if Some(input.digest) == opened => Relation::Parent,
                _ if places && is_seen_or_heard(input) => Relation::Component,
                None => Relation::Input,
                Some(_) => continue,
            };
            parts.push(Part {
                asset: input.clone(),
                relation,
                maker,
            });
        }
    }
    parts.truncate(PARTS_MAX);
    parts
}

fn is_seen_or_heard(asset: &AssetRef) -> bool {
    matches!(kind(&asset.media_type), "image" | "audio" | "video")
}

/// Places of the receipts that made the asset or something in it, ascending. One that only passes on what it was given, as
/// a choice does, leads to the maker of that and not to the alternatives.
fn made_of(record: &RunRecord, asset: &Digest) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut pending = vec![*asset];
    while let Some(digest) = pending.pop() {
        let made = made_by(record, &digest).filter(|place| found.insert(*place));
        if let Some(place) = made {
            let inputs = record.receipts[place].inputs.iter();
            pending.extend(inputs.map(|input| input.digest));
        }
    }
    found
}

#[cfg(test)]
#[path = "ingredients_tests.rs"]
mod tests;
