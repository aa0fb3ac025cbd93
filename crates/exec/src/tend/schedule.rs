//! `schedule:` of a process: when a run of it begins by itself.
//!
//! A schedule is one clause or several, between which `;` stands:
//!
//! | clause | a run begins |
//! |---|---|
//! | `0 9 * * 1-5`, or `0 9 * * 1-5 Europe/Oslo` | at these minutes (cron's five fields), by the clocks of a place |
//! | `every 6h` | so often, counted from 1970 |
//! | `files` | when a file of the process has changed |
//! | `feed https://… every 30m` | when a feed, which is looked at so often, has changed |
//!
//! Where clocks are put forward, what would have come in the hour that is not there comes right after it; where they
//! are put back, a fixed time comes once, and `*/15` goes on every 15 minutes.

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use daedal_core::process::units::{parse_duration, print_duration};
use daedal_core::run::Moment;
use jiff::tz::TimeZone;

use super::clocks::Local;

/// Shortest time between two looks at a feed, in milliseconds.
const LOOK_MS_MIN: u64 = 60_000;
/// Time between two looks at a feed that says nothing of it.
const LOOK_MS: u64 = 900_000;
/// Shortest interval.
const EVERY_MS_MIN: u64 = 1_000;
/// Occurrences that are counted before no more are.
const MISSED_MAX: u64 = 1_000;

/// When runs of a process begin by themselves.
#[derive(Debug, Clone)]
pub struct Schedule {
    clauses: Vec<Clause>,
}

#[derive(Debug, Clone)]
enum Clause {
    Cron(Box<Cron>, TimeZone),
    /// In milliseconds.
    Every(u64),
    Files,
    Feed {
        url: String,
        every_ms: u64,
    },
}

/// A schedule that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScheduleError {
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub help: String,
}

impl ScheduleError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// A feed that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Where it is.
    pub url: String,
    /// How often it is looked at, in milliseconds.
    pub every_ms: u64,
}

/// A time that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When it was due.
    pub due: Moment,
    /// Occurrences before it that passed by; a thousand stand for more.
    pub missed: u64,
}

impl Schedule {
    /// Reads a schedule; `zone` is the IANA time zone of clauses that name none, such as `Europe/Oslo`.
    pub fn parse(text: &str, zone: &str) -> Result<Self, ScheduleError> {
        let clauses = text.split(';').map(str::trim);
        let clauses: Result<Vec<Clause>, _> =
            clauses.map(|clause| Clause::parse(clause, zone)).collect();
        Ok(Self { clauses: clauses? })
    }

    /// Whether a change of the process's files begins a run.
    #[must_use]
    pub fn watches_files(&self) -> bool {
        let mut clauses = self.clauses.iter();
        clauses.any(|clause| matches!(clause, Clause::Files))
    }

    /// Feeds whose change begins a run.
    pub fn feeds(&self) -> impl Iterator<Item = Feed> + '_ {
        self.clauses.iter().filter_map(|clause| match clause {
            Clause::Feed { url, every_ms } => Some(Feed {
                url: url.clone(),
                every_ms: *every_ms,
            }),
            _ => None,
        })
    }

    /// The first time after `after`; none where only changes begin runs.
    #[must_use]
    pub fn next(&self, after: Moment) -> Option<Moment> {
        let each = self.clauses.iter();
        each.filter_map(|clause| clause.next(after)).min()
    }

    /// The last time after `after` that has come by `now`.
    #[must_use]
    pub fn last(&self, after: Moment, now: Moment) -> Option<Occurrence> {
        let each = self.clauses.iter();
        let last = each.filter_map(|clause| clause.last(now)).max()?;
        if last <= after {
            return None;
        }
        let (mut missed, mut at) = (0, after);
        while missed < MISSED_MAX
            && let Some(next) = self.next(at).filter(|next| *next < last)
        {
            missed += 1;
            at = next;
        }
        Some(Occurrence { due: last, missed })
    }
}

impl Clause {
    fn parse(text: &str, zone: &str) -> Result<Self, ScheduleError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            [] => Err(ScheduleError::new(
                "says nothing",
                "write when runs begin, such as `0 9 * * 1-5`, at nine on working days, or `every 6h`",
            )),
            ["every", ref rest @ ..] => every(&rest.concat(), EVERY_MS_MIN).map(Self::Every),
            ["files"] => Ok(Self::Files),
            ["feed", url] => feed(url, LOOK_MS),
            ["feed", url, "every", ref rest @ ..] => feed(url, every(&rest.concat(), LOOK_MS_MIN)?),
            _ => cron(&words, zone),
        }
    }

    fn next(&self, after: Moment) -> Option<Moment> {
        match self {
            Self::Cron(cron, zone) => {
                let after = Local::of(after, zone)?;
                cron.find_next_occurrence(&after, false).ok()?.moment()
            }
            Self::Every(ms) => (after.0 / ms + 1).checked_mul(*ms).map(Moment),
            Self::Files | Self::Feed { .. } => None,
        }
    }

    /// The last time up to `now`, itself among them.
    fn last(&self, now: Moment) -> Option<Moment> {
        match self {
            Self::Cron(cron, zone) => {
                let now = Local::of(now, zone)?;
                cron.find_previous_occurrence(&now, true).ok()?.moment()
            }
            Self::Every(ms) => Some(Moment(now.0 / ms * ms)),
            Self::Files | Self::Feed { .. } => None,
        }
    }
}

fn every(text: &str, min: u64) -> Result<u64, ScheduleError> {
    let help = "write a time with its unit, such as `every 30m` or `every 6h`";
    let wrong = || ScheduleError::new(format!("`every {text}` is no interval"), help);
    match parse_duration(text).ok_or_else(wrong)? {
        ms if ms < min => Err(ScheduleError::new(
            format!("`every {text}` is too often"),
            format!("the shortest is `every {}`", print_duration(min)),
        )),
        ms => Ok(ms),
    }
}

fn feed(url: &str, every_ms: u64) -> Result<Clause, ScheduleError> {
    if url.starts_with("https://") || url.starts_with("http://") {
        let url = url.to_owned();
        return Ok(Clause::Feed { url, every_ms });
    }
    Err(ScheduleError::new(
        format!("`{url}` is no address of a feed"),
        "write `feed https://… every 30m`",
    ))
}

fn cron(words: &[&str], zone: &str) -> Result<Clause, ScheduleError> {
    let is_name = |word: &str| word.starts_with('@');
    let fields = match words {
        [name, ..] if is_name(name) => 1,
        _ => 5,
    };
    let help = "write cron's five fields, minute, hour, day, month and day of the week, without seconds, and then a time \
                zone where it is not the studio's: `0 9 * * 1-5 Europe/Oslo`";
    let (pattern, zone) = match words.len() {
        count if count == fields => (words, zone),
        count if count == fields + 1 => (&words[..fields], words[fields]),
        count => {
            let text = words.join(" ");
            let wrong = format!("`{text}` has {count} words, where cron has five fields");
            return Err(ScheduleError::new(wrong, help));
        }
    };
    if let [.., last] = words
        && words.len() == fields + 1
        && is_field(last)
    {
        let text = words.join(" ");
        let wrong = format!(
            "`{text}` has six fields, where cron has five and then a time zone: seconds are not taken"
        );
        return Err(ScheduleError::new(wrong, help));
    }
    let pattern = pattern.join(" ");
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed);
    let wrong = |error: CronError| {
        ScheduleError::new(
            format!("`{pattern}` can't be read as cron's fields: {error}"),
            help,
        )
    };
    let parsed = parser.build().parse(&pattern).map_err(wrong)?;
    let zone = TimeZone::get(zone).map_err(|_| {
        ScheduleError::new(
            format!("there is no time zone `{zone}`"),
            "name one of the IANA's, such as `Europe/Oslo`, `America/New_York` or `UTC`",
        )
    })?;
    let clause = Clause::Cron(Box::new(parsed), zone);
    // A day that no year has, such as 30 February.
    match clause.next(Moment(1_700_000_000_000)) {
        Some(_) => Ok(clause),
        None => Err(ScheduleError::new(
            format!("`{pattern}` never comes"),
            "name a day that there is",
        )),
    }
}

/// Whether a word is meant as one of cron's fields, and not as a time zone.
fn is_field(word: &str) -> bool {
    const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    let day = word.get(..3).unwrap_or_default().to_uppercase();
    let is_day =
        DAYS.contains(&&*day) && matches!(word.as_bytes().get(3), None | Some(b'-' | b','));
    is_day
        || word
            .chars()
            .all(|sign| sign.is_ascii_digit() || "*/,-?#L".contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(text: &str) -> Schedule {
        Schedule::parse(text, "UTC").unwrap()
    }

    fn at(text: &str) -> Moment {
        let time: jiff::Timestamp = text.parse().unwrap();
        Moment(u64::try_from(time.as_millisecond()).unwrap())
    }

    /// The first times after one, as the clocks of the place show them.
    fn times(text: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(text, zone).unwrap();
        let zone = TimeZone::get(zone).unwrap();
        let mut moment = at(after);
        let mut found = Vec::new();
        for _ in 0..count {
            moment = schedule.next(moment).unwrap();
            let time = jiff::Timestamp::from_millisecond(i64::try_from(moment.0).unwrap()).unwrap();
            let local = time.to_zoned_datetime(zone.clone());
            found.push(local.strftime("%d %H:%M %z").to_string());
        }
        found
    }

    #[test]
    fn fixed_times_come_once_when_clocks_change() {
        // 2026: forward on 29 March at 02:00, back on 25 October at 03:00.
        let spring = times("30 2 * * *", "Europe/Oslo", "2026-03-27T12:00:00Z", 3);
        assert_eq!(
            spring,
            ["28 02:30 +0100", "29 03:00 +0200", "30 02:30 +0200"]
        );
        let autumn = times("30 2 * * *", "Europe/Oslo", "2026-10-24T12:00:00Z", 2);
        assert_eq!(autumn, ["25 02:30 +0200", "26 02:30 +0100"]);
    }

    #[test]
    fn intervals_go_on_when_clocks_change() {
        let spring = times("*/30 * * * *", "Europe/Oslo", "2026-03-29T00:15:00Z", 3);
        assert_eq!(
            spring,
            ["29 01:30 +0100", "29 03:00 +0200", "29 03:30 +0200"]
        );
        let autumn = times("*/30 * * * *", "Europe/Oslo", "2026-10-25T00:15:00Z", 4);
        let expected = [
            "25 02:30 +0200",
            "25 02:00 +0100",
            "25 02:30 +0100",
            "25 03:00 +0100",
        ];
        assert_eq!(autumn, expected);
    }

    #[test]
    fn a_clause_may_name_its_zone_and_several_stand_together() {
        let both = times(
            "0 9 * * 1-5 America/New_York; every 12h",
            "UTC",
            "2026-01-05T11:00:00Z",
            3,
        );
        assert_eq!(both, ["05 12:00 +0000", "05 14:00 +0000", "06 00:00 +0000"]);
        assert_eq!(
            times("@daily", "UTC", "2026-01-05T11:00:00Z", 1),
            ["06 00:00 +0000"]
        );
    }

    #[test]
    fn of_many_that_were_missed_the_last_is_told() {
        let hourly = schedule("0 * * * *");
        let seen = at("2026-01-01T00:00:00Z");
        assert_eq!(hourly.last(seen, at("2026-01-01T00:59:00Z")), None);
        let later = hourly.last(seen, at("2026-01-01T05:30:00Z"));
        let expected = Occurrence {
            due: at("2026-01-01T05:00:00Z"),
            missed: 4,
        };
        assert_eq!(later, Some(expected));
        // A clock that goes back brings nothing twice.
        assert_eq!(hourly.last(expected.due, at("2026-01-01T03:00:00Z")), None);
        let year = schedule("* * * * *").last(seen, at("2027-01-01T00:00:00Z"));
        assert_eq!(year.unwrap().missed, MISSED_MAX);
    }

    #[test]
    fn what_changes_is_named() {
        let text = "files; feed https://example.org/a.xml; feed http://example.org/b every 2h";
        let schedule = schedule(text);
        assert!(schedule.watches_files());
        let feeds: Vec<u64> = schedule.feeds().map(|feed| feed.every_ms).collect();
        assert_eq!(feeds, [LOOK_MS, 7_200_000]);
        assert_eq!(schedule.next(Moment(0)), None);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        let told = |text: &str| Schedule::parse(text, "UTC").unwrap_err().message;
        insta_like(&[
            (told(""), "says nothing"),
            (told("0 9 * *"), "has 4 words"),
            (told("61 9 * * *"), "can't be read as cron's fields"),
            (told("0 9 * * * Europe/Osl"), "no time zone `Europe/Osl`"),
            (told("* * * * * *"), "has six fields, where cron has five"),
            (told("0 0 9 * * 1-5"), "seconds are not taken"),
            (told("0 0 9 * * MON-FRI"), "seconds are not taken"),
            (told("0 0 9 * * 1-5 UTC"), "has 7 words"),
            (told("0 9 * * * *UTC"), "no time zone"),
            (told("0 0 30 2 *"), "never comes"),
            (told("every 6"), "no interval"),
            (told("every 10ms"), "too often"),
            (told("feed ftp://example.org"), "no address of a feed"),
            (told("feed https://example.org every 5s"), "too often"),
        ]);
    }

    fn insta_like(pairs: &[(String, &str)]) {
        for (told, part) in pairs {
            assert!(told.contains(part), "{told}");
        }
    }
}
