//! `daedal collective create`

use std::path::PathBuf;

use alloy_primitives::U256;
use daedal_chain::operations::{Charter, Registered, SeatOffer, Settings};
use daedal_core::Digest;
use daedal_core::run::Moment;
use daedal_core::units::BasisPoints;
use serde_json::{Value, json};

use super::seat;
use crate::chain::desk::Desk;
use crate::chain::{self, Acting, amount, notice, percent, refused, when};
use crate::commands::Common;
use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;
use crate::votes::{SettingFlags, settings_told};

/// Longest name of a collective, in bytes, as the registry has it.
const NAME_MAX: usize = 64;

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What it is called: letters, digits and hyphens
    name: String,
    /// A founder's seat: their work, who they are, how many of the work's shares they bring, and how many of
    /// the collective's they get
    #[arg(
        long = "founder",
        value_name = "WORK=MEMBER:WORKSHARES:SHARES",
        required = true
    )]
    founders: Vec<String>,
    /// All shares of the collective: the founders', and a reserve for later members
    #[arg(long, value_name = "SHARES", conflicts_with = "reserve")]
    supply: Option<String>,
    /// Shares for later members, in the place of --supply [default: none]
    #[arg(long, value_name = "SHARES")]
    reserve: Option<String>,
    /// By when founders have to take their seats
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    until: String,
    /// What works that name the collective upstream owe to it
    #[arg(long, value_name = "PERCENT", default_value = "0%")]
    royalty: String,
    /// A text of statutes, which the collective names by its digest
    #[arg(long, value_name = "FILE")]
    statutes: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags,
    /// Agree with what is told about collectives
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Create {
    pub(super) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let settings = self.settings.read()?;
        let royalty = percent(&self.royalty)?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let has_letter = self.name.chars().any(|c| c.is_ascii_alphabetic());
        if !self.name.chars().all(is_name) || !has_letter || self.name.len() > NAME_MAX {
            return Err(
                Failure::new(format!("`{}` can't be a collective's name", self.name))
                    .help("use letters, digits and hyphens, 64 at most, with a letter among them"),
            );
        }
        let statutes = match &self.statutes {
            Some(path) => Digest::of(&std::fs::read(path).map_err(|error| {
                Failure::because(format!("{} can't be read", path.display()), &error)
            })?),
            None => Digest::of(notice::COLLECTIVE.as_bytes()),
        };
        let acting = self.acting.clone();
        acting.carry_out(common, ui, "daedal collective create", async |desk| {
            let mut charter = self.charter(desk, royalty, statutes).await?;
            if let Some((work, seats)) = made_before(desk, &charter, &settings).await? {
                remember(desk, &charter.name, work).await?;
                // As they were offered then, not as this command would.
                charter.founders = seats;
                return told(desk, &charter, work, true).await;
            }
            let known = chain::known(&desk.studio, &desk.reads, &charter.name).await?;
            if let Some(known) = known {
                return Err(Failure::new(format!(
                    "`{}` is what work {} is called in this studio",
                    charter.name, known.work
                ))
                .help("call the collective otherwise"));
            }
            desk.acknowledge(self.yes, &text_of(&charter, &settings))?;
            // The same however often it is asked: not the time of the seats, which moves.
            let what = format!(
                "form:{}:{}:{:?}:{settings:?}",
                charter.name, charter.supply, self.founders
            );
            let act = desk.reads.form(&charter, &settings).map_err(refused)?;
            let given: U256 = charter.founders.iter().map(|seat| seat.shares).sum();
            let words = format!(
                "make the collective {} and its governor: {} shares, {} of them for {} and {} in reserve",
                charter.name,
                amount::plain(charter.supply, 18),
                amount::plain(given, 18),
                text::count(charter.founders.len(), "seat"),
                amount::plain(charter.supply.saturating_sub(given), 18),
            );
            let Some(receipt) = desk.act(&what, &act, &words).await? else {
                return desk.result(json!({}), "").await;
            };
            let work = desk.reads.collective_made(&receipt).map_err(refused)?;
            remember(desk, &charter.name, work).await?;
            told(desk, &charter, work, false).await
        })
    }

    async fn charter(
        &self,
        desk: &Desk,
        royalty: BasisPoints,
        statutes: Digest,
    ) -> Result<Charter, Failure> {
        let now = desk.now().await?;
        let until = when::moment(&self.until, now)?;
        let mut founders: Vec<SeatOffer> = Vec::new();
        let mut asset = None;
        for text in &self.founders {
            let (offer, work) = seat::read(desk, text, until).await?;
            if founders.iter().any(|other| other.work == offer.work) {
                return Err(Failure::new(format!("work {} has two seats", offer.work))
                    .help("a work is pooled once: name it in one --founder"));
            }
            if asset.is_some_and(|asset| asset != work.asset) {
                return Err(Failure::new(format!(
                    "work {} accounts for another stablecoin than those before it",
                    work.work
                ))
                .help("all works of a collective have to account for the same"));
            }
            asset = Some(work.asset);
            founders.push(offer);
        }
        let promised: U256 = founders.iter().map(|offer| offer.shares).sum();
        let supply = match (&self.supply, &self.reserve) {
            (Some(supply), _) => amount::shares(supply)?,
            (None, Some(reserve)) => promised + amount::shares(reserve)?,
            (None, None) => promised,
        };
        if supply < promised {
            return Err(Failure::new(format!(
                "the founders get {} shares, which is more than the supply of {}",
                amount::plain(promised, 18),
                amount::plain(supply, 18)
            ))
            .help("give a larger --supply, or the founders less"));
        }
        Ok(Charter {
            symbol: symbol(&self.name),
            name: self.name.clone(),
            bundle: statutes,
            uri: String::new(),
            asset: asset.unwrap_or_default(),
            royalty,
            supply,
            founders,
        })
    }
}

fn symbol(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_uppercase()).take(16).collect()
}

/// The collective that this account has made with the same seats, shares and rules, and its seats as they were
/// offered.
async fn made_before(
    desk: &Desk,
    charter: &Charter,
    settings: &Settings,
) -> Result<Option<(u64, Vec<SeatOffer>)>, Failure> {
    let same = |a: &SeatOffer, b: &SeatOffer| {
        SeatOffer {
            until: b.until,
            ..*a
        } == *b
    };
    let known = chain::known(&desk.studio, &desk.reads, &charter.name).await?;
    for work in desk.reads.collectives_of(desk.me).await.map_err(refused)? {
        if known.is_some_and(|known| known.work != work) {
            continue;
        }
        let Some(found) = desk.reads.collective(work).await.map_err(refused)? else {
            continue;
        };
        let governor = desk.reads.governor_of(work).await.map_err(refused)?;
        let mut seats = Vec::new();
        for founder in &charter.founders {
            let seat = desk
                .reads
                .seat(&found, founder.work)
                .await
                .map_err(refused)?;
            seats.extend(seat.map(|seat| seat.offer));
        }
        let is_same = seats.len() == charter.founders.len()
            && seats.iter().zip(&charter.founders).all(|(a, b)| same(a, b))
            && governor.is_some_and(|governor| governor.settings == *settings);
        let own = desk.reads.work(work).await.map_err(refused)?;
        let supply = desk.reads.supply_of(&own).await.map_err(refused)?;
        if is_same && supply == charter.supply {
            return Ok(Some((work, seats)));
        }
    }
    Ok(None)
}

/// Has commands of this studio know the collective by its name.
async fn remember(desk: &Desk, name: &str, work: u64) -> Result<(), Failure> {
    if desk.is_dry() {
        return Ok(());
    }
    let registered = Registered {
        work,
        shares: desk.reads.work(work).await.map_err(refused)?.shares,
        transaction: None,
    };
    chain::remember(&desk.studio, &desk.reads, name, &registered).await?;
    Ok(())
}

fn text_of(charter: &Charter, settings: &Settings) -> String {
    let mut text = notice::COLLECTIVE.to_owned();
    text.push_str(&format!("\n{} would be made with\n", charter.name));
    for offer in &charter.founders {
        text.push_str(&format!("  {}\n", seat::told(offer)));
    }
    text.push_str(&format!(
        "  {} shares in reserve, for members who are admitted by vote\nIts rules never change: {}.\n",
        amount::plain(reserve(charter), 18),
        settings_told(settings)
    ));
    text
}

fn reserve(charter: &Charter) -> U256 {
    let promised: U256 = charter.founders.iter().map(|offer| offer.shares).sum();
    charter.supply.saturating_sub(promised)
}

async fn told(desk: &Desk, charter: &Charter, work: u64, before: bool) -> Result<u8, Failure> {
    let found = super::find(desk, &work.to_string()).await?;
    let news = match before {
        true => "is made already, as",
        false => "is made, as",
    };
    let mut text = format!(
        "the collective {} {news} work {work}\n  contract {}\n  shares   {}\n",
        charter.name, found.address, found.shares
    );
    for offer in &charter.founders {
        text.push_str(&format!("  seat     {}\n", seat::told(offer)));
    }
    text.push_str(&format!(
        "  reserve  {} shares\n",
        amount::plain(reserve(charter), 18)
    ));
    let until = charter.founders.first().map_or(0, |offer| offer.until);
    if !found.is_founded {
        text.push_str(&format!(
            "it votes once every founder has pooled, by {}: daedal collective pool {work} WORK\n",
            text::moment(Moment(until * 1_000))
        ));
    }
    if before {
        text.push_str(
            "nothing was done: its seats stand as they were offered then; to make another one, give it another \
             name and other seats, shares or rules\n",
        );
    }
    let founders: Vec<Value> = charter
        .founders
        .iter()
        .map(super::show::offer_to_json)
        .collect();
    let value = json!({
        "name": charter.name, "work": work, "collective": found.address, "shares": found.shares,
        "supply": charter.supply.to_string(), "reserve": reserve(charter).to_string(),
        "founders": founders, "made_before": before,
    });
    desk.result(value, &text).await
}
