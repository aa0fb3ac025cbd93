//! Where a part of a text stands in the YAML that it was written in.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use super::mistake::Span;

/// The stretch of `source` that gave `range` of `text`, which is what the scalar at `span` says.
///
/// YAML folds, indents and drops blanks, but keeps all other characters in their order: the two are
/// matched by these. `None` where they do not match, such as behind an alias.
pub(super) fn within(source: &str, span: Span, text: &str, range: Range<usize>) -> Option<Span> {
    let solid = |part: &str| part.chars().filter(|c| !is_blank(*c)).count();
    let first = solid(text.get(..range.start)?);
    let last = first + solid(text.get(range)?).checked_sub(1)?;
    let written = source.get(span.start..span.start + span.length)?;
    let mut said = text.chars().filter(|c| !is_blank(*c));
    let mut found: Option<Range<usize>> = None;
    let mut position = 0;
    for (place, c) in Scalar::new(written) {
        if is_blank(c) {
            continue;
        }
        if said.next() != Some(c) {
            return None;
        }
        if position == first {
            found = Some(place.clone());
        }
        if position == last {
            let start = found?.start;
            return Some(Span {
                start: span.start + start,
                length: place.end - start,
            });
        }
        position += 1;
    }
    None
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// The characters that a scalar says, each with where it is written.
struct Scalar<'s> {
    text: &'s str,
    rest: Peekable<CharIndices<'s>>,
    quote: Option<char>,
}

impl<'s> Scalar<'s> {
    fn new(text: &'s str) -> Self {
        let mut rest = text.char_indices().peekable();
        let quote = match rest.peek() {
            Some((_, quote @ ('"' | '\''))) => {
                let quote = *quote;
                rest.next();
                Some(quote)
            }
            Some((_, '|' | '>')) => {
                // The line that opens a block says nothing of its text.
                rest.find(|(_, c)| *c == '\n');
                None
            }
            _ => None,
        };
        Self { text, rest, quote }
    }

    /// The character that a backslash and what follows it stand for.
    fn escaped(&mut self) -> Option<char> {
        let (at, c) = self.rest.next()?;
        let length = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '"' | '\\' | '/' => return Some(c),
            // All others are blanks, or no character of an expression: they match nothing.
            'n' | 't' | 'r' | ' ' | '\n' | '\r' | '\t' => return Some(' '),
            _ => return None,
        };
        let digits = self.text.get(at + 1..at + 1 + length)?;
        self.rest.nth(length - 1);
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)
    }
}

impl Iterator for Scalar<'_> {
    type Item = (Range<usize>, char);

    fn next(&mut self) -> Option<Self::Item> {
        let (start, c) = self.rest.next()?;
        let said = match (self.quote, c) {
            (Some('"'), '\\') => self.escaped()?,
            (Some('\''), '\'') => {
                self.rest.next_if(|(_, next)| *next == '\'')?;
                c
            }
            (Some('"'), '"') => return None,
            _ => c,
        };
        let end = self.rest.peek().map_or(self.text.len(), |(end, _)| *end);
        Some((start..end, said))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::source::{Kind, Node};

    /// What of the file a mistake in `part` of the text of `a` points at.
    fn pointed<'f>(file: &'f str, part: &str) -> Option<&'f str> {
        let (node, _) = Node::parse(file).unwrap();
        let Some(Kind::Text(text)) = node.field("a").map(|node| &node.kind) else {
            panic!("no text in {file:?}")
        };
        let start = text.find(part)?;
        let span = node.span_within("/a", file, text, start..start + part.len());
        file.get(span.start..span.start + span.length)
    }

    #[test]
    fn a_part_of_a_text_is_found_however_it_is_written() {
        for file in [
            "a: see {{ b }} and {{ c.d }}, x\nz: 1\n",
            "a: see {{ b }}\n  and\n  {{ c.d }}, x\n",
            "a: 'it''s {{ b }} and {{ c.d }}'\n",
            "a: 'it\n\n  is {{ b }} and {{ c.d }}'\n",
            "a: \"t\\u00e9\\n \\\"{{ b }}\\\" \\\\ and {{ c.d }}\"\n",
            "a: \"see {{ b }} \\\n   and {{ c.d }}\"\n",
            "a: |\n  see {{ b }}\n\n  and {{ c.d }}\nz: 1\n",
            "a: >-  # a note\n    # see {{ b }}\n    and\n    {{ c.d }}\n",
            "a: |2\n   see {{ b }}\n  and {{ c.d }}\n",
            "a: !!str \"see {{ b }} and {{ c.d }}\"\n",
            "a: &name see {{ b }} and {{ c.d }}\n",
            "{ a: \"{{ b }} and {{ c.d }}\" }\n",
        ] {
            assert_eq!(pointed(file, "{{ c.d }}"), Some("{{ c.d }}"), "{file}");
        }
    }

    #[test]
    fn what_is_written_otherwise_is_pointed_at_as_a_whole() {
        let file = "a: \"{{ b\\e }} and {{ c.d }}\"\n";
        let whole = "\"{{ b\\e }} and {{ c.d }}\"";
        assert_eq!(pointed(file, "{{ c.d }}"), Some(whole));
        let file = "b: &name see {{ b }} and {{ c.d }}\na: *name\n";
        assert_eq!(pointed(file, "{{ c.d }}"), Some("*name"));
    }

    proptest! {
        #[test]
        fn a_part_of_any_text_is_found_in_what_is_printed_of_it(
            before in "\\PC{0,12}[a-z \n'\"\\\\#:-]{0,40}", after in "[a-z \n'\"\\\\]{0,20}"
        ) {
            let text = format!("{before}{{{{ c.d }}}}{after}");
            let file = serde_saphyr::to_string(&serde_json::json!({ "a": text })).unwrap();
            let found = pointed(&file, "{{ c.d }}").unwrap();
            prop_assert!(found.contains("c.d"), "{file} gave {found}");
        }
    }
}
