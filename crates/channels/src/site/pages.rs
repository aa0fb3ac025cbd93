//! The HTML pages.

use std::borrow::Cow;

use askama::Template;
use daedal_core::AssetRef;
use daedal_core::process::Training;
use serde_json::{Value, json};

use super::chain::{self, OnChain};
use super::gallery::{self, Gallery, Kind, Piece, Process};
use super::making::{self, Telling};
use super::{dates, names};
use crate::ChannelError;

/// What every page has around its content.
pub(super) struct Frame<'g> {
    pub(super) gallery: &'g Gallery<'g>,
    /// Prefix of every link.
    root: String,
    title: String,
    description: String,
    /// Absolute address of the page, where the site knows its own.
    canonical: Option<String>,
    /// Absolute address of a picture, likewise.
    image: Option<String>,
    /// What is said to crawlers that collect for training.
    training: Training,
    /// JSON-LD, safe inside a script element.
    data: String,
}

impl<'g> Frame<'g> {
    fn new(gallery: &'g Gallery<'g>, root: &str, path: &str, title: String) -> Self {
        Self {
            gallery,
            root: root.to_owned(),
            title,
            description: gallery.description().unwrap_or_default().to_owned(),
            canonical: gallery.settings.url.as_ref().map(|_| gallery.address(path)),
            image: None,
            training: Training::Allowed,
            data: String::new(),
        }
    }

    fn about(mut self, description: &str, training: Training) -> Self {
        self.description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        self.training = training;
        self
    }

    fn picture(mut self, piece: Option<&Piece<'_>>) -> Self {
        let thumbnail = piece.and_then(Piece::thumbnail);
        if self.canonical.is_some() {
            self.image = thumbnail.map(|path| self.gallery.address(&path));
        }
        self
    }

    fn data(mut self, mut data: Value) -> Self {
        if let Some(fields) = data.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        self.data = in_script(&data);
        self
    }
}

/// JSON that can't end the script element it stands in.
fn in_script(data: &Value) -> String {
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'g> {
    frame: Frame<'g>,
}

#[derive(Template)]
#[template(path = "process.html")]
struct ProcessPage<'g> {
    frame: Frame<'g>,
    process: &'g Process<'g>,
    chain: Option<OnChain<'g>>,
}

#[derive(Template)]
#[template(path = "piece.html")]
struct PiecePage<'g> {
    frame: Frame<'g>,
    process: &'g Process<'g>,
    piece: &'g Piece<'g>,
    /// The piece that was released after this one.
    newer: Option<&'g Piece<'g>>,
    /// The piece that was released before this one.
    older: Option<&'g Piece<'g>>,
    steps: Vec<Telling<'g>>,
    chain: Option<OnChain<'g>>,
    downloads: Vec<Download<'g>>,
}

#[derive(Template)]
#[template(path = "404.html")]
struct NotFound<'g> {
    frame: Frame<'g>,
}

struct Download<'g> {
    name: Cow<'g, str>,
    path: String,
    /// What it is called where it is saved, unless by its own name.
    saved_as: Option<&'static str>,
    about: String,
}

impl<'g> Download<'g> {
    fn new(name: impl Into<Cow<'g, str>>, path: String, asset: &AssetRef, what: &str) -> Self {
        Self {
            name: name.into(),
            path,
            saved_as: None,
            about: format!("{what}, {}", dates::size(asset.size)),
        }
    }
}

/// The front page.
pub(super) fn index(gallery: &Gallery<'_>) -> Result<String, ChannelError> {
    let data = json!({
        "@context": "https://schema.org", "@type": "CollectionPage",
        "name": gallery.title, "description": gallery.description(),
        "author": { "@type": "Organization", "name": gallery.author() },
    });
    let newest = gallery.newest();
    let frame = Frame::new(gallery, "", "", gallery.title.clone())
        .picture(newest.first().copied())
        .data(data);
    render(&Index { frame })
}

/// The page for addresses that lead nowhere. It is served at any depth, so that its links start
/// at the root of the host where the site knows its place there.
pub(super) fn not_found(gallery: &Gallery<'_>) -> Result<String, ChannelError> {
    let root = gallery.settings.base_path().unwrap_or_default();
    let mut frame = Frame::new(gallery, root, "404.html", "Nothing hangs here".into());
    frame.canonical = None;
    render(&NotFound { frame })
}

/// The page of a process.
pub(super) fn process(
    gallery: &Gallery<'_>,
    process: &Process<'_>,
) -> Result<String, ChannelError> {
    let label = process.label;
    let data = json!({
        "@context": "https://schema.org", "@type": "Collection",
        "name": label.title, "description": label.description,
        "collectionSize": process.pieces.len(),
        "license": label.licence.as_ref().and_then(making::licence_url),
    });
    let frame = Frame::new(
        gallery,
        names::ROOT_OF_PROCESS,
        &process.href(),
        label.title.clone(),
    )
    .about(
        label.description.as_deref().unwrap_or(&label.title),
        label.training,
    )
    .picture(process.pieces.first())
    .data(data);
    let chain = chain::of_process(process);
    render(&ProcessPage {
        frame,
        process,
        chain,
    })
}

/// The page of the piece at `position` of a process.
pub(super) fn piece(
    gallery: &Gallery<'_>,
    process: &Process<'_>,
    position: usize,
) -> Result<String, ChannelError> {
    let piece = &process.pieces[position];
    let title = match &process.label.title {
        of if *of == gallery.title => piece.name.clone(),
        of => format!("{}, {of}", piece.name),
    };
    let frame = Frame::new(gallery, names::ROOT_OF_PROCESS, &piece.page(), title)
        .about(&piece.item.alt, piece.release.process.training)
        .picture(Some(piece))
        .data(linked_data(gallery, piece));
    render(&PiecePage {
        frame,
        process,
        piece,
        newer: position
            .checked_sub(1)
            .and_then(|newer| process.pieces.get(newer)),
        older: process.pieces.get(position + 1),
        steps: making::tell(&process.label.name, piece.item),
        chain: chain::of_piece(piece),
        downloads: downloads(piece),
    })
}

fn linked_data(gallery: &Gallery<'_>, piece: &Piece<'_>) -> Value {
    let label = &piece.release.process;
    let url = gallery.settings.url.as_deref();
    let address = |path: &str| names::address(url, names::ROOT_OF_PROCESS, path);
    let kind = match piece.kind() {
        Kind::Picture => "VisualArtwork",
        Kind::Audio => "AudioObject",
        Kind::Video => "VideoObject",
        _ => "CreativeWork",
    };
    let mut data = json!({
        "@context": "https://schema.org", "@type": kind,
        "name": piece.name, "description": piece.item.alt,
        "identifier": format!("sha256:{}", piece.item.unsigned),
        "dateCreated": piece.release.released_at,
        "creator": { "@type": "Organization", "name": gallery.author() },
        "isPartOf": { "@type": "Collection", "name": label.title },
        "encodingFormat": piece.item.asset.media_type,
        "contentUrl": address(&piece.media()),
    });
    if let Some(thumbnail) = piece.thumbnail() {
        data["image"] = address(&thumbnail).into();
    }
    if let Some(url) = label.licence.as_ref().and_then(making::licence_url) {
        data["license"] = url.into();
    }
    data
}

fn downloads<'r>(piece: &Piece<'r>) -> Vec<Download<'r>> {
    let (release, item) = (piece.release, piece.item);
    let kind = &item.asset.media_type;
    let mut downloads = vec![Download::new("The piece", piece.media(), &item.asset, kind)];
    if let (Some(path), Some(asset)) = (piece.sidecar(), &item.sidecar) {
        downloads.push(Download::new("Its credential", path, asset, "C2PA"));
    }
    for (path, attached) in piece.attachments() {
        let (name, asset) = (&attached.name, &attached.asset);
        let beside = names::sidecar(&path);
        downloads.push(Download::new(name, path, asset, &asset.media_type));
        let credential = attached.sidecar.as_ref();
        downloads
            .extend(credential.map(|asset| {
                Download::new(format!("Credential of {name}"), beside, asset, "C2PA")
            }));
    }
    if let Some(asset) = &release.attestation {
        let path = names::document(release, "attestation");
        let about = "DSSE, in-toto";
        downloads.push(Download::new("Attestation of the run", path, asset, about));
    }
    if let Some(asset) = &release.receipts {
        let path = names::document(release, "receipts");
        downloads.push(Download::new("Receipts of the run", path, asset, "JSON"));
    }
    if let Some(asset) = chain::proof(release) {
        let path = names::document(release, "anchor");
        downloads.push(Download {
            saved_as: Some("anchor.json"),
            ..Download::new("Proof of the anchor", path, asset, "JSON")
        });
    }
    if let Some(votes) = &release.votes {
        let path = names::document(release, "votes");
        let asset = &votes.proof;
        downloads.push(Download {
            saved_as: Some("votes.json"),
            ..Download::new("Proof of the votes", path, asset, "JSON")
        });
    }
    let json = |name: &'static str, path| Download {
        name: name.into(),
        path,
        saved_as: None,
        about: "JSON".into(),
    };
    if let (Some(edition), true) = (&item.edition, release.work.is_some()) {
        let path = names::token(&release.run, edition.index);
        downloads.push(json("Metadata of the edition", path));
    }
    downloads.push(json("Record of this page", names::record(&release.run)));
    downloads
}

pub(super) fn render(page: &impl Template) -> Result<String, ChannelError> {
    page.render().map_err(|error| ChannelError::Release {
        run: "?".into(),
        message: format!("a page could not be written: {error}"),
    })
}
