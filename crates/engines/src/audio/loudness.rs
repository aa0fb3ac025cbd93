//! How loud a sound is, by EBU R 128 (ITU-R BS.1770), and making it as loud as it should be.

use daedal_core::engine::{EngineError, TaskContext};
use ebur128::{EbuR128, Mode};

use super::sound::{RATE, Sound, gain, samples};

/// Below this there is nothing to measure.
pub(super) const SILENCE_LUFS: f64 = -70.0;
/// How far from its target a sound may end, in LU.
const NEAR: f64 = 0.1;
/// Rounds of raising and limiting.
const ROUNDS: usize = 8;
/// How far ahead the limiter looks, and how long it takes to let go, in seconds.
const AHEAD: f64 = 0.004;
const RELEASE: f64 = 0.12;

/// How loud a sound is as a whole, and its highest true peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Loudness {
    /// Integrated loudness; [`SILENCE_LUFS`] where there is nothing to hear.
    pub(crate) lufs: f64,
    /// The true peak, in dB of full scale.
    pub(crate) peak: f64,
}

/// Measures. Values are rounded to hundredths, so that they are the same on every machine.
pub(super) fn measure(sound: &Sound, context: &TaskContext<'_>) -> Result<Loudness, EngineError> {
    let failed =
        |error: ebur128::Error| EngineError::invalid(format!("it can't be measured: {error}"));
    let mut meter = EbuR128::new(2, RATE, Mode::I | Mode::TRUE_PEAK).map_err(failed)?;
    let channels = sound.left.chunks(RATE as usize);
    for (left, right) in channels.zip(sound.right.chunks(RATE as usize)) {
        context.check_stop()?;
        meter
            .add_frames_planar_f32(&[left, right])
            .map_err(failed)?;
    }
    let lufs = meter.loudness_global().map_err(failed)?;
    let peaks = [meter.true_peak(0), meter.true_peak(1)];
    let mut highest = 0.0_f64;
    for peak in peaks {
        highest = highest.max(peak.map_err(failed)?);
    }
    let hundredths = |value: f64| (value * 100.0).round() / 100.0;
    Ok(Loudness {
        lufs: hundredths(lufs.max(SILENCE_LUFS)),
        peak: hundredths(20.0 * libm::log10(highest.max(1e-5))),
    })
}

/// Makes `sound` as loud as `target` without a true peak above `peak_max`. Where both can't be had the peak counts.
pub(crate) fn normalise(
    sound: &mut Sound,
    target: f64,
    peak_max: f64,
    context: &TaskContext<'_>,
) -> Result<Loudness, EngineError> {
    let first = measure(sound, context)?;
    if first.lufs <= SILENCE_LUFS {
        return Ok(first);
    }
    let source = sound.clone();
    let (mut raise, mut ceiling) = (target - first.lufs, peak_max);
    let mut reached = first;
    for _ in 0..ROUNDS {
        *sound = source.clone();
        sound.amplify(gain(raise));
        if first.peak + raise > ceiling {
            limit(sound, gain(ceiling));
        }
        reached = measure(sound, context)?;
        let (short, over) = (target - reached.lufs, reached.peak - peak_max);
        if short.abs() <= NEAR && over <= 0.0 {
            return Ok(reached);
        }
        // Between samples a peak is higher than what the limiter sees.
        ceiling -= over.max(0.0) * 1.1;
        // What can't be had is not forced: more than this would be heard as squeezing.
        raise = (raise + short).min(peak_max - first.peak + 12.0);
    }
    if reached.peak > peak_max {
        sound.amplify(gain(peak_max - reached.peak - 0.01));
        reached = measure(sound, context)?;
    }
    Ok(reached)
}

/// Keeps samples below `ceiling`: both channels go down together, before the peak, and come back slowly.
fn limit(sound: &mut Sound, ceiling: f32) {
    let ahead = samples(AHEAD).max(1);
    let back = 1.0 - libm::exp(-1.0 / (RELEASE * f64::from(RATE))) as f32;
    let needed: Vec<f32> = sound
        .left
        .iter()
        .zip(&sound.right)
        .map(|(left, right)| (ceiling / left.abs().max(right.abs()).max(1e-9)).min(1.0))
        .collect();
    let lowest = lowest_ahead(&needed, ahead);
    let mut level = 1.0_f32;
    let mut levels = Vec::with_capacity(lowest.len());
    for low in lowest {
        level = low.min(level + (1.0 - level) * back);
        levels.push(level);
    }
    // The mean over the time ahead turns steps into ramps that end where the peak is.
    let mut sum = ahead as f64;
    for at in 0..levels.len() {
        let gone = if at < ahead { 1.0 } else { levels[at - ahead] };
        sum += f64::from(levels[at]) - f64::from(gone);
        let level = ((sum / ahead as f64) as f32).min(needed[at]);
        sound.left[at] *= level;
        sound.right[at] *= level;
    }
}

/// The lowest of each value and the `ahead` values after it.
fn lowest_ahead(values: &[f32], ahead: usize) -> Vec<f32> {
    let mut waiting = std::collections::VecDeque::new();
    let mut lowest = vec![1.0; values.len()];
    for at in (0..values.len()).rev() {
        while waiting
            .back()
            .is_some_and(|last: &usize| values[*last] >= values[at])
        {
            waiting.pop_back();
        }
        waiting.push_back(at);
        if waiting.front().is_some_and(|first| *first > at + ahead) {
            waiting.pop_front();
        }
        lowest[at] = waiting.front().map_or(1.0, |first| values[*first]);
    }
    lowest
}
