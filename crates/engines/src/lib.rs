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

use std::sync::Arc;

use daedal_core::engine::{Engine, Engines, Limits};

/// Width and height of a PNG, JPEG, WebP or SVG in pixels, once it could be opened; else what is wrong with it.
pub fn picture_size(name: &str, bytes: &[u8]) -> Result<(u32, u32), String> {
    let picture = picture::decode(name, bytes, None, &Limits::default());
    let picture = picture.map_err(|error| error.to_string())?;
    Ok((picture.width, picture.height))
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
}
