//! `daedal time`

use daedal_core::run::Moment;
use serde_json::json;

use super::Common;
use crate::chain;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::text;
use crate::ui::Ui;

/// Shows the embedded chain's clock, or puts it forward, to see what happens after a deadline. Time on a
/// chain never goes back, so this can't be undone.
#[derive(Debug, clap::Args)]
pub(crate) struct Time {
    /// Put it forward by this much: 90s, 15m, 6h, 7d
    #[arg(value_name = "DURATION")]
    forward: Option<String>,
}

impl Time {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let home = Home::find(common)?;
        if !chain::is_embedded(&home) {
            return Err(
                Failure::new("the clock of a chain that others run can't be moved")
                    .help("leave `rpc` under [chain] away to work on the embedded chain"),
            );
        }
        let forward = self
            .forward
            .as_deref()
            .map(chain::when::seconds)
            .transpose()?;
        block_on(async {
            let client = chain::reach_to_move_time(&home, "daedal time").await?;
            if let Some(seconds) = forward {
                let asked = client.request::<_, serde_json::Value>("evm_increaseTime", (seconds,));
                asked.await.map_err(chain::refused)?;
                let asked = client.request::<_, serde_json::Value>("evm_mine", ());
                asked.await.map_err(chain::refused)?;
            }
            let now = client.block_time(None).await.map_err(chain::refused)?;
            let now = now.unwrap_or_default();
            let real = text::now().0 / 1_000;
            let ahead = text::duration(now.saturating_sub(real) * 1_000);
            let mut shown = format!("{}\n", text::moment(Moment(now * 1_000)));
            if now > real + 5 {
                shown.push_str(&format!("{ahead} ahead of the real time\n"));
            }
            let value = json!({ "time": now, "ahead_seconds": now.saturating_sub(real) });
            ui.result(&value, &shown);
            Ok(0)
        })
    }
}
