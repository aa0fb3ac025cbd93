//! The credential that lies beside a file.

use std::path::{Path, PathBuf};

use daedal_provenance::verify::Given;
use daedal_provenance::{Exit, Verdict, verify};

use super::read;
use crate::failure::Failure;

/// What lies beside a file as its credential.
#[derive(Default)]
pub(crate) struct Beside {
    /// The credential that the verdict is on, and where it lies; none where that stands inside.
    own: Option<(Vec<u8>, PathBuf)>,
    /// What is said of others: of another file's, or why it is one that was changed, whichever file it is of.
    others: Vec<Result<String, String>>,
    /// Where those of the others lie that were made for just this file.
    more: Vec<PathBuf>,
}

/// Where credentials lie beside a file: `poster.txt.c2pa` first, then `poster.c2pa`.
pub(super) fn places(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let appended = path.with_file_name(format!("{name}.c2pa"));
    [appended, path.with_extension("c2pa")]
        .into_iter()
        .filter(move |beside| beside != path && beside.is_file())
}

/// What a credential beside a file is.
enum Judged {
    /// It was made for just these bytes, by somebody who is recognised here or not.
    Made { recognised: bool },
    /// That of another file, or why it is one that was changed.
    Other(Result<String, String>),
}

/// The credentials beside a file, of which the bytes alone are `bare`. What lies beside a file that carries its own is
/// somebody else's, unless it was made for just these bytes, as of a picture that came with a credential and was passed on.
/// Anybody can make one: it takes the place of what is inside only if its signer is recognised, or if that tells of no run.
/// Of two, the one that was made for them counts; where neither was, the first is taken at its name.
pub(super) fn of(path: &Path, bare: &Given<'_>) -> Result<Beside, Failure> {
    let mut found = Vec::new();
    for place in places(path) {
        let bytes = read(&place)?;
        let judged = judged(&place, &bytes, bare);
        found.push((bytes, place, judged));
    }
    let made = |by_known: bool| {
        found.iter().position(|(.., judged)| {
            matches!(judged, Judged::Made { recognised } if *recognised || !by_known)
        })
    };
    let tells_of_none = || !found.is_empty() && verify(bare).exit == Exit::Incomplete;
    let own = made(true).or_else(|| tells_of_none().then(|| made(false).unwrap_or_default()));
    let own = own.map(|at| found.remove(at));
    let more = found.iter();
    let more = more.filter(|(.., judged)| matches!(judged, Judged::Made { .. }));
    let more = more.map(|(_, place, _)| place.clone()).collect();
    let told = |(_, place, judged): (_, PathBuf, Judged)| match judged {
        Judged::Made { .. } => Ok(format!(
            "{} was made for this file, too, and is not the credential that counts: nobody here knows who signed it",
            name_of(&place)
        )),
        Judged::Other(told) => told,
    };
    Ok(Beside {
        own: own.map(|(bytes, place, _)| (bytes, place)),
        others: found.into_iter().map(told).collect(),
        more,
    })
}

/// The credential beside a file that was made for just these bytes, and what is to be said of others.
pub(super) fn made_for(path: &Path, bare: &Given<'_>) -> (Option<Vec<u8>>, Vec<String>) {
    let mut told = Vec::new();
    for place in places(path) {
        let Ok(bytes) = read(&place) else {
            told.push(format!("{} can't be read as a credential", name_of(&place)));
            continue;
        };
        match judged(&place, &bytes, bare) {
            Judged::Made { .. } => return (Some(bytes), told),
            Judged::Other(Ok(other) | Err(other)) => told.push(other),
        }
    }
    (None, told)
}

fn name_of(place: &Path) -> String {
    let name = place.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn judged(place: &Path, bytes: &[u8], bare: &Given<'_>) -> Judged {
    let verdict = verify(&Given {
        sidecar: Some(bytes),
        ..*bare
    });
    let name = name_of(place);
    match (verdict.passed("credential"), verdict.passed("binding")) {
        (true, true) => Judged::Made {
            recognised: verdict.passed("signer"),
        },
        (true, false) => Judged::Other(Ok(format!("{name} is the credential of another file"))),
        (false, _) => {
            let mut checks = verdict.checks.iter();
            let why = checks.next().map_or("", |check| check.detail.as_str());
            Judged::Other(Err(format!(
                "{name} is a credential that was changed: {why}"
            )))
        }
    }
}

impl Beside {
    /// The credential that the user named.
    pub(super) fn named(bytes: Vec<u8>, place: &Path) -> Self {
        Self {
            own: Some((bytes, place.to_owned())),
            ..Self::default()
        }
    }

    /// The credential that the verdict is on, if it is this.
    pub(crate) fn own(&self) -> Option<&[u8]> {
        self.own.as_ref().map(|(bytes, _)| &bytes[..])
    }

    /// Where that lies.
    pub(super) fn place(&self) -> Option<PathBuf> {
        self.own.as_ref().map(|(_, place)| place.clone())
    }

    /// Where those of the others lie that were made for just this file.
    pub(super) fn others(&self) -> impl Iterator<Item = &Path> {
        self.more.iter().map(PathBuf::as_path)
    }

    /// Tells of the credentials that the verdict is not on.
    pub(crate) fn tell_others(&self, verdict: &mut Verdict) {
        for other in &self.others {
            verdict.beside(other.clone());
        }
    }

    /// Tells what of file and credentials the verdict is not on.
    pub(super) fn tell(&self, bare: &Given<'_>, verdict: &mut Verdict) {
        self.tell_others(verdict);
        if self.own.is_none() {
            return;
        }
        let inside = verify(bare);
        let Some(signer) = &inside.signer else {
            return;
        };
        let holds = inside.passed("credential") && inside.passed("binding");
        let name = signer.name.as_deref().unwrap_or("an unnamed signer");
        let detail = match holds {
            true => format!("the file came with a credential, said to be of {name}"),
            false => {
                format!("the file came with a credential that does not hold, said to be of {name}")
            }
        };
        verdict.inside(holds, detail);
    }
}
