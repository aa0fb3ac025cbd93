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

use daedal_core::engine::{Engine, Limits};

/// Width and height of a PNG, JPEG, WebP or SVG in pixels, once it could be opened; else what is wrong with it.
pub fn picture_size(name: &str, bytes: &[u8]) -> Result<(u32, u32), String> {
    let picture = picture::decode(name, bytes, None, &Limits::default());
    let picture = picture.map_err(|error| error.to_string())?;
    Ok((picture.width, picture.height))
}

/// Every engine, in alphabetical order of their names.
#[must_use]
pub fn all() -> Vec<Arc<dyn Engine>> {
    vec![
        Arc::new(caption::CaptionEngine::default()),
        Arc::new(choose::ChooseEngine::default()),
        Arc::new(grammar::GrammarEngine::default()),
        Arc::new(image::ImageEngine::default()),
        Arc::new(score::ScoreEngine::default()),
        Arc::new(sketch::Sketch::default()),
        Arc::new(template::TemplateEngine::default()),
    ]
}
