//! Verifying a file with whatever lies beside it.

mod anchor;
mod archive;
mod around;
mod contracts;
mod coverage;
mod disclosed;
mod each;
mod folder;
mod hint;
pub(crate) mod misnamed;
mod node;
mod reading;
mod recognised;
mod records;
mod replay;
mod sidecar;
mod told;
mod votes;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_core::Digest;
use daedal_core::asset::media_type_of;
use daedal_provenance::chain::Chain;
use daedal_provenance::collection::is_archive;
use daedal_provenance::container::is_credential;
use daedal_provenance::verdict::Origin;
use daedal_provenance::verdict::Outcome;
use daedal_provenance::verify::{Given, Recorded, look};
use daedal_provenance::{Exit, Verdict};

use crate::failure::{Failure, exit};
use crate::home::Home;

pub(crate) use anchor::Given as Anchor;
pub(crate) use archive::{Whole, archive, kept};
pub(crate) use around::{Around, around};
pub(crate) use disclosed::{disclosed, disclosed_among};
pub(crate) use each::all;
pub(crate) use folder::{Fault, Folder, folder};
pub(crate) use node::Node;
pub(crate) use reading::read;
use reading::{read_up_to, too_large};
pub(crate) use recognised::{authorities, chain};
pub(crate) use records::Records;
pub(crate) use replay::{Replayed, Scene};
pub(crate) use sidecar::Beside;
pub(crate) use told::{line, shown_path, table, to_json, told, told_shortly, told_whole};
pub(crate) use votes::Given as Votes;

/// Largest `anchor.json`: a path of 64 nodes, a transaction and a header are some ten thousand bytes.
const ANCHOR_BYTES_MAX: u64 = 1 << 20;

/// What the user named, in the place of what lies beside the file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Named<'a> {
    pub(crate) sidecar: Option<&'a Path>,
    pub(crate) attestation: Option<&'a Path>,
    pub(crate) anchor: Option<&'a Path>,
}

/// A verdict, and the anchor that it took into account.
pub(crate) struct Verified {
    pub(crate) verdict: Verdict,
    pub(crate) anchor: Option<Anchor>,
    /// The votes on the dials of its run that it took into account.
    pub(crate) votes: Option<Votes>,
    /// The attestation that it took into account.
    pub(crate) attestation: Option<Arc<Recorded>>,
    /// Where credential, attestation and receipts lie that it took into account.
    pub(crate) read: Vec<PathBuf>,
    /// The run, where it is the archive of one.
    whole: Option<Box<Whole>>,
}

/// The worse of two exit codes: first those that are about the file itself, then the others.
pub(crate) fn worse(one: u8, other: u8) -> u8 {
    const ORDER: [u8; 8] = [0, 14, 11, 12, 13, 15, exit::USER, 10];
    let rank = |code: &u8| ORDER.iter().position(|known| known == code);
    std::cmp::max_by_key(one, other, rank)
}

/// Verifies the file at `path`, with the sidecar, the attestation and the anchor that lie beside it. The
/// certificates of the studio at `home` are recognised.
pub(crate) fn file(path: &Path, home: Option<&Home>) -> Result<Verdict, Failure> {
    let records = Records::default();
    Ok(with(path, Named::default(), &authorities(home)?, &records)?.verdict)
}

/// The same, with some of them from elsewhere, and with records that were read for other files.
pub(crate) fn with(
    path: &Path,
    named: Named<'_>,
    anchors: &[Chain],
    records: &Records,
) -> Result<Verified, Failure> {
    of(path, &read(path)?, named, anchors, records)
}

/// Looks at the credentials that were made for a file and are not the one that its verdict is on, each with what belongs to it:
/// nobody has to count them, and what is wrong with them is told.
fn others(
    path: &Path,
    bytes: &[u8],
    beside: &Beside,
    anchors: &[Chain],
    records: &Records,
    verified: &mut Verified,
) -> Result<(), Failure> {
    for place in beside.others() {
        let named = Named {
            sidecar: Some(place),
            ..Named::default()
        };
        let other = of(path, bytes, named, anchors, records)?;
        verified.read.extend(other.read);
        let mut checks = other.verdict.checks.iter();
        let fault = checks.find(|check| check.outcome == Outcome::Failed);
        if let (Exit::Tampered, Some(fault)) = (other.verdict.exit, fault) {
            let name = place.file_name().unwrap_or_default().to_string_lossy();
            let detail = format!("{name} does not hold: {}", fault.detail);
            verified.verdict.beside(Err(detail));
        }
    }
    Ok(())
}

/// What lies beside a file that is the archive of a run; none if it isn't, or if another run passed it on as a file like
/// others.
pub(crate) fn of_archive(
    path: &Path,
    bytes: &[u8],
    anchors: &[Chain],
) -> Result<Option<Beside>, Failure> {
    if !is_archive(bytes) {
        return Ok(None);
    }
    let beside = sidecar::of(path, &bare(path, bytes, anchors))?;
    Ok(beside.own().is_none().then_some(beside))
}

/// The credential beside a file that was made for just these bytes, and what is to be said of others there.
pub(crate) fn made_for(path: &Path, bytes: &[u8]) -> (Option<Vec<u8>>, Vec<String>) {
    sidecar::made_for(path, &bare(path, bytes, &[]))
}

/// What is known of a file by itself.
fn bare<'g>(path: &Path, bytes: &'g [u8], anchors: &'g [Chain]) -> Given<'g> {
    let name = path.file_name().unwrap_or_default();
    Given {
        file: bytes,
        media_type: Some(media_type_of(&name.to_string_lossy())),
        sidecar: None,
        anchors,
        ..Given::default()
    }
}

fn of(
    path: &Path,
    bytes: &[u8],
    named: Named<'_>,
    anchors: &[Chain],
    records: &Records,
) -> Result<Verified, Failure> {
    if let Some(failure) = misnamed::refused(path, bytes) {
        return Err(failure);
    }
    let bare = bare(path, bytes, anchors);
    let sidecar = match named.sidecar {
        Some(given) => Beside::named(credential(given)?, given),
        None => sidecar::of(path, &bare)?,
    };
    let given = Given {
        sidecar: sidecar.own(),
        ..bare
    };
    let looked = look(&given);
    let run = looked.run();
    let attestation = match (named.attestation, run) {
        (Some(named), run) => Some(Arc::new(attestation_in(named, run)?)),
        (None, Some(run)) => {
            let place = path.with_file_name(attestation_name(&run));
            records.at(place, Recorded::of)?
        }
        (None, None) => None,
    };
    let receipts = match run {
        Some(run) => {
            let place = path.with_file_name(receipts_name(&run));
            records.at(place, |bytes| {
                Recorded::beside(bytes, attestation.as_deref())
            })?
        }
        None => None,
    };
    let mut verdict = looked.with(&Given {
        attestation: attestation.as_deref(),
        receipts: receipts.as_deref(),
        is_published: is_published(path),
        ..given
    });
    sidecar.tell(&bare, &mut verdict);
    let anchor = anchor_of(path, named.anchor, verdict.origin.as_ref())?;
    if let Some(anchor) = &anchor {
        verdict.anchored(anchor.result.clone());
    }
    let votes = votes_of(path, verdict.origin.as_ref())?;
    if let Some(votes) = &votes {
        verdict.votes(votes.result.clone());
    }
    let mut read = Vec::new();
    if let (Some(run), None) = (run, named.attestation) {
        read.extend(attestation.is_some().then(|| attestation_name(&run)));
        read.extend(receipts.is_some().then(|| receipts_name(&run)));
    }
    let read = read.iter().map(|name| path.with_file_name(name));
    let mut verified = Verified {
        verdict,
        read: read.chain(sidecar.place()).collect(),
        anchor,
        votes,
        attestation,
        whole: None,
    };
    others(path, bytes, &sidecar, anchors, records, &mut verified)?;
    Ok(verified)
}

impl Verified {
    fn of(whole: Whole) -> Self {
        Self {
            verdict: whole.archive.verdict.clone(),
            anchor: None,
            votes: None,
            attestation: None,
            read: Vec::new(),
            whole: Some(Box::new(whole)),
        }
    }

    /// The verdicts on a file, or on the pieces of an archive.
    pub(crate) fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        let whole = self.whole.iter().flat_map(|whole| &whole.archive.assets);
        std::iter::once(&self.verdict).chain(whole.map(|(_, verdict)| verdict))
    }

    /// Has a node confirm the anchor and the votes that stand offline, and what contracts signed.
    pub(crate) async fn confirm(&mut self, node: &mut Node) -> Result<(), Failure> {
        if let Some(whole) = &mut self.whole {
            whole.confirm(node).await?;
            self.verdict = whole.archive.verdict.clone();
            return Ok(());
        }
        if let (Some(anchor), Some(origin)) = (&mut self.anchor, &self.verdict.origin) {
            anchor.confirm(node, origin.bundle).await?;
            self.verdict.anchored(anchor.result.clone());
        }
        if let Some(votes) = &mut self.votes {
            votes.confirm(node).await?;
            self.verdict.votes(votes.result.clone());
        }
        if let Some(origin) = &self.verdict.origin {
            let answers = contracts::asked(node, origin.contracts.iter()).await?;
            self.verdict.contracts(answers);
        }
        Ok(())
    }
}

/// The anchor that the user named, or the one beside the file.
fn anchor_of(
    path: &Path,
    named: Option<&Path>,
    origin: Option<&Origin>,
) -> Result<Option<Anchor>, Failure> {
    if let Some(named) = named {
        let bytes = read_up_to(named, ANCHOR_BYTES_MAX)?;
        anchor::named(named, &bytes, origin)?;
        return Ok(origin.map(|origin| anchor::offline(&bytes, origin)));
    }
    let Some((origin, beside)) = origin.and_then(|own| Some((own, anchor::beside(path, own)?)))
    else {
        return Ok(None);
    };
    if let Some(detail) = too_large(&beside, ANCHOR_BYTES_MAX) {
        return Ok(Some(anchor::foreign(&detail)));
    }
    let bytes = read_up_to(&beside, ANCHOR_BYTES_MAX)?;
    Ok(Some(anchor::offline(&bytes, origin)))
}

/// The votes beside the file.
fn votes_of(path: &Path, origin: Option<&Origin>) -> Result<Option<Votes>, Failure> {
    let Some((origin, beside)) = origin.and_then(|own| Some((own, votes::beside(path, own)?)))
    else {
        return Ok(None);
    };
    if let Some(detail) = too_large(&beside, votes::BYTES_MAX) {
        return Ok(votes::foreign(&detail, origin));
    }
    let bytes = read_up_to(&beside, votes::BYTES_MAX)?;
    Ok(votes::offline(&bytes, origin))
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
fn attestation_in(path: &Path, run: Option<Digest>) -> Result<Recorded, Failure> {
    let recorded = Recorded::of(&read(path)?);
    let problem = match (recorded.run(), run) {
        (Ok(Some(_)), _) if recorded.attested().is_err() => {
            "is the bare record of a run, which nobody has signed".to_owned()
        }
        (Ok(None), _) => "is no attestation of a run".to_owned(),
        (Ok(Some(other)), Some(run)) if other != run => format!(
            "attests run {}, and the file is of run {}",
            other.short(),
            run.short()
        ),
        _ => return Ok(recorded),
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

/// The files of the site at `site` with these bytes.
pub(crate) fn find_published(site: &Path, digest: &Digest) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![site.join("media")];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if read(&path).is_ok_and(|bytes| Digest::of(&bytes) == *digest) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether a file lies where a site has what it published: in a process's folder of its `media`.
fn is_published(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| folder.is_dir());
    let media = folder.and_then(|folder| folder.join("..").canonicalize().ok());
    media.is_some_and(|media| {
        media.ends_with("media") && media.with_file_name("data").join("site.json").is_file()
    })
}

/// As a site names the attestation of a run.
fn attestation_name(run: &Digest) -> String {
    format!("{}.attestation.json", &run.to_string()[..16])
}

/// As a site names the record of a run's receipts.
fn receipts_name(run: &Digest) -> String {
    format!("{}.receipts.json", &run.to_string()[..16])
}
