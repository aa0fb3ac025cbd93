//! How a work or a collective votes, as flags say.

use daedal_chain::operations::Settings;
use serde_json::{Value, json};

use crate::chain::{percent, when};
use crate::failure::Failure;
use crate::text;

/// Longest of each span of time, as the contracts have it: 90 days.
const SPAN_MAX: u32 = 90 * 86_400;

const DELAY: &str = "1d";
const PERIOD: &str = "5d";
const EXTENSION: &str = "1d";
const TIMELOCK: &str = "1d";
const QUORUM: &str = "20%";
const THRESHOLD: &str = "1%";

/// How votes go. None of it can be changed later.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SettingFlags {
    /// From a proposal to its vote: the time to delegate shares
    #[arg(long, value_name = "DURATION", default_value = DELAY)]
    voting_delay: String,
    /// In which votes are cast
    #[arg(long, value_name = "DURATION", default_value = PERIOD)]
    voting_period: String,
    /// That remain to vote, at least, once the quorum is reached
    #[arg(long, value_name = "DURATION", default_value = EXTENSION)]
    extension: String,
    /// From a vote that passed to its execution: the time to leave
    #[arg(long, value_name = "DURATION", default_value = TIMELOCK)]
    timelock: String,
    /// Votes for or abstaining that a proposal needs, of all shares that are issued
    #[arg(long, value_name = "PERCENT", default_value = QUORUM)]
    quorum: String,
    /// Votes that a proposer needs, of all shares
    #[arg(long, value_name = "PERCENT", default_value = THRESHOLD)]
    threshold: String,
}

impl SettingFlags {
    /// Whether they say anything that they do not say by themselves.
    pub(crate) fn any(&self) -> bool {
        let said = [
            (&self.voting_delay, DELAY),
            (&self.voting_period, PERIOD),
            (&self.extension, EXTENSION),
            (&self.timelock, TIMELOCK),
            (&self.quorum, QUORUM),
            (&self.threshold, THRESHOLD),
        ];
        said.iter().any(|(said, default)| *said != default)
    }

    /// What they say, if the contracts take it.
    pub(crate) fn read(&self) -> Result<Settings, Failure> {
        let settings = Settings {
            voting_delay: spanned("--voting-delay", &self.voting_delay, 1)?,
            voting_period: spanned("--voting-period", &self.voting_period, 1)?,
            extension: spanned("--extension", &self.extension, 1)?,
            timelock_delay: spanned("--timelock", &self.timelock, 0)?,
            quorum: percent(&self.quorum)?,
            threshold: percent(&self.threshold)?,
        };
        if settings.extension > settings.voting_period {
            return Err(Failure::new(format!(
                "an extension of {} is longer than the voting period of {}",
                self.extension, self.voting_period
            ))
            .help("give an --extension that is as long as the --voting-period at most"));
        }
        if settings.quorum.0 == 0 {
            return Err(
                Failure::new("with a quorum of 0% nobody would have to vote at all")
                    .help("give a --quorum of 0.01% at least"),
            );
        }
        Ok(settings)
    }
}

fn spanned(flag: &str, text: &str, least: u32) -> Result<u32, Failure> {
    let seconds = when::span(text)?;
    match (least..=SPAN_MAX).contains(&seconds) {
        true => Ok(seconds),
        false => {
            Err(Failure::new(format!("{flag} {text} can't be"))
                .help(format!("give {least}s to 90d")))
        }
    }
}

/// How votes go, for people.
pub(crate) fn told(settings: &Settings) -> String {
    let span = |seconds: u32| match (seconds / 86_400, seconds % 86_400) {
        (days @ 1.., 0) => text::count(days as usize, "day"),
        _ => text::duration(u64::from(seconds) * 1_000),
    };
    format!(
        "a proposal needs {} of all shares; its vote begins after {} and lasts {} ({} at least after \
         the quorum); it passes with more for than against, and {} for or abstaining; it is carried \
         out {} later",
        settings.threshold,
        span(settings.voting_delay),
        span(settings.voting_period),
        span(settings.extension),
        settings.quorum,
        span(settings.timelock_delay),
    )
}

/// The same for programs.
pub(crate) fn to_json(settings: &Settings) -> Value {
    json!({
        "voting_delay_s": settings.voting_delay, "voting_period_s": settings.voting_period,
        "extension_s": settings.extension, "timelock_s": settings.timelock_delay,
        "quorum_bps": settings.quorum.0, "threshold_bps": settings.threshold.0,
    })
}
