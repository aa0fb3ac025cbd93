//! `daedal verify`

use std::path::{Path, PathBuf};

use daedal_provenance::chain::Chain;
use daedal_provenance::{Outcome, Verdict};
use serde_json::{Value, json};

use super::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::ui::Ui;
use crate::verify::{self, Folder, Named, Verified};

/// Checks where a file came from: its credential, its binding to the bytes, the run's receipts, its
/// anchor. All of it is done offline; with --rpc a node of the chain is asked about the anchor. Exit codes:
/// 0 fine, 10 tampered, 11 valid but the signer is not recognised here, 12 not anchored, 13 no
/// credential, or one that tells of no run, 14 fine but --rpc could not confirm the anchor. Of a directory,
/// the worst of its files.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The file, or a directory: of a studio or a site what it published, of any other every file
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
        if self.file.is_dir() {
            return self.folder(&anchors, ui);
        }
        let verified = self.one(&self.file, named, &anchors)?;
        let verdict = &verified.verdict;
        let text = match ui.quiet {
            true => told_shortly(&self.file, verdict),
            false => told(&self.file, &verified),
        };
        ui.result(&to_json(&self.file, &verified), &text);
        Ok(verdict.exit.code())
    }

    fn one(&self, file: &Path, named: Named<'_>, anchors: &[Chain]) -> Result<Verified, Failure> {
        let mut verified = verify::with(file, named, anchors)?;
        if let Some(url) = &self.rpc {
            block_on(verified.confirm(url))?;
        }
        Ok(verified)
    }

    /// Verifies everything in a directory; gives the worst code.
    fn folder(&self, anchors: &[Chain], ui: Ui) -> Result<u8, Failure> {
        if self.sidecar.is_some() || self.attestation.is_some() || self.anchor.is_some() {
            return Err(Failure::new(format!(
                "{} is a directory, whose files are verified with what lies beside each",
                self.file.display()
            ))
            .help("name one file, to give it a credential, an attestation or an anchor"));
        }
        let Folder { files, beside } = verify::folder(&self.file)?;
        let (mut worst, mut values, mut lines, mut hints) = (0, Vec::new(), Vec::new(), Vec::new());
        for file in &files {
            let shown = file.strip_prefix(&self.file).unwrap_or(file).display();
            let (code, word, detail) = match self.one(file, Named::default(), anchors) {
                Ok(verified) => {
                    values.push(to_json(file, &verified));
                    let hint = verified.hint(file);
                    hints.extend(hint.filter(|hint| !hints.contains(hint)));
                    let verdict = &verified.verdict;
                    let mut checks = verdict.checks.iter();
                    let failed = checks.find(|check| check.outcome == Outcome::Failed);
                    let title = verdict.title.as_ref().map(|title| format!("“{title}”"));
                    let detail = failed.map(|check| format!("{}: {}", check.name, check.detail));
                    let detail = detail.or(title).unwrap_or_default();
                    (verdict.exit.code(), verdict.exit.to_string(), detail)
                }
                Err(failure) => {
                    let mut value = failure.to_json();
                    value["file"] = json!(file);
                    value["code"] = json!(failure.exit_code());
                    let detail = value["error"].as_str().unwrap_or_default().to_owned();
                    values.push(value);
                    (failure.exit_code(), "not verified".to_owned(), detail)
                }
            };
            worst = verify::worse(worst, code);
            lines.push((code, word, shown.to_string(), detail));
        }
        ui.result(
            &Value::Array(values),
            &table(&self.file, &lines, beside, &hints, ui.quiet),
        );
        Ok(worst)
    }
}

pub(super) fn to_json(file: &Path, verified: &Verified) -> Value {
    let anchor = verified.anchor.as_ref().and_then(verify::Anchor::to_json);
    json!({
        "file": file, "code": verified.verdict.exit.code(), "verdict": verified.verdict,
        "anchor": anchor, "hint": verified.hint(file),
    })
}

/// A line for each file (when quiet, for each that is not fine): verdict, name, and what decided it.
fn table(
    place: &Path,
    lines: &[(u8, String, String, String)],
    beside: usize,
    hints: &[String],
    quiet: bool,
) -> String {
    let shown: Vec<_> = lines.iter().filter(|line| !quiet || line.0 != 0).collect();
    let width = |text: fn(&(u8, String, String, String)) -> &str| {
        let widths = shown.iter().map(|line| text(line).chars().count());
        widths.max().unwrap_or_default()
    };
    let (words, names) = (width(|line| &line.1), width(|line| &line.2));
    let mut text = String::new();
    for (_, word, name, detail) in &shown {
        let line = format!("{word:<words$}  {name:<names$}  {detail}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let fine = lines.iter().filter(|line| line.0 == 0).count();
    let files = crate::text::count(lines.len(), "file");
    text.push_str(&format!("{}: {fine} of {files} fine", place.display()));
    if beside > 0 {
        text.push_str(&format!(
            "; {beside} more are credentials, records and small pictures of theirs"
        ));
    }
    text.push('\n');
    for hint in hints {
        text.push_str(&format!("help: {hint}\n"));
    }
    text
}

fn http_url(text: &str) -> Result<String, String> {
    let is_http = text.starts_with("http://") || text.starts_with("https://");
    is_http
        .then(|| text.to_owned())
        .ok_or_else(|| "expected an address such as https://node.example.org".to_owned())
}

/// The verdict in a line, with what decided it.
fn told_shortly(file: &Path, verdict: &Verdict) -> String {
    let mut text = format!("{}: {}\n", file.display(), verdict.exit);
    let failed = |check: &&daedal_provenance::Check| check.outcome == Outcome::Failed;
    for check in verdict.checks.iter().filter(failed) {
        text.push_str(&format!("  ✗ {:<12} {}\n", check.name, check.detail));
    }
    text
}

/// The verdict, for people.
pub(super) fn told(file: &Path, verified: &Verified) -> String {
    let verdict = &verified.verdict;
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
        if let Some(governed) = &origin.governed {
            text.push_str(&format!(
                "  by vote     {}: of work {} at block {} of eip155:{}\n",
                governed.told(),
                governed.work,
                governed.block,
                governed.chain,
            ));
        }
    }
    if let Some(hint) = verified.hint(file) {
        text.push_str(&format!("help: {hint}\n"));
    }
    text
}
