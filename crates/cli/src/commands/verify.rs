//! `daedal verify`

use std::path::PathBuf;

use daedal_provenance::{Outcome, Verdict};
use serde_json::json;

use super::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::ui::Ui;
use crate::verify::{self, Named};

/// Checks where a file came from: its credential, its binding to the bytes, the run's receipts, its
/// anchor. All of it is done offline; with --rpc a node of the chain is asked about the anchor. Exit codes:
/// 0 fine, 10 tampered, 11 valid but the signer is not recognised here, 12 not anchored, 13 no
/// credential, or one that tells of no run, 14 fine but --rpc could not confirm the anchor.
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
    /// The proof of the run's anchor, when it is not beside the file
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Have this node of the anchor's chain confirm it (http or https); a studio's own is not asked by itself
    #[arg(long, value_name = "URL", value_parser = http_url)]
    rpc: Option<String>,
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
        let named = Named {
            sidecar: self.sidecar.as_deref(),
            attestation: self.attestation.as_deref(),
            anchor: self.anchor.as_deref(),
        };
        let mut verified = verify::with(&self.file, named, &anchors)?;
        if let Some(url) = &self.rpc {
            block_on(verified.confirm(url))?;
        }
        let verdict = &verified.verdict;
        let code = verdict.exit.code();
        let anchor = verified.anchor.as_ref().and_then(verify::Anchor::to_json);
        let value =
            json!({ "file": self.file, "code": code, "verdict": verdict, "anchor": anchor });
        let text = match ui.quiet {
            true => told_shortly(&self.file, verdict),
            false => told(&self.file, verdict),
        };
        ui.result(&value, &text);
        Ok(code)
    }
}

fn http_url(text: &str) -> Result<String, String> {
    let is_http = text.starts_with("http://") || text.starts_with("https://");
    is_http
        .then(|| text.to_owned())
        .ok_or_else(|| "expected an address such as https://node.example.org".to_owned())
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
