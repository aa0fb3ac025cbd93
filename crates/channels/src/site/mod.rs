//! A gallery of static pages in a directory, which needs no server.
//!
//! The site grows with every release and is a pure function of the records in its `data/`:
//! [`records`] are read and completed, [`gallery`] arranges them, [`pages`] and [`feeds`] write
//! them out, and [`files`] puts them in place so that nobody ever meets half a site.

mod audit;
mod card;
mod chain;
mod dates;
mod feeds;
mod files;
mod gallery;
mod hanging;
mod making;
mod names;
mod pages;
mod prose;
mod records;
mod settings;
mod story;
mod tokens;
mod traits;

use std::collections::BTreeSet;
use std::path::PathBuf;

use daedal_core::Digest;
use daedal_core::blob::BlobRead;
use serde_json::{Map, Value};

use crate::{Channel, ChannelError, Published, Release, WorkVersion};
use files::{Directory, Files};
use gallery::Gallery;
use records::Records;
use settings::Settings;

/// The name in `uses:`.
const NAME: &str = "site";

/// Files that are the same in every site.
const ASSETS: &[(&str, &[u8])] = &[
    ("assets/site.css", include_bytes!("assets/site.css")),
    ("assets/site.js", include_bytes!("assets/site.js")),
    ("assets/icon.svg", include_bytes!("assets/icon.svg")),
    (
        "assets/fonts/EBGaramond-Regular.woff2",
        include_bytes!("assets/fonts/EBGaramond-Regular.woff2"),
    ),
    (
        "assets/fonts/EBGaramond-Italic.woff2",
        include_bytes!("assets/fonts/EBGaramond-Italic.woff2"),
    ),
    (
        "assets/fonts/EBGaramond-OFL.txt",
        include_bytes!("assets/fonts/EBGaramond-OFL.txt"),
    ),
    (
        "assets/fonts/BarlowCondensed-Regular.woff2",
        include_bytes!("assets/fonts/BarlowCondensed-Regular.woff2"),
    ),
    (
        "assets/fonts/BarlowCondensed-Medium.woff2",
        include_bytes!("assets/fonts/BarlowCondensed-Medium.woff2"),
    ),
    (
        "assets/fonts/BarlowCondensed-OFL.txt",
        include_bytes!("assets/fonts/BarlowCondensed-OFL.txt"),
    ),
];

pub use audit::{Audit, audit};
pub use story::{Chapter, Piece as StoryPiece, Ran, STORY_FORM, Seen, Story, Words, story};

/// The channel that keeps a static gallery in a directory.
#[derive(Debug, Clone)]
pub struct Site {
    directory: Directory,
}

impl Site {
    /// The site in `directory`, which comes to be with the first release.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: Directory(directory.into()),
        }
    }

    /// The address of the site when a release with these settings has been published: what they say,
    /// or what an earlier release said. With a slash at its end.
    pub fn url(&self, settings: &Map<String, Value>) -> Result<Option<String>, ChannelError> {
        let earlier = records::settings(&self.directory)?;
        Ok(Settings::read(settings)?.or(earlier).url)
    }

    /// Adds the metadata of a version that nothing has been released of yet, where there is a site. Gives
    /// whether there is one: the first release makes it, and tells of the version.
    pub fn add_version(
        &self,
        version: &WorkVersion,
        settings: &Map<String, Value>,
    ) -> Result<bool, ChannelError> {
        let settings = Settings::read(settings)?;
        if !records::is_there(&self.directory)? {
            return Ok(false);
        }
        let _lock = self.directory.lock()?;
        let records = Records::with_version(&self.directory, version, settings)?;
        let pages = pages_of(&Gallery::new(&records), &records.works)?;
        let mut changes = self.directory.change();
        for (name, bytes) in records.files_of_version(version)? {
            changes.write(&name, &bytes)?;
        }
        changes.write_all(&pages)?;
        Ok(true)
    }
}

/// Where the metadata of a run's editions begins, on a site that is served at `url`: that of edition
/// `N` is at this address and `N.json`. Relative to the site where it does not know its address.
#[must_use]
pub fn token_base(url: Option<&str>, run: &Digest) -> String {
    on_site(url, &names::tokens(run))
}

/// Where the metadata of a version of a process lies, likewise.
#[must_use]
pub fn work_uri(url: Option<&str>, process: &str, version: u64) -> String {
    on_site(url, &names::work(process, version))
}

/// Where the metadata of all editions of a process together lies, likewise.
#[must_use]
pub fn collection_uri(url: Option<&str>, process: &str) -> String {
    on_site(url, &names::collection(process))
}

fn on_site(url: Option<&str>, path: &str) -> String {
    match url.map(|url| url.trim_end_matches('/')) {
        Some(url) => format!("{url}/{path}"),
        None => path.to_owned(),
    }
}

impl Channel for Site {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "A static gallery with feeds, and for each piece how it was made and how to check it."
    }

    fn settings_schema(&self) -> Value {
        Settings::schema()
    }

    fn check(&self, settings: &Map<String, Value>) -> Result<(), ChannelError> {
        Settings::read(settings).map(|_| ())
    }

    fn publish(
        &self,
        release: &Release,
        settings: &Map<String, Value>,
        blobs: &dyn BlobRead,
    ) -> Result<Published, ChannelError> {
        let settings = Settings::read(settings)?;
        records::check(release).map_err(|message| ChannelError::Release {
            run: release.run.short(),
            message,
        })?;
        let _lock = self.directory.lock()?;
        let records = Records::with(&self.directory, release, settings)?;
        let known = records.releases.iter().chain(&records.replaced);
        let before: BTreeSet<String> = known.flat_map(belongings).collect();
        let gallery = Gallery::new(&records);
        let pages = pages_of(&gallery, &records.works)?;

        let mut changes = self.directory.change();
        for (name, asset) in records::assets(release) {
            changes.write(&name, &blobs.read(&asset.digest)?)?;
        }
        // Nothing can give back the bytes that a record names.
        changes.settle()?;
        for (name, bytes) in records.files(release)? {
            changes.write(&name, &bytes)?;
        }
        changes.write_all(&pages)?;
        let assets = records.releases.iter().flat_map(records::assets);
        let mut now: BTreeSet<String> = assets.map(|(name, _)| name).collect();
        now.extend(pages.keys().cloned());
        let gone = before.difference(&now).cloned().collect();
        changes.remove(&gone)?;

        let place = |name: &str| self.directory.path(name).display().to_string();
        Ok(Published {
            location: place("index.html"),
            items: release
                .items
                .iter()
                .filter_map(|item| gallery.page_of(release, item))
                .map(|page| place(&page))
                .collect(),
            changed: changes.count,
        })
    }
}

/// The files that are there because of one release.
fn belongings(release: &Release) -> BTreeSet<String> {
    let pages = release
        .items
        .iter()
        .map(|item| names::piece_page(&release.process.name, &names::piece(release, item)));
    records::assets(release)
        .into_iter()
        .map(|(name, _)| name)
        .chain(pages)
        .chain(tokens::names(release))
        .collect()
}

/// Every page, feed and asset of the site itself.
fn pages_of(gallery: &Gallery<'_>, works: &[WorkVersion]) -> Result<Files, ChannelError> {
    let mut pages = Files::new();
    let mut add = |name: &str, text: String| pages.insert(name.to_owned(), text.into_bytes());
    add("index.html", pages::index(gallery)?);
    add("404.html", pages::not_found(gallery)?);
    add("robots.txt", feeds::robots(gallery));
    add("atom.xml", feeds::atom(gallery)?);
    add("feed.json", feeds::json_feed(gallery)?);
    if let Some(map) = feeds::site_map(gallery)? {
        add("sitemap.xml", map);
    }
    for process in &gallery.processes {
        add(&process.href(), pages::process(gallery, process)?);
        for (position, piece) in process.pieces.iter().enumerate() {
            add(&piece.page(), pages::piece(gallery, process, position)?);
        }
    }
    for (name, metadata) in tokens::of(gallery, works) {
        add(&name, metadata);
    }
    pages.extend(
        ASSETS
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())),
    );
    Ok(pages)
}

#[cfg(test)]
mod attachment_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod hanging_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod token_tests;
