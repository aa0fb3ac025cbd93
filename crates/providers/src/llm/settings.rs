//! `[llm.NAME]`: the models of a studio as its settings have them, each under a name that processes use.

use serde::Deserialize;

/// A model, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// Whose protocol its server speaks.
    pub kind: Kind,
    /// The model, as its provider calls it.
    pub model: String,
    /// Base address of the server, such as `http://127.0.0.1:8080/v1`; the provider's own when absent.
    pub url: Option<String>,
    /// Name of the secret that is its key.
    pub key: Option<String>,
    /// What it costs.
    pub price: Option<PriceSettings>,
    /// Calls at once.
    pub concurrency: Option<usize>,
    /// Calls within a time, such as `60/m`.
    pub rate: Option<String>,
    /// How long one answer may take, such as `90s`; a share of the step's time when absent.
    pub timeout: Option<String>,
    /// Entries that answer in its place while it doesn't, in this order.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// Tokens of an answer where a step does not say.
    pub max_tokens: Option<u32>,
    /// How an answer in a form is asked for.
    pub structured: Option<Structured>,
    /// Whether it takes a seed.
    pub seed: Option<bool>,
    /// Most tokens that a picture counts for.
    pub image_tokens: Option<u32>,
    /// Whether an answer is heard as it is written, where a person looks.
    pub stream: Option<bool>,
}

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// OpenAI's, which most servers speak.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Google's.
    Gemini,
    /// Ollama's.
    Ollama,
}

impl Kind {
    /// Its name in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }

    pub(super) fn url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1/",
            Self::Anthropic => "https://api.anthropic.com/v1/",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta/",
            Self::Ollama => "http://localhost:11434/",
        }
    }

    /// Whether a request has a place for a seed.
    pub(super) fn has_seed(self) -> bool {
        !matches!(self, Self::Anthropic)
    }

    /// Whether a server can be asked for JSON of any form.
    pub(super) fn has_json(self) -> bool {
        matches!(self, Self::OpenAi | Self::Ollama)
    }

    /// More than any model of it has counted for one picture so far.
    pub(super) fn image_tokens(self) -> u32 {
        match self {
            Self::Anthropic => 5_000,
            Self::Gemini => 10_000,
            Self::OpenAi | Self::Ollama => 50_000,
        }
    }
}

/// How an answer in a form is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Structured {
    /// The server is given the JSON Schema and keeps to it.
    Schema,
    /// The server is asked for JSON; the schema stands in the prompt.
    Json,
    /// The schema stands in the prompt, and that is all.
    Text,
}

/// Price of a million tokens, such as `0.15 USD`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSettings {
    /// Of those that are read.
    pub input: String,
    /// Of those that are written.
    pub output: String,
}
