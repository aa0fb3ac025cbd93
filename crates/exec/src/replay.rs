//! Runs the tasks of a finished run again, to see whether the same comes of them.
//!
//! Each task is performed by itself, with what its log says that it was given, so that one difference does not make all
//! that comes after it differ. Bytes that no task here makes again (inputs, what hosted models gave) have to be there
//! already; the others are there once their task has been performed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use daedal_core::asset::assets_in;
use daedal_core::blob::BlobWrite;
use daedal_core::engine::{
    DecisionRequest, Determinism, Engine, EngineError, Engines, Outcome, Performed, TaskContext,
};
use daedal_core::run::{Decider, TaskRecord};
use daedal_core::{AssetRef, Digest, canonical};
use serde_json::Value;

/// What came of running a task again.
#[derive(Debug, Clone, PartialEq)]
pub enum Again {
    /// The same, to the last byte.
    Exact,
    /// Nearly the same: the largest distance between an asset and what it was, as [`Compare`] measures it.
    Close(f64),
    /// It can't be run again at will: a hosted model, or a person, who is asked the same here. What stands for it is who
    /// signed.
    Attested,
    /// Something else.
    Differs(Box<Difference>),
    /// It can't be run here.
    Failed(String),
}

/// How the outcome of a task differs from what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Digest of what came of it in the run; where a person is asked, of what they are asked, too.
    pub expected: Digest,
    /// Digest of what comes of it here.
    pub found: Digest,
    /// Assets that differ, as they were and as they are, in order. Their bytes are among the blobs, those of the
    /// run only if they were there before.
    pub assets: Vec<(AssetRef, AssetRef)>,
}

/// Measures how far an asset is from what it was, as [`Determinism::Close`] has it, from 0 to 1; none if they can't be
/// compared.
pub type Compare<'a> = dyn Fn(&[u8], &[u8]) -> Option<f64> + 'a;

/// What came of tasks here, by their keys.
type Known = BTreeMap<Digest, Result<Performed, EngineError>>;

/// What running again takes.
pub struct Replay<'a> {
    /// Engines that perform.
    pub engines: &'a Engines,
    /// Where bytes are read and written.
    pub blobs: &'a dyn BlobWrite,
    /// Ends it before the next task.
    pub stop: &'a AtomicBool,
    /// For what gives nearly the same.
    pub compare: &'a Compare<'a>,
}

impl Replay<'_> {
    /// Runs tasks again, in plan order, each with what its receipt says of how well that can be done, and tells what came
    /// of each; equal tasks are performed once. Tasks without an outcome are left out. Ends with the first that gives
    /// something else, or when it is told to stop.
    pub fn of<'t>(
        &self,
        tasks: impl IntoIterator<Item = (&'t TaskRecord, Determinism)>,
        told: &mut dyn FnMut(&'t TaskRecord, &Again),
    ) -> Vec<(&'t TaskRecord, Again)> {
        let mut performed = Known::new();
        let mut found = Vec::new();
        for (task, determinism) in tasks {
            let Some(outcome) = task.outcome() else {
                continue;
            };
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let again = self.one(task, outcome, determinism, &mut performed);
            told(task, &again);
            let differs = matches!(again, Again::Differs(_));
            found.push((task, again));
            if differs {
                break;
            }
        }
        found
    }

    fn one(
        &self,
        record: &TaskRecord,
        outcome: &Outcome,
        told: Determinism,
        performed: &mut Known,
    ) -> Again {
        let task = &record.task;
        let engine = match self.engines.get(&task.engine) {
            Some(engine) => engine,
            // There is nothing but the receipt's word. What a hand made is among it.
            None if told == Determinism::Attested => return Again::Attested,
            None => return Again::Failed(format!("there is no engine `{}` here", task.engine)),
        };
        let spec = engine.spec();
        if spec.determinism == Determinism::Attested {
            return Again::Attested;
        }
        if spec.version != task.engine_version {
            return Again::Failed(format!(
                "it was made by version {} of `{}`, and here is {}",
                task.engine_version, task.engine, spec.version
            ));
        }
        let here = performed
            .entry(record.key)
            .or_insert_with(|| self.perform(&**engine, record));
        match here {
            // Also where the log says that somebody decided it: nobody is asked.
            Ok(Performed::Done(here)) => self.compared(outcome, here, spec.determinism),
            Ok(Performed::Asked(here)) => decided(record, outcome, here),
            Err(error) => Again::Failed(error.to_string()),
        }
    }

    fn perform(&self, engine: &dyn Engine, record: &TaskRecord) -> Result<Performed, EngineError> {
        let context = TaskContext::new(self.blobs, self.stop);
        engine.run(&record.task, &context)
    }

    fn compared(&self, outcome: &Outcome, again: &Outcome, determinism: Determinism) -> Again {
        let digest = |value: &Value| canonical::digest(value);
        let (expected, found) = (digest(&outcome.value), digest(&again.value));
        if expected == found {
            return Again::Exact;
        }
        let (was, is) = (assets_in(&outcome.value), assets_in(&again.value));
        let pairs = was.into_iter().zip(is);
        let assets: Vec<_> = pairs.filter(|(was, is)| was.digest != is.digest).collect();
        if let Determinism::Close { tolerance_ppm } = determinism {
            let distances: Option<Vec<f64>> = assets
                .iter()
                .map(|(was, is)| {
                    let was = self.blobs.read(&was.digest).ok()?;
                    let is = self.blobs.read(&is.digest).ok()?;
                    (self.compare)(&was, &is)
                })
                .collect();
            let distances = distances.filter(|distances| !distances.is_empty());
            let farthest = distances.map(|distances| distances.into_iter().fold(0.0, f64::max));
            let is_close = |distance: &f64| *distance <= f64::from(tolerance_ppm) / 1e6;
            if let Some(distance) = farthest.filter(is_close) {
                return Again::Close(distance);
            }
        }
        // The bytes of a program's work are promised for one version of it.
        match (&outcome.usage.tool, &again.usage.tool) {
            (Some(was), Some(is)) if was != is => {
                Again::Failed(format!("it was made with {was}, and here is {is}"))
            }
            _ => Again::Differs(Box::new(Difference {
                expected,
                found,
                assets,
            })),
        }
    }
}

/// What a person kept is theirs to say, of what they are asked here, too; where nobody decided in time, the question says
/// it.
fn decided(record: &TaskRecord, outcome: &Outcome, here: &DecisionRequest) -> Again {
    let told = |asked: &DecisionRequest, given: Option<Value>| {
        canonical::digest(&(&asked.options, asked.keep, given))
    };
    let kept = record
        .decision
        .as_ref()
        .and_then(|decision| match decision.by {
            Decider::Person(_) => Some(decision.kept.clone()),
            Decider::Timeout => here.timeout_ms.and_then(|_| here.by_default()),
        });
    let found = told(here, kept.and_then(|kept| here.answer(&kept)));
    let expected = match &record.request {
        Some(asked) => told(asked, Some(outcome.value.clone())),
        None => canonical::digest(&outcome.value),
    };
    if expected == found {
        return Again::Attested;
    }
    Again::Differs(Box::new(Difference {
        expected,
        found,
        assets: Vec::new(),
    }))
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
