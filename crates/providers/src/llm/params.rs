//! What a step says to a model.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use genai::chat::{ChatMessage, ContentPart, MessageContent};
use serde::Deserialize;
use serde_json::{Value, json};

use super::converse::Question;
use super::estimate::Size;
use super::form;
use super::models::ANSWER_TOKENS_MAX;
use crate::task::{TEXT_BYTES_MAX, label, text};

/// Pictures of one step.
const IMAGES_MAX: usize = 16;
/// Size of one picture, in bytes: what every provider takes.
const IMAGE_BYTES_MAX: u64 = 5 << 20;
/// Examples of one step.
const EXAMPLES_MAX: usize = 32;
/// How often an answer is asked for once more, where it has not its form.
const REPAIRS: u32 = 2;
const REPAIRS_MAX: u32 = 5;

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
    seed: Option<u64>,
    #[serde(default)]
    stop: Vec<String>,
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
        "properties": { "media_type": { "enum": ["image/png", "image/jpeg", "image/webp", "image/gif"] } }
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
            "stop": { "type": "array", "items": { "type": "string", "minLength": 1 }, "maxItems": 4, "description": "Texts at which the answer ends." }
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
        match self.answer {
            Some(_) => self.repairs_max.unwrap_or(REPAIRS).min(REPAIRS_MAX),
            None => 0,
        }
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
        Size {
            bytes: text(&self.prompt)
                + file(&self.prompt_file)
                + text(&self.system)
                + file(&self.system_file)
                + examples
                + form,
            messages: 2 + 2 * self.examples.len() as u64,
            images: self.images.len() as u64,
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
        messages.push(ChatMessage::user(self.content(prompt, task, context)?));
        Ok(Question {
            system,
            messages,
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

    /// The prompt and its pictures.
    fn content(
        &self,
        prompt: String,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<MessageContent, EngineError> {
        if prompt.trim().is_empty() {
            return Err(EngineError::invalid(
                "the prompt is empty: a model has to be asked something",
            ));
        }
        let mut content = MessageContent::from_text(prompt);
        for image in &self.images {
            if image.size > IMAGE_BYTES_MAX {
                return Err(EngineError::limit(format!(
                    "`{}` has {} bytes: at most {IMAGE_BYTES_MAX} are sent to a model; make it smaller with the \
                     engine image",
                    label(task, image),
                    image.size
                )));
            }
            let packed = STANDARD.encode(context.read(image)?);
            content.push(ContentPart::from_binary_base64(
                image.media_type.as_str(),
                packed,
                None,
            ));
        }
        Ok(content)
    }
}

/// What a model is told about the form of its answer.
fn instruction(form: &Value) -> String {
    format!("Answer with JSON and nothing else. It has to fit this JSON Schema:\n{form}")
}
