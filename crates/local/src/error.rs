//! Why a model can't be loaded, or makes no picture.

use daedal_core::engine::EngineError;

/// Why a model can't be loaded, or makes no picture.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model or the wish is wrong.
    #[error("{0}")]
    Invalid(String),
    /// It would take more than it may.
    #[error("{0}")]
    Limit(String),
    /// It was told to stop.
    #[error("stopped")]
    Stopped,
    /// Numbers that can't be computed with: weights that do not fit the configuration, a device that failed.
    #[error(
        "the model can't be computed with ({0}): its weights and its config.json have to belong together"
    )]
    Numbers(#[from] candle_core::Error),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::Stopped => Self::Stopped,
            Error::Limit(message) => Self::limit(message),
            other => Self::invalid(other.to_string()),
        }
    }
}
