//! The validated graph of a process: order, dependencies, fan-out.
//!
//! [`build`] reads a process file and everything that it names, and tells every mistake at once.
//! What it gives is frozen: [`of_bundle`] makes the same plan again from the bundle alone.

mod alternatives;
mod behind;
mod bound;
mod build;
#[cfg(test)]
mod call_tests;
mod called;
mod ends;
mod estimate;
mod expected;
mod files;
mod fit;
mod gate;
#[cfg(test)]
mod gate_tests;
mod given;
mod gives;
mod graph;
mod labels;
mod lock;
#[cfg(test)]
mod mistake_tests;
pub mod model;
mod names;
#[cfg(test)]
mod nested_tests;
mod nodes;
mod offers;
mod ordering;
mod place;
#[cfg(test)]
mod properties;
mod schema;
mod shelf;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod unfold;
mod unknown;
mod with;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blob::BlobRead;
use crate::bundle::{Bundle, BundleFiles, ProcessFiles};
use crate::engine::Engines;
use crate::process::{self, Mistake, Mistakes, Process};

pub use bound::{Bound, TEXT_BYTES_ASSUMED, bounds};
pub use called::Called;
pub use estimate::Estimate;
pub use fit::objections;
pub use lock::lock;
pub use model::*;
pub use schema::{SCHEMA_FILE, SCHEMA_LINE, schema};
pub use shelf::{BUNDLES_FOLDER, Reference, references};
pub use tree::{Branch, Tree, tree};
pub use unfold::ENGINE as PROCESS;

/// Tasks of one run.
pub const TASKS_MAX: u64 = 100_000;

/// A process that is fit to run.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What the author wrote.
    pub process: Process,
    /// The process frozen.
    pub bundle: Bundle,
    /// The graph.
    pub plan: Plan,
    /// How many tasks each node of the plan has in a run.
    pub estimates: Vec<Estimate>,
    /// What is no mistake, but most likely not meant either.
    pub warnings: Vec<Warning>,
    /// Bytes of the bundle's files by path, to be kept as blobs; those that were read. All of them
    /// when the plan was built from files.
    pub contents: BTreeMap<String, Arc<[u8]>>,
}

/// Something that its author should know before a run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// What a caller finds wrong with a process by rules of its own, such as those of channels.
#[derive(Debug, Clone)]
pub struct Objection {
    /// JSON pointer (RFC 6901) of the value in the process file.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What was expected, or what to do.
    pub help: String,
}

/// Reads a process file and plans it. `name` is how people know the file.
pub fn build(
    name: &str,
    bytes: &[u8],
    files: &dyn ProcessFiles,
    engines: &Engines,
) -> Result<Planned, Mistakes> {
    build_judged(name, bytes, files, engines, &|_| Vec::new())
}

/// Like [`build`]; what `judge` finds is told with all other mistakes.
pub fn build_judged(
    name: &str,
    bytes: &[u8],
    files: &dyn ProcessFiles,
    engines: &Engines,
    judge: &dyn Fn(&Process) -> Vec<Objection>,
) -> Result<Planned, Mistakes> {
    let (text, mut parsed) = process::read(name, bytes)?;
    for found in judge(&parsed.process) {
        let mistake = Mistake::new(parsed.root.span_at(&found.pointer), found.message);
        parsed.mistakes.push(mistake.help(found.help));
    }
    let origin = build::Origin { name, text: &text };
    build::plan(parsed, origin, files, None, engines)
        .map_err(|mistakes| Mistakes::new(name, &text, mistakes))
}

/// Plans a frozen process again, without the directory that it came from.
pub fn of_bundle(
    bundle: &Bundle,
    blobs: &dyn BlobRead,
    engines: &Engines,
) -> Result<Planned, Mistakes> {
    let files = BundleFiles::new(bundle, blobs);
    process::read_value(&bundle.process)
        .and_then(|parsed| {
            let origin = build::Origin::default();
            build::plan(parsed, origin, &files, Some(bundle), engines)
        })
        .map_err(|mistakes| Mistakes::new(crate::bundle::PROCESS_FILE, "", mistakes))
}
