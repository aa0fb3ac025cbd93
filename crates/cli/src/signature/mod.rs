//! The signature of a process on disk, and pictures of it.

mod card;
mod charts;
mod course;
mod look;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_core::Digest;
use daedal_core::bundle::{FileError, ProcessFiles as _, normal_path};
use daedal_core::process::{self, Gate, Process};
use daedal_engines::signature::{Distance, PROFILE_FILE, Profile, TOLERANCE, Verdict};

use crate::failure::{Failure, exit};
use crate::files::DiskFiles;
use crate::hint;
use crate::text;

pub(crate) use card::card;
pub(crate) use course::{Course, Point, course, verdict_of};
pub(crate) use look::{bar, swatches, verdict};

/// Where references go when a process does not say.
pub(crate) const FOLDER: &str = "signature";

/// A picture, by its name below the directory of the signature.
pub(crate) type Reference = (String, Arc<[u8]>);

/// A process and the files of its signature.
pub(crate) struct Kept {
    pub(crate) process: Process,
    files: DiskFiles,
    /// Directory of the references, below that of the process.
    pub(crate) folder: String,
    /// Whether the process file names it.
    pub(crate) is_named: bool,
}

impl Kept {
    /// Reads the process at `place`; its mistakes, if it has any in the file itself.
    pub(crate) fn open(place: &Path) -> Result<Self, Failure> {
        let (files, name) = DiskFiles::open(place)?;
        let bytes = files
            .read(&name)
            .map_err(|error| Failure::because("the process file can't be read", &error))?;
        let process = process::parse(&files.label(&name), &bytes)?;
        let named = process.signature.as_ref();
        let written = named.map_or(FOLDER, |signature| signature.references.as_str());
        let folder = normal_path(written.trim_end_matches('/')).map_err(|error| {
            Failure::because("the references of the signature can't be read", &error)
        })?;
        Ok(Self {
            is_named: named.is_some(),
            folder,
            process,
            files,
        })
    }

    /// Where the directory of the references is.
    pub(crate) fn place(&self) -> PathBuf {
        self.files.root().join(&self.folder)
    }

    /// As people see it.
    pub(crate) fn label(&self, name: &str) -> String {
        self.files.label(&format!("{}/{name}", self.folder))
    }

    /// What the process file says of holding outputs to it.
    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.process.signature.as_ref()?.gate.as_ref()
    }

    /// The largest distance that is inside.
    pub(crate) fn tolerance(&self, asked: Option<f64>) -> f64 {
        let set = self.gate().and_then(|gate| gate.tolerance);
        asked.or(set).unwrap_or(TOLERANCE)
    }

    /// Every reference picture, by its name below the directory; none where there is no directory.
    pub(crate) fn references(&self) -> Result<Vec<Reference>, Failure> {
        let unread = |error: &FileError| {
            Failure::because("the references of the signature can't be read", error)
        };
        let paths = match self.files.list(&self.folder) {
            Ok(paths) => paths,
            Err(FileError::Missing { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(unread(&error)),
        };
        let mut found = Vec::new();
        for path in paths {
            let is_picture = daedal_core::asset::media_type_of(&path).starts_with("image/");
            if !is_picture {
                continue;
            }
            let bytes = self.files.read(&path).map_err(|error| unread(&error))?;
            let name = path.strip_prefix(&format!("{}/", self.folder));
            found.push((name.unwrap_or(&path).to_owned(), bytes));
        }
        Ok(found)
    }

    /// The profile beside the references, or else what they are measured to be now, and whether it was beside.
    pub(crate) fn profile(&self) -> Result<(Profile, bool), Failure> {
        let references = self.references()?;
        let path = format!("{}/{PROFILE_FILE}", self.folder);
        let written = match self.files.read(&path) {
            Ok(bytes) => Some(bytes),
            Err(FileError::Missing { .. }) => None,
            Err(error) => return Err(Failure::because("the profile can't be read", &error)),
        };
        let build = format!("{} signature build", hint::daedal());
        let Some(bytes) = written else {
            if references.is_empty() {
                return Err(
                    Failure::new(format!("{} has no signature yet", self.process.name)).help(
                        format!("give pictures that show the hand: {build} --from FILES…"),
                    ),
                );
            }
            return Ok((measured(&references)?, false));
        };
        let profile = Profile::read(&bytes)
            .map_err(|wrong| Failure::new(format!("{} {wrong}", self.label(PROFILE_FILE))))?;
        let there: BTreeSet<Digest> = references
            .iter()
            .map(|(_, bytes)| Digest::of(bytes))
            .collect();
        let of = profile.references.iter().map(|reference| reference.sha256);
        if !there.is_empty() && there != of.collect() {
            return Err(Failure::new(format!(
                "{} is the profile of other references than those beside it",
                self.label(PROFILE_FILE)
            ))
            .help(format!("make it anew: {build}")));
        }
        Ok((profile, true))
    }
}

/// The profile of pictures.
pub(crate) fn measured(references: &[(String, Arc<[u8]>)]) -> Result<Profile, Failure> {
    let pictures = references
        .iter()
        .map(|(name, bytes)| (name.as_str(), &bytes[..]));
    Profile::build(pictures)
        .map_err(|wrong| Failure::new(wrong).help("references are PNG, JPEG, WebP or SVG pictures"))
}

/// The exit code of a verdict.
pub(crate) fn code_of(distance: &Distance, tolerance: f64) -> u8 {
    match distance.verdict(tolerance) {
        Verdict::Inside => 0,
        Verdict::Near => exit::NEAR,
        Verdict::Outside => exit::OUTSIDE,
    }
}

/// Writes a picture: PNG by the name's ending, else SVG; `-` gives the SVG back to be printed.
pub(crate) fn write_picture(
    file: &Path,
    svg: String,
    width: u32,
) -> Result<Option<String>, Failure> {
    if file.as_os_str() == "-" {
        return Ok(Some(svg));
    }
    let is_png = file
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    let bytes = match is_png {
        true => daedal_engines::png_of("the picture", &svg, width).map_err(Failure::bug)?,
        false => svg.into_bytes(),
    };
    text::write_whole(file, &bytes)?;
    Ok(None)
}
