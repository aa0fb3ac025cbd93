//! Which receipts stand behind a value.
//!
//! Assets are known by their digests wherever they turn up. Other values leave no such trace: a text that a model wrote
//! stands in a poster as its letters. So a receipt names the tasks whose values went into what came of it
//! ([`Receipt::from`]).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use alloy_primitives::B256;
use serde_json::Value;

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
    /// Digests of what it consists of, at any depth, once they are asked for.
    parts: Rc<OnceCell<Vec<Digest>>>,
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

    /// Links the receipt of a task that took these values and had this outcome, and gives its hash. A choice was made among
    /// its own options, too, which no task gave.
    pub fn add(
        &mut self,
        mut receipt: Receipt,
        took: &[Took],
        own_options: &Value,
        outcome: &'v Value,
    ) -> B256 {
        let is_chosen = passes_on(&receipt);
        let all = |whose: Labels| Given::of(outcome, receipt.value, whose);
        let own = all(Labels::from([receipt.label()]));
        // What of the assets became part of it: of what was chosen, not those that were passed over.
        let assets = match is_chosen {
            true => &receipt.outputs,
            false => &receipt.inputs,
        };
        let assets: BTreeSet<Digest> = assets.iter().map(|asset| asset.digest).collect();
        let values = self.values(took);
        let own_options = is_chosen.then_some(own_options);
        let (from, given) = match passed_on(outcome, receipt.value, &values, own_options) {
            Some(mut items) => {
                // What an expression decided by is part of whatever it gave.
                let mut decided = took.to_vec();
                decided.retain(|took| !took.as_it_is);
                let by = self.named(&decided, &BTreeSet::new());
                items
                    .iter_mut()
                    .filter(|_| !by.is_empty())
                    .for_each(|item| {
                        Rc::make_mut(&mut item.whose).extend(by.iter().cloned());
                    });
                let whose = items.iter().flat_map(|item| &*item.whose);
                let unseen = whose.filter(|label| !self.is_seen(label, &assets));
                (unseen.cloned().collect(), items)
            }
            None => {
                let whose = self.named(took, &BTreeSet::new());
                (self.named(took, &assets), vec![all(whose)])
            }
        };
        self.given.push(match is_chosen {
            true => given,
            false => vec![own],
        });
        receipt.from = from.into_iter().collect();
        self.places.add(&receipt);
        self.links.add(receipt)
    }

    /// The tasks whose values these are, but for those that one of the assets tells, by their steps where all of a step are
    /// meant.
    fn named(&self, took: &[Took], assets: &BTreeSet<Digest>) -> Labels {
        let mut names = Labels::new();
        for Took { name, item, .. } in took {
            let places: Vec<usize> = self.places_of(name).collect();
            let unseen = places.iter().filter(|place| !self.shows(**place, assets));
            let unseen: Vec<String> = unseen.map(|place| self.receipt(*place).label()).collect();
            match unseen.len() == places.len() && !unseen.is_empty() {
                true => drop(names.insert(name.clone())),
                false => names.extend(unseen),
            }
            // Whoever chose handed on what others gave.
            let choosers = places
                .into_iter()
                .filter(|place| passes_on(self.receipt(*place)));
            let items = choosers.flat_map(|place| self.items(place, *item));
            let whose = items.flat_map(|item| &*item.whose);
            names.extend(whose.filter(|label| !self.is_seen(label, assets)).cloned());
        }
        names
    }

    /// What was taken: values, each of which may be all that came of it.
    fn values(&self, took: &[Took]) -> Vec<Given<'v>> {
        let mut values = Vec::new();
        for Took { name, item, .. } in took {
            for place in self.places_of(name) {
                let given = self.receipt(place);
                // What a person put something else in the place of, nobody took any more.
                let edit = self.links.receipts().get(place + 1);
                if edit.is_some_and(|edit| edit.engine == EDIT && edit.is_beside(given)) {
                    continue;
                }
                for item in self.items(place, *item) {
                    let mut item = item.clone();
                    if passes_on(given) {
                        Rc::make_mut(&mut item.whose).insert(given.label());
                    }
                    values.push(item);
                }
            }
        }
        values
    }

    /// What the receipt at a place gave, or the one item of it. Where it is not known item by item, all of it is one.
    fn items(&self, place: usize, item: Option<usize>) -> impl Iterator<Item = &Given<'v>> {
        let items = &self.given[place];
        let is_meant = move |at: usize| items.len() == 1 || item.is_none_or(|item| item == at);
        let items = items.iter().enumerate();
        items
            .filter(move |(at, _)| is_meant(*at))
            .map(|(_, item)| item)
    }

    fn receipt(&self, place: usize) -> &Receipt {
        &self.links.receipts()[place]
    }

    fn places_of(&self, name: &str) -> impl Iterator<Item = usize> {
        self.places.named(name, self.links.receipts().len())
    }

    /// Whether one of the assets tells of the receipt at a place, which made or chose it.
    fn shows(&self, place: usize, assets: &BTreeSet<Digest>) -> bool {
        let receipt = self.receipt(place);
        let mut given = receipt.outputs.iter().map(|own| &own.digest);
        given.any(|own| assets.contains(own) && (passes_on(receipt) || receipt.makes(own)))
    }

    /// Whether assets tell of all that a name stands for.
    fn is_seen(&self, name: &str, assets: &BTreeSet<Digest>) -> bool {
        let mut places = self.places_of(name).peekable();
        places.peek().is_some() && places.all(|place| self.shows(place, assets))
    }
}

impl<'v> Given<'v> {
    fn of(value: &'v Value, digest: Digest, whose: Labels) -> Self {
        Self {
            digest,
            value,
            whose: Rc::new(whose),
            parts: Rc::default(),
        }
    }

    fn parts(&self) -> &[Digest] {
        self.parts.get_or_init(|| digests_in(self.value))
    }
}

/// The values that an outcome consists of, and whose they are, if it is nothing but values that were taken: then a choice
/// was made among those, and the others are no part of it. Whatever gave a value that was taken whole, passed it on; what
/// was chosen may be a part of what was taken, too, or of a choice's own options, or put together of such parts.
fn passed_on<'v>(
    outcome: &'v Value,
    digest: Digest,
    values: &[Given<'v>],
    own_options: Option<&Value>,
) -> Option<Vec<Given<'v>>> {
    let (nobody, own) = (Labels::new(), own_options.map(digests_in));
    let mut known = Known::default();
    for value in values {
        known.add(value.digest, &value.whose);
    }
    if let Some(own) = &own {
        known.has_parts = true;
        values.iter().for_each(|value| {
            value
                .parts()
                .iter()
                .for_each(|part| known.add(*part, &value.whose));
        });
        own.iter().for_each(|part| known.add(*part, &nobody));
    }
    let is_known = !values.is_empty() || own.is_some();
    is_known.then(|| known.items(outcome, digest))?
}

/// Values, and whose they are.
#[derive(Default)]
struct Known<'c> {
    by_digest: BTreeMap<Digest, Vec<&'c Labels>>,
    /// Whether parts of what was given are among them: all that it consists of.
    has_parts: bool,
}

impl<'c> Known<'c> {
    fn add(&mut self, digest: Digest, whose: &'c Labels) {
        self.by_digest.entry(digest).or_default().push(whose);
    }

    /// An outcome as one such value, or as a list of them.
    fn items<'v>(&self, outcome: &'v Value, digest: Digest) -> Option<Vec<Given<'v>>> {
        let one = |value: &'v Value, digest: Digest| {
            Some(Given::of(value, digest, self.whose(value, digest)?))
        };
        let items = outcome.as_array().filter(|items| !items.is_empty());
        match items.filter(|_| self.equal(outcome, digest).is_none()) {
            Some(items) => {
                let items = items.iter();
                items
                    .map(|item| one(item, canonical::digest(item)))
                    .collect()
            }
            None => Some(vec![one(outcome, digest)?]),
        }
    }

    /// All who gave a value equal to this one. Where only whole values are known, numbers and the like may be equal by
    /// chance.
    fn equal(&self, value: &Value, digest: Digest) -> Option<Labels> {
        let is_telling = self.has_parts || !matches!(value, Value::Number(_) | Value::Bool(_));
        let own = self.by_digest.get(&digest).filter(|_| is_telling)?;
        Some(own.iter().copied().flatten().cloned().collect())
    }

    /// The same, or all who gave what it is put together of.
    fn whose(&self, value: &Value, digest: Digest) -> Option<Labels> {
        let own = self.equal(value, digest);
        if own.is_some() || !self.has_parts {
            return own;
        }
        let mut parts = parts(value).peekable();
        parts.peek()?;
        let mut whose = Labels::new();
        for part in parts {
            whose.extend(self.whose(part, canonical::digest(part))?);
        }
        Some(whose)
    }
}

/// What a value consists of. Nothing is nobody's.
fn parts(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().into_iter().flatten();
    let fields = value
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.values());
    items.chain(fields).filter(|part| !part.is_null())
}

/// The digests of all parts of a value, at any depth.
fn digests_in(value: &Value) -> Vec<Digest> {
    let mut found = Vec::new();
    let mut pending: Vec<&Value> = parts(value).collect();
    while let Some(part) = pending.pop() {
        found.push(canonical::digest(part));
        pending.extend(parts(part));
    }
    found
}

#[cfg(test)]
#[path = "taken_tests.rs"]
mod tests;
