//! A picture in memory, and how it is read and written.

mod colour;
mod encode;
mod plane;
pub(crate) mod svg;
#[cfg(test)]
mod tests;

use std::io::Cursor;

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Files, Limits, Task, TaskContext};
use fast_image_resize as fir;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use serde_json::{Value, json};
use tiny_skia::{IntSize, Pixmap};

pub(crate) use colour::{Colour, Oklab, linear_to_srgb, srgb_to_linear};
pub(crate) use encode::{Encoding, encode};
pub(crate) use plane::Plane;

use crate::task::label;

/// Longest side, in pixels.
pub(crate) const SIDE_MAX: u32 = 16_384;
/// Pixels of one picture.
pub(crate) const PIXELS_MAX: u64 = 100_000_000;
/// What a PNG may unpack beside its pixels: rows, a colour profile, texts.
const PNG_ASIDE_BYTES_MAX: u64 = 32 << 20;
/// What working on one pixel takes: the picture, a copy, and a buffer.
const WORKING_BYTES: u64 = 10;

/// Pixels in sRGB with straight alpha, 8 bits each: red, green, blue, alpha, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// How pixels are weighed when a picture changes its size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Filter {
    Nearest,
    Bilinear,
    CatmullRom,
    Mitchell,
    #[default]
    Lanczos3,
}

impl Picture {
    /// A picture of one colour. The size has been checked by [`check_size`].
    pub(crate) fn filled(width: u32, height: u32, colour: Colour) -> Self {
        let count = width as usize * height as usize;
        Self {
            width,
            height,
            pixels: colour.0.repeat(count),
        }
    }

    /// The pixels as arrays.
    pub(crate) fn rgba(&self) -> impl Iterator<Item = [u8; 4]> + '_ {
        self.pixels.as_chunks::<4>().0.iter().copied()
    }

    /// The pixels as arrays that can be changed.
    pub(crate) fn rgba_mut(&mut self) -> impl Iterator<Item = &mut [u8; 4]> {
        self.pixels.as_chunks_mut::<4>().0.iter_mut()
    }

    /// The row `y`.
    pub(crate) fn row(&self, y: u32) -> &[u8] {
        let stride = self.width as usize * 4;
        &self.pixels[y as usize * stride..][..stride]
    }

    /// Whether every pixel is opaque.
    pub(crate) fn is_opaque(&self) -> bool {
        self.rgba().all(|[.., alpha]| alpha == u8::MAX)
    }

    /// The same picture in another size. The size has been checked by [`check_size`].
    ///
    /// Eight-bit convolution is integer arithmetic: every instruction set gives the same bytes.
    pub(crate) fn resized(&self, width: u32, height: u32, filter: Filter) -> Self {
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let algorithm = match filter {
            Filter::Nearest => fir::ResizeAlg::Nearest,
            Filter::Bilinear => fir::ResizeAlg::Convolution(fir::FilterType::Bilinear),
            Filter::CatmullRom => fir::ResizeAlg::Convolution(fir::FilterType::CatmullRom),
            Filter::Mitchell => fir::ResizeAlg::Convolution(fir::FilterType::Mitchell),
            Filter::Lanczos3 => fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3),
        };
        let options = fir::ResizeOptions::new()
            .resize_alg(algorithm)
            .use_alpha(!self.is_opaque());
        let mut target = fir::images::Image::new(width, height, fir::PixelType::U8x4);
        let source =
            fir::images::ImageRef::new(self.width, self.height, &self.pixels, fir::PixelType::U8x4);
        if let Ok(source) = source {
            // Fails only for another pixel type or a crop outside of the source.
            let _ = fir::Resizer::new().resize(&source, &mut target, &options);
        }
        Self {
            width,
            height,
            pixels: target.into_vec(),
        }
    }

    /// The largest size of the same shape that fits in `width` × `height`, at least one pixel.
    pub(crate) fn size_within(&self, width: f64, height: f64) -> (u32, u32) {
        let scale = (width / f64::from(self.width)).min(height / f64::from(self.height));
        let side = |length: u32| (f64::from(length) * scale).round().max(1.0) as u32;
        (side(self.width), side(self.height))
    }

    /// Pixels with premultiplied alpha, to draw on.
    pub(crate) fn into_pixmap(mut self) -> Result<Pixmap, EngineError> {
        for [r, g, b, a] in self.rgba_mut() {
            for channel in [r, g, b] {
                *channel = multiply(*channel, *a);
            }
        }
        IntSize::from_wh(self.width, self.height)
            .and_then(|size| Pixmap::from_vec(self.pixels, size))
            .ok_or_else(|| EngineError::invalid("a picture has at least one pixel"))
    }

    /// What was drawn.
    pub(crate) fn from_pixmap(pixmap: Pixmap) -> Self {
        Self {
            width: pixmap.width(),
            height: pixmap.height(),
            pixels: pixmap.take_demultiplied(),
        }
    }
}

/// `value * alpha / 255`, rounded.
fn multiply(value: u8, alpha: u8) -> u8 {
    let product = u32::from(value) * u32::from(alpha) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

/// Refuses a size that is empty, too large, or more than the task's memory holds.
pub(crate) fn check_size(
    what: &str,
    width: f64,
    height: f64,
    limits: &Limits,
) -> Result<(u32, u32), EngineError> {
    let (width, height) = (width.round(), height.round());
    if !(width >= 1.0 && height >= 1.0) {
        return Err(EngineError::invalid(format!(
            "{what} would be {width} × {height} pixels: expected at least 1 × 1"
        )));
    }
    let side_max = f64::from(SIDE_MAX);
    if width > side_max || height > side_max || width * height > PIXELS_MAX as f64 {
        return Err(EngineError::limit(format!(
            "{what} is {width} × {height} pixels, more than the limit of {SIDE_MAX} a side and \
             {PIXELS_MAX} in all; make it smaller first"
        )));
    }
    let needed = width as u64 * height as u64 * WORKING_BYTES;
    if needed > limits.memory_bytes_max {
        return Err(EngineError::limit(format!(
            "{what} is {width} × {height} pixels, which takes {} MiB to work on, more than the \
             {} MiB that the task may use",
            needed >> 20,
            limits.memory_bytes_max >> 20
        )));
    }
    Ok((width as u32, height as u32))
}

/// JSON Schema of a field that takes a picture.
pub(crate) fn schema(description: &str) -> Value {
    json!({
        "type": "object",
        "format": "asset",
        "properties": {
            "media_type": { "enum": ["image/png", "image/jpeg", "image/webp", "image/svg+xml"] }
        },
        "description": description
    })
}

/// What is wrong with the files that fields name as pictures, as far as their beginnings tell.
pub(crate) fn check_files<'v>(
    fields: impl Iterator<Item = &'v Value>,
    files: &Files<'_>,
) -> Vec<String> {
    let paths = fields.filter_map(|field| field.as_str().filter(|path| !path.contains("{{")));
    let problems = paths.filter_map(|path| {
        let limits = Limits::default();
        let opened = open(path, &files(path)?, &limits).map(|_| ());
        opened.err().map(|error| error.to_string())
    });
    problems.collect()
}

/// Reads the picture that `asset` is. An SVG is drawn `svg_width` pixels wide, or in its own size.
pub(crate) fn read(
    task: &Task,
    context: &TaskContext<'_>,
    asset: &AssetRef,
    svg_width: Option<f64>,
) -> Result<Picture, EngineError> {
    let name = label(task, asset);
    decode(&name, &context.read(asset)?, svg_width, &task.limits)
}

/// Reads PNG, JPEG, WebP or SVG. The size is checked by the header, before anything is unpacked.
pub(crate) fn decode(
    name: &str,
    bytes: &[u8],
    svg_width: Option<f64>,
    limits: &Limits,
) -> Result<Picture, EngineError> {
    let (format, mut decoder) = match open(name, bytes, limits)? {
        Opened::Svg(tree) => return svg::rasterise(name, &tree, svg_width, limits),
        Opened::Pixels(format, decoder) => (format, decoder),
    };
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image =
        DynamicImage::from_decoder(decoder).map_err(|error| damaged(name, format, &error))?;
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    Ok(Picture {
        width: image.width(),
        height: image.height(),
        pixels: image.into_raw(),
    })
}

/// A picture whose pixels have not been unpacked.
enum Opened<'b> {
    Svg(Box<svg::Tree>),
    Pixels(ImageFormat, Box<dyn ImageDecoder + 'b>),
}

fn open<'b>(name: &str, bytes: &'b [u8], limits: &Limits) -> Result<Opened<'b>, EngineError> {
    if svg::is_svg(bytes) {
        let text = crate::task::utf8(name, bytes).map_err(EngineError::invalid)?;
        return Ok(Opened::Svg(Box::new(svg::parse(name, &text)?)));
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        Ok(other) => {
            return Err(EngineError::invalid(format!(
                "`{name}` is a {} file, which is not read here: convert it to PNG, JPEG or WebP",
                other.extensions_str().first().unwrap_or(&"foreign")
            )));
        }
        Err(_) => {
            return Err(EngineError::invalid(format!(
                "`{name}` is not a picture: expected PNG, JPEG, WebP or SVG"
            )));
        }
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(unpacking(format, limits));
    let decoder = reader
        .into_decoder()
        .map_err(|error| damaged(name, format, &error))?;
    let (width, height) = decoder.dimensions();
    check_size(&format!("`{name}`"), width.into(), height.into(), limits)?;
    Ok(Opened::Pixels(format, Box::new(decoder)))
}

/// How much a decoder may allocate. The library of PNG leaves the pixels out of it, whose size is checked by the
/// header: what remains could only be a bomb.
pub(crate) fn unpacking(format: ImageFormat, limits: &Limits) -> image::Limits {
    let aside = match format {
        ImageFormat::Png => PNG_ASIDE_BYTES_MAX,
        _ => u64::MAX,
    };
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.memory_bytes_max.min(aside));
    allowed
}

fn damaged(name: &str, format: ImageFormat, error: &image::ImageError) -> EngineError {
    let format = format!("{format:?}").to_uppercase();
    EngineError::invalid(format!("`{name}` is damaged, or no {format} file: {error}"))
}
