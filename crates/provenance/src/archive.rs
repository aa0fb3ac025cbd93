//! Files in a ZIP and out of it again. What is packed here has one form: no times, nothing packed smaller, in the order of
//! the paths.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use c2pa::jumbf_io::save_jumbf_to_memory;
use daedal_core::bundle::normal_path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::collection::{ATTESTATION, MEDIA_TYPE, RECEIPTS};
use crate::container::{ZIP, sniff};
use crate::store;

/// Directory of the credential itself.
const OWN: &str = "META-INF/";
/// Files of an archive, at most.
const FILES_MAX: usize = 100_000;

/// Files by path, with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Whether `file` sets out to be the archive of a run: it may be a damaged one.
#[must_use]
pub fn is_archive(file: &[u8]) -> bool {
    let marks = [RECEIPTS, ATTESTATION];
    let holds = |mark: &str| {
        file.windows(mark.len())
            .any(|bytes| bytes == mark.as_bytes())
    };
    let is_zip = sniff(file) == Some(MEDIA_TYPE) || ends_as_zip(file);
    is_zip && marks.into_iter().all(holds)
}

/// Whether a file ends with the directory of a ZIP (its last record is 22 bytes and a comment of up to 65,535), and
/// has a credential in it: readers of ZIP take such a file, whatever was put before it.
fn ends_as_zip(file: &[u8]) -> bool {
    let tail = &file[file.len().saturating_sub(65_557)..];
    let holds = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).any(|part| part == mark);
    holds(tail, b"PK\x05\x06") && holds(file, b"META-INF/content_credential.c2pa")
}

/// Packs files.
pub(crate) fn pack(files: &Files) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // Pictures are packed already. Times would make each archive another one.
    let options = SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Stored);
    for (path, bytes) in files {
        writer.start_file(path.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The files in an archive, but for its credential; says what is wrong with one that can't be read or has names that lead
/// out of it. What is packed smaller than it is isn't unpacked: archives of runs aren't.
pub fn unpack(archive: &[u8]) -> Result<Files, String> {
    let broken = |error: zip::result::ZipError| format!("the archive can't be read: {error}");
    let length = archive.len() as u64;
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(broken)?;
    if archive.len() > FILES_MAX {
        return Err(format!(
            "the archive has {} files: at most {FILES_MAX} are read",
            archive.len()
        ));
    }
    let mut files = Files::new();
    // Entries may share their bytes: then there is more in the archive than it is long.
    let mut left = length;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(broken)?;
        left = left.checked_sub(entry.size()).ok_or_else(|| {
            "the archive holds more than its own length: it is packed otherwise than archives of runs".to_owned()
        })?;
        let path = entry.name().to_owned();
        if entry.is_dir() || path.starts_with(OWN) {
            continue;
        }
        if !entry.is_file() || normal_path(&path).as_ref() != Ok(&path) {
            return Err(format!(
                "the archive has a file with a name that is not allowed: `{path}`"
            ));
        }
        let mut bytes = Vec::new();
        entry
            .by_ref()
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("`{path}` in the archive can't be read: {error}"))?;
        if files.insert(path.clone(), bytes).is_some() {
            return Err(format!("the archive has two files called `{path}`"));
        }
    }
    Ok(files)
}

/// Whether an archive is exactly its files as they are packed here, with its credential put in: the seal does not cover
/// every byte around them.
pub(crate) fn is_as_packed(archive: &[u8], files: &Files) -> bool {
    let again = store::of(ZIP, archive).and_then(|store| {
        let packed = pack(files).map_err(|error| c2pa::Error::OtherError(Box::new(error)))?;
        save_jumbf_to_memory(ZIP, &packed, &store)
    });
    again.is_ok_and(|again| again == archive)
}
