//! The records as the pages see them: processes, and their pieces, the newest first.

use daedal_core::Digest;

use super::records::Records;
use super::settings::Settings;
use super::traits::{self, Trait};
use super::{dates, hanging, names, prose};
use crate::release::as_text;
use crate::{Attachment, Item, ProcessLabel, Release};

/// Characters of a text that a tile shows.
const EXCERPT_LENGTH_MAX: usize = 420;

/// Everything that is shown.
pub(super) struct Gallery<'r> {
    pub(super) id: &'r str,
    pub(super) settings: &'r Settings,
    pub(super) title: String,
    pub(super) processes: Vec<Process<'r>>,
    /// When anything was last released.
    pub(super) updated: &'r str,
}

/// A process and all that was released of it.
pub(super) struct Process<'r> {
    /// As the newest release tells it.
    pub(super) label: &'r ProcessLabel,
    /// The newest first.
    pub(super) releases: Vec<&'r Release>,
    /// The newest first.
    pub(super) pieces: Vec<Piece<'r>>,
    pub(super) traits: Vec<Trait>,
}

/// A published asset in its place.
pub(super) struct Piece<'r> {
    pub(super) release: &'r Release,
    pub(super) item: &'r Item,
    pub(super) id: String,
    /// Its title, told apart from others of its run.
    pub(super) name: String,
    /// Later releases that gave the same bytes, the oldest first.
    pub(super) again: Vec<(&'r Release, &'r Item)>,
}

/// A version of a process.
pub(super) struct Version {
    pub(super) digest: Digest,
    /// Its number on a chain.
    pub(super) number: Option<u64>,
    pub(super) since: String,
    pub(super) pieces: usize,
}

/// How a piece is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    /// Prose, set like a page of a book.
    Prose,
    /// Other text, set as it is.
    Code,
    Audio,
    Video,
    Other,
}

impl<'r> Gallery<'r> {
    pub(super) fn new(records: &'r Records) -> Self {
        let mut processes: Vec<Process<'r>> = Vec::new();
        for release in &records.releases {
            let name = &release.process.name;
            match processes.iter_mut().find(|known| known.label.name == *name) {
                Some(process) => process.releases.push(release),
                None => processes.push(Process {
                    label: &release.process,
                    releases: vec![release],
                    pieces: Vec::new(),
                    traits: Vec::new(),
                }),
            }
        }
        for process in &mut processes {
            process.pieces = hanging::hung(&process.releases);
            process.traits = traits::of(&process.pieces);
        }
        let settings = &records.site.settings;
        let title = match (&settings.title, processes.as_slice()) {
            (Some(title), _) => title.clone(),
            (None, [only]) => only.label.title.clone(),
            (None, _) => "Gallery".to_owned(),
        };
        Self {
            id: &records.site.id,
            settings,
            title,
            processes,
            updated: records
                .releases
                .first()
                .map_or("", |release| release.released_at.as_str()),
        }
    }

    /// Every piece, the newest first.
    pub(super) fn newest(&self) -> Vec<&Piece<'r>> {
        let mut pieces: Vec<_> = self
            .processes
            .iter()
            .flat_map(|process| &process.pieces)
            .collect();
        pieces.sort_by(|a, b| b.release.released_at.cmp(&a.release.released_at));
        pieces
    }

    /// The page that shows an item: its own, or that of the first release of the same bytes.
    pub(super) fn page_of(&self, release: &Release, item: &Item) -> Option<String> {
        let of = |process: &&Process<'_>| process.label.name == release.process.name;
        let pieces = &self.processes.iter().find(of)?.pieces;
        let own = |piece: &&Piece<'_>| {
            piece.release.run == release.run
                && (&piece.item.output, piece.item.index) == (&item.output, item.index)
        };
        let same = |piece: &&Piece<'_>| piece.item.unsigned == item.unsigned;
        let shown = pieces.iter().find(own);
        shown.or_else(|| pieces.iter().find(same)).map(Piece::page)
    }

    /// Whether the site shows one process under that process's own title.
    pub(super) fn is_single(&self) -> bool {
        self.settings.title.is_none() && self.processes.len() == 1
    }

    /// The sentence under the title.
    pub(super) fn description(&self) -> Option<&str> {
        let own = self.settings.description.as_deref();
        own.or_else(|| {
            self.processes
                .first()
                .filter(|_| self.is_single())?
                .label
                .description
                .as_deref()
        })
    }

    pub(super) fn author(&self) -> &str {
        self.settings.author.as_deref().unwrap_or(&self.title)
    }

    /// The address of a file of the site: absolute where the site knows its own.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url.as_deref().unwrap_or_default())
    }
}

impl Process<'_> {
    pub(super) fn href(&self) -> String {
        names::process_page(&self.label.name)
    }

    pub(super) fn latest(&self) -> String {
        self.releases
            .first()
            .map_or_else(String::new, |release| dates::day(&release.released_at))
    }

    pub(super) fn count(&self) -> String {
        count(self.pieces.len(), "piece")
    }

    /// Whether all pieces have one shape, so that they hang in columns.
    pub(super) fn is_even(&self) -> bool {
        let mut shapes = self.pieces.iter().map(Piece::ratio);
        let first = shapes.next();
        shapes.all(|shape| Some(shape) == first)
    }

    /// Height of a row of the wall, in rem: the fewer pieces, the larger they hang.
    pub(super) fn row(&self) -> u8 {
        match self.pieces.len() {
            0..=2 => 30,
            3 => 22,
            4 => 18,
            _ => 16,
        }
    }

    pub(super) fn versions(&self) -> Vec<Version> {
        let mut versions: Vec<Version> = Vec::new();
        for release in &self.releases {
            let hung = |piece: &&Piece<'_>| piece.release.run == release.run;
            let pieces = self.pieces.iter().filter(hung).count();
            let known = versions
                .iter_mut()
                .find(|known| known.digest == release.version);
            match known {
                Some(version) => {
                    version.pieces += pieces;
                    version.since = dates::day(&release.released_at);
                }
                None => versions.push(Version {
                    digest: release.version,
                    number: release.work.as_ref().map(|work| work.version),
                    since: dates::day(&release.released_at),
                    pieces,
                }),
            }
        }
        versions
    }

    /// Dials and where the newest release had them.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        self.releases
            .first()
            .map(|release| texts(&release.parameters))
            .unwrap_or_default()
    }

    pub(super) fn inputs(&self) -> Vec<(String, String)> {
        self.releases
            .first()
            .map(|release| texts(&release.inputs))
            .unwrap_or_default()
    }

    /// How many percent of the pieces share this value of a trait.
    pub(super) fn rarity(&self, name: &str, value: &str) -> &str {
        self.traits
            .iter()
            .filter(|known| known.name == name)
            .flat_map(Trait::told)
            .find(|known| known.value == value)
            .map_or("", |known| known.percent.as_str())
    }
}

impl<'r> Piece<'r> {
    fn process(&self) -> &'r str {
        &self.release.process.name
    }

    pub(super) fn page(&self) -> String {
        names::piece_page(self.process(), &self.id)
    }

    pub(super) fn media(&self) -> String {
        names::media(self.process(), &self.id, &self.item.asset)
    }

    pub(super) fn sidecar(&self) -> Option<String> {
        self.item
            .sidecar
            .as_ref()
            .map(|_| names::sidecar(&self.media()))
    }

    /// The attachments with their places.
    pub(super) fn attachments(&self) -> impl Iterator<Item = (String, &'r Attachment)> {
        names::attachments(self.process(), &self.id, self.item)
            .into_iter()
            .zip(&self.item.attachments)
    }

    /// The picture that overviews show, if there is one.
    pub(super) fn thumbnail(&self) -> Option<String> {
        match &self.item.preview {
            Some(asset) => Some(names::preview(self.process(), &self.id, asset)),
            None => (self.kind() == Kind::Picture).then(|| self.media()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        let media_type = self.item.asset.media_type.as_str();
        match media_type.split(['/', ';']).next() {
            Some("image") => Kind::Picture,
            Some("audio") => Kind::Audio,
            Some("video") => Kind::Video,
            _ if self.item.text.is_none() => Kind::Other,
            _ if self.is_markdown() => Kind::Prose,
            _ if media_type == "text/plain" => Kind::Prose,
            _ => Kind::Code,
        }
    }

    /// Whether it is a drawing that may hold scripts: shown as a picture, which runs none, and not
    /// opened as a page.
    pub(super) fn is_vector(&self) -> bool {
        self.item.asset.media_type.starts_with("image/svg")
    }

    /// Width through height.
    pub(super) fn ratio(&self) -> String {
        let ratio = match (self.item.dimensions(), self.kind()) {
            (Some((width, height)), _) => thousandths(width, height).clamp(250, 4000),
            (None, Kind::Picture) => 1000,
            (None, Kind::Video) => 1778,
            (None, _) => 750,
        };
        format!("{}.{:03}", ratio / 1000, ratio % 1000)
    }

    pub(super) fn day(&self) -> String {
        dates::day(&self.release.released_at)
    }

    /// Features that fit under a picture.
    pub(super) fn caption(&self) -> String {
        let features = self.item.features();
        let words: Vec<_> = features
            .iter()
            .map(|(_, value)| value.as_str())
            .filter(|value| {
                (2..=24).contains(&value.chars().count()) && !matches!(*value, "yes" | "no")
            })
            .take(3)
            .collect();
        if words.is_empty() {
            self.day()
        } else {
            words.join(" · ")
        }
    }

    /// What a search looks through, in lower case.
    pub(super) fn words(&self) -> String {
        let mut words = format!(
            "{} {} {}",
            self.item.title, self.release.process.title, self.item.output
        );
        for (name, value) in self.item.features() {
            words.push_str(&format!(" {name}={value}"));
        }
        words.to_lowercase()
    }

    pub(super) fn is_markdown(&self) -> bool {
        let media_type = self.item.asset.media_type.as_str();
        media_type.split(';').next() == Some("text/markdown")
    }

    /// A text as HTML: Markdown rendered, other prose by its paragraphs.
    pub(super) fn prose(&self) -> String {
        let text = self.item.text.as_deref().unwrap_or_default();
        match self.is_markdown() {
            true => prose::markdown(text),
            false => prose::plain(text),
        }
    }

    pub(super) fn excerpt(&self) -> String {
        let text = self.item.text.as_deref().unwrap_or_default();
        let plain = self.is_markdown().then(|| prose::words(text));
        let text = plain.as_deref().unwrap_or(text).trim();
        let Some((cut, _)) = text.char_indices().nth(EXCERPT_LENGTH_MAX) else {
            return text.to_owned();
        };
        let whole = &text[..cut];
        let end = whole.rfind(char::is_whitespace).unwrap_or(cut);
        format!("{} …", whole[..end].trim_end())
    }

    /// A name for ever, for feeds.
    pub(super) fn urn(&self) -> String {
        let place = &[
            self.release.run.0.as_slice(),
            self.item.output.as_bytes(),
            &(self.item.index as u64).to_be_bytes(),
        ];
        format!(
            "urn:uuid:{}",
            super::records::uuid_of("daedal/site/entry", place)
        )
    }
}

fn thousandths(width: u64, height: u64) -> u64 {
    width.saturating_mul(1000) / height.max(1)
}

/// The fields of an object, as people read them.
pub(super) fn texts(object: &serde_json::Map<String, serde_json::Value>) -> Vec<(String, String)> {
    object
        .iter()
        .map(|(name, value)| (name.replace('_', " "), as_text(value)))
        .collect()
}

/// `1 piece`, `2 pieces`.
pub(super) fn count(number: usize, of: &str) -> String {
    if number == 1 {
        format!("1 {of}")
    } else {
        format!("{number} {of}s")
    }
}
