//! The manifest store of a file: found, and looked over before the library reads it.
//!
//! The library reserves what a string in CBOR says that it is long, before it looks whether as much is there, and its work
//! on a film grows with the square of the number of its boxes. A few bytes would take the whole memory, or minutes.

use std::io::Read as _;

use c2pa::jumbf_io::load_jumbf_from_memory;
use ciborium::Value;
use serde::de::IgnoredAny;

use crate::id3;
use crate::strict::boxes;

/// Boxes of a film, those in others among them.
const FILM_BOXES_MAX: usize = 10_000;
/// Boxes of a film that hold boxes, as the library knows them.
const FILM_HOLDERS: [&[u8; 4]; 16] = [
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"edts", b"udta", b"dinf",
    b"tref", b"treg", b"mvex", b"mfra", b"meta", b"schi",
];
/// The kind of the box that a film's credential is in.
pub(crate) const FILM_CREDENTIAL: [u8; 16] = [
    0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81,
];
/// What one of that kind says behind its version, if it holds the hashes of parts.
const FILM_HASHES: &[u8] = b"merkle\0";
/// Boxes in boxes: manifests in the store, their assertions, each of them, what one of those holds.
const DEPTH_MAX: usize = 8;
/// Boxes in one box: assertions of a manifest, manifests of a store. The library's work grows with their square.
const BOXES_MAX: usize = 1_000;
/// What one box says in CBOR: the library's work grows with the square of the number of its actions.
const CBOR_BYTES_MAX: usize = 4 << 20;
const LONGER: &str = "a part of it is longer than it is";
/// What all compressed manifests of a store come to, as the library is told, too.
pub(crate) const UNPACKED_MIB_MAX: u64 = 8;

/// The manifest store in a file of this format, by the library's name.
pub(crate) fn of(format: &str, file: &[u8]) -> c2pa::Result<Vec<u8>> {
    match format {
        "video/mp4" => film(file),
        "audio/mpeg" => id3::unpacked(file),
        _ => Ok(()),
    }
    .map_err(refused)?;
    load_jumbf_from_memory(format, file)
}

/// The same, once it is known that nothing in it says that it is longer than it is.
pub(crate) fn honest(format: &str, file: &[u8]) -> c2pa::Result<Vec<u8>> {
    let store = of(format, file)?;
    check(&store)?;
    Ok(store)
}

/// Checks that nothing in a manifest store says that it is longer than it is.
pub(crate) fn check(store: &[u8]) -> c2pa::Result<()> {
    let mut unpacked = UNPACKED_MIB_MAX << 20;
    lengths(store, DEPTH_MAX, &mut unpacked).map_err(refused)
}

fn refused(problem: String) -> c2pa::Error {
    c2pa::Error::OtherError(problem.into())
}

fn lengths(within: &[u8], depth: usize, unpacked: &mut u64) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or("boxes are nested too deep")?;
    let boxes = boxes(within)?;
    if boxes.len() > BOXES_MAX {
        return Err(format!(
            "it has more than {BOXES_MAX} boxes in one: credentials of so many are not read"
        ));
    }
    for (kind, payload) in boxes {
        match &kind {
            b"jumb" => lengths(payload, depth, unpacked)?,
            b"cbor" if payload.len() > CBOR_BYTES_MAX => {
                return Err(format!(
                    "a part of it has more than {} MiB: credentials of so much are not read",
                    CBOR_BYTES_MAX >> 20
                ));
            }
            b"cbor" => skipped(payload)?,
            b"brob" => {
                let mut manifest = Vec::new();
                let reader = brotli::Decompressor::new(payload, 4_096);
                let read = reader.take(*unpacked + 1).read_to_end(&mut manifest);
                read.map_err(|error| format!("a manifest can't be unpacked: {error}"))?;
                *unpacked = unpacked.checked_sub(manifest.len() as u64).ok_or_else(|| {
                    format!("its manifests are more than {UNPACKED_MIB_MAX} MiB once unpacked")
                })?;
                lengths(&manifest, depth, unpacked)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a box holds.
pub(crate) fn cbor(bytes: &[u8]) -> Result<Value, String> {
    skipped(bytes)?;
    ciborium::from_reader(bytes).map_err(|_| LONGER.to_owned())
}

/// Reads what a box holds to its end. This reader takes no more memory than there are bytes.
fn skipped(bytes: &[u8]) -> Result<(), String> {
    let read = ciborium::from_reader::<IgnoredAny, _>(bytes);
    read.map(drop).map_err(|_| LONGER.to_owned())
}

/// Counts the boxes of a film, and looks over what the library reads of it besides its manifest store.
pub(crate) fn film(file: &[u8]) -> Result<(), String> {
    let mut count = 0;
    let mut open = vec![file];
    while let Some(mut rest) = open.pop() {
        while let Some((kind, payload, after)) = next_box(rest) {
            rest = after;
            count += 1;
            if count > FILM_BOXES_MAX {
                return Err(format!(
                    "the film has more than {FILM_BOXES_MAX} boxes: films of so many are not read"
                ));
            }
            if FILM_HOLDERS.contains(&kind) {
                open.push(payload);
            }
            let versioned = payload.get(4..).unwrap_or_default();
            // Some of this kind have a version in front, others have none.
            if kind == b"meta" {
                open.push(versioned);
            }
            if let (b"uuid", Some(told)) = (kind, payload.strip_prefix(&FILM_CREDENTIAL))
                && let Some(hashes) = told
                    .get(4..)
                    .and_then(|told| told.strip_prefix(FILM_HASHES))
            {
                skipped(hashes)?;
            }
        }
    }
    Ok(())
}

/// Kind and payload of the first box, and what comes after it; none where there is none that is whole.
fn next_box(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (payload, length) = match u32::from_be_bytes(*length) {
        0 => (rest, rest.len()),
        1 => {
            let (length, rest) = rest.split_first_chunk::<8>()?;
            let length = u64::from_be_bytes(*length).checked_sub(16)?;
            (rest, usize::try_from(length).ok()?)
        }
        length => (rest, usize::try_from(length).ok()?.checked_sub(8)?),
    };
    let (payload, after) = payload.split_at_checked(length)?;
    Some((kind, payload, after))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
