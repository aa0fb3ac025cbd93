//! The tag in front of an MP3 (ID3v2.3 and 2.4), in which the library finds the credential: it unpacks every frame that is
//! compressed, however long that gets.

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

/// What all compressed frames come to: covers, mostly.
const UNPACKED_BYTES_MAX: usize = 16 << 20;

/// Checks that the frames of a tag are not too long once they are unpacked.
pub(crate) fn unpacked(file: &[u8]) -> Result<(), String> {
    let Some((head, rest)) = file.split_first_chunk::<10>() else {
        return Ok(());
    };
    let [b'I', b'D', b'3', version @ (3 | 4), _, flags, size @ ..] = head else {
        return Ok(());
    };
    let tag = &rest[..rest.len().min(syncsafe(*size))];
    // Of the older version the whole tag is written so that no byte after 0xff looks like a frame of sound.
    let tag = match *version == 3 && flags & 0x80 != 0 {
        true => without_sync(tag),
        false => tag.to_vec(),
    };
    let mut rest = &tag[..];
    if flags & 0x40 != 0 {
        let length = rest.first_chunk::<4>().copied().unwrap_or_default();
        let length = match version {
            3 => 4 + u32::from_be_bytes(length) as usize,
            _ => syncsafe(length),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    let mut left = UNPACKED_BYTES_MAX;
    while let Some(([name @ .., a, b, c, d, _, flags], behind)) = rest.split_first_chunk::<10>() {
        let name: &[u8] = name;
        let length = match version {
            3 => u32::from_be_bytes([*a, *b, *c, *d]) as usize,
            _ => syncsafe([*a, *b, *c, *d]),
        };
        let Some((body, after)) = behind.split_at_checked(length) else {
            break;
        };
        if name[0] == 0 {
            break;
        }
        rest = after;
        let is_packed = match version {
            3 => flags & 0x80 != 0,
            _ => flags & 0x08 != 0,
        };
        if is_packed {
            let body = match *version == 4 && flags & 0x02 != 0 {
                true => without_sync(body),
                false => body.to_vec(),
            };
            left = left.checked_sub(length_of(&body, left)).ok_or_else(|| {
                format!(
                    "its compressed frames are more than {} MiB once unpacked",
                    UNPACKED_BYTES_MAX >> 20
                )
            })?;
        }
    }
    Ok(())
}

/// How long a frame is once it is unpacked, or one more than `max`. In front of it there may be a few bytes: its length, its
/// group, how it is encrypted.
fn length_of(body: &[u8], max: usize) -> usize {
    let ahead = 0..body.len().min(7);
    let starts = ahead.filter(|at| body[*at] & 0x0f == 8);
    let lengths = starts.map(
        |at| match decompress_to_vec_zlib_with_limit(&body[at..], max) {
            Ok(unpacked) => unpacked.len(),
            Err(error) if error.status == TINFLStatus::HasMoreOutput => max.saturating_add(1),
            Err(error) => error.output.len(),
        },
    );
    lengths.max().unwrap_or_default()
}

fn syncsafe(bytes: [u8; 4]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f))
}

fn without_sync(bytes: &[u8]) -> Vec<u8> {
    let mut found = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if !(*byte == 0 && found.last() == Some(&0xff)) {
            found.push(*byte);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec_zlib;

    use super::*;

    /// A tag with a frame of so many bytes once it is unpacked.
    fn tag(version: u8, bytes: usize) -> Vec<u8> {
        let packed = compress_to_vec_zlib(&vec![0; bytes], 6);
        let body = [&u32::try_from(bytes).unwrap().to_be_bytes()[..], &packed].concat();
        let safe = |number: usize| {
            [21, 14, 7, 0].map(|shift| u8::try_from(number >> shift & 0x7f).unwrap())
        };
        let (length, flags) = match version {
            3 => (u32::try_from(body.len()).unwrap().to_be_bytes(), [0, 0x80]),
            _ => (safe(body.len()), [0, 0x09]),
        };
        let frame = [&b"GEOB"[..], &length, &flags, &body].concat();
        [
            &[b'I', b'D', b'3', version, 0, 0][..],
            &safe(frame.len()),
            &frame,
        ]
        .concat()
    }

    #[test]
    fn frames_that_are_too_long_once_unpacked_are_refused() {
        for version in [3, 4] {
            assert_eq!(unpacked(&tag(version, 1 << 20)), Ok(()));
            let refused = unpacked(&tag(version, UNPACKED_BYTES_MAX + 1)).unwrap_err();
            assert!(refused.contains("more than 16 MiB"), "{refused}");
        }
        for other in [
            &b""[..],
            b"ID3",
            b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
            b"\xff\xfb\x90\0",
        ] {
            assert_eq!(unpacked(other), Ok(()));
        }
    }
}
