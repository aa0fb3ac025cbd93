//! Channels: the places that assets are published to, one module each.
//!
//! A channel is given a [`Release`] (plain data about one run and the assets that it published)
//! and a way to read bytes. It knows nothing of processes, plans or credentials: what it shows
//! has been worked out by its caller.

mod release;
pub mod site;
mod votes;

use std::path::{Path, PathBuf};

use daedal_core::blob::{BlobError, BlobRead};
use daedal_core::process::suggestion;
use serde_json::{Map, Value};

pub use release::{
    Anchor, Attachment, Credential, Decider, Decision, Edition, Exhibit, Item, Licence,
    LineageStep, Oversight, ProcessLabel, Release, Work, WorkVersion,
};
pub use site::Site;
pub use votes::{Ballot, Proposal, Votes};

/// A place that assets are published to.
///
/// Publishing the same release again changes nothing; publishing another release of the same run
/// replaces what the channel holds of that run. A failure on the way leaves what was published
/// before as it was.
pub trait Channel: Send + Sync {
    /// The name in `uses:`.
    fn name(&self) -> &'static str;

    /// One sentence for people.
    fn summary(&self) -> &'static str;

    /// JSON Schema (2020-12) of what stands beside `uses:` and `of:`.
    fn settings_schema(&self) -> Value;

    /// Checks settings without publishing, so that a mistake is told before a run begins.
    fn check(&self, settings: &Map<String, Value>) -> Result<(), ChannelError>;

    /// Publishes `release`, reading the bytes of its assets from `blobs`.
    fn publish(
        &self,
        release: &Release,
        settings: &Map<String, Value>,
        blobs: &dyn BlobRead,
    ) -> Result<Published, ChannelError>;
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where a person looks first.
    pub location: String,
    /// Where each item of the release is, in its order.
    pub items: Vec<String>,
    /// Files or objects that were written or removed; none when everything was there already.
    pub changed: usize,
}

/// Why a release could not be published.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No channel has this name.
    #[error("no channel is called `{name}`: {suggestion}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name, or all of them.
        suggestion: String,
    },
    /// A setting in the process file does not fit.
    #[error("channel `{channel}`: {message}")]
    Settings {
        /// Which channel.
        channel: &'static str,
        /// Which setting, what was expected.
        message: String,
    },
    /// The release can't be published as it is.
    #[error("run {run} can't be published: {message}")]
    Release {
        /// The first digits of the run.
        run: String,
        /// What is wrong with it.
        message: String,
    },
    /// What the channel remembers of earlier releases can't be read.
    #[error("{}: {message}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// The bytes of an asset could not be read.
    #[error("an asset of the release is missing")]
    Blob(#[from] BlobError),
    /// A file could not be read or written.
    #[error("{action} {} failed", path.display())]
    Io {
        /// Such as "writing".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Every channel, for a studio in the directory `studio`. Channels that write files put them into
/// a directory of their own name there.
#[must_use]
pub fn all(studio: &Path) -> Vec<Box<dyn Channel>> {
    vec![Box::new(Site::new(studio.join("site")))]
}

/// The channel that is called `name`; an unknown name gets the nearest one.
pub fn find<'c>(
    channels: &'c [Box<dyn Channel>],
    name: &str,
) -> Result<&'c dyn Channel, ChannelError> {
    let names = || channels.iter().map(|channel| channel.name());
    channels
        .iter()
        .find(|channel| channel.name() == name)
        .map(AsRef::as_ref)
        .ok_or_else(|| ChannelError::Unknown {
            name: name.to_owned(),
            suggestion: suggestion(name, names()),
        })
}

#[cfg(test)]
mod tests;
