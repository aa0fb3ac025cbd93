//! What stands behind the assets of a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::Digest;
use crate::merkle::Tree;
use crate::receipt::Receipt;
use crate::record::{RunHeader, tree};
use crate::taken::{Places, passes_on};

/// What a record looks up in itself, once. It is no part of what the record says: a copy, which may be changed, looks for
/// itself.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    index: OnceLock<Index>,
    tree: OnceLock<Tree>,
}

impl Behind {
    /// The tree of the receipts' hashes.
    pub(crate) fn tree(&self, header: &RunHeader, receipts: &[Receipt]) -> &Tree {
        self.tree.get_or_init(|| tree(header, receipts))
    }

    pub(crate) fn index<'r>(&'r self, receipts: &'r [Receipt]) -> Indexed<'r> {
        Indexed {
            receipts,
            index: self.index.get_or_init(|| Index::of(receipts)),
        }
    }
}

impl Clone for Behind {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Behind {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Debug)]
struct Index {
    /// Places of the receipts that gave an asset.
    givers: BTreeMap<Digest, Vec<usize>>,
    places: Places,
}

impl Index {
    fn of(receipts: &[Receipt]) -> Self {
        let mut givers: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
        for (place, receipt) in receipts.iter().enumerate() {
            for output in &receipt.outputs {
                let given = givers.entry(output.digest).or_default();
                // One that gave it twice is there once.
                if given.last() != Some(&place) {
                    given.push(place);
                }
            }
        }
        Self {
            givers,
            places: Places::of(receipts),
        }
    }
}

/// Receipts that can be looked up.
pub(crate) struct Indexed<'r> {
    receipts: &'r [Receipt],
    index: &'r Index,
}

impl Indexed<'_> {
    pub(crate) fn maker_of(&self, digest: &Digest) -> Option<usize> {
        let given = self.index.givers.get(digest)?;
        let made = |place: &&usize| self.receipts[**place].makes(digest);
        given.iter().find(made).or(given.first()).copied()
    }

    pub(crate) fn lineage(&self, digest: &Digest) -> Vec<usize> {
        let mut found = BTreeSet::new();
        // Those of which something became part of the asset, and not only passed through.
        let mut parts = BTreeSet::new();
        // Each asset, and the last place that took it: what gave it stands before.
        let mut asked: BTreeMap<Digest, usize> = BTreeMap::new();
        let mut pending = vec![(*digest, self.receipts.len())];
        while let Some((digest, taker)) = pending.pop() {
            let last = asked.entry(digest).or_default();
            if *last >= taker {
                continue;
            }
            *last = taker;
            let before = self.index.givers.get(&digest).into_iter().flatten();
            for &place in before.filter(|place| **place < taker) {
                found.insert(place);
                let makes = self.receipts[place].makes(&digest);
                let mut made: Vec<usize> = makes.then_some(place).into_iter().collect();
                while let Some(part) = made.pop() {
                    if !parts.insert(part) {
                        continue;
                    }
                    let receipt = &self.receipts[part];
                    found.insert(part);
                    // What only hands values on leads to them alone, and whoever took them names whose they were.
                    if passes_on(receipt) && part != place {
                        continue;
                    }
                    pending.extend(receipt.inputs.iter().map(|input| (input.digest, part)));
                    let from = receipt.from.iter();
                    made.extend(from.flat_map(|name| self.index.places.named(name, part)));
                }
            }
        }
        found.into_iter().collect()
    }
}
