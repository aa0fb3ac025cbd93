//! `daedal signature build`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_core::Digest;
use daedal_core::asset::media_type_of;
use daedal_core::bundle::BUNDLE_FILE_BYTES_MAX;
use daedal_engines::signature::{Distance, PROFILE_FILE, Profile};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::hint;
use crate::signature::{self, FOLDER, Kept, Reference};
use crate::text;
use crate::ui::Ui;

/// References below which a profile says little about how far a hand ranges.
const ENOUGH: usize = 5;

/// Measures the references of a process and keeps their profile beside them. Both belong to the bundle.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daedal signature build
  daedal signature build my-almanac --from out/my-almanac/*/poster.png")]
pub(crate) struct Build {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    /// Pictures that show the hand; they are copied beside the references that are there
    #[arg(long, num_args = 1.., value_name = "FILES")]
    from: Vec<PathBuf>,
}

impl Build {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let kept = Kept::open(&self.process)?;
        let mut references: BTreeMap<String, Arc<[u8]>> = kept.references()?.into_iter().collect();
        let added = added(&kept, &references, &self.from)?;
        references.extend(added.iter().cloned());
        if references.is_empty() {
            return Err(Failure::new(format!("there are no pictures in {}", kept.label(""))).help(
                format!(
                    "put pictures there that show the hand, or copy some: {} signature build --from FILES…",
                    hint::daedal()
                ),
            ));
        }
        // All are measured before anything is written: a file that is no picture leaves nothing behind.
        let references: Vec<_> = references.into_iter().collect();
        let profile = signature::measured(&references)?;
        for (name, bytes) in &added {
            text::write_whole(&kept.place().join(name), bytes)?;
        }
        text::write_whole(&kept.place().join(PROFILE_FILE), &profile.to_bytes())?;
        let among = profile.among();
        ui.result(
            &to_json(&kept, &profile, &among, added.len()),
            &told(&kept, &profile, &among, added.len()),
        );
        if profile.references.len() < ENOUGH {
            ui.note(format!(
                "warning: {} tell little about how far the hand ranges\nhelp: give {ENOUGH} or more that differ as \
                 much as the work may",
                text::count(profile.references.len(), "reference")
            ));
        }
        if !kept.is_named {
            ui.note(format!(
                "help: name it in the process file, so that runs are measured by it: `signature: {FOLDER}/`"
            ));
        }
        Ok(0)
    }
}

/// What of `from` is not there yet, by the name that it gets.
fn added(
    kept: &Kept,
    there: &BTreeMap<String, Arc<[u8]>>,
    from: &[PathBuf],
) -> Result<Vec<Reference>, Failure> {
    let digests: Vec<Digest> = there.values().map(|bytes| Digest::of(bytes)).collect();
    let mut taken: BTreeMap<String, Digest> =
        there.keys().cloned().zip(digests.iter().copied()).collect();
    let mut added = Vec::new();
    for file in from {
        let bytes = read(file)?;
        let digest = Digest::of(&bytes);
        if taken.values().any(|known| *known == digest) {
            continue;
        }
        let name = free_name(file, &digest, &taken);
        if kept.place().join(&name).symlink_metadata().is_ok() {
            return Err(
                Failure::new(format!("{} is there already", kept.label(&name)))
                    .help("it is no picture that can be measured: move it away, or rename yours"),
            );
        }
        taken.insert(name.clone(), digest);
        added.push((name, bytes));
    }
    Ok(added)
}

fn read(file: &Path) -> Result<Arc<[u8]>, Failure> {
    let shown = file.display();
    let unread = |error: std::io::Error| Failure::because(format!("{shown} can't be read"), &error);
    let size = std::fs::metadata(file).map_err(unread)?;
    if !size.is_file() {
        return Err(
            Failure::new(format!("{shown} is not a file")).help("name pictures, one by one")
        );
    }
    if size.len() > BUNDLE_FILE_BYTES_MAX {
        return Err(Failure::new(format!(
            "{shown} has {}, more than the {} of a file of a process",
            text::size(size.len()),
            text::size(BUNDLE_FILE_BYTES_MAX)
        ))
        .help("give a smaller copy: pictures are measured at 320 pixels"));
    }
    if !media_type_of(&file.to_string_lossy()).starts_with("image/") {
        return Err(
            Failure::new(format!("{shown} is not called like a picture"))
                .help("expected .png, .jpg, .webp or .svg"),
        );
    }
    Ok(std::fs::read(file).map_err(unread)?.into())
}

/// Its own name, or one with the beginning of its digest where another picture has that: pictures of runs are all
/// called alike.
fn free_name(file: &Path, digest: &Digest, taken: &BTreeMap<String, Digest>) -> String {
    let own = file.file_name().map_or_else(
        || "reference.png".to_owned(),
        |name| name.to_string_lossy().trim_start_matches('.').to_owned(),
    );
    if !taken.contains_key(&own) {
        return own;
    }
    match own.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-{}.{ending}", digest.short()),
        None => format!("{own}-{}", digest.short()),
    }
}

fn to_json(kept: &Kept, profile: &Profile, among: &[Distance], added: usize) -> Value {
    let references: Vec<Value> = profile
        .references
        .iter()
        .zip(among)
        .map(|(reference, distance)| {
            json!({ "file": reference.file, "sha256": reference.sha256, "distance": distance.overall })
        })
        .collect();
    json!({
        "process": kept.process.name, "profile": kept.place().join(PROFILE_FILE),
        "added": added, "references": references,
    })
}

fn told(kept: &Kept, profile: &Profile, among: &[Distance], added: usize) -> String {
    let distances = || among.iter().map(|distance| distance.overall);
    let (least, most) = (
        distances().fold(f64::INFINITY, f64::min),
        distances().fold(0.0, f64::max),
    );
    let mut text = format!(
        "the signature of {} is measured from {}{}\n  {}\n",
        kept.process.name,
        text::count(profile.references.len(), "reference"),
        match added {
            0 => String::new(),
            added => format!(", {added} of them new"),
        },
        kept.label(PROFILE_FILE),
    );
    if among.len() > 1 {
        text.push_str(&format!(
            "  each is {least:.2} to {most:.2} away from the others\n"
        ));
    }
    let farthest = profile.references.iter().zip(among);
    let farthest = farthest.max_by(|(_, a), (_, b)| a.overall.total_cmp(&b.overall));
    if let Some((reference, distance)) = farthest.filter(|(_, distance)| distance.overall > 2.0) {
        text.push_str(&format!(
            "  {} is the farthest ({}): is it of this hand?\n",
            reference.file,
            distance.told()
        ));
    }
    let daedal = hint::daedal();
    text.push_str(&format!(
        "look at it: {daedal} signature show --plot signature.svg\n"
    ));
    text
}
