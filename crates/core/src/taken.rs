//! Which receipts stand behind a value.
//!
//! Assets are known by their digests wherever they turn up. Other values leave no such trace: a text that a model wrote
//! stands in a poster as its letters. So a receipt names the tasks whose values went into what came of it
//! ([`Receipt::from`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::engine::ASKING;
use crate::receipt::Receipt;
use crate::{Digest, canonical};

/// Places of receipts, ascending, by what names them: a label, a step, a round of a step.
#[derive(Debug, Default)]
pub(crate) struct Places {
    by_name: BTreeMap<String, Vec<usize>>,
    count: usize,
    /// What those pass on that only choose among what they took, item by item: its digest, and whose it was. Only while
    /// receipts are made is that known.
    passed: BTreeMap<usize, Vec<(Digest, BTreeSet<String>)>>,
}

/// Whether it only hands on what it took, or some of it.
pub(crate) fn passes_on(receipt: &Receipt) -> bool {
    ASKING.contains(&&*receipt.engine)
}

impl Places {
    /// Those of receipts that name others; of none, if none does.
    pub(crate) fn of(receipts: &[Receipt]) -> Self {
        let mut places = Self::default();
        if receipts.iter().any(|receipt| !receipt.from.is_empty()) {
            receipts.iter().for_each(|receipt| places.add(receipt));
        }
        places
    }

    /// Counts one more.
    pub(crate) fn add(&mut self, receipt: &Receipt) {
        let label = receipt.label();
        let round = label.split(" #").next().unwrap_or_default();
        let names = BTreeSet::from([&*receipt.step, round, &*label]);
        for name in names {
            match self.by_name.get_mut(name) {
                Some(places) => places.push(self.count),
                None => drop(self.by_name.insert(name.to_owned(), vec![self.count])),
            }
        }
        self.count += 1;
    }

    /// Places before `before` of the receipts that a name stands for; an edit has the label of what was edited.
    pub(crate) fn named(&self, name: &str, before: usize) -> impl Iterator<Item = usize> {
        let places = self.by_name.get(name).into_iter().flatten().copied();
        places.take_while(move |place| *place < before)
    }

    /// Whose values became part of the outcome of the next receipt, of those whose values its task took.
    pub(crate) fn traced(
        &mut self,
        receipts: &[Receipt],
        receipt: &Receipt,
        took: &[String],
        outcome: &Value,
    ) -> Vec<String> {
        // What made an asset that was taken is known by that, and so is what chose it.
        let is_seen = |place: &usize| {
            let given = &receipts[*place];
            let mut taken = receipt.inputs.iter().map(|taken| &taken.digest);
            taken.any(|taken| given.makes(taken) || passes_on(given) && given.gives(taken))
        };
        let mut from = BTreeSet::new();
        // Values that may have been passed on, and whose they are.
        let mut whole: Vec<(Digest, BTreeSet<String>)> = Vec::new();
        for name in took {
            let (name, item) = item_of(name);
            let places: Vec<usize> = self.named(name, receipts.len()).collect();
            let parts: Vec<usize> = places.iter().copied().filter(|at| !is_seen(at)).collect();
            for &place in &parts {
                let given = &receipts[place];
                match self.passed.get(&place) {
                    Some(items) => {
                        let meant = items.iter().enumerate();
                        // Where it is not known item by item, all of it is one.
                        let is_meant = |at: usize| item.is_none_or(|item| item == at);
                        let meant = meant.filter(|(at, _)| items.len() == 1 || is_meant(*at));
                        for (_, (digest, origins)) in meant {
                            from.extend(origins.iter().cloned());
                            let with_it = origins.iter().cloned().chain([given.label()]);
                            whole.push((*digest, with_it.collect()));
                        }
                    }
                    None => whole.push((given.value, BTreeSet::from([given.label()]))),
                }
            }
            match parts.len() == places.len() {
                true if !parts.is_empty() => drop(from.insert(name.to_owned())),
                _ => from.extend(parts.iter().map(|place| receipts[*place].label())),
            }
        }
        let items = passed_on(outcome, receipt.value, &whole);
        if let Some(items) = &items {
            from = items
                .iter()
                .flat_map(|(_, origins)| origins)
                .cloned()
                .collect();
        }
        if passes_on(receipt) {
            let all = || vec![(receipt.value, from.clone())];
            self.passed.insert(self.count, items.unwrap_or_else(all));
        }
        from.into_iter().collect()
    }
}

/// A name, and which item of its value is meant, if one is: `pick[0]`.
fn item_of(name: &str) -> (&str, Option<usize>) {
    let item = name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['));
    match item.and_then(|(name, item)| Some((name, item.parse().ok()?))) {
        Some((name, item)) => (name, Some(item)),
        None => (name, None),
    }
}

/// The values that an outcome consists of, and whose they are, if it is nothing but values that were taken, whole: then a
/// choice was made among those, and the others are no part of it. Numbers and the like may be equal by chance.
fn passed_on(
    outcome: &Value,
    digest: Digest,
    whole: &[(Digest, BTreeSet<String>)],
) -> Option<Vec<(Digest, BTreeSet<String>)>> {
    let own = |value: &Value, digest: Digest| {
        let is_telling = value.is_string() || value.is_array() || value.is_object();
        let same = whole.iter().filter(|(taken, _)| *taken == digest);
        let origins: BTreeSet<String> = same.flat_map(|(_, origins)| origins).cloned().collect();
        (is_telling && !origins.is_empty()).then_some((digest, origins))
    };
    if let Some(one) = own(outcome, digest) {
        return Some(vec![one]);
    }
    let items = outcome.as_array().filter(|items| !items.is_empty())?;
    let items = items.iter().map(|item| own(item, canonical::digest(item)));
    items.collect()
}

#[cfg(test)]
#[path = "taken_tests.rs"]
mod tests;
