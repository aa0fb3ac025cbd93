//! `daedal fork`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_chain::operations::{Derivatives, Kind, Ledgers, Work};
use daedal_core::bundle::LOCK_FILE;
use daedal_core::plan;
use daedal_core::process::{self, DerivativePolicy, Process, Token, Upstream};
use daedal_core::units::BasisPoints;
use daedal_store::Studio;
use serde_json::json;

use super::{Common, new};
use crate::bundles::{self, Kept};
use crate::chain::{self, Looking};
use crate::failure::Failure;
use crate::hint;
use crate::text::{count, quoted};
use crate::ui::Ui;
use crate::{assemble, process::Loaded};

/// Begins a process that derives from a registered one: its files under a new name, with the work
/// upstream filled in, so that what the derivative earns pays the original for ever.
#[derive(Debug, clap::Args)]
pub(crate) struct Fork {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// Directory to make; its name becomes the name of the new process
    dir: PathBuf,
    /// Where the files of the work are, when this studio has not got them
    #[arg(long, value_name = "PROCESS")]
    from: Option<PathBuf>,
    /// How it derives, in words: remix, translation, model, dataset …
    #[arg(long, default_value = "remix")]
    relation: String,
    /// Say what it would do, and make nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    looking: Looking,
}

impl Fork {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let name = new::process_name(&self.dir)?;
        self.looking.look(common, ui, "daedal fork", async |desk| {
            let (reads, studio) = (&desk.reads, &desk.studio);
            let work = desk.work(&self.work).await?;
            let number = work.work;
            if work.derivatives == Derivatives::Closed && work.controller != desk.me {
                return Err(
                    Failure::new(format!("nobody else may derive from work {number}")).help(
                        format!(
                            "ask its controller, or choose another work: `{} show` lists them",
                            hint::daedal()
                        ),
                    ),
                );
            }
            if work.kind != Kind::Process {
                return Err(Failure::new(format!(
                    "work {number} is a {}, which has no files to begin from",
                    work.kind.word()
                ))
                .help(format!(
                    "a process that uses it names it: `upstream:` in its process file, or --upstream {number} \
                     when it is registered"
                )));
            }
            let mut original = match &self.from {
                Some(place) => from_files(reads, &work, place).await?,
                None => from_studio(studio, reads, &work).await?,
            };
            original.files.retain(|(name, _)| name != LOCK_FILE);
            let (chain_id, registry) = (reads.client().chain_id(), reads.deployment().registry);
            let upstream = Upstream {
                work: chain::caip19(chain_id, registry, number),
                relation: self.relation.clone(),
            };
            let forked = derived(original.process, &name, upstream);
            let dir = quoted(&self.dir.display().to_string());
            let mut value = json!({
                "process": name, "directory": self.dir, "upstream": number,
                "royalty_bps": work.royalty.0,
            });
            if self.dry_run {
                new::require_free(&self.dir)?;
                value["dry_run"] = true.into();
                value["account"] = desk.me.to_string().into();
                // Files alone: nothing is sent.
                value["acts"] = json!([]);
                value["gas"] = 0.into();
                let files = count(original.files.len() + 1, "file");
                let text = format!(
                    "nothing was done; it would\n  make {dir} with {files}, from work {number}, which \
                     gets {} of what it earns  (0 gas)\n",
                    work.royalty
                );
                ui.result(&value, &text);
                return Ok(0);
            }
            new::make(&self.dir, |staged| write(staged, &forked, &original.files))?;
            let text = format!(
                "made {dir}/process.yaml, from work {number}, which gets {} of what it earns\n\n  \
                 daedal lock {dir}        pin what it is made with\n  daedal check {dir}       show its plan\n  \
                 {} register {dir}\n",
                work.royalty,
                hint::daedal()
            );
            ui.result(&value, &text);
            Ok(0)
        })
    }
}

/// Files elsewhere, which have to be a version of the work.
async fn from_files(reads: &Ledgers, work: &Work, place: &Path) -> Result<Kept, Failure> {
    let engines = assemble::engines();
    let Loaded { planned, .. } = Loaded::open(place, &engines)?;
    let bundle = planned.bundle.digest();
    let version = reads.version_of(work.work, bundle).await;
    if version.map_err(chain::refused)?.is_none() {
        return Err(Failure::new(format!(
            "{} is no version of work {}: its digest is {}",
            place.display(),
            work.work,
            bundle.short()
        ))
        .help(format!(
            "`{} show {}` lists its versions",
            hint::daedal(),
            work.work
        )));
    }
    Ok(Kept {
        files: planned.contents.into_iter().collect(),
        process: planned.process,
    })
}

/// The newest version whose files this studio has.
async fn from_studio(studio: &Studio, reads: &Ledgers, work: &Work) -> Result<Kept, Failure> {
    bundles::newest(studio, reads, work).await?.ok_or_else(|| {
        Failure::new(format!(
            "this studio has not got the files of work {}",
            work.work
        ))
        .help("get them from its creator, and name their directory: --from PROCESS")
    })
}

/// The process under a new name and below its original, whose own works upstream come along by themselves.
/// Its shares and its place on the chain are a new matter.
fn derived(mut process: Process, name: &str, upstream: Upstream) -> Process {
    name.clone_into(&mut process.name);
    if let Some(title) = &mut process.title {
        title.push_str(" (derived)");
    }
    process.upstream = vec![upstream];
    process.token.get_or_insert_with(|| Token {
        shares: vec![("creator".to_owned(), BasisPoints::ALL)],
        royalty: BasisPoints::default(),
        derivatives: DerivativePolicy::Open,
    });
    process
}

fn write(dir: &Path, process: &Process, files: &[(String, Arc<[u8]>)]) -> std::io::Result<()> {
    for (name, bytes) in files {
        let place = dir.join(name);
        std::fs::create_dir_all(place.parent().unwrap_or(dir))?;
        std::fs::write(place, bytes)?;
    }
    let text = format!(
        "# yaml-language-server: $schema={}\n{}",
        plan::SCHEMA_FILE,
        process::print(process)
    );
    std::fs::write(dir.join("process.yaml"), text)
}
