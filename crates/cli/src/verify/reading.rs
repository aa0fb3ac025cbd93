//! Reading what lies where somebody else may have laid anything.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::failure::Failure;

/// Largest file that is verified. What is said of it takes up to four times its length in memory.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// The bytes of a file that is verified, or that lies beside one.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_up_to(path, FILE_BYTES_MAX)
}

/// What is said of something beside a file that is larger than whatever has its name can be. Nobody has named it, so that it
/// is no mistake in the command.
pub(super) fn too_large(path: &Path, bytes_max: u64) -> Option<String> {
    let size = std::fs::metadata(path).ok()?.len();
    (size > bytes_max).then(|| format!("it has {size} bytes, more than the limit of {bytes_max}"))
}

pub(super) fn read_up_to(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::because(format!("{} can't be read", path.display()), error)
    };
    // A pipe keeps whoever opens it, so it is looked at before; and what a device or a file that grows gives has no end.
    let metadata = std::fs::metadata(path).map_err(|error| failed(&error))?;
    if !metadata.is_file() {
        let what = format!("{} is no file that can be verified", path.display());
        return Err(Failure::new(what)
            .help("name a file, a directory, an archive, or a run of this studio"));
    }
    let too_large = |size: u64| {
        Failure::new(format!(
            "{} has {size} bytes, more than the limit of {bytes_max}",
            path.display()
        ))
    };
    if metadata.len() > bytes_max {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    let file = File::open(path).map_err(|error| failed(&error))?;
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    let size = read.map_err(|error| failed(&error))? as u64;
    match size > bytes_max {
        true => Err(too_large(size)),
        false => Ok(bytes),
    }
}
