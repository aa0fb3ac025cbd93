//! `daedal tend`

use std::path::PathBuf;

use daedal_exec::Stop;
use serde_json::json;

use super::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::runs;
use crate::tend::{self, Keep, Tender};
use crate::text;
use crate::ui::Ui;

/// Runs processes by themselves, on their `schedule:`, until it is stopped.
///
/// `schedule: "0 9 * * 1-5 Europe/Oslo"` runs a process at nine on working days, `every 6h` so often, `files` when one
/// of its files has changed, `feed https://…` when a feed has; several stand together with `;` between them. Each run
/// has a seed of its own. What passed by while nobody tended comes to one run. Runs that wait for the clock, whoever
/// began them, go on in time.
///
/// `day_max` under [tend] in daedal.toml is the most that these runs may cost in a day; a process that fails three
/// times in a row is stopped (`failures_max`), and `webhook` is told. With cron: `daedal tend --once almanac`.
#[derive(Debug, clap::Args)]
pub(crate) struct Tend {
    /// Processes: directories or process files [default: `processes` under [tend], or the one here]
    processes: Vec<PathBuf>,
    /// Do what is due now, and end
    #[arg(long)]
    once: bool,
    /// Let nothing begin until `--resume`; a run that goes on is not stopped
    #[arg(long, conflicts_with_all = ["once", "processes"])]
    pause: bool,
    /// End a pause, and follow processes again that were stopped after failures
    #[arg(long, conflicts_with_all = ["once", "processes", "pause"])]
    resume: bool,
    /// Show what is tended, and how it stands
    #[arg(long, conflicts_with_all = ["once", "processes", "pause", "resume"])]
    status: bool,
}

impl Tend {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let around = self.processes.first().map(PathBuf::as_path);
        let home = match around {
            Some(place) => Home::find_or_make(common, place, ui)?,
            None => Home::find(common)?,
        };
        let keep = Keep::of(&home.root);
        let now = text::now();
        if self.status {
            let (value, text) = tend::status(&home)?;
            ui.result(&value, &text);
            return Ok(0);
        }
        if self.pause {
            let text = match keep.pause(now)? {
                true => "paused: nothing begins by itself until `daedal tend --resume`",
                false => "paused before",
            };
            ui.result(&json!({ "paused": keep.paused().map(text::moment) }), text);
            return Ok(0);
        }
        if self.resume {
            keep.resume(now)?;
            let text = match keep.is_tended() {
                true => "goes on",
                false => "goes on once somebody tends this studio: `daedal tend`",
            };
            ui.result(&json!({ "paused": null }), text);
            return Ok(0);
        }
        let places = self.places(&home)?;
        let _tending = keep.lock()?;
        block_on(async {
            let stop = Stop::default();
            runs::listen(&stop, ui);
            let tender = Tender::new(&home, places, stop, ui)?;
            tender.tend(self.once).await?;
            Ok(0)
        })
    }

    fn places(&self, home: &Home) -> Result<Vec<PathBuf>, Failure> {
        if !self.processes.is_empty() {
            return Ok(self.processes.clone());
        }
        let set = &home.settings.tend.processes;
        if !set.is_empty() {
            return Ok(set.iter().map(|place| home.root.join(place)).collect());
        }
        if home.root.join(daedal_core::bundle::PROCESS_FILE).is_file() {
            return Ok(vec![home.root.clone()]);
        }
        Err(Failure::new("no process is named").help(
            "name some, `daedal tend almanac`, or list them in daedal.toml: `processes = [\"almanac\"]` under [tend]",
        ))
    }
}
