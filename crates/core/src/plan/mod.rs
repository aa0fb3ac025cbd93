//! The validated graph of a process: order, dependencies, fan-out.
//!
//! [`build`] reads a process file and everything that it names, and tells every mistake at once.
//! What it gives is frozen: [`of_bundle`] makes the same plan again from the bundle alone.

mod alternatives;
mod build;
mod estimate;
mod files;
mod fit;
mod given;
mod graph;
mod lock;
pub mod model;
mod names;
mod nodes;
mod place;
#[cfg(test)]
mod properties;
mod schema;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blob::BlobRead;
use crate::bundle::{Bundle, BundleFiles, ProcessFiles};
use crate::engine::Engines;
use crate::process::{self, Mistakes, Process};

pub use estimate::Estimate;
pub use lock::lock;
pub use model::*;
pub use schema::{SCHEMA_FILE, SCHEMA_LINE, schema};
pub use tree::{Branch, Tree, tree};

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
    /// Bytes of the bundle's files by path, to be kept as blobs; those that were read. All of them
    /// when the plan was built from files.
    pub contents: BTreeMap<String, Arc<[u8]>>,
}

/// Reads a process file and plans it. `name` is how people know the file.
pub fn build(
    name: &str,
    bytes: &[u8],
    files: &dyn ProcessFiles,
    engines: &Engines,
) -> Result<Planned, Mistakes> {
    let (text, parsed) = process::read(name, bytes)?;
    build::plan(parsed, files, None, engines)
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
        .and_then(|parsed| build::plan(parsed, &files, Some(bundle), engines))
        .map_err(|mistakes| Mistakes::new(crate::bundle::PROCESS_FILE, "", mistakes))
}
