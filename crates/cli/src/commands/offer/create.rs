//! `daedal offer create`

use std::path::PathBuf;

use alloy_primitives::U256;
use daedal_chain::operations::{OfferTerms, Offering, OfferingState, Work};
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::{allow_list, next, notice_text, tree_of};
use crate::chain::amount::Coins;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount, notice, when};
use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::text::{self, count};
use crate::ui::Ui;

/// Offers shares of yours in lots. Only who controls the work can, and the shares leave your account
/// until the offering is over.
///
/// 40 lots of 1,000 shares at 5 USDC a lot, if at least 10 are sold within a week:
///   daedal offer create almanac --lots 40 --lot 1000 --price "5 USDC" --min 10 --until 7d
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Create {
    /// A process of this studio, the number of a work, or its CAIP-19 name
    work: String,
    /// How many lots are offered
    #[arg(long, value_name = "COUNT")]
    lots: u32,
    /// Shares in a lot: 1000, 0.5, or a part of all shares of the work, 1%
    #[arg(long, value_name = "SHARES", default_value = "1")]
    lot: String,
    /// What a lot costs, with its unit: "5 USDC", "0.01 ETH"
    #[arg(long)]
    price: String,
    /// Lots that have to be sold, or everybody is refunded
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    min: u32,
    /// When buying ends: 7d, 2027-01-31, 2027-01-31T18:00:00Z
    #[arg(long, value_name = "WHEN")]
    until: String,
    /// Sell only to the accounts in this file, one a line
    #[arg(long, value_name = "FILE")]
    only: Option<PathBuf>,
    /// Tell buyers this text instead of ours; they have to agree with it
    #[arg(long, value_name = "FILE")]
    notice: Option<PathBuf>,
    /// Make one more, though an offering of yours on the same terms is open
    #[arg(long)]
    another: bool,
    /// Agree with the notice without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Create {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let text = notice_text(self.notice.as_deref())?;
        self.acting
            .carry_out(common, ui, "daedal offer create", async |desk| {
                let work = desk.work(&self.work).await?;
                let coins = desk.coins(&work).await?;
                let terms = self.terms(desk, &work, &coins, &text).await?;
                require_operator(desk, &work).await?;
                let standing = standing(desk, &work, &terms).await?;
                if let Some(standing) = standing.filter(|_| !self.another) {
                    let (number, stands) = (standing.number, standing.terms);
                    let value = to_json(desk, work.work, &stands, &coins, (number, true));
                    let shown = format!(
                        "offering {number} stands on these terms, until {}: nothing was done\n  \
                         as much once more  the same command with --another\n",
                        text::moment(Moment(stands.deadline * 1_000)),
                    );
                    return desk.result(value, &shown).await;
                }
                let (lot, cost) = (
                    amount::plain(terms.lot, 18),
                    coins.told(terms.asset, terms.price),
                );
                let all = terms.lot.saturating_mul(U256::from(self.lots));
                self.require_shares(desk, &work, all).await?;
                let act = desk.reads.offer(&work, &terms).map_err(chain::refused)?;
                desk.acknowledge(self.yes, &text)?;
                let capital = desk.reads.deployment().capital;
                let of = format!("{} shares of work {}", amount::plain(all, 18), work.work);
                let what = format!("offer-shares:{}:{all}:{}", work.work, self.until);
                let words = format!("let {capital} take {of}");
                let approve = work.approve_shares(capital, all);
                desk.act(&what, &approve, &words).await?;
                // The same however often it is asked: not the deadline, which moves.
                let asked = OfferTerms {
                    deadline: 0,
                    ..terms
                };
                let what = format!("offer:{}:{asked:?}:{}", work.work, self.until);
                let words = format!("offer {of} in lots of {lot} at {cost}");
                let receipt = desk.act(&what, &act, &words).await?;
                let number = receipt.map(|receipt| desk.reads.offering_made(&receipt));
                let number = number
                    .transpose()
                    .map_err(chain::refused)?
                    .unwrap_or_default();
                let value = to_json(desk, work.work, &terms, &coins, (number, false));
                let shown = format!(
                    "offering {number}: {} of {lot} shares at {cost} each, until {}\n  \
                     buyers  {}\n",
                    count(self.lots as usize, "lot"),
                    text::moment(Moment(terms.deadline * 1_000)),
                    next("buy", number) + " LOTS",
                );
                desk.result(value, &shown).await
            })
    }

    /// What is offered to whom; `text` is what buyers are told.
    async fn terms(
        &self,
        desk: &Desk,
        work: &Work,
        coins: &Coins,
        text: &str,
    ) -> Result<OfferTerms, Failure> {
        let (asset, price) = coins.read(&self.price)?;
        let lot = desk.shares(work, &self.lot).await?;
        for (zero, what) in [
            (lot.is_zero(), "a lot of no shares"),
            (price.is_zero(), "a price of nothing"),
            (self.lots == 0, "no lots"),
            (self.min == 0, "a minimum of no lots"),
        ] {
            if zero {
                return Err(Failure::new(format!("{what} can't be offered"))
                    .help("give a number above zero"));
            }
        }
        if self.min > self.lots {
            return Err(Failure::new(format!(
                "at least {} lots have to be sold, of {} that are offered",
                self.min, self.lots
            ))
            .help("give a --min that can be reached"));
        }
        let only = self.only.as_deref();
        let only = only.map(|file| allow_list(&desk.home, file)).transpose()?;
        Ok(OfferTerms {
            asset,
            lot,
            price,
            lots_min: self.min,
            lots_max: self.lots,
            deadline: when::until(&self.until, desk.now().await?)?,
            allow_list: only.as_deref().map(|only| tree_of(only).root()),
            notice: notice::digest_of(text),
        })
    }

    async fn require_shares(&self, desk: &Desk, work: &Work, all: U256) -> Result<(), Failure> {
        let have = desk.reads.shares_of(work.work, desk.me).await;
        let have = have.map_err(chain::refused)?;
        if have >= all {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} has {} shares of work {}, which is less than {}",
            desk.me,
            amount::plain(have, 18),
            work.work,
            amount::plain(all, 18)
        ))
        .help(format!(
            "`{} shares {}` shows who has how many",
            hint::daedal(),
            self.work
        )))
    }
}

async fn require_operator(desk: &Desk, work: &Work) -> Result<(), Failure> {
    let operates = desk.reads.is_operator(work.work, desk.me).await;
    if operates.map_err(chain::refused)? {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} does not operate work {}, so it can't offer shares of it",
        desk.me, work.work
    ))
    .help(format!(
        "its owner {}, its controller {}, and whom they approved can: --account NAME; what you have, you can \
         sell: {} market list",
        work.owner,
        work.controller,
        hint::daedal()
    )))
}

/// The open offering that the actor has made on the same terms, whenever it ends.
async fn standing(
    desk: &Desk,
    work: &Work,
    terms: &OfferTerms,
) -> Result<Option<Offering>, Failure> {
    let now = desk.now().await?;
    let offerings = desk.reads.offerings(Some(work.work)).await;
    let mut offerings = offerings.map_err(chain::refused)?.into_iter();
    Ok(offerings.find(|one| {
        let until = one.terms.deadline;
        let same = OfferTerms {
            deadline: until,
            ..*terms
        };
        let is_open =
            one.state == OfferingState::Open && one.lots_sold < one.terms.lots_max && now < until;
        is_open && one.issuer == desk.me && one.terms == same
    }))
}

/// An offering, by its number and whether it was there before.
fn to_json(
    desk: &Desk,
    work: u64,
    terms: &OfferTerms,
    coins: &Coins,
    (number, before): (u64, bool),
) -> Value {
    json!({
        "offering": number, "work": work, "issuer": desk.me, "lots": terms.lots_max,
        "lot": terms.lot.to_string(), "min": terms.lots_min, "coin": coins.of(terms.asset).symbol,
        "price": terms.price.to_string(), "deadline": terms.deadline,
        "allow_list": terms.allow_list, "notice": terms.notice, "made_before": before,
    })
}
