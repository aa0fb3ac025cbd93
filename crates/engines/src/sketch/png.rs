//! Writes pictures as PNG: fast, and the same bytes for the same pixels.

use tiny_skia::Pixmap;

/// Encodes `pixmap` as 8-bit RGB, or RGBA where it is not opaque.
///
/// Row filter and level are fixed: fdeflate's fast mode writes a print-size picture in a few tens
/// of milliseconds, where the usual level takes longer than most sketches draw.
pub(crate) fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let opaque = pixmap.pixels().iter().all(|pixel| pixel.is_opaque());
    let mut bytes = Vec::with_capacity(pixmap.data().len() / 4);
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(if opaque {
        png::ColorType::Rgb
    } else {
        png::ColorType::Rgba
    });
    encoder.set_compression(png::Compression::Fast);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&if opaque {
        rgb(pixmap)
    } else {
        straight(pixmap)
    })?;
    writer.finish()?;
    Ok(bytes)
}

fn rgb(pixmap: &Pixmap) -> Vec<u8> {
    let mut bytes = vec![0; pixmap.data().len() / 4 * 3];
    for (to, from) in bytes.chunks_exact_mut(3).zip(pixmap.data().chunks_exact(4)) {
        to.copy_from_slice(&from[..3]);
    }
    bytes
}

/// RGBA with colours that are not multiplied by alpha, as PNG and `ImageData` have them.
pub(crate) fn straight(pixmap: &Pixmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pixmap.data().len());
    for pixel in pixmap.pixels() {
        let colour = pixel.demultiply();
        bytes.extend_from_slice(&[colour.red(), colour.green(), colour.blue(), colour.alpha()]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use tiny_skia::Color;

    use super::*;

    #[test]
    fn opaque_pictures_drop_alpha_and_read_back() {
        let mut pixmap = Pixmap::new(3, 2).unwrap();
        pixmap.fill(Color::from_rgba8(10, 20, 30, 255));
        let decoder = png::Decoder::new(std::io::Cursor::new(encode(&pixmap).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        assert_eq!(reader.info().color_type, png::ColorType::Rgb);
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        assert_eq!(&bytes[..3], &[10, 20, 30]);
    }

    #[test]
    fn transparent_pictures_keep_straight_colours() {
        let mut pixmap = Pixmap::new(1, 1).unwrap();
        pixmap.fill(Color::from_rgba8(200, 100, 0, 128));
        assert_eq!(straight(&pixmap), [199, 100, 0, 128]);
    }
}
