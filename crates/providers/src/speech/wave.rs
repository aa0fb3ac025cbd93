//! WAV files as speech servers write them: while they speak, so that the lengths in the header are often not those of the
//! file. What is kept tells the truth, so that every reader can read it.

/// A sound.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wave {
    pub(super) bytes: Vec<u8>,
    pub(super) seconds: f64,
}

/// Rates that are taken, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Reads a WAV file to the end of its sound, or says what is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Wave, String> {
    let is_wave = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(&b"WAVE"[..]);
    if !is_wave {
        return Err("it is no WAV file".to_owned());
    }
    let mut at = 12;
    let mut format: Option<&[u8]> = None;
    loop {
        let head = bytes.get(at..at + 8);
        let head = head.ok_or("it ends before its sound begins")?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let from = at + 8;
        if head.starts_with(b"data") {
            let format = format.ok_or("it does not say what its samples are")?;
            let there = bytes.len() - from;
            return sound(format, &bytes[from..from + length.min(there)]);
        }
        let end = from.saturating_add(length);
        let inside = bytes.get(from..end);
        let inside = inside.ok_or("it ends before its sound begins")?;
        if head.starts_with(b"fmt ") {
            format = Some(inside);
        }
        // Chunks begin at even places.
        at = end + length % 2;
    }
}

/// The file of samples in a format.
fn sound(format: &[u8], samples: &[u8]) -> Result<Wave, String> {
    let word = |at: usize| {
        format
            .get(at..at + 2)
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
    };
    let (channels, bits) = (word(2).unwrap_or(0), word(14).unwrap_or(0));
    let rate = word(4).zip(word(6));
    let rate = rate.map_or(0, |(low, high)| u32::from(low) | (u32::from(high) << 16));
    if !(1..=2).contains(&channels) || !RATES.contains(&rate) || !matches!(bits, 8 | 16 | 24 | 32) {
        return Err(format!(
            "it has {channels} channels of {bits} bits at {rate} Hz: expected one or two channels of 8 to 32 bits at 4000 to \
             384000 Hz"
        ));
    }
    let frame = usize::from(channels) * usize::from(bits / 8);
    let frames = samples.len() / frame;
    if frames == 0 {
        return Err("it is silent: there is no sample in it".to_owned());
    }
    let samples = &samples[..frames * frame];
    let length = |length: usize| {
        let length = u32::try_from(length).map_err(|_| "it is longer than 4 GiB".to_owned());
        length.map(u32::to_le_bytes)
    };
    let pad = samples.len() % 2;
    let whole = 4 + 8 + format.len() + format.len() % 2 + 8 + samples.len() + pad;
    let mut bytes = Vec::with_capacity(whole + 8);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&length(whole)?);
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&length(format.len())?);
    bytes.extend_from_slice(format);
    bytes.extend(std::iter::repeat_n(0, format.len() % 2));
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&length(samples.len())?);
    bytes.extend_from_slice(samples);
    bytes.extend(std::iter::repeat_n(0, pad));
    #[allow(clippy::cast_precision_loss)] // for people
    let seconds = (frames as f64 / f64::from(rate) * 1_000.0).round() / 1_000.0;
    Ok(Wave { bytes, seconds })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file of 16-bit samples at 24 kHz; a length of `None` is one that nobody knew yet.
    pub(in super::super) fn file(samples: &[i16], told: Option<u32>, before: &[u8]) -> Vec<u8> {
        let told = told.unwrap_or(u32::MAX).to_le_bytes();
        let mut bytes = [b"RIFF", &told[..], b"WAVEfmt ", &16_u32.to_le_bytes()].concat();
        for word in [1_u16, 1, 24_000, 0, 48_000, 0, 2, 16] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(b"data");
        bytes.extend_from_slice(&told);
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        bytes
    }

    #[test]
    fn a_file_that_was_written_while_it_was_spoken_tells_its_length_afterwards() {
        let samples = vec![7; 12_000];
        let list = [&b"LIST"[..], &3_u32.to_le_bytes(), b"abc\0"].concat();
        let spoken = read(&file(&samples, None, &list)).unwrap();
        assert_eq!(spoken.seconds, 0.5);
        assert_eq!(spoken.bytes.len(), 44 + 24_000);
        assert_eq!(spoken.bytes[40..44], 24_000_u32.to_le_bytes());
        // What is told rightly stays as it is.
        assert_eq!(read(&spoken.bytes).unwrap(), spoken);
    }

    #[test]
    fn what_is_no_sound_says_why() {
        let mut odd = file(&[1], None, b"");
        odd[22] = 9;
        let told = [
            b"ID3".to_vec(),
            b"RIFF\0\0\0\0WAVE".to_vec(),
            b"RIFF\0\0\0\0WAVEdata\0\0\0\0".to_vec(),
            file(&[], Some(0), b""),
            odd,
        ]
        .map(|bytes| read(&bytes).unwrap_err());
        insta::assert_snapshot!(told.join("\n"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), cut in 0_usize..60) {
            let _ = read(&bytes);
            let whole = file(&[1, 2, 3], None, &bytes);
            let _ = read(&whole[..cut.min(whole.len())]);
            let _ = read(&whole);
        }
    }
}
