//! What is published beside a piece.

use serde_json::Map;

use super::fixture::{Blobs, broken, release, tree};
use super::*;
use crate::Attachment;

fn attach(blobs: &Blobs, release: &mut Release, name: &str, media_type: &str, beside: bool) {
    let asset = blobs.keep(media_type, format!("{name} {media_type}").as_bytes());
    let credential = format!("credential of {name}");
    release.items[0].attachments.push(Attachment {
        name: name.into(),
        unsigned: asset.digest,
        asset,
        sidecar: beside.then(|| blobs.keep("application/c2pa", credential.as_bytes())),
    });
}

/// Places of the files of the first piece, without what all of them begin with.
fn places(files: &std::collections::BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    let prefix = "media/almanac/skerry-of-vala-7796ffe9.";
    files
        .keys()
        .filter_map(|name| name.strip_prefix(prefix))
        .collect()
}

#[test]
fn attachments_lie_beside_their_piece_and_are_told_on_its_page() {
    let directory = tempfile::tempdir().unwrap();
    let (site, blobs) = (Site::new(directory.path()), Blobs::default());
    let mut release = release(&blobs, "almanac", 1);
    attach(&blobs, &mut release, "plotter.svg", "image/svg+xml", false);
    attach(&blobs, &mut release, "Tide table", "text/plain", true);
    site.publish(&release, &Map::new(), &blobs).unwrap();
    let files = tree(directory.path());
    assert_eq!(
        places(&files),
        [
            "plotter.svg",
            "preview.webp",
            "svg",
            "tide-table.txt",
            "tide-table.txt.c2pa"
        ]
    );
    let stem = "almanac/skerry-of-vala-7796ffe9";
    let table = &files[&format!("media/{stem}.tide-table.txt")];
    assert_eq!(table, b"Tide table text/plain");
    let page = String::from_utf8(files[&format!("p/{stem}.html")].clone()).unwrap();
    for (place, name, about) in [
        ("plotter.svg", "plotter.svg", "image/svg+xml, 25 bytes"),
        ("tide-table.txt", "Tide table", "text/plain, 21 bytes"),
        (
            "tide-table.txt.c2pa",
            "Credential of Tide table",
            "C2PA, 24 bytes",
        ),
    ] {
        let line = format!(
            "<li><a href=\"../../media/{stem}.{place}\" download>{name}</a> \
             <span class=\"facts\">{about}</span></li>"
        );
        assert!(page.contains(&line), "{line}\n{page}");
    }
    assert_eq!(broken(&files), [""; 0]);
    assert_eq!(
        site.publish(&release, &Map::new(), &blobs).unwrap().changed,
        0
    );
    // What a run no longer gives goes, as everything of it does.
    release.items[0].attachments.clear();
    site.publish(&release, &Map::new(), &blobs).unwrap();
    assert_eq!(places(&tree(directory.path())), ["preview.webp", "svg"]);
}

#[test]
fn no_name_of_an_attachment_takes_the_place_of_another_file() {
    let directory = tempfile::tempdir().unwrap();
    let (site, blobs) = (Site::new(directory.path()), Blobs::default());
    let mut release = release(&blobs, "almanac", 1);
    let names = [
        "preview",
        "a b.webp",
        "A-b",
        "../../../index.html",
        "潮",
        "<b>",
    ];
    for name in names {
        attach(&blobs, &mut release, name, "image/webp", true);
    }
    site.publish(&release, &Map::new(), &blobs).unwrap();
    let files = tree(directory.path());
    let found = places(&files);
    assert_eq!(found.len(), 2 + 2 * names.len(), "{found:?}");
    for name in names {
        let bytes = format!("{name} image/webp").into_bytes();
        let held = files.iter().filter(|(_, held)| **held == bytes);
        let held: Vec<_> = held.map(|(place, _)| place).collect();
        assert_eq!(held.len(), 1, "{name}: {held:?}");
        let safe =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./".contains(&byte);
        assert!(held[0].bytes().all(safe), "{held:?}");
    }
    assert_eq!(broken(&files), [""; 0]);
}

#[test]
fn two_attachments_of_one_name_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (site, blobs) = (Site::new(directory.path()), Blobs::default());
    let mut release = release(&blobs, "almanac", 1);
    attach(&blobs, &mut release, "notes", "text/plain", false);
    attach(&blobs, &mut release, "notes", "image/png", false);
    let error = site.publish(&release, &Map::new(), &blobs).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("item 0 of `poster` has two attachments called `notes`"),
        "{error}"
    );
}
