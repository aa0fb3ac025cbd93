//! Whether a site holds what its own records name. Nobody has signed them: they tell what was lost or changed by accident,
//! and what somebody put there who did not know of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use daedal_core::Digest;

use super::files::{Directory, Found};
use super::gallery::Gallery;
use super::records::{self, Records};
use super::{names, pages_of};
use crate::ChannelError;

/// What publishers wait for.
const LOCK: &str = "data/.lock";

/// What of a site is as its records have it; paths are those in the site, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Pieces, what lies beside them, and records of runs, that are named and not there.
    pub gone: Vec<String>,
    /// Those that are there with other bytes than the records name.
    pub changed: Vec<String>,
    /// What else lies in the site, hidden or not, and is named by nothing; hidden folders, and links to folders, as a whole.
    pub stray: Vec<String>,
    /// Pieces and their attachments that are named, all of which are sealed.
    pub pieces: BTreeSet<String>,
    /// Small pictures of pieces and of what steps gave, which the pages show.
    pub pictures: BTreeSet<String>,
    /// Texts of licences that processes bring: the record of the site tells their bytes, and nobody signs them.
    pub licences: BTreeSet<String>,
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
        let licence = release.process.licence.as_ref();
        let text = licence.and_then(|licence| licence.text.as_ref());
        audit
            .licences
            .extend(text.map(|text| names::licence(process, text)));
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
        named.extend(assets.map(|(name, asset)| (name, (asset.digest, asset.size))));
    }
    for (name, (digest, size)) in &named {
        match directory.found(name, *size)? {
            Found::Nothing => audit.gone.push(name.clone()),
            Found::File(own) if own == *digest => {}
            _ => audit.changed.push(name.clone()),
        }
    }
    let pages = pages_of(&Gallery::new(&records), &records.works)?;
    for (name, bytes) in &pages {
        match directory.found(name, bytes.len() as u64)? == Found::File(Digest::of(bytes)) {
            true => audit.pages += 1,
            false => audit.pages_otherwise.push(name.clone()),
        }
    }
    let is_known = |name: &String| {
        named.contains_key(name)
            || pages.contains_key(name)
            || name == LOCK
            || records::is_record(name)
    };
    let mut found = everything(&directory.0).map_err(|(path, source)| ChannelError::Io {
        action: "listing",
        path,
        source,
    })?;
    found.retain(|name| !is_known(name));
    audit.stray = found;
    Ok(Some(audit))
}

/// Every file below a directory.
fn everything(directory: &Path) -> Result<Vec<String>, (PathBuf, io::Error)> {
    let mut pending = vec![(directory.to_owned(), String::new())];
    let mut files = Vec::new();
    while let Some((folder, before)) = pending.pop() {
        let failed = |error| (folder.clone(), error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{before}{name}");
            let kind = entry.file_type().map_err(failed)?;
            // A hidden folder is some tool's own, and a link to one leads elsewhere.
            match () {
                () if kind.is_dir() && name.starts_with('.') => files.push(format!("{path}/")),
                () if kind.is_dir() => pending.push((entry.path(), format!("{path}/"))),
                () => files.push(path),
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
        let (pages, licences) = (whole.pages, whole.licences.clone());
        let fine = Audit {
            pieces,
            pictures,
            pages,
            licences,
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
        std::fs::write(place.join("evil.html"), "more").unwrap();
        std::fs::create_dir_all(place.join("n/a")).unwrap();
        std::fs::write(place.join("n/a/b.html"), "more").unwrap();
        std::fs::create_dir_all(place.join(".well-known")).unwrap();
        std::fs::write(place.join(".well-known/a"), "more").unwrap();
        std::fs::write(place.join("404.html"), "elsewhere").unwrap();
        let found = audit(&place).unwrap().unwrap();
        assert_eq!(found.gone, [media[0].clone()]);
        assert_eq!(found.changed, [media[1].clone()]);
        let strange = [
            ".well-known/",
            "evil.html",
            "media/almanac/.hidden",
            "media/almanac/more.png",
            "n/a/b.html",
        ];
        assert_eq!(found.stray, strange);
        assert_eq!(found.pages_otherwise, ["404.html"]);
        assert_eq!(found.pages, pages - 1);
        std::fs::write(place.join("data/site.json"), "{").unwrap();
        assert!(audit(&place).is_err());
    }

    /// A copy of a site may hold anything under the names that its records have.
    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_no_piece_and_no_page() {
        let studio = Studio::new();
        let place = studio.directory();
        studio.publish(&release(&studio.blobs, "almanac", 1));
        let whole = audit(&place).unwrap().unwrap();
        let pieces: Vec<&String> = whole.pieces.iter().take(2).collect();
        let instead = |name: &str| {
            std::fs::remove_file(place.join(name)).unwrap();
            place.join(name)
        };
        pipe(&instead(pieces[0]));
        std::os::unix::fs::symlink("/dev/zero", instead(pieces[1])).unwrap();
        pipe(&instead("index.html"));
        std::os::unix::fs::symlink("/dev/zero", instead("404.html")).unwrap();
        let found = audit(&place).unwrap().unwrap();
        assert_eq!(found.changed.iter().collect::<Vec<_>>(), pieces);
        assert_eq!(found.pages_otherwise, ["404.html", "index.html"]);
        // The next release puts its own there again.
        studio.publish(&release(&studio.blobs, "almanac", 1));
        assert_eq!(audit(&place).unwrap().unwrap(), whole);

        let record = studio.tree().into_keys();
        let mut record = record.filter(|name| name.starts_with("data/releases/"));
        pipe(&instead(&record.next_back().unwrap()));
        let error = audit(&place).unwrap_err();
        let told = std::error::Error::source(&error).unwrap().to_string();
        assert!(told.contains("a pipe or a device"), "{told}");
    }

    #[cfg(unix)]
    fn pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }
}
