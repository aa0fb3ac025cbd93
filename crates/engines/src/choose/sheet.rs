//! The contact sheet: every alternative, numbered, on one page.

use std::fmt::Write as _;

use daedal_core::asset::assets_in;
use daedal_core::engine::{DecisionOption, EngineError, Task, TaskContext};
use daedal_core::{AssetRef, asset};
use serde_json::Value;
use tiny_skia::{Color, Pixmap, PixmapPaint, Transform};

use crate::measure::{Face, wrap};
use crate::picture::{self, Encoding, Filter, Picture, encode, svg};

/// Alternatives that the page has room for.
const SHOWN_MAX: usize = 120;
const MARGIN: f32 = 48.0;
const GAP: f32 = 28.0;
const HEADER: f32 = 76.0;
const CAPTION: f32 = 40.0;

const PAPER: [u8; 3] = [0xf4, 0xf1, 0xea];
const INK: &str = "#23201c";
const QUIET: &str = "#8a8378";
const ACCENT: &str = "#c2412d";

/// What is in a cell.
enum Content {
    Picture(Picture),
    Text(String),
}

/// Where cells lie.
struct Grid {
    columns: usize,
    cell: (f32, f32),
    size: (f32, f32),
}

/// Draws all alternatives and keeps the page as a PNG.
pub(crate) fn draw(
    options: &[DecisionOption],
    suggested: &[usize],
    task: &Task,
    context: &TaskContext<'_>,
) -> Result<AssetRef, EngineError> {
    let shown = &options[..options.len().min(SHOWN_MAX)];
    let width = cell_width(shown.len());
    let mut contents = Vec::with_capacity(shown.len());
    for option in shown {
        context.check_stop()?;
        contents.push(content(&option.value, width, task, context));
    }
    let grid = Grid::new(&contents, width);
    let page = page(options, suggested, &contents, &grid);
    let mut pixmap = Pixmap::new(grid.size.0 as u32, grid.size.1 as u32)
        .ok_or_else(|| EngineError::limit("the contact sheet is too large to draw"))?;
    pixmap.fill(Color::from_rgba8(PAPER[0], PAPER[1], PAPER[2], 255));
    svg::draw(&svg::parse("contact sheet", &page)?, &mut pixmap.as_mut());
    for (index, content) in contents.into_iter().enumerate() {
        if let Content::Picture(picture) = content {
            let (x, y) = grid.place(index, &picture);
            let layer = picture.into_pixmap()?;
            let paint = PixmapPaint::default();
            pixmap.draw_pixmap(x, y, layer.as_ref(), &paint, Transform::identity(), None);
        }
    }
    let bytes = encode(&Picture::from_pixmap(pixmap), Encoding::Png)?;
    context.write("image/png", &bytes)
}

fn cell_width(count: usize) -> f32 {
    match count {
        0..=4 => 420.0,
        5..=12 => 340.0,
        13..=40 => 240.0,
        _ => 180.0,
    }
}

impl Grid {
    fn new(contents: &[Content], width: f32) -> Self {
        let count = contents.len();
        let columns = match count {
            0..=4 => count.max(1),
            5 | 6 => 3,
            7..=12 => 4,
            13..=24 => 6,
            25..=40 => 8,
            _ => 12,
        };
        // As high as the highest picture, up to a portrait of 2:3; texts stand as 3:4.
        let height = contents
            .iter()
            .map(|content| match content {
                Content::Picture(picture) => picture.height as f32,
                Content::Text(_) => (width * 4.0 / 3.0).floor(),
            })
            .fold(width * 0.4, f32::max);
        let rows = count.div_ceil(columns);
        // A heading needs room even over a single small picture.
        let across = (columns as f32 * (width + GAP) - GAP).max(520.0);
        Self {
            columns,
            cell: (width, height),
            size: (
                (across + 2.0 * MARGIN).ceil(),
                (HEADER + rows as f32 * (height + CAPTION + GAP) - GAP + 2.0 * MARGIN).ceil(),
            ),
        }
    }

    /// Left and top edge of a cell.
    fn corner(&self, index: usize) -> (f32, f32) {
        let (column, row) = (index % self.columns, index / self.columns);
        (
            MARGIN + column as f32 * (self.cell.0 + GAP),
            MARGIN + HEADER + row as f32 * (self.cell.1 + CAPTION + GAP),
        )
    }

    /// Pictures stand on the foot of their cells.
    fn place(&self, index: usize, picture: &Picture) -> (i32, i32) {
        let (x, y) = self.corner(index);
        (
            (x + (self.cell.0 - picture.width as f32) / 2.0) as i32,
            (y + self.cell.1 - picture.height as f32) as i32,
        )
    }
}

/// The picture or text of an alternative; what can't be shown says so.
fn content(value: &Value, width: f32, task: &Task, context: &TaskContext<'_>) -> Content {
    let assets = assets_in(value);
    let pictured = assets
        .iter()
        .find(|asset| asset.media_type.starts_with("image/"));
    let read = match (pictured, assets.first()) {
        (Some(asset), _) => thumbnail(asset, width, task, context).map(Content::Picture),
        (None, Some(asset)) => match value.get("text").and_then(Value::as_str) {
            Some(text) => Ok(Content::Text(text.to_owned())),
            None => written(asset, task, context).map(Content::Text),
        },
        (None, None) => Ok(Content::Text(words(value, 0))),
    };
    read.unwrap_or_else(|error| Content::Text(format!("can’t be shown: {error}")))
}

fn thumbnail(
    asset: &AssetRef,
    width: f32,
    task: &Task,
    context: &TaskContext<'_>,
) -> Result<Picture, EngineError> {
    let picture = picture::read(task, context, asset, None)?;
    let (wide, high) = picture.size_within(width.into(), f64::from(width) * 1.5);
    Ok(picture.resized(wide, high, Filter::Lanczos3))
}

fn written(
    asset: &AssetRef,
    task: &Task,
    context: &TaskContext<'_>,
) -> Result<String, EngineError> {
    let is_text = asset.media_type.starts_with("text/") || asset.media_type == "application/json";
    if is_text && asset.size <= 1 << 20 {
        return crate::task::read_text(task, context, asset);
    }
    let kind = asset::extension_of(&asset.media_type).to_uppercase();
    Ok(format!(
        "{kind}\n{}\n{} bytes",
        asset.media_type, asset.size
    ))
}

/// A value in words: its text, or its fields line by line.
fn words(value: &Value, depth: usize) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) if depth < 3 => {
            let title = fields.get("title").and_then(Value::as_str);
            match (title, fields.get("text").and_then(Value::as_str)) {
                (Some(title), Some(text)) if !text.contains(title) => format!("{title}\n\n{text}"),
                (_, Some(text)) => text.to_owned(),
                _ => fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", words(value, depth + 1)))
                    .collect::<Vec<_>>()
                    .join("\n"),
            }
        }
        other => other.to_string(),
    }
}

/// Everything on the page but the pictures, as SVG.
fn page(
    options: &[DecisionOption],
    suggested: &[usize],
    contents: &[Content],
    grid: &Grid,
) -> String {
    let (width, height) = grid.size;
    let mut page =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">");
    let count = options.len();
    let title = format!("Choose {} of {count}", suggested.len());
    let hint = match count.checked_sub(contents.len()) {
        Some(0) | None => "a dot marks what is suggested".to_owned(),
        Some(more) => format!(
            "the first {} are shown, {more} more are not",
            contents.len()
        ),
    };
    let baseline = MARGIN + 30.0;
    let _ = write!(
        page,
        "<text x=\"{MARGIN}\" y=\"{baseline}\" font-family=\"Barlow Condensed\" font-weight=\"600\" \
         font-size=\"38\" fill=\"{INK}\">{title}</text>\
         <text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\" font-family=\"IBM Plex Sans\" \
         font-size=\"15\" fill=\"{QUIET}\">{hint}</text>\
         <rect x=\"{MARGIN}\" y=\"{}\" width=\"{}\" height=\"1\" fill=\"{INK}\"/>",
        width - MARGIN,
        MARGIN + 48.0,
        width - 2.0 * MARGIN,
    );
    for (index, content) in contents.iter().enumerate() {
        let is_suggested = suggested.contains(&index);
        cell(
            &mut page,
            grid,
            index,
            content,
            options[index].score,
            is_suggested,
        );
    }
    page.push_str("</svg>");
    page
}

fn cell(
    page: &mut String,
    grid: &Grid,
    index: usize,
    content: &Content,
    score: Option<f64>,
    is_suggested: bool,
) {
    let (x, y) = grid.corner(index);
    let (wide, high) = grid.cell;
    match content {
        Content::Text(text) => card(page, (x, y), grid.cell, text),
        Content::Picture(picture) => {
            let (left, top) = grid.place(index, picture);
            // A hairline, so that a white picture has an edge.
            let _ = write!(
                page,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#fff\" stroke=\"#000\" \
                 stroke-opacity=\".22\"/>",
                left as f32 - 0.5,
                top as f32 - 0.5,
                picture.width + 1,
                picture.height + 1,
            );
        }
    }
    let baseline = y + high + 26.0;
    let _ = write!(
        page,
        "<text x=\"{x}\" y=\"{baseline}\" font-family=\"IBM Plex Mono\" font-weight=\"600\" \
         font-size=\"17\" fill=\"{INK}\">{}</text>",
        index + 1
    );
    let mut right = x + wide;
    if is_suggested {
        let _ = write!(
            page,
            "<circle cx=\"{}\" cy=\"{}\" r=\"5\" fill=\"{ACCENT}\"/>",
            right - 5.0,
            baseline - 5.5
        );
        right -= 18.0;
    }
    if let Some(score) = score {
        let _ = write!(
            page,
            "<text x=\"{right}\" y=\"{baseline}\" text-anchor=\"end\" font-family=\"IBM Plex Mono\" \
             font-size=\"14\" fill=\"{}\">{score:.3}</text>",
            if is_suggested { INK } else { QUIET }
        );
    }
}

/// A text on a card, cut where the card ends.
fn card(page: &mut String, (x, y): (f32, f32), (wide, high): (f32, f32), text: &str) {
    let _ = write!(
        page,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" fill=\"#fffdf8\" \
         stroke=\"#000\" stroke-opacity=\".18\"/>"
    );
    let size = if wide > 300.0 { 19.0 } else { 14.0 };
    let (inset, leading) = (size * 1.3, size * 1.38);
    let Ok(face) = Face::find("EB Garamond", 400, false, size, 0.0) else {
        return;
    };
    let text: String = text.chars().take(4_000).collect();
    let mut lines = wrap(&face, &text, wide - 2.0 * inset);
    let room = ((high - 2.0 * inset) / leading).floor().max(1.0) as usize;
    if lines.len() > room {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    for (number, line) in lines.iter().enumerate() {
        // A word that is wider than the card would run over its neighbour.
        let fitting = fitting(&face, line, wide - 2.0 * inset + face.width(" …"));
        let _ = write!(
            page,
            "<text x=\"{}\" y=\"{}\" font-family=\"EB Garamond\" font-size=\"{size}\" \
             fill=\"{INK}\">{}</text>",
            x + inset,
            y + inset + size * 0.8 + number as f32 * leading,
            escaped(fitting)
        );
    }
}

fn fitting<'t>(face: &Face, line: &'t str, width: f32) -> &'t str {
    let mut end = line.len();
    while end > 0 && face.width(&line[..end]) > width {
        end = line[..end]
            .char_indices()
            .next_back()
            .map_or(0, |(start, _)| start);
    }
    &line[..end]
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {
                safe.push(' ')
            }
            other => safe.push(other),
        }
    }
    safe
}
