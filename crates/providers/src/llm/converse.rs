//! A conversation with a model: asked again while its server is busy, elsewhere while it fails, and once more where
//! the answer has not the form that was asked for.

use std::sync::Arc;

use daedal_core::UsdMicros;
use daedal_core::engine::EngineError;
use genai::Client;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, ContentPart, JsonSpec,
    MessageContent, ToolCall, ToolChoice, ToolResponse,
};
use serde_json::Value;

use super::estimate::{Size, cost_max, refusal, repair};
use super::form;
use super::meter::Meter;
use super::models::Model;
use super::provider::{self, Reply};
use super::settings::Structured;
use super::stream;
use super::talk::Talk;
use super::tools::{Calls, Tools};
use crate::patience::{Miss, Told, Way};
use crate::secrets::Secrets;
use crate::time::Time;

/// What is asked.
pub(super) struct Question {
    pub(super) system: String,
    pub(super) messages: Vec<ChatMessage>,
    /// What the model may have done.
    pub(super) tools: Tools,
    /// Whether it may now.
    pub(super) may_call: bool,
    /// What was said before.
    pub(super) talk: Talk,
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
    /// What it wants tools to do, as it said it and as they take it; then it is no answer yet.
    pub(super) calls: Option<(Vec<ToolCall>, Calls)>,
    pub(super) is_cut: bool,
    pub(super) tokens: (u64, u64),
    pub(super) cost: UsdMicros,
    pub(super) model: String,
}

/// What an answer is found to be.
enum Found {
    Text,
    Form(Value),
    Calls(Calls),
}

/// Who is asked, and with what.
pub(super) struct Asking<'t> {
    pub(super) client: &'t Client,
    pub(super) secrets: &'t Secrets,
    /// The model of the step, and those in its place.
    pub(super) chain: &'t [Arc<Model>],
    pub(super) meter: &'t Meter,
    pub(super) time: &'t Time<'t>,
    /// The most that all of it may cost.
    pub(super) most: UsdMicros,
    /// What somebody, by the name of the entry, knows one of several calls by.
    pub(super) key: &'t dyn Fn(&str, u32) -> String,
    /// Is told what is written, where somebody reads it.
    pub(super) tell: Option<&'t stream::Tell<'t>>,
}

/// One question of a conversation.
struct Asked<'a> {
    question: &'a Question,
    request: &'a ChatRequest,
    size: Size,
    /// How many were asked before in the same task.
    round: u32,
}

impl Asking<'_> {
    /// Asks until there is an answer that can be used.
    pub(super) async fn hold(&self, question: &Question) -> Result<Answered, EngineError> {
        let mut messages = question.messages.clone();
        let mut size = question.size;
        let (mut tokens, mut first) = ((0, 0), 0);
        for round in 0..=question.repairs_max {
            let request = ChatRequest::new(messages.clone());
            let request = match question.system.as_str() {
                "" => request,
                system => request.with_system(system),
            };
            let request = match question.tools.is_empty() {
                true => request,
                false => request.with_tools(question.tools.offers()),
            };
            let asked = Asked {
                question,
                request: &request,
                size,
                round,
            };
            let (at, reply) = self.ask(&asked, first).await?;
            // Whoever answered knows what was said.
            first = at;
            let model = &self.chain[at];
            let answer_tokens = u64::from(question.max_tokens.unwrap_or(model.answer_tokens));
            // A server that does not count is paid as if it had used everything.
            let used = reply
                .tokens
                .unwrap_or((size.tokens(model.image_tokens), answer_tokens));
            tokens = (tokens.0 + used.0, tokens.1 + used.1);
            self.meter.end(model.price.of(used.0, used.1), used);
            let told = match judge(question, &reply) {
                Err(told) => told,
                Ok(found) => {
                    let (value, calls) = match found {
                        Found::Text => (None, None),
                        Found::Form(value) => (Some(value), None),
                        Found::Calls(calls) => (None, Some((reply.calls, calls))),
                    };
                    return Ok(Answered {
                        value,
                        calls,
                        text: reply.text,
                        is_cut: reply.is_cut,
                        tokens,
                        cost: self.meter.spent(),
                        model: format!("{}/{}", model.kind.name(), reply.model),
                    });
                }
            };
            if round == question.repairs_max {
                let cost = self.meter.spent();
                return Err(formless(model, round + 1, &told.join("; "), tokens, cost));
            }
            let requests = again(&reply, &told);
            let answer = reply.text.len() + reply.calls.iter().map(ToolCall::size).sum::<usize>();
            let request = requests.iter().map(ChatMessage::size).sum::<usize>();
            size = size.after(answer as u64, answer_tokens, request as u64);
            messages.push(said(reply));
            messages.extend(requests);
        }
        Err(EngineError::invalid(
            "nothing was asked, which is a bug in the engine",
        ))
    }

    /// The answer of the first model that has one, from the place `first` on.
    async fn ask(&self, asked: &Asked<'_>, first: usize) -> Result<(usize, Reply), EngineError> {
        let mut told = Told::new(self.meter, self.most);
        for (at, model) in self.chain.iter().enumerate().skip(first) {
            // Whoever answers may have to answer once more.
            let next = |model: &Arc<Model>| {
                let repairs_max = asked.question.repairs_max - asked.round;
                let max_tokens = asked.question.max_tokens;
                cost_max(
                    std::slice::from_ref(model),
                    asked.size,
                    max_tokens,
                    repairs_max,
                )
            };
            if !told.allows(next(model)) {
                continue;
            }
            let answer = u64::from(asked.question.max_tokens.unwrap_or(model.answer_tokens));
            let own = asked.size.tokens(model.image_tokens);
            let own = model.price.of(own, answer);
            let others = told.others(own, self.chain[at + 1..].iter().map(next));
            match self.ask_one(model, asked, own, others).await? {
                Ok(reply) => return Ok((at, reply)),
                Err(miss) => told.add(miss),
            }
        }
        Err(told.nobody())
    }

    /// The answer of one model, or why its server has none now.
    async fn ask_one(
        &self,
        model: &Model,
        asked: &Asked<'_>,
        most: UsdMicros,
        others: u32,
    ) -> Result<Result<Reply, Miss>, EngineError> {
        let key = model.key.as_deref().map(|name| self.secrets.get(name));
        let key = key.transpose().map_err(EngineError::invalid)?;
        // One key for all the times that a server is asked the same.
        let call = (self.key)(&model.alias, asked.round);
        let (key, options) = (key.as_ref(), options(model, asked.question, call));
        let way = Way {
            alias: &model.alias,
            gate: &model.gate,
            meter: self.meter,
            time: self.time,
            most,
            timeout: model.timeout,
            others,
        };
        way.ask(|| {
            provider::ask(
                self.client,
                model,
                key,
                asked.request.clone(),
                &options,
                self.tell,
            )
        })
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

/// What an answer is, or what is wrong with it: with each of its calls, or with all of it.
fn judge(question: &Question, reply: &Reply) -> Result<Found, Vec<String>> {
    if question.tools.is_empty() || reply.calls.is_empty() {
        return match &question.form {
            Some(form) => read(form, reply)
                .map(Found::Form)
                .map_err(|told| vec![told]),
            None => Ok(Found::Text),
        };
    }
    if !question.may_call {
        let told = "no tool can be called any more: answer".to_owned();
        return Err(vec![told; reply.calls.len()]);
    }
    let taken = question.tools.take(&reply.calls, &question.talk.gave)?;
    Ok(Found::Calls(taken))
}

/// The request to answer once more.
fn again(reply: &Reply, told: &[String]) -> Vec<ChatMessage> {
    if reply.calls.is_empty() {
        return vec![ChatMessage::user(repair(&told.join("; ")))];
    }
    let responses = reply.calls.iter().zip(told).map(|(call, told)| {
        let told = match told.as_str() {
            "" => "It was not done, for another call was wrong. Call again.".to_owned(),
            told => refusal(told),
        };
        ToolResponse::from_tool_call(call, told)
    });
    let responses = MessageContent::from_tool_responses(responses.collect());
    vec![ChatMessage::tool(responses)]
}

/// What a model said, as it is told again.
fn said(reply: Reply) -> ChatMessage {
    let mut parts = Vec::new();
    if !reply.text.is_empty() || reply.calls.is_empty() {
        parts.push(ContentPart::Text(reply.text));
    }
    parts.extend(reply.calls.into_iter().map(ContentPart::ToolCall));
    ChatMessage::assistant(MessageContent::from_parts(parts))
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

fn options(model: &Model, question: &Question, call: String) -> ChatOptions {
    let task_seed = question.task_seed.filter(|_| model.takes_seed);
    let max_tokens = question.max_tokens.unwrap_or(model.answer_tokens);
    let mut options = ChatOptions::default()
        .with_max_tokens(max_tokens)
        .with_stop_sequences(question.stop.clone())
        .with_extra_headers([("Idempotency-Key", call)]);
    options.temperature = question.temperature;
    options.top_p = question.top_p;
    options.seed = question.seed.or(task_seed);
    if !question.tools.is_empty() {
        // Servers that keep to a form can't keep to calls at the same time: then it stands in the prompt only.
        options.tool_choice = (!question.may_call).then_some(ToolChoice::None);
        return options;
    }
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
