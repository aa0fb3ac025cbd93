//! WAV files: read at any rate and depth, written at one.

use std::io::Cursor;

use daedal_core::engine::{EngineError, Limits};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::sound::{RATE, Sound, check_length};

/// Zero crossings of the filter on each side, when the rate is changed.
const CROSSINGS: usize = 24;
/// Rates that are read.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Reads a WAV file with one or two channels.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Sound, EngineError> {
    let damaged = |error: hound::Error| {
        EngineError::invalid(format!("`{name}` is damaged, or no WAV file: {error}"))
    };
    if !bytes.starts_with(b"RIFF") {
        return Err(EngineError::invalid(format!(
            "`{name}` is no WAV file: convert it (ffmpeg -i in.mp3 out.wav)"
        )));
    }
    let mut reader = WavReader::new(Cursor::new(bytes)).map_err(damaged)?;
    let spec = reader.spec();
    if !RATES.contains(&spec.sample_rate) || !(1..=2).contains(&spec.channels) {
        return Err(EngineError::invalid(format!(
            "`{name}` has {} channels at {} Hz: expected one or two channels at {} to {} Hz",
            spec.channels,
            spec.sample_rate,
            RATES.start(),
            RATES.end()
        )));
    }
    let seconds = f64::from(reader.duration()) / f64::from(spec.sample_rate);
    check_length(&format!("`{name}`"), seconds, limits)?;
    let samples: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect(),
        SampleFormat::Int => {
            let scale = 1.0 / (1_i64 << (spec.bits_per_sample - 1)) as f32;
            let samples = reader.samples::<i32>();
            samples.map(|sample| Ok(sample? as f32 * scale)).collect()
        }
    };
    let mut samples = samples.map_err(damaged)?;
    for sample in &mut samples {
        if !sample.is_finite() {
            *sample = 0.0;
        }
    }
    let (left, right) = match spec.channels {
        1 => (samples.clone(), samples),
        _ => {
            let pairs = samples.as_chunks::<2>().0.iter();
            pairs.map(|[left, right]| (left, right)).unzip()
        }
    };
    let at_rate = |channel| resampled(channel, spec.sample_rate);
    Ok(Sound {
        left: at_rate(left),
        right: at_rate(right),
    })
}

/// A WAV file of `sound` with 16 or 24 bits.
pub(crate) fn write(sound: &Sound, bits: u16) -> Result<Vec<u8>, EngineError> {
    let failed =
        |error: hound::Error| EngineError::limit(format!("the sound can't be written: {error}"));
    let spec = WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: bits,
        sample_format: SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).map_err(failed)?;
    let most = ((1_i32 << (bits - 1)) - 1) as f32;
    for (left, right) in sound.left.iter().zip(&sound.right) {
        for sample in [left, right] {
            let level = (sample.clamp(-1.0, 1.0) * most).round() as i32;
            writer.write_sample(level).map_err(failed)?;
        }
    }
    writer.finalize().map_err(failed)?;
    Ok(bytes.into_inner())
}

/// The channel at [`RATE`]: a sinc under a Blackman window, computed once for each phase.
fn resampled(channel: Vec<f32>, rate: u32) -> Vec<f32> {
    if rate == RATE {
        return channel;
    }
    let common = greatest_common_divisor(rate, RATE);
    let (up, down) = ((RATE / common) as usize, (rate / common) as usize);
    // Below the lower one of both Nyquist frequencies.
    let cutoff = (f64::from(RATE) / f64::from(rate)).min(1.0) * 0.97;
    let reach = (CROSSINGS as f64 / cutoff).ceil() as usize;
    let taps = reach * 2;
    let kernel: Vec<f32> = (0..up)
        .flat_map(|phase| {
            let offset = phase as f64 / up as f64;
            let weights: Vec<f64> = (0..taps)
                .map(|tap| weight(tap as f64 - (reach as f64 - 1.0) - offset, cutoff, reach))
                .collect();
            let sum: f64 = weights.iter().sum();
            weights.into_iter().map(move |weight| (weight / sum) as f32)
        })
        .collect();
    let length = channel.len() * up / down;
    (0..length)
        .map(|at| {
            let place = at * down;
            let (whole, phase) = (place / up, place % up);
            let weights = &kernel[phase * taps..][..taps];
            let first = whole as isize - (reach as isize - 1);
            let sample = |at: isize| {
                let at = usize::try_from(at).ok();
                at.and_then(|at| channel.get(at)).copied().unwrap_or(0.0)
            };
            let products = (first..).zip(weights);
            products.map(|(at, weight)| sample(at) * weight).sum()
        })
        .collect()
}

fn weight(x: f64, cutoff: f64, reach: usize) -> f64 {
    use std::f64::consts::PI;
    let window = {
        let t = (x / reach as f64).clamp(-1.0, 1.0);
        0.42 + 0.5 * libm::cos(PI * t) + 0.08 * libm::cos(2.0 * PI * t)
    };
    let t = PI * x * cutoff;
    let sinc = if t.abs() < 1e-9 {
        1.0
    } else {
        libm::sin(t) / t
    };
    sinc * window
}

fn greatest_common_divisor(mut one: u32, mut other: u32) -> u32 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
