//! The images API of OpenAI, which other servers speak, too.
//!
//! After <https://platform.openai.com/docs/api-reference/images/create> (`CreateImageRequest`, `ImagesResponse`) and
//! <https://platform.openai.com/docs/api-reference/images/createEdit> (`CreateImageEditRequest`).

use daedal_core::asset::extension_of;
use serde_json::{Value, json};

use super::backend::{Backend, Made, Making, OneMade, Question, Wish, ask, unpack};
use super::errand::Errand;
use super::settings::PainterSettings;
use crate::SettingsError;
use crate::http::Request;
use crate::patience::Trouble;
use crate::secrets::Reader;
use crate::server::Parts;

struct OpenAi;

pub(super) fn open(
    _: &str,
    _: &PainterSettings,
    _: &Reader,
) -> Result<Box<dyn Backend>, SettingsError> {
    Ok(Box::new(OpenAi))
}

impl Backend for OpenAi {
    fn refuses(&self) -> &[&'static str] {
        &["negative", "steps", "guidance", "seed", "strength"]
    }

    fn objection(&self, given: &[&str]) -> Option<String> {
        let has = |side| given.contains(&side);
        (has("width") != has("height")).then(|| {
            "`width` and `height` are given together here, or neither: the API knows whole sizes".to_owned()
        })
    }

    fn needs_model(&self) -> bool {
        true
    }

    fn url(&self) -> &'static str {
        "https://api.openai.com/v1/"
    }

    fn make<'a>(&'a self, errand: &'a Errand<'a>) -> Making<'a> {
        ask(self, errand)
    }
}

impl Question for OpenAi {
    fn request(&self, errand: &Errand<'_>) -> Result<Request, Trouble> {
        let wish = &errand.wish;
        let model = wish.model.unwrap_or_default();
        let mut fields = vec![
            ("model", json!(model)),
            ("prompt", json!(wish.prompt)),
            ("n", json!(wish.count)),
        ];
        if let (Some(width), Some(height)) = (wish.width, wish.height) {
            fields.push(("size", json!(format!("{width}x{height}"))));
        }
        // GPT image models give nothing else, and refuse the field; others give addresses without it.
        if !model.contains("gpt-image") {
            fields.push(("response_format", json!("b64_json")));
        }
        let Some(image) = &wish.image else {
            let body = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            let request = errand.order("images/generations")?;
            return Ok(request.with_json(&Value::Object(body.collect())));
        };
        let file = format!("image.{}", extension_of(&image.media_type));
        let mut parts = Parts::new().file("image", &file, &image.media_type, &image.bytes);
        for (name, value) in fields {
            parts = match value.as_str() {
                Some(text) => parts.text(name, text),
                None => parts.text(name, &value.to_string()),
            };
        }
        let request = errand.order("images/edits")?;
        Ok(request.with_parts(parts))
    }

    fn read(&self, wish: &Wish<'_>, said: &Value) -> Result<Made, String> {
        let data = said["data"].as_array().filter(|data| !data.is_empty());
        let data = data.ok_or("it gives no pictures")?;
        let mut pictures = Vec::new();
        for one in data {
            let packed = one["b64_json"].as_str();
            let packed = packed.ok_or("it gives addresses in the place of pictures")?;
            pictures.push(OneMade {
                bytes: unpack(packed)?,
                seed: None,
            });
        }
        let usage = &said["usage"];
        let tokens = usage["input_tokens"]
            .as_u64()
            .zip(usage["output_tokens"].as_u64());
        Ok(Made {
            pictures,
            model: wish.model.map(str::to_owned),
            tokens,
        })
    }
}
