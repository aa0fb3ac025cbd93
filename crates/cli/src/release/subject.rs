//! The run that is released.

use std::collections::BTreeSet;
use std::sync::Arc;

use daedal_core::AssetRef;
use daedal_core::excerpt::Excerpt;
use daedal_core::plan::Planned;
use daedal_core::record::RunRecord;
use daedal_core::run::{CAPTIONS, RunId, RunSpec, TaskRecord};

use crate::runs::Piece;
use crate::ui::Ui;

/// Everything that is known of a run that is released.
pub(crate) struct Subject {
    pub(crate) run: RunId,
    pub(crate) spec: RunSpec,
    pub(crate) planned: Planned,
    /// Tasks with an outcome, in plan order; one for each receipt of the record.
    pub(crate) tasks: Vec<TaskRecord>,
    pub(crate) record: RunRecord,
    pub(crate) pieces: Vec<Piece>,
}

impl Subject {
    /// What the credential of an asset tells of the run.
    pub(crate) fn excerpt(&self, asset: &AssetRef) -> Option<Excerpt> {
        let behind = self.behind(asset);
        Excerpt::by_way_of(&self.record, &asset.digest, &|step| behind.contains(step))
    }

    /// Says which outputs are not published.
    pub(super) fn tell_values(&self, ui: Ui) {
        let outputs = self.planned.plan.outputs.iter().map(|(name, _)| name);
        let has_file = |name: &&String| self.pieces.iter().any(|piece| piece.output == **name);
        let values: Vec<String> = outputs
            .filter(|name| !has_file(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if !values.is_empty() {
            let values = values.join(", ");
            let is_rejected = |task: &&TaskRecord| {
                let decision = task.decision.as_ref();
                decision.is_some_and(|decision| decision.kept.is_empty())
            };
            let why = match self.tasks.iter().find(is_rejected) {
                Some(task) => format!("everything was rejected in `{}`", task.name),
                None => "a step of `template` makes a file of words".to_owned(),
            };
            ui.note(format!(
                "not published, since it gave no file: {values} ({why})"
            ));
        }
    }

    /// The steps that are on the way to an asset: those behind the outputs that have it.
    pub(crate) fn behind(&self, asset: &AssetRef) -> BTreeSet<Arc<str>> {
        let has = |piece: &&Piece| {
            let further = piece.attachments.iter().map(|(_, further)| further);
            std::iter::once(&piece.asset)
                .chain(further)
                .any(|own| own.digest == asset.digest)
        };
        let outputs: Vec<&str> = self
            .pieces
            .iter()
            .filter(has)
            .map(|piece| &*piece.output)
            .collect();
        // What is no piece by itself, such as a picture before its label, is behind any of them.
        let is_meant = |name: &str| outputs.is_empty() || outputs.contains(&name);
        let mut behind = self.planned.plan.behind(is_meant);
        behind.insert(CAPTIONS.into());
        behind
    }
}
