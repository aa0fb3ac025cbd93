//! `daedal resume`

use super::Common;
use super::run::Carrying;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::runs::{self, Begun, Carrier, Rulings, Telling};
use crate::ui::Ui;

const EXAMPLE: &str = "\
A call that pays or shows outside, and that was under way when the program was killed or the run
was stopped, is not made again by itself: the run waits, and says so. So does a run that comes to a
call that an earlier one made, or may have made, which failed or was cancelled. Look whether the call
was made, then say what becomes of it:
  daedal resume latest --repeat idea";

/// Goes on with a run that was stopped or waited.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Resume {
    /// First digits of the run, its process, or `latest`
    #[arg(default_value = "latest")]
    run: String,
    #[command(flatten)]
    rulings: Rulings,
    #[command(flatten)]
    carrying: Carrying,
}

impl Resume {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        let engines = assemble::engines_of(&home)?;
        block_on(async {
            let studio = home.open_to_write("daedal resume").await?;
            let all = runs::all(&studio).await?;
            let run = runs::find_in(&all, &self.run)?;
            let was_over = run.finished.is_some();
            let (spec, planned) = runs::plan_of(&studio, run, &engines).await?;
            home.note_command(&format!("daedal resume (run {})", spec.id().0.short()))?;
            let carrier = Carrier::start(
                &studio,
                engines,
                home.jobs(self.carrying.jobs),
                home.settings.run.rate()?,
            );
            if !self.rulings.is_empty() {
                carrier.rule(&planned.plan, run.run, &self.rulings).await?;
            }
            let show = self.carrying.show();
            let begun = Begun::known(spec, all);
            let report = carrier.carry(&home, &planned.plan, begun, show, ui).await?;
            let telling = Telling {
                events: self.carrying.events,
                was_over,
            };
            let code = runs::conclude(&home, &studio, &planned.plan, &report, ui, telling)?;
            studio.close().await.map_err(|error| remembered(&error))?;
            Ok(code)
        })
    }
}
