//! A conversation with tools, turn by turn: each turn is a task, and what was said before comes to it as an asset.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, TaskContext};
use genai::chat::{ChatMessage, ContentPart, MessageContent, ToolCall, ToolResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::params::IMAGE_KINDS;
use super::tools::{Calls, Gave, Tools, name_of};

/// Longest telling of what one call gave, in bytes.
const RESULT_BYTES_MAX: usize = 16 << 10;
/// What a conversation is kept as.
pub(super) const MEDIA_TYPE: &str = "application/json";

/// All that was said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transcript {
    pub(super) messages: Vec<Said>,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "by", rename_all = "lowercase")]
pub(super) enum Said {
    /// What was asked.
    User { text: String },
    /// What the model said, and the calls that it made.
    Model {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<Call>,
    },
    /// What came of the calls.
    Tools { results: Vec<Told> },
}

/// A call as the model made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    id: String,
    tool: String,
    arguments: Value,
    /// What the provider wants to see again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<String>,
}

/// What the model was told of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    id: String,
    tool: String,
    text: String,
}

/// Where a conversation stands at the beginning of a turn.
#[derive(Debug, Clone, Default)]
pub(super) struct Talk {
    pub(super) transcript: Transcript,
    /// Turns that were taken since the question.
    pub(super) turns: u32,
    pub(super) gave: Gave,
    /// Pictures that the calls just before gave, and the model is shown.
    pub(super) pictures: Vec<AssetRef>,
    /// Whether the question was asked already.
    pub(super) goes_on: bool,
}

/// What the turn before gave, as far as the next one needs it.
#[derive(Deserialize)]
struct Turn {
    turn: u32,
    done: bool,
    calls: Calls,
    gave: Gave,
    said: Value,
}

impl From<&ToolCall> for Call {
    fn from(call: &ToolCall) -> Self {
        Self {
            id: call.call_id.clone(),
            tool: call.fn_name.clone(),
            arguments: call.fn_arguments.clone(),
            signatures: call.thought_signatures.clone().unwrap_or_default(),
        }
    }
}

impl Talk {
    /// Where it stands after the round `before`.
    pub(super) fn after(
        before: &Value,
        tools: &Tools,
        context: &TaskContext<'_>,
    ) -> Result<Self, EngineError> {
        let Some(turn) = turn_in(before)? else {
            return Ok(Self::default());
        };
        let said = AssetRef::from_value(&turn.said)
            .ok_or_else(|| EngineError::invalid("`before` has a conversation without its words"))?;
        let transcript: Transcript =
            serde_json::from_slice(&context.read(&said)?).map_err(|error| {
                EngineError::invalid(format!(
                    "what was said in the round before can't be read: {error}"
                ))
            })?;
        let mut talk = Self {
            transcript,
            turns: turn.turn,
            gave: turn.gave,
            pictures: Vec::new(),
            goes_on: !turn.done,
        };
        match turn.done {
            true => talk.turns = 0,
            false => talk.hear(before, tools, &turn.calls)?,
        }
        Ok(talk)
    }

    /// Takes in what the calls of the turn before gave.
    fn hear(&mut self, before: &Value, tools: &Tools, calls: &Calls) -> Result<(), EngineError> {
        let Some(Said::Model { calls: asked, .. }) = self.transcript.messages.last() else {
            return Err(EngineError::invalid(
                "what was said in the round before does not end with calls",
            ));
        };
        let asked = asked.clone();
        let mut results = Vec::new();
        let mut next: Gave = Gave::new();
        for (tool, calls) in calls {
            next.insert(tool.clone(), results_of(before, tool, calls.len())?);
        }
        for call in asked {
            let waiting = next.get_mut(&call.tool).filter(|next| !next.is_empty());
            let value = waiting.map_or(Value::Null, |next| next.remove(0));
            let gave = self.gave.entry(call.tool.clone()).or_default();
            let name = name_of(&call.tool, gave.len());
            if tools.0.get(&call.tool).is_some_and(|tool| tool.shows) {
                self.pictures.extend(pictures(&value));
            }
            results.push(Told {
                text: tell(&name, &value),
                id: call.id,
                tool: call.tool,
            });
            gave.push(value);
        }
        self.transcript.messages.push(Said::Tools { results });
        Ok(())
    }

    /// As a model is told it.
    pub(super) fn messages(&self) -> Vec<ChatMessage> {
        self.transcript.messages.iter().map(message).collect()
    }

    /// Notes what the model said, and gives what the turn gives beside its answer.
    pub(super) fn end(
        mut self,
        text: &str,
        calls: Option<(&[ToolCall], &Calls)>,
        tools: &Tools,
        context: &TaskContext<'_>,
    ) -> Result<Value, EngineError> {
        let made = calls.map_or(&[][..], |(made, _)| made);
        self.transcript.messages.push(Said::Model {
            text: text.to_owned(),
            calls: made.iter().map(Call::from).collect(),
        });
        let bytes = serde_json::to_vec(&self.transcript).map_err(|error| {
            EngineError::invalid(format!("what was said can't be kept: {error}"))
        })?;
        let said = context.write(MEDIA_TYPE, &bytes)?;
        let none = || tools.0.keys().map(|name| (name.clone(), vec![])).collect();
        for name in tools.0.keys() {
            self.gave.entry(name.clone()).or_default();
        }
        Ok(json!({
            "turn": self.turns + 1,
            "done": calls.is_none(),
            "calls": calls.map_or_else(none, |(_, calls)| calls.clone()),
            "gave": self.gave,
            "said": said.to_value(),
        }))
    }
}

/// The conversation that is among the values of a round; none before the first.
fn turn_in(before: &Value) -> Result<Option<Turn>, EngineError> {
    let is_turn = |value: &&Value| {
        let has = |name: &str| value.get(name).is_some();
        has("said") && has("calls") && has("gave") && has("turn") && has("done")
    };
    let steps = before.as_object();
    let found: Vec<&Value> = steps
        .into_iter()
        .flat_map(|steps| steps.values())
        .filter(is_turn)
        .collect();
    match &found[..] {
        [] => Ok(None),
        [turn] => Turn::deserialize(*turn)
            .map(Some)
            .map_err(|error| EngineError::invalid(format!("`before` can't be read: {error}"))),
        _ => Err(EngineError::invalid(
            "`before` has several conversations: name this step's own and its tools, such as `before: { think: \"{{ \
             previous.think }}\", draw: \"{{ previous.draw }}\" }`",
        )),
    }
}

/// What a step gave for so many calls.
fn results_of(before: &Value, tool: &str, calls: usize) -> Result<Vec<Value>, EngineError> {
    let Some(given) = before.get(tool) else {
        return Err(EngineError::invalid(format!(
            "`tools` has `{tool}`, and the loop has no step of that name: add it with `foreach: \"{{{{ STEP.calls.{tool} \
             }}}}\"`, where STEP is this step"
        )));
    };
    match given {
        // It was passed over, or all of it failed.
        Value::Null => Ok(vec![Value::Null; calls]),
        Value::Array(values) if values.len() == calls => Ok(values.clone()),
        _ => Err(EngineError::invalid(format!(
            "the step `{tool}` did not give one thing for each of {calls} calls: it needs `foreach: \"{{{{ \
             STEP.calls.{tool} }}}}\"`, where STEP is this step"
        ))),
    }
}

fn message(said: &Said) -> ChatMessage {
    match said {
        Said::User { text } => ChatMessage::user(text.as_str()),
        Said::Model { text, calls } => {
            let mut parts = Vec::new();
            if !text.is_empty() || calls.is_empty() {
                parts.push(ContentPart::Text(text.clone()));
            }
            parts.extend(calls.iter().map(|call| {
                ContentPart::ToolCall(ToolCall {
                    call_id: call.id.clone(),
                    fn_name: call.tool.clone(),
                    fn_arguments: call.arguments.clone(),
                    thought_signatures: Some(call.signatures.clone())
                        .filter(|signatures| !signatures.is_empty()),
                })
            }));
            ChatMessage::assistant(MessageContent::from_parts(parts))
        }
        Said::Tools { results } => {
            let responses = results.iter().map(|told| {
                ToolResponse::new(told.id.as_str(), told.text.as_str())
                    .with_fn_name(told.tool.as_str())
            });
            ChatMessage::tool(MessageContent::from_tool_responses(responses.collect()))
        }
    }
}

/// What a model is told of a value that a call gave: its fields, and a name for what is an asset.
fn tell(name: &str, value: &Value) -> String {
    if value.is_null() {
        return "It failed; nothing came of it.".to_owned();
    }
    let mut shown = plain(value);
    if AssetRef::from_value(value).is_some() {
        shown["name"] = Value::from(name);
    }
    let mut text = shown.to_string();
    if text.len() > RESULT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(RESULT_BYTES_MAX));
        text.push('…');
    }
    text
}

/// A value without the digests of its assets, which say nothing to a model.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => {
            let shown = fields.iter().filter(|(name, _)| *name != "$asset");
            let shown = shown.map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(shown.collect())
        }
        other => other.clone(),
    }
}

fn pictures(value: &Value) -> impl Iterator<Item = AssetRef> {
    let assets = daedal_core::asset::assets_in(value).into_iter();
    assets.filter(|asset| IMAGE_KINDS.contains(&asset.media_type.as_str()))
}
