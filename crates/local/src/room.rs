//! What a model takes of the memory, before it takes it.

use crate::Error;
use crate::files::Folder;
use crate::layers::Found;

/// Bytes of a number.
const NUMBER: u64 = 4;
/// Copies of the widest layer of the decoder that are there at once.
const COPIES: u64 = 8;
/// What attention and all else take in a model of usual size, in bytes; no more than its weights in a small one.
const ELSE: u64 = 1 << 30;

/// Bytes that the weights take once they are numbers of 32 bits; refused where they, and the largest file while it is
/// read, do not fit.
pub(crate) fn for_weights(folder: &Folder, needed: &[String], memory_max: u64) -> Found<u64> {
    let (mut numbers, mut largest) = (0_u64, 0);
    for path in needed.iter().filter(|path| path.ends_with(".safetensors")) {
        let (count, bytes) = folder.size(path)?;
        numbers = numbers.saturating_add(count);
        largest = largest.max(bytes);
    }
    let weights = numbers.saturating_mul(NUMBER);
    fits(
        weights.saturating_add(largest),
        memory_max,
        "to load the model",
    )?;
    Ok(weights)
}

/// Refuses a picture that does not fit beside the weights: `channels` at most stand for a pixel in the decoder.
pub(crate) fn for_picture(
    pixels: u64,
    channels: usize,
    weights: u64,
    memory_max: u64,
) -> Found<()> {
    let widest = pixels
        .saturating_mul(channels as u64)
        .saturating_mul(NUMBER);
    let all = weights
        .saturating_add(widest.saturating_mul(COPIES))
        .saturating_add(ELSE.min(weights));
    fits(all, memory_max, "for a picture of this size")
}

fn fits(needed: u64, memory_max: u64, what: &str) -> Found<()> {
    if needed <= memory_max {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(Error::Limit(format!(
        "about {} MiB of memory are needed {what}, and it may take {}: raise `memory_mib` in daedal.toml, or take a \
         smaller model or picture",
        mib(needed),
        mib(memory_max)
    )))
}
