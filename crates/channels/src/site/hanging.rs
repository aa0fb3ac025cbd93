//! Which pieces hang in a process's room, and what they are called there.

use std::collections::BTreeMap;

use daedal_core::Digest;

use super::gallery::Piece;
use super::names;
use crate::{Item, Release};

/// The pieces of a process's releases, the newest first. What several runs gave hangs once, where the first
/// of them was released, so that its address stays and no feed tells it twice.
pub(super) fn hung<'r>(releases: &[&'r Release]) -> Vec<Piece<'r>> {
    let mut first = BTreeMap::new();
    let mut again: BTreeMap<Digest, Vec<(&'r Release, &'r Item)>> = BTreeMap::new();
    for &release in releases.iter().rev() {
        for item in &release.items {
            if *first.entry(item.unsigned).or_insert(release.run) != release.run {
                again
                    .entry(item.unsigned)
                    .or_default()
                    .push((release, item));
            }
        }
    }
    let mut pieces = Vec::new();
    for &release in releases {
        for item in &release.items {
            if first.get(&item.unsigned) == Some(&release.run) {
                pieces.push(Piece {
                    again: again.get(&item.unsigned).cloned().unwrap_or_default(),
                    ..piece(release, item)
                });
            }
        }
    }
    pieces
}

/// An item in the place that its run gave it.
pub(super) fn piece<'r>(release: &'r Release, item: &'r Item) -> Piece<'r> {
    Piece {
        release,
        item,
        id: names::piece(release, item),
        name: name(release, item),
        again: Vec::new(),
    }
}

/// The title of a piece; where others of its release have the same, with its output, or its number there.
fn name(release: &Release, item: &Item) -> String {
    let same = |other: &&Item| other.title == item.title;
    let alike: Vec<_> = release.items.iter().filter(same).collect();
    let in_output = alike.iter().filter(|other| other.output == item.output);
    let output = item.output.replace(['_', '-'], " ");
    match (alike.len(), in_output.count()) {
        (1, _) => item.title.clone(),
        (_, 1) => format!("{} ({output})", item.title),
        (all, several) if all == several => format!("{} ({})", item.title, item.index + 1),
        _ => format!("{} ({output} {})", item.title, item.index + 1),
    }
}
