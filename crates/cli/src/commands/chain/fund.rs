//! `daedal chain fund`

use alloy_primitives::{Address, U256};
use daedal_chain::contracts::TestDollar;
use daedal_chain::operations::{Act, Coin, Ledgers};
use daedal_core::economy::Asset;
use serde_json::json;

use super::Common;
use crate::chain::amount::Coins;
use crate::chain::desk::who;
use crate::chain::{self, Acting};
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::ui::Ui;

const COMMAND: &str = "daedal chain fund";

/// Gives an account worthless money, where the chain's money is: the embedded chain, and contracts that were
/// made with --test-money. Stablecoins are made up; coins come from the account that acts.
#[derive(Debug, clap::Args)]
pub(crate) struct Fund {
    /// Who gets it: an address, or the name of an account of this studio
    who: String,
    /// How much, with its unit: "500 USDC", "2 ETH"
    amount: String,
    #[command(flatten)]
    acting: Acting,
}

impl Fund {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        if self.acting.dry_run
            && let Some((home, me)) = self.acting.before_contracts(common, COMMAND)?
        {
            return self.look(&home, me, ui);
        }
        self.acting
            .carry_out_anew(common, ui, COMMAND, async |desk| {
                let asset = desk.reads.deployment().asset;
                let client = desk.reads.client();
                let is_test = desk.reads.deployment().has_test_money(client).await;
                if !is_test.map_err(chain::refused)? {
                    return Err(Failure::new(format!(
                        "the money of {} is worth something: nobody can make it up",
                        desk.reads.client().place()
                    ))
                    .help("send some from a wallet that has it"));
                }
                let coins = Coins {
                    native: Coin::native(),
                    stablecoin: desk.reads.coin(asset).await.map_err(chain::refused)?,
                };
                let (kind, amount) = coins.read(&self.amount)?;
                let to = desk.who(&self.who)?;
                let told = coins.told(kind, amount);
                if kind == Asset::Native {
                    desk.require(&coins.native, amount).await?;
                }
                let act = giving(kind, asset, to, amount);
                let what = format!("fund:{to}:{}:{amount}", coins.of(kind).symbol);
                desk.act(&what, &act, &format!("give {told} to {to}"))
                    .await?;
                let coin = coins.of(kind);
                let has = desk.reads.money_of(to, coin.address).await;
                let has: U256 = has.map_err(chain::refused)?;
                let value = json!({
                    "account": to, "coin": coin.symbol, "amount": amount.to_string(),
                    "has": has.to_string(),
                });
                let text = format!("{to} has {}\n", coins.told(kind, has));
                desk.result(value, &text).await
            })
    }

    /// Says what it would do where there are no contracts yet.
    fn look(&self, home: &Home, me: Address, ui: Ui) -> Result<u8, Failure> {
        let coins = Coins {
            native: Coin::native(),
            stablecoin: Coin {
                address: Address::ZERO,
                symbol: "TESTUSD".to_owned(),
                decimals: 6,
            },
        };
        let (kind, amount) = coins.read(&self.amount)?;
        let to = who(home, &self.who)?;
        let words = format!("give {} to {to}", coins.told(kind, amount));
        let act = |reads: &Ledgers| giving(kind, reads.deployment().asset, to, amount);
        let steps = block_on(chain::begun_by(me, words, act))?;
        let (value, text) = chain::told(Some(me), &steps);
        ui.result(&value, &text);
        Ok(0)
    }
}

/// Makes the chain's worthless dollar `asset`, or pays coins.
fn giving(kind: Asset, asset: Address, to: Address, amount: U256) -> Act {
    match kind {
        Asset::Stablecoin => Act::call(asset, &TestDollar::mintCall { to, amount }),
        Asset::Native => Act::payment(to, amount),
    }
}
