//! `daedal check`

use std::collections::BTreeMap;
use std::path::PathBuf;

use daedal_core::engine::Engines;
use daedal_core::plan::{self, Planned};

use super::Common;
use crate::assemble;
use crate::estimate::{self, Estimate};
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::process::Loaded;
use crate::runs::dials_of;
use crate::ui::Ui;

/// Finds every mistake in a process and shows its plan.
///
/// With `--estimate` it also tells the most that a run can cost and how long it can take, step by step, before
/// anything runs: `daedal check --estimate --input edition=2`.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    /// Tell the most that a run can cost and how long it can take
    #[arg(long)]
    estimate: bool,
    /// Estimate a run with this input; @FILE gives an asset
    #[arg(
        short,
        long = "input",
        value_name = "NAME=VALUE",
        requires = "estimate"
    )]
    inputs: Vec<String>,
    /// Estimate a run with this parameter
    #[arg(
        short,
        long = "param",
        value_name = "NAME=VALUE",
        requires = "estimate"
    )]
    parameters: Vec<String>,
}

impl Check {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find_around(common, &self.process)?;
        let engines = home.as_ref().map(assemble::engines_of).transpose()?;
        let engines = engines.unwrap_or_else(assemble::engines);
        let loaded = Loaded::open(&self.process, &engines)?;
        let tree = plan::tree(&loaded.planned);
        let digest = loaded.planned.bundle.digest();
        let mut value = serde_json::json!({
            "process": loaded.planned.plan.process,
            "bundle": digest,
            "files": loaded.planned.bundle.files,
            "plan": tree,
            "warnings": loaded.planned.warnings,
        });
        let mut text = format!("{tree}\nbundle {}\n", digest.short());
        if self.estimate {
            let estimate = self.estimate(home.as_ref(), &loaded.planned, &engines)?;
            value["estimate"] = estimate.to_json();
            text.push_str(&format!("\n{}", estimate.told()));
        }
        ui.result(&value, &text);
        for warning in &loaded.planned.warnings {
            ui.note(format!(
                "warning: {}\nhelp: {}",
                warning.message, warning.help
            ));
        }
        Ok(0)
    }

    fn estimate(
        &self,
        home: Option<&Home>,
        planned: &Planned,
        engines: &Engines,
    ) -> Result<Estimate, Failure> {
        let (inputs, parameters) = dials_of(None, planned, &self.inputs, &self.parameters)?;
        // A studio that nothing ran in remembers nothing.
        let remembering = home.filter(|home| home.is_begun());
        let recorded = match remembering {
            None => BTreeMap::new(),
            Some(home) => block_on(async {
                let studio = home.open_to_read().await?;
                let recorded = estimate::recorded(&studio, &planned.plan.process).await?;
                studio.close().await.map_err(|error| remembered(&error))?;
                Ok(recorded)
            })?,
        };
        estimate::of(home, planned, engines, (&inputs, &parameters), &recorded)
    }
}
