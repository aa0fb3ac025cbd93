//! What callers wrote and the process does not publish: steps pass it on, and what is told of them must not tell it.

use daedal_core::intent::set_name;
use daedal_core::run::RunSpec;
use serde_json::Value;

/// Characters of a note.
const NOTE_MAX: usize = 160;
/// Characters in a row that give a longer text away.
const GIVEAWAY: usize = 24;
/// A shorter text stands in others by chance.
const SHORT: usize = 3;

/// The private texts of a run.
pub(super) struct Private(Vec<Vec<char>>);

impl Private {
    pub(super) fn of(spec: &RunSpec) -> Self {
        let given = [("inputs", &spec.inputs), ("parameters", &spec.parameters)];
        let dials = given.into_iter().flat_map(|(of, values)| {
            let fields = values.as_object().into_iter().flatten();
            fields.map(move |(name, value)| (set_name(of, name), value))
        });
        let private = dials.filter(|(name, _)| spec.private.contains(name));
        let texts = private.filter_map(|(_, value)| value.as_str());
        Self(
            texts
                .map(plain)
                .filter(|text| text.len() >= SHORT)
                .collect(),
        )
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
        if self.is_in(&line) {
            return None;
        }
        if line.chars().count() <= NOTE_MAX {
            return Some(line);
        }
        Some(line.chars().take(NOTE_MAX - 1).chain(['…']).collect())
    }

    /// Whether a line tells one of them, or as much of it as gives it away.
    fn is_in(&self, line: &str) -> bool {
        let line = plain(line);
        self.0.iter().any(|text| {
            let mut parts = text.windows(text.len().min(GIVEAWAY));
            parts.any(|part| line.windows(part.len()).any(|here| here == part))
        })
    }
}

/// Without what a step changes most easily: case, spaces, marks.
fn plain(text: &str) -> Vec<char> {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_tells_a_private_text_or_much_of_it_is_known() {
        let long = "A harbour where my father drowned in the autumn of 1962";
        let private = Private(["low tide", long].map(plain).to_vec());
        for told in [
            "LOW  TIDE, again",
            "on “low-tide”",
            "… harbour, where my father drowned",
        ] {
            assert!(private.is_in(told), "{told}");
        }
        for other in ["tide", "where my father", ""] {
            assert!(!private.is_in(other), "{other}");
        }
    }
}
