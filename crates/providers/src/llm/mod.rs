//! Asks a language model.

mod converse;
mod estimate;
#[cfg(test)]
mod failing_tests;
mod form;
mod meter;
mod models;
#[cfg(test)]
mod nonsense_tests;
mod params;
mod prices;
mod provider;
mod purse;
#[cfg(test)]
mod sent_tests;
mod settings;
mod stream;
#[cfg(test)]
mod stream_tests;
mod talk;
#[cfg(test)]
mod talk_tests;
#[cfg(test)]
mod tests;
mod tools;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use daedal_core::UsdMicros;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use genai::Client;
use serde_json::{Map, Value, json};

pub(crate) use meter::Meter;
pub(crate) use models::Models;
pub use purse::Caps;
pub(crate) use purse::Purse;
pub use settings::{Kind, ModelSettings, PriceSettings, Structured};

use crate::call::Calls;
use crate::picture;
use crate::secrets::Secrets;
use crate::task;
use crate::time::Time;
use converse::{Answered, Asking, Question};
use params::Params;
use tools::Tools;

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

    fn implied(&self, with: &Value) -> Vec<(&'static str, &'static str)> {
        match with.get("tools") {
            Some(_) => vec![("before", "previous")],
            None => Vec::new(),
        }
    }

    fn output(&self, with: &Map<String, Value>, _: &Files<'_>) -> Option<Cow<'_, Value>> {
        let mut form = match with.get("answer") {
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
        if let Some(tools) = with.get("tools") {
            let tools = Tools::read(tools.as_object()?).ok()?;
            form["properties"]["turn"] = json!({ "type": "integer" });
            form["properties"]["done"] = json!({ "type": "boolean" });
            form["properties"]["calls"] = tools.calls();
            form["properties"]["gave"] = tools.gave();
            form["properties"]["said"] = json!({ "type": "object", "format": "asset", "properties": { "media_type": { "const": talk::MEDIA_TYPE } } });
        }
        Some(Cow::Owned(form))
    }

    fn check(&self, with: &Value, _: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let answer = with.get("answer");
        if let Some(answer) = answer.filter(|answer| !answer.to_string().contains("{{")) {
            found.extend(form::schema(answer).err());
        }
        if let Some(tools) = with.get("tools").and_then(Value::as_object) {
            found.extend(Tools::read(tools).err());
            found.extend(answer.and_then(taken_name));
        }
        let images = with.get("images").and_then(Value::as_array);
        let images = images.into_iter().flatten();
        found.extend(picture::check_files(images, &params::IMAGE_KINDS));
        let alias = with.get("model").and_then(Value::as_str);
        if let Some(alias) = alias.filter(|alias| self.models.is_set && !alias.contains("{{")) {
            let has_seed = with.get("seed").is_some();
            found.extend(self.models.chain_for(alias, has_seed).err());
        }
        found
    }

    fn behind(&self, task: &Task) -> Option<String> {
        let alias = task.params.get("model")?.as_str()?;
        let chain = self.models.chain(alias).ok()?;
        chain.first().map(|model| model.identity())
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
        let chain = self.models.chain_for(&params.model, params.seed.is_some());
        let chain = chain.map_err(EngineError::invalid)?;
        let question = params.question(task, context)?;
        let client = self.client.get_or_init(provider::client).as_ref();
        let client = client.ok_or_else(|| {
            EngineError::invalid(
                "no connection can be made safely here: the certificates of this machine can't be read; install \
                 its package ca-certificates",
            )
        })?;
        let meter = Meter::default();
        let limit_ms = task.limits.timeout_ms_max;
        let late = || {
            #[allow(clippy::cast_precision_loss)] // for people
            let seconds = limit_ms as f64 / 1_000.0;
            format!(
                "`{}` did not answer within {seconds} s: raise `timeout:`, or ask for fewer `max_tokens`; {}",
                params.model,
                meter.told()
            )
        };
        let most = self.cost_max(task);
        let held = self.purse.hold(most, context)?;
        let time = Time::new(context, limit_ms, &late);
        let tell = |written: &str| context.tell(written);
        let key = |who: &str, number: u32| task::call_key(task, context, who, number);
        let asking = Asking {
            client,
            secrets: &self.secrets,
            chain: &chain,
            meter: &meter,
            time: &time,
            most,
            key: &key,
            tell: context.is_followed().then_some(&tell as &stream::Tell<'_>),
        };
        let answered = self.calls.wait(&time, asking.hold(&question));
        let settled = held.settle(&meter);
        if answered.is_err() {
            context.spend(&meter.lost(most));
        }
        // An answer that is there is not thrown away because the book can't be written: the book tells too much then.
        let answered = answered?;
        settled.ok();
        let usage = Usage {
            cost: answered.cost,
            tokens: Some(answered.tokens),
            tool: Some(answered.model.clone()),
            by_model: true,
            ..Usage::default()
        };
        Ok(Performed::Done(Outcome {
            value: value(question, answered, context)?,
            usage,
        }))
    }
}

/// What a step gives.
fn value(
    question: Question,
    answered: Answered,
    context: &TaskContext<'_>,
) -> Result<Value, EngineError> {
    let Question { tools, talk, .. } = question;
    let Answered {
        text,
        value,
        is_cut,
        calls,
        ..
    } = answered;
    if tools.is_empty() {
        return Ok(value.unwrap_or_else(|| json!({ "text": text, "cut": is_cut })));
    }
    let calls = calls.as_ref().map(|(made, taken)| (&made[..], taken));
    let has_form = question.form.is_some();
    let mut given = talk.end(&text, calls, &tools, context)?;
    match value {
        Some(Value::Object(fields)) => {
            for (name, value) in fields {
                given[name] = value;
            }
        }
        _ if has_form => {}
        _ => {
            given["text"] = Value::from(text);
            given["cut"] = Value::from(is_cut);
        }
    }
    Ok(given)
}

/// A field of the form that has the name of something that a turn gives.
fn taken_name(answer: &Value) -> Option<String> {
    let fields = answer.as_object()?;
    let taken = ["turn", "done", "calls", "gave", "said"];
    let name = taken.into_iter().find(|name| fields.contains_key(*name))?;
    Some(format!(
        "`answer` has a field `{name}`, which a step with `tools` gives by itself: call it something else"
    ))
}
