//! What a release made of a run, found again without making anything.

use daedal_core::AssetRef;
use daedal_core::engine::Engines;
use daedal_core::intent::Domain;
use daedal_core::run::Event;
use daedal_provenance::manifest::Anchoring;
use daedal_store::Studio;
use daedal_store::ports::RunSummary;

use super::copies::Copies;
use super::seal::{Sealed, Sealing};
use super::{
    Made, OnChain, SealedPiece, Signing, Subject, kept, making, onchain, require_success, subject,
};
use crate::chain::known_anywhere;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};

/// A run that was released, with all that was made of it.
pub(crate) struct Gathered {
    pub(crate) subject: Subject,
    pub(crate) events: Vec<Event>,
    pub(crate) pieces: Vec<SealedPiece>,
    pub(crate) attestation: AssetRef,
    pub(crate) on_chain: Option<OnChain>,
    /// How it was made, as it is told to the audience.
    pub(crate) told: daedal_channels::Release,
}

/// Gathers what was made of `run`, which has been released.
pub(crate) async fn gathered(
    home: &Home,
    studio: &Studio,
    engines: &Engines,
    run: &RunSummary,
    signing: &Signing<'_>,
) -> Result<Gathered, Failure> {
    require_success(run)?;
    let key = run.run.to_string();
    let copies = Copies::of(home, signing.ui);
    let attestation = kept::asset(studio, "attestation", &key).await?;
    let Some(attestation) = attestation.filter(|asset| copies.have(studio, asset)) else {
        let short = run.run.0.short();
        return Err(
            Failure::new(format!("run {short} has not been released yet")).help(format!(
                "its assets get their credentials with `{} release {short}`",
                hint::daedal()
            )),
        );
    };
    let subject = subject(studio, run, engines, &copies).await?;
    let on_chain = on_chain(studio, &subject).await?;
    let (domain, anchoring) = sealed_for(studio, &subject).await?;
    let sealing = Sealing {
        studio,
        engines,
        subject: &subject,
        domain,
        anchoring,
        signing,
        copies: &copies,
        outside: std::cell::OnceCell::new(),
    };
    let pieces = sealing.all().await?;
    let made = Made {
        pieces: &pieces,
        attestation: &attestation,
        on_chain: on_chain.as_ref(),
        copies: &copies,
    };
    let told = making::release(studio, engines, &subject, &made).await?;
    let events = studio.log.read(run.run).await;
    Ok(Gathered {
        events: events.map_err(|error| remembered(&error))?,
        pieces,
        attestation,
        on_chain,
        told,
        subject,
    })
}

/// What is on record of the run on any chain that its process was registered on, the newest first.
async fn on_chain(studio: &Studio, subject: &Subject) -> Result<Option<OnChain>, Failure> {
    let process = &subject.planned.plan.process;
    for known in known_anywhere(studio, process).await? {
        if let Some(found) = onchain::recorded(studio, subject.run, &known).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Chain and registry that the run's credentials name, and who anchors it by them.
async fn sealed_for(
    studio: &Studio,
    subject: &Subject,
) -> Result<(Domain, Option<Anchoring>), Failure> {
    let Some(piece) = subject.pieces.first() else {
        return Ok(Default::default());
    };
    let key = format!("{}/{}", subject.run, piece.asset.digest);
    let known = kept::get(studio, "sealed", &key).await?;
    let sealed: Option<Sealed> = known.and_then(|known| serde_json::from_value(known).ok());
    Ok(sealed
        .map(|sealed| (sealed.domain.unwrap_or_default(), sealed.anchoring))
        .unwrap_or_default())
}

impl Gathered {
    /// Chain and registry that its credentials name.
    pub(crate) fn domain(&self) -> Domain {
        let first = self.pieces.first();
        first
            .and_then(|piece| piece.sealed.domain)
            .unwrap_or_default()
    }
}
