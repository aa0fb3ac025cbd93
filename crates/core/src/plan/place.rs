//! Places in a process file.

use std::ops::Range;

use crate::process::Span;
use crate::process::source::Node;

/// A place in the file: a value, and a JSON pointer below it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    at: &'p Node,
    prefix: &'p str,
}

impl<'p> Place<'p> {
    pub(super) fn new(at: &'p Node, prefix: &'p str) -> Self {
        Self { at, prefix }
    }

    pub(super) fn pointer(self, below: &str) -> String {
        format!("{}{below}", self.prefix)
    }

    /// Whether the author wrote something there.
    pub(super) fn is_written(self, below: &str) -> bool {
        self.at.at(&self.pointer(below)).is_some()
    }

    pub(super) fn span(self, below: &str) -> Span {
        self.at.span_at(&self.pointer(below))
    }

    /// Where a part of a text stands in `source`, the file: `range` of `written`.
    pub(super) fn part(
        self,
        below: &str,
        source: &str,
        written: &str,
        range: Range<usize>,
    ) -> Span {
        let pointer = self.pointer(below);
        self.at.span_within(&pointer, source, written, range)
    }

    pub(super) fn key_span(self, below: &str) -> Span {
        self.at.key_span_at(&self.pointer(below))
    }
}
