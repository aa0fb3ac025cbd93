//! How a caption is set: its size, its lines, and what it stands on.

use std::fmt::Write as _;

use daedal_core::engine::EngineError;
use daedal_core::process::CaptionPlace;

use crate::measure::{Face, wrap};

/// Height of letters as a share of the mean of the picture's sides.
const SCALE: f32 = 0.016;
/// Letters may be made smaller to this share of that height.
const SHRINK_MAX: f32 = 0.4;
/// The following are in ems: between lines, beside the text, above and below it, between the label and the edges.
const LEADING: f32 = 1.35;
const PAD_X: f32 = 0.6;
const PAD_Y: f32 = 0.35;
const MARGIN: f32 = 0.9;
const FAMILY: &str = "IBM Plex Sans";

/// A caption that has its place, in the coordinates of its picture.
pub(super) struct Block {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    /// Height of letters.
    size: f32,
    /// Lines with their widths.
    lines: Vec<(String, f32)>,
    is_strip: bool,
}

/// What a caption stands on.
#[derive(Default)]
pub(super) struct Ground {
    /// The colour of a strip; none in a corner, where the picture shines through.
    strip: Option<[u8; 3]>,
}

impl Ground {
    /// A strip that goes on where a picture ends: in the mean colour of its last row, over white.
    pub(super) fn like(row: &[u8]) -> Self {
        let mut sums = [0_u64; 3];
        let pixels = row.as_chunks::<4>().0;
        for [r, g, b, alpha] in pixels {
            for (sum, channel) in sums.iter_mut().zip([r, g, b]) {
                let (channel, alpha) = (u64::from(*channel), u64::from(*alpha));
                *sum += channel * alpha + 255 * (255 - alpha);
            }
        }
        let all = (pixels.len() as u64 * 255).max(1);
        let strip = sums.map(|sum| u8::try_from((sum + all / 2) / all).unwrap_or(u8::MAX));
        Self { strip: Some(strip) }
    }

    pub(super) fn paper(&self) -> [u8; 4] {
        let [r, g, b] = self.strip.unwrap_or([255; 3]);
        [r, g, b, 255]
    }

    fn ink(&self) -> &'static str {
        let is_light = |[r, g, b]: [u8; 3]| {
            u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 > 128_000
        };
        match self.strip {
            Some(colour) if is_light(colour) => "#1c1a17",
            _ => "#ffffff",
        }
    }
}

impl Block {
    /// Sets `text` in a picture of this size, with letters of at least `size_min` where there is room.
    pub(super) fn of(
        name: &str,
        text: &str,
        place: CaptionPlace,
        (width, height): (f32, f32),
        size_min: f32,
    ) -> Result<Self, EngineError> {
        let wanted = ((width * height).sqrt() * SCALE).max(size_min);
        let is_strip = place == CaptionPlace::Below;
        let mut size = wanted;
        loop {
            let block = Self::set(text, place, (width, height), size)?;
            let room = match is_strip {
                true => f32::INFINITY,
                false => height - size * MARGIN * 2.0,
            };
            let across = width - size * MARGIN * 2.0;
            let fits = block
                .lines
                .iter()
                .all(|(_, line)| *line <= across - size * PAD_X * 2.0);
            if fits && block.height <= room {
                return Ok(block);
            }
            size *= 0.9;
            if size < wanted * SHRINK_MAX {
                return Err(EngineError::invalid(format!(
                    "`{name}` is {width} × {height}, too small for the caption “{text}”: make it larger, \
                     or shorten the caption"
                )));
            }
        }
    }

    fn set(
        text: &str,
        place: CaptionPlace,
        (width, height): (f32, f32),
        size: f32,
    ) -> Result<Self, EngineError> {
        let face = Face::find(FAMILY, 400, false, size, 0.0).map_err(EngineError::invalid)?;
        let (margin, pad_x, pad_y) = (size * MARGIN, size * PAD_X, size * PAD_Y);
        let lines = wrap(&face, text, width - (margin + pad_x) * 2.0);
        let lines: Vec<(String, f32)> = lines
            .into_iter()
            .map(|line| {
                let width = face.width(&line);
                (line, width)
            })
            .collect();
        let widest = lines
            .iter()
            .fold(0.0, |most: f32, (_, line)| most.max(*line));
        let own = (
            widest + pad_x * 2.0,
            lines.len() as f32 * size * LEADING + pad_y * 2.0,
        );
        let (x, y, across) = match place {
            CaptionPlace::Below => (0.0, height, width),
            CaptionPlace::TopLeft => (margin, margin, own.0),
            CaptionPlace::TopRight => (width - margin - own.0, margin, own.0),
            CaptionPlace::BottomLeft => (margin, height - margin - own.1, own.0),
            CaptionPlace::BottomRight => (width - margin - own.0, height - margin - own.1, own.0),
        };
        Ok(Self {
            x,
            y,
            width: across,
            height: own.1,
            size,
            lines,
            is_strip: place == CaptionPlace::Below,
        })
    }

    /// The caption as an element of SVG.
    pub(super) fn drawn(&self, ground: &Ground) -> String {
        let Self {
            x,
            y,
            width,
            height,
            size,
            ..
        } = self;
        let [r, g, b, _] = ground.paper();
        let paper = match self.is_strip {
            true => format!("fill=\"#{r:02x}{g:02x}{b:02x}\""),
            false => format!(
                "rx=\"{}\" fill=\"#141210\" fill-opacity=\"0.55\"",
                size * 0.3
            ),
        };
        let mut drawn = format!(
            "<g xmlns=\"http://www.w3.org/2000/svg\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" \
             height=\"{height}\" {paper}/>"
        );
        let left = x + size * if self.is_strip { MARGIN } else { PAD_X };
        for (row, (line, length)) in self.lines.iter().enumerate() {
            let base = y + size * PAD_Y + size * LEADING * row as f32 + size;
            // Writing into a String can't fail.
            let _ = write!(
                drawn,
                "<text x=\"{left}\" y=\"{base}\" font-family=\"'{FAMILY}', sans-serif\" font-size=\"{size}\" \
                 textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\">{}</text>",
                ground.ink(),
                escaped(line)
            );
        }
        drawn.push_str("</g>");
        drawn
    }
}

fn escaped(line: &str) -> String {
    let allowed = line
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let mut out = String::new();
    for character in allowed {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}
