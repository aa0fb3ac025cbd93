//! Asks a language model.

mod converse;
mod estimate;
mod form;
mod models;
#[cfg(test)]
mod nonsense_tests;
mod params;
mod prices;
mod provider;
mod purse;
mod settings;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use daedal_core::UsdMicros;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use genai::Client;
use serde_json::{Map, Value, json};

pub(crate) use models::Models;
pub use purse::DayCap;
pub(crate) use purse::{Meter, Purse};
pub use settings::{Kind, ModelSettings, PriceSettings, Structured};

use crate::call::Calls;
use crate::secrets::Secrets;
use crate::task;
use converse::Talk;
use params::Params;

/// The engine `llm`.
pub struct LlmEngine {
    spec: EngineSpec,
    calls: Arc<Calls>,
    models: Models,
    secrets: Arc<Secrets>,
    purse: Arc<Purse>,
    client: OnceLock<Option<Client>>,
}

impl LlmEngine {
    pub(crate) fn new(
        calls: Arc<Calls>,
        models: Models,
        secrets: Arc<Secrets>,
        purse: Arc<Purse>,
    ) -> Self {
        Self {
            spec: EngineSpec {
                name: "llm",
                version: "1",
                summary: "Asks a language model: for text, or for fields of a form.",
                determinism: Determinism::Attested,
                // Candidates of a `count:` are asked for one by one.
                seeded: true,
                main_input: None,
                schema: params::schema(),
                output: json!({ "type": "object", "$asset": false, "additionalProperties": true }),
                effect: true,
            },
            calls,
            models,
            secrets,
            purse,
            client: OnceLock::new(),
        }
    }
}

impl Engine for LlmEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn output(&self, with: &Map<String, Value>, _: &Files<'_>) -> Option<Cow<'_, Value>> {
        let form = match with.get("answer") {
            Some(answer) if answer.to_string().contains("{{") => return None,
            Some(answer) => form::schema(answer).ok()?,
            None => json!({
                "type": "object",
                "properties": {
                    "text": { "type": "string", "description": "What the model wrote." },
                    "cut": { "type": "boolean", "description": "Whether `max_tokens` ended it." }
                },
                "additionalProperties": false
            }),
        };
        Some(Cow::Owned(form))
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let answer = with.get("answer");
        if let Some(answer) = answer.filter(|answer| !answer.to_string().contains("{{")) {
            found.extend(form::schema(answer).err());
        }
        let alias = with.get("model").and_then(Value::as_str);
        if let Some(alias) = alias.filter(|alias| self.models.is_set && !alias.contains("{{")) {
            found.extend(self.models.chain(alias).err());
        }
        found
    }

    fn cost_max(&self, task: &Task) -> UsdMicros {
        let Ok(params) = task::params::<Params>(&self.spec, task) else {
            return UsdMicros::default();
        };
        let Ok(chain) = self.models.chain(&params.model) else {
            return UsdMicros::default();
        };
        // What can't be read costs nothing: it is not asked.
        let schema = params.form().ok().flatten();
        estimate::cost_max(
            &chain,
            params.size(schema.as_ref()),
            params.max_tokens,
            params.repairs(),
        )
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = task::params(&self.spec, task)?;
        let chain = self
            .models
            .chain(&params.model)
            .map_err(EngineError::invalid)?;
        let question = params.question(task, context)?;
        let client = self.client.get_or_init(provider::client).as_ref();
        let client = client.ok_or_else(|| {
            EngineError::invalid(
                "no connection can be made safely here: the certificates of this machine can't be read; install \
                 its package ca-certificates",
            )
        })?;
        let meter = Meter::default();
        let talk = Talk {
            client,
            secrets: &self.secrets,
            chain: &chain,
            meter: &meter,
        };
        let limit_ms = task.limits.timeout_ms_max;
        let late = || {
            #[allow(clippy::cast_precision_loss)] // for people
            let seconds = limit_ms as f64 / 1_000.0;
            format!(
                "`{}` did not answer within {seconds} s: raise `timeout:`, or ask for fewer `max_tokens`; what it was \
                 asked may be paid all the same",
                params.model
            )
        };
        let held = self.purse.hold(self.cost_max(task))?;
        let asked = talk.hold(&question);
        let answered = self.calls.wait(context, limit_ms, late, asked);
        let settled = held.settle(&meter);
        // An answer that is there is not thrown away because the book can't be written: the book tells too much then.
        let answered = answered?;
        settled.ok();
        let value = match answered.value {
            Some(value) => value,
            None => json!({ "text": answered.text, "cut": answered.is_cut }),
        };
        Ok(Performed::Done(Outcome {
            value,
            usage: Usage {
                cost: answered.cost,
                tokens: Some(answered.tokens),
                tool: Some(answered.model),
                ..Usage::default()
            },
        }))
    }
}
