//! A bed of music: chords from the seed, played by pads, a bass, an arpeggio and swells of noise, in one room.

mod harmony;
mod instruments;
mod score;

use daedal_core::Seed;
use daedal_core::engine::{EngineError, Limits, TaskContext};
use fundsp::prelude64::{highpass_hz, reverb_stereo};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) use harmony::{KEYS, Mood, Scale};

use self::instruments::Band;
use self::score::Score;
use super::loudness::normalise;
use super::sound::{Sound, check_length, samples};

/// How loud a bed is by itself, where nothing else is said: under a voice.
pub(super) const LOUDNESS: f64 = -20.0;
const PEAK_MAX: f64 = -1.0;
/// How much of the room is heard.
const WET: f32 = 0.42;

/// What a bed is to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bed {
    pub(super) seconds: f64,
    #[serde(default)]
    mood: Mood,
    key: Option<String>,
    scale: Option<Scale>,
    tempo: Option<f64>,
    metre: Option<f64>,
    #[serde(default)]
    layers: Layers,
    fade_in: Option<f64>,
    fade_out: Option<f64>,
    loudness: Option<f64>,
}

/// How strong each part is: 1 as the mood has it, 0 leaves it out.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Layers {
    pad: f32,
    bass: f32,
    arpeggio: f32,
    swell: f32,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            pad: 1.0,
            bass: 1.0,
            arpeggio: 1.0,
            swell: 1.0,
        }
    }
}

impl Bed {
    /// Plays it; gives the sound and what is told of it.
    pub(super) fn play(
        &self,
        seed: Seed,
        limits: &Limits,
        context: &TaskContext<'_>,
    ) -> Result<(Sound, Value), EngineError> {
        check_length("the bed", self.seconds, limits)?;
        let score = Score::write(self, seed);
        let length = samples(self.seconds);
        let mut dry = Sound::silence(length);
        let band = Band {
            timbre: self.mood.timbre(),
            seed,
            context,
        };
        for chord in &score.chords {
            band.pad(&mut dry, chord, self.layers.pad)?;
            band.bass(&mut dry, chord, self.layers.bass)?;
        }
        for note in &score.arpeggio {
            band.pluck(&mut dry, note, self.layers.arpeggio)?;
        }
        band.swell(&mut dry, &score, self.layers.swell)?;
        let timbre = &band.timbre;
        let mut room = reverb_stereo(timbre.room, timbre.tail, 0.55);
        let wet = instruments::through(&mut room, &dry, context)?;
        dry.add(&wet, 0, WET);
        let mut rumble = highpass_hz(38.0, 0.7) | highpass_hz(38.0, 0.7);
        let mut sound = instruments::through(&mut rumble, &dry, context)?;
        let default = |share: f64, most: f64| (self.seconds * share).min(most);
        sound.fade(
            self.fade_in.unwrap_or(default(0.1, 2.0)),
            self.fade_out.unwrap_or(default(0.2, 4.0)),
        );
        normalise(
            &mut sound,
            self.loudness.unwrap_or(LOUDNESS),
            PEAK_MAX,
            context,
        )?;
        Ok((sound, self.told(&score)))
    }

    fn told(&self, score: &Score) -> Value {
        let chords = score
            .chords
            .iter()
            .map(|chord| json!({ "name": chord.name, "start": super::rounded(chord.start) }));
        json!({
            "tempo": score.tempo,
            "key": score.key,
            "scale": score.scale.name(),
            "beats": score.beats.iter().map(|at| super::rounded(*at)).collect::<Vec<_>>(),
            "bars": score.bars().map(super::rounded).collect::<Vec<_>>(),
            "chords": chords.collect::<Vec<_>>(),
        })
    }
}
