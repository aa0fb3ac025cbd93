//! The files of a directory that are verified, and those that belong to others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use daedal_channels::ChannelError;
use daedal_channels::site::{Audit, audit};
use daedal_core::asset::media_type_of;
use daedal_provenance::Exit;
use daedal_provenance::made_of::Marks;

use super::disclosed::is_disclosure;
use super::{read, sidecar};
use crate::failure::Failure;
use crate::settings::SETTINGS_FILE;

/// What is said of a pipe, a socket, a device, or a link to one.
/// Folders in folders. What is asked of the system about a path takes the longer, the more parts it has.
const DEPTH_MAX: usize = 64;
const TOO_DEEP: &str = "it is a folder in more than 64 others: nothing in it was verified";
const NO_FILE: &str = "it is a pipe, a socket or a device: nothing was read from it";

/// Something of a directory that is not as it has to be, and why.
pub(crate) type Fault = (PathBuf, Exit, String);

/// What is in a directory.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// Files to be verified, in order.
    pub(crate) files: Vec<PathBuf>,
    /// Decisions that were disclosed, in order.
    pub(crate) disclosures: Vec<PathBuf>,
    /// Credentials that lie beside them.
    pub(crate) credentials: Vec<PathBuf>,
    /// Records of runs, as a release names them.
    pub(crate) records: Vec<PathBuf>,
    /// Small pictures for pages, which nobody signs, and which a site's records name.
    pub(crate) pictures: Vec<PathBuf>,
    /// Texts of licences that a site's records name.
    pub(crate) licences: Vec<PathBuf>,
    /// Sites that are among it.
    pub(crate) sites: Vec<Site>,
    /// What can't be looked into.
    pub(crate) faults: Vec<Fault>,
    /// Hidden files and folders, which were passed over.
    pub(crate) hidden: usize,
    /// Whether it is a studio, of which only the site was looked at.
    pub(crate) is_studio: bool,
}

/// A site in a directory.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where it is.
    pub(crate) place: PathBuf,
    /// How it compares with its own records.
    pub(crate) audit: Result<Option<Audit>, ChannelError>,
}

/// Looks what there is to verify in a directory: of a studio its site, of a site what it published and whatever else has a
/// credential, of any other everything. Hidden files are passed over. Links to folders of the directory are followed.
pub(crate) fn folder(place: &Path) -> Result<Folder, Failure> {
    let site = place.join("site");
    let is_studio = place.join(SETTINGS_FILE).is_file() && site.is_dir();
    let start = if is_studio { site } else { place.to_owned() };
    let mut walk = Walk::from(&start).map_err(|error| unreadable(&start, &error))?;
    walk.pending.push((start, walk.is_in_site));
    loop {
        // What has a name of its own is known by that, and not by the links that lead to it.
        if let Some((folder, is_in_site)) = walk.pending.pop() {
            if let Err(error) = walk.enter(&folder, is_in_site) {
                walk.fault(folder, &format!("it can't be read: {error}"));
            }
        } else if let Some((link, is_in_site)) = walk.links.pop() {
            walk.follow(link, is_in_site);
        } else {
            break;
        }
    }
    walk.claim_strays();
    let mut found = walk.found;
    found.is_studio = is_studio;
    found.files.sort();
    found.disclosures.sort();
    let is_empty = found.files.is_empty() && found.sites.is_empty() && found.faults.is_empty();
    if is_empty && found.disclosures.is_empty() && found.records.is_empty() {
        return Err(
            Failure::new(format!("{} has nothing to verify", place.display()))
                .help("name a published file, or a directory with some, such as site/"),
        );
    }
    Ok(found)
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::because(format!("{} can't be read", folder.display()), error)
}

/// The way through a directory.
struct Walk {
    /// Where it began, without links.
    root: PathBuf,
    /// Whether that is among what a site published.
    is_in_site: bool,
    /// Parts of the longest path to a folder that is looked into.
    parts_max: usize,
    /// Folders to look into, and whether they are among what a site published.
    pending: Vec<(PathBuf, bool)>,
    /// Links to folders, which are followed after them.
    links: Vec<(PathBuf, bool)>,
    /// Folders that were looked into, without links.
    seen: BTreeSet<PathBuf>,
    /// What records of sites name as pieces.
    pieces: BTreeSet<PathBuf>,
    /// What they name as small pictures.
    pictures: BTreeSet<PathBuf>,
    /// What they name as texts of licences.
    licences: BTreeSet<PathBuf>,
    found: Folder,
}

impl Walk {
    fn from(start: &Path) -> std::io::Result<Self> {
        let mut walk = Self {
            root: start.canonicalize()?,
            is_in_site: false,
            parts_max: start.components().count() + DEPTH_MAX,
            pending: Vec::new(),
            links: Vec::new(),
            seen: BTreeSet::new(),
            pieces: BTreeSet::new(),
            pictures: BTreeSet::new(),
            licences: BTreeSet::new(),
            found: Folder::default(),
        };
        let above = walk.root.ancestors().skip(1).find(|above| is_site(above));
        if let Some(site) = above.map(Path::to_owned)
            && walk.root.starts_with(site.join("media"))
        {
            walk.is_in_site = true;
            walk.learn(site);
        }
        Ok(walk)
    }

    /// Learns what a site's records name.
    fn learn(&mut self, place: PathBuf) -> Site {
        let audit = audit(&place);
        if let Ok(Some(audit)) = &audit {
            let named = |names: &BTreeSet<String>| {
                let places = names.iter().map(|name| real(&place.join(name)));
                places.collect::<Vec<_>>()
            };
            self.pieces.extend(named(&audit.pieces));
            self.pictures.extend(named(&audit.pictures));
            self.licences.extend(named(&audit.licences));
        }
        Site { place, audit }
    }

    fn enter(&mut self, folder: &Path, is_in_site: bool) -> std::io::Result<()> {
        if !self.seen.insert(folder.canonicalize()?) {
            return Ok(());
        }
        // Whoever puts the record of a site among what another published hides nothing by it.
        if !is_in_site && is_site(folder) {
            let site = self.learn(folder.to_owned());
            self.found.sites.push(site);
            let media = folder.join("media");
            match media.is_symlink() {
                true => self.links.push((media, true)),
                false if media.is_dir() => self.pending.push((media, true)),
                false => {}
            }
            return Ok(());
        }
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                self.found.hidden += 1;
            } else if kind.is_dir() && path.components().count() > self.parts_max {
                self.fault(path, TOO_DEEP);
            } else if kind.is_dir() {
                self.pending.push((path, is_in_site));
            } else if kind.is_symlink() && !path.is_file() {
                self.links.push((path, is_in_site));
            } else if kind.is_file() || path.is_file() {
                // What a link leads to is what a reader of the directory gets.
                self.add(path);
            } else {
                self.fault(path, NO_FILE);
            }
        }
        Ok(())
    }

    /// Looks into the folder that a link leads to, if that is part of the directory.
    fn follow(&mut self, link: PathBuf, is_in_site: bool) {
        let detail = match link.canonicalize() {
            Ok(folder) if folder.starts_with(&self.root) && folder.is_dir() => {
                self.pending.push((link, is_in_site));
                return;
            }
            Ok(other) if !other.is_dir() => NO_FILE,
            Ok(_) => "it is a link that leads out of the directory: nothing behind it was verified",
            Err(_) => "it is a link that leads to nothing",
        };
        self.fault(link, detail);
    }

    fn fault(&mut self, place: PathBuf, detail: &str) {
        let fault = (place, Exit::Incomplete, detail.to_owned());
        self.found.faults.push(fault);
    }

    /// What a site does not name and has a credential is verified, too: it says of itself that somebody vouches for it.
    fn claim_strays(&mut self) {
        let known: BTreeSet<PathBuf> = self.found.files.iter().map(|path| real(path)).collect();
        for site in &self.found.sites {
            let Ok(Some(audit)) = &site.audit else {
                continue;
            };
            let strays = audit.stray.iter().map(|name| site.place.join(name));
            let strays = strays.filter(|path| !known.contains(&real(path)) && has_credential(path));
            self.found.files.extend(strays);
        }
    }

    fn add(&mut self, path: PathBuf) {
        let own = real(&path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let list = match &*name {
            _ if self.pieces.contains(&own) => &mut self.found.files,
            _ if self.pictures.contains(&own) => &mut self.found.pictures,
            _ if self.licences.contains(&own) => &mut self.found.licences,
            name if name.ends_with(".disclosure.json") && is_disclosure(&path) => {
                &mut self.found.disclosures
            }
            name if is_record(name) => &mut self.found.records,
            name if name.ends_with(".c2pa") && original_of(&path).is_some() => {
                &mut self.found.credentials
            }
            _ => &mut self.found.files,
        };
        list.push(path);
    }
}

/// The same place, reached by no links to folders.
pub(super) fn real(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(here) if here.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return path.to_owned(),
    };
    let folder = folder.canonicalize();
    let folder = folder.ok().zip(path.file_name());
    folder.map_or_else(|| path.to_owned(), |(folder, name)| folder.join(name))
}

/// Whether there is a credential in a file, or beside it, whatever that is worth.
fn has_credential(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_inside = || {
        let file = read(path);
        file.is_ok_and(|file| Marks::of(media_type_of(&name), &file, None).credential)
    };
    path.is_file() && (sidecar::places(path).next().is_some() || is_inside())
}

fn is_site(folder: &Path) -> bool {
    folder.join("data/site.json").is_file()
}

/// What a release publishes of a run beside its pieces.
fn is_record(name: &str) -> bool {
    let records = [
        ".attestation.json",
        ".receipts.json",
        ".anchor.json",
        ".votes.json",
    ];
    matches!(name, "anchor.json" | "votes.json") || records.iter().any(|end| name.ends_with(end))
}

/// The file that a credential lies beside, or that a small picture is of.
pub(super) fn original_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = match name.strip_suffix(".c2pa") {
        Some(stem) => stem,
        None => name.split_once(".preview.")?.0,
    };
    let folder = match path.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let mut originals: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| {
            let other = entry.file_name();
            let other = other.to_string_lossy();
            let is_original = *other == *stem
                || Path::new(&*other)
                    .file_stem()
                    .is_some_and(|own| own == stem);
            is_original && !other.ends_with(".c2pa") && entry.path().is_file()
        })
        .map(|entry| path.with_file_name(entry.file_name()))
        .collect();
    originals.sort();
    let with_sidecar = |original: &&PathBuf| {
        !name.ends_with(".c2pa") || sidecar::places(original).any(|own| own == path)
    };
    originals.iter().find(with_sidecar).cloned()
}
