//! Where everything lies in the site. Names are made here and nowhere else: lower-case ASCII
//! letters, digits, hyphens and dots, so that no title can lead out of the directory.

use std::collections::BTreeSet;

use daedal_core::{AssetRef, Digest};
use unicode_normalization::UnicodeNormalization as _;

use crate::{Attachment, Exhibit, Item, Release};

/// Longest part of a file name that comes from a title, in bytes.
const SLUG_LENGTH_MAX: usize = 48;

/// Prefix from a page in `p/<process>/` to the root of the site.
pub(super) const ROOT_OF_PROCESS: &str = "../../";

/// Prefix from a file in `tokens/<run>/` to the root of the site.
pub(super) const ROOT_OF_RUN: &str = "../../";

/// Prefix from a file in `tokens/` to the root of the site.
pub(super) const ROOT_OF_TOKENS: &str = "../";

/// The address of a file of the site for who reads a file of it: absolute where the site knows its own
/// `url`, otherwise by way of the `root`.
pub(super) fn address(url: Option<&str>, root: &str, path: &str) -> String {
    format!("{}{path}", url.unwrap_or(root))
}

/// Turns a title into a part of a file name; empty when nothing of it can be kept.
pub(super) fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.nfkd().filter(|letter| !is_mark(*letter)) {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.ends_with('-') && !slug.is_empty() && !matches!(letter, '\'' | '’') {
            slug.push('-');
        }
        if slug.len() >= SLUG_LENGTH_MAX {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// Whether `name` may name a process.
pub(super) fn is_process_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Name of a piece within its process: readable, and the same for ever for the same place in the
/// same run.
pub(super) fn piece(release: &Release, item: &Item) -> String {
    let place = Digest::of_parts(
        "daedal/site/piece",
        &[
            &release.run.0,
            item.output.as_bytes(),
            &(item.index as u64).to_be_bytes(),
        ],
    );
    let short = &place.to_string()[..8];
    match slug(&item.title) {
        slug if slug.is_empty() => format!("piece-{short}"),
        slug => format!("{slug}-{short}"),
    }
}

/// The page of a process.
pub(super) fn process_page(process: &str) -> String {
    format!("p/{process}/index.html")
}

/// The page of a piece.
pub(super) fn piece_page(process: &str, piece: &str) -> String {
    format!("p/{process}/{piece}.html")
}

/// The sealed bytes of a piece.
pub(super) fn media(process: &str, piece: &str, asset: &AssetRef) -> String {
    format!("media/{process}/{piece}.{}", asset.extension())
}

/// The sealed bytes of an item that has no page of its own.
pub(super) fn media_of(release: &Release, item: &Item) -> String {
    media(&release.process.name, &piece(release, item), &item.asset)
}

/// The credential beside the file at `path`, which can't carry it: the whole name and `.c2pa`, so
/// that files that differ in their extension alone don't share one.
pub(super) fn sidecar(path: &str) -> String {
    format!("{path}.c2pa")
}

/// The attachments of a piece, in their order: by their own names as far as these are safe. One
/// whose place is taken gets eight digits that stand for its name.
pub(super) fn attachments(process: &str, piece: &str, item: &Item) -> Vec<String> {
    let media = media(process, piece, &item.asset);
    let mut taken = BTreeSet::from([sidecar(&media), media]);
    taken.extend(
        item.preview
            .iter()
            .map(|asset| preview(process, piece, asset)),
    );
    let mut places = Vec::with_capacity(item.attachments.len());
    for Attachment { name, asset, .. } in &item.attachments {
        let extension = asset.extension();
        let bare = name.strip_suffix(&format!(".{extension}"));
        let slug = slug(bare.unwrap_or(name));
        let mut place = format!("media/{process}/{piece}.{slug}.{extension}");
        if slug.is_empty() || taken.contains(&place) {
            let digest = Digest::of_parts("daedal/site/attachment", &[name.as_bytes()]);
            let short = &digest.to_string()[..8];
            let slug = if slug.is_empty() { "attached" } else { &slug };
            place = format!("media/{process}/{piece}.{slug}-{short}.{extension}");
        }
        taken.extend([sidecar(&place), place.clone()]);
        places.push(place);
    }
    places
}

/// The small picture of a piece.
pub(super) fn preview(process: &str, piece: &str, asset: &AssetRef) -> String {
    format!("media/{process}/{piece}.preview.{}", asset.extension())
}

/// A picture in the telling of how something was made; named by content, since many pieces show it.
pub(super) fn exhibit(process: &str, exhibit: &Exhibit) -> String {
    let asset = &exhibit.asset;
    let name = &asset.digest.to_string()[..16];
    format!("media/{process}/steps/{name}.{}", asset.extension())
}

/// A document about a whole run, such as its attestation.
pub(super) fn document(release: &Release, what: &str) -> String {
    let run = &release.run.to_string()[..16];
    format!("media/{}/{run}.{what}.json", release.process.name)
}

/// A licence text that a process brings.
pub(super) fn licence(process: &str, text: &AssetRef) -> String {
    let name = &text.digest.to_string()[..16];
    format!("media/{process}/{name}.licence.{}", text.extension())
}

/// Where the metadata of a run's editions begins.
pub(super) fn tokens(run: &Digest) -> String {
    format!("tokens/{run}/")
}

/// The metadata of an edition.
pub(super) fn token(run: &Digest, index: u64) -> String {
    format!("{}{index}.json", tokens(run))
}

/// The picture of an edition that has none.
pub(super) fn card(run: &Digest, index: u64) -> String {
    format!("{}{index}.svg", tokens(run))
}

/// The metadata of a process as a token.
pub(super) fn work(process: &str, version: u64) -> String {
    format!("tokens/work-{process}-v{version}.json")
}

/// The metadata of all editions of a process.
pub(super) fn collection(process: &str) -> String {
    format!("tokens/collection-{process}.json")
}

/// The last part of a path of the site.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The record of a version of a work.
pub(super) fn work_record(process: &str, version: u64) -> String {
    format!("data/works/{process}-v{version}.json")
}

/// The record of a release.
pub(super) fn record(run: &Digest) -> String {
    format!("data/releases/{run}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_safe_names() {
        for (title, slug_of_it) in [
            (
                "Skerry of Våila, spring tide",
                "skerry-of-vaila-spring-tide",
            ),
            ("../../etc/passwd", "etc-passwd"),
            ("  Fisher’s  Haven  ", "fishers-haven"),
            ("CON\0<script>", "con-script"),
            ("潮汐", ""),
            ("ﬁne ½", "fine-1-2"),
        ] {
            assert_eq!(slug(title), slug_of_it, "{title:?}");
        }
        assert!(slug(&"long ".repeat(100)).len() <= SLUG_LENGTH_MAX);
    }

    #[test]
    fn files_that_differ_in_their_extension_have_credentials_of_their_own() {
        let beside = |media_type: &str| {
            let asset = AssetRef {
                digest: Digest::of(b"poster"),
                media_type: media_type.into(),
                size: 6,
            };
            sidecar(&media("loom", "poster", &asset))
        };
        assert_eq!(beside("image/png"), "media/loom/poster.png.c2pa");
        assert_eq!(beside("text/plain"), "media/loom/poster.txt.c2pa");
    }

    #[test]
    fn names_of_processes_are_narrow() {
        assert!(is_process_name("tidal-almanac-2"));
        for name in ["", "..", "a/b", "A", "a.b", &"a".repeat(65)] {
            assert!(!is_process_name(name), "{name:?}");
        }
    }
}
