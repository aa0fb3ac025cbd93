//! What machines read: feeds (Atom, RFC 4287, and JSON Feed 1.1), the site map, and what crawlers
//! are told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use askama::Template;
use daedal_core::process::Training;
use serde_json::json;

use super::gallery::{Gallery, Kind, Piece};
use crate::ChannelError;

/// Entries of a feed.
const ENTRIES_MAX: usize = 50;

/// Crawlers that collect for training and honour `robots.txt`, as their operators document them.
const TRAINING_CRAWLERS: [&str; 10] = [
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "Diffbot",
    "Google-Extended",
    "GPTBot",
    "meta-externalagent",
];

#[derive(Template)]
#[template(path = "atom.xml")]
struct Atom<'g> {
    id: &'g str,
    language: &'g str,
    url: Option<&'g str>,
    title: String,
    description: Option<String>,
    author: String,
    updated: &'g str,
    home: String,
    this: String,
    entries: Vec<Entry<'g>>,
}

struct Entry<'g> {
    id: String,
    title: String,
    at: &'g str,
    page: String,
    media: String,
    media_type: &'g str,
    size: u64,
    process: &'g str,
    summary: String,
    html: String,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryHtml<'g> {
    piece: &'g Piece<'g>,
    picture: Option<String>,
    prose: String,
}

#[derive(Template)]
#[template(path = "sitemap.xml")]
struct SiteMap<'g> {
    pages: Vec<(String, &'g str)>,
}

fn entries<'g>(gallery: &'g Gallery<'g>) -> Result<Vec<Entry<'g>>, ChannelError> {
    gallery
        .newest()
        .into_iter()
        .take(ENTRIES_MAX)
        .map(|piece| {
            let item = piece.item;
            let prose = piece.kind() == Kind::Prose;
            let html = EntryHtml {
                piece,
                picture: piece.thumbnail().map(|path| gallery.address(&path)),
                prose: if prose {
                    piece.prose()
                } else {
                    super::prose::plain(&item.alt)
                },
            };
            Ok(Entry {
                id: piece.urn(),
                title: xml_text(&piece.name),
                at: &piece.release.released_at,
                page: gallery.address(&piece.page()),
                media: gallery.address(&piece.media()),
                media_type: &item.asset.media_type,
                size: item.asset.size,
                process: &piece.release.process.name,
                summary: xml_text(&item.alt),
                html: xml_text(render(&html)?.trim()),
            })
        })
        .collect()
}

/// The Atom feed.
pub(super) fn atom(gallery: &Gallery<'_>) -> Result<String, ChannelError> {
    let settings = gallery.settings;
    render(&Atom {
        id: gallery.id,
        language: settings.language(),
        url: settings.url.as_deref(),
        title: xml_text(&gallery.title),
        description: gallery.description().map(xml_text),
        author: xml_text(gallery.author()),
        updated: gallery.updated,
        home: gallery.address("index.html"),
        this: gallery.address("atom.xml"),
        entries: entries(gallery)?,
    })
}

/// The JSON feed.
pub(super) fn json_feed(gallery: &Gallery<'_>) -> Result<String, ChannelError> {
    let items: Vec<_> = entries(gallery)?
        .into_iter()
        .map(|entry| {
            json!({
                "id": entry.id, "url": entry.page, "title": entry.title,
                "summary": entry.summary, "content_html": entry.html,
                "date_published": entry.at, "tags": [entry.process],
                "attachments": [{
                    "url": entry.media, "mime_type": entry.media_type, "size_in_bytes": entry.size,
                }],
            })
        })
        .collect();
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": gallery.title,
        "home_page_url": gallery.address("index.html"),
        "feed_url": gallery.address("feed.json"),
        "authors": [{ "name": gallery.author() }],
        "language": gallery.settings.language(),
        "items": items,
    });
    if let Some(description) = gallery.description() {
        feed["description"] = description.into();
    }
    Ok(format!("{feed:#}\n"))
}

/// The map of the site, where it knows its own address.
pub(super) fn site_map(gallery: &Gallery<'_>) -> Result<Option<String>, ChannelError> {
    if gallery.settings.url.is_none() {
        return Ok(None);
    }
    let mut pages = vec![(gallery.address(""), gallery.updated)];
    for process in &gallery.processes {
        let latest = process
            .releases
            .first()
            .map_or("", |release| &release.released_at);
        pages.push((gallery.address(&process.href()), latest));
        pages.extend(process.pieces.iter().map(|piece| {
            (
                gallery.address(&piece.page()),
                piece.release.released_at.as_str(),
            )
        }));
    }
    render(&SiteMap { pages }).map(Some)
}

/// What crawlers are told. Each process says for itself whether its assets may be used to train
/// models; who searches may come in everywhere.
pub(super) fn robots(gallery: &Gallery<'_>) -> String {
    let base = gallery.settings.base_path().unwrap_or("/");
    let closed: BTreeSet<&str> = gallery
        .processes
        .iter()
        .filter(|process| process.label.training != Training::Allowed)
        .map(|process| process.label.name.as_str())
        .collect();
    let mut text = String::from("User-agent: *\nAllow: /\n");
    for process in &closed {
        for part in ["media", "p"] {
            let _ = writeln!(text, "Content-Usage: {base}{part}/{process}/ train-ai=n");
        }
    }
    if !closed.is_empty() {
        text.push_str("\n# Not for training models without a licence.\n");
        for crawler in TRAINING_CRAWLERS {
            let _ = writeln!(text, "User-agent: {crawler}");
        }
        for process in &closed {
            for part in ["media", "p"] {
                let _ = writeln!(text, "Disallow: {base}{part}/{process}/");
            }
        }
    }
    if gallery.settings.url.is_some() {
        let _ = writeln!(text, "\nSitemap: {}", gallery.address("sitemap.xml"));
    }
    text
}

/// `text` without the control characters that XML can't hold.
fn xml_text(text: &str) -> String {
    text.chars()
        .filter(|letter| {
            matches!(letter, '\t' | '\n' | '\r')
                || !(letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}'))
        })
        .collect()
}

fn render(page: &impl Template) -> Result<String, ChannelError> {
    super::pages::render(page)
}
