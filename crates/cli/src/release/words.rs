//! What the page of an archive tells and no receipt does.

use std::collections::BTreeMap;

use daedal_channels::site::{Seen, Words};
use daedal_core::engine::Engines;
use daedal_core::run;
use daedal_provenance::collection::ASSETS;
use daedal_store::Studio;

use super::making::pictures;
use super::private::Private;
use super::{Gathered, exhibit};
use crate::failure::Failure;
use crate::story::{behind, told_places};

/// Notes, labels and small pictures of a run.
pub(crate) async fn words(
    studio: &Studio,
    engines: &Engines,
    run: &Gathered,
) -> Result<Words, Failure> {
    let subject = &run.subject;
    let mut words = Words {
        label: run.told.process.disclosure.clone(),
        ..Words::default()
    };
    let private = Private::of(&subject.spec);
    let files: Vec<_> = run.pieces.iter().map(|piece| piece.files()).collect();
    for (item, files) in run.told.items.iter().zip(&files) {
        let piece = files.first().map(|(name, _)| format!("{ASSETS}{name}"));
        words
            .alts
            .extend(piece.map(|path| (path, item.alt.clone())));
    }
    let published = files.iter().flatten();
    let published = published.map(|(_, sealed)| sealed.unsigned.digest);
    let behind = behind(&subject.record, published);
    for (step, places) in told_places(&subject.record, &behind) {
        let mut seen: BTreeMap<usize, Seen> = BTreeMap::new();
        for place in &places.told {
            let Some(task) = subject.tasks.get(*place) else {
                continue;
            };
            if let Some((kept, passed_over)) = pictures(studio, engines, None, task).await? {
                let by = task.decision.as_ref().map(|decision| &decision.by);
                let late = matches!(by, Some(run::Decider::Timeout));
                let decided = Seen {
                    kept,
                    passed_over,
                    late,
                    ..Seen::default()
                };
                seen.insert(*place, decided);
            }
        }
        if let Some(first) = places.told.first()
            && let Some(outcome) = subject.tasks.get(*first).and_then(|task| task.outcome())
        {
            let shown = match seen.is_empty() {
                true => {
                    let alt = format!("What {step} gave");
                    exhibit::of_value(studio, engines, &outcome.value, &alt, None).await?
                }
                false => None,
            };
            let first = seen.entry(*first).or_default();
            let mut own = subject.tasks.iter().filter(|task| *task.name.step == *step);
            first.shown = shown;
            if own.all(|task| task.edits.is_empty()) {
                first.note = private.note(&outcome.value);
            }
        }
        seen.retain(|_, seen| *seen != Seen::default());
        words.tasks.append(&mut seen);
    }
    Ok(words)
}
