//! What the site remembers: its settings, and one record for each run that was released.
//!
//! The pages are a function of these records, which lie beside them in `data/`: whoever has the
//! directory can rebuild it, and a release leaves nothing behind that the records don't name.

use std::collections::BTreeSet;

use daedal_core::Digest;
use serde::{Deserialize, Serialize};

use super::files::Directory;
use super::names;
use super::settings::Settings;
use crate::{ChannelError, Exhibit, Release, WorkVersion};

const SITE: &str = "data/site.json";
const RELEASES: &str = "data/releases";
const WORKS: &str = "data/works";

/// Everything that the pages are made from.
#[derive(Debug, Clone)]
pub(super) struct Records {
    /// About the site as a whole.
    pub(super) site: SiteRecord,
    /// The newest first.
    pub(super) releases: Vec<Release>,
    /// Versions of works that were told before anything of them was released.
    pub(super) works: Vec<WorkVersion>,
    /// The release that the new one takes the place of.
    pub(super) replaced: Option<Release>,
}

/// About the site as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SiteRecord {
    /// Name of the feeds, which stays when the site moves: a UUID.
    pub(super) id: String,
    #[serde(default)]
    pub(super) settings: Settings,
}

impl Records {
    /// The records as they are when `release` has been published with `settings`.
    pub(super) fn with(
        directory: &Directory,
        release: &Release,
        settings: Settings,
    ) -> Result<Self, ChannelError> {
        let mut records = Self::read(directory, &release.run)?;
        records.site.settings = settings.or(records.site.settings);
        let mut release = release.clone();
        match records
            .releases
            .iter_mut()
            .find(|known| known.run == release.run)
        {
            Some(known) => {
                // The day of a release stays, however often it is repeated.
                release.released_at.clone_from(&known.released_at);
                records.replaced = Some(std::mem::replace(known, release));
            }
            None => records.releases.push(release),
        }
        records
            .releases
            .sort_by(|a, b| (&b.released_at, b.run).cmp(&(&a.released_at, a.run)));
        Ok(records)
    }

    /// The records as they are when `version` has been told with `settings`.
    pub(super) fn with_version(
        directory: &Directory,
        version: &WorkVersion,
        settings: Settings,
    ) -> Result<Self, ChannelError> {
        let mut records = Self::read(directory, &version.bundle)?;
        records.site.settings = settings.or(records.site.settings);
        let same = |known: &WorkVersion| {
            (&known.process.name, known.work.version)
                == (&version.process.name, version.work.version)
        };
        records.works.retain(|known| !same(known));
        records.works.push(version.clone());
        Ok(records)
    }

    /// The records as they are.
    pub(super) fn of(directory: &Directory) -> Result<Self, ChannelError> {
        let mut records = Self::read(directory, &Digest([0; 32]))?;
        records
            .releases
            .sort_by(|a, b| (&b.released_at, b.run).cmp(&(&a.released_at, a.run)));
        Ok(records)
    }

    fn read(directory: &Directory, first: &Digest) -> Result<Self, ChannelError> {
        let site = site(directory)?.unwrap_or_else(|| SiteRecord {
            id: uuid_of("daedal/site", &[&first.0]),
            settings: Settings::default(),
        });
        let mut releases = Vec::new();
        for (name, release) in all::<Release>(directory, RELEASES)? {
            check(&release).map_err(|message| unreadable(directory, &name, &message))?;
            releases.push(release);
        }
        let works = all(directory, WORKS)?;
        Ok(Self {
            site,
            releases,
            works: works.into_iter().map(|(_, version)| version).collect(),
            replaced: None,
        })
    }

    /// The files in which the site and `version` are remembered.
    pub(super) fn files_of_version(
        &self,
        version: &WorkVersion,
    ) -> Result<super::files::Files, ChannelError> {
        let mut files = super::files::Files::new();
        files.insert(SITE.to_owned(), print(&self.site)?);
        let name = names::work_record(&version.process.name, version.work.version);
        files.insert(name, print(version)?);
        Ok(files)
    }

    /// The files in which the site and `release` are remembered.
    pub(super) fn files(&self, release: &Release) -> Result<super::files::Files, ChannelError> {
        let mut files = super::files::Files::new();
        files.insert(SITE.to_owned(), print(&self.site)?);
        let known = self.releases.iter().find(|known| known.run == release.run);
        files.insert(
            names::record(&release.run),
            print(known.unwrap_or(release))?,
        );
        Ok(files)
    }
}

/// Every record of a folder, with its name.
fn all<T: for<'de> Deserialize<'de>>(
    directory: &Directory,
    folder: &str,
) -> Result<Vec<(String, T)>, ChannelError> {
    let mut records = Vec::new();
    for name in directory.list(folder)? {
        if name.starts_with('.') || !name.ends_with(".json") {
            continue;
        }
        let name = format!("{folder}/{name}");
        let bytes = directory.read(&name)?.unwrap_or_default();
        let record = parse(directory, &name, &bytes)?;
        records.push((name, record));
    }
    Ok(records)
}

/// Whether a file of a site is one of its records, by its name.
pub(super) fn is_record(name: &str) -> bool {
    let folders = [RELEASES, WORKS];
    let own = folders
        .iter()
        .filter_map(|folder| name.strip_prefix(folder));
    let mut own = own.filter_map(|name| name.strip_prefix('/'));
    name == SITE
        || own.any(|name| !name.starts_with('.') && !name.contains('/') && name.ends_with(".json"))
}

/// Whether there is a site.
pub(super) fn is_there(directory: &Directory) -> Result<bool, ChannelError> {
    Ok(site(directory)?.is_some())
}

fn site(directory: &Directory) -> Result<Option<SiteRecord>, ChannelError> {
    let bytes = directory.read(SITE)?;
    bytes
        .map(|bytes| parse(directory, SITE, &bytes))
        .transpose()
}

/// What releases have said about the site.
pub(super) fn settings(directory: &Directory) -> Result<Settings, ChannelError> {
    Ok(site(directory)?.map_or_else(Settings::default, |site| site.settings))
}

fn parse<T: for<'de> Deserialize<'de>>(
    directory: &Directory,
    name: &str,
    bytes: &[u8],
) -> Result<T, ChannelError> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(directory, name, &error.to_string()))
}

fn unreadable(directory: &Directory, name: &str, message: &str) -> ChannelError {
    ChannelError::Record {
        path: directory.path(name),
        message: format!(
            "not a record that this version reads ({message}); \
             restore it, or remove it and release that run again"
        ),
    }
}

fn print<T: Serialize>(record: &T) -> Result<Vec<u8>, ChannelError> {
    let mut bytes = serde_json::to_vec_pretty(record).map_err(|error| ChannelError::Release {
        run: "?".into(),
        message: format!("it has no JSON form: {error}"),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What keeps a release from being shown, if anything does.
pub(super) fn check(release: &Release) -> Result<(), String> {
    if !names::is_process_name(&release.process.name) {
        return Err(format!(
            "`{}` is no name of a process: expected a-z, 0-9 and -, at most 64",
            release.process.name
        ));
    }
    if super::dates::Date::read(&release.released_at).is_none() {
        return Err(format!(
            "`released_at` is `{}`: expected a time in UTC such as 2026-03-01T09:30:00Z",
            release.released_at
        ));
    }
    let mut places = BTreeSet::new();
    for item in &release.items {
        if item.title.trim().is_empty() {
            return Err(format!(
                "item {} of `{}` has no title",
                item.index, item.output
            ));
        }
        if !places.insert((&item.output, item.index)) {
            return Err(format!(
                "item {} of `{}` is there twice",
                item.index, item.output
            ));
        }
        let mut names = BTreeSet::new();
        let mut attached = item.attachments.iter().map(|attached| &attached.name);
        if let Some(name) = attached.find(|name| !names.insert(*name)) {
            return Err(format!(
                "item {} of `{}` has two attachments called `{name}`",
                item.index, item.output
            ));
        }
    }
    super::chain::check(release)
}

/// Every asset of a release, with its place in the site.
pub(super) fn assets(release: &Release) -> Vec<(String, daedal_core::AssetRef)> {
    let process = release.process.name.as_str();
    let mut assets = Vec::new();
    for item in &release.items {
        let piece = names::piece(release, item);
        let media = names::media(process, &piece, &item.asset);
        if let Some(asset) = &item.sidecar {
            assets.push((names::sidecar(&media), asset.clone()));
        }
        assets.push((media, item.asset.clone()));
        let places = names::attachments(process, &piece, item);
        for (place, attached) in places.into_iter().zip(&item.attachments) {
            if let Some(asset) = &attached.sidecar {
                assets.push((names::sidecar(&place), asset.clone()));
            }
            assets.push((place, attached.asset.clone()));
        }
        if let Some(asset) = &item.preview {
            assets.push((names::preview(process, &piece, asset), asset.clone()));
        }
        for exhibit in exhibits(item) {
            assets.push((names::exhibit(process, exhibit), exhibit.asset.clone()));
        }
    }
    let documents = [
        ("attestation", release.attestation.as_ref()),
        ("receipts", release.receipts.as_ref()),
        ("anchor", super::chain::proof(release)),
        ("votes", release.votes.as_ref().map(|votes| &votes.proof)),
    ];
    for (what, asset) in documents {
        if let Some(asset) = asset {
            assets.push((names::document(release, what), asset.clone()));
        }
    }
    if let Some(text) = release
        .process
        .licence
        .as_ref()
        .and_then(|licence| licence.text.as_ref())
    {
        assets.push((names::licence(process, text), text.clone()));
    }
    assets
}

pub(super) fn exhibits(item: &crate::Item) -> impl Iterator<Item = &Exhibit> {
    item.lineage.iter().flat_map(|step| {
        let decided = step
            .decisions
            .iter()
            .flat_map(|decision| decision.kept.iter().chain(&decision.passed_over));
        step.shown.iter().chain(decided)
    })
}

/// A UUID (version 8, RFC 9562) from the digest of `parts`.
pub(super) fn uuid_of(domain: &str, parts: &[&[u8]]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&daedal_core::Digest::of_parts(domain, parts).0[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}
