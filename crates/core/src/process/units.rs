//! Amounts with units, as a process file writes them: `20m`, `2.00 USD`, `70%`.

use crate::{BasisPoints, UsdMicros};

/// Milliseconds of each unit, longest first.
const DURATIONS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Longest duration that may be written: ten years.
const DURATION_MS_MAX: u64 = 10 * 365 * 86_400_000;

/// Reads `90s`, `2.5h` or `7d` as milliseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (amount, unit) = text.split_at(split);
    let (_, unit_ms) = DURATIONS.iter().find(|(name, _)| *name == unit)?;
    // Thousandths of the unit, so that nothing passes through a float.
    let thousandths = parse_decimal(amount.trim(), 3)?;
    let product = thousandths.checked_mul(*unit_ms)?;
    (product.is_multiple_of(1_000) && product / 1_000 <= DURATION_MS_MAX).then_some(product / 1_000)
}

/// Writes milliseconds in the longest unit that gives a whole number.
#[must_use]
pub fn print_duration(ms: u64) -> String {
    DURATIONS
        .iter()
        .find(|(_, unit_ms)| ms > 0 && ms.is_multiple_of(*unit_ms))
        .map_or_else(
            || "0s".to_owned(),
            |(name, unit_ms)| format!("{}{name}", ms / unit_ms),
        )
}

/// Reads `2 USD` or `0.25 USD`.
#[must_use]
pub fn parse_usd(text: &str) -> Option<UsdMicros> {
    let amount = text.trim().strip_suffix("USD")?.trim_end();
    parse_decimal(amount, 6).map(UsdMicros)
}

/// Reads `70%` or `2.5%`.
#[must_use]
pub fn parse_percent(text: &str) -> Option<BasisPoints> {
    let amount = text.trim().strip_suffix('%')?.trim_end();
    let points = parse_decimal(amount, 2)?;
    let points = u16::try_from(points).ok()?;
    (points <= BasisPoints::ALL.0).then_some(BasisPoints(points))
}

/// Reads a non-negative decimal number as a whole number of 10^-`places`.
fn parse_decimal(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > places {
        return None;
    }
    if text.ends_with('.') {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(parse_duration("2.5h"), Some(9_000_000));
        assert_eq!(parse_duration("1500ms"), Some(1_500));
        assert_eq!(parse_duration("7 d"), Some(604_800_000));
        assert_eq!(parse_duration("7"), None);
        assert_eq!(parse_duration("-7d"), None);
        assert_eq!(parse_usd("2.00 USD"), Some(UsdMicros(2_000_000)));
        assert_eq!(parse_usd("0.000001USD"), Some(UsdMicros(1)));
        assert_eq!(parse_usd("2 EUR"), None);
        assert_eq!(parse_percent("2.5%"), Some(BasisPoints(250)));
        assert_eq!(parse_percent("100.01%"), None);
    }

    proptest! {
        #[test]
        fn durations_are_printed_as_they_are_read(ms in 0..DURATION_MS_MAX) {
            prop_assert_eq!(parse_duration(&print_duration(ms)), Some(ms));
        }

        #[test]
        fn amounts_are_printed_as_they_are_read(micros in any::<u32>(), points in 0..=10_000_u16) {
            let usd = UsdMicros(micros.into());
            prop_assert_eq!(parse_usd(&usd.to_string()), Some(usd));
            let share = BasisPoints(points);
            prop_assert_eq!(parse_percent(&share.to_string()), Some(share));
        }
    }
}
