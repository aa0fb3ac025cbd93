//! What stands behind a piece: the tasks that led to it, and what they reported.

use std::collections::BTreeSet;

use daedal_core::plan::{NodeId, Plan};
use daedal_core::run::TaskRecord;
use serde_json::{Map, Value};

use super::Subject;
use crate::oversight::is_by_model;
use crate::runs::Piece;

/// The engine whose tasks keep some of what they are given.
pub(super) const CHOOSE: &str = "choose";

/// The tasks behind one piece.
pub(super) struct Telling<'a> {
    subject: &'a Subject,
    piece: &'a Piece,
    /// Places in [`Subject::tasks`], ascending: those whose assets or other values became
    /// part of the piece.
    lineage: Vec<usize>,
    /// Steps that the output depends on, in plan order.
    steps: Vec<NodeId>,
}

impl<'a> Telling<'a> {
    pub(super) fn of(subject: &'a Subject, piece: &'a Piece) -> Self {
        Self {
            subject,
            piece,
            lineage: subject.record.lineage(&piece.asset.digest),
            steps: ancestors(&subject.planned.plan, &piece.output),
        }
    }

    /// What people call the piece: what it says of itself, what was written for it, or its process.
    pub(super) fn title(&self) -> String {
        let own = self.piece.value["title"].as_str();
        let written = || self.reported(|value| value["title"].as_str());
        let process = &self.subject.planned.process;
        let title = own
            .or_else(written)
            .filter(|title| !title.trim().is_empty())
            .or(process.title.as_deref())
            .unwrap_or(&process.name);
        title.chars().take(200).collect()
    }

    /// What is to be seen, for those who can't.
    pub(super) fn alt(&self) -> String {
        let own = self.piece.value["alt"].as_str();
        let written = || self.reported(|value| value["alt"].as_str());
        if let Some(alt) = own.or_else(written) {
            return alt.to_owned();
        }
        let process = &self.subject.planned.process;
        match &process.description {
            Some(description) => format!("{}. {description}", self.title()),
            None => self.title(),
        }
    }

    /// What engines reported of the piece: its own fields, with the traits of what it was made from.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut features = Map::new();
        let behind = self
            .lineage
            .iter()
            .filter_map(|at| self.tasks()[*at].outcome());
        for outcome in behind {
            merge(&mut features, &outcome.value["features"]);
        }
        merge(&mut features, &self.piece.value["features"]);
        // Traits are plain values; what is nested in a report is for later steps.
        features.retain(|_, value| !value.is_object());
        for name in ["width", "height", "body", "duration_ms"] {
            if let Some(value) = self.piece.value.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        if !features.is_empty() {
            fields.insert("features".to_owned(), Value::Object(features));
        }
        fields
    }

    /// The tasks of each step behind the piece, in plan order: those of its lineage where the step has
    /// some, else all of the step's. With each step, all that it did in the run.
    pub(super) fn by_step(&self) -> Vec<(NodeId, Vec<&'a TaskRecord>, Vec<&'a TaskRecord>)> {
        let plan = &self.subject.planned.plan;
        self.steps
            .iter()
            .filter_map(|&node| {
                let path = &plan.nodes[node].path;
                let all: Vec<_> = self
                    .tasks()
                    .iter()
                    .filter(|task| task.name.step == *path)
                    .collect();
                let own: Vec<_> = self
                    .lineage
                    .iter()
                    .map(|at| &self.tasks()[*at])
                    .filter(|task| task.name.step == *path)
                    .collect();
                let shown = if own.is_empty() { all.clone() } else { own };
                (!all.is_empty()).then_some((node, shown, all))
            })
            .collect()
    }

    /// Digests of the assets that became the piece.
    pub(super) fn assets(&self) -> BTreeSet<daedal_core::Digest> {
        self.lineage
            .iter()
            .flat_map(|at| &self.subject.record.receipts[*at].outputs)
            .map(|asset| asset.digest)
            .chain([self.piece.asset.digest])
            .collect()
    }

    fn tasks(&self) -> &'a [TaskRecord] {
        &self.subject.tasks
    }

    /// What the last of the tasks behind the piece, or of the steps that it depends on, reported: an edit before what was
    /// edited, the task with the piece's number before others, and a choice, which stands behind its candidates, by what it
    /// gave. Of a step none of whose tasks is behind the piece, that counts where it has one task, or one of the piece's
    /// number, and was no model: the credential tells of models that are part of the piece.
    fn reported<'v>(&self, field: impl Fn(&'v Value) -> Option<&'v str>) -> Option<&'v str>
    where
        'a: 'v,
    {
        let own = self.piece.index;
        let behind = self.lineage.iter().rev().map(|at| &self.tasks()[*at]);
        let around = self.by_step().into_iter().rev();
        let around = around.flat_map(|(_, mut shown, _)| {
            let is_behind = |task: &&TaskRecord| {
                let mut behind = self.lineage.iter();
                behind.any(|at| std::ptr::eq(&raw const self.tasks()[*at], *task))
            };
            if !shown.iter().any(is_behind) {
                let is_alone = shown.len() == 1;
                let number = |task: &TaskRecord| task.index.map(|index| index as usize);
                shown.retain(|task| is_alone || own.is_some() && number(task) == own);
                shown.retain(|task| !self.is_by_model(task));
            }
            shown.reverse();
            let number = |task: &&TaskRecord| task.index.map(|index| index as usize);
            shown.sort_by_key(|task| (number(task) != own, number(task)));
            shown
        });
        let choices = self
            .tasks()
            .iter()
            .filter(|task| task.task.engine == CHOOSE);
        let choices: BTreeSet<&str> = choices.map(|task| &*task.name.step).collect();
        let said = behind.chain(around).filter_map(|task| {
            let value = &task.outcome()?.value;
            let is_choice = choices.contains(&*task.name.step);
            match value.as_array().filter(|_| is_choice) {
                Some(kept) => kept.get(own.unwrap_or(0)).or(kept.first()),
                None => Some(value),
            }
        });
        let mut said = said.filter_map(field);
        said.find(|text| !text.is_empty())
    }

    fn is_by_model(&self, task: &TaskRecord) -> bool {
        let tasks = self.tasks().iter().zip(&self.subject.record.receipts);
        let mut own = tasks.filter(|(other, _)| other.name == task.name);
        own.any(|(_, receipt)| is_by_model(receipt))
    }
}

fn merge(into: &mut Map<String, Value>, from: &Value) {
    for (name, value) in from.as_object().into_iter().flatten() {
        into.insert(name.clone(), value.clone());
    }
}

/// The performing steps that an output depends on, in plan order.
fn ancestors(plan: &Plan, output: &str) -> Vec<NodeId> {
    let behind = plan.behind(|name| name == output);
    let nodes = plan.nodes.iter().enumerate();
    nodes
        .filter(|(_, node)| behind.contains(&node.path))
        .map(|(id, _)| id)
        .collect()
}
