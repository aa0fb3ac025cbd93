//! Several tracks as one: each at its time and level, music going down under voices, all of it at one loudness.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::loudness::normalise;
use super::sound::{RATE, Sound, check_length, gain, samples, smooth};
use super::{rounded, wav};
use crate::task::label;

/// Tracks of a mix.
pub(crate) const TRACKS_MAX: usize = 32;
/// How loud a mix is, where nothing else is said: as the platforms of the web play it.
pub(crate) const LOUDNESS: f64 = -16.0;
/// Its highest true peak, in dB, where nothing else is said.
pub(crate) const PEAK_MAX: f64 = -1.0;
/// Ducking looks at voices in pieces of this length, in seconds.
const PIECE: f64 = 0.01;
/// A voice is heard above this level, of full scale.
const HEARD: f32 = 0.01;
/// How long music goes down before a voice, waits after it, and comes back, in seconds.
const DOWN: f64 = 0.25;
const HOLD: f64 = 0.45;
const UP: f64 = 0.9;

/// The tracks, and how loud they are together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mix {
    pub(crate) tracks: Vec<Track>,
    pub(crate) seconds: Option<f64>,
    pub(crate) loudness: Option<f64>,
    pub(crate) true_peak: Option<f64>,
}

/// What tracks tell of their times.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// In seconds, in order.
    pub(crate) beats: Vec<f64>,
    /// Each with `text`, `start` and `seconds`, in order.
    pub(crate) sentences: Vec<Value>,
}

/// A sound, and what becomes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Track {
    /// The asset with its fields.
    pub(crate) audio: Map<String, Value>,
    /// In dB.
    #[serde(default)]
    gain: f64,
    /// When it begins, in seconds.
    #[serde(default)]
    start: f64,
    #[serde(default)]
    fade_in: f64,
    #[serde(default)]
    fade_out: f64,
    /// By how many dB it goes down under voices.
    #[serde(default)]
    duck: f64,
    /// Whether others go down under it.
    #[serde(default)]
    voice: bool,
}

impl Track {
    /// A track of nothing but its asset.
    pub(crate) fn of(audio: Map<String, Value>) -> Self {
        Self {
            audio,
            gain: 0.0,
            start: 0.0,
            fade_in: 0.0,
            fade_out: 0.0,
            duck: 0.0,
            voice: false,
        }
    }

    fn read(&self, task: &Task, context: &TaskContext<'_>) -> Result<Sound, EngineError> {
        let asset = AssetRef::from_value(&Value::Object(self.audio.clone())).ok_or_else(|| {
            EngineError::invalid("`audio` of a track is no asset: name a step or a WAV file")
        })?;
        let name = label(task, &asset);
        let mut sound = wav::read(&name, &context.read(&asset)?, &task.limits)?;
        check_length(
            &format!("`{name}`"),
            self.start + sound.seconds(),
            &task.limits,
        )?;
        sound.fade(self.fade_in, self.fade_out);
        sound.amplify(gain(self.gain));
        Ok(sound)
    }
}

impl Mix {
    /// Mixes; gives the sound and what is told of it: beats and sentences of its tracks, at their new times.
    pub(crate) fn mix(
        &self,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<(Sound, Value), EngineError> {
        if self.tracks.is_empty() || self.tracks.len() > TRACKS_MAX {
            return Err(EngineError::invalid(format!(
                "a mix has {} tracks: expected 1 to {TRACKS_MAX}",
                self.tracks.len()
            )));
        }
        let mut sounds = Vec::new();
        for track in &self.tracks {
            context.check_stop()?;
            sounds.push(track.read(task, context)?);
        }
        let ends = self.tracks.iter().zip(&sounds);
        let longest = ends.fold(0.0, |most: f64, (track, sound)| {
            most.max(track.start + sound.seconds())
        });
        let seconds = self.seconds.unwrap_or(longest);
        check_length("the mix", seconds, &task.limits)?;
        let mut whole = Sound::silence(samples(seconds));
        let spoken = self.spoken(&sounds, seconds);
        for (track, mut sound) in self.tracks.iter().zip(sounds) {
            context.check_stop()?;
            if track.duck > 0.0 && !track.voice {
                duck(&mut sound, track, &spoken);
            }
            whole.add(&sound, samples(track.start), 1.0);
        }
        if self.seconds.is_some_and(|seconds| seconds < longest) {
            // What is cut off goes softly.
            whole.fade(0.0, (seconds * 0.1).min(0.6));
        }
        let target = self.loudness.unwrap_or(LOUDNESS);
        normalise(
            &mut whole,
            target,
            self.true_peak.unwrap_or(PEAK_MAX),
            context,
        )?;
        let Times {
            mut beats,
            sentences,
        } = self.times();
        beats.retain(|beat| (0.0..=seconds).contains(beat));
        Ok((whole, json!({ "beats": beats, "sentences": sentences })))
    }

    /// How far down music has to be, from 0 to 1, in each piece of the mix.
    fn spoken(&self, sounds: &[Sound], seconds: f64) -> Vec<f32> {
        let count = (seconds / PIECE).ceil() as usize + 1;
        let mut heard = vec![false; count];
        let piece = samples(PIECE);
        for (track, sound) in self
            .tracks
            .iter()
            .zip(sounds)
            .filter(|(track, _)| track.voice)
        {
            let first = samples(track.start) / piece;
            for (at, part) in sound.left.chunks(piece).enumerate() {
                let power = part.iter().map(|sample| sample * sample).sum::<f32>();
                let is_heard = power / part.len() as f32 > HEARD * HEARD;
                if let Some(heard) = heard.get_mut(first + at).filter(|_| is_heard) {
                    *heard = true;
                }
            }
        }
        let pieces = |seconds: f64| (seconds / PIECE).round() as usize;
        let (down, hold, up) = (pieces(DOWN), pieces(HOLD), pieces(UP));
        let mut depth = vec![0.0_f32; count];
        let mut since = usize::MAX;
        for at in 0..count {
            since = if heard[at] {
                0
            } else {
                since.saturating_add(1)
            };
            let past = since.saturating_sub(hold) as f32;
            depth[at] = 1.0 - smooth(past / up as f32);
        }
        let mut until = usize::MAX;
        for at in (0..count).rev() {
            until = if heard[at] {
                0
            } else {
                until.saturating_add(1)
            };
            depth[at] = depth[at].max(1.0 - smooth(until as f32 / down as f32));
        }
        depth
    }

    /// Beats and sentences of the tracks, at their times in the mix.
    pub(crate) fn times(&self) -> Times {
        let mut times = Times::default();
        for track in &self.tracks {
            let list = |name: &str| {
                track
                    .audio
                    .get(name)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
            };
            let beats = list("beats").filter_map(Value::as_f64);
            times
                .beats
                .extend(beats.map(|beat| rounded(beat + track.start)));
            for sentence in list("sentences") {
                if let Some(start) = sentence.get("start").and_then(Value::as_f64) {
                    let mut moved = sentence.clone();
                    moved["start"] = json!(rounded(start + track.start));
                    times.sentences.push(moved);
                }
            }
        }
        times.beats.sort_by(f64::total_cmp);
        times.beats.dedup();
        let start = |sentence: &Value| sentence["start"].as_f64().unwrap_or_default();
        times
            .sentences
            .sort_by(|one, other| start(one).total_cmp(&start(other)));
        times
    }
}

/// Takes `sound` down where somebody speaks.
fn duck(sound: &mut Sound, track: &Track, spoken: &[f32]) {
    let piece = PIECE * f64::from(RATE);
    for at in 0..sound.length() {
        let place = (samples(track.start) + at) as f64 / piece;
        let (before, share) = (place.floor() as usize, place.fract() as f32);
        let depth = |at: usize| spoken.get(at).copied().unwrap_or(0.0);
        let depth = depth(before) * (1.0 - share) + depth(before + 1) * share;
        if depth > 0.0 {
            let level = gain(-track.duck * f64::from(depth));
            sound.left[at] *= level;
            sound.right[at] *= level;
        }
    }
}
