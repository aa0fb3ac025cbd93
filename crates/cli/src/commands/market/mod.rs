//! `daedal market`

mod show;

use alloy_primitives::U256;
use clap::Subcommand;
use daedal_chain::operations::{Act, Goods, Listing};
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use serde_json::json;

use super::Common;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount, notice, when};
use crate::failure::Failure;
use crate::hint;
use crate::text;
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
    List(List),
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

/// Lists shares of a work, which can be bought in parts, or an edition. They stay yours until somebody buys
/// them.
#[derive(Debug, clap::Args)]
struct List {
    /// The work whose shares are sold; or the token of an edition, as `edition list` shows it
    what: String,
    /// What all of it costs together, with its unit: "5 USDC", "0.01 ETH"
    price: String,
    /// How many shares: 300, 0.5, or a part of all shares of the work, 40%
    #[arg(long)]
    shares: Option<String>,
    /// When the listing ends: 30d, 2027-01-31
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    until: String,
    /// Agree with the notice about shares without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    acting: Acting,
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

impl List {
    fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal market list", async |desk| {
                let until = when::until(&self.until, desk.now().await?)?;
                let market = desk.reads.deployment().market;
                let edition = edition_named(&self.what);
                let (approve, approving, act, told, price) = match (&self.shares, edition) {
                    (None, Some(token)) => {
                        let edition = owned(desk, token).await?;
                        let work = desk.work(&edition.to_string()).await?;
                        let coins = desk.coins(&work).await?;
                        let (asset, price) = read_price(&coins, &self.price)?;
                        if let Some(listed) = listed(desk, |goods| {
                            matches!(goods, Goods::Edition { token: known, .. } if *known == token)
                        })
                        .await?
                        .first()
                        {
                            return again(desk, listed, asset, price).await;
                        }
                        let act = desk.reads.list_edition(token, asset, price, until);
                        let told = format!("edition {token:#x} of work {}", work.work);
                        let approve = desk.reads.approve_edition(market, token);
                        let what = format!("list-edition:{token:x}:{price}:{}", self.until);
                        (approve, what, act, told, coins.told(asset, price))
                    }
                    (Some(shares), None) => {
                        let work = desk.work(&self.what).await?;
                        let coins = desk.coins(&work).await?;
                        let (asset, price) = read_price(&coins, &self.price)?;
                        let shares = desk.shares(&work, shares).await?;
                        let have = desk.reads.shares_of(work.work, desk.me).await;
                        let have = have.map_err(chain::refused)?;
                        if shares.is_zero() || have < shares {
                            return Err(Failure::new(format!(
                                "{} has {} shares of work {}, so {} can't be listed",
                                desk.me,
                                amount::plain(have, 18),
                                work.work,
                                amount::plain(shares, 18)
                            ))
                            .help("list some that you have"));
                        }
                        let others = listed(desk, |goods| matches!(goods, Goods::Shares { .. })).await?;
                        let others = others.iter().filter(|other| other.work == work.work);
                        let promised: U256 = others.map(Listing::left).sum();
                        if promised + shares > have {
                            return Err(Failure::new(format!(
                                "{} of the {} shares that {} has are listed already",
                                amount::plain(promised, 18),
                                amount::plain(have, 18),
                                desk.me
                            ))
                            .help("list fewer, or take a listing back first: market cancel"));
                        }
                        desk.acknowledge(self.yes, notice::SHARES)?;
                        let act = desk.reads.list_shares(&work, shares, asset, price, until);
                        let told = format!("{} shares of work {}", amount::plain(shares, 18), work.work);
                        // Other listings may stand: the market has to be able to take them all.
                        let allowed = desk.reads.allowed(desk.me, market, work.shares).await;
                        let all = allowed.map_err(chain::refused)?.saturating_add(shares);
                        let approve = work.approve_shares(market, all);
                        let what = format!("list-shares:{}:{shares}:{price}:{}", work.work, self.until);
                        (approve, what, act, told, coins.told(asset, price))
                    }
                    (Some(_), Some(_)) => {
                        return Err(Failure::new("an edition has no shares to list")
                            .help("leave --shares away, or name the work whose shares you sell"));
                    }
                    (None, None) => {
                        return Err(Failure::new(format!("`{}` is no token of an edition", self.what))
                            .help("to sell shares of a work, say how many: --shares 1000"));
                    }
                };
                let act = act.map_err(chain::refused)?;
                let words = format!("let the market {market} take {told}");
                desk.act(&format!("approve-{approving}"), &approve, &words).await?;
                let words = format!("list {told} for {price}");
                let receipt = desk.act(&approving, &act, &words).await?;
                let listing = receipt.map(|receipt| desk.reads.listing_made(&receipt));
                let listing = listing.transpose().map_err(chain::refused)?.unwrap_or_default();
                let value = json!({ "listing": listing, "seller": desk.me, "until": until });
                let text = format!(
                    "listing {listing}: {told} for {price}, until {}\n  buyers  {} market buy {listing}\n",
                    text::moment(Moment(until * 1_000)),
                    hint::daedal(),
                );
                desk.result(value, &text).await
            })
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
                let to = self.to.as_deref().map_or(Ok(desk.me), |to| desk.who(to))?;
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
            desk.act(&what, &act, &format!("take listing {number} back"))
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

/// What the actor has listed, and can still be bought.
async fn listed(desk: &Desk, wanted: impl Fn(&Goods) -> bool) -> Result<Vec<Listing>, Failure> {
    let (now, mut listed) = (desk.now().await?, Vec::new());
    for number in 1..=desk.reads.listings().await.map_err(chain::refused)? {
        let listing = desk.reads.listing(number).await.map_err(chain::refused)?;
        if listing.seller == desk.me && wanted(&listing.goods) && state_of(&listing, now) == "open"
        {
            listed.push(listing);
        }
    }
    Ok(listed)
}

/// An edition that is listed: as it is asked again, or for another price.
async fn again(desk: &Desk, listed: &Listing, asset: Asset, price: U256) -> Result<u8, Failure> {
    let number = listed.number;
    if (listed.asset, listed.price) == (asset, price) {
        let value = json!({ "listing": number, "seller": desk.me, "until": listed.until });
        let text = format!("it is listed already, as {number}\n");
        return desk.result(value, &text).await;
    }
    Err(Failure::new(format!(
        "it is listed already, as {number}, for another price"
    ))
    .help(format!(
        "take that back first: {} market cancel {number}",
        hint::daedal()
    )))
}

/// The token of an edition, where a person names one rather than a work.
fn edition_named(name: &str) -> Option<U256> {
    let last = name.rsplit('/').next().unwrap_or(name);
    // Numbers of works are short; a token is the digest of its prompt.
    let is_long = last.len() > 20;
    chain::token(last).filter(|_| is_long)
}

/// The work of an edition that the actor owns.
async fn owned(desk: &Desk, token: U256) -> Result<u64, Failure> {
    let edition = desk.reads.edition(token).await.map_err(chain::refused)?;
    let edition = edition.ok_or_else(|| {
        Failure::new(format!("there is no edition {token:#x} on this chain")).help(format!(
            "`{} edition list PROCESS` shows the tokens",
            hint::daedal()
        ))
    })?;
    match edition.owner == desk.me {
        true => Ok(edition.work),
        false => Err(Failure::new(format!(
            "{token:#x} belongs to {}, and not to {}",
            edition.owner, desk.me
        ))
        .help("only its owner can sell it: --account NAME")),
    }
}

fn read_price(coins: &amount::Coins, text: &str) -> Result<(Asset, U256), Failure> {
    let (asset, price) = coins.read(text)?;
    match price.is_zero() {
        true => Err(Failure::new("nothing can be sold for nothing")
            .help("give a price above zero; `daedal transfer` gives shares away")),
        false => Ok((asset, price)),
    }
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
