//! The editions of a run, and what they cost.

use alloy_primitives::U256;
use daedal_chain::operations::{MintedRun, Operator, Output, Terms};
use daedal_core::units::BasisPoints;

use super::Subject;
use super::written::Minted;
use crate::chain;
use crate::failure::Failure;

/// Most that a resale may owe: `Editions.RESALE_BPS_MAX`.
const RESALE_MAX: BasisPoints = BasisPoints(2_500);

/// What the process asks for its editions.
pub(super) fn price_of(subject: &Subject) -> Result<Option<chain::Price>, Failure> {
    let release = subject.planned.process.release.as_ref();
    let editions = release.and_then(|release| release.editions.as_ref());
    let price = editions.and_then(|editions| editions.price.as_deref());
    price.map(chain::price).transpose()
}

/// Mints the editions that the process says, unless that has been done.
pub(super) async fn mint(
    operator: &Operator,
    subject: &Subject,
    work: u64,
    version: u64,
    base_uri: &str,
) -> Result<Vec<Minted>, Failure> {
    let release = subject.planned.process.release.as_ref();
    let Some(editions) = release.and_then(|release| release.editions.as_ref()) else {
        return Ok(Vec::new());
    };
    let of = subject.pieces.iter().enumerate();
    let of: Vec<_> = of
        .filter(|(_, piece)| piece.output == editions.of)
        .collect();
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let price = price_of(subject)?;
    let record = &subject.record;
    let run = MintedRun {
        work: U256::from(work),
        version: U256::from(version),
        bundle: record.header.bundle.0.into(),
        parameters: record.header.parameters.0.into(),
        inputs: record.header.inputs.0.into(),
        seed: record.header.seed.0.0.into(),
        runRoot: record.root,
    };
    let outputs: Vec<Output> = of
        .iter()
        .map(|(index, piece)| Output {
            digest: piece.asset.digest.0.into(),
            index: U256::from(*index),
        })
        .collect();
    let account = operator.account();
    // What derivatives owe is what resales owe, too, as far as the contract takes it.
    let resale = operator.reads().work(work).await.map_err(chain::refused)?;
    let terms = Terms {
        to: price.is_none().then_some(account),
        base_uri: base_uri.to_owned(),
        resale: resale.royalty.min(RESALE_MAX),
        price: price.map_or(0, |price| price.units),
        in_native: price.is_some_and(|price| price.in_native),
    };
    let minted = operator
        .mint(&format!("mint:{}", subject.run), &run, &outputs, &terms)
        .await
        .map_err(chain::refused)?;
    let shop = operator.reads().deployment().editions;
    let tokens = minted.iter().flat_map(|batch| &batch.tokens);
    Ok(of
        .iter()
        .zip(tokens)
        .map(|((index, _), token)| Minted {
            index: *index,
            token: *token,
            price: editions.price.clone(),
            owner: terms.to.unwrap_or(shop),
        })
        .collect())
}
