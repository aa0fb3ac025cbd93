//! What an asset was made of, and how each part is related to it.

use std::collections::{BTreeMap, BTreeSet};

use daedal_core::asset::assets_in;
use daedal_core::engine::Determinism;
use daedal_core::receipt::Receipt;
use daedal_core::record::RunRecord;
use daedal_core::run::EDIT;
use daedal_core::{AssetRef, Digest, canonical};

use crate::line::{Makers, kind, main_line};
use crate::made_of::MadeOf;
use crate::manifest::Relation;
use crate::source::{is_by_model, is_seen_or_heard};

/// Parts that are named; what else there is stands in the receipts.
pub(crate) const PARTS_MAX: usize = 48;

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
    let parts = all_parts(record, asset, brought, trained);
    // Of many, what people brought and edited has to be among those that are named.
    let is_machines = |part: &Part| {
        let maker = part.maker.map(|place| &record.receipts[place]);
        maker.is_some_and(|maker| maker.engine != EDIT)
    };
    let mut numbered: Vec<(usize, Part)> = parts.into_iter().enumerate().collect();
    numbered.sort_by_key(|(number, part)| (is_machines(part), *number));
    numbered.truncate(PARTS_MAX);
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, part)| part).collect()
}

/// The same, with no end.
pub(crate) fn all_parts(
    record: &RunRecord,
    asset: &Digest,
    brought: &BTreeSet<Digest>,
    trained: impl Fn(&Receipt) -> bool,
) -> Vec<Part> {
    let makers = Makers::of(record);
    let line = main_line(record, &makers, asset);
    let own_kind = line.last().and_then(|(place, _)| {
        let outputs = &record.receipts[*place].outputs;
        outputs.iter().find(|output| output.digest == *asset)
    });
    let own_kind = own_kind.map_or("", |output| kind(&output.media_type));
    // What the first step of the line was given to work on is the asset's own beginning.
    let opened = line.first().and_then(|(place, _)| {
        let inputs = &record.receipts[*place].inputs;
        let first = inputs
            .iter()
            .find(|input| kind(&input.media_type) == own_kind)?;
        brought.contains(&first.digest).then_some(first.digest)
    });
    let line: BTreeSet<usize> = line.into_iter().map(|(place, _)| place).collect();
    let mut told = BTreeSet::new();
    let mut parts: Vec<Part> = Vec::new();
    if brought.contains(asset) || makers.get(asset).is_none() {
        // Nobody made it: it was looked at and passed on, wherever it came from.
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
    for place in made_of(record, &makers, asset) {
        let receipt = &record.receipts[place];
        let places = line.contains(&place) && !trained(receipt);
        for input in &receipt.inputs {
            let maker = makers.get(&input.digest);
            if told.contains(&input.digest) || maker.is_some_and(|maker| line.contains(&maker)) {
                continue;
            }
            let relation = match maker {
                None if !brought.contains(&input.digest) => continue,
                None if Some(input.digest) == opened => Relation::Parent,
                _ if places && is_seen_or_heard(input) => Relation::Component,
                None => Relation::Input,
                Some(_) => continue,
            };
            told.insert(input.digest);
            parts.push(Part {
                asset: input.clone(),
                relation,
                maker,
            });
        }
    }
    parts
}

/// How a run's record speaks against what the credential of an asset names as its ingredients: none may be named that did
/// not lead to it in that way, and none may be left out of what was brought as an input.
pub(crate) fn fault(record: &RunRecord, asset: &Digest, told: &[MadeOf]) -> Option<String> {
    let makers = Makers::of(record);
    let inputs = record.inputs.values();
    let values = inputs.clone().filter_map(|input| input.value.as_ref());
    let told_inputs: BTreeSet<Digest> = values
        .flat_map(assets_in)
        .map(|asset| asset.digest)
        .collect();
    let untold: BTreeSet<Digest> = inputs
        .filter(|input| input.value.is_none())
        .map(|input| input.digest)
        .collect();
    let receipts = record.receipts.iter();
    let taken = receipts.flat_map(|receipt| receipt.inputs.iter().map(|input| input.digest));
    let unmade = taken.filter(|digest| makers.get(digest).is_none());
    let brought = unmade.chain(told_inputs.iter().copied()).collect();
    let parts = all_parts(record, asset, &brought, is_by_model);
    let relations: BTreeMap<Digest, Relation> = parts
        .iter()
        .map(|part| (part.asset.digest, part.relation))
        .collect();
    let given = given(record, &makers, asset);
    let mut named = BTreeSet::new();
    for part in told {
        let title = &part.title;
        let Some(digest) = part.sha256.filter(|digest| named.insert(*digest)) else {
            return Some(format!(
                "the credential names “{title}” twice, or without a digest"
            ));
        };
        let is_given = part.relation == Relation::Input && given.contains(&digest);
        match relations.get(&digest) {
            Some(relation) if *relation == part.relation => {}
            _ if is_given => {}
            Some(_) => {
                return Some(format!(
                    "by it “{title}” is something else to this file than the credential says"
                ));
            }
            None => {
                return Some(format!(
                    "by it nothing that led to this file took “{title}”, which the credential names"
                ));
            }
        }
    }
    if told.len() >= PARTS_MAX {
        return None;
    }
    // That a private input is this file tells its digest.
    let is_input = |asset: &AssetRef| {
        told_inputs.contains(&asset.digest)
            || !untold.is_empty() && untold.contains(&canonical::digest(&asset.to_value()))
    };
    let mut left_out = parts
        .iter()
        .filter(|part| part.maker.is_none() && !named.contains(&part.asset.digest));
    left_out
        .find(|part| is_input(&part.asset))
        .map(|part| {
            format!(
                "by it this file was made of {}, an input of the run, which the credential does not name",
                part.asset.digest.short()
            )
        })
}

/// What may have come from elsewhere on the way to an asset: what people put in by hand, and what nobody can do again.
fn given(record: &RunRecord, makers: &Makers, asset: &Digest) -> BTreeSet<Digest> {
    let mut given = BTreeSet::new();
    for place in record.lineage(asset) {
        let receipt = &record.receipts[place];
        if receipt.determinism == Determinism::Attested || receipt.engine == EDIT {
            let outputs = receipt.outputs.iter().map(|output| output.digest);
            given.extend(outputs.filter(|digest| makers.get(digest) == Some(place)));
        }
    }
    given
}

/// Places of the receipts that made the asset or something in it, ascending. One that only passes on what it was given, as
/// a choice does, leads to the maker of that and not to the alternatives.
fn made_of(record: &RunRecord, makers: &Makers, asset: &Digest) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut pending = vec![*asset];
    while let Some(digest) = pending.pop() {
        let made = makers.get(&digest).filter(|place| found.insert(*place));
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
