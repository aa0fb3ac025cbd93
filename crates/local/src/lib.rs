//! Stable Diffusion 1.x, 2.x, XL and Turbo in this process, for the engine `diffusion`.
//!
//! A [`Model`] is loaded from a folder in the layout of Hugging Face's diffusers, every file of which is pinned by its
//! SHA-256. What its configuration files say is what is computed; what they say that isn't known here is refused. The
//! pictures are those that diffusers makes from the same weights, noise and schedule.

mod backend;
mod clip;
mod config;
mod error;
mod files;
mod layers;
mod model;
mod noise;
mod resnet;
mod room;
mod schedule;
mod transformer;
mod unet;
mod unet_config;
mod vae;
mod words;

pub use backend::open;
pub use error::Error;
pub use model::{Model, Wish};
pub use noise::{Noise, TorchNoise};
