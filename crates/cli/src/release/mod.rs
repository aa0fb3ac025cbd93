//! Releasing a run: its record is closed, its pieces are sealed, the run is attested, and channels
//! publish. Every stage keeps what it made before the next begins, and finds it when it is repeated:
//! a release that was interrupted is finished by the same command, and nothing is sealed twice.

mod addresses;
mod batches;
mod caption;
mod copies;
mod deferred;
mod earlier;
mod exhibit;
mod gathered;
mod kept;
mod label;
mod lineage;
mod making;
mod minting;
mod onchain;
mod outside;
mod payment;
mod private;
mod record;
mod reopen;
mod seal;
mod signing;
mod subject;
mod versions;
mod voted;
mod words;
mod written;

use daedal_channels::{Channel, Published, Release, Site};
use daedal_core::AssetRef;
use daedal_core::engine::Engines;
use daedal_core::process::Process;
use daedal_core::run::{Event, Finish, RunId, records};
use daedal_provenance::attest;
use daedal_store::Studio;
use daedal_store::ports::RunSummary;
use serde_json::{Map, Value, json};

use crate::assemble;
use crate::failure::Failure;
use crate::hint;
use crate::home::Home;
use crate::runs::{self, Carrier, outputs_of, pieces, plan_of, replay};

pub(crate) use addresses::{Addresses, addresses, mend};
pub(crate) use batches::KIND as BATCHES;
pub(crate) use caption::{Drawn, among as captions_among, tasks as captions};
use copies::Copies;
pub(crate) use gathered::{Gathered, gathered};
pub(crate) use onchain::KIND as ON_CHAIN;
pub(crate) use payment::{OUTPUTS, Payment};
pub(crate) use record::record_of;
pub(crate) use record::{close, is_record_of, tool};
pub(crate) use reopen::{forget, require_unreleased};
pub(crate) use seal::SealedPiece;
use seal::Sealing;
pub(crate) use signing::Signing;
pub(crate) use subject::Subject;
pub(crate) use versions::tell_site;
pub(crate) use voted::proposals;
pub(crate) use words::words;
pub(crate) use written::OnChain;

/// The channel whose files the metadata of tokens is among.
const SITE: &str = "site";

/// What came of a release.
pub(crate) struct Released {
    pub(crate) run: RunId,
    pub(crate) process: String,
    pub(crate) pieces: Vec<SealedPiece>,
    pub(crate) attestation: AssetRef,
    /// What of it is on the chain.
    pub(crate) on_chain: Option<OnChain>,
    /// Mints of its work that the chain was told of where their metadata is now.
    pub(crate) told_anew: usize,
    /// Where the site is served, which is where wallets look for the metadata of editions; none where nobody said.
    pub(crate) site_url: Option<String>,
    /// Why the chain was not asked whether what is on record of it is there; none where it was, or had not to be.
    pub(crate) unasked: Option<String>,
    /// Channel and what it published.
    pub(crate) channels: Vec<(&'static str, Published)>,
}

/// Releases runs that succeeded. Those of registered processes are anchored together and minted, unless
/// `with_chain` is false.
pub(crate) async fn release(
    home: &Home,
    studio: &Studio,
    engines: &Engines,
    runs: &[RunSummary],
    signing: &Signing<'_>,
    with_chain: bool,
) -> Result<Vec<Released>, Failure> {
    let copies = Copies::of(home, signing.ui);
    let mut subjects = Vec::new();
    let mut plans = Vec::new();
    for run in runs {
        require_success(run)?;
        let subject = subject(studio, run, engines, &copies).await?;
        require_pieces(&subject)?;
        subject.tell_values(signing.ui);
        record::require_sound(&subject.record, run.run)?;
        plans.push(plan_channels(home, &subject)?);
        subjects.push(subject);
    }
    let chain = match with_chain {
        true => onchain::Session::open(home, studio, &subjects, signing, &copies).await?,
        false => onchain::Session::none(),
    };
    let mut sealed = Vec::new();
    for subject in &subjects {
        let sealing = Sealing {
            studio,
            engines,
            subject,
            domain: chain.domain_of(subject.run),
            anchoring: chain.anchoring_of(subject.run),
            signing,
            copies: &copies,
            outside: std::cell::OnceCell::new(),
        };
        let pieces = sealing.all().await?;
        let attestation = attestation(&sealing, &pieces).await?;
        sealed.push((pieces, attestation));
    }
    let unasked = chain.unasked.clone();
    let (mut on_chain, mut told_anew) = chain.carry_out(home, studio, &subjects).await?;
    let mut released = Vec::new();
    for ((subject, plans), (pieces, attestation)) in subjects.iter().zip(plans).zip(sealed) {
        let on_chain = on_chain.remove(&subject.run);
        let made = Made {
            pieces: &pieces,
            attestation: &attestation,
            on_chain: on_chain.as_ref(),
            copies: &copies,
        };
        let told = making::release(studio, engines, subject, &made).await?;
        let channels = publish(studio, plans, &told)?;
        released.push(Released {
            run: subject.run,
            process: subject.planned.plan.process.clone(),
            pieces,
            attestation,
            on_chain,
            told_anew: told_anew.remove(&subject.run).unwrap_or_default(),
            site_url: site_url(home, &subject.planned.process)?,
            unasked: unasked.clone(),
            channels,
        });
    }
    Ok(released)
}

/// What a release has made of a run before it is published.
pub(crate) struct Made<'a> {
    pieces: &'a [SealedPiece],
    attestation: &'a AssetRef,
    on_chain: Option<&'a OnChain>,
    copies: &'a Copies<'a>,
}

/// Gives the release to its channels.
fn publish(
    studio: &Studio,
    plans: Vec<ChannelPlan>,
    release: &Release,
) -> Result<Vec<(&'static str, Published)>, Failure> {
    let mut channels = Vec::new();
    for plan in plans {
        let part = plan.part_of(release);
        let published = plan
            .channel
            .publish(&part, &plan.settings, &*studio.blobs)
            .map_err(|error| {
                Failure::because(
                    format!("publishing to `{}` failed", plan.channel.name()),
                    &error,
                )
                .help("what is sealed is kept: mend this and run the same command again")
            })?;
        channels.push((plan.channel.name(), published));
    }
    Ok(channels)
}

fn require_pieces(subject: &Subject) -> Result<(), Failure> {
    if !subject.pieces.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "run {} gave nothing that can be published",
        subject.run.0.short()
    ))
    .help("nothing was kept in it, or `outputs:` of the process names no step that makes assets"))
}

/// Whether releasing the run takes the key: nothing is sealed twice, and the attestation is signed last.
/// Only looks, so that a password can be asked for before anybody is kept out of the studio.
pub(crate) async fn takes_the_key(
    home: &Home,
    studio: &Studio,
    run: &RunSummary,
    with_chain: bool,
) -> Result<bool, Failure> {
    require_success(run)?;
    let attested = kept::asset(studio, "attestation", &run.run.to_string()).await?;
    let process = runs::spec_of(run).map_or("", |spec| spec.process.as_str());
    // Bytes that were damaged are noticed later, and the key is asked for then.
    let attested = attested.is_some_and(|asset| studio.blobs.holds(&asset));
    Ok(!attested || with_chain && onchain::takes_the_key(home, studio, run.run, process).await?)
}

fn require_success(run: &RunSummary) -> Result<(), Failure> {
    let short = run.run.0.short();
    match &run.finished {
        Some(Event::Finished {
            status: Finish::Succeeded,
            ..
        }) => Ok(()),
        Some(_) => Err(Failure::new(format!("run {short} did not succeed"))
            .help(format!(
                "only one with all its outputs can be released: `{daedal} runs {short}` shows what became of it, and \
                 `{daedal} run` begins another, which takes over what was made",
                daedal = hint::daedal()
            ))),
        None => Err(
            Failure::new(format!("run {short} is not over yet")).help(format!(
                "go on with it first: {} resume {short}",
                hint::daedal()
            )),
        ),
    }
}

async fn subject(
    studio: &Studio,
    run: &RunSummary,
    engines: &Engines,
    copies: &Copies<'_>,
) -> Result<Subject, Failure> {
    let (spec, planned) = plan_of(studio, run, engines).await?;
    let outputs = outputs_of(studio, run, engines).await?;
    let mut pieces = pieces(&outputs);
    for piece in &pieces {
        // What has no copy is made again, if it can be; whoever needs the rest says so.
        copies.have(studio, &piece.asset);
        for (_, asset) in &piece.attachments {
            copies.have(studio, asset);
        }
    }
    let carrier = Carrier::start(
        studio,
        engines.clone(),
        1,
        daedal_core::UsdMicros::default(),
    );
    let mended = carrier.executor().mend(&planned.plan, run.run).await;
    mended.map_err(|error| Failure::new(error.to_string()))?;
    let (_, events) = replay(studio, &planned.plan, run.run).await?;
    let mut tasks = records(&planned.plan, &events);
    tasks.retain(|task| task.outcome().is_some());
    let closing = record::Closing {
        studio,
        engines,
        plan: &planned.plan,
        events: &events,
        outputs: Some(&outputs),
    };
    let (record, tasks) = closing.record(tasks, run.run).await?;
    caption::put(studio, engines, copies, &tasks, &mut pieces);
    Ok(Subject {
        run: run.run,
        spec,
        planned,
        tasks,
        record,
        pieces,
    })
}

/// The run's attestation, signed once, unless it or what it names was lost.
async fn attestation(sealing: &Sealing<'_>, sealed: &[SealedPiece]) -> Result<AssetRef, Failure> {
    let Sealing {
        studio,
        subject,
        signing,
        copies,
        ..
    } = *sealing;
    let key = subject.run.to_string();
    let known = kept::asset(studio, "attestation", &key).await?;
    if let Some(asset) = known.filter(|asset| copies.have(studio, asset)) {
        return Ok(asset);
    }
    let subjects: Vec<attest::Subject> = sealed.iter().flat_map(SealedPiece::subjects).collect();
    let bytes = attest::attest(subject.record.clone(), &subjects, signing.signer()?);
    let asset = kept::write(studio, "application/vnd.dsse.envelope+json", &bytes)?;
    kept::put(studio, "attestation", &key, asset.to_value()).await?;
    Ok(asset)
}

/// A channel, its settings, and the outputs that it is given.
struct ChannelPlan {
    channel: Box<dyn Channel>,
    settings: Map<String, Value>,
    of: Vec<String>,
}

impl ChannelPlan {
    fn part_of(&self, release: &Release) -> Release {
        let mut part = release.clone();
        if !self.of.is_empty() {
            part.items.retain(|item| self.of.contains(&item.output));
        }
        part
    }
}

/// The channels of `release:`, or the site; checked before anything is sealed.
fn plan_channels(home: &Home, subject: &Subject) -> Result<Vec<ChannelPlan>, Failure> {
    let mut plans = Vec::new();
    for (name, settings, of) in channels_of(home, &subject.planned.process) {
        let channel =
            assemble::channel(home, &name).map_err(|error| Failure::new(error.to_string()))?;
        channel
            .check(&settings)
            .map_err(|error| Failure::because(format!("channel `{name}` can't be used"), &error))?;
        plans.push(ChannelPlan {
            channel,
            settings,
            of,
        });
    }
    Ok(plans)
}

/// The channels of a process with their settings and the outputs that they are given; the site if it
/// names none.
fn channels_of(home: &Home, process: &Process) -> Vec<(String, Map<String, Value>, Vec<String>)> {
    let named = process.release.as_ref();
    let named = named.map_or(&[][..], |release| &release.channels);
    let mut channels: Vec<_> = named
        .iter()
        .map(|channel| {
            (
                channel.uses.clone(),
                channel.settings.clone(),
                channel.of.clone(),
            )
        })
        .collect();
    if channels.is_empty() {
        channels.push((SITE.to_owned(), Map::new(), Vec::new()));
    }
    for (name, settings, _) in &mut channels {
        if name == SITE
            && let Some(url) = &home.settings.site.url
        {
            settings.entry("url").or_insert_with(|| json!(url));
        }
    }
    channels
}

/// What the process and the studio say of the site.
fn site_settings(home: &Home, process: &Process) -> Map<String, Value> {
    let mut channels = channels_of(home, process).into_iter();
    let site = channels.find(|(name, ..)| name == SITE);
    site.map(|(_, settings, _)| settings).unwrap_or_default()
}

/// Where the site is served, as the studio or releases say.
pub(crate) fn studio_url(home: &Home) -> Result<Option<String>, Failure> {
    let said = home.settings.site.url.iter();
    url_of(
        home,
        &said.map(|url| ("url".to_owned(), json!(url))).collect(),
    )
}

/// Where the site of the process is served, as the process, the studio or earlier releases say.
pub(crate) fn site_url(home: &Home, process: &Process) -> Result<Option<String>, Failure> {
    url_of(home, &site_settings(home, process))
}

fn url_of(home: &Home, settings: &Map<String, Value>) -> Result<Option<String>, Failure> {
    Site::new(home.site())
        .url(settings)
        .map_err(|error| Failure::because("the site's address can't be found out", &error))
}
