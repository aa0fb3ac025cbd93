//! Whether everything that lies in an archive belongs to its run. Whoever seals an archive can put anything into it: what no
//! receipt, no attestation and no bundle names is none of the run's, whatever its name is.

use std::collections::BTreeSet;

use daedal_core::bundle::Bundle;
use daedal_core::record::RunRecord;
use daedal_core::{Digest, canonical};

use crate::archive::Files;
use crate::attest::Attested;
use crate::collection::{
    ANCHOR, ASSETS, ATTESTATION, BUNDLE, CAPTIONS, Collected, LOG, MATERIAL, PROCESS, RECEIPTS,
    STORY, VOTES,
};
use crate::container::SIDECAR_SUFFIX;
use crate::verdict::Verdict;
use crate::words::count;

/// Folder of the small pictures that the story shows.
const PICTURES: &str = "media/";

/// Digits of its content's digest that the name of a small picture begins with.
const PICTURE_DIGITS: usize = 16;

/// What names the files of an archive.
pub(crate) struct Namers<'a> {
    pub(crate) record: &'a RunRecord,
    pub(crate) attested: &'a Attested,
    pub(crate) bundle: &'a Bundle,
}

impl Namers<'_> {
    /// Looks whether each of these files is named by something, and is what is named; says which is not.
    pub(crate) fn name_all(&self, files: &Files) -> Result<String, String> {
        let own = &self.attested.statement.predicate.record;
        if canonical::to_vec(own) != canonical::to_vec(self.record) {
            return Err(format!(
                "`{RECEIPTS}` tells the run otherwise than the record that was attested"
            ));
        }
        let story = files.get(STORY).map(|page| String::from_utf8_lossy(page));
        let Some(story) = story else {
            return Err(format!("`{STORY}`, which tells of the run, is not in it"));
        };
        if let Some(gone) = shown(&story).find(|path| !files.contains_key(*path)) {
            return Err(format!("`{gone}`, which `{STORY}` shows, is not in it"));
        }
        let shown: BTreeSet<&str> = shown(&story).collect();
        let material = self.material();
        let sealed = self.sealed();
        let is_named = |path: &str, bytes: &[u8]| {
            if let Some(name) = path.strip_prefix(PROCESS) {
                return self.bundle.files.contains_key(name);
            }
            if let Some(name) = path.strip_prefix(ASSETS) {
                return sealed.contains(name);
            }
            if let Some(name) = path.strip_prefix(MATERIAL) {
                let digest = Digest::of(bytes);
                return files.contains_key(LOG)
                    && name == digest.to_string()
                    && material.contains(&digest);
            }
            if path.starts_with(PICTURES) {
                return shown.contains(path) && is_own_name(path, bytes);
            }
            match path {
                RECEIPTS | ATTESTATION | ANCHOR | VOTES | BUNDLE | STORY | LOG => true,
                CAPTIONS => files.contains_key(LOG),
                _ => false,
            }
        };
        let strange = files.iter().find(|(path, bytes)| !is_named(path, bytes));
        match strange {
            None => Ok(format!(
                "{}, and nothing but what belongs to the run",
                count(files.len(), "file")
            )),
            Some((path, _)) if path.starts_with(PICTURES) && shown.contains(&**path) => Err(
                format!("`{path}` is not the picture that `{STORY}` shows by that name"),
            ),
            Some((path, _)) => Err(format!("nothing of the run names `{path}`")),
        }
    }

    /// What the tasks of the run took and gave.
    fn material(&self) -> BTreeSet<Digest> {
        let receipts = self.record.receipts.iter();
        let assets = receipts.flat_map(|receipt| receipt.inputs.iter().chain(&receipt.outputs));
        assets.map(|asset| asset.digest).collect()
    }

    /// The names of what was published, and of the credentials beside it.
    fn sealed(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for subject in self.attested.statement.subjects() {
            let sidecar = subject.sidecar;
            names.extend(sidecar.map(|_| format!("{}{SIDECAR_SUFFIX}", subject.name)));
            names.insert(subject.name);
        }
        names
    }
}

/// Looks whether an asset is due where the archive says that the run is; pieces that were sealed before the process was
/// registered name no chain.
pub(crate) fn is_due(collected: &Collected, assets: &[(String, Verdict)]) -> Result<(), String> {
    let origins = assets.iter().filter_map(|(_, asset)| asset.origin.as_ref());
    let due: Vec<_> = origins
        .map(|origin| origin.registered.unwrap_or_default())
        .collect();
    match due.is_empty() || due.contains(&collected.anchor) {
        true => Ok(()),
        false => Err(format!(
            "the archive says that it is due on chain {} in {}, and no asset of it does",
            collected.anchor.chain, collected.anchor.registry
        )),
    }
}

/// Small pictures in the archive that the story shows. Whatever people wrote stands in it with its quotes escaped, so that
/// only the program writes these.
fn shown(story: &str) -> impl Iterator<Item = &str> {
    let quoted = ["src=\"", "href=\""];
    let quoted = quoted
        .into_iter()
        .flat_map(|start| story.split(start).skip(1));
    let paths = quoted.filter_map(|rest| Some(rest.split_once('"')?.0));
    paths.filter(|path| path.starts_with(PICTURES))
}

fn is_own_name(path: &str, bytes: &[u8]) -> bool {
    let digest = Digest::of(bytes).to_string();
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    stem == &digest[..PICTURE_DIGITS]
}

/// The bundle of an archive with all its files, if it is that of the run.
pub(crate) fn bundle(files: &Files, collected: &Collected) -> Result<Bundle, String> {
    let bytes = files
        .get(BUNDLE)
        .ok_or_else(|| format!("`{BUNDLE}` is not in it"))?;
    let bundle =
        Bundle::from_bytes(bytes).map_err(|error| format!("`{BUNDLE}` can't be read: {error}"))?;
    if bundle.digest() != collected.bundle {
        return Err(format!(
            "it is {}, and the run was of {}",
            bundle.digest().short(),
            collected.bundle.short()
        ));
    }
    for (path, asset) in &bundle.files {
        let file = files.get(&format!("{PROCESS}{path}"));
        if file.is_none_or(|bytes| Digest::of(bytes) != asset.digest) {
            return Err(format!("`{PROCESS}{path}` is not the file of the bundle"));
        }
    }
    Ok(bundle)
}

pub(crate) fn told_bundle(bundle: &Bundle) -> String {
    let files = count(bundle.files.len(), "file");
    format!("{}, with its {files}", bundle.digest().short())
}
