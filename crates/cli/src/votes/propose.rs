//! Proposing: judged before anything is sent, and said so that it can be proposed again later.

use std::path::PathBuf;

use daedal_chain::operations::{Governor, Motion, Proposal, ProposalState, dial_name};
use daedal_channels::site;
use serde_json::json;

use super::{Next, Standing, Words, motion_to_json, told_at};
use crate::chain::desk::Desk;
use crate::chain::dials::{GovernedDials, name_of};
use crate::chain::{amount, refused, when};
use crate::commands::register::require_lock;
use crate::failure::Failure;
use crate::process::Loaded;
use crate::{assemble, release, runs};

/// What may be asked of votes about any work.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false, id = "motion")]
pub(crate) struct Proposing {
    /// Move a governed dial of the work
    #[arg(long, value_name = "DIAL=VALUE")]
    pub(crate) set: Option<String>,
    /// Publish the files of this process as the work's next version
    #[arg(long, value_name = "PROCESS")]
    pub(crate) publish: Option<PathBuf>,
    /// Let an operator draw so much from the work's treasury in each period: ada="50 USDC"
    #[arg(long, value_name = "OPERATOR=AMOUNT", requires = "per")]
    pub(crate) allow: Option<String>,
}

/// A motion, by which name its work is called, and why.
pub(crate) struct Asked<'a> {
    pub(crate) work: u64,
    pub(crate) motion: Motion,
    pub(crate) say: Option<&'a str>,
}

impl Proposing {
    /// What the flags ask, if it can be carried out.
    pub(crate) async fn motion(
        &self,
        desk: &Desk,
        governor: &Governor,
        work: u64,
        per: Option<&str>,
    ) -> Result<Motion, Failure> {
        match (&self.set, &self.publish, &self.allow) {
            (Some(set), ..) => set_dial(desk, governor, work, set).await,
            (_, Some(place), _) => publish(desk, work, place).await,
            (.., Some(allow)) => {
                let per = per.unwrap_or("7d");
                allowance(desk, governor, allow, per).await
            }
            _ => Err(Failure::new("nothing is proposed")
                .help("give --set DIAL=VALUE, --publish PROCESS or --allow OPERATOR=AMOUNT")),
        }
    }
}

async fn set_dial(
    desk: &Desk,
    governor: &Governor,
    work: u64,
    set: &str,
) -> Result<Motion, Failure> {
    let (name, text) = set.split_once('=').ok_or_else(|| {
        Failure::new(format!("`{set}` sets nothing")).help("write --set DIAL=VALUE")
    })?;
    let mut words = Words::new(&desk.studio, &desk.reads);
    let dials = words.dials(work).await?;
    let spec = dials.named(name)?;
    let value = dials.read(spec, text)?;
    let told = |value: i64| dials.told(spec, value);
    if value < spec.min || value > spec.max {
        return Err(Failure::new(format!(
            "{} is out of the bounds of `{name}`, which are frozen: {}",
            told(value),
            dials.bounds(spec)
        ))
        .help(format!("it is {} now", told(spec.value))));
    }
    if value == spec.value {
        return Err(Failure::new(format!("`{name}` is {} already", told(value)))
            .help(format!("it can be {}", dials.bounds(spec))));
    }
    if value.abs_diff(spec.value) > spec.step {
        let step = i64::try_from(spec.step).unwrap_or(i64::MAX);
        let low = spec.value.saturating_sub(step).max(spec.min);
        let high = spec.value.saturating_add(step).min(spec.max);
        return Err(Failure::new(format!(
            "from {} to {} is a larger step of `{name}` than one vote may take",
            told(spec.value),
            told(value)
        ))
        .help(format!(
            "this time it can go from {} to {}",
            told(low),
            told(high)
        )));
    }
    let word = dial_name(name).unwrap_or_default();
    in_cooldown(desk, governor, work, name_of(spec), word).await?;
    Ok(Motion::SetParameter {
        work,
        name: word,
        value,
    })
}

/// Refuses what would still be in the dial's cooldown when its time has come.
async fn in_cooldown(
    desk: &Desk,
    governor: &Governor,
    work: u64,
    name: String,
    word: alloy_primitives::B256,
) -> Result<(), Failure> {
    let Some(dial) = desk.reads.dial(work, word).await.map_err(refused)? else {
        return Ok(());
    };
    let now = desk.reads.time_of(governor).await.map_err(refused)?;
    let settings = &governor.settings;
    let takes = [
        settings.voting_delay,
        settings.voting_period,
        settings.timelock_delay,
    ];
    let takes: u64 = takes.into_iter().map(u64::from).sum();
    let wait = dial.movable_at().saturating_sub(now + takes);
    if wait == 0 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "`{name}` was moved not long ago: it rests until {}",
        told_at(dial.movable_at(), now).trim_start_matches("at ")
    ))
    .help(format!(
        "a vote that can be carried out then may be proposed {}",
        told_at(now + wait, now)
    )))
}

async fn publish(desk: &Desk, work: u64, place: &std::path::Path) -> Result<Motion, Failure> {
    let Loaded { planned, .. } = Loaded::open(place, &assemble::engines())?;
    require_lock(&planned, &place.display().to_string())?;
    let bundle = planned.bundle.digest();
    let found = desk.reads.version_of(work, bundle).await.map_err(refused)?;
    if let Some(version) = found {
        return Err(Failure::new(format!(
            "these files are version {version} of work {work} already"
        ))
        .help("change them, then propose them"));
    }
    let dials = GovernedDials::of(&desk.studio, &desk.reads, work).await?;
    dials.require_same(&planned.process)?;
    if !desk.is_dry() {
        // Whoever looks at the proposal here can see its files.
        runs::keep_bundle(&desk.studio, &planned).await?;
    }
    let versions = desk.reads.work(work).await.map_err(refused)?.versions;
    let url = release::site_url(&desk.home, &planned.process)?;
    let uri = site::work_uri(url.as_deref(), &planned.plan.process, versions + 1);
    Ok(Motion::Publish { work, bundle, uri })
}

async fn allowance(
    desk: &Desk,
    governor: &Governor,
    allow: &str,
    per: &str,
) -> Result<Motion, Failure> {
    let (who, text) = allow.split_once('=').ok_or_else(|| {
        Failure::new(format!("`{allow}` allows nothing"))
            .help("write --allow OPERATOR=\"50 USDC\" --per 7d")
    })?;
    // The treasury of a collective is that of its own work.
    let work = desk.reads.work(governor.work).await.map_err(refused)?;
    let treasury = desk.reads.treasury_of(work.work).await.map_err(refused)?;
    let treasury = treasury.ok_or_else(|| {
        Failure::new(format!("work {} has no treasury", work.work)).help(format!(
            "anyone can open it: daedal treasury open {}",
            work.work
        ))
    })?;
    let coins = desk.coins(&work).await?;
    let (asset, amount) = coins.read(text)?;
    let period = when::span(per)?;
    if period < 86_400 {
        return Err(Failure::new(format!("a period of {per} is too short"))
            .help("give a day at least: --per 1d"));
    }
    Ok(Motion::Allow {
        treasury,
        operator: desk.who(who)?,
        asset: coins.of(asset).address,
        amount,
        period,
    })
}

/// Makes a proposal, unless it stands already.
pub(crate) async fn propose(
    desk: &Desk,
    governor: &Governor,
    asked: &Asked<'_>,
) -> Result<u8, Failure> {
    let (work, motion) = (asked.work, &asked.motion);
    let would = Words::new(&desk.studio, &desk.reads).of(motion).await?;
    let before = desk.reads.proposals(governor).await.map_err(refused)?;
    let same = |known: &&Proposal| known.motion.as_ref() == Some(motion);
    let standing = before
        .iter()
        .position(|known| same(&known) && is_live(known.state));
    if let Some(place) = standing {
        return made(desk, governor, work, place + 1, "is proposed already").await;
    }
    require_votes(desk, governor, work).await?;
    let text = asked.say.map_or_else(|| would.clone(), str::to_owned);
    let description = described(desk, &text, before.iter().filter(same));
    let call = desk.reads.call_of(governor, motion).map_err(refused)?;
    let what = format!(
        "propose:{}:{}",
        governor.address,
        alloy_primitives::keccak256([&call.1[..], description.as_bytes()].concat())
    );
    let act = governor.propose(call, &description);
    let sent = desk
        .act(&what, &act, &format!("propose to {would}"))
        .await?;
    if sent.is_none() {
        let value = json!({ "work": work, "motion": motion_to_json(motion) });
        return desk.result(value, "").await;
    }
    made(desk, governor, work, before.len() + 1, "is proposed").await
}

/// Says which proposal it is, and what comes next.
async fn made(
    desk: &Desk,
    governor: &Governor,
    work: u64,
    number: usize,
    news: &str,
) -> Result<u8, Failure> {
    let proposals = desk.reads.proposals(governor).await.map_err(refused)?;
    let (number, proposal) = super::find(proposals, &number.to_string())?;
    let now = desk.reads.time_of(governor).await.map_err(refused)?;
    let next = Next::of(&proposal, work, number, now);
    let mut words = Words::new(&desk.studio, &desk.reads);
    let would = match &proposal.motion {
        Some(motion) => words.of(motion).await?,
        None => said(&proposal.description).to_owned(),
    };
    let mut text = format!("proposal {number} {news}: {would}\n  {}\n", next.words);
    if let Some(hint) = next.hint(now, crate::chain::is_embedded(&desk.home)) {
        text.push_str(&format!("  {hint}\n"));
    }
    if proposal.state == ProposalState::Pending {
        text.push_str(
            "  shares vote as they are delegated when it begins: holders can still delegate theirs\n",
        );
    }
    text.push_str(&format!("  daedal govern status {work} {number}\n"));
    let value = json!({
        "work": work, "number": number, "id": proposal.id.to_string(),
        "governor": governor.address, "state": proposal.state.word(),
        "motion": proposal.motion.as_ref().map(motion_to_json),
        "begins": proposal.begins, "ends": proposal.ends,
    });
    desk.result(value, &text).await
}

/// Refuses a proposer with too few votes, and says how to get them.
async fn require_votes(desk: &Desk, governor: &Governor, work: u64) -> Result<(), Failure> {
    let needs = super::threshold(&desk.reads, governor).await?;
    let now = desk.reads.time_of(governor).await.map_err(refused)?;
    let votes = desk
        .reads
        .votes_at(governor, desk.me, now.saturating_sub(1));
    let votes = votes.await.map_err(refused)?;
    if votes >= needs {
        return Ok(());
    }
    let standing = Standing::of(&desk.reads, governor, desk.me).await?;
    if standing.votes >= needs {
        // They were delegated in this very second, and count from the next one on.
        tokio::time::sleep(MOMENT).await;
        return Ok(());
    }
    let help = match standing.is_mute() {
        true => format!(
            "nobody votes with the {} shares that it has: daedal govern delegate {} {}",
            amount::plain(standing.shares, 18),
            governor.work,
            desk.me
        ),
        false => format!(
            "ask holders to let it vote for them, daedal govern delegate {} {}; or ask one of them to \
             propose it: daedal govern status {work}",
            governor.work, desk.me
        ),
    };
    Err(Failure::new(format!(
        "{} has {} votes, and a proposal needs {}",
        desk.me,
        amount::plain(votes, 18),
        amount::plain(needs, 18)
    ))
    .help(help))
}

/// A little more than the second by which votes are counted.
const MOMENT: std::time::Duration = std::time::Duration::from_millis(1_200);

fn is_live(state: ProposalState) -> bool {
    use ProposalState as S;
    matches!(state, S::Pending | S::Active | S::Succeeded | S::Queued)
}

/// What the governor is told: no proposal of the same says the same, and nobody else can make this one
/// first to take it back (the governor reads the proposer at its end).
fn described<'p>(desk: &Desk, text: &str, before: impl Iterator<Item = &'p Proposal>) -> String {
    let taken: Vec<&str> = before.map(|proposal| said(&proposal.description)).collect();
    let mut wanted = text.to_owned();
    let mut turn = 1;
    while taken.contains(&wanted.as_str()) {
        turn += 1;
        wanted = format!("{text} ({turn})");
    }
    format!("{wanted}{MARK}{}", desk.me)
}

/// How a governor is told who alone may make a proposal.
const MARK: &str = "#proposer=";

/// What the description of a proposal says, in its proposer's words.
pub(crate) fn said(text: &str) -> &str {
    match text.rsplit_once(MARK) {
        Some((said, who)) if who.len() == 42 && who.starts_with("0x") => said,
        _ => text,
    }
}
