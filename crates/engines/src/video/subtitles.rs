//! Captions with their times: read from SubRip and Advanced SubStation, taken from shots or a narration, and written as
//! SubRip.

use std::fmt::Write as _;

use serde_json::Value;

/// Captions of a film.
const CUES_MAX: usize = 5_000;
/// Characters that are shown at once, of a sentence that is spoken.
const SHOWN_MAX: usize = 72;
/// How long the words of a sentence stay after they were said, in seconds.
const LINGER: f64 = 0.35;

/// Words, and when they are shown, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cue {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) text: String,
}

/// Reads SubRip or Advanced SubStation, whichever it is.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Cue>, String> {
    let is_ass = text.lines().any(|line| line.starts_with("Dialogue:"));
    let mut cues = if is_ass { advanced(text) } else { subrip(text) }
        .map_err(|problem| format!("`{name}` has {problem}"))?;
    if cues.is_empty() {
        return Err(format!(
            "`{name}` has no captions: expected SubRip (`00:00:01,000 --> 00:00:02,500`) or Advanced SubStation"
        ));
    }
    if cues.len() > CUES_MAX {
        return Err(format!(
            "`{name}` has {} captions, more than the limit of {CUES_MAX}",
            cues.len()
        ));
    }
    cues.sort_by(|one, other| one.start.total_cmp(&other.start));
    Ok(cues)
}

fn subrip(text: &str) -> Result<Vec<Cue>, String> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut in_cue = false;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (number, line) in lines.iter().enumerate() {
        if let Some((from, to)) = line.split_once("-->") {
            let time = |part: &str| {
                let clock = part.split_whitespace().next().and_then(clock);
                clock.ok_or_else(|| {
                    format!("no time like 00:00:01,000 in line {}: `{line}`", number + 1)
                })
            };
            let (start, end) = (time(from)?, time(to)?);
            if end <= start {
                return Err(format!(
                    "a caption that ends before it begins in line {}",
                    number + 1
                ));
            }
            cues.push(Cue {
                start,
                end,
                text: String::new(),
            });
            in_cue = true;
        } else if line.is_empty() {
            in_cue = false;
        } else if let Some(cue) = cues.last_mut().filter(|_| in_cue) {
            if !cue.text.is_empty() {
                cue.text.push('\n');
            }
            cue.text.push_str(&without(line, '<', '>'));
        }
    }
    cues.retain(|cue| !cue.text.trim().is_empty());
    Ok(cues)
}

fn advanced(text: &str) -> Result<Vec<Cue>, String> {
    let mut cues = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(fields) = line.strip_prefix("Dialogue:") else {
            continue;
        };
        // Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text.
        let fields: Vec<&str> = fields.splitn(10, ',').collect();
        let times = (
            fields.get(1).and_then(|at| clock(at)),
            fields.get(2).and_then(|at| clock(at)),
        );
        let (Some(start), Some(end), Some(said)) = (times.0, times.1, fields.get(9)) else {
            return Err(format!(
                "no dialogue that can be read in line {}: `{line}`",
                number + 1
            ));
        };
        let said = without(said, '{', '}')
            .replace("\\N", "\n")
            .replace("\\n", "\n")
            .replace("\\h", " ");
        if end > start && !said.trim().is_empty() {
            cues.push(Cue {
                start,
                end,
                text: said.trim().to_owned(),
            });
        }
    }
    Ok(cues)
}

/// Seconds of `01:02:03,450`, `1:02:03.45` or `02:03.450`.
fn clock(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    let mut seconds = 0.0;
    let parts: Vec<&str> = text.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    for part in parts {
        let value: f64 = part
            .parse()
            .ok()
            .filter(|value| (0.0..1e6).contains(value))?;
        seconds = seconds * 60.0 + value;
    }
    Some(seconds)
}

/// The text without what stands between the signs.
fn without(text: &str, open: char, close: char) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            c if c == open => inside = true,
            c if c == close && inside => inside = false,
            c if !inside => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// The sentences of a narration; a long one in parts, each as long as its share of the letters.
pub(super) fn spoken(sentences: &[Value]) -> Vec<Cue> {
    let number = |sentence: &Value, name: &str| sentence.get(name).and_then(Value::as_f64);
    let mut cues: Vec<Cue> = Vec::new();
    for sentence in sentences.iter().take(CUES_MAX) {
        let text = sentence
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (Some(start), Some(seconds)) = (number(sentence, "start"), number(sentence, "seconds"))
        else {
            continue;
        };
        let parts = parts(text);
        let letters: usize = parts.iter().map(|part| part.chars().count()).sum();
        let mut from = start;
        for part in &parts {
            let to = from + seconds * part.chars().count() as f64 / letters.max(1) as f64;
            cues.push(Cue {
                start: from,
                end: to,
                text: part.clone(),
            });
            from = to;
        }
        if let Some(last) = cues.last_mut() {
            last.end += LINGER;
        }
    }
    for index in 1..cues.len() {
        let next = cues[index].start;
        cues[index - 1].end = cues[index - 1].end.min(next);
    }
    cues.retain(|cue| cue.end > cue.start);
    cues
}

/// A sentence in parts of about the same length, none longer than what is shown at once.
fn parts(text: &str) -> Vec<String> {
    let length = text.chars().count();
    let count = length.div_ceil(SHOWN_MAX).max(1);
    let wanted = length / count;
    let mut parts = vec![String::new()];
    for word in text.split_whitespace() {
        let is_full = parts.len() < count;
        if let Some(last) = parts.last_mut() {
            let filled = last.chars().count();
            if is_full && filled > 0 && filled + word.chars().count() / 2 >= wanted {
                parts.push(word.to_owned());
                continue;
            }
            if filled > 0 {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    parts
}

/// The captions as a SubRip file.
pub(super) fn write(cues: &[Cue]) -> String {
    let mut text = String::new();
    for (index, cue) in cues.iter().enumerate() {
        // Writing into a String can't fail.
        let _ = write!(
            text,
            "{}\n{} --> {}\n{}\n\n",
            index + 1,
            stamp(cue.start),
            stamp(cue.end),
            cue.text
        );
    }
    text
}

fn stamp(seconds: f64) -> String {
    let ms = (seconds.max(0.0) * 1_000.0).round() as u64;
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02},{:03}",
        ms / 1_000 % 60,
        ms % 1_000
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn subrip_and_substation_say_the_same() {
        let srt = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500 X1:0\r\nThe <i>ferry</i>\r\nleaves.\r\n\r\n2\r\n01:00:03,25 --> 01:00:04,000\r\nNobody.\r\n";
        let ass = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
                   Dialogue: 0,1:00:03.25,1:00:04.00,Default,,0,0,0,,Nobody.\n\
                   Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8}The {\\i1}ferry{\\i0}\\Nleaves.\n";
        let cues = read("a.srt", srt).unwrap();
        assert_eq!(cues, read("a.ass", ass).unwrap());
        insta::assert_snapshot!(write(&cues), @"
        1
        00:00:01,000 --> 00:00:02,500
        The ferry
        leaves.

        2
        01:00:03,250 --> 01:00:04,000
        Nobody.
        ");
        assert_eq!(read("again", &write(&cues)).unwrap(), cues);
    }

    #[test]
    fn what_is_no_caption_is_told_with_its_line() {
        let told = [
            "hello",
            "1\n00:01 --> later\nX",
            "00:00:02,0 --> 00:00:01,0\nX",
            "Dialogue: 0,a,b",
        ]
        .map(|text| read("cap.srt", text).unwrap_err());
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_long_sentence_is_shown_in_parts() {
        let long = "The ferry leaves at nine, as it has every night since the bridge was built, and nobody who lives on \
                    this side of the water remembers when it last carried anyone across.";
        let cues = spoken(&[
            json!({ "text": long, "start": 1.0, "seconds": 9.0 }),
            json!({ "text": "Hm.", "start": 10.2, "seconds": 0.5 }),
        ]);
        insta::assert_snapshot!(write(&cues));
        assert!(cues.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }
}
