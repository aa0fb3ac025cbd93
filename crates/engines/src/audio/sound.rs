//! Sound in memory: two channels of floats at one rate.

use daedal_core::engine::{EngineError, Limits};

/// Samples of each channel in a second.
pub(super) const RATE: u32 = 48_000;
/// Longest sound, in seconds.
pub(super) const SECONDS_MAX: f64 = 900.0;
/// What working on one sample of both channels takes: the sound, a copy of it, and a buffer.
const WORKING_BYTES: u64 = 32;

/// Two channels of the same length; 1 is full scale.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sound {
    pub(super) left: Vec<f32>,
    pub(super) right: Vec<f32>,
}

/// How many samples of a channel so many seconds are.
pub(super) fn samples(seconds: f64) -> usize {
    (seconds.max(0.0) * f64::from(RATE)).round() as usize
}

/// The factor that so many decibels are.
pub(super) fn gain(decibels: f64) -> f32 {
    libm::pow(10.0, decibels / 20.0) as f32
}

/// `x` from 0 to 1 along a curve that begins and ends level.
pub(super) fn smooth(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Refuses what is longer than a sound may be, or than the task's memory holds.
pub(super) fn check_length(what: &str, seconds: f64, limits: &Limits) -> Result<(), EngineError> {
    if seconds > SECONDS_MAX {
        return Err(EngineError::limit(format!(
            "{what} would be {seconds:.1} seconds long, more than the {SECONDS_MAX} that a sound may be: make it shorter"
        )));
    }
    let needed = samples(seconds) as u64 * WORKING_BYTES;
    if needed > limits.memory_bytes_max {
        return Err(EngineError::limit(format!(
            "{what} would be {seconds:.1} seconds long, which takes {} MiB to work on, more than the {} MiB that the \
             task may use",
            needed >> 20,
            limits.memory_bytes_max >> 20
        )));
    }
    Ok(())
}

impl Sound {
    pub(super) fn silence(length: usize) -> Self {
        Self {
            left: vec![0.0; length],
            right: vec![0.0; length],
        }
    }

    /// Samples of a channel.
    pub(super) fn length(&self) -> usize {
        self.left.len()
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.length() as f64 / f64::from(RATE)
    }

    /// Adds `other` from the sample `at` on; what reaches over the end is left out.
    pub(super) fn add(&mut self, other: &Self, at: usize, level: f32) {
        let channels = [
            (&mut self.left, &other.left),
            (&mut self.right, &other.right),
        ];
        for (into, from) in channels {
            for (into, from) in into.iter_mut().skip(at).zip(from) {
                *into += from * level;
            }
        }
    }

    pub(super) fn amplify(&mut self, level: f32) {
        for sample in self.left.iter_mut().chain(&mut self.right) {
            *sample *= level;
        }
    }

    /// Lets it grow out of silence and go back into it.
    pub(super) fn fade(&mut self, fade_in: f64, fade_out: f64) {
        let (fade_in, fade_out) = (samples(fade_in), samples(fade_out));
        for channel in [&mut self.left, &mut self.right] {
            for (at, sample) in channel.iter_mut().take(fade_in).enumerate() {
                *sample *= smooth(at as f32 / fade_in as f32);
            }
            for (at, sample) in channel.iter_mut().rev().take(fade_out).enumerate() {
                *sample *= smooth(at as f32 / fade_out as f32);
            }
        }
    }

    /// Makes it so long: with silence at the end, or without what is over.
    pub(super) fn set_length(&mut self, length: usize) {
        self.left.resize(length, 0.0);
        self.right.resize(length, 0.0);
    }

    /// Without the silence before and after: what is below `threshold`.
    pub(super) fn trimmed(mut self, threshold: f32) -> Self {
        let heard =
            |at: &usize| self.left[*at].abs() > threshold || self.right[*at].abs() > threshold;
        let first = (0..self.length()).find(heard);
        let last = (0..self.length()).rev().find(heard);
        let (Some(first), Some(last)) = (first, last) else {
            return Self::default();
        };
        for channel in [&mut self.left, &mut self.right] {
            channel.truncate(last + 1);
            channel.drain(..first);
        }
        self
    }
}
