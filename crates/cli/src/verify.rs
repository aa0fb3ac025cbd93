//! Verifying a file with whatever lies beside it.

use std::path::{Path, PathBuf};

use daedal_core::Digest;
use daedal_core::asset::media_type_of;
use daedal_provenance::chain::Chain;
use daedal_provenance::container::is_credential;
use daedal_provenance::verify::{Given, attested_run, verify};
use daedal_provenance::{Exit, Keys, Verdict};

use crate::failure::Failure;
use crate::home::Home;

/// Largest file that is verified.
const FILE_BYTES_MAX: u64 = 4 << 30;

/// Verifies the file at `path`, with the sidecar and the attestation that lie beside it. The
/// certificates of the studio at `home` are recognised.
pub(crate) fn file(path: &Path, home: Option<&Home>) -> Result<Verdict, Failure> {
    with(path, None, None, &authorities(home)?)
}

/// The same, with a sidecar and an attestation from elsewhere.
pub(crate) fn with(
    path: &Path,
    sidecar: Option<&Path>,
    attestation: Option<&Path>,
    anchors: &[Chain],
) -> Result<Verdict, Failure> {
    let bytes = read(path)?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let bare = Given {
        file: &bytes,
        media_type: Some(media_type_of(&name)),
        sidecar: None,
        attestation: None,
        anchors,
    };
    let sidecar = match sidecar {
        Some(given) => Some(credential(given)?),
        // What lies beside a file that carries its own credential is somebody else's.
        None if verify(&bare).exit != Exit::Incomplete => None,
        None => sidecar_of(path).map(|beside| read(&beside)).transpose()?,
    };
    let given = Given {
        sidecar: sidecar.as_deref(),
        ..bare
    };
    let verdict = verify(&given);
    let run = verdict.origin.as_ref().map(|origin| origin.run);
    let attestation = match (attestation, run) {
        (Some(named), run) => Some(attestation_in(named, run)?),
        (None, Some(run)) => attestation_of(path, &run)
            .map(|beside| read(&beside))
            .transpose()?,
        (None, None) => None,
    };
    Ok(match &attestation {
        Some(attestation) => verify(&Given {
            attestation: Some(attestation),
            ..given
        }),
        None => verdict,
    })
}

/// A credential that the user named.
fn credential(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read(path)?;
    if is_credential(&bytes) {
        return Ok(bytes);
    }
    Err(
        Failure::new(format!("{} is no credential", path.display())).help(
            "name the .c2pa file that was published with the file; files that can carry their \
             credential need none",
        ),
    )
}

/// An attestation that the user named, of the run that the file is of. A damaged one is left to the verdict.
fn attestation_in(path: &Path, run: Option<Digest>) -> Result<Vec<u8>, Failure> {
    let bytes = read(path)?;
    let problem = match (attested_run(&bytes), run) {
        (Ok(None), _) => "is no attestation of a run".to_owned(),
        (Ok(Some(other)), Some(run)) if other != run => format!(
            "attests run {}, and the file is of run {}",
            other.short(),
            run.short()
        ),
        _ => return Ok(bytes),
    };
    let help = match run {
        Some(run) => format!(
            "name the file that was published with it: {}",
            attestation_name(&run)
        ),
        None => "name the RUN.attestation.json that was published with the file".to_owned(),
    };
    Err(Failure::new(format!("{} {problem}", path.display())).help(help))
}

/// The certificates that are recognised in a studio: its own, and one that its settings name.
pub(crate) fn authorities(home: Option<&Home>) -> Result<Vec<Chain>, Failure> {
    let Some(home) = home else {
        return Ok(Vec::new());
    };
    let mut chains = Vec::new();
    let keys = Keys::at(home.keys());
    if keys.exist() {
        chains.push(
            keys.chain()
                .map_err(|error| Failure::new(error.to_string()))?,
        );
    }
    if let Some(certificate) = &home.settings.account.certificate {
        chains.push(chain(&home.root.join(certificate))?);
    }
    Ok(chains)
}

/// Reads a certificate chain.
pub(crate) fn chain(path: &Path) -> Result<Chain, Failure> {
    Chain::from_pem(&read(path)?).map_err(|error| {
        Failure::because(
            format!("{} is no certificate chain", path.display()),
            &error,
        )
        .help("expected certificates in PEM, the signing one first")
    })
}

/// The files of the site at `site` with these bytes.
pub(crate) fn find_published(site: &Path, digest: &Digest) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![site.join("media")];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if std::fs::read(&path).is_ok_and(|bytes| Digest::of(&bytes) == *digest) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The credential beside a file: `poster.c2pa` or `poster.txt.c2pa`.
fn sidecar_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let appended = path.with_file_name(format!("{name}.c2pa"));
    [appended, path.with_extension("c2pa")]
        .into_iter()
        .find(|beside| beside != path && beside.is_file())
}

/// The attestation beside a file, as the site names it.
fn attestation_of(path: &Path, run: &Digest) -> Option<PathBuf> {
    let beside = path.with_file_name(attestation_name(run));
    beside.is_file().then_some(beside)
}

fn attestation_name(run: &Digest) -> String {
    format!("{}.attestation.json", &run.to_string()[..16])
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::because(format!("{} can't be read", path.display()), error)
    };
    let size = std::fs::metadata(path)
        .map_err(|error| failed(&error))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(Failure::new(format!(
            "{} has {size} bytes, more than the limit of {FILE_BYTES_MAX}",
            path.display()
        )));
    }
    std::fs::read(path).map_err(|error| failed(&error))
}
