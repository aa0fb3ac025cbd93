//! What a step says to a maker of pictures.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use serde::Deserialize;
use serde_json::{Value, json};

use super::backend::{Picture, Wish};
use crate::picture::{self, KINDS};
use crate::task::label;

/// Pictures that are asked for at once.
const COUNT_MAX: u64 = 10;
/// Size of an answer unless a step says otherwise, in bytes.
const BYTES_MAX: u64 = 256 << 20;
/// Largest picture that is sent, in bytes.
const IMAGE_BYTES_MAX: u64 = 50 << 20;
/// Longest prompt, in characters: what every provider takes at most.
const PROMPT_MAX: usize = 32_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    pub(super) model: String,
    prompt: String,
    negative: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    steps: Option<u32>,
    guidance: Option<f64>,
    seed: Option<u64>,
    image: Option<AssetRef>,
    strength: Option<f64>,
    count: Option<u64>,
    bytes_max: Option<u64>,
}

/// JSON Schema of `with:`.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "model": { "type": "string", "description": "A maker of pictures of the studio: the NAME of [diffusion.NAME] in its daedal.toml." },
            "prompt": { "type": "string", "minLength": 1, "maxLength": PROMPT_MAX, "description": "What is to be seen." },
            "negative": { "type": "string", "maxLength": PROMPT_MAX, "description": "What is not to be seen." },
            "width": { "type": "integer", "minimum": 64, "maximum": 8192, "description": "In pixels; the server's own when absent." },
            "height": { "type": "integer", "minimum": 64, "maximum": 8192, "description": "In pixels; the server's own when absent." },
            "steps": { "type": "integer", "minimum": 1, "maximum": 500, "description": "Steps of sampling." },
            "guidance": { "type": "number", "minimum": 0, "maximum": 100, "description": "How closely it keeps to the prompt (CFG scale)." },
            "seed": { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u64, "description": "The first picture's; the task's own when absent." },
            "image": {
                "type": "object",
                "format": "asset",
                "properties": { "media_type": { "enum": KINDS } },
                "description": "A picture to begin with."
            },
            "strength": { "type": "number", "minimum": 0, "maximum": 1, "description": "How far from `image` to go: 0 keeps it, 1 ignores it." },
            "count": { "type": "integer", "minimum": 1, "maximum": COUNT_MAX, "default": 1, "description": "How many pictures." },
            "bytes_max": { "type": "integer", "minimum": 1, "maximum": 1_073_741_824, "default": BYTES_MAX, "description": "Largest answer that is taken, in bytes." }
        },
        "required": ["model", "prompt"],
        "additionalProperties": false
    })
}

impl Params {
    pub(super) fn count(&self) -> u64 {
        self.count.unwrap_or(1).min(COUNT_MAX)
    }

    pub(super) fn bytes_max(&self, task: &Task) -> u64 {
        let own = self.bytes_max.unwrap_or(BYTES_MAX);
        own.min(task.limits.output_bytes_max)
    }

    /// The fields that a step gives and that not every server has a place for.
    pub(super) fn given(&self) -> Vec<&'static str> {
        [
            ("negative", self.negative.is_some()),
            ("width", self.width.is_some()),
            ("height", self.height.is_some()),
            ("steps", self.steps.is_some()),
            ("guidance", self.guidance.is_some()),
            ("seed", self.seed.is_some()),
            ("image", self.image.is_some()),
            ("strength", self.strength.is_some()),
            ("count", self.count() > 1),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
    }

    /// What the step wants of `model`.
    pub(super) fn wish<'w>(
        &'w self,
        model: Option<&'w str>,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Wish<'w>, EngineError> {
        if self.prompt.trim().is_empty() {
            return Err(EngineError::invalid(
                "`prompt` is empty: say what is to be seen",
            ));
        }
        let image = self.image.as_ref().map(|image| {
            picture::expect(task, image, &KINDS)?;
            if image.size > IMAGE_BYTES_MAX {
                return Err(EngineError::limit(format!(
                    "`{}` has {} bytes: at most {IMAGE_BYTES_MAX} are sent; make it smaller with the engine image",
                    label(task, image),
                    image.size
                )));
            }
            Ok(Picture {
                asset: image.clone(),
                media_type: image.media_type.clone(),
                bytes: context.read(image)?,
            })
        });
        // What every server takes for a number, with room for the pictures that follow.
        let own = task.seed.map_or(0, |seed| seed.as_u64() & 0x7fff_ffff);
        Ok(Wish {
            model,
            prompt: &self.prompt,
            negative: self.negative.as_deref(),
            width: self.width,
            height: self.height,
            steps: self.steps,
            guidance: self.guidance,
            seed: self.seed.unwrap_or(own),
            image: image.transpose()?,
            strength: self.strength,
            count: self.count(),
        })
    }
}
