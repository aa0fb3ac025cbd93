//! What is voted on, in words.

use std::collections::BTreeMap;

use daedal_chain::operations::{Ledgers, Motion};
use daedal_core::run::Moment;
use daedal_store::Studio;
use serde_json::{Value, json};

use crate::chain::dials::GovernedDials;
use crate::chain::{amount, refused};
use crate::failure::Failure;
use crate::text;

/// Tells motions, and remembers what it looked up for that.
pub(crate) struct Words<'a> {
    studio: &'a Studio,
    reads: &'a Ledgers,
    dials: BTreeMap<u64, GovernedDials>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(studio: &'a Studio, reads: &'a Ledgers) -> Self {
        Self {
            studio,
            reads,
            dials: BTreeMap::new(),
        }
    }

    /// The governed dials of a work.
    pub(crate) async fn dials(&mut self, work: u64) -> Result<&GovernedDials, Failure> {
        if !self.dials.contains_key(&work) {
            let dials = GovernedDials::of(self.studio, self.reads, work).await?;
            self.dials.insert(work, dials);
        }
        self.dials
            .get(&work)
            .ok_or_else(|| Failure::bug("dials that were just read are missing"))
    }

    /// What a motion would do.
    pub(crate) async fn of(&mut self, motion: &Motion) -> Result<String, Failure> {
        Ok(match motion {
            Motion::SetParameter { work, name, value } => {
                let dials = self.dials(*work).await?;
                let end = name.iter().position(|byte| *byte == 0);
                let dial = String::from_utf8_lossy(&name[..end.unwrap_or(32)]).into_owned();
                format!(
                    "set {dial} of work {work} to {}",
                    dials.told_of(name, *value)
                )
            }
            Motion::Publish { work, bundle, .. } => {
                format!(
                    "publish {} as the next version of work {work}",
                    bundle.short()
                )
            }
            Motion::Allow {
                operator,
                asset,
                amount,
                period,
                ..
            } => {
                let coin = self.reads.coin(*asset).await.map_err(refused)?;
                let period = text::duration(u64::from(*period) * 1_000);
                let most = amount::told(&coin, *amount);
                format!("let {operator} draw {most} from the treasury, every {period}")
            }
            Motion::Admit(offer) => format!(
                "offer a seat to {}: {} shares of work {} for {} of the collective's, until {}",
                offer.member,
                amount::plain(offer.work_shares, 18),
                offer.work,
                amount::plain(offer.shares, 18),
                text::moment(Moment(offer.until * 1_000)),
            ),
        })
    }
}

/// The same for programs.
pub(crate) fn to_json(motion: &Motion) -> Value {
    match motion {
        Motion::SetParameter { work, name, value } => {
            let end = name.iter().position(|byte| *byte == 0);
            let dial = String::from_utf8_lossy(&name[..end.unwrap_or(32)]).into_owned();
            json!({ "do": "set", "work": work, "dial": dial, "counted": value })
        }
        Motion::Publish { work, bundle, uri } => {
            json!({ "do": "publish", "work": work, "bundle": bundle, "uri": uri })
        }
        Motion::Allow {
            treasury,
            operator,
            asset,
            amount,
            period,
        } => json!({
            "do": "allow", "treasury": treasury, "operator": operator, "asset": asset,
            "amount": amount.to_string(), "period_s": period,
        }),
        Motion::Admit(offer) => json!({
            "do": "admit", "member": offer.member, "work": offer.work,
            "work_shares": offer.work_shares.to_string(), "shares": offer.shares.to_string(),
            "until": offer.until,
        }),
    }
}
