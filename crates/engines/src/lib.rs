//! The creative engines: one module each. They compute, call nobody, and give the same bytes for
//! the same task.

pub mod choose;
pub mod fonts;
pub mod grammar;
pub mod image;
pub mod score;
pub mod sketch;
pub mod template;
