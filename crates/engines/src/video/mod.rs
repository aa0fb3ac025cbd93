//! Makes films: shots, sound and captions on one timeline, in every aspect that is asked for. Frames are drawn here; the
//! system's ffmpeg encodes them.

mod aspect;
mod compose;
mod cutting;
mod encode;
mod film;
mod footage;
mod lettering;
#[cfg(test)]
mod mistake_tests;
mod pages;
mod pixels;
mod schema;
mod shots;
#[cfg(test)]
mod sources_tests;
mod subtitles;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
    Usage,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::aspect::Aspect;
use self::compose::Composer;
use self::cutting::Cutting;
use self::encode::{Codec, Encoder, Format, Settings};
use self::film::{CaptionAt, CaptionStyle, Film, Params};
use crate::picture::{self, Filter, Picture};
use crate::task::{params, utf8};
use crate::template;
use crate::tool::{Program, Tool, Tools};

const RESOLUTION_MIN: u32 = 64;
const RESOLUTION_MAX: u32 = 2_160;
const FPS_MAX: u32 = 60;

const FFMPEG: Program = Program {
    name: "ffmpeg",
    version: &["-version"],
    install: "Debian and Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg",
};

/// The engine `video`.
pub struct VideoEngine {
    spec: EngineSpec,
    tools: Tools,
    /// What it gives, by [`Format`].
    outputs: [Value; 4],
}

impl Default for VideoEngine {
    fn default() -> Self {
        Self::new(Tools::default())
    }
}

/// What works on a film.
struct Workshop<'w> {
    task: &'w Task,
    context: &'w TaskContext<'w>,
    tool: &'w Tool,
    fps: u32,
}

impl VideoEngine {
    /// The engine, with ffmpeg from `tools`.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        let media_types = Format::ALL.map(Format::media_type);
        Self {
            spec: EngineSpec {
                name: "video",
                version: "2",
                summary: "Makes films of stills, clips, sound and captions, in several aspects from one timeline.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: None,
                schema: schema::with(),
                output: schema::output(&media_types),
                effect: false,
            },
            outputs: media_types.map(|media_type| schema::output(&[media_type])),
            tools,
        }
    }
}

impl Engine for VideoEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn output(&self, with: &Map<String, Value>, _: &Files<'_>) -> Option<Cow<'_, Value>> {
        let format = match with.get("format") {
            None => Format::default(),
            Some(format) => Format::deserialize(format).ok()?,
        };
        Some(Cow::Borrowed(&self.outputs[format as usize]))
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let codec = with
            .get("codec")
            .and_then(|codec| Codec::deserialize(codec).ok());
        let format = with
            .get("format")
            .map_or(Some(Format::default()), |format| {
                Format::deserialize(format).ok()
            });
        if let Some(format) = format {
            found.extend(Settings::problem(format, codec).map(str::to_owned));
        }
        let path = |value: Option<&Value>| {
            let path = value
                .and_then(Value::as_str)
                .filter(|path| !path.contains("{{"));
            path.and_then(|path| Some((path.to_owned(), files(path)?)))
        };
        if let Some((path, bytes)) = path(with.get("timeline")) {
            let read = utf8(&path, &bytes).and_then(|text| shots::timeline(&path, &text));
            found.extend(read.err());
        }
        if let Some((path, bytes)) = path(with.pointer("/captions/file")) {
            let read = utf8(&path, &bytes).and_then(|text| subtitles::read(&path, &text));
            found.extend(read.err());
        }
        let shots = || {
            with.get("shots")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let templates = shots().filter_map(|shot| shot.pointer("/overlay/template")?.as_str());
        found.extend(templates.filter_map(|path| template::check_file(path, files)));
        found.extend(picture::check_files(
            shots().filter_map(|shot| shot.get("image")),
            files,
        ));
        found
    }

    fn behind(&self, _: &Task) -> Option<String> {
        self.tools.version(&FFMPEG)
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let settings = params.settings()?;
        let (film, sound) = Film::read(params, task, context)?;
        let tool = self.tools.find(&FFMPEG, context)?;
        let workshop = Workshop {
            task,
            context,
            tool: &tool,
            fps: film.cutting.fps,
        };
        let mut films = Vec::new();
        let (mut posters, mut thumbnails) = (Vec::new(), Vec::new());
        let mut sheet = Value::Null;
        for aspect in &film.aspects {
            let made = workshop.make(
                *aspect,
                &film,
                &settings,
                sound.as_ref().map(|sound| &*sound.bytes),
            )?;
            films.push(made.film);
            posters.push(pages::still(&made.poster, aspect.name(), context)?);
            thumbnails.push(pages::still(
                &pages::small(&made.poster),
                aspect.name(),
                context,
            )?);
            if sheet.is_null() {
                sheet = pages::contact_sheet(&made.stills, &film.shots, &film.cutting, context)?;
            }
        }
        let cuts = film.cutting.slots.iter().skip(1);
        let cuts: Vec<f64> = cuts
            .map(|slot| crate::audio::rounded(film.cutting.seconds_at(slot.start)))
            .collect();
        let mut value = json!({
            "films": films,
            "posters": posters,
            "thumbnails": thumbnails,
            "contact_sheet": sheet,
            "seconds": film.cutting.seconds(),
            "cuts": cuts,
        });
        if !film.cues.is_empty() {
            let written = context.write(
                "application/x-subrip",
                subtitles::write(&film.cues).as_bytes(),
            )?;
            value["captions"] = written.to_value();
            value["captions"]["count"] = json!(film.cues.len());
        }
        if let Some(sound) = sound.filter(|_| settings.format.has_sound()) {
            value["loudness_lufs"] = json!(sound.lufs);
        }
        let usage = Usage {
            tool: Some(tool.version.clone()),
            ..Usage::default()
        };
        Ok(Performed::Done(Outcome { value, usage }))
    }
}

/// Frames between two words about how far it is.
const TOLD_EACH: usize = 12;

/// A film in one aspect, with its stills.
struct Made {
    film: Value,
    poster: Picture,
    stills: Vec<(usize, Picture)>,
}

impl Workshop<'_> {
    fn make(
        &self,
        aspect: Aspect,
        film: &Film,
        settings: &Settings,
        sound: Option<&[u8]>,
    ) -> Result<Made, EngineError> {
        let frame = aspect.size(film.resolution);
        let cutting = &film.cutting;
        let mut composer = Composer::new(self, film, cutting, frame);
        let mut encoder = Encoder::start(
            self,
            settings,
            frame,
            sound.filter(|_| settings.format.has_sound()),
        )?;
        let moments = moments(cutting);
        let still = pages::still_side(moments.len());
        let poster_at = film.poster_at();
        let mut poster = None;
        let mut stills: Vec<(usize, Picture)> = Vec::new();
        let mut next = moments.iter().peekable();
        let frames = cutting.frames();
        for at in 0..frames {
            self.context.check_stop()?;
            if at % TOLD_EACH == 0 && self.context.is_followed() {
                let told = format!("{}: frame {at} of {frames}", aspect.name());
                self.context.tell(&told);
            }
            let of_shot = next
                .next_if(|(_, moment)| *moment == at)
                .map(|(index, _)| *index);
            let mut look = |picture: Picture| {
                if let Some(index) = of_shot {
                    let size = picture.size_within(still, still);
                    stills.push((index, picture.resized(size.0, size.1, Filter::Lanczos3)));
                }
                if at == poster_at {
                    poster = Some(picture);
                }
            };
            let is_seen = of_shot.is_some() || at == poster_at;
            let drawn =
                composer.draw(at, is_seen.then_some(&mut look as &mut dyn FnMut(Picture)))?;
            encoder.give(drawn)?;
        }
        let bytes = encoder.finish()?;
        let mut value = self
            .context
            .write(settings.format.media_type(), &bytes)?
            .to_value();
        value["aspect"] = json!(aspect.name());
        value["seconds"] = json!(cutting.seconds());
        (value["width"], value["height"]) = (json!(frame.0), json!(frame.1));
        let poster = poster.ok_or_else(|| EngineError::invalid("a film has one frame at least"))?;
        Ok(Made {
            film: value,
            poster,
            stills,
        })
    }
}

/// The shots, and the frame in the middle of each.
fn moments(cutting: &Cutting) -> Vec<(usize, usize)> {
    let slots = cutting.slots.iter().enumerate();
    slots
        .map(|(index, slot)| (index, (slot.start + slot.end - 1) / 2))
        .collect()
}

/// `error` with the shot that it came from.
fn placed(error: EngineError, index: usize) -> EngineError {
    let place = |message: String| match message.starts_with("shot ") {
        true => message,
        false => format!("shot {}: {message}", index + 1),
    };
    match error {
        EngineError::Invalid { message } => EngineError::invalid(place(message)),
        EngineError::Limit { message } => EngineError::limit(place(message)),
        other => other,
    }
}
