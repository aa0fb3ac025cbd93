//! The creative engines: one module each. They compute, call nobody, and give the same bytes for
//! the same task. Two of them have programs of the system work for them, which receipts name.

pub mod audio;
pub mod caption;
pub mod choose;
mod difference;
pub mod fonts;
pub mod grammar;
pub mod image;
pub mod process;
pub mod score;
pub mod signature;
pub mod sketch;
pub mod template;
pub mod video;

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod docs_tests;
mod english;
mod measure;
mod picture;
mod task;
#[cfg(test)]
mod testing;
mod tool;

pub use difference::{Compared, difference};
pub use tool::Tools;

use std::io::Cursor;
use std::sync::Arc;

use ::image::ImageFormat;
use ::image::codecs::png::PngDecoder;
use ::image::codecs::webp::WebPDecoder;
use daedal_core::engine::{Engine, Engines, Limits};

/// Width and height of a PNG, JPEG, WebP or SVG in pixels, once it could be opened; else what is wrong with it.
pub fn picture_size(name: &str, bytes: &[u8]) -> Result<(u32, u32), String> {
    let picture = picture::decode(name, bytes, None, &Limits::default());
    let picture = picture.map_err(|error| error.to_string())?;
    Ok((picture.width, picture.height))
}

/// Whether a picture moves: a PNG or WebP of several frames.
#[must_use]
pub fn moves(picture: &[u8]) -> bool {
    let bytes = || Cursor::new(picture);
    let png = || PngDecoder::new(bytes()).and_then(|png| png.is_apng());
    let webp = || WebPDecoder::new(bytes()).map(|webp| webp.has_animation());
    match ::image::guess_format(picture) {
        Ok(ImageFormat::Png) => png().unwrap_or_default(),
        Ok(ImageFormat::WebP) => webp().unwrap_or_default(),
        _ => false,
    }
}

/// An SVG as a PNG of this width in pixels, drawn with the bundled type faces; else what is wrong with it.
pub fn png_of(name: &str, svg: &str, width: u32) -> Result<Vec<u8>, String> {
    let limits = Limits::default();
    picture::decode(name, svg.as_bytes(), Some(width.into()), &limits)
        .and_then(|picture| picture::encode(&picture, picture::Encoding::Png))
        .map_err(|error| error.to_string())
}

/// Every engine; those that need programs of the system take them from `tools`.
#[must_use]
pub fn all(tools: Tools) -> Engines {
    type Make = Box<dyn FnOnce() -> Arc<dyn Engine> + Send>;
    fn plain<E: Engine + Default + 'static>() -> Make {
        Box::new(|| Arc::new(E::default()))
    }
    let same = tools.clone();
    let made: [(_, Make); 11] = [
        (
            "audio",
            Box::new(|| Arc::new(audio::AudioEngine::new(same))),
        ),
        ("caption", plain::<caption::CaptionEngine>()),
        ("choose", plain::<choose::ChooseEngine>()),
        ("grammar", plain::<grammar::GrammarEngine>()),
        ("image", plain::<image::ImageEngine>()),
        ("process", plain::<process::ProcessEngine>()),
        ("score", plain::<score::ScoreEngine>()),
        ("signature", plain::<signature::SignatureEngine>()),
        ("sketch", plain::<sketch::Sketch>()),
        ("template", plain::<template::TemplateEngine>()),
        (
            "video",
            Box::new(|| Arc::new(video::VideoEngine::new(tools))),
        ),
    ];
    Engines::lazy(made)
}

#[cfg(test)]
mod tests {
    #[test]
    fn engines_are_found_by_their_names() {
        let all = super::all(super::Tools::default());
        let names: Vec<_> = all.iter().map(|engine| engine.spec().name).collect();
        assert_eq!(names.len(), 11);
        for name in names {
            assert_eq!(all.get(name).map(|engine| engine.spec().name), Some(name));
        }
    }

    #[test]
    fn a_picture_of_several_frames_moves() {
        let drawn = |frames: u32| {
            let mut file = Vec::new();
            let mut encoder = png::Encoder::new(&mut file, 1, 1);
            encoder.set_color(png::ColorType::Grayscale);
            if frames > 1 {
                encoder.set_animated(frames, 0).unwrap();
            }
            let mut writer = encoder.write_header().unwrap();
            (0..frames).for_each(|_| writer.write_image_data(&[7]).unwrap());
            writer.finish().unwrap();
            file
        };
        assert!(super::moves(&drawn(2)));
        assert!(!super::moves(&drawn(1)));
        assert!(!super::moves(b"RIFF\x04\0\0\0WEBP"));
    }
}
