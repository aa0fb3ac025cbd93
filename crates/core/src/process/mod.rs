//! The process file: what a creative director writes and a stranger can read.

pub mod model;

pub use model::*;
