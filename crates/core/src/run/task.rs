//! The task of a place in the plan, and the key under which its outcome is remembered.

use serde_json::{Map, Value};

use super::RunId;
use super::fold::perform;
use super::scope::Names;
use super::state::{Slot, State};
use crate::engine::Task;
use crate::plan::Plan;
use crate::process::Reuse;
use crate::{Digest, canonical};

impl Task {
    /// The key under which the outcome is remembered: equal keys, equal results.
    ///
    /// It covers engine, version, seed and parameters. Assets are in the parameters by their digests
    /// (and the fields that the engine sees beside them), so that nothing repeats its ancestors.
    /// Limits and labels do not change what comes out. `only` confines the outcome to one run.
    #[must_use]
    pub fn key(&self, only: Option<RunId>) -> Digest {
        let params = canonical::value_to_vec(&self.params);
        let seed = self.seed.as_ref().map_or(&[][..], |seed| &seed.0.0[..]);
        let only = only.as_ref().map_or(&[][..], |run| &run.0.0[..]);
        Digest::of_parts(
            "daedal/task/v1",
            &[
                self.engine.as_bytes(),
                self.engine_version.as_bytes(),
                &params,
                seed,
                only,
            ],
        )
    }
}

impl State {
    /// The task at `slot` and its key; everything that it refers to has a value.
    pub(super) fn resolve(&self, plan: &Plan, slot: Slot) -> Result<(Task, Digest), String> {
        let created = self.created.as_ref().ok_or("the run does not exist yet")?;
        let perform = perform(plan, slot.node).ok_or("a loop has no task of its own")?;
        let mut names = self.names(plan, slot.node);
        if !perform.fan_out.is_one() {
            names = names.at(
                slot.index,
                self.nodes[slot.node].items.get(slot.index as usize),
            );
        }
        let params = perform
            .with
            .resolve(&names)
            .map_err(|error| format!("`with`: {error}"))?;
        let seed = perform
            .seeded
            .then(|| created.spec.seed.of_task(&self.name(plan, slot).path()));
        let task = Task {
            engine: perform.engine.to_string(),
            engine_version: perform.engine_version.to_string(),
            params,
            seed,
            limits: perform.limits,
            labels: perform.labels.clone(),
        };
        let only = (perform.reuse == Reuse::Run).then_some(created.id);
        let key = task.key(only);
        Ok((task, key))
    }

    /// What the run gives, once every step has a value: lists without the places that gave nothing.
    pub fn outputs(&self, plan: &Plan) -> Result<Value, String> {
        let names = Names::new(self, None);
        let mut outputs = Map::new();
        for (name, template) in &plan.outputs {
            let mut value = template
                .resolve(&names)
                .map_err(|error| format!("output `{name}`: {error}"))?;
            if let Value::Array(items) = &mut value {
                items.retain(|item| !item.is_null());
            }
            outputs.insert(name.clone(), value);
        }
        Ok(Value::Object(outputs))
    }
}
