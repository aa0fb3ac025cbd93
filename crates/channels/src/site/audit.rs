//! Whether a site holds what its own records name. Nobody has signed them: they tell what was lost or changed by accident,
//! and what somebody put there who did not know of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use daedal_core::Digest;

use super::files::Directory;
use super::gallery::Gallery;
use super::records::{self, Records};
use super::{names, pages_of};
use crate::ChannelError;

/// Folders of a site in which nothing lies that its records don't name.
const OWN: [&str; 3] = ["media", "p", "tokens"];

/// What of a site is as its records have it; paths are those in the site, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Pieces, what lies beside them, and records of runs, that are named and not there.
    pub gone: Vec<String>,
    /// Those that are there with other bytes than the records name.
    pub changed: Vec<String>,
    /// What lies among them and is named by nothing.
    pub stray: Vec<String>,
    /// Pieces and their attachments that are named, all of which are sealed.
    pub pieces: BTreeSet<String>,
    /// Small pictures of pieces and of what steps gave, which the pages show.
    pub pictures: BTreeSet<String>,
    /// Pages, feeds and metadata that are as this version writes them from the records.
    pub pages: usize,
    /// Those that are not, or are gone: edited, or written by another version.
    pub pages_otherwise: Vec<String>,
}

/// Compares the site in `directory` with its records; none where there is no site.
pub fn audit(directory: &Path) -> Result<Option<Audit>, ChannelError> {
    let directory = Directory(directory.to_owned());
    if !records::is_there(&directory)? {
        return Ok(None);
    }
    let records = Records::of(&directory)?;
    let mut audit = Audit::default();
    let mut named = BTreeMap::new();
    for release in &records.releases {
        let process = &release.process.name;
        for item in &release.items {
            let preview = item.preview.as_ref();
            let piece = names::piece(release, item);
            let attached = names::attachments(process, &piece, item);
            audit.pieces.extend(attached);
            audit.pieces.insert(names::media_of(release, item));
            let preview = preview.map(|asset| names::preview(process, &piece, asset));
            let steps = records::exhibits(item).map(|exhibit| names::exhibit(process, exhibit));
            audit.pictures.extend(preview.into_iter().chain(steps));
        }
        let assets = records::assets(release).into_iter();
        named.extend(assets.map(|(name, asset)| (name, asset.digest)));
    }
    for (name, digest) in &named {
        match directory.read(name)? {
            None => audit.gone.push(name.clone()),
            Some(bytes) if Digest::of(&bytes) != *digest => audit.changed.push(name.clone()),
            Some(_) => {}
        }
    }
    let pages = pages_of(&Gallery::new(&records), &records.works)?;
    for (name, bytes) in &pages {
        match directory.read(name)?.as_ref() == Some(bytes) {
            true => audit.pages += 1,
            false => audit.pages_otherwise.push(name.clone()),
        }
    }
    let is_named = |name: &String| named.contains_key(name) || pages.contains_key(name);
    let mut found = below(&directory)?;
    found.retain(|name| !is_named(name));
    audit.stray = found;
    Ok(Some(audit))
}

/// Every file in the folders of the site's own, hidden ones aside.
fn below(directory: &Directory) -> Result<Vec<String>, ChannelError> {
    let mut pending: Vec<String> = OWN.map(str::to_owned).to_vec();
    let mut files = Vec::new();
    while let Some(folder) = pending.pop() {
        for name in directory.list(&folder)? {
            let path = format!("{folder}/{name}");
            match directory.path(&path) {
                _ if name.starts_with('.') => {}
                // A link to a folder leads elsewhere.
                place if place.is_dir() && !place.is_symlink() => pending.push(path),
                _ => files.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::release;
    use super::super::tests::Studio;
    use super::*;

    #[test]
    fn a_site_is_compared_with_what_its_records_name() {
        let studio = Studio::new();
        let place = studio.directory();
        assert_eq!(audit(&place).unwrap(), None, "no site yet");
        studio.publish(&release(&studio.blobs, "almanac", 1));
        let whole = audit(&place).unwrap().unwrap();
        let (pieces, pictures) = (whole.pieces.clone(), whole.pictures.clone());
        let pages = whole.pages;
        let fine = Audit {
            pieces,
            pictures,
            pages,
            ..Audit::default()
        };
        assert!(pages > 5 && !whole.pictures.is_empty() && !whole.pieces.is_empty());
        assert!(whole.pieces.is_disjoint(&whole.pictures));
        assert_eq!(whole, fine);

        let names = |start: &str| {
            let files = studio.tree().into_keys();
            files
                .filter(|name| name.starts_with(start))
                .collect::<Vec<_>>()
        };
        let media = names("media/");
        std::fs::remove_file(place.join(&media[0])).unwrap();
        std::fs::write(place.join(&media[1]), "otherwise").unwrap();
        std::fs::write(place.join("media/almanac/more.png"), "more").unwrap();
        std::fs::write(place.join("media/almanac/.hidden"), "more").unwrap();
        std::fs::write(place.join("404.html"), "elsewhere").unwrap();
        let found = audit(&place).unwrap().unwrap();
        assert_eq!(found.gone, [media[0].clone()]);
        assert_eq!(found.changed, [media[1].clone()]);
        assert_eq!(found.stray, ["media/almanac/more.png"]);
        assert_eq!(found.pages_otherwise, ["404.html"]);
        assert_eq!(found.pages, pages - 1);
        std::fs::write(place.join("data/site.json"), "{").unwrap();
        assert!(audit(&place).is_err());
    }
}
