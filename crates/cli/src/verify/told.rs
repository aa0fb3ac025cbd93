//! Verdicts, for people and for programs.

use std::collections::BTreeSet;
use std::path::Path;

use daedal_core::intent::IntentKind;
use daedal_core::run::Moment;
use daedal_provenance::verdict::{Decision, Origin};
use daedal_provenance::{AnchorFault, Check, Exit, Outcome, Verdict};
use serde_json::{Value, json};

use super::{Anchor, Around, Verified, Votes, Whole};
use crate::decided::{told_elsewhere, words_of};
use crate::text::{count, foreign, moment};

/// A path as it is printed: whoever named the file gives no orders to the terminal by it.
pub(crate) fn shown_path(path: &Path) -> String {
    foreign(&path.display().to_string())
}

pub(crate) fn to_json(file: &Path, verified: &Verified) -> Value {
    if let Some(whole) = &verified.whole {
        let mut value = whole.to_json();
        value["file"] = json!(file.display().to_string());
        return value;
    }
    let anchor = verified.anchor.as_ref().and_then(Anchor::to_json);
    let votes = verified.votes.as_ref().and_then(Votes::to_json);
    json!({
        "file": file.display().to_string(), "code": verified.verdict.exit.code(), "verdict": verified.verdict,
        "anchor": anchor, "votes": votes, "hint": verified.hint(file),
    })
}

/// A line for each file (when quiet, for each that is not fine): verdict, name, and what decided it; then what lies
/// around them.
pub(crate) fn table(
    place: &Path,
    lines: &[(u8, String, String, String)],
    around: &Around,
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
        let (name, detail) = (foreign(name), foreign(detail));
        let line = format!("{word:<words$}  {name:<names$}  {detail}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let fine = lines.iter().filter(|line| line.0 == 0).count();
    let files = count(lines.len(), "file");
    text.push_str(&format!("{}: {fine} of {files} fine", shown_path(place)));
    if around.covered > 0 {
        text.push_str(&format!(
            "; {} more are credentials and records of theirs",
            around.covered
        ));
    }
    text.push('\n');
    let notes = match quiet {
        true => around.unseen.iter().collect(),
        false => around.told(),
    };
    for note in notes {
        text.push_str(&format!("{}\n", foreign(note)));
    }
    for hint in hints {
        text.push_str(&format!("help: {}\n", foreign(hint)));
    }
    text
}

/// Exit code, verdict in a word, and what decided it, or the title.
pub(crate) fn line(verdict: &Verdict) -> (u8, String, String) {
    let mut checks = verdict.checks.iter();
    let failed = checks.find(|check| check.outcome == Outcome::Failed);
    let title = verdict.title.as_ref();
    let title = title.map(|title| format!("“{}”", foreign(title)));
    let detail = failed.map(|check| format!("{}: {}", check.name, check.detail));
    let detail = detail.or(title).unwrap_or_default();
    (verdict.exit.code(), verdict.exit.to_string(), detail)
}

/// The verdict in a line, with what decided it.
pub(crate) fn told_shortly(file: &Path, verdict: &Verdict) -> String {
    let mut text = format!("{}: {}\n", shown_path(file), verdict.exit);
    let failed = |check: &&daedal_provenance::Check| check.outcome == Outcome::Failed;
    for check in verdict.checks.iter().filter(failed) {
        text.push_str(&check_line(check));
    }
    text
}

fn check_line(check: &Check) -> String {
    let mark = match check.outcome {
        Outcome::Passed => "✓",
        Outcome::Failed => "✗",
        Outcome::Noted => "!",
        Outcome::Skipped => "·",
    };
    format!("  {mark} {:<12} {}\n", check.name, foreign(&check.detail))
}

/// The verdict, for people.
pub(crate) fn told(file: &Path, verified: &Verified) -> String {
    let verdict = &verified.verdict;
    let mut text = format!("{}: {}\n", shown_path(file), verdict.exit);
    if let Some(title) = &verdict.title {
        text.push_str(&format!("  “{}”\n", foreign(title)));
    }
    verdict
        .checks
        .iter()
        .for_each(|check| text.push_str(&check_line(check)));
    if let Some(origin) = &verdict.origin {
        text.push_str(&format!(
            "  made by     {} ({}), run {}\n  by          {} with {}\n  oversight   {}\n",
            foreign(&origin.process),
            origin.bundle.short(),
            origin.run.short(),
            foreign(&origin.task),
            foreign(&origin.engine),
            words_of(origin.human_oversight),
        ));
        for decision in &origin.decisions {
            let task = decision
                .task
                .as_deref()
                .map(|task| format!(" ({})", foreign(task)));
            text.push_str(&format!(
                "  {:<11} {}{} at {}{}\n",
                did(decision.kind),
                if decision.by_contract {
                    "the contract "
                } else {
                    ""
                },
                decision.by,
                moment(Moment(decision.at.saturating_mul(1_000))),
                task.unwrap_or_default()
            ));
        }
        if let Some(governed) = &origin.governed {
            text.push_str(&format!(
                "  dials       {}: read from the chain, of work {} at block {} of eip155:{}\n",
                foreign(&governed.told()),
                governed.work,
                governed.block,
                governed.chain,
            ));
        }
        text.extend(verified.votes.as_ref().map(Votes::told));
    }
    text.extend(meaning(verdict, &[verdict]));
    if let Some(hint) = verified.hint(file) {
        text.push_str(&format!("help: {}\n", foreign(&hint)));
    }
    text
}

/// What somebody did who decided.
fn did(kind: IntentKind) -> &'static str {
    match kind {
        IntentKind::Author => "written by",
        IntentKind::Set => "set by",
        IntentKind::Choose => "chosen by",
        IntentKind::Approve => "approved by",
        IntentKind::Reject => "rejected by",
        IntentKind::Edit => "edited by",
        IntentKind::Vote => "voted by",
        IntentKind::Delegate => "let vote by",
    }
}

/// What the verdict on a file, or on a run of these files, comes to in words: what anyone can compute, what rests on
/// somebody's word, and what nobody says. Nothing where something was changed or is missing, or no run is told.
fn meaning(verdict: &Verdict, files: &[&Verdict]) -> Option<String> {
    let origins = files.iter().filter_map(|file| file.origin.as_ref());
    let origins: Vec<&Origin> = origins.collect();
    if origins.is_empty() || matches!(verdict.exit, Exit::Tampered | Exit::Incomplete) {
        return None;
    }
    let decisions = origins.iter().flat_map(|origin| &origin.decisions);
    let mut decisions: Vec<&Decision> = decisions.collect();
    if origins.len() > 1 {
        // One decision can lie on the way to several files.
        let mut known = BTreeSet::new();
        decisions.retain(|told| known.insert((told.kind, told.by, told.at, &told.task)));
    }
    let by_contracts = decisions.iter().filter(|told| told.by_contract).count();
    let by_keys = decisions.len() - by_contracts;
    let mut decisions = String::new();
    if by_keys > 0 {
        let told = count(by_keys, "decision");
        decisions = format!(", and {told} signed by keys of these accounts");
    }
    if by_contracts > 0 {
        let told = count(by_contracts, "decision");
        decisions.push_str(&format!(
            ", and by a node's word {told} that contracts accept"
        ));
    }
    let people = match origins.iter().any(|origin| origin.intents > 0) {
        false => "",
        true => ", or whose accounts decided",
    };
    let mut made = Vec::new();
    for marking in files.iter().filter_map(|file| file.marking.as_ref()) {
        let told = format!(", and that {}", marking.told);
        if !made.contains(&told) {
            made.push(told);
        }
    }
    let coverages = origins.iter().filter_map(|origin| origin.coverage);
    let hosted = match coverages.map(|coverage| coverage.attested).max() {
        Some(attested) if attested > 0 => format!("; {attested} of them nobody can do again"),
        _ => String::new(),
    };
    Some(format!(
        "  shown       that no byte was changed since it was sealed, and that the run's root holds its receipt{}{decisions}\n  \
         attested    by {} alone: that the tasks ran as the receipts say{hosted}{}\n  \
         not claimed who that is beyond the certificate{people}, that nothing was made and left out, or that what it tells is true\n",
        if origins.len() > 1 { "s" } else { "" },
        signers(verdict, files),
        made.concat(),
    ))
}

/// Who sealed a file, or a run and its files, and whoever else attested what their receipts say.
fn signers(verdict: &Verdict, files: &[&Verdict]) -> String {
    let all = || std::iter::once(verdict).chain(files.iter().copied());
    let sealers = all().filter_map(|verdict| verdict.signer.as_ref());
    let sealers = sealers.map(|signer| {
        let name = signer.name.as_deref();
        name.map_or_else(|| "whoever sealed it".to_owned(), foreign)
    });
    let attested = all().filter_map(|verdict| verdict.attested_by.as_deref());
    let mut named: Vec<String> = Vec::new();
    for name in sealers.chain(attested.map(foreign)) {
        if !named.contains(&name) {
            named.push(name);
        }
    }
    match named.is_empty() {
        true => "whoever sealed it".to_owned(),
        false => named.join(" and "),
    }
}

/// The verdict on a whole run, for people.
pub(crate) fn told_whole(title: &str, whole: &Whole, quiet: bool) -> String {
    let verdict = &whole.archive.verdict;
    let mut text = format!("{}: {}\n", foreign(title), verdict.exit);
    let shown = |check: &&Check| !quiet || check.outcome == Outcome::Failed;
    let checks = verdict.checks.iter().filter(shown);
    checks.for_each(|check| text.push_str(&check_line(check)));
    if quiet {
        return text;
    }
    // As of a single file: what is about something else says nothing of a run that owes none.
    let shown = [
        (
            "anchor",
            whole.anchor.as_ref().map(|anchor| &anchor.result),
            whole.owes_anchor(),
        ),
        (
            "votes",
            whole.votes.as_ref().map(|votes| &votes.result),
            false,
        ),
    ];
    for (name, result, is_due) in shown {
        let (mark, detail) = match result {
            None => continue,
            Some(Ok(detail)) => ('✓', detail),
            Some(Err(AnchorFault::Foreign(detail) | AnchorFault::Unproven(detail))) if !is_due => {
                ('!', detail)
            }
            Some(Err(
                AnchorFault::Foreign(detail)
                | AnchorFault::Broken(detail)
                | AnchorFault::Unproven(detail)
                | AnchorFault::Denied(detail)
                | AnchorFault::Unconfirmed(detail),
            )) => ('✗', detail),
        };
        text.push_str(&format!("  {mark} {name:<12} {}\n", foreign(detail)));
    }
    text.extend(whole.votes.as_ref().map(Votes::told));
    if let Some(oversight) = whole.oversight() {
        text.push_str(&format!("  oversight   {}\n", oversight.told()));
    }
    match whole.elsewhere() {
        0 => {}
        decisions => text.push_str(&format!("  elsewhere   {}\n", told_elsewhere(decisions))),
    }
    for (name, verdict) in &whole.archive.assets {
        let title = verdict.title.as_ref();
        let title = title.map(|title| format!("  “{}”", foreign(title)));
        text.push_str(&format!(
            "    {}: {}{}\n",
            foreign(name),
            verdict.exit,
            title.unwrap_or_default()
        ));
    }
    let files: Vec<&Verdict> = whole.files().collect();
    text.extend(meaning(&whole.archive.verdict, &files));
    if let Some(hint) = whole.hint() {
        text.push_str(&format!("help: {}\n", foreign(&hint)));
    }
    text
}
