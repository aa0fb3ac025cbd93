//! What a step says to a model.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::AssetRef;
use daedal_core::asset::assets_in;
use daedal_core::engine::{EngineError, Task, TaskContext};
use genai::chat::{ChatMessage, ChatRole, ContentPart, MessageContent};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::converse::Question;
use super::estimate::Size;
use super::form;
use super::models::ANSWER_TOKENS_MAX;
use super::talk::{Said, Talk};
use super::tools::{self, Tools};
use crate::picture;
use crate::task::{TEXT_BYTES_MAX, label, text};

/// Pictures of one step.
const IMAGES_MAX: usize = 16;
/// Size of one picture, in bytes: what every provider takes.
const IMAGE_BYTES_MAX: u64 = 5 << 20;
/// Kinds of pictures that every provider takes.
pub(super) const IMAGE_KINDS: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];
/// Examples of one step.
const EXAMPLES_MAX: usize = 32;
/// How often an answer is asked for once more, where it has not its form.
const REPAIRS: u32 = 2;
const REPAIRS_MAX: u32 = 5;
/// Turns that an answer with tools may take.
const TURNS: u32 = 8;
const TURNS_MAX: u32 = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    pub(super) model: String,
    prompt: Option<String>,
    prompt_file: Option<AssetRef>,
    system: Option<String>,
    system_file: Option<AssetRef>,
    #[serde(default)]
    examples: Vec<Example>,
    #[serde(default)]
    images: Vec<AssetRef>,
    answer: Option<Value>,
    repairs_max: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    pub(super) max_tokens: Option<u32>,
    pub(super) seed: Option<u64>,
    #[serde(default)]
    stop: Vec<String>,
    #[serde(default)]
    tools: Map<String, Value>,
    turns: Option<u32>,
    /// The values of the round before, where tools are offered.
    #[serde(default)]
    before: Value,
}

/// A question and its answer, as they should be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    user: String,
    assistant: Value,
}

impl Example {
    fn answer(&self) -> String {
        match &self.assistant {
            Value::String(text) => text.clone(),
            fields => fields.to_string(),
        }
    }
}

/// JSON Schema of `with:`.
pub(super) fn schema() -> Value {
    let picture = json!({
        "type": "object",
        "format": "asset",
        "properties": { "media_type": { "enum": IMAGE_KINDS } }
    });
    json!({
        "type": "object",
        "properties": {
            "model": { "type": "string", "description": "A model of the studio: the NAME of [llm.NAME] in its daedal.toml." },
            "prompt": { "type": "string", "description": "What is asked." },
            "prompt_file": { "type": "string", "format": "bundle-file", "description": "The same, in a file; it is sent as it is." },
            "system": { "type": "string", "description": "Who the model is, and how it works." },
            "system_file": { "type": "string", "format": "bundle-file", "description": "The same, in a file." },
            "examples": {
                "type": "array", "maxItems": EXAMPLES_MAX,
                "items": {
                    "type": "object",
                    "properties": {
                        "user": { "type": "string" },
                        "assistant": { "description": "Text, or fields of the form." }
                    },
                    "required": ["user", "assistant"],
                    "additionalProperties": false
                },
                "description": "Questions with the answers that they should have."
            },
            "images": { "type": "array", "items": picture, "maxItems": IMAGES_MAX, "description": "Pictures that the prompt is about." },
            "answer": { "type": "object", "additionalProperties": true, "description": "The form of the answer: fields and their types, such as { score: number, reason: text }." },
            "repairs_max": { "type": "integer", "minimum": 0, "maximum": REPAIRS_MAX, "default": REPAIRS, "description": "How often it is asked once more where the answer has not its form." },
            "temperature": { "type": "number", "minimum": 0, "maximum": 2, "description": "How much is left to chance." },
            "top_p": { "type": "number", "exclusiveMinimum": 0, "maximum": 1, "description": "The share of likelihood that words are taken from." },
            "max_tokens": { "type": "integer", "minimum": 1, "maximum": ANSWER_TOKENS_MAX, "description": "Longest answer; the studio's setting when absent, or 4096." },
            "seed": { "type": "integer", "minimum": 0, "maximum": 2_147_483_647, "description": "Sent to the model; models that take one get the task's own when it is absent." },
            "stop": { "type": "array", "items": { "type": "string", "minLength": 1 }, "maxItems": 4, "description": "Texts at which the answer ends." },
            "tools": tools::schema(),
            "turns": { "type": "integer", "minimum": 2, "maximum": TURNS_MAX, "default": TURNS, "description": "Turns until the model has to answer; in the last one it is offered no tools." },
            "before": { "description": "What the steps of the loop gave in the round before; `previous` when it is absent and there are tools." }
        },
        "required": ["model"],
        "oneOf": [{ "required": ["prompt"] }, { "required": ["prompt_file"] }],
        "additionalProperties": false
    })
}

impl Params {
    /// JSON Schema of the answer, where it has a form.
    pub(super) fn form(&self) -> Result<Option<Value>, EngineError> {
        let schema = self.answer.as_ref().map(form::schema);
        schema.transpose().map_err(EngineError::invalid)
    }

    pub(super) fn repairs(&self) -> u32 {
        match self.answer.is_some() || !self.tools.is_empty() {
            true => self.repairs_max.unwrap_or(REPAIRS).min(REPAIRS_MAX),
            false => 0,
        }
    }

    /// The tools that are offered.
    fn offered(&self) -> Result<Tools, EngineError> {
        Tools::read(&self.tools).map_err(EngineError::invalid)
    }

    /// Steps of the round before, where there are tools.
    fn round(&self) -> impl Iterator<Item = (&String, &Value)> {
        let round = self.before.as_object().filter(|_| !self.tools.is_empty());
        round.into_iter().flatten()
    }

    /// Pictures that a model is shown beside those of the step.
    fn shown_max(&self, tools: &Tools) -> usize {
        let shows = |name: &str| tools.0.get(name).is_some_and(|tool| tool.shows);
        let shown = self.round().filter(|(name, _)| shows(name));
        let shown: usize = shown.map(|(_, value)| assets_in(value).len()).sum();
        shown.min(IMAGES_MAX - self.images.len().min(IMAGES_MAX))
    }

    /// How much is sent, without reading a file.
    pub(super) fn size(&self, form: Option<&Value>) -> Size {
        let text = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() as u64);
        let file = |file: &Option<AssetRef>| file.as_ref().map_or(0, |file| file.size);
        let examples = self
            .examples
            .iter()
            .map(|example| (example.user.len() + example.answer().len()) as u64)
            .sum::<u64>();
        // A form stands in the prompt, and beside it.
        let form = form.map_or(0, |form| 2 * instruction(form).len() as u64);
        let said = self.round().filter_map(|(_, value)| {
            let said = AssetRef::from_value(value.get("said")?)?;
            Some(said.size)
        });
        let said: u64 = said.sum();
        // What can't be read is not asked.
        let tools = self.offered().unwrap_or_default();
        let round: u64 = self
            .round()
            .map(|(_, value)| value.to_string().len() as u64)
            .sum();
        Size {
            bytes: text(&self.prompt)
                + file(&self.prompt_file)
                + text(&self.system)
                + file(&self.system_file)
                + examples
                + form
                + tools.size()
                + said
                + round,
            // Nothing is kept of a conversation in fewer bytes.
            messages: 2 + 2 * self.examples.len() as u64 + said / 20 + round / 20,
            images: (self.images.len() + self.shown_max(&tools)) as u64,
        }
    }

    /// What is asked.
    pub(super) fn question(
        &self,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Question, EngineError> {
        let form = self.form()?;
        let size = self.size(form.as_ref());
        if size.bytes > TEXT_BYTES_MAX {
            return Err(EngineError::limit(format!(
                "a model would be sent {} bytes of text: at most {TEXT_BYTES_MAX} are allowed; send less",
                size.bytes
            )));
        }
        let either = |written: &Option<String>, file: &Option<AssetRef>| match (written, file) {
            (Some(written), _) => Ok(written.clone()),
            (None, Some(file)) => text(task, context, file),
            (None, None) => Ok(String::new()),
        };
        let prompt = either(&self.prompt, &self.prompt_file)?;
        let mut system = either(&self.system, &self.system_file)?;
        if let Some(form) = &form {
            let gap = if system.is_empty() { "" } else { "\n\n" };
            system = format!("{system}{gap}{}", instruction(form));
        }
        let mut messages = Vec::new();
        for example in &self.examples {
            messages.push(ChatMessage::user(example.user.clone()));
            messages.push(ChatMessage::assistant(example.answer()));
        }
        let tools = self.offered()?;
        let mut talk = match tools.is_empty() {
            true => Talk::default(),
            false => Talk::after(&self.before, &tools, context)?,
        };
        if !talk.goes_on {
            if prompt.trim().is_empty() {
                return Err(EngineError::invalid(
                    "the prompt is empty: a model has to be asked something",
                ));
            }
            let asked = Said::User { text: prompt };
            talk.transcript.messages.push(asked);
        }
        let mut said = talk.messages();
        let asked = said.iter_mut().rfind(|one| one.role == ChatRole::User);
        if let Some(asked) = asked {
            asked.content.extend(pictures(&self.images, task, context)?);
        }
        messages.append(&mut said);
        let shown = talk.pictures.iter().take(self.shown_max(&tools));
        let shown: Vec<AssetRef> = shown.cloned().collect();
        if !shown.is_empty() {
            let text = ContentPart::Text("What the tools gave, to look at:".to_owned());
            let parts = std::iter::once(text).chain(pictures(&shown, task, context)?);
            messages.push(ChatMessage::user(parts.collect::<MessageContent>()));
        }
        let turns = self.turns.unwrap_or(TURNS).clamp(2, TURNS_MAX);
        Ok(Question {
            system,
            messages,
            may_call: talk.turns + 1 < turns,
            tools,
            talk,
            form,
            repairs_max: self.repairs(),
            temperature: self.temperature,
            top_p: self.top_p,
            max_tokens: self.max_tokens,
            seed: self.seed,
            // What every server takes for a number.
            task_seed: task.seed.map(|seed| seed.as_u64() & 0x7fff_ffff),
            stop: self.stop.clone(),
            size,
        })
    }
}

/// Pictures as a model is shown them.
fn pictures(
    images: &[AssetRef],
    task: &Task,
    context: &TaskContext<'_>,
) -> Result<Vec<ContentPart>, EngineError> {
    let picture = |image: &AssetRef| {
        picture::expect(task, image, &IMAGE_KINDS)?;
        if image.size > IMAGE_BYTES_MAX {
            return Err(EngineError::limit(format!(
                "`{}` has {} bytes: at most {IMAGE_BYTES_MAX} are sent to a model; make it smaller with the engine image",
                label(task, image),
                image.size
            )));
        }
        let packed = STANDARD.encode(context.read(image)?);
        let media_type = image.media_type.as_str();
        Ok(ContentPart::from_binary_base64(media_type, packed, None))
    };
    images.iter().map(picture).collect()
}

/// What a model is told about the form of its answer.
fn instruction(form: &Value) -> String {
    format!("Answer with JSON and nothing else. It has to fit this JSON Schema:\n{form}")
}
