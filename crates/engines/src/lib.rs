//! The creative engines: one module each. They compute, call nobody, and give the same bytes for
//! the same task.

pub mod caption;
pub mod choose;
mod difference;
pub mod fonts;
pub mod grammar;
pub mod image;
pub mod score;
pub mod sketch;
pub mod template;

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

pub use difference::{Compared, difference};

use std::sync::Arc;

use daedal_core::engine::{Engine, Engines, Limits};

/// Width and height of a PNG, JPEG, WebP or SVG in pixels, once it could be opened; else what is wrong with it.
pub fn picture_size(name: &str, bytes: &[u8]) -> Result<(u32, u32), String> {
    let picture = picture::decode(name, bytes, None, &Limits::default());
    let picture = picture.map_err(|error| error.to_string())?;
    Ok((picture.width, picture.height))
}

/// Every engine.
#[must_use]
pub fn all() -> Engines {
    let made: [(_, fn() -> Arc<dyn Engine>); 7] = [
        ("caption", || Arc::new(caption::CaptionEngine::default())),
        ("choose", || Arc::new(choose::ChooseEngine::default())),
        ("grammar", || Arc::new(grammar::GrammarEngine::default())),
        ("image", || Arc::new(image::ImageEngine::default())),
        ("score", || Arc::new(score::ScoreEngine::default())),
        ("sketch", || Arc::new(sketch::Sketch::default())),
        ("template", || Arc::new(template::TemplateEngine::default())),
    ];
    Engines::lazy(made)
}

#[cfg(test)]
mod tests {
    #[test]
    fn engines_are_found_by_their_names() {
        let all = super::all();
        let names: Vec<_> = all.iter().map(|engine| engine.spec().name).collect();
        assert_eq!(names.len(), 7);
        for name in names {
            assert_eq!(all.get(name).map(|engine| engine.spec().name), Some(name));
        }
    }
}
