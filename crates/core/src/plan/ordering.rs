//! The order of the steps of a process, and steps that wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use super::graph;
use super::nodes::Reader;

/// All steps in dependency order: what a loop needs, its inner steps, the loop.
pub(super) fn order(reader: &mut Reader<'_, '_>) -> Option<Vec<usize>> {
    let drafts = &reader.names.drafts;
    let mut levels: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (id, draft) in drafts.iter().enumerate() {
        levels.entry(draft.parent).or_default().push(id);
    }
    let mut local = vec![0; drafts.len()];
    for ids in levels.values() {
        for (position, &id) in ids.iter().enumerate() {
            local[id] = position;
        }
    }
    let mut ordered: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    let mut cycles: Vec<Vec<usize>> = Vec::new();
    for (&level, ids) in &levels {
        let needs: Vec<Vec<usize>> = ids
            .iter()
            .map(|&id| {
                needs_of(reader, id)
                    .into_iter()
                    .filter(|&other| drafts[other].parent == level)
                    .map(|other| local[other])
                    .collect()
            })
            .collect();
        let global = |found: Vec<usize>| found.into_iter().map(|position| ids[position]).collect();
        match graph::order(&needs) {
            Ok(found) => {
                ordered.insert(level, global(found));
            }
            Err(found) => cycles.extend(found.into_iter().map(global)),
        }
    }
    if !cycles.is_empty() {
        for cycle in cycles {
            name_cycle(reader, &cycle);
        }
        return None;
    }
    let mut all = Vec::with_capacity(drafts.len());
    for &id in ordered.get(&None).into_iter().flatten() {
        all.extend(ordered.get(&Some(id)).into_iter().flatten());
        all.push(id);
    }
    Some(all)
}

/// What a step refers to; for a loop, what its inner steps refer to outside of it too.
fn needs_of(reader: &Reader<'_, '_>, id: usize) -> BTreeSet<usize> {
    let drafts = &reader.names.drafts;
    let mut needs: BTreeSet<usize> = reader.links[id].keys().copied().collect();
    // Inner steps stand behind their loop.
    let inner = (id + 1..drafts.len()).take_while(|&inner| drafts[inner].parent == Some(id));
    for inner in inner {
        needs.extend(reader.links[inner].keys());
    }
    needs.retain(|&other| drafts[other].parent == drafts[id].parent);
    needs
}

fn name_cycle(reader: &mut Reader<'_, '_>, cycle: &[usize]) {
    let drafts = &reader.names.drafts;
    let [first, ..] = *cycle else { return };
    let next = cycle.get(1).copied().unwrap_or(first);
    // The reference may stand in an inner step of a loop.
    let holder = (first..drafts.len())
        .take_while(|&id| id == first || drafts[id].parent == Some(first))
        .find(|&id| reader.links[id].contains_key(&next))
        .unwrap_or(first);
    let span = match reader.links[holder].get(&next) {
        Some(pointer) => drafts[holder].at.span_at(pointer),
        None => drafts[first].key.span,
    };
    let way: Vec<&str> = cycle
        .iter()
        .chain([&first])
        .map(|&id| &*drafts[id].path)
        .collect();
    let message = format!("steps wait for each other: {}", way.join(" -> "));
    reader.wrong(
        span,
        message,
        "each needs what the next one gives: take one of these references away, or make rounds of \
         it with `repeat:` and `previous`",
    );
}
