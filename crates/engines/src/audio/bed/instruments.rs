//! Who plays: pads, a bass, an arpeggio of struck glass, swells of noise. Built from FunDSP's nodes, each note rendered
//! by itself and mixed where it belongs.

use daedal_core::Seed;
use daedal_core::engine::{EngineError, TaskContext};
use fundsp::prelude64::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::harmony::Timbre;
use super::score::{Chord, Note, Score};
use crate::audio::sound::{RATE, Sound, samples, smooth};

/// Seconds that a pad sounds on after its chord.
const RELEASE: f32 = 2.4;
/// Seconds after which a struck note can't be heard any more.
const STRUCK: f32 = 3.2;
/// How far the saws of a pad are apart, as a factor of the frequency.
const DETUNED: [f32; 4] = [0.9965, 1.0024, 1.0041, 0.9979];

/// The players.
pub(super) struct Band<'c> {
    pub(super) timbre: Timbre,
    pub(super) seed: Seed,
    pub(super) context: &'c TaskContext<'c>,
}

fn frequency(note: i32) -> f32 {
    (440.0 * libm::exp2(f64::from(note - 69) / 12.0)) as f32
}

/// Factors of left and right for a place between them, of equal power.
fn panned(pan: f32) -> (f32, f32) {
    let angle = (pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
    (libm::cosf(angle), libm::sinf(angle))
}

impl Band<'_> {
    /// Plays the chord with saws behind a filter, wide, coming and going slowly.
    pub(super) fn pad(
        &self,
        into: &mut Sound,
        chord: &Chord,
        level: f32,
    ) -> Result<(), EngineError> {
        if level <= 0.0 {
            return Ok(());
        }
        let Timbre { bright, attack, .. } = self.timbre;
        let length = samples(chord.seconds + f64::from(RELEASE));
        for (voice, note) in chord.notes.iter().enumerate() {
            let f = frequency(*note);
            let turn = voice as f64 * 1.7;
            let side = |low: f32, high: f32| {
                let saws = (soft_saw_hz(f * low) + soft_saw_hz(f * high)) * 0.5;
                let opening =
                    lfo(move |t: f64| f64::from(bright) * (0.75 + 0.35 * sin(t * 0.9 + turn)));
                (saws | opening | dc(0.6)) >> lowpass()
            };
            let mut player = side(DETUNED[0], DETUNED[1]) | side(DETUNED[2], DETUNED[3]);
            let mut sound = played(&mut player, length, self.context)?;
            shape(&mut sound, attack, RELEASE, chord.seconds as f32);
            let pan = (voice as f32 - 1.5) * 0.3;
            let (left, right) = panned(pan);
            scale(&mut sound, left, right);
            into.add(&sound, samples(chord.start), level * self.timbre.pad * 0.5);
        }
        Ok(())
    }

    pub(super) fn bass(
        &self,
        into: &mut Sound,
        chord: &Chord,
        level: f32,
    ) -> Result<(), EngineError> {
        if level <= 0.0 {
            return Ok(());
        }
        let f = frequency(chord.bass);
        let length = samples(chord.seconds + 0.8);
        let tone = (sine_hz(f) + triangle_hz(f * 2.0) * 0.22) >> lowpass_hz(420.0, 0.6);
        let mut player = tone >> split::<U2>();
        let mut sound = played(&mut player, length, self.context)?;
        shape(
            &mut sound,
            self.timbre.attack * 0.3,
            0.8,
            chord.seconds as f32,
        );
        into.add(&sound, samples(chord.start), level * self.timbre.bass);
        Ok(())
    }

    /// Strikes one note: a sine whose phase another one moves, less and less (Chowning 1973).
    pub(super) fn pluck(
        &self,
        into: &mut Sound,
        note: &Note,
        level: f32,
    ) -> Result<(), EngineError> {
        if level <= 0.0 {
            return Ok(());
        }
        let f = frequency(note.pitch);
        let index = f64::from(self.timbre.glass * note.level);
        let depth = lfo(move |t: f64| index * f64::from(f) * exp(-t * 3.5));
        let fading = lfo(|t: f64| exp(-t * 1.5));
        let mut player = (((sine_hz(f * 2.0) * depth + f) >> sine()) * fading) >> split::<U2>();
        let mut sound = played(&mut player, samples(f64::from(STRUCK)), self.context)?;
        shape(&mut sound, 0.006, 0.4, STRUCK - 0.4);
        let (left, right) = panned(note.pan);
        scale(&mut sound, left, right);
        // High notes are heard better than low ones.
        let even = libm::sqrtf(330.0 / f.max(110.0)).min(1.2);
        into.add(
            &sound,
            samples(note.start),
            level * note.level * even * self.timbre.arpeggio,
        );
        Ok(())
    }

    /// Lets noise rise towards each change of chords and fall after it, like surf.
    pub(super) fn swell(
        &self,
        into: &mut Sound,
        score: &Score,
        level: f32,
    ) -> Result<(), EngineError> {
        if level <= 0.0 {
            return Ok(());
        }
        let mut dice = ChaCha8Rng::from_seed(self.seed.0.0);
        dice.set_stream(3);
        let mut noise = Sound::silence(into.length());
        for sample in noise.left.iter_mut().chain(&mut noise.right) {
            *sample = (dice.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0;
        }
        let side = || pinkpass() >> lowpass_hz(2_400.0, 0.5) >> highpass_hz(260.0, 0.5);
        let mut filter = side() | side();
        let mut noise = through(&mut filter, &noise, self.context)?;
        let period = score
            .chords
            .first()
            .map_or(4.0, |chord| chord.seconds as f32);
        for at in 0..noise.length() {
            let turn = (at as f32 / RATE as f32 / period).fract();
            let rise = if turn > 0.45 {
                smooth((turn - 0.45) / 0.55)
            } else {
                1.0 - smooth(turn / 0.4)
            };
            noise.left[at] *= 0.15 + rise;
            noise.right[at] *= 0.15 + rise;
        }
        into.add(&noise, 0, level * self.timbre.swell * 8.0);
        Ok(())
    }
}

fn scale(sound: &mut Sound, left: f32, right: f32) {
    sound.left.iter_mut().for_each(|sample| *sample *= left);
    sound.right.iter_mut().for_each(|sample| *sample *= right);
}

/// Lets `sound` come in `attack` seconds, hold until `held`, and go in `release`.
fn shape(sound: &mut Sound, attack: f32, release: f32, held: f32) {
    for at in 0..sound.length() {
        let t = at as f32 / RATE as f32;
        let level = smooth(t / attack) * (1.0 - smooth((t - held) / release));
        sound.left[at] *= level;
        sound.right[at] *= level;
    }
}

/// What `player` plays, of two channels.
fn played(
    player: &mut dyn AudioUnit,
    length: usize,
    context: &TaskContext<'_>,
) -> Result<Sound, EngineError> {
    run(player, None, length, context)
}

/// What becomes of `sound` in `filter`.
pub(super) fn through(
    filter: &mut dyn AudioUnit,
    sound: &Sound,
    context: &TaskContext<'_>,
) -> Result<Sound, EngineError> {
    run(filter, Some(sound), sound.length(), context)
}

fn run(
    unit: &mut dyn AudioUnit,
    given: Option<&Sound>,
    length: usize,
    context: &TaskContext<'_>,
) -> Result<Sound, EngineError> {
    unit.set_sample_rate(f64::from(RATE));
    unit.allocate();
    let mut sound = Sound::silence(length);
    let mut input = BufferVec::new(2);
    let mut output = BufferVec::new(2);
    for start in (0..length).step_by(MAX_BUFFER_SIZE) {
        if start.is_multiple_of(MAX_BUFFER_SIZE * 256) {
            context.check_stop()?;
        }
        let size = std::cmp::Ord::min(MAX_BUFFER_SIZE, length - start);
        let ranges = start..start + size;
        if let Some(given) = given {
            input.channel_f32_mut(0)[..size].copy_from_slice(&given.left[ranges.clone()]);
            input.channel_f32_mut(1)[..size].copy_from_slice(&given.right[ranges.clone()]);
        }
        let taken = match given {
            Some(_) => input.buffer_ref(),
            None => BufferRef::empty(),
        };
        unit.process(size, &taken, &mut output.buffer_mut());
        sound.left[ranges.clone()].copy_from_slice(&output.channel_f32(0)[..size]);
        sound.right[ranges].copy_from_slice(&output.channel_f32(1)[..size]);
    }
    Ok(sound)
}
