//! Where a credential sits in a file, and the file without it.
//!
//! Pictures and sounds are walked by their own rules and never by the credential's word, so that what
//! is taken out is what a decoder skips. A film's tables of offsets change with it: there the library
//! undoes what it did.

use std::io::Write as _;
use std::ops::Range;

use crate::store;
use crate::xmp;

/// How a media type carries its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// Inside the file.
    Embedded {
        /// Name of the format in the C2PA library.
        format: &'static str,
    },
    /// In a file beside it, with `.c2pa` appended to its name.
    Sidecar,
}

/// Name of the format of archives in the C2PA library.
pub(crate) const ZIP: &str = "zip";

/// Suffix of sidecars.
pub const SIDECAR_SUFFIX: &str = ".c2pa";

/// How `media_type` carries its credential. An archive could carry one inside, but nothing would show what lies around its
/// files: some unpack that.
#[must_use]
pub fn carrier_of(media_type: &str) -> Carrier {
    match format_of(media_type) {
        Some(ZIP) | None => Carrier::Sidecar,
        Some(format) => Carrier::Embedded { format },
    }
}

/// Name of a format in the C2PA library whose files may have a credential inside, whoever put it there.
pub(crate) fn format_of(media_type: &str) -> Option<&'static str> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    Some(match essence {
        "image/png" => "image/png",
        "image/jpeg" => "image/jpeg",
        "image/webp" => "image/webp",
        "image/gif" => "image/gif",
        "image/svg+xml" => "image/svg+xml",
        "video/mp4" => "video/mp4",
        "audio/wav" => "audio/wav",
        "audio/mpeg" => "audio/mpeg",
        "application/zip" => ZIP,
        _ => return None,
    })
}

/// Whether `bytes` are a credential by itself, as it lies in a sidecar: a manifest store (C2PA 2.2, 11.1.4.2).
#[must_use]
pub fn is_credential(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"jumb") && bytes.get(12..20) == Some(b"jumdc2pa")
}

/// The media type that the first bytes of a file tell; none if they tell nothing.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    let riff = |kind: &[u8]| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(kind);
    Some(match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => "image/png",
        _ if bytes.starts_with(&[0xff, 0xd8, 0xff]) => "image/jpeg",
        _ if riff(b"WEBP") => "image/webp",
        _ if riff(b"WAVE") => "audio/wav",
        _ if bytes.starts_with(b"GIF8") => "image/gif",
        _ if bytes.get(4..8) == Some(b"ftyp") => "video/mp4",
        _ if bytes.starts_with(b"PK\x03\x04") => "application/zip",
        _ if bytes.starts_with(b"ID3") || bytes.starts_with(&[0xff, 0xfb]) => "audio/mpeg",
        _ => return None,
    })
}

/// Whether taking its credential out of a file of this media type gives back exactly what was sealed.
pub(crate) fn can_be_unsealed(media_type: &str) -> bool {
    let known = [
        "image/png",
        "image/jpeg",
        "image/webp",
        "audio/wav",
        "video/mp4",
    ];
    known.contains(&media_type)
}

/// `file` without its credential and what was written for it, where taking them out gives back exactly what was sealed: PNG,
/// JPEG, WebP, WAV and MP4. None for other formats, for broken files, and for films where no temporary file can be made.
#[must_use]
pub fn unsealed(media_type: &str, file: &[u8]) -> Option<Vec<u8>> {
    let rest = without_credential(media_type, file)?;
    Some(xmp::taken_out(media_type, &rest).unwrap_or(rest))
}

/// `file` without its credential alone.
pub(crate) fn without_credential(media_type: &str, file: &[u8]) -> Option<Vec<u8>> {
    let ranges = match media_type {
        "video/mp4" => return film(file).ok(),
        _ => credentials(media_type, file)?,
    };
    let mut rest = Vec::with_capacity(file.len());
    let mut from = 0;
    for range in ranges {
        rest.extend_from_slice(file.get(from..range.start)?);
        from = range.end;
    }
    rest.extend_from_slice(file.get(from..)?);
    if matches!(media_type, "audio/wav" | "image/webp") {
        let size = u32::try_from(rest.len().checked_sub(8)?).ok()?;
        rest.get_mut(4..8)?.copy_from_slice(&size.to_le_bytes());
    }
    Some(rest)
}

/// Where the credential of a picture or sound is that is made of chunks or segments; none where there is none, or where
/// something lies between its parts.
pub(crate) fn place_of_credential(media_type: &str, file: &[u8]) -> Option<Range<usize>> {
    let ranges = credentials(media_type, file)?;
    let whole = ranges.windows(2).all(|two| two[0].end == two[1].start);
    let place = ranges.first()?.start..ranges.last()?.end;
    whole.then_some(place)
}

/// The parts of the credential of such a file.
fn credentials(media_type: &str, file: &[u8]) -> Option<Vec<Range<usize>>> {
    match media_type {
        "image/png" => png(file),
        "image/jpeg" => jpeg(file),
        "audio/wav" | "image/webp" => riff(file),
        _ => None,
    }
}

/// Chunks named `caBX` (C2PA 2.2, A.3.2).
fn png(file: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < file.len() {
        let head = file.get(at..at + 8)?;
        let length = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
        let end = at.checked_add(length)?.checked_add(12)?;
        if end > file.len() {
            return None;
        }
        if &head[4..] == b"caBX" {
            found.push(at..end);
        }
        at = end;
        if &head[4..] == b"IEND" {
            break;
        }
    }
    Some(found)
}

/// APP11 segments that hold JUMBF (ISO/IEC 19566-5, Annex D), before the first scan.
fn jpeg(file: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        let head = file.get(at..at + 4)?;
        if head[0] != 0xff {
            return None;
        }
        if head[1] == 0xda {
            return Some(found);
        }
        let end = at + 2 + usize::from(u16::from_be_bytes([head[2], head[3]]));
        let body = file.get(at + 4..end)?;
        if head[1] == 0xeb && body.starts_with(b"JP") {
            found.push(at..end);
        }
        at = end;
    }
}

/// Chunks named `C2PA` (C2PA 2.2, A.3.6), with the byte that evens their length.
fn riff(file: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 12;
    while at < file.len() {
        let head = file.get(at..at + 8)?;
        let length = u32::from_le_bytes(head[4..].try_into().ok()?) as usize;
        let end = at
            .checked_add(8)?
            .checked_add(length)?
            .checked_add(length % 2)?;
        if end > file.len() {
            return None;
        }
        if &head[..4] == b"C2PA" {
            found.push(at..end);
        }
        at = end;
    }
    Some(found)
}

/// Through a file, since the library takes credentials out of nothing else.
fn film(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    store::film(bytes).map_err(std::io::Error::other)?;
    let mut file = tempfile::Builder::new().suffix(".mp4").tempfile()?;
    file.write_all(bytes)?;
    let path = file.into_temp_path();
    c2pa::jumbf_io::remove_jumbf_from_file(&path).map_err(std::io::Error::other)?;
    std::fs::read(&path)
}
