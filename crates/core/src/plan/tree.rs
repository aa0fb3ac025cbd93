//! The plan as a tree that a person can look at.

use std::fmt;

use serde::Serialize;

use super::model::*;
use super::{Estimate, Planned};
use crate::process::{OnFailure, Role};

/// A plan to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tree {
    /// Name of the process.
    pub process: String,
    /// Its steps in the order in which they can run.
    pub steps: Vec<Branch>,
    /// Outputs by name, and the steps that they come from.
    pub outputs: Vec<(String, Vec<String>)>,
    /// Tasks of a run.
    pub tasks: Estimate,
}

/// A step, or a loop with its steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Branch {
    /// The last part of the path.
    pub name: String,
    /// `concept`, or `polish.revise` inside a loop.
    pub path: String,
    /// What it is for.
    pub role: Option<Role>,
    /// What performs it; `repeat` for a loop, `process` for a process, whose steps are inside.
    pub uses: String,
    /// Such as `× 6` or `each of draft`.
    pub fan_out: Option<String>,
    /// The condition under which it runs.
    pub when: Option<String>,
    /// Whether failed tasks are left out rather than ending the run.
    pub skips_failures: bool,
    /// How a loop ends.
    pub rounds: Option<String>,
    /// Steps that it waits for.
    pub after: Vec<String>,
    /// Tasks of a run.
    pub tasks: Estimate,
    /// Steps of a loop or of a process, those of processes in it by longer names.
    pub inner: Vec<Branch>,
}

/// The plan as a tree.
#[must_use]
pub fn tree(planned: &Planned) -> Tree {
    let plan = &planned.plan;
    let total = |nodes: &mut dyn Iterator<Item = Estimate>| {
        nodes.fold(Estimate { min: 0, max: 0 }, |sum, tasks| Estimate {
            min: sum.min.saturating_add(tasks.min),
            max: sum.max.saturating_add(tasks.max),
        })
    };
    let branch = |id: NodeId, around: &str, tasks: Estimate, inner: Vec<Branch>| {
        let node = &plan.nodes[id];
        let (uses, fan_out, rounds) = performed(&node.kind);
        let name = node.path.strip_prefix(around).unwrap_or(&node.name);
        // A process waits where it is given something, and for what that is.
        let begin = match plan.is_call(id) {
            true => node.given.map_or(node, |given| &plan.nodes[given]),
            false => node,
        };
        Branch {
            name: name.to_owned(),
            path: node.path.to_string(),
            role: node.role,
            uses,
            fan_out,
            when: begin.when.as_ref().map(|when| when.source().to_owned()),
            skips_failures: node.on_failure == OnFailure::Skip,
            rounds,
            after: begin
                .dependencies
                .iter()
                .map(|&other| plan.nodes[other].path.to_string())
                .collect(),
            tasks,
            inner,
        }
    };
    let steps = (0..plan.nodes.len())
        .filter(|&id| !plan.nodes[id].path.contains('.'))
        .map(|id| {
            let around = format!("{}.", plan.nodes[id].path);
            // Both stand behind their steps.
            let inner: Vec<NodeId> = match plan.has_inner(id) {
                true => (0..id)
                    .filter(|&inner| plan.nodes[inner].path.starts_with(&around))
                    .collect(),
                false => Vec::new(),
            };
            let of = |&inner: &NodeId| planned.estimates[inner];
            let tasks = total(&mut inner.iter().chain([&id]).map(of));
            let inner = inner
                .iter()
                .map(|&inner| branch(inner, &around, planned.estimates[inner], Vec::new()));
            branch(id, "", tasks, inner.collect())
        })
        .collect();
    let outputs = plan.outputs.iter().map(|(name, template)| {
        let mut from: Vec<String> = template
            .references()
            .iter()
            .filter_map(|path| path.step().map(str::to_owned))
            .collect();
        from.dedup();
        (name.clone(), from)
    });
    Tree {
        process: plan.process.clone(),
        steps,
        outputs: outputs.collect(),
        tasks: total(&mut planned.estimates.iter().copied()),
    }
}

fn performed(kind: &NodeKind) -> (String, Option<String>, Option<String>) {
    match kind {
        NodeKind::Perform(perform) => {
            let fan_out = match &perform.fan_out {
                PlannedFanOut::One => None,
                PlannedFanOut::Count(_) => Some("candidates".to_owned()),
                PlannedFanOut::Foreach(items) => {
                    let source = items.source();
                    let source = source.strip_prefix("steps.").unwrap_or(source);
                    Some(format!("each of {source}"))
                }
            };
            (perform.engine.to_string(), fan_out, None)
        }
        NodeKind::Repeat(repeat) => {
            let mut rounds = format!("at most {} rounds", repeat.at_most);
            if let Some(until) = &repeat.until {
                rounds.push_str(&format!(", until {}", until.source()));
            }
            if let Some(best_by) = &repeat.best_by {
                rounds.push_str(&format!(", best by {}", best_by.source()));
            }
            ("repeat".to_owned(), None, Some(rounds))
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: usize = self.steps.iter().map(|branch| 1 + branch.inner.len()).sum();
        let noun = if steps == 1 { "step" } else { "steps" };
        writeln!(f, "{}: {steps} {noun}, {}", self.process, Tasks(self.tasks))?;
        let mut rows = Vec::new();
        for (position, branch) in self.steps.iter().enumerate() {
            let last = position + 1 == self.steps.len();
            rows.push(row(branch, if last { "└─ " } else { "├─ " }));
            for (position, inner) in branch.inner.iter().enumerate() {
                let outer = if last { "   " } else { "│  " };
                let own = if position + 1 == branch.inner.len() {
                    "└─ "
                } else {
                    "├─ "
                };
                rows.push(row(inner, &format!("{outer}{own}")));
            }
        }
        let width = |column: usize| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths = [width(0), width(1), width(2), width(3)];
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line.push_str(cell);
                let gap = width - cell.chars().count() + 2;
                line.extend(std::iter::repeat_n(' ', gap));
            }
            line.push_str(&row[4]);
            writeln!(f, "{}", line.trim_end())?;
        }
        for (name, from) in &self.outputs {
            writeln!(f, "=> {name} from {}", from.join(", "))?;
        }
        Ok(())
    }
}

/// Name, role, engine, tasks, and everything else.
fn row(branch: &Branch, lines: &str) -> [String; 5] {
    let role = branch
        .role
        .and_then(|role| serde_json::to_value(role).ok())
        .and_then(|role| role.as_str().map(str::to_owned))
        .unwrap_or_default();
    let mut notes: Vec<String> = Vec::new();
    notes.extend(branch.fan_out.clone());
    notes.extend(branch.rounds.clone());
    notes.extend(branch.when.as_ref().map(|when| format!("when {when}")));
    if !branch.after.is_empty() {
        // Steps of the same loop go by their own names.
        let beside = branch.path.strip_suffix(&branch.name).unwrap_or_default();
        let names: Vec<&str> = branch
            .after
            .iter()
            .map(|path| path.strip_prefix(beside).unwrap_or(path))
            .collect();
        notes.push(format!("after {}", names.join(", ")));
    }
    if branch.skips_failures {
        notes.push("leaves failures out".to_owned());
    }
    [
        format!("{lines}{}", branch.name),
        role,
        branch.uses.clone(),
        Tasks(branch.tasks).to_string(),
        notes.join("; "),
    ]
}

struct Tasks(Estimate);

impl fmt::Display for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Estimate { min: 1, max: 1 } => f.write_str("1 task"),
            Estimate { min, max } if min == max => write!(f, "{min} tasks"),
            Estimate { min, max } => write!(f, "{min} to {max} tasks"),
        }
    }
}
