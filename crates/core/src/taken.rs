//! Which receipts stand behind a value.
//!
//! Assets are known by their digests wherever they turn up. Other values leave no such trace: a text that a model wrote
//! stands in a poster as its letters. So a receipt names the tasks whose values went into what came of it
//! ([`Receipt::from`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use alloy_primitives::B256;
use serde_json::Value;

use crate::asset::assets_in;
use crate::engine::ASKING;
use crate::receipt::{Links, Receipt};
use crate::run::{EDIT, Took};
use crate::{Digest, canonical};

/// Whether it only hands on what it took, or some of it.
pub(crate) fn passes_on(receipt: &Receipt) -> bool {
    ASKING.contains(&&*receipt.engine)
}

/// Places of receipts, ascending, by what names them: a label, a step, a round of a step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    by_name: BTreeMap<String, Vec<usize>>,
    count: usize,
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
    fn add(&mut self, receipt: &Receipt) {
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
}

/// Labels of tasks.
type Labels = BTreeSet<String>;

/// Something that a task gave, and whose it was.
#[derive(Debug, Clone)]
struct Given<'v> {
    digest: Digest,
    value: &'v Value,
    whose: Rc<Labels>,
}

/// Something that a task took, which may be all that came of it.
struct Candidate<'v> {
    given: Given<'v>,
    /// Whether an asset in it, which was taken, tells whose it was.
    is_seen: bool,
}

/// The receipts of a run, linked as they come, in plan order, where each is told whose values went into what came of it.
#[derive(Debug)]
pub struct Tracing<'v> {
    links: Links,
    places: Places,
    /// Of each receipt what others could take, item by item where it only passes things on.
    given: Vec<Vec<Given<'v>>>,
}

impl<'v> Tracing<'v> {
    /// Those of a run that has no receipts yet.
    #[must_use]
    pub fn of(run: Digest) -> Self {
        Self {
            links: Links::of(run),
            places: Places::default(),
            given: Vec::new(),
        }
    }

    /// The receipts.
    #[must_use]
    pub fn links(self) -> Links {
        self.links
    }

    /// Links the receipt of a task that took these values and had this outcome, and gives its hash.
    pub fn add(&mut self, mut receipt: Receipt, took: &[Took], outcome: &'v Value) -> B256 {
        let (named, candidates) = self.taken_by(&receipt, took);
        let is_chosen = passes_on(&receipt);
        let passed = passed_on(outcome, receipt.value, &candidates, is_chosen);
        let all = |whose: Labels| {
            vec![Given {
                digest: receipt.value,
                value: outcome,
                whose: Rc::new(whose),
            }]
        };
        let (from, given) = match passed {
            Some(passed) if is_chosen => (passed.from, passed.items),
            Some(passed) => (passed.from, all(Labels::from([receipt.label()]))),
            None if is_chosen => {
                let seen = candidates.iter().filter(|candidate| candidate.is_seen);
                let seen = seen.flat_map(|candidate| &*candidate.given.whose).cloned();
                let whose = named.iter().cloned().chain(seen);
                let given = all(whose.collect());
                (named, given)
            }
            None => (named, all(Labels::from([receipt.label()]))),
        };
        self.given.push(given);
        receipt.from = from.into_iter().collect();
        self.places.add(&receipt);
        self.links.add(receipt)
    }

    /// Whose values a task took, as names; and the values, each of which may be all that came of it.
    fn taken_by(&self, receipt: &Receipt, took: &[Took]) -> (Labels, Vec<Candidate<'v>>) {
        let receipts = self.links.receipts();
        let assets: BTreeSet<Digest> = receipt.inputs.iter().map(|taken| taken.digest).collect();
        // What made an asset that was taken is known by that, and so is what chose it.
        let is_seen = |place: usize| {
            let given = &receipts[place];
            let mut taken = given.outputs.iter().map(|own| &own.digest);
            let is_own = |digest: &Digest| passes_on(given) || given.makes(digest);
            taken.any(|digest| assets.contains(digest) && is_own(digest))
        };
        let mut from = Labels::new();
        let mut candidates = Vec::new();
        for Took { name, item } in took {
            let places: Vec<usize> = self.places.named(name, receipts.len()).collect();
            let mut unseen = Vec::new();
            for &place in &places {
                let given = &receipts[place];
                let is_seen = is_seen(place);
                // What a person put something else in the place of, nobody took any more.
                let edit = receipts.get(place + 1);
                let is_edited =
                    edit.is_some_and(|edit| edit.engine == EDIT && edit.is_beside(given));
                let items = &self.given[place];
                // Where it is not known item by item, all of it is one.
                let is_meant = |at: usize| items.len() == 1 || item.is_none_or(|item| item == at);
                let meant = items.iter().enumerate();
                let meant = meant.filter(|(at, _)| !is_edited && is_meant(*at));
                for (_, item) in meant {
                    let mut item = item.clone();
                    if passes_on(given) {
                        if !is_seen {
                            from.extend(item.whose.iter().cloned());
                        }
                        Rc::make_mut(&mut item.whose).insert(given.label());
                    }
                    candidates.push(Candidate {
                        given: item,
                        is_seen,
                    });
                }
                if !is_seen {
                    unseen.push(given.label());
                }
            }
            match unseen.len() == places.len() {
                true if !unseen.is_empty() => drop(from.insert(name.clone())),
                _ => from.extend(unseen),
            }
        }
        (from, candidates)
    }
}

/// What a task passed on.
struct PassedOn<'v> {
    /// Its outcome, item by item where it is a list of what was taken.
    items: Vec<Given<'v>>,
    /// Whose that is, as far as no asset tells.
    from: Labels,
}

/// The values that an outcome consists of, and whose they are, if it is nothing but values that were taken: then a choice
/// was made among those, and the others are no part of it. Whatever gave a value that was taken whole, passed it on; what
/// was chosen may be a part of what was taken, too, or put together of such parts.
fn passed_on<'v>(
    outcome: &'v Value,
    digest: Digest,
    candidates: &[Candidate<'v>],
    is_chosen: bool,
) -> Option<PassedOn<'v>> {
    if candidates.is_empty() || !is_telling(outcome) {
        return None;
    }
    let mut known = Known::default();
    for candidate in candidates {
        known.add(candidate.given.digest, candidate.given.value, candidate);
    }
    let found = known.passed_on(outcome, digest);
    if found.is_some() || !is_chosen {
        return found;
    }
    for candidate in candidates {
        known.add_parts(candidate.given.value, candidate);
    }
    known.passed_on(outcome, digest)
}

/// Values, and whose they are.
#[derive(Default)]
struct Known<'c> {
    by_digest: HashMap<Digest, Vec<Source<'c>>>,
    /// Whether parts of what was given are among them.
    has_parts: bool,
}

/// Who gave a value, and whether an asset in it tells so.
type Source<'c> = (&'c Labels, bool);

impl<'c> Known<'c> {
    fn add(&mut self, digest: Digest, value: &Value, candidate: &'c Candidate<'_>) {
        let is_seen = candidate.is_seen && !assets_in(value).is_empty();
        let known = self.by_digest.entry(digest).or_default();
        known.push((&candidate.given.whose, is_seen));
    }

    /// Adds what a value of a candidate consists of, at any depth.
    fn add_parts(&mut self, value: &Value, candidate: &'c Candidate<'_>) {
        self.has_parts = true;
        for part in parts(value).filter(|part| is_telling(part)) {
            self.add(canonical::digest(part), part, candidate);
            self.add_parts(part, candidate);
        }
    }

    /// An outcome, if it is such a value, or a list of them.
    fn passed_on<'v>(&self, outcome: &'v Value, digest: Digest) -> Option<PassedOn<'v>> {
        let mut passed = PassedOn {
            items: Vec::new(),
            from: Labels::new(),
        };
        let items = outcome.as_array().filter(|items| !items.is_empty());
        match items.filter(|_| self.equal(outcome, digest).is_none()) {
            Some(items) => {
                for item in items {
                    let digest = canonical::digest(item);
                    passed.add(item, digest, &self.sources(item, digest)?);
                }
            }
            None => passed.add(outcome, digest, &self.sources(outcome, digest)?),
        }
        Some(passed)
    }

    /// All who gave a value equal to this one.
    fn equal(&self, value: &Value, digest: Digest) -> Option<&Vec<Source<'c>>> {
        self.by_digest.get(&digest).filter(|_| is_telling(value))
    }

    /// The same, or all who gave what it is put together of.
    fn sources(&self, value: &Value, digest: Digest) -> Option<Vec<Source<'c>>> {
        let own = self.equal(value, digest);
        if own.is_some() || !self.has_parts {
            return own.cloned();
        }
        let mut telling = parts(value).filter(|part| is_telling(part)).peekable();
        telling.peek()?;
        let sources = telling.map(|part| self.sources(part, canonical::digest(part)));
        let sources: Option<Vec<_>> = sources.collect();
        sources.map(|sources| sources.concat())
    }
}

impl<'v> PassedOn<'v> {
    fn add(&mut self, value: &'v Value, digest: Digest, sources: &[Source<'_>]) {
        let whose = sources.iter().flat_map(|(whose, _)| whose.iter());
        self.items.push(Given {
            digest,
            value,
            whose: Rc::new(whose.cloned().collect()),
        });
        let told = sources.iter().filter(|(_, is_seen)| !is_seen);
        let told = told.flat_map(|(whose, _)| whose.iter());
        self.from.extend(told.cloned());
    }
}

/// Numbers and the like may be equal by chance.
fn is_telling(value: &Value) -> bool {
    value.is_string() || value.is_array() || value.is_object()
}

fn parts(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().into_iter().flatten();
    items.chain(
        value
            .as_object()
            .into_iter()
            .flat_map(|fields| fields.values()),
    )
}

#[cfg(test)]
#[path = "taken_tests.rs"]
mod tests;
