//! `daedal export`

use std::path::{Path, PathBuf};

use daedal_provenance::collection::{Collected, Files, STORY, seal_collection};
use serde_json::json;

use super::Common;
use crate::assemble;
use crate::export;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::release::{self, Signing};
use crate::runs::find;
use crate::text;
use crate::ui::Ui;

/// Puts a released run into one archive: its process, receipts, attestation, anchor and sealed assets, and a page that
/// tells how it went. The archive is sealed itself; `daedal verify` and other readers of C2PA take it as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// First digits of the run, its process, or `latest`
    run: String,
    /// The archive to write [default: PROCESS-RUN.zip, here]
    #[arg(short = 'o', long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Put in what `daedal verify --replay` takes: every value that passed through the run, texts that were kept
    /// private among them
    #[arg(long)]
    replayable: bool,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

impl Export {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines();
        let signing = Signing::new(&home, common, ui);
        // A password is asked for before others are kept out of the studio.
        let signer = signing.signer()?;
        block_on(async {
            let studio = home.open_to_write("daedal export").await?;
            let run = find(&studio, &self.run).await?;
            let gathered = release::gathered(&home, &studio, &engines, &run, &signing).await?;
            let record = &gathered.subject.record;
            let title = format!("{}-{}", record.header.process, run.run.0.short());
            let path = self
                .to
                .clone()
                .unwrap_or_else(|| PathBuf::from(format!("{title}.zip")));
            if path.exists() && !self.force {
                return Err(Failure::new(format!("{} is there already", path.display()))
                    .help("name another file with --to, or write over it with --force"));
            }
            let words = release::words(&studio, &engines, &gathered).await?;
            let files = export::files(&studio, &engines, &gathered, &words, self.replayable)?;
            let collected = Collected::of(record, gathered.domain());
            let archive =
                seal_collection(&title, &collected, &release::tool().name, &files, signer)
                    .map_err(|error| Failure::because("the archive can't be sealed", &error))?;
            studio.close().await.map_err(|error| remembered(&error))?;
            text::write_whole(&path, &archive)?;
            let value = json!({
                "run": run.run, "archive": path, "bytes": archive.len(),
                "replayable": self.replayable, "files": files.keys().collect::<Vec<_>>(),
            });
            ui.result(&value, &told(&path, archive.len(), &files, self.replayable));
            Ok(0)
        })
    }
}

fn told(path: &Path, bytes: usize, files: &Files, replayable: bool) -> String {
    let size = text::size(bytes as u64);
    let shown = path.display();
    let daedal = hint::daedal();
    let mut told = format!("{shown}: {}, {size}\n", text::count(files.len(), "file"));
    told.push_str(&format!("  {STORY} tells how it went\n"));
    told.push_str(&format!("  check it with: {daedal} verify {shown}\n"));
    told.push_str(&match replayable {
        true => format!("  do it again with: {daedal} verify --replay {shown}\n"),
        false => {
            "  texts that were kept private stay in the studio; --replayable puts everything in\n"
                .to_owned()
        }
    });
    told
}
