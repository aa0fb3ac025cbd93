//! The signature of a process: what its references look like, how far a picture is from them, and an engine
//! that lets through what keeps to it. `docs/signature.md` has the formulas and their sources.

mod colours;
mod engine;
#[cfg(test)]
mod gate_tests;
mod measure;
mod profile;
mod references;
mod shown;
mod statistic;
#[cfg(test)]
mod tests;

pub use colours::Swatch;
pub use engine::SignatureEngine;
pub use profile::{
    Distance, NEAR, PROFILE_FILE, Profile, REFERENCES_MAX, Reference, TOLERANCE, Verdict,
};
pub use shown::Shown;
pub use statistic::{Aspect, Traits};

pub(crate) use references::References;
