//! `daedal market`

mod list;
mod show;

use clap::Subcommand;
use daedal_chain::operations::{Act, Goods, Listing};
use daedal_core::economy::Asset;
use serde_json::json;

use super::Common;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount, notice};
use crate::failure::Failure;
use crate::hint;
use crate::ui::Ui;

/// Shares and editions at fixed prices. What is listed stays with its seller until somebody buys it; the
/// royalty of an edition that is sold again goes to its work.
#[derive(Debug, clap::Args)]
pub(crate) struct Market {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what is for sale
    Show(show::Show),
    /// List shares or an edition of yours
    List(list::List),
    /// Buy shares or an edition that is listed
    Buy(Buy),
    /// Take back a listing of yours
    Cancel {
        /// Number of the listing
        listing: u64,
        #[command(flatten)]
        acting: Acting,
    },
}

/// Buys what is listed.
#[derive(Debug, clap::Args)]
struct Buy {
    /// Number of the listing
    listing: u64,
    /// How many shares of it: 100, 0.5, or a part of all shares of the work, 40% [default: all that are left]
    #[arg(long)]
    shares: Option<String>,
    /// Who gets it: an address, or the name of an account of this studio [default: your own account]
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    /// Agree with the notice about shares without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Market {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        match self.what {
            What::Show(command) => command.run(common, ui),
            What::List(command) => command.run(common, ui),
            What::Buy(command) => command.run(common, ui),
            What::Cancel { listing, acting } => cancel(common, ui, listing, &acting),
        }
    }
}

impl Buy {
    fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal market buy", async |desk| {
                let listing = desk.reads.listing(self.listing).await;
                let listing = listing.map_err(chain::refused)?;
                let number = listing.number;
                let state = state_of(&listing, desk.now().await?);
                let to = self.to.as_deref().map_or(Ok(desk.me), |to| desk.who(to))?;
                if let Goods::Edition { token, .. } = listing.goods
                    && state != "open"
                    && listing.seller != to
                    && let Some(edition) =
                        desk.reads.edition(token).await.map_err(chain::refused)?
                    && edition.owner == to
                {
                    let value = json!({ "listing": number, "to": to, "bought_before": true });
                    let text = format!("edition {token:#x} belongs to {to} already\n");
                    return desk.result(value, &text).await;
                }
                if state != "open" {
                    let state = match is_taken_back(desk, &listing).await? {
                        true => "taken back",
                        false => state,
                    };
                    return Err(Failure::new(format!("listing {number} is {state}")).help(
                        format!("`{} market show` lists what is for sale", hint::daedal()),
                    ));
                }
                if listing.seller == desk.me {
                    return Err(Failure::new(format!("listing {number} is your own")).help(
                        format!("take it back: {} market cancel {number}", hint::daedal()),
                    ));
                }
                let left = listing.left();
                let work = desk.work(&listing.work.to_string()).await?;
                let buys = match (&self.shares, listing.goods) {
                    (Some(_), Goods::Edition { .. }) => {
                        return Err(Failure::new(format!("listing {number} is one edition"))
                            .help("leave --shares away"));
                    }
                    (Some(shares), Goods::Shares { .. }) => desk.shares(&work, shares).await?,
                    (None, _) => left,
                };
                if buys.is_zero() || buys > left {
                    return Err(Failure::new(format!(
                        "listing {number} has {} shares left, so {} can't be bought",
                        amount::plain(left, 18),
                        amount::plain(buys, 18)
                    ))
                    .help("buy some of what is left"));
                }
                let coins = desk.coins(&work).await?;
                let cost = desk.reads.cost_of(number, buys).await;
                let cost = cost.map_err(chain::refused)?;
                let coin = coins.of(listing.asset);
                let told = coins.told(listing.asset, cost.cost);
                desk.require(coin, cost.cost).await?;
                let goods = match listing.goods {
                    Goods::Edition { token, .. } => format!("edition {token:#x}"),
                    Goods::Shares { .. } => {
                        desk.acknowledge(self.yes, notice::SHARES)?;
                        format!("{} shares of work {}", amount::plain(buys, 18), work.work)
                    }
                };
                if listing.asset == Asset::Stablecoin {
                    let market = desk.reads.deployment().market;
                    desk.allow(coin, market, cost.cost, &told).await?;
                }
                let act = desk.reads.buy_listed(&listing, buys, cost.cost, to);
                let act: Act = act.map_err(chain::refused)?;
                let what = format!("buy-listed:{number}:{buys}:{to}");
                let words = format!("buy {goods} for {told}, for {to}");
                desk.act(&what, &act, &words).await?;
                let royalty = coins.told(listing.asset, cost.royalty);
                let value = json!({
                    "listing": number, "work": work.work, "buyer": desk.me, "to": to,
                    "amount": buys.to_string(), "coin": coin.symbol,
                    "cost": cost.cost.to_string(), "royalty": cost.royalty.to_string(),
                });
                let mut text = format!("{to} has {goods} for {told}\n");
                if !cost.royalty.is_zero() {
                    text.push_str(&format!("  {royalty} of it went to work {}\n", work.work));
                }
                desk.result(value, &text).await
            })
    }
}

fn cancel(common: &Common, ui: Ui, number: u64, acting: &Acting) -> Result<u8, Failure> {
    acting.carry_out(common, ui, "daedal market cancel", async |desk| {
        let listing = desk.reads.listing(number).await.map_err(chain::refused)?;
        if listing.seller != desk.me {
            return Err(Failure::new(format!(
                "listing {number} is of {}, and not of {}",
                listing.seller, desk.me
            ))
            .help("act as its seller: --account NAME"));
        }
        let is_taken_back = is_taken_back(desk, &listing).await?;
        if listing.left().is_zero() && !is_taken_back {
            return Err(Failure::new(format!("listing {number} is sold"))
                .help("there is nothing left of it to take back"));
        }
        if !is_taken_back {
            let act = desk.reads.cancel_listing(number);
            let what = format!("cancel-listing:{number}");
            desk.ensure(&what, &act, &format!("take listing {number} back"))
                .await?;
        }
        let value = json!({
            "listing": number, "cancelled": true, "cancelled_before": is_taken_back,
        });
        let text = match is_taken_back {
            true => format!("listing {number} was taken back before\n"),
            false => format!("listing {number} is taken back\n"),
        };
        desk.result(value, &text).await
    })
}

/// Whether a seller ended a listing, of which nothing is left then.
async fn is_taken_back(desk: &Desk, listing: &Listing) -> Result<bool, Failure> {
    if !listing.left().is_zero() {
        return Ok(false);
    }
    let cancelled = desk.reads.cancelled_listings().await;
    Ok(cancelled.map_err(chain::refused)?.contains(&listing.number))
}

/// How a listing stands; what is told as sold may have been taken back.
fn state_of(listing: &Listing, now: u64) -> &'static str {
    match () {
        () if listing.left().is_zero() => "sold",
        () if now >= listing.until => "over",
        () if !listing.is_covered => "not to be had: its seller has it no more",
        () => "open",
    }
}
