//! What is wrong with a process file, all of it at once, with the place of each mistake.

use std::fmt;

use miette::LabeledSpan;

use super::snippet::Snippet;

/// Mistakes that are shown; the rest are counted.
const SHOWN_MAX: usize = 100;

/// How the help that proposes a name begins and ends, so that programs can have the name alone.
const MEANT: &str = "did you mean `";
const MEANT_END: &str = "`?";

/// A stretch of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Length in bytes.
    pub length: usize,
}

/// One mistake in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What was expected there, or what to do.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake at `span`.
    #[must_use]
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span,
            help: None,
        }
    }

    /// Says what was expected, or what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What was expected there, where the help says that.
    #[must_use]
    pub fn expected(&self) -> Option<&str> {
        self.help.as_deref()?.strip_prefix("expected ")
    }

    /// The name that was most likely meant, where the help says one.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        let (_, rest) = self.help.as_deref()?.split_once(MEANT)?;
        rest.split_once(MEANT_END).map(|(name, _)| name)
    }
}

/// Every mistake of a process file, in the order of the file.
#[derive(Debug, Clone)]
pub struct Mistakes {
    file: String,
    found: Vec<Placed>,
    total: usize,
}

#[derive(Debug, Clone)]
struct Placed {
    mistake: Mistake,
    snippet: Snippet,
}

impl Mistakes {
    /// Gathers `found` (one at least) in the file called `name`.
    #[must_use]
    pub fn new(name: &str, text: &str, mut found: Vec<Mistake>) -> Self {
        found.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        found.dedup();
        let total = found.len();
        found.truncate(SHOWN_MAX);
        let placed = |mut mistake: Mistake| {
            // A span never leaves the file, whatever the parser said.
            mistake.span.start = mistake.span.start.min(text.len());
            mistake.span.length = mistake.span.length.min(text.len() - mistake.span.start);
            let snippet = Snippet::new(name, text, mistake.span);
            Placed { mistake, snippet }
        };
        Self {
            file: name.to_owned(),
            found: found.into_iter().map(placed).collect(),
            total,
        }
    }

    /// The mistakes, in the order of the file; the first [`SHOWN_MAX`].
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.found.iter().map(|placed| &placed.mistake)
    }

    /// Each mistake by itself, with its place and its help, to be printed one after the other.
    pub fn diagnostics(&self) -> impl Iterator<Item = &dyn miette::Diagnostic> {
        self.found
            .iter()
            .map(|placed| placed as &dyn miette::Diagnostic)
    }

    /// Name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Each mistake with its line and column, both from 1; the column in characters.
    pub fn positions(&self) -> impl Iterator<Item = (&Mistake, (usize, usize))> {
        self.found
            .iter()
            .map(|placed| (&placed.mistake, placed.snippet.position()))
    }
}

#[cfg(test)]
impl Mistakes {
    /// Every mistake as a line, with its place and its help.
    pub(crate) fn listed(&self) -> String {
        self.positions()
            .map(|(mistake, (line, column))| {
                let help = mistake.help.as_deref().unwrap_or_default();
                format!("{line}:{column}: {} ({help})\n", mistake.message)
            })
            .collect()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.file;
        match self.total {
            1 => write!(f, "{name} has a mistake"),
            total if total > self.found.len() => {
                write!(
                    f,
                    "{name} has {total} mistakes; the first {}",
                    self.found.len()
                )
            }
            total => write!(f, "{name} has {total} mistakes"),
        }
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake.message)
    }
}

impl std::error::Error for Placed {}

impl miette::Diagnostic for Placed {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.snippet)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some("here".to_owned()), self.snippet.label());
        Some(Box::new(std::iter::once(label)))
    }
}

/// The known name that `given` most likely means, if one is near enough.
#[must_use]
pub fn nearest<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (given.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|name| (distance(given, name), name))
        .filter(|(distance, name)| {
            *distance <= limit || (given.len() >= 3 && name.starts_with(given))
        })
        .min()
        .map(|(_, name)| name)
}

/// "did you mean `x`?", or the list of what is known.
#[must_use]
pub fn suggestion<'n>(given: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    match nearest(given, known.clone()) {
        Some(name) => format!("{MEANT}{name}{MEANT_END}"),
        None => {
            let names: Vec<_> = known.into_iter().collect();
            match names.len() {
                0 => "it has none".to_owned(),
                1..=24 => format!("expected one of: {}", names.join(", ")),
                more => format!("{more} are known, such as {}", names[..12].join(", ")),
            }
        }
    }
}

/// Edits (insert, remove, replace, swap neighbours) that lead from one name to the other
/// (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.to_lowercase().chars().collect();
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut best = (row[j] + usize::from(a != b))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_far_ones_are_not() {
        let known = ["grammar", "sketch", "image", "score"];
        assert_eq!(nearest("sketsh", known), Some("sketch"));
        assert_eq!(nearest("gramar", known), Some("grammar"));
        assert_eq!(nearest("imgae", known), Some("image"));
        assert_eq!(nearest("ske", known), Some("sketch"));
        assert_eq!(nearest("video", known), None);
    }

    #[test]
    fn programs_can_have_what_a_help_says() {
        let mistake = |help: &str| Mistake::new(Span::default(), "x").help(help);
        let meant = mistake(&suggestion("sketsh", ["sketch"]));
        assert_eq!((meant.nearest(), meant.expected()), (Some("sketch"), None));
        let asked = mistake("expected 1 to 1000");
        assert_eq!(
            (asked.nearest(), asked.expected()),
            (None, Some("1 to 1000"))
        );
        let both = mistake("expected one of a, b; did you mean `a`?");
        assert_eq!(both.nearest(), Some("a"));
    }
}
