//! From characters to placed glyphs and their outlines.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use fontdb::ID;
use harfrust::{Direction, Feature, ShapeOptions, ShaperData, Tag, UnicodeBuffer};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::font::Font;
use super::path::op;
use super::text::TextStyle;
use crate::fonts;

/// A face, read once in a process.
pub(crate) struct Face {
    font: FontRef<'static>,
    shaper: ShaperData,
    /// Units per em.
    em: f64,
    pub(crate) metrics: Metrics,
    /// Recordings of glyphs in em units of one, y down.
    outlines: Mutex<BTreeMap<u32, &'static [f64]>>,
}

/// Vertical measures, in ems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metrics {
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
    pub(crate) cap_height: f64,
    pub(crate) x_height: f64,
}

static FACES: LazyLock<BTreeMap<ID, Face>> = LazyLock::new(|| {
    fonts::faces()
        .filter_map(|(id, bytes)| Some((id, Face::read(bytes)?)))
        .collect()
});

/// The face with this identifier.
pub(crate) fn face(id: ID) -> Option<&'static Face> {
    FACES.get(&id)
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let font = FontRef::new(bytes).ok()?;
        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let em = f64::from(metrics.units_per_em);
        let ems = |units: f32| f64::from(units) / em;
        let os2 = font.os2().ok();
        let cap = os2.as_ref().and_then(|os2| os2.s_cap_height());
        let x = os2.as_ref().and_then(|os2| os2.sx_height());
        Some(Self {
            shaper: ShaperData::new(&font),
            em,
            metrics: Metrics {
                ascent: ems(metrics.ascent),
                descent: -ems(metrics.descent),
                cap_height: cap.map_or(0.7, |units| f64::from(units) / em),
                x_height: x.map_or(0.5, |units| f64::from(units) / em),
            },
            outlines: Mutex::new(BTreeMap::new()),
            font,
        })
    }

    fn has(&self, character: char) -> bool {
        self.font.charmap().map(character).is_some()
    }

    /// The recording of a glyph, in ems, y down.
    pub(crate) fn outline(&self, glyph: u32) -> &'static [f64] {
        let mut outlines = self.outlines.lock().unwrap_or_else(PoisonError::into_inner);
        outlines.entry(glyph).or_insert_with(|| {
            let mut pen = Pen {
                em: self.em,
                recording: Vec::new(),
            };
            if let Some(outline) = self.font.outline_glyphs().get(GlyphId::new(glyph)) {
                let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
                // A broken glyph of a bundled face leaves what was drawn so far.
                let _ = outline.draw(settings, &mut pen);
            }
            // One outline for each glyph of the bundled faces at most: kept for the process.
            Box::leak(pen.recording.into_boxed_slice())
        })
    }
}

struct Pen {
    em: f64,
    recording: Vec<f64>,
}

impl Pen {
    fn record(&mut self, operation: u8, points: &[(f32, f32)]) {
        self.recording.push(f64::from(operation));
        for (x, y) in points {
            self.recording.push(f64::from(*x) / self.em);
            self.recording.push(-f64::from(*y) / self.em);
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.record(op::MOVE, &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.record(op::LINE, &[(x, y)]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.record(op::QUAD, &[(cx, cy), (x, y)]);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.record(op::CUBIC, &[(ax, ay), (bx, by), (x, y)]);
    }

    fn close(&mut self) {
        self.record(op::CLOSE, &[]);
    }
}

/// A glyph on its baseline; lengths in user space.
#[derive(Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) face: &'static Face,
    pub(crate) id: u32,
    /// From the start of the line.
    pub(crate) x: f64,
    /// Up is negative.
    pub(crate) y: f64,
    pub(crate) advance: f64,
}

/// A shaped line of text.
pub(crate) struct Line {
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) width: f64,
}

/// Shapes `text` as one line: white space becomes spaces, as in Canvas.
pub(crate) fn shape(text: &str, style: &TextStyle) -> Line {
    let text: String = text
        .chars()
        .map(|c| {
            if c.is_whitespace() && c != '\u{a0}' {
                ' '
            } else {
                c
            }
        })
        .collect();
    let features = style.shaping_features();
    let mut line = Line {
        glyphs: Vec::new(),
        width: 0.0,
    };
    for (face, run) in runs(&text, &style.font) {
        shape_run(run, face, style, &features, &mut line);
    }
    line
}

/// Splits text where another face has to step in.
fn runs<'a>(text: &'a str, font: &Font) -> Vec<(&'static Face, &'a str)> {
    let faces: Vec<&'static Face> = font.faces.iter().filter_map(|id| face(*id)).collect();
    let Some(&first) = faces.first() else {
        return Vec::new();
    };
    let mut runs: Vec<(&'static Face, &'a str)> = Vec::new();
    let mut start = 0;
    let mut current = first;
    for (at, character) in text.char_indices() {
        let keeps = current.has(character) && std::ptr::eq(current, first);
        let chosen = if keeps || character == ' ' {
            current
        } else {
            faces
                .iter()
                .copied()
                .find(|face| face.has(character))
                .unwrap_or(first)
        };
        if !std::ptr::eq(chosen, current) {
            if at > start {
                runs.push((current, &text[start..at]));
            }
            (start, current) = (at, chosen);
        }
    }
    runs.push((current, &text[start..]));
    runs
}

fn shape_run(
    text: &str,
    face: &'static Face,
    style: &TextStyle,
    features: &[Feature],
    line: &mut Line,
) {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(Direction::LeftToRight);
    let shaper = face.shaper.shaper(&face.font).build();
    let output = shaper.shape(buffer, ShapeOptions::new().features(features));
    let scale = style.font.size / face.em;
    let infos = output.glyph_infos();
    for (i, (info, position)) in infos.iter().zip(output.glyph_positions()).enumerate() {
        let mut advance = f64::from(position.x_advance) * scale;
        let ends_cluster = infos
            .get(i + 1)
            .is_none_or(|next| next.cluster != info.cluster);
        if ends_cluster {
            advance += style.letter_spacing;
            if text[info.cluster as usize..].starts_with(' ') {
                advance += style.word_spacing;
            }
        }
        line.glyphs.push(Glyph {
            face,
            id: info.glyph_id,
            x: line.width + f64::from(position.x_offset) * scale,
            y: -f64::from(position.y_offset) * scale,
            advance,
        });
        line.width += advance;
    }
}

/// An OpenType feature for the whole text.
pub(crate) fn feature(tag: [u8; 4], value: u32) -> Feature {
    Feature::new(Tag::new(&tag), value, ..)
}
