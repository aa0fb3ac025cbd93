//! `daedal time`

use daedal_core::run::Moment;
use serde_json::json;

use super::Common;
use crate::chain::{self, Acting};
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::keys;
use crate::text;
use crate::ui::Ui;

/// Shows the embedded chain's clock, or puts it forward, to see what happens after a deadline. Time on a
/// chain never goes back, so this can't be undone. Chains that others run are refused: nobody moves their clock.
#[derive(Debug, clap::Args)]
pub(crate) struct Time {
    /// Put it forward by this much: 90s, 15m, 6h, 7d
    #[arg(value_name = "DURATION")]
    forward: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Time {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        self.acting.settle(&mut home);
        if let Some(rpc) = &home.settings.chain.rpc {
            let place = match self.acting.rpc.is_some() {
                true => "leave --rpc away",
                false => "take `rpc` under [chain] away",
            };
            return Err(Failure::new(format!(
                "the clock of the chain at {rpc} is its own: only the embedded chain's can be shown and moved"
            ))
            .help(format!(
                "{place} to work on the embedded chain; elsewhere, voting periods and deadlines take their time"
            )));
        }
        // The clock is nobody's: an account that is named has to be one, and none is needed.
        let account = match self.acting.account.as_deref() {
            Some(name) => Some(keys::address_named(&home, Some(name))?),
            None => keys::address_named(&home, None).ok(),
        };
        let forward = self
            .forward
            .as_deref()
            .map(chain::when::seconds)
            .transpose()?;
        block_on(async {
            let client = chain::reach_to_move_time(&home, "daedal time").await?;
            if let Some(seconds) = forward.filter(|_| !self.acting.dry_run) {
                let asked = client.request::<_, serde_json::Value>("evm_increaseTime", (seconds,));
                asked.await.map_err(chain::refused)?;
                let asked = client.request::<_, serde_json::Value>("evm_mine", ());
                asked.await.map_err(chain::refused)?;
            }
            let now = client.block_time(None).await.map_err(chain::refused)?;
            let now = now.unwrap_or_default();
            if let Some(seconds) = forward.filter(|_| self.acting.dry_run) {
                let then = text::moment(Moment((now + seconds) * 1_000));
                let words = format!("put the clock forward to {then}");
                let acts = [json!({ "would": words, "gas": 0 })];
                let value = json!({
                    "dry_run": true, "account": account, "time": now, "acts": acts, "gas": 0,
                });
                let shown = format!("nothing was done; it would\n  {words}  (0 gas)\n");
                ui.result(&value, &shown);
                return Ok(0);
            }
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
