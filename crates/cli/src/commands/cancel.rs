//! `daedal cancel`

use serde_json::json;

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::runs::{self, Carrier};
use crate::ui::Ui;

/// Ends a run for good. What it has done stays in the memo.
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
            let studio = home.open_to_write("daedal cancel").await?;
            let run = runs::find(&studio, &self.run).await?;
            if run.finished.is_some() {
                return Err(Failure::new(format!(
                    "run {} is over already",
                    run.run.0.short()
                )));
            }
            let (_, planned) = runs::plan_of(&studio, &run, &engines).await?;
            let carrier = Carrier::start(&studio, engines, 1);
            carrier
                .executor()
                .cancel(&planned.plan, run.run)
                .await
                .map_err(|error| Failure::new(error.to_string()))?;
            studio.close().await.map_err(|error| remembered(&error))?;
            let text = format!("run {} is cancelled", run.run.0.short());
            ui.result(&json!({ "run": run.run, "status": "cancelled" }), &text);
            Ok(0)
        })
    }
}
