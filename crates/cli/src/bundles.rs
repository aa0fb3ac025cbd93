//! Processes that studios keep: the bundles of what ran or was registered there.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_chain::operations::{Ledgers, Work};
use daedal_core::Digest;
use daedal_core::bundle::{Bundle, PROCESS_FILE};
use daedal_core::plan::{self, Reference};
use daedal_core::process::{self, Process};
use daedal_store::Studio;

use crate::assemble;
use crate::chain::{self, Looking};
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::process::{Loaded, references_of, write_lock};
use crate::ui::Ui;

/// Directories in directories that are gone through: more than a plan takes.
const DEPTH_MAX: usize = 16;

/// A process and the bytes of its files.
pub(crate) struct Kept {
    pub(crate) process: Process,
    /// By path; without the process file.
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
}

/// The bundle of this digest, if the studio has it.
pub(crate) async fn of_digest(studio: &Studio, digest: Digest) -> Result<Option<Kept>, Failure> {
    let kept = studio.records.get("bundle", &digest.to_string()).await;
    let Some(kept) = kept.map_err(|error| remembered(&error))? else {
        return Ok(None);
    };
    let unread = |error: &dyn std::error::Error| {
        Failure::new(format!(
            "the kept files of bundle {} can't be read: {error}",
            digest.short()
        ))
    };
    let bundle: Bundle = serde_json::from_value(kept).map_err(|error| unread(&error))?;
    let engines = assemble::engines();
    let planned = plan::of_bundle(&bundle, &*studio.blobs, &engines).map_err(Failure::from)?;
    let mut files = Vec::with_capacity(bundle.files.len());
    for (name, asset) in &bundle.files {
        let bytes = studio.blobs.read(&asset.digest);
        files.push((name.clone(), bytes.map_err(|error| unread(&error))?));
    }
    Ok(Some(Kept {
        process: planned.process,
        files,
    }))
}

/// The newest version of a work that the studio has.
pub(crate) async fn newest(
    studio: &Studio,
    reads: &Ledgers,
    work: &Work,
) -> Result<Option<Kept>, Failure> {
    let versions = reads.versions(work.work).await.map_err(chain::refused)?;
    for version in versions.iter().rev() {
        let kept = of_digest(studio, version.bundle).await?;
        if kept.is_some() {
            return Ok(kept);
        }
    }
    Ok(None)
}

/// Where a process that is a step can be fetched from.
pub(crate) struct Sources<'s> {
    pub(crate) common: &'s Common,
    pub(crate) looking: &'s Looking,
    pub(crate) ui: Ui,
}

impl Sources<'_> {
    /// Fetches what steps of the process in `directory` name by digest and is not there, and by token, if it is not
    /// there or is to be `renewed`; and the same for the processes in its directories, whose locks are written, too. Gives
    /// the directories that were written.
    pub(crate) fn fetch(&self, directory: &Path, renewed: bool) -> Result<Vec<PathBuf>, Failure> {
        self.fetch_within(directory, renewed, 0)
    }

    fn fetch_within(
        &self,
        directory: &Path,
        renewed: bool,
        depth: usize,
    ) -> Result<Vec<PathBuf>, Failure> {
        let (root, named) = references_of(directory)?;
        let mut written = Vec::new();
        for reference in &named {
            let place = root.join(reference.folder());
            let is_there = place.join(PROCESS_FILE).exists();
            let kept = match reference {
                // What leads elsewhere, or is not there, is told by the plan.
                Reference::Path(_)
                    if !is_there || !is_below(&place, &root) || depth == DEPTH_MAX =>
                {
                    continue;
                }
                Reference::Path(_) => {
                    let within = self.fetch_within(&place, renewed, depth + 1)?;
                    // Whose versions a lock has to say.
                    let (_, inner) = references_of(&place)?;
                    if inner
                        .iter()
                        .any(|named| matches!(named, Reference::Token(_)))
                    {
                        write_lock(&place)?;
                    }
                    written.extend(within);
                    continue;
                }
                Reference::Bundle(_) if is_there => continue,
                Reference::Token(work) if is_there && !renewed => {
                    self.require_version(&root, work, &place)?;
                    continue;
                }
                Reference::Bundle(digest) => self.bundle(&root, *digest)?,
                Reference::Token(work) => self.work(&root, work)?,
            };
            let Some(kept) = kept else {
                let name = match reference {
                    Reference::Bundle(digest) => format!("the bundle {}", digest.short()),
                    Reference::Token(work) | Reference::Path(work) => format!("the work {work}"),
                };
                return Err(
                    Failure::new(format!("this studio has not got {name}")).help(format!(
                        "get its files from its creator, and put them into {}",
                        place.display()
                    )),
                );
            };
            write(&place, &kept).map_err(|error| {
                Failure::because(format!("{} can't be written", place.display()), &error)
            })?;
            written.push(place);
        }
        Ok(written)
    }

    /// Refuses what lies in the place of a work and is no version of it, where the chain can be asked.
    fn require_version(&self, directory: &Path, name: &str, place: &Path) -> Result<(), Failure> {
        let bundle = Loaded::open(place, &assemble::engines())?
            .planned
            .bundle
            .digest();
        let home = self.home(directory)?;
        let me = self.looking.account(&home)?;
        let found = block_on(async {
            let desk = chain::looking(home, me, "daedal lock", self.ui).await?;
            let work = desk.work(name).await?;
            let version = desk.reads.version_of(work.work, bundle).await;
            version.map_err(chain::refused)
        });
        match found {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(Failure::new(format!(
                "what is in {} is the bundle {}, and no version of {name}",
                place.display(),
                bundle.short()
            ))
            .help("take the directory away, and fetch it again by `daedal lock`")),
            // The chain of the work may be another one, or away.
            Err(_) => {
                self.ui.note(format!(
                    "{} was not compared with the versions of {name}: its chain could not be asked",
                    place.display()
                ));
                Ok(())
            }
        }
    }

    fn home(&self, directory: &Path) -> Result<Home, Failure> {
        let mut home = match Home::find_around(self.common, directory)? {
            Some(home) => home,
            None => Home::find(self.common)?,
        };
        self.looking.settle(&mut home);
        Ok(home)
    }

    fn bundle(&self, directory: &Path, digest: Digest) -> Result<Option<Kept>, Failure> {
        let home = self.home(directory)?;
        block_on(async {
            let studio = home.open_to_read().await?;
            of_digest(&studio, digest).await
        })
    }

    fn work(&self, directory: &Path, name: &str) -> Result<Option<Kept>, Failure> {
        let home = self.home(directory)?;
        let me = self.looking.account(&home)?;
        block_on(async {
            let desk = chain::looking(home, me, "daedal lock", self.ui).await?;
            let work = desk.work(name).await?;
            newest(&desk.studio, &desk.reads, &work).await
        })
    }
}

/// Whether what is at `place`, links followed, is below `root`.
fn is_below(place: &Path, root: &Path) -> bool {
    let found = std::fs::canonicalize(place);
    found.is_ok_and(|found| found != root && found.starts_with(root))
}

/// Writes a process in the place of the one that is there, as a whole.
fn write(place: &Path, kept: &Kept) -> io::Result<()> {
    let parent = place.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    let staged = tempfile::Builder::new()
        .prefix(".daedal-new-")
        .tempdir_in(parent)?;
    // Beside each other, so that each becomes the other by one step.
    let (new, old) = (staged.path().join("new"), staged.path().join("old"));
    for (name, bytes) in &kept.files {
        let file = new.join(name);
        std::fs::create_dir_all(file.parent().unwrap_or(&new))?;
        std::fs::write(file, bytes)?;
    }
    std::fs::create_dir_all(&new)?;
    std::fs::write(new.join(PROCESS_FILE), process::print(&kept.process))?;
    if place.exists() {
        std::fs::rename(place, &old)?;
    }
    let moved = std::fs::rename(&new, place);
    if moved.is_err() && old.exists() {
        std::fs::rename(&old, place)?;
    }
    moved
}
