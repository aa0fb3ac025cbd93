//! Orders that were given before.

use daedal_chain::operations::{Commission, CommissionTerms};

use super::short;
use super::standing::{self, now};
use crate::chain;
use crate::chain::desk::Desk;
use crate::failure::Failure;

/// A commission of this account that asks for just this, and still runs.
pub(super) async fn ordered(
    desk: &Desk,
    terms: &CommissionTerms,
) -> Result<Option<Commission>, Failure> {
    let known = desk.reads.commissions_by_client(desk.me).await;
    let of = |terms: &CommissionTerms| {
        let run = (terms.work, terms.version, terms.parameters, terms.inputs);
        (run, terms.asset, terms.price, terms.arbiter)
    };
    let mut known = known.map_err(chain::refused)?.into_iter();
    Ok(known.find(|one| !one.state.is_end() && of(&one.terms) == of(terms)))
}

/// Tells of it.
pub(super) async fn told(desk: &Desk, found: &Commission) -> Result<u8, Failure> {
    let coin = desk.reads.coin(found.terms.asset).await;
    let now = now(desk).await?;
    let mut value = standing::to_json(found, &coin.map_err(chain::refused)?, now);
    value["opened_before"] = true.into();
    let text = format!(
        "commission {} asks for just this: it is {}\n  --another orders it once more\n",
        short(found.id),
        standing::told(found, now)
    );
    desk.result(value, &text).await
}
