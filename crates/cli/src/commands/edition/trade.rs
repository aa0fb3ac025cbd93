//! Editions that change hands.

use serde_json::json;

use super::{Common, find, named};
use crate::chain::{self, Acting, amount};
use crate::failure::Failure;
use crate::ui::Ui;

/// Buys an edition from the shop at its price, which goes to the shares of its work.
#[derive(Debug, clap::Args)]
pub(super) struct Buy {
    /// The token, as `edition list` shows it
    token: String,
    /// Who receives it [default: the account that pays]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Gives an edition to another account.
#[derive(Debug, clap::Args)]
pub(super) struct Transfer {
    /// The token, as `edition list` shows it
    token: String,
    /// Who receives it: an address, or an account of the studio
    to: String,
    #[command(flatten)]
    acting: Acting,
}

impl Buy {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let token = named(&self.token)?;
        self.acting
            .carry_out(common, ui, "daedal edition buy", async |desk| {
                let to = match &self.to {
                    Some(name) => desk.who(name)?,
                    None => desk.me,
                };
                let edition = find(&desk.reads, token).await?;
                let price = desk.reads.shop_price(token).await;
                let Some((asset, price)) = price.map_err(chain::refused)? else {
                    if edition.owner == to {
                        let value = json!({ "token": format!("{token:#066x}"), "owner": to });
                        let text = format!("{token:#x} belongs to {to} already\n");
                        return desk.result(value, &text).await;
                    }
                    let owner = match edition.owner == desk.reads.deployment().editions {
                        true => "the shop has it, without a price".to_owned(),
                        false => format!("it belongs to {}", edition.owner),
                    };
                    return Err(Failure::new(format!("{token:#x} is not for sale: {owner}"))
                        .help("`daedal edition list PROCESS` shows what is in the shop"));
                };
                let coin = desk.reads.coin(asset).await.map_err(chain::refused)?;
                let told = amount::told(&coin, price);
                desk.require(&coin, price).await?;
                if !asset.is_zero() {
                    let shop = desk.reads.deployment().editions;
                    desk.allow(&coin, shop, price, &told).await?;
                }
                let act = desk.reads.buy_edition(token, to, asset, price);
                let what = format!("edition:buy:{token:x}:{to}");
                let words = format!("buy edition {token:#x} for {told}");
                desk.ensure(&what, &act, &words).await?;
                let value = json!({
                    "token": format!("{token:#066x}"), "work": edition.work, "owner": to,
                    "coin": coin.symbol, "price": price.to_string(),
                });
                let text = format!("{token:#x} belongs to {to} now, for {told}\n");
                desk.result(value, &text).await
            })
    }
}

impl Transfer {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let token = named(&self.token)?;
        self.acting
            .carry_out(common, ui, "daedal edition transfer", async |desk| {
                let to = desk.who(&self.to)?;
                let edition = find(&desk.reads, token).await?;
                if edition.owner == desk.reads.deployment().editions {
                    return Err(
                        Failure::new(format!("{token:#x} is for sale in the shop")).help(
                            "it belongs to whoever buys it; release without `price:` to keep editions",
                        ),
                    );
                }
                if edition.owner != to && edition.owner != desk.me {
                    return Err(Failure::new(format!(
                        "{token:#x} belongs to {}, and not to {}",
                        edition.owner, desk.me
                    ))
                    .help("only its owner can give it away: --account NAME"));
                }
                if edition.owner != to {
                    let act = desk.reads.give_edition(&edition, to);
                    let what = format!("edition:give:{token:x}:{to}");
                    let words = format!("give edition {token:#x} to {to}");
                    desk.ensure(&what, &act, &words).await?;
                }
                let value = json!({ "token": format!("{token:#066x}"), "owner": to });
                desk.result(value, &format!("{token:#x} belongs to {to}")).await
            })
    }
}
