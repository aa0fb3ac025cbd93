//! An estimate as people and programs read it.

use std::fmt::Write as _;

use daedal_core::plan::TEXT_BYTES_ASSUMED;
use serde_json::{Value, json};

use super::{Estimate, Step};
use crate::text;

impl Estimate {
    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(Step::to_json).collect();
        let tasks = self.steps.iter().map(|step| step.bound.tasks());
        json!({
            "steps": steps,
            "tasks_max": tasks.fold(0, u64::saturating_add),
            "cost_max_usd_micros": self.cost,
            "time_max_ms": self.time_ms,
            "time_usual_ms": self.usual_ms,
            "jobs": self.jobs,
            "budget": { "cost_usd_micros": self.budget.cost, "time_ms": self.budget.time_ms },
            "day_max_usd_micros": self.day_max,
            "studio_max_usd_micros": self.studio_max,
            "unknown": self.unknown(),
        })
    }

    /// For people.
    pub(crate) fn told(&self) -> String {
        let mut rows = vec![["at most", "tasks", "cost", "time", "which is"].map(str::to_owned)];
        rows.extend(self.steps.iter().map(Step::row));
        let jobs = match self.jobs {
            1 => "one task at once".to_owned(),
            jobs => format!("{jobs} tasks at once"),
        };
        let jobs = match self.usual_ms {
            Some(usual) => format!("{jobs}, usually {}", text::duration(usual)),
            None => jobs,
        };
        let tasks = self.steps.iter().map(|step| step.bound.tasks());
        rows.push([
            "in all".to_owned(),
            tasks.fold(0, u64::saturating_add).to_string(),
            self.cost.to_string(),
            text::duration(self.time_ms),
            jobs,
        ]);
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let widths = [0, 1, 2, 3].map(width);
        let mut text = String::new();
        for row in &rows {
            let mut line = format!("{:<1$}", row[0], widths[0]);
            for column in 1..4 {
                let _ = write!(line, "  {:>1$}", row[column], widths[column]);
            }
            let _ = writeln!(text, "{line}  {}", row[4]);
        }
        for note in self.notes() {
            let _ = writeln!(text, "{note}");
        }
        for unknown in self.unknown() {
            let _ = writeln!(text, "unknown: {unknown}");
        }
        text
    }

    /// What ends a run sooner.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let cost = self.budget.cost.map(|cost| cost.to_string());
        let time = self.budget.time_ms.map(text::duration);
        let both: Vec<String> = cost.into_iter().chain(time).collect();
        if !both.is_empty() {
            let both = both.join(" or ");
            notes.push(format!("a run stops before it passes its budget of {both}"));
        }
        if let Some(day) = self.day_max {
            notes.push(format!(
                "models may cost {day} a day in this studio, whoever asks them"
            ));
        }
        if let Some(all) = self.studio_max {
            notes.push(format!("models may cost {all} in this studio in all"));
        }
        notes.push(
            "what the studio remembers is not done again, and then costs nothing; waiting for people is not counted"
                .to_owned(),
        );
        notes
    }

    /// What nobody knows before a run.
    fn unknown(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        for step in self.steps.iter().filter(|step| step.bound.width > 0) {
            let Step { path, uses, .. } = step;
            if !step.is_priced {
                unknown.push(format!(
                    "what `{path}` costs: `{uses}` calls out and names no price; it is not in the sum"
                ));
            } else if step.cost.0 > 0 && !step.bound.assumed.is_empty() {
                let assumed: Vec<String> = step
                    .bound
                    .assumed
                    .iter()
                    .map(|source| format!("`{source}`"))
                    .collect();
                unknown.push(format!(
                    "how long {} will be in `{path}`: counted as {TEXT_BYTES_ASSUMED} bytes each",
                    assumed.join(", ")
                ));
            }
        }
        unknown
    }
}

impl Step {
    fn time_ms(&self) -> u64 {
        self.bound.tasks().saturating_mul(self.task_ms)
    }

    /// All its tasks one after another, each as long as the longest before.
    fn usual_ms(&self) -> Option<u64> {
        let longest = self.longest_ms()?;
        Some(self.bound.tasks().saturating_mul(longest))
    }

    fn to_json(&self) -> Value {
        let recorded = self.recorded.as_ref();
        json!({
            "step": self.path,
            "uses": self.uses,
            "tasks_max": self.bound.tasks(),
            "rounds_max": self.bound.rounds,
            "attempts_max": self.attempts,
            "cost_max_usd_micros": self.cost,
            "is_priced": self.is_priced,
            "work_max_ms": self.time_ms(),
            "work_usual_ms": self.usual_ms(),
            "recorded_tasks": recorded.map(|recorded| recorded.tasks),
            "recorded_longest_ms": recorded.map(|recorded| recorded.longest_ms),
            "assumed_texts": self.bound.assumed,
        })
    }

    /// Step, tasks, cost, time of all its tasks one after another, and where that is from.
    fn row(&self) -> [String; 5] {
        let tries = match self.attempts {
            1 => String::new(),
            tries => format!(", {tries} attempts each"),
        };
        let usually = match self.usual_ms() {
            Some(usual) => format!(", usually {}", text::duration(usual)),
            None => String::new(),
        };
        let from = match self.bound.width {
            0 => "left out".to_owned(),
            _ => format!("the limit of time of each{tries}{usually}"),
        };
        let cost = match self.is_priced || self.bound.width == 0 {
            true => self.cost.to_string(),
            false => "unknown".to_owned(),
        };
        [
            format!("{} ({})", self.path, self.uses),
            self.bound.tasks().to_string(),
            cost,
            text::duration(self.time_ms()),
            from,
        ]
    }
}
