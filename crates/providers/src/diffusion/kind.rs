//! The kinds of makers of pictures: for each a variant, and a row that names the file beside this one.

use serde::Deserialize;

use super::backend::Backend;
use super::settings::PainterSettings;
use super::{a1111, comfyui, openai, replicate};
use crate::SettingsError;
use crate::secrets::Reader;

/// Settings that every server has a place for.
const SERVERS: [&str; 8] = [
    "url",
    "model",
    "key",
    "price",
    "concurrency",
    "rate",
    "timeout",
    "fallback",
];

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// OpenAI's images API, which other servers speak, too.
    OpenAi,
    /// That of Stable Diffusion web UI, Forge and others.
    A1111,
    /// ComfyUI's, with a workflow of the studio.
    ComfyUi,
    /// Replicate's predictions API.
    Replicate,
    /// None: the model is in this process.
    Local,
}

/// Gives what a server is asked, by the name and the content of its section, and by who reads the studio's files.
type Open = fn(&str, &PainterSettings, &Reader) -> Result<Box<dyn Backend>, SettingsError>;

/// What is to be known of a kind.
struct Row {
    /// Its name in settings.
    name: &'static str,
    /// Settings that it has a place for, beside those of every server.
    takes: &'static [&'static str],
    /// Nothing where there is no server.
    open: Option<Open>,
}

impl Kind {
    fn row(self) -> Row {
        let server = |name, takes, open: Open| Row {
            name,
            takes,
            open: Some(open),
        };
        match self {
            Self::OpenAi => server("openai", &[], openai::open),
            Self::A1111 => server("a1111", &[], a1111::open),
            Self::ComfyUi => server("comfyui", &["workflow", "inputs", "outputs"], comfyui::open),
            Self::Replicate => server("replicate", &["inputs", "fixed"], replicate::open),
            Self::Local => Row {
                name: "local",
                takes: &[
                    "path",
                    "revision",
                    "sha256",
                    "device",
                    "memory_mib",
                    "pixels_max",
                ],
                open: None,
            },
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether it has a place for a setting.
    pub(super) fn takes(self, setting: &str) -> bool {
        let row = self.row();
        row.takes.contains(&setting) || (row.open.is_some() && SERVERS.contains(&setting))
    }

    /// What a server of the kind is asked; nothing where there is no server.
    pub(super) fn backend(
        self,
        section: &str,
        entry: &PainterSettings,
        read: &Reader,
    ) -> Result<Option<Box<dyn Backend>>, SettingsError> {
        let open = self.row().open;
        open.map(|open| open(section, entry, read)).transpose()
    }
}
