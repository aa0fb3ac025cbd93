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
        return now.checked_add(seconds).ok_or_else(wrong);
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
        false => Err(Failure::new(format!("`{text}` is over on this chain"))
            .help("give a time to come; `daedal time` shows the embedded chain's clock")),
    }
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
    }
}
