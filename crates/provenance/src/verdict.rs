//! What came of verifying a file.

use std::fmt;

use daedal_core::Digest;
use serde::Serialize;

use crate::made_of::MadeOf;
use crate::marked::{Marking, Told};

pub use crate::origin::{Decision, Origin};
pub use crate::recorded::Coverage;

/// Name of the check that tells of the anchor.
pub(crate) const ANCHOR: &str = "anchor";

/// Name of the check that tells of the votes behind the dials of a run.
pub(crate) const VOTES: &str = "votes";

/// What came of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It doesn't, which decides the verdict.
    Failed,
    /// It doesn't, which doesn't decide the verdict.
    Noted,
    /// What it needs wasn't given.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name, such as `binding`.
    pub name: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// One sentence for a person.
    pub detail: String,
    /// What it means for the verdict, if it failed.
    #[serde(skip)]
    means: Exit,
}

/// The verdict in one word; its number is the exit code of `daedal verify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// Everything that was looked at holds.
    Fine = 0,
    /// Something was changed after it was sealed.
    Tampered = 10,
    /// Nothing was changed, but who sealed it isn't known here.
    Untrusted = 11,
    /// The run should be anchored on chain, and no anchor was shown.
    Unanchored = 12,
    /// There is no credential, or it doesn't tell of a run.
    Incomplete = 13,
    /// Everything holds offline, but the node that was asked about what is on its chain did not confirm it.
    Unconfirmed = 14,
    /// Nothing was changed, but a task that gives the same again gave something else.
    Differs = 15,
}

impl Exit {
    /// The process exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fine => "fine",
            Self::Tampered => "tampered",
            Self::Untrusted => "valid, unrecognised signer",
            Self::Unanchored => "valid, not anchored",
            Self::Incomplete => "incomplete",
            Self::Unconfirmed => "fine, not confirmed",
            Self::Differs => "differs when it is made again",
        })
    }
}

/// Why an anchor that was given doesn't show that the file's run is anchored; or votes, that they decided its dials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorFault {
    /// It is about another run, another chain or nothing at all, which says nothing about the file.
    Foreign(String),
    /// It is about the file's run, and was changed.
    Broken(String),
    /// It stands by itself, and nothing shows that its block is there, or who should have anchored: no more than a claim.
    Unproven(String),
    /// A node of the chain says that the chain has no such anchor.
    Denied(String),
    /// It stands offline, and the node that was asked can't confirm it.
    Unconfirmed(String),
}

/// Why the log of a run shows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFault {
    /// It tells the run otherwise than the receipts.
    Otherwise(String),
    /// It can't be read here, as one of another version of the program.
    Unread(String),
}

/// Who sealed a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sealer {
    /// Common name of the certificate.
    pub name: Option<String>,
    /// Organisation that the certificate was issued by.
    pub issuer: Option<String>,
    /// Whether it leads to an anchor that the caller trusts.
    pub trusted: bool,
    /// Whether the certificate has expired, or is not valid yet, so that it counts for nobody.
    pub expired: bool,
}

/// What came of verifying a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// In one word.
    pub exit: Exit,
    /// Everything that was looked at, in order.
    pub checks: Vec<Check>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// What the credential calls the file.
    pub title: Option<String>,
    /// Who sealed it.
    pub signer: Option<Sealer>,
    /// What it was made of, by its credential.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ingredients: Vec<MadeOf>,
    /// What kind of process gave it, by its credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marking: Option<Marking>,
    /// Whom the certificate of the run's attestation names, where that is another than the credential's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested_by: Option<String>,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// What the credential says was done.
    #[serde(skip)]
    pub(crate) told: Told,
}

impl Verdict {
    pub(crate) fn new(file: &[u8]) -> Self {
        Self {
            exit: Exit::Fine,
            checks: Vec::new(),
            sha256: Digest::of(file),
            title: None,
            signer: None,
            ingredients: Vec::new(),
            marking: None,
            attested_by: None,
            origin: None,
            told: Told::default(),
        }
    }

    /// Reports the anchor that was given, in the place of what was said without one. One that stands passes: what
    /// `result` says of it is told.
    pub fn anchored(&mut self, result: Result<String, AnchorFault>) {
        let is_due = self.origin.as_ref().is_some_and(|origin| origin.is_due);
        self.shown(ANCHOR, is_due, Exit::Unanchored, result);
    }

    /// Reports the proof of the votes that decided dials of the run, in the place of what was said without one. One that
    /// stands passes: what `result` says of it is told. What a node denies is no proof of these votes, as little as one
    /// that was changed.
    pub fn votes(&mut self, result: Result<String, AnchorFault>) {
        self.shown(VOTES, false, Exit::Tampered, result);
    }

    fn shown(
        &mut self,
        name: &'static str,
        is_due: bool,
        denied: Exit,
        result: Result<String, AnchorFault>,
    ) {
        let mut checks = self.checks.iter_mut();
        let Some(check) = checks.find(|check| check.name == name) else {
            return;
        };
        let (outcome, means, detail) = match result {
            Ok(detail) => (Outcome::Passed, Exit::Fine, detail),
            // What is about something else says nothing about a file that owes none.
            Err(AnchorFault::Foreign(detail) | AnchorFault::Unproven(detail)) if !is_due => {
                (Outcome::Noted, Exit::Fine, detail)
            }
            Err(
                AnchorFault::Foreign(detail)
                | AnchorFault::Unproven(detail)
                | AnchorFault::Denied(detail),
            ) => (Outcome::Failed, denied, detail),
            Err(AnchorFault::Broken(detail)) => (Outcome::Failed, Exit::Tampered, detail),
            Err(AnchorFault::Unconfirmed(detail)) => (Outcome::Failed, Exit::Unconfirmed, detail),
        };
        *check = Check {
            name,
            outcome,
            detail,
            means,
        };
        self.exit = self.decided();
    }

    /// Reports a credential beside the file that is not the one the verdict is on: what is said of another's, or why it is one
    /// of this file that was changed.
    pub fn beside(&mut self, result: Result<String, String>) {
        match result {
            Ok(detail) => self.note("beside", Outcome::Noted, detail),
            // Before what lacks for the verdict that takes its place.
            Err(detail) => {
                let check = Check {
                    name: "beside",
                    outcome: Outcome::Failed,
                    detail,
                    means: Exit::Tampered,
                };
                self.checks.insert(0, check);
                self.exit = self.decided();
            }
        }
    }

    /// Reports the credential that a file has inside, where the verdict is on the one beside it.
    pub fn inside(&mut self, holds: bool, detail: String) {
        let outcome = match holds {
            true => Outcome::Passed,
            false => Outcome::Noted,
        };
        self.note("inside", outcome, detail);
    }

    /// Whether a check of this name was made and holds.
    #[must_use]
    pub fn passed(&self, name: &str) -> bool {
        let mut checks = self.checks.iter();
        checks.any(|check| check.name == name && check.outcome == Outcome::Passed)
    }

    /// Takes back what was said of something, which is looked at again.
    pub(crate) fn forget(&mut self, name: &str) {
        self.checks.retain(|check| check.name != name);
        self.exit = self.decided();
    }

    /// Reports what the log of a run tells, beside its receipts; an error that it is another run, or else that it could not
    /// be compared here.
    pub fn log(&mut self, result: Result<String, LogFault>) {
        let result = match result {
            Err(LogFault::Unread(detail)) => return self.note("log", Outcome::Noted, detail),
            Err(LogFault::Otherwise(detail)) => Err(detail),
            Ok(detail) => Ok(detail),
        };
        self.judge("log", Exit::Tampered, result);
    }

    /// Reports what came of carrying out the tasks of the run again.
    pub fn replayed(&mut self, outcome: Outcome, detail: String) {
        if outcome == Outcome::Failed {
            self.judge("replay", Exit::Differs, Err(detail));
        } else {
            self.note("replay", outcome, detail);
        }
    }

    /// Reports why the archive that a file was to be made again from is not that of its run.
    pub fn bundle(&mut self, problem: String) {
        self.judge("bundle", Exit::Tampered, Err(problem));
    }

    /// Reports a decision that was disclosed: what `result` says of it is told.
    pub fn disclosed(&mut self, result: Result<String, String>) {
        self.judge("disclosure", Exit::Tampered, result);
    }

    pub(crate) fn note(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>) {
        self.checks.push(Check {
            name,
            outcome,
            detail: detail.into(),
            means: Exit::Fine,
        });
    }

    /// Records a check that holds or decides the verdict; an earlier, worse verdict stands.
    pub(crate) fn judge(
        &mut self,
        name: &'static str,
        exit: Exit,
        result: Result<String, String>,
    ) -> bool {
        let (outcome, means, detail) = match result {
            Ok(detail) => (Outcome::Passed, Exit::Fine, detail),
            Err(detail) => (Outcome::Failed, exit, detail),
        };
        self.checks.push(Check {
            name,
            outcome,
            detail,
            means,
        });
        self.exit = self.decided();
        outcome == Outcome::Passed
    }

    /// Tampered, incomplete and different are about the file itself, and come before everything else. Within each of
    /// the two kinds: first come, first told.
    fn decided(&self) -> Exit {
        let is_grave =
            |exit: &Exit| matches!(exit, Exit::Tampered | Exit::Incomplete | Exit::Differs);
        let mut means = self.checks.iter().map(|check| check.means);
        let grave = means.clone().find(is_grave);
        let other = means.find(|exit| *exit != Exit::Fine);
        grave.or(other).unwrap_or(Exit::Fine)
    }
}
