//! Shadows and filters: what happens to a layer before it is laid onto the canvas.
//!
//! Blurs are three box blurs, which come within a few percent of a Gaussian; sizes by SVG 1.1,
//! section 15.17. Colour matrices by the Filter Effects Module, section 9.

use tiny_skia::{Color, Pixmap, PremultipliedColorU8};

use super::state::Shadow;

/// One function of the `filter` attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Filter {
    /// Standard deviation in units.
    Blur(f64),
    /// Rows of red, green and blue: factors of r, g, b, and what is added.
    Colours([[f64; 4]; 3]),
    /// Factor of alpha.
    Opacity(f64),
}

/// Reads a `filter` value, such as `blur(4px) saturate(140%)`. None if it is not one.
pub(crate) fn parse(text: &str) -> Option<Vec<Filter>> {
    let mut rest = text.trim();
    if rest.is_empty() || rest == "none" {
        return Some(Vec::new());
    }
    let mut filters = Vec::new();
    while !rest.is_empty() {
        let (name, tail) = rest.split_once('(')?;
        let (argument, tail) = tail.split_once(')')?;
        filters.push(function(name.trim(), argument.trim())?);
        rest = tail.trim_start();
    }
    Some(filters)
}

fn function(name: &str, argument: &str) -> Option<Filter> {
    if name == "blur" {
        let pixels = argument.strip_suffix("px").unwrap_or(argument);
        let sigma: f64 = pixels.parse().ok()?;
        return (0.0..=1000.0)
            .contains(&sigma)
            .then_some(Filter::Blur(sigma));
    }
    if name == "hue-rotate" {
        let (digits, factor) = match argument.strip_suffix("deg") {
            Some(digits) => (digits, 1.0),
            None => (argument.strip_suffix("turn")?, 360.0),
        };
        let degrees = digits.trim().parse::<f64>().ok()? * factor;
        return degrees.is_finite().then(|| hue_rotate(degrees));
    }
    let amount = match argument.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok()? / 100.0,
        None if argument.is_empty() => 1.0,
        None => argument.parse().ok()?,
    };
    if !(0.0..=1000.0).contains(&amount) {
        return None;
    }
    let part = amount.min(1.0);
    Some(match name {
        "brightness" => same_for_all(amount, 0.0),
        "contrast" => same_for_all(amount, 0.5 - 0.5 * amount),
        "invert" => same_for_all(1.0 - 2.0 * part, part),
        "opacity" => Filter::Opacity(part),
        "saturate" => saturate(amount),
        "grayscale" => saturate(1.0 - part),
        "sepia" => sepia(part),
        _ => return None,
    })
}

fn same_for_all(factor: f64, added: f64) -> Filter {
    Filter::Colours([
        [factor, 0.0, 0.0, added],
        [0.0, factor, 0.0, added],
        [0.0, 0.0, factor, added],
    ])
}

const LUMA: [f64; 3] = [0.213, 0.715, 0.072];

fn saturate(amount: f64) -> Filter {
    let row = |own: usize| {
        let factor = |i: usize| LUMA[i] * (1.0 - amount) + if i == own { amount } else { 0.0 };
        [factor(0), factor(1), factor(2), 0.0]
    };
    Filter::Colours([row(0), row(1), row(2)])
}

fn sepia(amount: f64) -> Filter {
    let tone = [
        [0.393, 0.769, 0.189],
        [0.349, 0.686, 0.168],
        [0.272, 0.534, 0.131],
    ];
    let row = |own: usize| {
        let factor = |i: usize| tone[own][i] * amount + if i == own { 1.0 - amount } else { 0.0 };
        [factor(0), factor(1), factor(2), 0.0]
    };
    Filter::Colours([row(0), row(1), row(2)])
}

fn hue_rotate(degrees: f64) -> Filter {
    let angle = degrees.to_radians();
    let (cos, sin) = (libm::cos(angle), libm::sin(angle));
    let turned = [
        [-LUMA[0], -LUMA[1], 1.0 - LUMA[2]],
        [0.143, 0.140, -0.283],
        [-(1.0 - LUMA[0]), LUMA[1], LUMA[2]],
    ];
    let row = |own: usize| {
        let factor = |i: usize| {
            let kept = if i == own { 1.0 - LUMA[i] } else { -LUMA[i] };
            LUMA[i] + cos * kept + sin * turned[own][i]
        };
        [factor(0), factor(1), factor(2), 0.0]
    };
    Filter::Colours([row(0), row(1), row(2)])
}

/// How far the filters carry a pixel, in device pixels.
pub(crate) fn spread(filters: &[Filter], density: f64) -> i32 {
    filters
        .iter()
        .map(|filter| match filter {
            Filter::Blur(sigma) => (sigma * density * 3.0).min(1e5).ceil() as i32 + 1,
            _ => 0,
        })
        .fold(0, i32::saturating_add)
}

/// Applies the filters in turn.
pub(crate) fn apply(filters: &[Filter], layer: &mut Pixmap, density: f64) {
    for filter in filters {
        match filter {
            Filter::Blur(sigma) => blur(layer, sigma * density),
            Filter::Colours(matrix) => recolour(layer, matrix),
            Filter::Opacity(factor) => fade(layer, *factor),
        }
    }
}

fn recolour(layer: &mut Pixmap, matrix: &[[f64; 4]; 3]) {
    for pixel in layer.pixels_mut() {
        if pixel.alpha() == 0 {
            continue;
        }
        let colour = pixel.demultiply();
        let rgb = [colour.red(), colour.green(), colour.blue()].map(|part| f64::from(part) / 255.0);
        let part = |row: &[f64; 4]| {
            let value = row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2] + row[3];
            (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
        };
        *pixel = tiny_skia::ColorU8::from_rgba(
            part(&matrix[0]),
            part(&matrix[1]),
            part(&matrix[2]),
            colour.alpha(),
        )
        .premultiply();
    }
}

fn fade(layer: &mut Pixmap, factor: f64) {
    let factor = (factor * 256.0) as u32;
    for byte in layer.data_mut() {
        *byte = ((u32::from(*byte) * factor) >> 8) as u8;
    }
}

/// The standard deviation of a shadow in device pixels: half its blur, as the standard says.
fn shadow_sigma(shadow: &Shadow, density: f64) -> f64 {
    shadow.blur.min(1000.0) * density / 2.0
}

/// How far a shadow spreads beyond its shape, in device pixels.
pub(crate) fn shadow_margin(shadow: &Shadow, density: f64) -> i32 {
    (shadow_sigma(shadow, density) * 3.0).ceil() as i32 + 1
}

/// How far a shadow lies from its shape, in device pixels.
pub(crate) fn shadow_offset(shadow: &Shadow, density: f64) -> (i32, i32) {
    let offset = |units: f64| (units * density).round().clamp(-1e6, 1e6) as i32;
    (offset(shadow.x), offset(shadow.y))
}

/// The shadow of a layer at `at`: its pixels, and where they lie.
pub(crate) fn cast(
    layer: &Pixmap,
    at: (i32, i32),
    shadow: &Shadow,
    density: f64,
) -> (Pixmap, (i32, i32)) {
    let sigma = shadow_sigma(shadow, density);
    let margin = shadow_margin(shadow, density) as u32;
    let (width, height) = (layer.width() + 2 * margin, layer.height() + 2 * margin);
    let Some(mut cast) = Pixmap::new(width, height) else {
        return (layer.clone(), at);
    };
    let colour = shadow.colour.to_skia();
    for y in 0..layer.height() {
        let from = (y * layer.width()) as usize;
        let to = ((y + margin) * width + margin) as usize;
        let row = &layer.pixels()[from..from + layer.width() as usize];
        for (to, from) in cast.pixels_mut()[to..].iter_mut().zip(row) {
            *to = tinted(colour, from.alpha());
        }
    }
    blur(&mut cast, sigma);
    let (x, y) = shadow_offset(shadow, density);
    let margin = margin as i32;
    (cast, (at.0 + x - margin, at.1 + y - margin))
}

fn tinted(colour: Color, alpha: u8) -> PremultipliedColorU8 {
    let mut colour = colour;
    colour.apply_opacity(f32::from(alpha) / 255.0);
    colour.premultiply().to_color_u8()
}

/// Blurs with standard deviation `sigma`, in device pixels.
pub(crate) fn blur(layer: &mut Pixmap, sigma: f64) {
    if sigma < 0.3 {
        return;
    }
    // d = sigma * 3 * sqrt(2 pi) / 4 + 0.5
    let size = ((sigma * 1.879_971_2 + 0.5) as usize).max(1);
    let (left, right) = (size / 2, size - size / 2 - 1);
    let boxes = if size % 2 == 1 {
        [(left, right); 3]
    } else {
        [
            (left, size - left - 1),
            (size - left - 1, left),
            (size / 2, size / 2),
        ]
    };
    let (width, height) = (layer.width() as usize, layer.height() as usize);
    let mut line = vec![[0_u8; 4]; width.max(height)];
    for y in 0..height {
        blur_line(layer.data_mut(), y * width, 1, width, &boxes, &mut line);
    }
    for x in 0..width {
        blur_line(layer.data_mut(), x, width, height, &boxes, &mut line);
    }
}

/// Averages one row or column in place, three times.
fn blur_line(
    data: &mut [u8],
    first: usize,
    step: usize,
    length: usize,
    boxes: &[(usize, usize); 3],
    line: &mut [[u8; 4]],
) {
    let place = |i: usize| (first + i * step) * 4;
    for &(before, after) in boxes {
        for (i, pixel) in line[..length].iter_mut().enumerate() {
            pixel.copy_from_slice(&data[place(i)..place(i) + 4]);
        }
        let size = (before + after + 1) as u32;
        let mut sum = [0_u32; 4];
        let add = |sum: &mut [u32; 4], pixel: &[u8; 4]| {
            for (sum, part) in sum.iter_mut().zip(pixel) {
                *sum += u32::from(*part);
            }
        };
        for pixel in &line[..after.min(length)] {
            add(&mut sum, pixel);
        }
        for i in 0..length {
            if i + after < length {
                add(&mut sum, &line[i + after]);
            }
            if i > before {
                for (sum, part) in sum.iter_mut().zip(&line[i - before - 1]) {
                    *sum -= u32::from(*part);
                }
            }
            for (part, sum) in sum.iter().enumerate() {
                data[place(i) + part] = ((sum + size / 2) / size) as u8;
            }
        }
    }
}
