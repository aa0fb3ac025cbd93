//! The predictions API of Replicate.
//!
//! After <https://replicate.com/docs/reference/http> (`models.predictions.create`, `predictions.create`,
//! `predictions.get`, `predictions.cancel`, `files.create`), <https://replicate.com/docs/topics/predictions/input-files>
//! and <https://replicate.com/changelog/2025-10-16-prediction-deadlines>.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::asset::extension_of;
use daedal_core::engine::EngineError;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Map, Value, json};
use url::Url;

use super::backend::{Backend, Ending, Made, Making, OneMade, Picture, unpack};
use super::errand::Errand;
use super::settings::PainterSettings;
use crate::SettingsError;
use crate::patience::Trouble;
use crate::secrets::Reader;
use crate::server::Parts;
use crate::task::excerpt;

/// How long a server holds an answer back until it is whole, in seconds: the most that it takes.
const HOLD_S: u64 = 60;
/// Shortest time after which a server gives up by itself, in seconds.
const GIVE_UP_S: u64 = 5;
/// Pauses between looks whether it is done grow from this …
const PAUSE: Duration = Duration::from_millis(250);
/// … up to this.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// Looks in a row that may fail.
const MISSES_MAX: u32 = 5;
/// Pictures up to this size go with the request, in bytes.
const INLINE_BYTES_MAX: usize = 256 << 10;

/// What a field of a step is called by most models.
const INPUTS: [(&str, &str); 10] = [
    ("prompt", "prompt"),
    ("negative", "negative_prompt"),
    ("width", "width"),
    ("height", "height"),
    ("steps", "num_inference_steps"),
    ("guidance", "guidance_scale"),
    ("seed", "seed"),
    ("image", "image"),
    ("strength", "prompt_strength"),
    ("count", "num_outputs"),
];

/// What models call a number of pictures.
const COUNTS: [&str; 7] = [
    "num_outputs",
    "num_images",
    "number_of_images",
    "num_images_per_prompt",
    "num_samples",
    "batch_size",
    "n",
];

struct Replicate {
    /// What a model calls the fields of a step; none where it has no place for one.
    inputs: BTreeMap<&'static str, String>,
    fixed: Map<String, Value>,
    refuses: Vec<&'static str>,
}

pub(super) fn open(
    section: &str,
    entry: &PainterSettings,
    _: &Reader,
) -> Result<Box<dyn Backend>, SettingsError> {
    Ok(Box::new(Replicate::new(section, entry)?))
}

impl Replicate {
    fn new(section: &str, entry: &PainterSettings) -> Result<Self, SettingsError> {
        let known = |name: &str| INPUTS.iter().find(|(field, _)| *field == name);
        if let Some(other) = entry.inputs.keys().find(|name| known(name).is_none()) {
            return Err(SettingsError::new(
                format!("`inputs` under [{section}] has `{other}`, which no step says"),
                format!(
                    "name what a step of the engine diffusion says: {}",
                    INPUTS.map(|(field, _)| field).join(", ")
                ),
            ));
        }
        let own = |(field, usual): (&'static str, &str)| {
            let called = entry.inputs.get(field).map_or(usual, String::as_str);
            (!called.is_empty()).then(|| (field, called.to_owned()))
        };
        let inputs: BTreeMap<_, _> = INPUTS.into_iter().filter_map(own).collect();
        let refuses = INPUTS.into_iter().map(|(field, _)| field);
        let refuses = refuses.filter(|field| !inputs.contains_key(field));
        Ok(Self {
            refuses: refuses.collect(),
            inputs,
            fixed: entry.fixed.clone(),
        })
    }

    /// Whether the model is told how many pictures. Those that make one have no name for it.
    fn counts(&self, count: u64) -> bool {
        let place = self.inputs.get("count");
        count > 1 || place.is_some_and(|place| self.fixed.contains_key(place))
    }

    /// What the model is given.
    async fn input(&self, errand: &Errand<'_>) -> Result<Value, Trouble> {
        let wish = &errand.wish;
        let image = match &wish.image {
            Some(image) => Some(json!(sent(errand, image).await?)),
            None => None,
        };
        let given = [
            ("prompt", Some(json!(wish.prompt))),
            ("negative", wish.negative.map(Value::from)),
            ("width", wish.width.map(Value::from)),
            ("height", wish.height.map(Value::from)),
            ("steps", wish.steps.map(Value::from)),
            ("guidance", wish.guidance.map(Value::from)),
            ("seed", Some(json!(wish.seed))),
            ("image", image),
            ("strength", wish.strength.map(Value::from)),
            ("count", self.counts(wish.count).then(|| json!(wish.count))),
        ];
        let mut input = self.fixed.clone();
        for (field, value) in given {
            if let (Some(name), Some(value)) = (self.inputs.get(field), value) {
                input.insert(name.clone(), value);
            }
        }
        Ok(Value::Object(input))
    }

    async fn ask(&self, errand: &Errand<'_>) -> Result<Made, Trouble> {
        let model = errand.wish.model.unwrap_or_default();
        let mut body = json!({ "input": self.input(errand).await? });
        // `owner/name` is the model as it is now, `owner/name:version` and a bare version one that stays.
        let path = match (model.rsplit_once(':'), model.contains('/')) {
            (Some((_, version)), _) => {
                body["version"] = json!(version);
                "predictions".to_owned()
            }
            (None, true) => format!("models/{model}/predictions"),
            (None, false) => {
                body["version"] = json!(model);
                "predictions".to_owned()
            }
        };
        let mut request = errand.order(&path)?.with_json(&body);
        let limit_s = errand.limit_ms / 1_000;
        for (name, value) in [
            ("prefer", format!("wait={}", limit_s.clamp(1, HOLD_S))),
            // Where nobody can tell it to stop any more, it does so by itself.
            ("cancel-after", format!("{}s", limit_s.max(GIVE_UP_S))),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                request.headers.insert(name, value);
            }
        }
        let mut said = errand.ask(request).await?;
        let url = |said: &Value, name: &str| {
            let url = said["urls"][name].as_str();
            url.and_then(|url| Url::parse(url).ok())
        };
        errand.working.set(true);
        errand.cancel.replace(url(&said, "cancel"));
        let (mut pause, mut misses) = (PAUSE, 0);
        while matches!(said["status"].as_str(), Some("starting" | "processing")) {
            errand.context.tell(&at(&said));
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSE_MAX);
            let get = url(&said, "get").ok_or_else(|| {
                errand.foreign(errand.server.url.as_str(), "it does not say where to look")
            })?;
            let look = errand.request(Method::GET, get.as_str())?;
            match errand.ask(look).await {
                Ok(now) => (said, misses) = (now, 0),
                Err(Trouble::Busy { .. } | Trouble::Failing { .. } | Trouble::Lost { .. })
                    if misses < MISSES_MAX =>
                {
                    misses += 1
                }
                // It goes on there, and costs.
                Err(
                    Trouble::Busy { message, .. }
                    | Trouble::Failing { message, .. }
                    | Trouble::Lost { message },
                ) => return Err(Trouble::Lost { message }),
                Err(Trouble::Refused { message }) => {
                    return Err(Trouble::Failed(EngineError::Invalid { message }));
                }
                Err(failed) => return Err(failed),
            }
        }
        errand.working.set(false);
        self.read(errand, &said).await
    }

    /// What came of it.
    async fn read(&self, errand: &Errand<'_>, said: &Value) -> Result<Made, Trouble> {
        let from = errand.server.url.as_str();
        let why = excerpt(said["error"].as_str().unwrap_or("it does not say why"));
        match said["status"].as_str() {
            Some("succeeded") => {}
            Some("failed") => {
                return Err(Trouble::Failed(EngineError::invalid(format!(
                    "{from}: the model failed: {why}. Look at what was asked for, and at what the model takes"
                ))));
            }
            // It was never begun, and costs nothing.
            Some("aborted") => {
                let message = format!("{from} did not begin in time");
                return Err(Trouble::Busy {
                    message,
                    after: None,
                });
            }
            Some("canceled") => {
                return Err(Trouble::Failed(EngineError::transient(format!(
                    "somebody cancelled it at {from}, or its time was over; `retry:` asks again by itself"
                ))));
            }
            _ => return Err(errand.foreign(from, "it does not say how it stands")),
        }
        let output = &said["output"];
        let files: Vec<&str> = match output {
            Value::String(one) => vec![one],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if files.is_empty() {
            return Err(errand.foreign(from, "it gives no files"));
        }
        let mut pictures = Vec::new();
        for file in files {
            pictures.push(OneMade {
                bytes: fetched(errand, file).await?,
                // Which seed is whose, only the first tells.
                seed: (pictures.is_empty() && self.inputs.contains_key("seed"))
                    .then_some(errand.wish.seed),
            });
        }
        let version = said["version"]
            .as_str()
            .filter(|version| !version.is_empty());
        let model = errand.wish.model.map(|model| match version {
            Some(version) if !model.contains(version) => format!("{model}:{version}"),
            _ => model.to_owned(),
        });
        Ok(Made {
            pictures,
            model: model.map(|model| excerpt(&model)),
            tokens: None,
        })
    }
}

impl Backend for Replicate {
    fn refuses(&self) -> &[&'static str] {
        &self.refuses
    }

    fn needs_model(&self) -> bool {
        true
    }

    fn makes(&self, count: u64) -> u64 {
        let place = self.inputs.get("count").map(String::as_str);
        // What a step says takes the place of what is fixed.
        let fixed = COUNTS.iter().filter(|name| place != Some(**name));
        let fixed = fixed.filter_map(|name| self.fixed.get(*name)?.as_u64());
        fixed.fold(count, |makes, fixed| makes.saturating_mul(fixed.max(1)))
    }

    fn decides(&self) -> Value {
        json!([self.inputs, self.fixed])
    }

    fn why_alike(&self) -> Option<&'static str> {
        let is_fixed = self.fixed.contains_key("seed") && !self.inputs.contains_key("seed");
        is_fixed.then_some(
            "`fixed` says which `seed`, and `inputs` that the model has no place for another: leave one of them out, or \
             ask for one picture",
        )
    }

    fn url(&self) -> &'static str {
        "https://api.replicate.com/v1/"
    }

    fn make<'a>(&'a self, errand: &'a Errand<'a>) -> Making<'a> {
        Box::pin(self.ask(errand))
    }

    fn call_off<'a>(&'a self, errand: &'a Errand<'a>) -> Ending<'a> {
        Box::pin(async {
            let url = errand.cancel.take();
            let request = url.map(|url| errand.request(Method::POST, url.as_str()));
            if let Some(Ok(request)) = request {
                errand.ask(request).await.ok();
            }
        })
    }
}

/// How a prediction stands, for people.
fn at(said: &Value) -> String {
    let status = said["status"].as_str().unwrap_or_default();
    // The last line of its log is the bar of its steps.
    let log = said["logs"].as_str().unwrap_or_default();
    let last = log.trim_end().rsplit(['\n', '\r']).next();
    match last.unwrap_or_default().trim() {
        "" => status.to_owned(),
        last => format!("{status}: {}", excerpt(last)),
    }
}

/// A picture as a model takes it: inside an address, or at one.
async fn sent(errand: &Errand<'_>, image: &Picture) -> Result<String, Trouble> {
    if image.bytes.len() <= INLINE_BYTES_MAX {
        let packed = STANDARD.encode(&image.bytes);
        return Ok(format!("data:{};base64,{packed}", image.media_type));
    }
    let file = format!("image.{}", extension_of(&image.media_type));
    let parts = Parts::new().file("content", &file, &image.media_type, &image.bytes);
    let asked = errand.request(Method::POST, "files")?.with_parts(parts);
    let kept = errand.ask(asked).await.map_err(|trouble| match trouble {
        // A file that is there twice costs nothing.
        Trouble::Failing { message, after } => Trouble::Busy { message, after },
        Trouble::Lost { message } => Trouble::Busy {
            message,
            after: None,
        },
        other => other,
    })?;
    let address = kept["urls"]["get"].as_str();
    let address = address.ok_or_else(|| {
        errand.foreign(
            errand.server.url.as_str(),
            "it does not say where it keeps a file",
        )
    })?;
    Ok(address.to_owned())
}

/// A file that a model made. It is paid already.
async fn fetched(errand: &Errand<'_>, address: &str) -> Result<Vec<u8>, Trouble> {
    let from = errand.server.url.as_str();
    if address.starts_with("data:") {
        return unpack(address).map_err(|why| errand.foreign(from, &why));
    }
    let url = Url::parse(address).map_err(|_| errand.foreign(from, "a file has no address"))?;
    // Files on the server itself need its key; the others lie where everybody with the address gets them.
    let request = match url.origin() == errand.server.url.origin() {
        true => errand.request(Method::GET, url.as_str())?,
        false => errand.file(url),
    };
    match errand.answer(request).await {
        Ok(answer) => Ok(answer.bytes),
        Err(
            Trouble::Busy { message, .. }
            | Trouble::Failing { message, .. }
            | Trouble::Lost { message }
            | Trouble::Refused { message },
        ) => Err(Trouble::Lost { message }),
        Err(failed) => Err(failed),
    }
}
