//! `daedal market list`

use alloy_primitives::U256;
use daedal_chain::operations::{Act, Goods, Listing};
use daedal_core::economy::Asset;
use daedal_core::run::Moment;
use serde_json::json;

use super::state_of;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount, notice, when};
use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::text;
use crate::ui::Ui;

/// Lists shares of a work, which can be bought in parts, or an edition. They stay yours until somebody buys
/// them.
#[derive(Debug, clap::Args)]
pub(super) struct List {
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
    /// List as many shares once more, though as many are listed for that price
    #[arg(long, requires = "shares")]
    another: bool,
    /// Agree with the notice about shares without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    acting: Acting,
}

/// What is to be listed, or what stands already.
enum Wanted {
    New(Sale),
    Listed(Listing),
}

/// What is to be listed.
struct Sale {
    /// Lets the market take it.
    approve: Act,
    list: Act,
    /// The same however often it is asked.
    key: String,
    /// What it is, and what it costs, for people.
    goods: String,
    price: String,
}

impl List {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        self.acting
            .carry_out(common, ui, "daedal market list", async |desk| {
                let until = when::until(&self.until, desk.now().await?)?;
                let wanted = match (&self.shares, edition_named(&self.what)) {
                    (None, Some(token)) => self.edition(desk, token, until).await?,
                    (Some(shares), None) => self.some_shares(desk, shares, until).await?,
                    (Some(_), Some(_)) => {
                        return Err(Failure::new("an edition has no shares to list")
                            .help("leave --shares away, or name the work whose shares you sell"));
                    }
                    (None, None) => {
                        return Err(Failure::new(format!(
                            "`{}` is no token of an edition",
                            self.what
                        ))
                        .help("to sell shares of a work, say how many: --shares 1000"));
                    }
                };
                let sale = match wanted {
                    Wanted::New(sale) => sale,
                    Wanted::Listed(listing) => return again(desk, &listing).await,
                };
                let (key, goods, price) = (&sale.key, &sale.goods, &sale.price);
                let market = desk.reads.deployment().market;
                let words = format!("let the market {market} take {goods}");
                desk.act(&format!("approve-{key}"), &sale.approve, &words)
                    .await?;
                let words = format!("list {goods} for {price}");
                let receipt = desk.act(key, &sale.list, &words).await?;
                let listing = receipt.map(|receipt| desk.reads.listing_made(&receipt));
                let listing = listing
                    .transpose()
                    .map_err(chain::refused)?
                    .unwrap_or_default();
                let value = json!({
                    "listing": listing, "seller": desk.me, "until": until, "listed_before": false,
                });
                let text = format!(
                    "listing {listing}: {goods} for {price}, until {}\n  \
                     buyers  {} market buy {listing}\n",
                    text::moment(Moment(until * 1_000)),
                    hint::daedal(),
                );
                desk.result(value, &text).await
            })
    }

    async fn edition(&self, desk: &Desk, token: U256, until: u64) -> Result<Wanted, Failure> {
        let edition = owned(desk, token).await?;
        let work = desk.work(&edition.to_string()).await?;
        let coins = desk.coins(&work).await?;
        let (asset, price) = read_price(&coins, &self.price)?;
        let is_it =
            |goods: &Goods| matches!(goods, Goods::Edition { token: known, .. } if *known == token);
        if let Some(listing) = listed(desk, is_it).await?.first() {
            if (listing.asset, listing.price) == (asset, price) {
                return Ok(Wanted::Listed(*listing));
            }
            let number = listing.number;
            return Err(Failure::new(format!(
                "it is listed already, as {number}, for another price"
            ))
            .help(format!(
                "take that back first: {} market cancel {number}",
                hint::daedal()
            )));
        }
        let list = desk.reads.list_edition(token, asset, price, until);
        let market = desk.reads.deployment().market;
        Ok(Wanted::New(Sale {
            approve: desk.reads.approve_edition(market, token),
            list: list.map_err(chain::refused)?,
            key: format!("list-edition:{token:x}:{price}:{}", self.until),
            goods: format!("edition {token:#x} of work {}", work.work),
            price: coins.told(asset, price),
        }))
    }

    async fn some_shares(&self, desk: &Desk, shares: &str, until: u64) -> Result<Wanted, Failure> {
        let work = desk.work(&self.what).await?;
        let coins = desk.coins(&work).await?;
        let (asset, price) = read_price(&coins, &self.price)?;
        let shares = desk.shares(&work, shares).await?;
        let have = desk.reads.shares_of(work.work, desk.me).await;
        let have = have.map_err(chain::refused)?;
        let told = amount::plain(shares, 18);
        if shares.is_zero() || have < shares {
            return Err(Failure::new(format!(
                "{} has {} shares of work {}, so {told} can't be listed",
                desk.me,
                amount::plain(have, 18),
                work.work,
            ))
            .help("list some that you have"));
        }
        let mut others = listed(desk, |goods| matches!(goods, Goods::Shares { .. })).await?;
        others.retain(|other| other.work == work.work);
        let untouched = Goods::Shares {
            amount: shares,
            left: shares,
        };
        let same = |one: &&Listing| (one.goods, one.asset, one.price) == (untouched, asset, price);
        if let Some(listing) = others.iter().find(same).filter(|_| !self.another) {
            return Ok(Wanted::Listed(*listing));
        }
        let promised: U256 = others.iter().map(Listing::left).sum();
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
        let market = desk.reads.deployment().market;
        let list = desk.reads.list_shares(&work, shares, asset, price, until);
        // Other listings may stand: the market has to be able to take them all.
        let allowed = desk.reads.allowed(desk.me, market, work.shares).await;
        let all = allowed.map_err(chain::refused)?.saturating_add(shares);
        Ok(Wanted::New(Sale {
            approve: work.approve_shares(market, all),
            list: list.map_err(chain::refused)?,
            key: format!("list-shares:{}:{shares}:{price}:{}", work.work, self.until),
            goods: format!("{told} shares of work {}", work.work),
            price: coins.told(asset, price),
        }))
    }
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

/// Tells of a listing that stands as it is asked again.
async fn again(desk: &Desk, listing: &Listing) -> Result<u8, Failure> {
    let (number, until) = (listing.number, listing.until);
    let value = json!({
        "listing": number, "seller": desk.me, "until": until, "listed_before": true,
    });
    let until = text::moment(Moment(until * 1_000));
    let mut text = format!("it is listed already, as {number}, until {until}: nothing was done\n");
    if matches!(listing.goods, Goods::Shares { .. }) {
        text.push_str("  as much once more  the same command with --another\n");
    }
    desk.result(value, &text).await
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
