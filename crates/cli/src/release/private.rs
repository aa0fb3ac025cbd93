//! What callers wrote and the process does not publish: steps pass it on, and what is told of them must not tell it.

use daedal_core::intent::set_name;
use daedal_core::run::RunSpec;
use serde_json::Value;

/// Characters of a note.
const NOTE_MAX: usize = 160;
/// Letters in a row that give a longer text away.
const GIVEAWAY: usize = 24;

/// The private texts of a run, each as its letters alone and as it is but for spaces.
pub(super) struct Private(Vec<[Vec<char>; 2]>);

impl Private {
    pub(super) fn of(spec: &RunSpec) -> Self {
        let given = [("inputs", &spec.inputs), ("parameters", &spec.parameters)];
        let dials = given.into_iter().flat_map(|(of, values)| {
            let fields = values.as_object().into_iter().flatten();
            fields.map(move |(name, value)| (set_name(of, name), value))
        });
        let private = dials.filter(|(name, _)| spec.private.contains(name));
        let texts = private.filter_map(|(_, value)| value.as_str());
        Self(texts.map(forms).collect())
    }

    /// What a step gave, in a line; none that tells what is private.
    pub(super) fn note(&self, value: &Value) -> Option<String> {
        let title = value["title"].as_str().filter(|text| !text.is_empty());
        let text = value["text"].as_str().filter(|text| !text.is_empty());
        let line = match (title, text, value["score"].as_f64()) {
            (Some(title), ..) => title.to_owned(),
            (None, Some(text), _) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            (None, None, Some(score)) => format!("score {score:.2}"),
            _ => return None,
        };
        // What is cut off may be the rest of it.
        let around: String = line.chars().take(2 * NOTE_MAX).collect();
        if self.is_in(&around) {
            return None;
        }
        if line.chars().count() <= NOTE_MAX {
            return Some(line);
        }
        Some(line.chars().take(NOTE_MAX - 1).chain(['…']).collect())
    }

    /// Whether a line tells one of them, or as much of it as gives it away.
    fn is_in(&self, line: &str) -> bool {
        let line = forms(line);
        self.0.iter().any(|text| {
            text.iter().zip(&line).any(|(text, line)| {
                let mut parts = text.windows(text.len().clamp(1, GIVEAWAY));
                // A single letter stands everywhere.
                let is_one = matches!(text[..], [letter] if letter.is_ascii());
                !is_one && parts.any(|part| line.windows(part.len()).any(|here| here == part))
            })
        })
    }
}

/// A text without what a step changes most easily: case, spaces, marks, and what HTML and JSON write for others; and the same
/// with its marks, as of one that has nothing else.
fn forms(text: &str) -> [Vec<char>; 2] {
    let plain = unescaped(text).to_uppercase().to_lowercase();
    let letters = plain.chars().filter(|letter| letter.is_alphanumeric());
    let all = plain.chars().filter(|letter| !letter.is_whitespace());
    [letters.collect(), all.collect()]
}

/// A text with the characters that HTML and JSON write otherwise.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\\']) {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let escaped = entity(behind).or_else(|| escape(behind));
        let mark = behind.chars().next().unwrap_or_default();
        let (character, length) = escaped.unwrap_or((mark, 1));
        out.push(character);
        rest = behind.get(length..).unwrap_or_default();
    }
    out + rest
}

/// The character that HTML writes as `&amp;` or `&#x27;`, and in how many bytes.
fn entity(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    let character = match (name, name.strip_prefix('#')) {
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("quot", _) => '"',
        ("apos", _) => '\'',
        ("nbsp", _) => ' ',
        (_, Some(digits)) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(digits, 10)?,
        },
        _ => return None,
    };
    Some((character, name.len() + 2))
}

/// The character that JSON writes as `\n` or `\u00f8`, and in how many bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let behind = text.strip_prefix('\\')?;
    match behind.chars().next()? {
        'n' | 't' | 'r' => Some((' ', 2)),
        'u' => {
            let code = u32::from_str_radix(behind.get(1..5)?, 16).ok()?;
            Some((char::from_u32(code)?, 6))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_tells_a_private_text_or_much_of_it_is_known() {
        let long = "A harbour where my father drowned in the autumn of 1962";
        let private = [
            "low tide",
            long,
            "O'Hara & Søn",
            "Straße",
            "李明",
            "🐙🐙",
            "b",
        ];
        let private = Private(private.map(forms).to_vec());
        for told in [
            "<p>O&#x27;Hara &amp; S&#xf8;n</p>",
            r#"{"x": "Low\ntide"}"#,
            r"o\u0027hara & s\u00f8n",
            "STRASSE 7",
            "for 李明",
            "🐙 🐙!",
            "LOW  TIDE, again",
            "on “low-tide”",
            "… harbour, where my father drowned",
        ] {
            assert!(private.is_in(told), "{told}");
        }
        for other in ["tide", "where my father", "", "🐙", "about", "a & b; \\"] {
            assert!(!private.is_in(other), "{other}");
        }
    }
}
