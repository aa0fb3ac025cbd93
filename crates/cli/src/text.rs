//! Times, sizes and files as people read them.

use std::io::Write as _;
use std::path::Path;

use daedal_core::run::Moment;

use crate::failure::Failure;

/// A moment by RFC 3339, in UTC: `2026-03-01T12:30:05Z`.
pub(crate) fn moment(moment: Moment) -> String {
    i64::try_from(moment.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .and_then(|time| time.round(jiff::Unit::Second).ok())
        .map_or_else(|| format!("{} ms", moment.0), |time| time.to_string())
}

/// A duration in the two largest units that matter.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{}.{} s", seconds, ms % 1_000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A text from elsewhere, which no terminal takes for an order, and no reader for a line of ours.
pub(crate) fn foreign(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().fold(String::new(), |mut plain, c| {
        match c.is_control() || turns(c) {
            true => plain.extend(c.escape_unicode()),
            false => plain.push(c),
        }
        plain
    })
}

/// A number of things: `1 task`, `2 tasks`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

/// A size in bytes, as people say it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "KiB", "MiB", "GiB"];
    #[allow(clippy::cast_precision_loss)] // for people
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1_024.0 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1_024.0, unit + 1);
    }
    match unit {
        0 => format!("{bytes} bytes"),
        _ => format!("{size:.1} {}", UNITS[unit]),
    }
}

/// A word as it can be given to a shell again.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Now.
pub(crate) fn now() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Moment(since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }))
}

/// Writes a file that is either there as a whole or not at all, making its directory.
pub(crate) fn write_whole(place: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = place.parent().unwrap_or(Path::new("."));
    let write = || {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let open = std::fs::Permissions::from_mode(0o644);
            file.as_file().set_permissions(open)?;
        }
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: std::io::Error| {
        Failure::because(format!("{} can't be written", place.display()), &error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_elsewhere_give_no_orders() {
        let given = "a\u{1b}[2J\n  ✓ signer \u{202e}fine";
        assert_eq!(foreign(given), "a\\u{1b}[2J\\u{a}  ✓ signer \\u{202e}fine");
        assert_eq!(foreign("Kelp — 50 %, “ebb”"), "Kelp — 50 %, “ebb”");
    }

    #[test]
    fn times_are_short_and_exact() {
        assert_eq!(moment(Moment(1_772_368_205_400)), "2026-03-01T12:30:05Z");
        assert_eq!(duration(42), "42 ms");
        assert_eq!(duration(4_250), "4.2 s");
        assert_eq!(duration(125_000), "2 min 5 s");
        assert_eq!(duration(7_260_000), "2 h 1 min");
        assert_eq!(duration(7 * 86_400_000), "7 d 0 h");
    }
}
