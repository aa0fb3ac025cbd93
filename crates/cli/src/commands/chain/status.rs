//! `daedal chain status`

use daedal_chain::operations::Coin;
use serde_json::json;

use super::{Common, named};
use crate::chain::{self, Looking, amount};
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::ui::Ui;

/// Shows which chain it is, what the account has there, and where the contracts are.
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    #[command(flatten)]
    looking: Looking,
}

impl Status {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let mut home = Home::find(common)?;
        self.looking.settle(&mut home);
        let home = &home;
        block_on(async {
            let (studio, client) = chain::look_at_chain(home, "daedal chain status").await?;
            let difference = chain::difference(home, &studio, &client).await?;
            let at = chain::deployment(home, &studio, client.chain_id()).await?;
            let block = client.block_number().await.map_err(chain::refused)?;
            let account = match self.looking.is_named() {
                true => self.looking.account(home)?,
                false => chain::account_of(home)?,
            };
            let balance = client.balance(account).await.map_err(chain::refused)?;
            let coins = amount::told(&Coin::native(), balance);
            let mut text = format!(
                "chain       {} ({})\nblock       {block}\naccount     {account}\nbalance     {coins}\n",
                client.chain_id(),
                client.place()
            );
            match &at {
                Some(at) => {
                    for (name, address) in named(at) {
                        text.push_str(&format!("{name:<11} {address}\n"));
                    }
                }
                None => text.push_str("contracts   none yet\n"),
            }
            if let Some(why) = &difference {
                let failure = chain::another(home, &studio, &client, why).await;
                text.push_str(&format!("\n{}", failure.render()));
            }
            let value = json!({
                "chain": client.chain_id(), "place": client.place(), "block": block,
                "account": account, "balance": balance.to_string(), "contracts": at,
                "differs_from_record": difference,
            });
            ui.result(&value, &text);
            Ok(0)
        })
    }
}
