//! Which receipts stand behind a value.
//!
//! Assets are known by their digests wherever they turn up. Other values leave no such trace: a text that a model wrote
//! stands in a poster as its letters. So a receipt names the tasks whose values went into what came of it
//! ([`Receipt::from`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::receipt::Receipt;
use crate::{Digest, canonical};

/// Places of receipts by their step, ascending.
#[derive(Debug, Default)]
pub(crate) struct Places {
    by_step: BTreeMap<String, Vec<usize>>,
    count: usize,
}

impl Places {
    pub(crate) fn of(receipts: &[Receipt]) -> Self {
        let mut places = Self::default();
        for receipt in receipts {
            places.add(receipt);
        }
        places
    }

    /// Counts one more.
    pub(crate) fn add(&mut self, receipt: &Receipt) {
        match self.by_step.get_mut(&receipt.step) {
            Some(places) => places.push(self.count),
            None => drop(self.by_step.insert(receipt.step.clone(), vec![self.count])),
        }
        self.count += 1;
    }

    /// Places before `before` of the receipts that a label, or the name of a step, stands for; an edit has the label of
    /// what was edited.
    pub(crate) fn named<'a>(
        &'a self,
        receipts: &'a [Receipt],
        name: &'a str,
        before: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let step = name.split(' ').next().unwrap_or_default();
        let places = self.by_step.get(step).into_iter().flatten().copied();
        let places = places.take_while(move |place| *place < before);
        places.filter(move |place| step == name || is_meant(&receipts[*place].label(), name))
    }

    /// Whose values became part of an outcome, of those whose values the task of a receipt took.
    pub(crate) fn traced(
        &self,
        receipts: &[Receipt],
        receipt: &Receipt,
        took: &[String],
        outcome: &Value,
    ) -> Vec<String> {
        // What gave an asset that was taken is known by that.
        let is_seen = |place: &usize| {
            let mut given = receipts[*place].outputs.iter();
            given.any(|given| {
                receipt
                    .inputs
                    .iter()
                    .any(|taken| taken.digest == given.digest)
            })
        };
        let named: Vec<(&String, Vec<usize>)> = took
            .iter()
            .map(|name| (name, self.named(receipts, name, receipts.len()).collect()))
            .collect();
        let passed_on = passed_on(outcome, receipt.value, |value| {
            let mut places = named.iter().flat_map(|(_, places)| places);
            places.any(|place| receipts[*place].value == *value)
        });
        let is_part = |place: &usize| {
            let is_passed = |passed: &BTreeSet<Digest>| passed.contains(&receipts[*place].value);
            !is_seen(place) && passed_on.as_ref().is_none_or(is_passed)
        };
        let mut from = BTreeSet::new();
        for (name, places) in &named {
            let parts: Vec<&usize> = places.iter().filter(|place| is_part(place)).collect();
            match parts.len() == places.len() {
                true if !parts.is_empty() => drop(from.insert((*name).clone())),
                _ => from.extend(parts.iter().map(|place| receipts[**place].label())),
            }
        }
        from.into_iter().collect()
    }
}

/// Whether what a label names is meant: a round of a step has all of its items.
fn is_meant(label: &str, name: &str) -> bool {
    let rest = label.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The values that an outcome consists of, if it is nothing but values that were taken, whole: then a choice was made among
/// those, and the others are no part of it. Numbers and the like may be equal by chance.
fn passed_on(
    outcome: &Value,
    digest: Digest,
    is_taken: impl Fn(&Digest) -> bool,
) -> Option<BTreeSet<Digest>> {
    let is_telling = |value: &Value| value.is_string() || value.is_array() || value.is_object();
    if is_telling(outcome) && is_taken(&digest) {
        return Some(BTreeSet::from([digest]));
    }
    let items = outcome.as_array().filter(|items| !items.is_empty())?;
    let own = |item: &Value| {
        Some(canonical::digest(item)).filter(|own| is_telling(item) && is_taken(own))
    };
    items.iter().map(own).collect()
}

#[cfg(test)]
#[path = "taken_tests.rs"]
mod tests;
