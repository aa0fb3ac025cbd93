//! Times, sizes and durations as people read them.

use std::fmt;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The day of an RFC 3339 time in UTC, shown as `1 March 2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DDThh:mm:ssZ`, with or without fractions of a second. Other offsets are
    /// refused: in UTC the order of the texts is the order of the times.
    pub(super) fn read(text: &str) -> Option<Self> {
        let shape = b"0000-00-00T00:00:00";
        let (head, tail) = text.split_at_checked(shape.len())?;
        let fits = head.bytes().zip(shape).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
        let fraction = tail.strip_suffix('Z')?;
        let fraction_fits = match fraction.strip_prefix('.') {
            Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
            None => fraction.is_empty(),
        };
        let number = |range: std::ops::Range<usize>| head.get(range)?.parse::<u16>().ok();
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let date = Self {
            year: number(0..4)?,
            month: u8::try_from(number(5..7)?).ok()?,
            day: u8::try_from(number(8..10)?).ok()?,
        };
        let exists = (1..=12).contains(&date.month)
            && (1..=31).contains(&date.day)
            && hour < 24
            && minute < 60
            && second <= 60;
        (fits && fraction_fits && exists).then_some(date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS[usize::from(self.month.clamp(1, 12) - 1)];
        write!(f, "{} {month} {}", self.day, self.year)
    }
}

/// A time as a day; the text itself when it is none.
pub(super) fn day(time: &str) -> String {
    Date::read(time).map_or_else(|| time.to_owned(), |date| date.to_string())
}

/// A time to the second, as `1 March 2026 at 09:30:00 UTC`; the text itself when it is none.
pub(super) fn moment(time: &str) -> String {
    let told = |date: Date| Some(format!("{date} at {} UTC", time.get(11..19)?));
    let read = Date::read(time).and_then(told);
    read.unwrap_or_else(|| time.to_owned())
}

/// A length in bytes, such as `1.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => tenths(bytes, 1_000, "kB"),
        1_000_000..1_000_000_000 => tenths(bytes, 1_000_000, "MB"),
        _ => tenths(bytes, 1_000_000_000, "GB"),
    }
}

/// A duration, such as `0.4 s`.
pub(super) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..100 => format!("{milliseconds} ms"),
        100..60_000 => tenths(milliseconds, 1_000, "s"),
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1_000
        ),
    }
}

fn tenths(amount: u64, unit: u64, name: &str) -> String {
    let tenths = amount.saturating_mul(10) / unit;
    if tenths >= 100 || tenths.is_multiple_of(10) {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_strictly() {
        assert_eq!(day("2026-03-01T09:30:00Z"), "1 March 2026");
        assert_eq!(day("2026-11-24T23:59:60.123Z"), "24 November 2026");
        assert_eq!(
            moment("2026-11-24T23:59:58.123Z"),
            "24 November 2026 at 23:59:58 UTC"
        );
        assert_eq!(moment("2026-03-01"), "2026-03-01");
        for wrong in [
            "",
            "2026-03-01",
            "2026-13-01T00:00:00Z",
            "2026-03-01T00:00:00+01:00",
            "2026-03-01T00:00:00.Z",
            "2026-03-01T24:00:00Z",
            "éééééééééééééééééééé",
        ] {
            assert_eq!(Date::read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn amounts_are_short() {
        let shown = [
            size(812),
            size(1_450_000),
            size(23_000_000),
            duration(40),
            duration(1_260),
            duration(125_000),
        ];
        assert_eq!(
            shown.join(", "),
            "812 bytes, 1.4 MB, 23 MB, 40 ms, 1.2 s, 2 min 5 s"
        );
    }
}
