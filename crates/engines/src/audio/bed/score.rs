//! What is played: chords, notes and beats, written down from the seed before anything sounds.

use daedal_core::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Bed;
use super::harmony::{KEYS, Scale, chord_name};

/// How long a chord should last, about, in seconds.
const CHORD_SECONDS: f64 = 5.0;
/// Where the pads lie, as MIDI notes.
const MIDDLE: i32 = 60;

/// A chord: when, how long, and which notes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chord {
    pub(super) start: f64,
    pub(super) seconds: f64,
    pub(super) name: String,
    /// MIDI notes of the pads, from below.
    pub(super) notes: Vec<i32>,
    /// MIDI note of the bass.
    pub(super) bass: i32,
}

/// A note of the arpeggio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Note {
    pub(super) start: f64,
    pub(super) pitch: i32,
    pub(super) level: f32,
    /// From left (-1) to right (1).
    pub(super) pan: f32,
}

/// The whole bed on paper.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Score {
    pub(super) tempo: f64,
    pub(super) key: String,
    pub(super) scale: Scale,
    pub(super) metre: usize,
    pub(super) beats: Vec<f64>,
    pub(super) chords: Vec<Chord>,
    pub(super) arpeggio: Vec<Note>,
    pub(super) bars_a_chord: usize,
}

/// A generator for one aspect of the score, so that a change of one leaves the others alone.
fn dice(seed: Seed, aspect: u64) -> ChaCha8Rng {
    let mut dice = ChaCha8Rng::from_seed(seed.0.0);
    dice.set_stream(aspect);
    dice
}

fn pick(dice: &mut ChaCha8Rng, count: usize) -> usize {
    ((u64::from(dice.next_u32()) * count as u64) >> 32) as usize
}

impl Score {
    pub(super) fn write(bed: &Bed, seed: Seed) -> Self {
        let mut choice = dice(seed, 0);
        let (slow, quick) = bed.mood.tempo();
        let drawn = slow + pick(&mut choice, (quick - slow + 1) as usize) as u32;
        let tempo = bed.tempo.unwrap_or(f64::from(drawn));
        let drawn = pick(&mut choice, KEYS.len());
        let named = bed
            .key
            .as_deref()
            .and_then(|key| KEYS.iter().position(|known| *known == key));
        let tonic = named.unwrap_or(drawn);
        let scale = bed.scale.unwrap_or(bed.mood.scale());
        let metre = bed.metre.map_or(4, |metre| metre as usize).max(1);
        let beat = 60.0 / tempo;
        let count = (bed.seconds / beat - 1e-6).ceil().max(1.0) as usize;
        let beats = (0..count).map(|at| at as f64 * beat).collect();
        let bar = beat * metre as f64;
        let bars_a_chord = (CHORD_SECONDS / bar).round().max(1.0) as usize;
        let mut score = Self {
            tempo,
            key: KEYS[tonic].to_owned(),
            scale,
            metre,
            beats,
            chords: Vec::new(),
            arpeggio: Vec::new(),
            bars_a_chord,
        };
        score.write_chords(bed, tonic as i32, bar, seed);
        score.write_arpeggio(bed, beat, seed);
        score
    }

    /// When bars begin.
    pub(super) fn bars(&self) -> impl Iterator<Item = f64> + '_ {
        self.beats.iter().copied().step_by(self.metre)
    }

    fn write_chords(&mut self, bed: &Bed, tonic: i32, bar: f64, seed: Seed) {
        let mut choice = dice(seed, 1);
        let known = bed.mood.progressions();
        let mut progression = known[pick(&mut choice, known.len())];
        let length = bar * self.bars_a_chord as f64;
        let count = (bed.seconds / length - 1e-6).ceil().max(1.0) as usize;
        let mut around = MIDDLE;
        for at in 0..count {
            if at > 0 && at.is_multiple_of(8) {
                progression = known[pick(&mut choice, known.len())];
            }
            // A bed that ends, ends at home.
            let is_last = at + 1 == count && count > 2;
            let degree = if is_last { 0 } else { progression[at % 4] };
            let stack = bed.mood.stack().iter();
            let tones: Vec<i32> = stack
                .map(|step| tonic + self.scale.semitones(degree + step))
                .collect();
            let notes = voiced(&tones, around);
            around = (notes.iter().sum::<i32>() / notes.len() as i32 + MIDDLE) / 2;
            let root = tones[0];
            self.chords.push(Chord {
                start: at as f64 * length,
                seconds: length,
                name: chord_name(root, &tones),
                notes,
                bass: 36 + (root - 36 + 4).rem_euclid(12) - 4,
            });
        }
    }

    fn write_arpeggio(&mut self, bed: &Bed, beat: f64, seed: Seed) {
        let mut choice = dice(seed, 2);
        // Which of the chord's notes follow each other, and where the hand rests.
        let pattern: Vec<usize> = (0..8).map(|_| pick(&mut choice, 5)).collect();
        let rests: Vec<bool> = (0..8)
            .map(|at| at % 4 != 0 && pick(&mut choice, 4) == 0)
            .collect();
        let step = beat / if self.tempo < 76.0 { 2.0 } else { 1.0 };
        let count = (bed.seconds / step) as usize;
        for at in 0..count {
            let start = at as f64 * step;
            let Some(chord) = self
                .chords
                .iter()
                .rev()
                .find(|chord| chord.start <= start + 1e-6)
            else {
                continue;
            };
            let (beat_of_pattern, is_strong) = (at % 8, at % 4 == 0);
            let chance = pick(&mut choice, 100);
            if rests[beat_of_pattern] || (!is_strong && chance < 12) || start + 1.0 > bed.seconds {
                continue;
            }
            let tone = pattern[beat_of_pattern];
            let octave = if tone >= chord.notes.len() { 24 } else { 12 };
            let level = if is_strong {
                1.0
            } else {
                0.62 + chance as f32 * 0.002
            };
            self.arpeggio.push(Note {
                start,
                pitch: chord.notes[tone % chord.notes.len()] + octave,
                level,
                pan: [-0.5, 0.35, -0.2, 0.55, 0.1, -0.4, 0.25, 0.0][beat_of_pattern],
            });
        }
    }
}

/// The tones as notes near `around`, so that voices move little from chord to chord.
fn voiced(tones: &[i32], around: i32) -> Vec<i32> {
    let mut notes: Vec<i32> = tones
        .iter()
        .map(|tone| around - 6 + (tone - (around - 6)).rem_euclid(12))
        .collect();
    notes.sort_unstable();
    notes.dedup();
    // A close second at the bottom is mud: the lower one goes up.
    if notes.len() > 2 && notes[1] - notes[0] < 3 {
        let low = notes.remove(0);
        notes.push(low + 12);
    }
    notes
}
