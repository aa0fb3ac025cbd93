//! Places in a process file.

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

    pub(super) fn span(self, below: &str) -> Span {
        self.at.span_at(&self.pointer(below))
    }

    pub(super) fn key_span(self, below: &str) -> Span {
        self.at.key_span_at(&self.pointer(below))
    }
}
