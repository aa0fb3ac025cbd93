//! Pictures as files. Encoders are fixed: the same pixels give the same bytes.

use daedal_core::engine::EngineError;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::Picture;

/// A file format for pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Lossless.
    Png,
    /// Lossy, without transparency; quality from 1 to 100.
    Jpeg(u8),
    /// Lossless.
    WebP,
}

impl Encoding {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg(_) => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

/// Encodes `picture`. JPEG shows what is transparent as white.
pub(crate) fn encode(picture: &Picture, encoding: Encoding) -> Result<Vec<u8>, EngineError> {
    let opaque = picture.is_opaque();
    let (pixels, colours) = if opaque || matches!(encoding, Encoding::Jpeg(_)) {
        (over_white(picture), ExtendedColorType::Rgb8)
    } else {
        (picture.pixels.clone(), ExtendedColorType::Rgba8)
    };
    let (width, height) = (picture.width, picture.height);
    let mut bytes = Vec::new();
    let written = match encoding {
        Encoding::Png => {
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
                .write_image(&pixels, width, height, colours)
        }
        Encoding::Jpeg(quality) => JpegEncoder::new_with_quality(&mut bytes, quality)
            .write_image(&pixels, width, height, colours),
        Encoding::WebP => {
            WebPEncoder::new_lossless(&mut bytes).write_image(&pixels, width, height, colours)
        }
    };
    written
        .map_err(|error| EngineError::invalid(format!("the picture can't be encoded: {error}")))?;
    Ok(bytes)
}

fn over_white(picture: &Picture) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(picture.pixels.len() / 4 * 3);
    for [r, g, b, a] in picture.rgba() {
        let paper = 255 - a;
        pixels.extend([r, g, b].map(|channel| super::multiply(channel, a) + paper));
    }
    pixels
}
