//! `daedal run`

use std::num::NonZero;
use std::path::PathBuf;

use super::Common;
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::intents;
use crate::process::Loaded;
use crate::progress::Show;
use crate::runs::{self, Carrier, Dials, Telling};
use crate::ui::Ui;

/// Carries out a process, or goes on with a run of it that was stopped.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Directory of the process, or its process file
    #[arg(default_value = ".")]
    process: PathBuf,
    #[command(flatten)]
    dials: Dials,
    #[command(flatten)]
    carrying: Carrying,
}

/// How a run is carried on and shown.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Carrying {
    /// Tasks at once [default: the machine's cores]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZero<usize>>,
    /// Tell what happens as JSON lines on stdout
    #[arg(long, conflicts_with = "json")]
    pub(crate) events: bool,
}

impl Carrying {
    pub(crate) fn show(&self) -> Show {
        if self.events {
            Show::Events
        } else {
            Show::People
        }
    }
}

impl Run {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let around = Home::find_around(common, &self.process)?;
        let judging = around.as_ref().map(assemble::engines_of).transpose()?;
        let judging = judging.unwrap_or_else(assemble::engines);
        let Loaded { planned, files } = Loaded::open(&self.process, &judging)?;
        let (home, engines) = match around {
            Some(home) => (home, judging),
            None => {
                // Only once the process is known to be sound.
                let home = Home::find_or_make(common, files.root(), ui)?;
                let engines = assemble::engines_of(&home)?;
                (home, engines)
            }
        };
        // Before the studio is locked: nobody else must wait while a password is typed.
        let setter = intents::setter(&home, common, &self.dials, ui)?;
        block_on(async {
            let studio = home.open_to_write("daedal run").await?;
            let setter = setter.as_ref();
            let begun =
                runs::begin(&home, &studio, &planned, &engines, &self.dials, setter, ui).await?;
            if let Some(data) = &begun.to_sign {
                studio.close().await.map_err(|error| remembered(&error))?;
                ui.result(data, &format!("{data:#}"));
                return Ok(0);
            }
            home.note_command(&format!("daedal run (run {})", begun.spec.id().0.short()))?;
            let carrier = Carrier::start(
                &studio,
                engines,
                home.jobs(self.carrying.jobs),
                home.settings.run.rate()?,
            );
            let show = self.carrying.show();
            let report = carrier.carry(&home, &planned.plan, begun, show, ui).await?;
            let telling = Telling {
                events: self.carrying.events,
                was_over: false,
            };
            let code = runs::conclude(&home, &studio, &planned.plan, &report, ui, telling)?;
            studio.close().await.map_err(|error| remembered(&error))?;
            Ok(code)
        })
    }
}
