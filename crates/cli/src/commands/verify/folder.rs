//! A directory that is verified.

use std::path::Path;

use daedal_provenance::chain::Chain;
use daedal_provenance::{Exit, Verdict};
use serde_json::{Value, json};

use super::{Found, Verify, failed};
use crate::failure::Failure;
use crate::home::block_on;
use crate::ui::Ui;
use crate::verify::{self, Folder, Node, Verified, misnamed};

/// Exit code, verdict in a word, and what decided it.
type Line = (u8, String, String);

impl Verify {
    /// Verifies everything in a directory; gives the worst code.
    pub(super) fn folder(&self, place: &Path, anchors: &[Chain], ui: Ui) -> Result<Found, Failure> {
        let named = [&self.sidecar, &self.attestation, &self.anchor];
        if named.iter().any(|named| named.is_some()) || !self.disclosure.is_empty() {
            return Err(Failure::new(format!(
                "{} is a directory, whose files are verified with what lies beside each",
                place.display()
            ))
            .help("name one file, to give it a credential, an attestation or an anchor"));
        }
        if self.replay {
            return Err(Failure::new(format!(
                "{} is a directory, and a run is done again",
                place.display()
            ))
            .help("name a run of this studio, which `daedal runs` lists, or an archive of one"));
        }
        if let Some(failure) = misnamed::unpacked(place) {
            return Err(failure);
        }
        let folder = verify::folder(place)?;
        let Folder {
            files, disclosures, ..
        } = &folder;
        let (mut worst, mut values, mut lines, mut hints) = (0, Vec::new(), Vec::new(), Vec::new());
        let mut add = |path: &Path, judged: Result<(Line, Value), &Failure>| {
            let ((code, word, detail), value) = judged.unwrap_or_else(|failure| {
                let failed = failed(path, failure);
                let detail = failed.value["error"].as_str().unwrap_or_default();
                let line = (failed.code, "not verified".to_owned(), detail.to_owned());
                (line, failed.value)
            });
            worst = verify::worse(worst, code);
            values.push(value);
            let shown = path.strip_prefix(place).unwrap_or(path).display();
            lines.push((code, word, shown.to_string(), detail));
        };
        let mut verified = verify::all(files, anchors);
        if let Some(url) = &self.rpc {
            block_on(async {
                let mut node = Node::at(url);
                for verified in verified.iter_mut().flatten() {
                    verified.confirm(&mut node).await?;
                }
                Ok(())
            })?;
        }
        for (file, verified) in files.iter().zip(&verified) {
            add(
                file,
                verified.as_ref().map(|verified| {
                    let hint = verified.hint(file);
                    hints.extend(hint.filter(|hint| !hints.contains(hint)));
                    let line = verify::line(&verified.verdict);
                    (line, verify::to_json(file, verified))
                }),
            );
        }
        for path in disclosures {
            let verdicts = verified.iter().flatten().flat_map(Verified::verdicts);
            // Nobody has named it in the command, so that it is no mistake in that.
            let judged = verify::disclosed_among(path, verdicts)
                .map_err(|failure| failure.exit(Exit::Incomplete.code()));
            add(
                path,
                judged
                    .as_ref()
                    .map(|judged| judged_disclosure(path, judged)),
            );
        }
        let around = verify::around(
            &folder,
            files
                .iter()
                .zip(&verified)
                .filter_map(|(file, verified)| Some((file.as_path(), verified.as_ref().ok()?))),
        );
        for (path, exit, detail) in &around.faults {
            let line = (exit.code(), exit.to_string(), detail.clone());
            let file = path.display().to_string();
            let value = json!({ "file": file, "code": exit.code(), "error": detail });
            add(path, Ok((line, value)));
        }
        let directory = place.display().to_string();
        values.push(json!({ "directory": directory, "code": worst, "notes": around.told() }));
        Ok(Found {
            code: worst,
            value: Value::Array(values),
            text: verify::table(place, &lines, &around, &hints, ui.quiet),
        })
    }
}

/// A disclosure, with the verdict of a file of its run.
pub(super) fn judged_disclosure(path: &Path, verdict: &Verdict) -> (Line, Value) {
    let (code, word, mut detail) = verify::line(verdict);
    let checks = verdict.checks.iter();
    let told = checks.rev().find(|check| check.name == "disclosure");
    if let Some(told) = told.filter(|_| matches!(code, 0 | 11 | 12)) {
        detail.clone_from(&told.detail);
    }
    let file = path.display().to_string();
    let value = json!({ "file": file, "verdict": verdict.exit, "disclosure": detail });
    ((code, word, detail), value)
}
