//! `daedal pay`

use serde_json::json;

use super::Common;
use crate::chain::Acting;
use crate::failure::Failure;
use crate::ui::Ui;

/// Pays a work. Whatever arrives at the address of its shares is revenue, by this command or any wallet:
/// holders and works upstream have their parts of it at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Pay {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// How much, with its unit: "5 USDC", "0.01 ETH"
    amount: String,
    #[command(flatten)]
    acting: Acting,
}

impl Pay {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal pay", async |desk| {
                let work = desk.work(&self.work).await?;
                let coins = desk.coins(&work).await?;
                let (asset, amount) = coins.read(&self.amount)?;
                let told = coins.told(asset, amount);
                if amount.is_zero() {
                    return Err(Failure::new(format!("{told} is nothing to pay"))
                        .help("give an amount above zero"));
                }
                let coin = coins.of(asset);
                desk.require(coin, amount).await?;
                let what = format!("pay:{}:{}:{amount}", work.work, coin.address);
                let words = format!("pay {told} to work {} at {}", work.work, work.shares);
                desk.act(&what, &work.pay(asset, amount), &words).await?;
                let value = json!({
                    "work": work.work, "shares": work.shares, "coin": coin.symbol,
                    "amount": amount.to_string(), "from": desk.me,
                });
                desk.result(value, &format!("paid {told} to work {}\n", work.work))
                    .await
            })
    }
}
