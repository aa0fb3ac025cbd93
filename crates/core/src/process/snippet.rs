//! The lines of a file around a mistake, cut where they are too long to be read.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::mistake::Span;

/// Characters of a line that are shown as they are; a longer one is cut.
const LINE_MAX: usize = 160;
/// Characters that are shown before the mistake in a line that is cut.
const BEFORE: usize = 60;

/// The line of a mistake, with one line before and one behind it.
#[derive(Debug, Clone)]
pub(super) struct Snippet {
    file: String,
    text: String,
    /// The bytes of `text` that are at fault.
    label: Range<usize>,
    /// Of the first line of `text`, from 0.
    first_line: usize,
    /// Of the mistake in its file, from 0; the column in characters.
    line: usize,
    column: usize,
}

impl Snippet {
    /// The surroundings of `span`, which lies within `text`.
    pub(super) fn new(file: &str, text: &str, span: Span) -> Self {
        let line_start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
        let line = text[..line_start].matches('\n').count();
        let own = text[line_start..].lines().next().unwrap_or_default();
        let start = (span.start - line_start).min(own.len());
        // What goes on below is not shown: where it begins says enough.
        let end = (start + span.length).min(own.len());
        let column = own[..start].chars().count();
        let mut shown = String::new();
        let before = text[..line_start].strip_suffix('\n');
        if let Some(before) = before {
            let before = before.rsplit('\n').next().unwrap_or_default();
            push_line(&mut shown, before.trim_end_matches('\r'), 0);
        }
        let from = column.saturating_sub(BEFORE);
        let window = push_line(&mut shown, own, from);
        let within = |at: usize| at.clamp(window.from, window.to) - window.from + window.at;
        let label = within(start)..within(end);
        if let Some(after) = text[line_start..].lines().nth(1) {
            push_line(&mut shown, after, 0);
        }
        Self {
            file: file.to_owned(),
            text: shown,
            label,
            first_line: line - usize::from(before.is_some()),
            line,
            column,
        }
    }

    /// Where the mistake stands in `self` as a source.
    pub(super) fn label(&self) -> SourceSpan {
        (self.label.start, self.label.len()).into()
    }

    /// Line and column in the file, both from 1.
    pub(super) fn position(&self) -> (usize, usize) {
        (self.line + 1, self.column + 1)
    }
}

/// What is shown of a line.
struct Window {
    /// The bytes of the line.
    from: usize,
    to: usize,
    /// Where they begin in what is shown.
    at: usize,
}

/// Adds a line, of one that is too long only what stands around the character `from`.
fn push_line(shown: &mut String, line: &str, from: usize) -> Window {
    let offset = |character: usize| {
        line.char_indices()
            .nth(character)
            .map_or(line.len(), |(offset, _)| offset)
    };
    let (from, to) = match line.chars().count() {
        count if count <= LINE_MAX => (0, line.len()),
        count => {
            let from = from.min(count - LINE_MAX);
            (offset(from), offset(from + LINE_MAX))
        }
    };
    if from > 0 {
        shown.push('…');
    }
    let at = shown.len();
    shown.push_str(&line[from..to]);
    if to < line.len() {
        shown.push('…');
    }
    shown.push('\n');
    Window { from, to, at }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without lines around it, it is the place of the mistake that is asked for.
        let (line, column) = match (before, after) {
            (0, 0) => (self.line, self.column),
            _ => (self.first_line, 0),
        };
        let (text, span) = match (before, after) {
            (0, 0) => (&self.text[self.label.clone()], *span),
            _ => (&self.text[..], (0, self.text.len()).into()),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            text.as_bytes(),
            span,
            line,
            column,
            self.text.lines().count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, part: &str) -> String {
        let start = text.find(part).unwrap();
        let length = part.len();
        let snippet = Snippet::new("f", text, Span { start, length });
        let label = &snippet.text[snippet.label.clone()];
        assert!(part.starts_with(label), "{label:?}");
        format!("{:?} {label}\n{}", snippet.position(), snippet.text)
    }

    #[test]
    fn lines_are_cut_around_the_mistake_when_they_are_too_long() {
        let many = "é ".repeat(5_000);
        insta::assert_snapshot!(
            shown(
                &format!("a: 1\r\nb: {many}wrong {many}\nc: {many}\n"),
                "wrong"
            ) + &shown(&format!("{many}\nwrong"), "wrong")
                + &shown(&format!("wrong{many}"), "wrong")
        );
    }

    #[test]
    fn of_several_lines_the_first_is_pointed_at() {
        insta::assert_snapshot!(shown("a: x\n\n  y\nb: 1\n", "x\n\n  y"), @r"
        (1, 4) x
        a: x

        ");
    }
}
