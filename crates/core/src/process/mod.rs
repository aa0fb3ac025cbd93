//! The process file: what a creative director writes and a stranger can read.
//!
//! [`parse`] reads `process.yaml` and tells every mistake at once; [`print`] writes it again.
//! What needs engines or files to be judged (schemas, references, paths) is the plan's.

mod dial;
mod disclosure;
mod licence;
mod mistake;
pub mod model;
mod parse;
mod print;
mod read;
mod resolve;
mod scalar;
mod signature;
mod snippet;
pub(crate) mod source;
mod steps;
mod syntax;
pub mod units;

pub use dial::Misfit;
pub use disclosure::{Caption, CaptionPlace, Disclosure};
pub use licence::Permissions;
pub use mistake::{Mistake, Mistakes, Span, nearest, suggestion};
pub use model::*;
pub use print::{print, to_value};
pub use resolve::DialError;
pub use signature::{Gate, Outside, Signature};
pub use source::{FILE_BYTES_MAX, NESTING_MAX};
pub use steps::{FAN_OUT_MAX, STEPS_MAX};

/// A process together with the text that it was read from.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What the file says.
    pub process: Process,
    /// Where everything in it stands.
    pub(crate) root: source::Node,
    /// What has already been found wrong.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Reads a process file, giving all mistakes of the file itself. `name` is how people know it.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Process, Mistakes> {
    let (text, parsed) = read(name, bytes)?;
    if parsed.mistakes.is_empty() {
        Ok(parsed.process)
    } else {
        Err(Mistakes::new(name, &text, parsed.mistakes))
    }
}

/// Reads what can be read, so that a plan can find further mistakes; fails when nothing can.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<(String, Parsed), Mistakes> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let span = Span {
                start: valid.len(),
                length: 0,
            };
            let mistake = Mistake::new(
                span,
                format!("byte {} is not UTF-8", error.valid_up_to() + 1),
            )
            .help("save the file as UTF-8");
            return Err(Mistakes::new(name, &valid, vec![mistake]));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = |mistakes| Mistakes::new(name, text, mistakes);
    let (root, twice) = source::Node::parse(text).map_err(|mistake| whole(vec![mistake]))?;
    if root.kind.is_null() {
        let empty = Mistake::new(Span::default(), "the file is empty")
            .help("`daedal new` writes one to begin with");
        return Err(whole(vec![empty]));
    }
    read_tree(root, twice)
        .map(|parsed| (text.to_owned(), parsed))
        .map_err(whole)
}

/// Reads a process in the shape of its file, such as [`to_value`] gives.
pub(crate) fn read_value(value: &serde_json::Value) -> Result<Parsed, Vec<Mistake>> {
    read_tree(source::Node::from_value(value), Vec::new())
}

fn read_tree(root: source::Node, mistakes: Vec<Mistake>) -> Result<Parsed, Vec<Mistake>> {
    let mut reader = read::Reader { mistakes };
    match parse::process(&mut reader, &root) {
        Some(process) => Ok(Parsed {
            process,
            root,
            mistakes: reader.mistakes,
        }),
        None => Err(reader.mistakes),
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
