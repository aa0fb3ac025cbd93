//! The validated graph of a process: order, dependencies, fan-out.

pub mod model;

pub use model::*;
