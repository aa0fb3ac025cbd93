//! Intents that a wallet elsewhere signs: printed first, and taken with its signature later.

use alloy_primitives::{Address, Bytes};
use daedal_core::intent::{
    Disclosure, Domain, Intent, IntentFault, Openings, SignedIntent, recover, seen_root, step_word,
    typed_data,
};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Draft, contract};
use crate::failure::Failure;
use crate::home::{Home, remembered};

const KIND: &str = "intent-to-sign";

/// What was printed for a wallet to sign.
#[derive(Serialize, Deserialize)]
struct Pending {
    domain: Domain,
    intent: Intent,
    disclosed: Disclosure,
    openings: Openings,
}

/// What a wallet has to sign; kept until its signature comes. One that was asked for before is replaced.
pub(super) async fn ask(studio: &Studio, draft: Draft) -> Result<Value, Failure> {
    let (intent, disclosed, openings) = super::intent(studio, &draft).await?;
    let data = typed_data(draft.domain, &intent);
    let pending = Pending {
        domain: draft.domain,
        intent,
        disclosed,
        openings,
    };
    let document = Document::of(KIND, draft.place, &pending);
    let put = studio.records.put(vec![document]).await;
    put.map_err(|error| remembered(&error))?;
    Ok(data)
}

/// What was printed, with the signature of a wallet.
pub(super) async fn signed(
    home: &Home,
    studio: &Studio,
    draft: &Draft,
    signature: &Bytes,
    signer: Address,
) -> Result<(SignedIntent, Openings), Failure> {
    let found = studio.records.get(KIND, &draft.place).await;
    let found = found.map_err(|error| remembered(&error))?;
    let pending: Option<Pending> = found.and_then(|value| serde_json::from_value(value).ok());
    let Some(pending) = pending else {
        return Err(Failure::new("nothing was printed to be signed for this")
            .help("print it first: the same command with --typed-data"));
    };
    if !is_of(&pending, draft) {
        return Err(Failure::new(
            "what was printed to be signed is another decision than this one",
        )
        .help("decide as you did then, or print this one: the same command with --typed-data"));
    }
    let mut signed = SignedIntent {
        domain: pending.domain,
        intent: pending.intent,
        signer,
        signature: signature.clone(),
        accepted: None,
        disclosed: Some(pending.disclosed),
        options: draft.shown.clone(),
    };
    // Some wallets number the two keys of a signature from 0.
    let mut numbered = signature.to_vec();
    if let Some(parity @ (0 | 1)) = numbered.get_mut(64) {
        *parity += 27;
        let numbered = Bytes::from(numbered);
        if recover(signed.message(), &numbered) == Some(signer) {
            signed.signature = numbered;
        }
    }
    if recover(signed.message(), &signed.signature) != Some(signer) {
        signed.accepted = contract::accepted(home, &signed).await?;
    }
    match signed.check() {
        Ok(()) => Ok((signed, pending.openings)),
        Err(fault @ IntentFault::Signature { .. }) => Err(Failure::new(fault.to_string()).help(
            "sign what --typed-data printed last, as it is, with that account: the signature of a key has 65 bytes, and \
             a contract has to be on the studio's chain",
        )),
        Err(fault) => Err(Failure::new(fault.to_string())),
    }
}

/// Whether what was printed is what is decided now; the note may be left away the second time.
fn is_of(pending: &Pending, draft: &Draft) -> bool {
    let intent = &pending.intent;
    let same_notes = draft
        .private
        .iter()
        .all(|(name, value)| match pending.openings.get(name) {
            Some(opening) => pending.disclosed.opened(name, opening) == Some(value),
            None => false,
        });
    let decided = (draft.decided)(pending.disclosed.salt).sealing(&pending.openings);
    same_notes
        && decided == pending.disclosed
        && pending.domain == draft.domain
        && intent.run == draft.run
        && intent.kind == draft.kind
        && intent.step == draft.step.as_deref().map(step_word).unwrap_or_default()
        && intent.seen == seen_root(&draft.shown)
        && intent.prev == draft.prev
}
