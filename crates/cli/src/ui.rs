//! The terminal: results on stdout, all else on stderr.
#![allow(clippy::print_stdout, clippy::print_stderr)] // This is where printing happens.

use std::io::IsTerminal as _;

use alloy_primitives::Address;
use serde_json::Value;

use crate::failure::Failure;

/// How a command speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    /// The result is one JSON object on stdout.
    pub(crate) json: bool,
    /// Only results and errors are said.
    pub(crate) quiet: bool,
}

/// The same value, with addresses as people copy them (EIP-55), however they came into it.
fn checksummed(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() == 42 && text.starts_with("0x") => {
            let address = text.parse::<Address>();
            address.map_or_else(
                |_| value.clone(),
                |address| address.to_checksum(None).into(),
            )
        }
        Value::Array(items) => items.iter().map(checksummed).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), checksummed(value)))
                .collect()
        }
        other => other.clone(),
    }
}

impl Ui {
    /// Prints a result: `text` for people, `value` for programs.
    pub(crate) fn result(self, value: &Value, text: &str) {
        if self.json {
            let shown = serde_json::to_string_pretty(&checksummed(value)).unwrap_or_default();
            print_to(&mut anstream::stdout(), &shown);
        } else {
            print_to(&mut anstream::stdout(), text.trim_end());
        }
    }

    /// Prints one of many results as a line of JSON.
    pub(crate) fn event(self, value: &Value) {
        print_to(&mut anstream::stdout(), &value.to_string());
    }

    /// Says something beside the result.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        if !self.quiet {
            print_to(&mut anstream::stderr(), text.as_ref());
        }
    }

    /// Shows what somebody has to answer; also where only results are wanted.
    pub(crate) fn ask(self, text: &str) {
        print_to(&mut anstream::stderr(), text.trim_end());
    }

    /// Says why a command failed.
    pub(crate) fn failure(self, failure: &Failure) {
        print_to(&mut anstream::stderr(), failure.render().trim_end());
        if self.json {
            let shown = serde_json::to_string_pretty(&failure.to_json()).unwrap_or_default();
            print_to(&mut anstream::stdout(), &shown);
        }
    }

    /// Whether stderr is a terminal that can redraw lines.
    pub(crate) fn is_live(self) -> bool {
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        !self.quiet && !dumb && std::io::stderr().is_terminal()
    }
}

/// Writes a line; a reader that went away (`| head`) is no error of ours.
fn print_to(stream: &mut dyn std::io::Write, line: &str) {
    let _ = writeln!(stream, "{line}");
    let _ = stream.flush();
}
