//! `daedal verify`

use std::path::PathBuf;

use daedal_provenance::{Outcome, Verdict};
use serde_json::json;

use super::Common;
use crate::failure::Failure;
use crate::home::Home;
use crate::ui::Ui;
use crate::verify;

/// Checks where a file came from: its credential, its binding to the bytes, the run's receipts. All of
/// it is done offline. Exit codes: 0 fine, 10 tampered, 11 valid but the signer is not recognised
/// here, 12 not anchored, 13 no credential, or one that tells of no run.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The file
    file: PathBuf,
    /// The credential, when it is not in the file or beside it
    #[arg(long, value_name = "FILE")]
    sidecar: Option<PathBuf>,
    /// The attestation of the run, when it is not beside the file
    #[arg(long, value_name = "FILE")]
    attestation: Option<PathBuf>,
    /// Recognise this certificate chain (PEM) too
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
}

impl Verify {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        // Only the studio that the user is in, or names, is recognised: a studio that came along with
        // the file could be anybody's.
        let home = match Home::find(common) {
            Ok(home) => Some(home),
            Err(failure) if common.studio.is_some() => return Err(failure),
            Err(_) => None,
        };
        let mut anchors = verify::authorities(home.as_ref())?;
        for path in &self.trust {
            anchors.push(verify::chain(path)?);
        }
        let (sidecar, attestation) = (self.sidecar.as_deref(), self.attestation.as_deref());
        let verdict = verify::with(&self.file, sidecar, attestation, &anchors)?;
        let code = verdict.exit.code();
        let value = json!({ "file": self.file, "code": code, "verdict": verdict });
        let text = match ui.quiet {
            true => told_shortly(&self.file, &verdict),
            false => told(&self.file, &verdict),
        };
        ui.result(&value, &text);
        Ok(code)
    }
}

/// The verdict in a line, with what decided it.
fn told_shortly(file: &std::path::Path, verdict: &Verdict) -> String {
    let mut text = format!("{}: {}\n", file.display(), verdict.exit);
    let failed = |check: &&daedal_provenance::Check| check.outcome == Outcome::Failed;
    for check in verdict.checks.iter().filter(failed) {
        text.push_str(&format!("  ✗ {:<12} {}\n", check.name, check.detail));
    }
    text
}

/// The verdict, for people.
fn told(file: &std::path::Path, verdict: &Verdict) -> String {
    let mut text = format!("{}: {}\n", file.display(), verdict.exit);
    if let Some(title) = &verdict.title {
        text.push_str(&format!("  “{title}”\n"));
    }
    for check in &verdict.checks {
        let mark = match check.outcome {
            Outcome::Passed => "✓",
            Outcome::Failed => "✗",
            Outcome::Noted => "!",
            Outcome::Skipped => "·",
        };
        text.push_str(&format!("  {mark} {:<12} {}\n", check.name, check.detail));
    }
    if let Some(origin) = &verdict.origin {
        let oversight = serde_json::to_value(origin.human_oversight).unwrap_or_default();
        text.push_str(&format!(
            "  made by     {} ({}), run {}\n  by          {} with {}\n  oversight   {}\n",
            origin.process,
            origin.bundle.short(),
            origin.run.short(),
            origin.task,
            origin.engine,
            oversight.as_str().unwrap_or_default().replace('_', " "),
        ));
    }
    text
}
