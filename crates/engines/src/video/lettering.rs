//! What is drawn over frames: captions in the bundled type faces, and overlays that are templates.

use std::fmt::Write as _;

use daedal_core::engine::{EngineError, Task, TaskContext};
use serde_json::json;
use tiny_skia::Pixmap;

use super::CaptionStyle;
use super::shots::Overlay;
use crate::measure::{Face, wrap};
use crate::picture::svg;
use crate::template::{self, Format};

/// The following are in ems: between lines, and around the words.
const LEADING: f32 = 1.28;
const PAD_X: f32 = 0.7;
const PAD_Y: f32 = 0.4;
/// Width of lines as a share of the frame, and in ems at most.
const MEASURE: f32 = 0.84;
const MEASURE_EMS: f32 = 22.0;

/// Pixels over a part of the frame, with premultiplied alpha.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    x: usize,
    y: usize,
    width: usize,
    pixels: Vec<u8>,
}

impl Layer {
    /// The part of `pixmap` that is not empty.
    fn of(pixmap: &Pixmap) -> Self {
        let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
        let data = pixmap.data();
        let is_drawn = |x: usize, y: usize| data[(y * width + x) * 4 + 3] > 0;
        let row_drawn = |y: &usize| (0..width).any(|x| is_drawn(x, *y));
        let (Some(top), Some(bottom)) = (
            (0..height).find(row_drawn),
            (0..height).rev().find(row_drawn),
        ) else {
            return Self {
                x: 0,
                y: 0,
                width: 0,
                pixels: Vec::new(),
            };
        };
        let column_drawn = |x: &usize| (top..=bottom).any(|y| is_drawn(*x, y));
        let left = (0..width).find(column_drawn).unwrap_or(0);
        let right = (0..width).rev().find(column_drawn).unwrap_or(0);
        let across = right + 1 - left;
        let rows = (top..=bottom).flat_map(|y| &data[(y * width + left) * 4..][..across * 4]);
        Self {
            x: left,
            y: top,
            width: across,
            pixels: rows.copied().collect(),
        }
    }

    /// Lays it over a frame of this width; `strength` of 255 is all of it.
    pub(super) fn over(&self, frame: &mut [u8], frame_width: usize, strength: u8) {
        if self.width == 0 {
            return;
        }
        let strength = u32::from(strength);
        for (row, pixels) in self.pixels.chunks_exact(self.width * 4).enumerate() {
            let start = ((self.y + row) * frame_width + self.x) * 4;
            let under = frame[start..][..self.width * 4].as_chunks_mut::<4>().0;
            for (under, own) in under.iter_mut().zip(pixels.as_chunks::<4>().0) {
                let alpha = u32::from(own[3]) * strength / 255;
                if alpha == 0 {
                    continue;
                }
                for channel in 0..3 {
                    let own = u32::from(own[channel]) * strength;
                    let mixed = own + u32::from(under[channel]) * (255 - alpha);
                    under[channel] = ((mixed + 127) / 255).min(255) as u8;
                }
            }
        }
    }
}

/// Sets `text` as a caption of a frame.
pub(super) fn caption(
    text: &str,
    style: &CaptionStyle,
    (width, height): (u32, u32),
) -> Result<Layer, EngineError> {
    let (wide, high) = (width as f32, height as f32);
    let size = (wide.min(high) * style.size).max(8.0);
    let face = Face::find(&style.family, 500, false, size, 0.0)
        .map_err(|problem| EngineError::invalid(format!("`captions.family`: {problem}")))?;
    let measure = (wide * MEASURE).min(size * MEASURE_EMS);
    let lines = balanced(&face, text, measure);
    let block = lines.len() as f32 * size * LEADING;
    // On a tall frame, players lay their buttons over the lowest part.
    let margin = if high > wide * 1.3 {
        high * 0.2
    } else {
        high * 0.075
    };
    let top = match style.place {
        super::CaptionAt::Bottom => high - margin - block,
        super::CaptionAt::Middle => (high - block) / 2.0,
        super::CaptionAt::Top => margin,
    };
    let [r, g, b, alpha] = style.colour.0;
    let fill = format!(
        "fill=\"#{r:02x}{g:02x}{b:02x}\" fill-opacity=\"{}\"",
        f32::from(alpha) / 255.0
    );
    let mut drawing =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">");
    // Writing into a String can't fail.
    if style.ground {
        let longest = lines
            .iter()
            .fold(0.0, |most: f32, line| most.max(face.width(line)));
        let (w, h) = (longest + size * PAD_X * 2.0, block + size * PAD_Y * 2.0);
        let (x, y) = ((wide - w) / 2.0, top - size * PAD_Y);
        let _ = write!(
            drawing,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{}\" fill=\"#0d0c0b\" fill-opacity=\"0.58\"/>",
            size * 0.22
        );
    }
    let outline = match style.ground {
        true => String::new(),
        false => format!(
            " stroke=\"#0d0c0b\" stroke-opacity=\"0.75\" stroke-width=\"{}\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
            size * 0.14
        ),
    };
    for (row, line) in lines.iter().enumerate() {
        let base = top + size * (LEADING * row as f32 + 0.98);
        let _ = write!(
            drawing,
            "<text x=\"{}\" y=\"{base}\" text-anchor=\"middle\" font-family=\"'{}', sans-serif\" font-weight=\"500\" \
             font-size=\"{size}\" {fill}{outline}>{}</text>",
            wide / 2.0,
            escaped(&style.family),
            escaped(line)
        );
    }
    drawing.push_str("</svg>");
    drawn("caption", &drawing, (width, height))
}

/// Lines that fit, about equally long, so that no word stands alone on the last.
fn balanced(face: &Face, text: &str, measure: f32) -> Vec<String> {
    let mut lines = wrap(face, text, measure);
    let mut narrower = measure;
    for _ in 0..24 {
        narrower *= 0.96;
        let tried = wrap(face, text, narrower);
        let fits = tried.iter().all(|line| face.width(line) <= narrower);
        if tried.len() > lines.len() || !fits {
            break;
        }
        lines = tried;
    }
    lines
}

pub(super) fn escaped(text: &str) -> String {
    let allowed = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let mut out = String::new();
    for c in allowed {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Draws the overlay of a shot.
pub(super) fn overlay(
    overlay: &Overlay,
    file: Option<&daedal_core::AssetRef>,
    (width, height): (u32, u32),
    task: &Task,
    context: &TaskContext<'_>,
) -> Result<Layer, EngineError> {
    let mut source = template::source(task, context, file, overlay.text.clone())?;
    source.format = Format::Svg;
    let mut data = overlay.data.clone();
    for (name, side) in [("width", width), ("height", height)] {
        data.entry(name).or_insert_with(|| json!(side));
    }
    let text = template::render(&source, &data, task.limits.output_bytes_max)
        .map_err(EngineError::invalid)?;
    drawn(&source.name, &text, (width, height))
}

fn drawn(name: &str, drawing: &str, (width, height): (u32, u32)) -> Result<Layer, EngineError> {
    let tree = svg::parse(name, drawing)?;
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| EngineError::limit(format!("`{name}` is too large to draw")))?;
    svg::draw(&tree, &mut pixmap.as_mut());
    Ok(Layer::of(&pixmap))
}
