//! `daedal cancel`

use std::time::{Duration, Instant};

use daedal_core::run::{Finish, finish_of};
use daedal_store::Studio;
use daedal_store::ports::RunSummary;
use serde_json::json;

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::runs::{self, Carrier, Standing};
use crate::ui::Ui;

/// How long to wait for another process to end a run.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often to look whether it has.
const POLL: Duration = Duration::from_millis(50);

/// Ends a run for good, also one that another process carries on. What it has done stays in the memo.
#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// First digits of the run, its process, or `latest`
    run: String,
}

impl Cancel {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines();
        block_on(async {
            let studio = home.open_to_read().await?;
            let run = runs::find(&studio, &self.run).await?;
            let standing = runs::standing(&studio, &home.root, &run, &engines).await?;
            if run.finished.is_some() {
                let short = run.run.0.short();
                return Err(Failure::new(format!(
                    "run {short} is over already: {}",
                    standing.word()
                )));
            }
            if standing == Standing::Running {
                Studio::ask_to_cancel(&home.root, run.run).map_err(|error| remembered(&error))?;
                wait_until_over(&studio, &run).await?;
            } else {
                studio.close().await.map_err(|error| remembered(&error))?;
                let studio = home.open_to_write("daedal cancel").await?;
                let (_, planned) = runs::plan_of(&studio, &run, &engines).await?;
                Carrier::start(&studio, engines, 1, home.settings.run.rate()?)
                    .executor()
                    .cancel(&planned.plan, run.run)
                    .await
                    .map_err(|error| Failure::new(error.to_string()))?;
                studio.close().await.map_err(|error| remembered(&error))?;
            }
            let text = format!("run {} is cancelled", run.run.0.short());
            ui.result(&json!({ "run": run.run, "status": "cancelled" }), &text);
            Ok(0)
        })
    }
}

/// Waits for the process that carries the run on to end it.
async fn wait_until_over(studio: &Studio, run: &RunSummary) -> Result<(), Failure> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let events = studio.log.read(run.run).await;
        let events = events.map_err(|error| remembered(&error))?;
        match finish_of(&events) {
            Some(Finish::Cancelled) => return Ok(()),
            Some(_) => return Err(Failure::new("the run ended before it could be cancelled")),
            None => tokio::time::sleep(POLL).await,
        }
    }
    Err(Failure::new(format!(
        "run {} is asked to end, and has not yet",
        run.run.0.short()
    ))
    .help(format!(
        "a task of it takes long to stop; `{} runs` shows when it has ended",
        hint::daedal()
    )))
}
