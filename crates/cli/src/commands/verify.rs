//! `daedal verify`

mod folder;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use daedal_channels::site::Words;
use daedal_provenance::chain::Chain;
use daedal_provenance::collection::{ATTESTATION, Collected};
use daedal_provenance::{Exit, Verdict, attest};
use serde_json::{Value, json};

use super::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::release::{self, Signing, captions_among};
use crate::text::foreign;
use crate::ui::Ui;
use crate::verify::{
    self, Beside, Named, Node, Records, Replayed, Scene, Verified, Whole, misnamed,
};
use crate::{assemble, export, own, runs};

const EXIT_CODES: &str = "\
Exit codes; of several files, the worst:
   0  fine
   1  a mistake in the command, and no verdict
  10  tampered: something was changed after it was sealed
  11  valid, but the signer is not recognised here, or its certificate is not valid today
  12  valid, but not anchored, or nothing shows that it is
  13  no credential, or one that tells of no run, or something is gone
  14  fine, but --rpc could not confirm it
  15  --replay made something else";

/// Checks where files came from: their credentials, their binding to the bytes, the run's receipts, its anchor. All
/// of it is done offline; with --rpc a node is asked about what is on its chain: the anchor, votes, what contracts
/// signed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Verify {
    /// Files, archives of `daedal export`, directories (of a studio or a site: what it published, of any other: every
    /// file), or runs of this studio
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The credential, when it is not in the file or beside it
    #[arg(long, value_name = "FILE")]
    sidecar: Option<PathBuf>,
    /// The attestation of the run, when it is not beside the file
    #[arg(long, value_name = "FILE")]
    attestation: Option<PathBuf>,
    /// The proof of the run's anchor, when it is not beside the file
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Check this decision of the run, too: a file of `daedal disclose`
    #[arg(long, value_name = "FILE")]
    disclosure: Vec<PathBuf>,
    /// Have this node of the chain confirm what is on it (http or https); a studio's own is not asked by itself
    #[arg(long, value_name = "URL", value_parser = http_url)]
    rpc: Option<String>,
    /// Recognise this certificate chain (PEM) too
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Run the reproducible tasks again, in a clean place, and compare what comes of them; ends with the first
    /// difference. Takes a run of this studio, or an archive that was exported with --replayable
    #[arg(long)]
    replay: bool,
    /// The archive of the run that the file is of, for --replay
    #[arg(long, value_name = "ARCHIVE", requires = "replay")]
    bundle: Option<PathBuf>,
}

/// What came of one thing that was verified.
struct Found {
    code: u8,
    value: Value,
    text: String,
}

impl Verify {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        // One that came along with the file could be anybody's: only where the user has signed, or which they name, counts.
        let home = match Home::find(common) {
            Ok(home) => Some(home),
            Err(failure) if common.studio.is_some() => return Err(failure),
            Err(_) => None,
        };
        let mut anchors = own::recognised(common, home.as_ref())?;
        for path in &self.trust {
            anchors.push(verify::chain(path)?);
        }
        let beside = [&self.sidecar, &self.attestation, &self.anchor, &self.bundle];
        let has_beside = beside.iter().any(|named| named.is_some());
        if self.files.len() > 1 && (has_beside || !self.disclosure.is_empty()) {
            return Err(Failure::new("what is named with an option belongs to one file")
                .help("verify that file by itself, or leave the option out: what lies beside a file is found"));
        }
        let (mut worst, mut values, mut text) = (0, Vec::new(), String::new());
        let several = self.files.len() > 1;
        for file in &self.files {
            let found = match self.find(file, home.as_ref(), &anchors, common, ui) {
                Ok(found) => found,
                Err(failure) if several => failed(file, &failure),
                Err(failure) => return Err(failure),
            };
            worst = verify::worse(worst, found.code);
            values.push(found.value);
            text.push_str(&found.text);
        }
        let value = match several {
            true => Value::Array(values),
            false => values.pop().unwrap_or_default(),
        };
        ui.result(&value, &text);
        Ok(worst)
    }

    fn find(
        &self,
        file: &Path,
        home: Option<&Home>,
        anchors: &[Chain],
        common: &Common,
        ui: Ui,
    ) -> Result<Found, Failure> {
        // A run is done again, and a directory is not, whatever else has its name.
        if (!file.exists() || self.replay && file.is_dir())
            && let (Some(home), Some(run)) = (home, file.to_str())
            && let Some(found) = self.of_studio(home, run, anchors, common, ui)?
        {
            return Ok(found);
        }
        if file.is_dir() {
            return self.folder(file, anchors, ui);
        }
        if !file.exists() {
            return Err(misnamed::absent(file, home.is_some()));
        }
        let bytes = verify::read(file)?;
        if let Some(beside) = verify::of_archive(file, &bytes, anchors)? {
            return self.archive(file, &bytes, &beside, anchors, ui);
        }
        if self.replay && self.bundle.is_none() && bytes.starts_with(b"PK") {
            let shown = file.display();
            return Err(Failure::new(format!("{shown} is no archive of a run"))
                .help("take one that `daedal export --replayable` wrote"));
        }
        let named = Named {
            sidecar: self.sidecar.as_deref(),
            attestation: self.attestation.as_deref(),
            anchor: self.anchor.as_deref(),
        };
        let mut verified = self.one(file, named, anchors)?;
        let mut disclosed = Vec::new();
        for path in &self.disclosure {
            disclosed.extend(verify::disclosed(path, &mut verified.verdict)?);
        }
        let replayed = match self.replay {
            true => self.replay_file(&mut verified.verdict, anchors, ui)?,
            false => None,
        };
        let verdict = &verified.verdict;
        let mut found = Found {
            code: verdict.exit.code(),
            value: verify::to_json(file, &verified),
            text: match ui.quiet {
                true => verify::told_shortly(file, verdict),
                false => verify::told(file, &verified),
            },
        };
        if !disclosed.is_empty() {
            found.value["disclosed"] = json!(disclosed);
        }
        found.add(replayed.as_ref(), ui);
        Ok(found)
    }

    fn one(&self, file: &Path, named: Named<'_>, anchors: &[Chain]) -> Result<Verified, Failure> {
        self.confirmed(verify::with(file, named, anchors, &Records::default()))
    }

    /// The verdict, once a node has been asked about the anchor, if one is to be asked.
    fn confirmed(&self, verified: Result<Verified, Failure>) -> Result<Verified, Failure> {
        let mut verified = verified?;
        if let Some(url) = &self.rpc {
            block_on(verified.confirm(&mut Node::at(url)))?;
        }
        Ok(verified)
    }

    /// Verifies the archive of a run.
    fn archive(
        &self,
        file: &Path,
        bytes: &[u8],
        beside: &Beside,
        anchors: &[Chain],
        ui: Ui,
    ) -> Result<Found, Failure> {
        self.require_nothing_beside(&file.display().to_string())?;
        let mut whole = verify::archive(bytes, anchors);
        beside.tell_others(&mut whole.archive.verdict);
        if let Some(url) = &self.rpc {
            block_on(whole.confirm(&mut Node::at(url)))?;
        }
        let scene = is_sound(whole.archive.verdict.exit).then(|| whole.scene());
        let scene = || scene.transpose();
        self.whole(&file.display().to_string(), whole, scene, ui)
    }

    /// What is told of a whole run, once it was done again if it shall be.
    fn whole(
        &self,
        title: &str,
        mut whole: Whole,
        scene: impl FnOnce() -> Result<Option<Scene>, Failure>,
        ui: Ui,
    ) -> Result<Found, Failure> {
        let disclosed = self.disclosed_of(&whole)?;
        let are_sound = disclosed.iter().all(|(_, verdict)| is_sound(verdict.exit));
        let verdict = &mut whole.archive.verdict;
        let replayed = match self.replay && are_sound && is_sound(verdict.exit) {
            true => scene()?.map(|scene| scene.replay(None, ui)),
            false => None,
        };
        if let Some(replayed) = &replayed {
            replayed.judge(verdict);
        }
        let mut found = whole_found(title, &whole, ui);
        found.add(replayed.as_ref(), ui);
        for (path, verdict) in &disclosed {
            let ((code, word, detail), value) = folder::judged_disclosure(path, verdict);
            found.code = verify::worse(found.code, code);
            let path = path.display().to_string();
            found.text.push_str(&format!("{path}: {word}  {detail}\n"));
            found.value["disclosures"][path] = value;
        }
        Ok(found)
    }

    /// A run has all that belongs to it.
    fn require_nothing_beside(&self, title: &str) -> Result<(), Failure> {
        let named = [&self.sidecar, &self.attestation, &self.anchor];
        match named.iter().any(|named| named.is_some()) {
            false => Ok(()),
            true => Err(Failure::new(format!(
                "{title} is a whole run, with all that belongs to it"
            ))
            .help("name one file, to give it a credential, an attestation or an anchor")),
        }
    }

    /// Checks the disclosures that are named against the pieces of a run.
    fn disclosed_of(&self, whole: &Whole) -> Result<Vec<(&Path, Verdict)>, Failure> {
        let judged = self.disclosure.iter().map(|path| {
            let pieces = whole.archive.assets.iter().map(|(_, verdict)| verdict);
            Ok((&**path, verify::disclosed_among(path, pieces)?))
        });
        judged.collect()
    }

    /// Does again what a file was made of, from the archive that was named.
    fn replay_file(
        &self,
        verdict: &mut Verdict,
        anchors: &[Chain],
        ui: Ui,
    ) -> Result<Option<Replayed>, Failure> {
        let Some(archive) = &self.bundle else {
            return Err(Failure::new("a file alone can't be made again: its run is missing").help(
                "name the archive of its run with --bundle, as `daedal export --replayable` wrote it",
            ));
        };
        let Some(origin) = verdict.origin.as_ref().filter(|_| is_sound(verdict.exit)) else {
            return Ok(None);
        };
        let mut whole = verify::archive(&verify::read(archive)?, anchors);
        let scene = is_sound(whole.archive.verdict.exit).then(|| whole.scene());
        let record = whole.archive.record.as_ref();
        let record = record.filter(|_| is_sound(whole.archive.verdict.exit));
        let Some(record) = record.filter(|record| record.header.run() == origin.run) else {
            let shown = archive.display();
            let what = format!("{shown} is not the archive of the file's run, or is not sound");
            return Err(
                Failure::new(what).help(format!("verify it by itself: daedal verify {shown}"))
            );
        };
        let attestation = whole.archive.files.get(ATTESTATION);
        let attested = attestation.and_then(|bytes| attest::read(bytes).ok());
        if (record.root, record.count) != (origin.root, origin.receipts) {
            let problem = "the archive tells another root of the run than the file's credential";
            verdict.bundle(problem.to_owned());
        } else if !attested.is_some_and(|attested| attested.names(&verdict.sha256)) {
            // The same piece can be sealed by anybody, and tell of the run what was never published.
            let problem = "the attestation of the archive's run does not name this file, which it never published";
            verdict.bundle(problem.to_owned());
        } else if let Some(scene) = scene {
            let replayed = scene?.replay(Some(&origin.unsigned), ui);
            replayed.judge(verdict);
            return Ok(Some(replayed));
        }
        Ok(None)
    }

    /// Verifies a run of the studio, if there is one of that name.
    fn of_studio(
        &self,
        home: &Home,
        name: &str,
        anchors: &[Chain],
        common: &Common,
        ui: Ui,
    ) -> Result<Option<Found>, Failure> {
        let engines = assemble::engines();
        let signing = Signing::new(home, common, ui);
        block_on(async {
            let studio = home.open_to_read().await?;
            let Ok(run) = runs::find(&studio, name).await else {
                studio.close().await.map_err(|error| remembered(&error))?;
                return Ok(None);
            };
            self.require_nothing_beside(name)?;
            let run = release::gathered(home, &studio, &engines, &run, &signing).await?;
            // Nobody has been given the page yet: notes and pictures are made when it is exported.
            let files = export::files(&studio, &engines, &run, &Words::default(), false)?;
            let record = &run.subject.record;
            let collected = Collected::of(record, run.domain());
            let mut whole = verify::kept(files, &collected, anchors);
            if let Some(url) = &self.rpc {
                whole.confirm(&mut Node::at(url)).await?;
            }
            let title = format!("{} {}", record.header.process, run.subject.run.0.short());
            let scene = || {
                let mut published = BTreeMap::new();
                for (name, sealed) in run.pieces.iter().flat_map(|piece| piece.files()) {
                    if let Ok(bytes) = studio.blobs.read(&sealed.unsigned.digest) {
                        published.insert(sealed.unsigned.digest, (name, Some(bytes.to_vec())));
                    }
                }
                let planned = &run.subject.planned;
                let log = (&run.events[..], captions_among(&run.subject.tasks));
                Scene::of_run(&studio, planned, log, record, published, &engines).map(Some)
            };
            let found = self.whole(&title, whole, scene, ui)?;
            studio.close().await.map_err(|error| remembered(&error))?;
            Ok(Some(found))
        })
    }
}

/// Something that could not be verified.
fn failed(file: &Path, failure: &Failure) -> Found {
    let mut value = failure.to_json();
    value["file"] = json!(file.display().to_string());
    value["code"] = json!(failure.exit_code());
    let error = value["error"].as_str().unwrap_or_default();
    Found {
        code: failure.exit_code(),
        text: format!(
            "{}: not verified\n  ✗ {}\n",
            verify::shown_path(file),
            foreign(error)
        ),
        value,
    }
}

/// Whether nothing was changed, whoever signed it, so that it can be gone on with.
fn is_sound(exit: Exit) -> bool {
    !matches!(exit, Exit::Tampered | Exit::Incomplete)
}

impl Found {
    /// Adds what came of doing it again, by task and asset.
    fn add(&mut self, replayed: Option<&Replayed>, ui: Ui) {
        if let Some(replayed) = replayed {
            self.value["replay"] = replayed.to_json();
            if !ui.quiet {
                self.text.push_str(&replayed.told());
            }
        }
    }
}

fn whole_found(title: &str, whole: &Whole, ui: Ui) -> Found {
    let mut value = whole.to_json();
    value["file"] = json!(title);
    Found {
        code: whole.archive.verdict.exit.code(),
        value,
        text: verify::told_whole(title, whole, ui.quiet),
    }
}

fn http_url(text: &str) -> Result<String, String> {
    let is_http = text.starts_with("http://") || text.starts_with("https://");
    is_http
        .then(|| text.to_owned())
        .ok_or_else(|| "expected an address such as https://node.example.org".to_owned())
}
