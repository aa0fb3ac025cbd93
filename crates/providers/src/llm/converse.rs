//! A conversation with a model: asked again while its server is busy, elsewhere while it fails, and once more where
//! the answer has not the form that was asked for.

use std::sync::Arc;

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use genai::Client;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, JsonSpec};
use serde_json::Value;

use super::estimate::{Size, repair};
use super::form;
use super::models::Model;
use super::provider::{self, Reply};
use super::purse::Meter;
use super::settings::Structured;
use crate::patience::{Way, nobody};
use crate::secrets::Secrets;
use crate::server::unique;

/// What is asked.
pub(super) struct Question {
    pub(super) system: String,
    pub(super) messages: Vec<ChatMessage>,
    /// JSON Schema of the answer, where it has a form.
    pub(super) form: Option<Value>,
    pub(super) repairs_max: u32,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) max_tokens: Option<u32>,
    /// The step's own, which is sent as it is.
    pub(super) seed: Option<u64>,
    /// Sent to models that take one.
    pub(super) task_seed: Option<u64>,
    pub(super) stop: Vec<String>,
    pub(super) size: Size,
}

/// What came of it.
pub(super) struct Answered {
    pub(super) text: String,
    /// In the form that was asked for.
    pub(super) value: Option<Value>,
    pub(super) is_cut: bool,
    pub(super) tokens: (u64, u64),
    pub(super) cost: UsdMicros,
    pub(super) model: String,
}

/// Who is asked, and with what.
pub(super) struct Talk<'t> {
    pub(super) client: &'t Client,
    pub(super) secrets: &'t Secrets,
    /// The model of the step, and those in its place.
    pub(super) chain: &'t [Arc<Model>],
    pub(super) meter: &'t Meter,
}

impl Talk<'_> {
    /// Asks until there is an answer that can be used.
    pub(super) async fn hold(&self, question: &Question) -> Result<Answered, EngineError> {
        let mut messages = question.messages.clone();
        let mut size = question.size;
        let (mut tokens, mut cost, mut first) = ((0, 0), UsdMicros::default(), 0);
        for round in 0..=question.repairs_max {
            let request = ChatRequest::new(messages.clone());
            let request = match question.system.as_str() {
                "" => request,
                system => request.with_system(system),
            };
            let (at, reply) = self.ask(question, &request, first).await?;
            // Whoever answered knows what was said.
            first = at;
            let model = &self.chain[at];
            let answer_tokens = u64::from(question.max_tokens.unwrap_or(model.answer_tokens));
            // A server that does not count is paid as if it had used everything.
            let used = reply
                .tokens
                .unwrap_or((size.tokens(model.image_tokens), answer_tokens));
            tokens = (tokens.0 + used.0, tokens.1 + used.1);
            let own = model.price.of(used.0, used.1);
            self.meter.end(own);
            cost = cost.saturating_add(own);
            let formed = question.form.as_ref().map(|form| read(form, &reply));
            let told = match formed {
                Some(Err(told)) => told,
                sound => {
                    return Ok(Answered {
                        value: sound.and_then(Result::ok),
                        text: reply.text,
                        is_cut: reply.is_cut,
                        tokens,
                        cost,
                        model: format!("{}/{}", model.kind.name(), reply.model),
                    });
                }
            };
            if round == question.repairs_max {
                return Err(formless(model, round + 1, &told, tokens, cost));
            }
            let request = repair(&told);
            size = size.after(&reply.text, answer_tokens, &request);
            messages.push(ChatMessage::assistant(reply.text));
            messages.push(ChatMessage::user(request));
        }
        Err(EngineError::invalid(
            "nothing was asked, which is a bug in the engine",
        ))
    }

    /// The answer of the first model that has one, from the place `first` on.
    async fn ask(
        &self,
        question: &Question,
        request: &ChatRequest,
        first: usize,
    ) -> Result<(usize, Reply), EngineError> {
        let mut told = Vec::new();
        for (at, model) in self.chain.iter().enumerate().skip(first) {
            match self.ask_one(model, question, request).await? {
                Ok(reply) => return Ok((at, reply)),
                Err(message) => told.push(message),
            }
        }
        Err(nobody(&told))
    }

    /// The answer of one model, or why its server has none now.
    async fn ask_one(
        &self,
        model: &Model,
        question: &Question,
        request: &ChatRequest,
    ) -> Result<Result<Reply, String>, EngineError> {
        let key = model.key.as_deref().map(|name| self.secrets.get(name));
        let key = key.transpose().map_err(EngineError::invalid)?;
        let (key, options) = (key.as_ref(), options(model, question));
        let way = Way {
            alias: &model.alias,
            gate: &model.gate,
            meter: self.meter,
        };
        way.ask(|| provider::ask(self.client, model, key, request.clone(), &options))
            .await
    }
}

/// Why answers that never had their form are no result.
fn formless(
    model: &Model,
    asked: u32,
    told: &str,
    tokens: (u64, u64),
    cost: UsdMicros,
) -> EngineError {
    let times = match asked {
        1 => "once".to_owned(),
        asked => format!("{asked} times"),
    };
    EngineError::invalid(format!(
        "`{}` was asked {times} and gave no answer of the form: {told}; it cost {cost} and {} tokens. Say in the \
         prompt what is expected, allow more `max_tokens` or `repairs_max`, or take another model",
        model.alias,
        tokens.0 + tokens.1
    ))
}

/// The answer in its form, or what is wrong with it.
fn read(schema: &Value, reply: &Reply) -> Result<Value, String> {
    let found = form::json_in(&reply.text);
    let cut = match reply.is_cut {
        true => " (it was cut off at `max_tokens`)",
        false => "",
    };
    let value = found.map_err(|told| format!("{told}{cut}"))?;
    let wrong = form::objections(schema, &value);
    match wrong.is_empty() {
        true => Ok(value),
        false => Err(wrong.join("; ")),
    }
}

fn options(model: &Model, question: &Question) -> ChatOptions {
    let task_seed = question.task_seed.filter(|_| model.takes_seed);
    let max_tokens = question.max_tokens.unwrap_or(model.answer_tokens);
    let mut options = ChatOptions::default()
        .with_max_tokens(max_tokens)
        .with_stop_sequences(question.stop.clone())
        // One key for all the times that a busy server is asked.
        .with_extra_headers([("Idempotency-Key", unique())]);
    options.temperature = question.temperature;
    options.top_p = question.top_p;
    options.seed = question.seed.or(task_seed);
    options.response_format = match (&question.form, model.structured) {
        (Some(schema), Structured::Schema) => Some(ChatResponseFormat::JsonSpec(JsonSpec::new(
            "answer",
            schema.clone(),
        ))),
        (Some(_), Structured::Json) => Some(ChatResponseFormat::JsonMode),
        _ => None,
    };
    options
}
