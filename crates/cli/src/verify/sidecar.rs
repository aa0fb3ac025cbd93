//! The credential that lies beside a file.

use std::path::{Path, PathBuf};

use daedal_provenance::verify::Given;
use daedal_provenance::{Exit, Verdict, verify};

use super::read;
use crate::failure::Failure;

/// What lies beside a file as its credential.
pub(super) enum Beside {
    /// Nothing.
    Nothing,
    /// The credential that the verdict is on.
    Own(Vec<u8>),
    /// One of another file: what this one is stands inside.
    Another(String),
    /// One that was changed, whichever file it is of.
    Changed(String),
}

/// Where a credential lies beside a file, `poster.c2pa` or `poster.txt.c2pa`, if one does.
pub(super) fn place(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let appended = path.with_file_name(format!("{name}.c2pa"));
    [appended, path.with_extension("c2pa")]
        .into_iter()
        .find(|beside| beside != path && beside.is_file())
}

/// The credential beside a file, of which the bytes alone are `bare`. What lies beside a file that carries its own is
/// somebody else's, unless it was made for just these bytes, as of a picture that came with a credential and was passed on.
pub(super) fn of(path: &Path, bare: &Given<'_>) -> Result<Beside, Failure> {
    let Some(place) = place(path) else {
        return Ok(Beside::Nothing);
    };
    let bytes = read(&place)?;
    if verify(bare).exit == Exit::Incomplete {
        return Ok(Beside::Own(bytes));
    }
    let verdict = verify(&Given {
        sidecar: Some(&bytes),
        ..*bare
    });
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    Ok(
        if verdict.passed("credential") && verdict.passed("binding") {
            Beside::Own(bytes)
        } else if verdict.passed("credential") {
            Beside::Another(format!("{name} is the credential of another file"))
        } else {
            let mut checks = verdict.checks.iter();
            let why = checks.next().map_or("", |check| check.detail.as_str());
            Beside::Changed(format!("{name} is a credential that was changed: {why}"))
        },
    )
}

impl Beside {
    /// The credential that the verdict is on, if it is this.
    pub(super) fn own(&self) -> Option<&[u8]> {
        match self {
            Self::Own(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Tells what of file and credential the verdict is not on.
    pub(super) fn tell(&self, bare: &Given<'_>, verdict: &mut Verdict) {
        match self {
            Self::Nothing => {}
            Self::Another(detail) => verdict.beside(Ok(detail.clone())),
            Self::Changed(detail) => verdict.beside(Err(detail.clone())),
            Self::Own(_) => {
                let inside = verify(bare);
                let Some(signer) = &inside.signer else {
                    return;
                };
                let holds = inside.passed("credential") && inside.passed("binding");
                let name = signer.name.as_deref().unwrap_or("an unnamed signer");
                let detail = match holds {
                    true => format!("the file came with a credential, said to be of {name}"),
                    false => format!(
                        "the file came with a credential that does not hold, said to be of {name}"
                    ),
                };
                verdict.inside(holds, detail);
            }
        }
    }
}
