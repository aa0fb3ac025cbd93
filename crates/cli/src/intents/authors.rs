//! Who says to have written a version of a process.

use alloy_primitives::B256;
use daedal_core::Digest;
use daedal_core::intent::{Disclosure, Domain, IntentKind, SignedIntent};
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde_json::Value;

use super::{Draft, Hand, Signed, sign};
use crate::failure::Failure;
use crate::home::{Home, remembered};

const KIND: &str = "author";

/// The signatures of the authors of a bundle, one of each.
pub(crate) async fn authors_of(
    studio: &Studio,
    bundle: &Digest,
) -> Result<Vec<SignedIntent>, Failure> {
    let found = studio.records.get(KIND, &bundle.to_string()).await;
    let found = found.map_err(|error| remembered(&error))?;
    Ok(found
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default())
}

/// Signs that somebody wrote a bundle, unless they have said so. A signature from before the process was registered is
/// replaced by one that names its registry.
pub(crate) async fn sign_authorship(
    home: &Home,
    studio: &Studio,
    hand: &Hand,
    bundle: Digest,
    domain: Domain,
    private: Vec<(String, Value)>,
) -> Result<Signed, Failure> {
    let mut authors = authors_of(studio, &bundle).await?;
    let me = match hand {
        Hand::Own(person) => Some(person.account().address),
        Hand::Wallet { signer, .. } => Some(*signer),
        Hand::Print => None,
    };
    let is_mine = |known: &SignedIntent| Some(known.signer) == me;
    let known = authors.iter().find(|known| is_mine(known));
    if let Some(known) = known
        && private.is_empty()
        && (known.domain == domain || domain == Domain::default())
    {
        return Ok(Signed::Intent(Box::new(known.clone())));
    }
    let draft = Draft {
        place: bundle.to_string(),
        domain,
        run: B256::ZERO,
        step: None,
        kind: IntentKind::Author,
        decided: Box::new(move |salt| Disclosure::authorship(salt, bundle)),
        private,
        shown: Vec::new(),
        prev: B256::ZERO,
        from: 0,
    };
    let signed = sign(home, studio, hand, draft).await?;
    if let Signed::Intent(signed) = &signed {
        authors.retain(|known| !is_mine(known));
        authors.push((**signed).clone());
        let document = Document::of(KIND, bundle.to_string(), &authors);
        let put = studio.records.put(vec![document]).await;
        put.map_err(|error| remembered(&error))?;
    }
    Ok(signed)
}
