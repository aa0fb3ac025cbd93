//! What a step says of its film, read and judged before anything is drawn.

use std::collections::BTreeMap;

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::aspect::Aspect;
use super::cutting::Cutting;
use super::encode::{Codec, Effort, Format, Settings};
use super::shots::{self, Footage, SHOTS_MAX, Shot};
use super::subtitles::{self, Cue};
use super::{FPS_MAX, RESOLUTION_MAX, RESOLUTION_MIN, placed};
use crate::audio::mix::{Mix, Track};
use crate::audio::{measured, wav};
use crate::picture::Colour;
use crate::task::{label, read_text};

/// Frames between the captions of two shots.
const CAPTION_GAP: f64 = 2.0;

/// The resolved `with:`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    shots: Option<Vec<Shot>>,
    timeline: Option<AssetRef>,
    #[serde(default)]
    media: BTreeMap<String, AssetRef>,
    audio: Option<Audio>,
    loudness: Option<f64>,
    #[serde(default)]
    on_beat: bool,
    beats: Option<Vec<f64>>,
    aspects: Option<Vec<Aspect>>,
    resolution: Option<f64>,
    fps: Option<f64>,
    #[serde(default)]
    format: Format,
    codec: Option<Codec>,
    quality: Option<f64>,
    #[serde(default)]
    effort: Effort,
    #[serde(default)]
    captions: Captions,
    background: Option<Colour>,
    #[serde(default)]
    fade_in: f64,
    #[serde(default)]
    fade_out: f64,
    poster: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audio {
    Tracks(Vec<Track>),
    One(Map<String, Value>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Captions {
    from: Option<From>,
    file: Option<AssetRef>,
    burn: Option<bool>,
    #[serde(default)]
    place: CaptionAt,
    family: Option<String>,
    size: Option<f32>,
    colour: Option<Colour>,
    ground: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum From {
    Shots,
    Sentences,
    None,
}

/// Where captions stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CaptionAt {
    #[default]
    Bottom,
    Middle,
    Top,
}

/// How captions are drawn.
pub(super) struct CaptionStyle {
    pub(super) place: CaptionAt,
    pub(super) family: String,
    /// Of letters, as a share of the shorter side.
    pub(super) size: f32,
    pub(super) colour: Colour,
    pub(super) ground: bool,
}

/// A film as it is to be made.
pub(super) struct Film {
    pub(super) shots: Vec<Shot>,
    pub(super) footage: Vec<Footage>,
    pub(super) media: BTreeMap<String, AssetRef>,
    pub(super) cutting: Cutting,
    pub(super) aspects: Vec<Aspect>,
    pub(super) resolution: u32,
    pub(super) cues: Vec<Cue>,
    /// Those of them that are drawn.
    pub(super) burned: Vec<Cue>,
    pub(super) style: CaptionStyle,
    pub(super) background: Colour,
    pub(super) fade_in: f64,
    pub(super) fade_out: f64,
    poster: Option<f64>,
}

/// The sound of a film.
pub(super) struct Soundtrack {
    /// A WAV file, as long as the film.
    pub(super) bytes: Vec<u8>,
    pub(super) lufs: f64,
}

impl Params {
    pub(super) fn settings(&self) -> Result<Settings, EngineError> {
        if let Some(problem) = Settings::problem(self.format, self.codec) {
            return Err(EngineError::invalid(problem));
        }
        Ok(Settings {
            format: self.format,
            codec: self.codec,
            quality: self.quality.unwrap_or(75.0),
            effort: self.effort,
        })
    }

    fn shots(&mut self, task: &Task, context: &TaskContext<'_>) -> Result<Vec<Shot>, EngineError> {
        let shots = match (self.shots.take(), &self.timeline) {
            (Some(shots), None) => shots,
            (None, Some(file)) => {
                let text = read_text(task, context, file)?;
                shots::timeline(&label(task, file), &text).map_err(EngineError::invalid)?
            }
            _ => {
                return Err(EngineError::invalid(
                    "a film has either `shots` or a `timeline`",
                ));
            }
        };
        if shots.is_empty() || shots.len() > SHOTS_MAX {
            return Err(EngineError::invalid(format!(
                "the film has {} shots: expected 1 to {SHOTS_MAX}",
                shots.len()
            )));
        }
        Ok(shots)
    }

    fn mix(&mut self) -> Option<Mix> {
        let tracks = match self.audio.take()? {
            Audio::Tracks(tracks) => tracks,
            Audio::One(asset) => vec![Track::of(asset)],
        };
        Some(Mix {
            tracks,
            seconds: None,
            loudness: self.loudness,
            true_peak: None,
        })
    }
}

fn in_range(
    name: &str,
    value: Option<f64>,
    default: u32,
    from: u32,
    to: u32,
) -> Result<u32, EngineError> {
    let value = value.unwrap_or(f64::from(default));
    if value.fract() != 0.0 || !(f64::from(from)..=f64::from(to)).contains(&value) {
        return Err(EngineError::invalid(format!(
            "`{name}: {value}` is out of its range: expected a whole number from {from} to {to}"
        )));
    }
    Ok(value as u32)
}

impl Film {
    /// Reads what `params` names; gives the film, and its sound.
    pub(super) fn read(
        mut params: Params,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<(Self, Option<Soundtrack>), EngineError> {
        let fps = in_range("fps", params.fps, 25, 1, FPS_MAX)?;
        let resolution = in_range(
            "resolution",
            params.resolution,
            1_080,
            RESOLUTION_MIN,
            RESOLUTION_MAX,
        )?;
        let shots = params.shots(task, context)?;
        let mut footage = Vec::with_capacity(shots.len());
        for (index, shot) in shots.iter().enumerate() {
            let own = shot.footage(&params.media);
            footage.push(own.map_err(|error| placed(error, index))?);
        }
        let mut mix = params.mix();
        let told = mix.as_ref().map(Mix::times).unwrap_or_default();
        let given = params.beats.take();
        let beats = given.or_else(|| params.on_beat.then(|| told.beats.clone()));
        if params.on_beat && beats.as_ref().is_none_or(Vec::is_empty) {
            return Err(EngineError::invalid(
                "`on_beat` needs beats: the audio tells none; give `beats:`, such as {{ steps.music.beats }}",
            ));
        }
        let cutting = Cutting::of(&shots, fps, beats.as_deref().filter(|_| params.on_beat))?;
        let captions = std::mem::take(&mut params.captions);
        let cues = captions.cues(&shots, &cutting, &told.sentences, task, context)?;
        let film = Self {
            burned: if captions.burn.unwrap_or(true) {
                cues.clone()
            } else {
                Vec::new()
            },
            style: captions.style(),
            cues,
            footage,
            shots,
            media: params.media,
            aspects: params.aspects.unwrap_or_else(|| vec![Aspect::Wide]),
            resolution,
            background: params.background.unwrap_or(Colour([0, 0, 0, 255])),
            fade_in: params.fade_in,
            fade_out: params.fade_out,
            poster: params.poster,
            cutting,
        };
        film.check_memory(params.format, task)?;
        let sound = match &mut mix {
            Some(mix) if params.format.has_sound() => {
                mix.seconds = Some(film.cutting.seconds());
                let (sound, _) = mix.mix(task, context)?;
                Some(Soundtrack {
                    bytes: wav::write(&sound, 16)?,
                    lufs: measured(&sound, context)?,
                })
            }
            _ => None,
        };
        Ok((film, sound))
    }

    /// The frame of the poster.
    pub(super) fn poster_at(&self) -> usize {
        let first = self.cutting.slots[0];
        let asked = self
            .poster
            .map(|at| (at * f64::from(self.cutting.fps)).round() as usize);
        let last = self.cutting.frames() - 1;
        asked.unwrap_or((first.start + first.end - 1) / 2).min(last)
    }

    /// Animated pictures are held in memory as a whole.
    fn check_memory(&self, format: Format, task: &Task) -> Result<(), EngineError> {
        for aspect in &self.aspects {
            let (width, height) = aspect.size(self.resolution);
            let frame = u64::from(width) * u64::from(height) * 4;
            let frames = if format.has_sound() {
                8
            } else {
                self.cutting.frames() as u64
            };
            let needed = frame * frames;
            if needed > task.limits.memory_bytes_max {
                return Err(EngineError::limit(format!(
                    "{} of {width} × {height} with {} frames takes {} MiB, more than the {} MiB that the task may use: \
                     lower `resolution` or `fps`, or take `format: mp4`",
                    format.media_type(),
                    self.cutting.frames(),
                    needed >> 20,
                    task.limits.memory_bytes_max >> 20
                )));
            }
        }
        Ok(())
    }
}

impl Captions {
    fn style(&self) -> CaptionStyle {
        CaptionStyle {
            place: self.place,
            family: self
                .family
                .clone()
                .unwrap_or_else(|| "IBM Plex Sans".to_owned()),
            size: self.size.unwrap_or(0.046),
            colour: self.colour.unwrap_or(Colour::WHITE),
            ground: self.ground.unwrap_or(true),
        }
    }

    fn cues(
        &self,
        shots: &[Shot],
        cutting: &Cutting,
        sentences: &[Value],
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Vec<Cue>, EngineError> {
        if let Some(file) = &self.file {
            let text = read_text(task, context, file)?;
            return subtitles::read(&label(task, file), &text).map_err(EngineError::invalid);
        }
        let of_shots = || {
            let captioned = shots
                .iter()
                .zip(&cutting.slots)
                .filter(|(shot, _)| !shot.caption.trim().is_empty());
            captioned.map(|(shot, slot)| Cue {
                start: cutting.seconds_at(slot.start),
                end: cutting.seconds_at(slot.end) - CAPTION_GAP / f64::from(cutting.fps),
                text: shot.caption.trim().to_owned(),
            })
        };
        let mut cues: Vec<Cue> = match self.from {
            Some(From::None) => Vec::new(),
            Some(From::Shots) => of_shots().collect(),
            Some(From::Sentences) if sentences.is_empty() => {
                return Err(EngineError::invalid(
                    "`captions.from: sentences` needs a narration: `audio` tells no sentences",
                ));
            }
            Some(From::Sentences) => subtitles::spoken(sentences),
            None if shots.iter().any(|shot| !shot.caption.trim().is_empty()) => {
                of_shots().collect()
            }
            None => subtitles::spoken(sentences),
        };
        cues.retain(|cue| cue.end > cue.start && cue.start < cutting.seconds());
        Ok(cues)
    }
}
