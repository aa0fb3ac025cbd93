//! The creative engines: one module each. They compute, call nobody, and give the same bytes for
//! the same task.

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

use daedal_core::engine::Engine;

/// Every engine, in alphabetical order of their names.
#[must_use]
pub fn all() -> Vec<Arc<dyn Engine>> {
    vec![
        Arc::new(choose::ChooseEngine::default()),
        Arc::new(grammar::GrammarEngine::default()),
        Arc::new(image::ImageEngine::default()),
        Arc::new(score::ScoreEngine::default()),
        Arc::new(sketch::Sketch::default()),
        Arc::new(template::TemplateEngine::default()),
    ]
}
