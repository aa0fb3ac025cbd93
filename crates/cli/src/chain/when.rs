//! Times of a chain: durations, and moments to come.

use daedal_core::process::units::parse_duration;

use crate::failure::Failure;

/// Seconds of a duration such as `7d`.
pub(crate) fn seconds(text: &str) -> Result<u64, Failure> {
    let seconds = parse_duration(text).filter(|ms| ms.is_multiple_of(1_000));
    seconds.map(|ms| ms / 1_000).ok_or_else(|| {
        Failure::new(format!("`{text}` is not a duration"))
            .help("write a number and a unit: 90s, 15m, 6h, 7d, 2w; ten years at most")
    })
}

/// The same, as contracts count spans.
pub(crate) fn span(text: &str) -> Result<u32, Failure> {
    u32::try_from(seconds(text)?).map_err(|_| {
        Failure::new(format!("`{text}` is too long")).help("give less than a hundred years")
    })
}

/// A moment to come, in seconds since 1970: a duration from `now`, a date, or a time by RFC 3339.
pub(crate) fn moment(text: &str, now: u64) -> Result<u64, Failure> {
    let wrong = || {
        Failure::new(format!("`{text}` is no time")).help(
            "write a duration from now (7d), a date (2027-01-31) or a time (2027-01-31T18:00:00Z)",
        )
    };
    if let Ok(seconds) = seconds(text) {
        return match seconds {
            0 => Err(over(text)),
            _ => now.checked_add(seconds).ok_or_else(wrong),
        };
    }
    let time = match text.parse::<jiff::civil::Date>() {
        Ok(date) if text.len() == 10 => {
            let midnight = date.at(0, 0, 0, 0);
            jiff::tz::TimeZone::UTC
                .to_timestamp(midnight)
                .map_err(|_| wrong())?
        }
        _ => text.parse::<jiff::Timestamp>().map_err(|_| wrong())?,
    };
    let seconds = u64::try_from(time.as_second()).map_err(|_| wrong())?;
    match seconds > now {
        true => Ok(seconds),
        false => Err(over(text)),
    }
}

/// Longest time that an offering or a listing may stand, as the contracts have it.
const STANDS_MAX: u64 = 366 * 86_400;

/// The end of an offering or a listing, as contracts take it.
pub(crate) fn until(text: &str, now: u64) -> Result<u64, Failure> {
    let until = moment(text, now)?;
    match until - now <= STANDS_MAX {
        true => Ok(until),
        false => Err(Failure::new(format!("--until {text} is too late"))
            .help("give 366 days at most, such as 30d")),
    }
}

fn over(text: &str) -> Failure {
    Failure::new(format!("`{text}` is over on this chain"))
        .help("give a time to come; `daedal time` shows the embedded chain's clock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_come_are_durations_dates_and_moments() {
        assert_eq!(moment("90s", 1_000).ok(), Some(1_090));
        assert_eq!(moment("7d", 0).ok(), Some(604_800));
        assert_eq!(moment("2027-01-31", 0).ok(), Some(1_801_353_600));
        assert_eq!(moment("2027-01-31T18:00:00Z", 0).ok(), Some(1_801_418_400));
        for wrong in [
            "",
            "7",
            "d",
            "-1d",
            "2027-02-30",
            "tomorrow",
            "99999999999999999999d",
        ] {
            assert!(moment(wrong, 0).is_err(), "{wrong}");
        }
        assert!(moment("2020-01-01", 1_700_000_000).is_err());
        // Contracts take no moment that is there already, and none too far away.
        assert!(moment("0d", 1_000).is_err());
        assert_eq!(until("366d", 1_000).ok(), Some(31_623_400));
        assert!(until("367d", 1_000).is_err());
    }
}
