//! What a feed says, in one shape, as plain text.

use daedal_core::engine::EngineError;
use feed_rs::model::{Entry, Text};
use feed_rs::parser::Builder;
use quick_xml::events::Event;
use serde_json::{Value, json};

/// Elements inside of one another; XHTML in an entry takes some.
const DEPTH_MAX: usize = 128;
/// Longest title, in characters.
const TITLE_MAX: usize = 300;
/// Longest summary, in characters.
const SUMMARY_MAX: usize = 2_000;
/// Longest address, in characters; a longer one is left out.
const LINK_MAX: usize = 2_000;
/// Authors and categories of one entry.
const NAMES_MAX: usize = 20;

/// Reads a feed that came from `place`; the newest entries first.
pub(super) fn read(bytes: &[u8], place: &str, limit: usize) -> Result<Value, EngineError> {
    shallow(bytes, place)?;
    let parser = Builder::new().base_uri(Some(place)).build();
    let feed = parser.parse(bytes).map_err(|error| {
        EngineError::invalid(format!(
            "what {place} gives is no feed (RSS, Atom or JSON Feed): {error}; look for the feed's own address on the \
             site"
        ))
    })?;
    let mut entries = feed.entries;
    // Those without a date keep their order, after the others.
    entries.sort_by_key(|entry| std::cmp::Reverse(date(entry)));
    entries.truncate(limit);
    let site = feed
        .links
        .iter()
        .find(|link| link.rel.as_deref() != Some("self"));
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    Ok(json!({
        "title": line(feed.title.as_ref(), TITLE_MAX),
        "description": line(feed.description.as_ref(), SUMMARY_MAX),
        "link": site.map_or_else(String::new, |link| address(&link.href)),
        "text": list(&entries),
        "entries": entries,
    }))
}

/// Refuses XML that is nested so deep that its parser, which follows some elements into one another, would use up its
/// stack and end the program.
fn shallow(bytes: &[u8], place: &str) -> Result<(), EngineError> {
    let start = bytes.iter().find(|byte| matches!(byte, b'<' | b'{'));
    if start != Some(&b'<') {
        return Ok(());
    }
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let config = reader.config_mut();
    (config.check_end_names, config.allow_unmatched_ends) = (false, true);
    let (mut depth, mut event) = (0_usize, Vec::new());
    loop {
        event.clear();
        match reader.read_event_into(&mut event) {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                return Err(EngineError::invalid(format!(
                    "what {place} gives is no well-formed feed: {error}"
                )));
            }
        }
        if depth > DEPTH_MAX {
            return Err(EngineError::limit(format!(
                "what {place} gives is nested more than {DEPTH_MAX} deep, which no feed is"
            )));
        }
    }
}

fn date(entry: &Entry) -> Option<i64> {
    entry
        .published
        .or(entry.updated)
        .map(|date| date.timestamp_millis())
}

fn entry(entry: &Entry) -> Value {
    let link = entry
        .links
        .iter()
        .find(|link| matches!(link.rel.as_deref(), None | Some("alternate")))
        .or(entry.links.first());
    let content = entry
        .content
        .as_ref()
        .and_then(|content| content.body.as_deref());
    let summary = entry.summary.as_ref().map(|text| text.content.as_str());
    let summary = summary.or(content).unwrap_or_default();
    let date = entry.published.or(entry.updated);
    let names = |names: Vec<&str>| -> Vec<String> {
        let plain = names.into_iter().map(|name| plain(name, TITLE_MAX));
        plain
            .filter(|name| !name.is_empty())
            .take(NAMES_MAX)
            .collect()
    };
    json!({
        "id": plain(&entry.id, LINK_MAX),
        "title": line(entry.title.as_ref(), TITLE_MAX),
        "summary": plain(summary, SUMMARY_MAX),
        "link": link.map_or_else(String::new, |link| address(&link.href)),
        "published": date.map_or_else(String::new, |date| {
            date.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        }),
        "authors": names(entry.authors.iter().filter_map(|author| author.name.as_deref()).collect()),
        "categories": names(entry.categories.iter().map(|category| {
            category.label.as_deref().unwrap_or(&category.term)
        }).collect()),
    })
}

/// Titles and summaries, as a list.
fn list(entries: &[Value]) -> String {
    let said = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let lines = entries.iter().map(|entry| {
        let (title, summary) = (said(entry, "title"), said(entry, "summary"));
        match summary.is_empty() || summary == title {
            true => format!("- {title}\n"),
            false => format!("- {title}: {summary}\n"),
        }
    });
    lines.collect()
}

fn line(text: Option<&Text>, chars_max: usize) -> String {
    text.map_or_else(String::new, |text| plain(&text.content, chars_max))
}

/// An address that can be followed.
fn address(text: &str) -> String {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    match is_web && text.chars().count() <= LINK_MAX {
        true => text.to_owned(),
        false => String::new(),
    }
}

/// Text without markup, in one line, cut to a length.
fn plain(text: &str, chars_max: usize) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        bare.push_str(before);
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        match tag.find('>').filter(|_| is_tag) {
            Some(end) => {
                // Words of neighbouring blocks stay apart.
                if !is_inline(&tag[1..end]) {
                    bare.push(' ');
                }
                rest = &tag[end + 1..];
            }
            None => {
                bare.push('<');
                rest = &tag[1..];
            }
        }
    }
    bare.push_str(rest);
    let bare = unescaped(&bare);
    let words = bare.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line,
    }
}

/// Whether a tag stands inside of a line: a word may go on after it.
fn is_inline(tag: &str) -> bool {
    const INLINE: [&str; 13] = [
        "a", "abbr", "b", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup",
    ];
    let name = tag.trim_start_matches('/');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric());
    let name = &name[..end.unwrap_or(name.len())];
    INLINE.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The entities that texts of feeds have left over.
fn unescaped(text: &str) -> String {
    const LONGEST: usize = 10;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= LONGEST);
        match end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            Some((end, sign)) => {
                plain.push(sign);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        return char::from_u32(code?);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_is_taken_out_and_text_is_kept() {
        assert_eq!(
            plain(
                "<p>Low&nbsp;tide</p><p>at &#8220;dawn&#x201d; &amp; dusk</p>",
                99
            ),
            "Low tide at “dawn” & dusk"
        );
        assert_eq!(
            plain("What it <b>does</b>.<br/>Now", 99),
            "What it does. Now"
        );
        assert_eq!(plain("3 < 4 & 5 > 2", 99), "3 < 4 & 5 > 2");
        assert_eq!(plain("a <b", 99), "a <b");
        assert_eq!(plain("tides and more", 5), "tides…");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,200}", chars_max in 0_usize..50) {
            let plain = plain(&text, chars_max);
            prop_assert!(plain.chars().count() <= chars_max + 1);
        }

        #[test]
        fn nothing_that_is_no_feed_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, "https://press.example/feed", 5);
        }
    }
}
