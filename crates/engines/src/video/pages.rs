//! Stills of a film: its poster, a thumbnail, and a contact sheet with one of every shot.

use std::fmt::Write as _;

use daedal_core::engine::{EngineError, TaskContext};
use serde_json::{Value, json};
use tiny_skia::{Color, Pixmap, PixmapPaint, Transform};

use super::cutting::Cutting;
use super::lettering::escaped;
use super::shots::Shot;
use crate::measure::{Face, wrap};
use crate::picture::{Encoding, Filter, Picture, encode, svg};

/// Longer side of a thumbnail.
const THUMBNAIL: f64 = 480.0;
const QUALITY: u8 = 90;
/// Shots that a contact sheet shows in large stills, in six columns.
const LARGE_MAX: usize = 96;
/// Columns of small ones.
const COLUMNS: usize = 15;
const MARGIN: f32 = 44.0;
const GAP: f32 = 24.0;
const LINE: f32 = 19.0;
/// Lines under a still: its number and time, and what is said.
const LINES: usize = 3;
const PAPER: [u8; 3] = [0xf4, 0xf1, 0xea];
const INK: &str = "#23201c";
const QUIET: &str = "#8a8378";

/// Keeps a picture as a JPEG; gives the asset with its size.
pub(super) fn still(
    picture: &Picture,
    aspect: &str,
    context: &TaskContext<'_>,
) -> Result<Value, EngineError> {
    let bytes = encode(picture, Encoding::Jpeg(QUALITY))?;
    let mut value = context.write("image/jpeg", &bytes)?.to_value();
    value["aspect"] = json!(aspect);
    (value["width"], value["height"]) = (json!(picture.width), json!(picture.height));
    Ok(value)
}

pub(super) fn small(picture: &Picture) -> Picture {
    let (width, height) = picture.size_within(THUMBNAIL, THUMBNAIL);
    picture.resized(width, height, Filter::Lanczos3)
}

/// The longer side of a still on the contact sheet of so many shots: all of them have to find room.
pub(super) fn still_side(shots: usize) -> f64 {
    if shots <= LARGE_MAX { 320.0 } else { 160.0 }
}

/// Draws the contact sheet.
pub(super) fn contact_sheet(
    stills: &[(usize, Picture)],
    shots: &[Shot],
    cutting: &Cutting,
    context: &TaskContext<'_>,
) -> Result<Value, EngineError> {
    let columns = match stills.len() {
        0..=3 => stills.len().max(1),
        4 => 2,
        5..=9 => 3,
        10..=24 => 4,
        25..=LARGE_MAX => 6,
        _ => COLUMNS,
    };
    let (width, height) = stills.iter().fold((0_u32, 0_u32), |most, (_, picture)| {
        (most.0.max(picture.width), most.1.max(picture.height))
    });
    let cell = (
        width as f32 + GAP,
        height as f32 + LINE * (LINES as f32 + 0.6) + GAP,
    );
    let rows = stills.len().div_ceil(columns);
    let size = (
        (columns as f32 * cell.0 - GAP + MARGIN * 2.0).ceil() as u32,
        (rows as f32 * cell.1 - GAP + MARGIN * 2.0).ceil() as u32,
    );
    let place = |at: usize| {
        let (column, row) = (at % columns, at / columns);
        (
            MARGIN + column as f32 * cell.0,
            MARGIN + row as f32 * cell.1,
        )
    };
    let mut pixmap = Pixmap::new(size.0, size.1)
        .ok_or_else(|| EngineError::limit("the contact sheet is too large to draw"))?;
    pixmap.fill(Color::from_rgba8(PAPER[0], PAPER[1], PAPER[2], 255));
    let face = Face::find("IBM Plex Sans", 400, false, 13.0, 0.0).map_err(EngineError::invalid)?;
    let mut page = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\">",
        size.0, size.1
    );
    for (at, (index, _)) in stills.iter().enumerate() {
        let ((x, y), slot) = (place(at), cutting.slots[*index]);
        let line = |row: f32| y + height as f32 + LINE * row;
        // Writing into a String can't fail.
        let _ = write!(
            page,
            "<g font-family=\"'IBM Plex Sans'\" font-size=\"13\"><text x=\"{x}\" y=\"{}\" font-weight=\"500\" fill=\"{INK}\">{}</text>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"{QUIET}\">{} – {}</text>",
            line(1.0),
            index + 1,
            x + width as f32,
            line(1.0),
            clock(cutting.seconds_at(slot.start)),
            clock(cutting.seconds_at(slot.end)),
        );
        let said = wrap(&face, &shots[*index].caption, width as f32);
        for (row, said) in said.iter().take(LINES - 1).enumerate() {
            let _ = write!(
                page,
                "<text x=\"{x}\" y=\"{}\" fill=\"{INK}\">{}</text>",
                line(row as f32 + 2.0),
                escaped(said)
            );
        }
        page.push_str("</g>");
    }
    page.push_str("</svg>");
    svg::draw(&svg::parse("contact sheet", &page)?, &mut pixmap.as_mut());
    for (at, (_, picture)) in stills.iter().enumerate() {
        let (x, y) = place(at);
        let layer = picture.clone().into_pixmap()?;
        let paint = PixmapPaint::default();
        pixmap.draw_pixmap(
            x as i32,
            y as i32,
            layer.as_ref(),
            &paint,
            Transform::identity(),
            None,
        );
    }
    let sheet = Picture::from_pixmap(pixmap);
    let mut value = context
        .write("image/png", &encode(&sheet, Encoding::Png)?)?
        .to_value();
    (value["width"], value["height"]) = (json!(sheet.width), json!(sheet.height));
    Ok(value)
}

/// `1:02.4`.
fn clock(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}
