//! The API of Stable Diffusion web UI (AUTOMATIC1111), which Forge, SD.Next and others speak, too.
//!
//! After <https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API> and `modules/api/api.py` there
//! (`/sdapi/v1/txt2img`, `/sdapi/v1/img2img`), whose server shows all fields at `/docs`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::backend::{Backend, Made, Making, OneMade, Question, Wish, ask, unpack};
use super::errand::Errand;
use super::settings::PainterSettings;
use crate::SettingsError;
use crate::http::Request;
use crate::patience::Trouble;
use crate::secrets::Reader;
use crate::server::Scheme;

struct A1111;

pub(super) fn open(
    _: &str,
    _: &PainterSettings,
    _: &Reader,
) -> Result<Box<dyn Backend>, SettingsError> {
    Ok(Box::new(A1111))
}

impl Backend for A1111 {
    fn url(&self) -> &'static str {
        "http://127.0.0.1:7860/"
    }

    fn scheme(&self) -> Scheme {
        // `--api-auth user:password`
        Scheme::Basic
    }

    fn make<'a>(&'a self, errand: &'a Errand<'a>) -> Making<'a> {
        ask(self, errand)
    }
}

impl Question for A1111 {
    fn request(&self, errand: &Errand<'_>) -> Result<Request, Trouble> {
        let wish = &errand.wish;
        let mut body = json!({
            "prompt": wish.prompt,
            "seed": wish.seed,
            // One after the other, so that many take no more memory than one.
            "n_iter": wish.count,
            "batch_size": 1,
            "send_images": true,
            "save_images": false,
        });
        let given = [
            ("negative_prompt", wish.negative.map(Value::from)),
            ("width", wish.width.map(Value::from)),
            ("height", wish.height.map(Value::from)),
            ("steps", wish.steps.map(Value::from)),
            ("cfg_scale", wish.guidance.map(Value::from)),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        if let Some(model) = wish.model {
            body["override_settings"] = json!({ "sd_model_checkpoint": model });
        }
        let Some(image) = &wish.image else {
            let request = errand.order("sdapi/v1/txt2img")?;
            return Ok(request.with_json(&body));
        };
        body["init_images"] = json!([STANDARD.encode(&image.bytes)]);
        if let Some(strength) = wish.strength {
            body["denoising_strength"] = json!(strength);
        }
        let request = errand.order("sdapi/v1/img2img")?;
        Ok(request.with_json(&body))
    }

    fn read(&self, wish: &Wish<'_>, said: &Value) -> Result<Made, String> {
        let images = said["images"].as_array().ok_or("it gives no `images`")?;
        // What was made of it stands in a text of JSON.
        let info = said["info"].as_str().unwrap_or_default();
        let info: Value = serde_json::from_str(info).unwrap_or_default();
        // A sheet of all comes first where the server makes one; what extensions add comes last.
        let first = info["index_of_first_image"].as_u64().unwrap_or_default();
        let own = images
            .iter()
            .skip(usize::try_from(first).unwrap_or(usize::MAX));
        let mut pictures = Vec::new();
        for (at, one) in (0..wish.count).zip(own) {
            let seeds = info["all_seeds"].as_array();
            let seed = seeds.and_then(|seeds| seeds.get(usize::try_from(at).ok()?)?.as_u64());
            pictures.push(OneMade {
                bytes: unpack(one.as_str().ok_or("a picture is no text")?)?,
                seed: Some(seed.unwrap_or(wish.seed + at)),
            });
        }
        if pictures.is_empty() {
            return Err("it gives no pictures".to_owned());
        }
        let model = info["sd_model_name"].as_str().or(wish.model);
        Ok(Made {
            pictures,
            model: model.map(crate::task::excerpt),
            tokens: None,
        })
    }
}
