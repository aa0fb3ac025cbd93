//! How two pictures differ, as a number and to look at.

use daedal_core::engine::Limits;

use crate::picture::{Colour, Encoding, Picture, decode, encode, svg};

/// Longest side of each of the pictures beside one another, in pixels.
const SIDE_MAX: f64 = 900.0;
/// Shortest side of a column, in which its label fits.
const COLUMN_MIN: u32 = 136;
/// Space between columns, in pixels.
const GAP: u32 = 12;
/// Height of the labels above them, in pixels.
const HEAD: u32 = 28;
const LABELS: [&str; 3] = ["as it was", "as it is here", "where they differ"];

/// How two pictures differ.
pub struct Compared {
    /// Mean distance of their channels, from 0 for the same to 1 for black and white.
    pub distance: f64,
    /// A PNG: the one as it was, the other as it is, and where they differ, with the largest difference in white; each
    /// below its label.
    pub png: Vec<u8>,
}

/// Compares two pictures (PNG, JPEG, WebP or SVG) of one size; none if they are not that.
#[must_use]
pub fn difference(one: &[u8], other: &[u8]) -> Option<Compared> {
    let limits = Limits::default();
    let one = decode("one", one, None, &limits).ok()?;
    let other = decode("other", other, None, &limits).ok()?;
    if (one.width, one.height) != (other.width, other.height) {
        return None;
    }
    let channels = one.pixels.iter().zip(&other.pixels);
    let apart: Vec<u8> = channels.map(|(a, b)| a.abs_diff(*b)).collect();
    let sum: u64 = apart.iter().copied().map(u64::from).sum();
    #[allow(clippy::cast_precision_loss)] // fewer than 2^53
    let distance = sum as f64 / (apart.len() as f64 * 255.0);
    let most = apart.iter().copied().max().unwrap_or(0).max(1);
    let mut shown = Picture::filled(one.width, one.height, Colour::WHITE);
    for (pixel, apart) in shown.rgba_mut().zip(apart.as_chunks::<4>().0) {
        let worst = apart.iter().copied().max().unwrap_or(0);
        let level = u8::try_from(u16::from(worst) * 255 / u16::from(most)).unwrap_or(u8::MAX);
        *pixel = [level, level, level, 255];
    }
    let (width, height) = match f64::from(one.width.max(one.height)) > SIDE_MAX {
        true => one.size_within(SIDE_MAX, SIDE_MAX),
        false => (one.width, one.height),
    };
    let all = [one, other, shown].map(|picture| picture.resized(width, height, Default::default()));
    let column = width.max(COLUMN_MIN);
    let left = |place: u32| place * (column + GAP);
    let (across, down) = (left(3) - GAP, height + HEAD);
    let mut labels =
        format!("<svg xmlns='http://www.w3.org/2000/svg' width='{across}' height='{down}'>");
    for (place, label) in (0..).zip(LABELS) {
        let left = left(place);
        labels += &format!(
            "<text x='{left}' y='19' font-family='IBM Plex Sans' font-size='15'>{label}</text>"
        );
    }
    labels += "</svg>";
    let mut pixmap = Picture::filled(across, down, Colour::WHITE)
        .into_pixmap()
        .ok()?;
    svg::draw(&svg::parse("labels", &labels).ok()?, &mut pixmap.as_mut());
    let mut wall = Picture::from_pixmap(pixmap);
    for (place, picture) in (0..).zip(&all) {
        for y in 0..height {
            let from = ((y + HEAD) as usize * wall.width as usize + left(place) as usize) * 4;
            wall.pixels[from..from + width as usize * 4].copy_from_slice(picture.row(y));
        }
    }
    let png = encode(&wall, Encoding::Png).ok()?;
    Some(Compared { distance, png })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_compared_channel_by_channel() {
        let grey = |level: u8| {
            let picture = Picture::filled(10, 4, Colour([level, level, level, 255]));
            encode(&picture, Encoding::Png).unwrap()
        };
        let compared = difference(&grey(10), &grey(10)).unwrap();
        assert_eq!(compared.distance, 0.0);
        let compared = difference(&grey(0), &grey(51)).unwrap();
        // Three of four channels differ by a fifth.
        assert!(
            (compared.distance - 0.15).abs() < 1e-9,
            "{}",
            compared.distance
        );
        let wall = decode("wall", &compared.png, None, &Limits::default()).unwrap();
        assert_eq!((wall.width, wall.height), (432, 32));
        let at = |x: usize| &wall.row(28)[x * 4..x * 4 + 3];
        assert_eq!(
            (at(0), at(148), at(296)),
            (&[0; 3][..], &[51; 3][..], &[255; 3][..])
        );
        // Each has its label.
        for column in 0..3 {
            let dark = |y: u32| {
                let row = &wall.row(y)[column * 148 * 4..(column * 148 + 136) * 4];
                row.iter().any(|level| *level < 60)
            };
            assert!((0..28).any(dark), "column {column}");
        }
        assert!(difference(&grey(1), b"no picture").is_none());
    }
}
