//! Commands that a person is told to type: they have to work where they are pasted.

use std::path::Path;
use std::sync::OnceLock;

use crate::home::upwards;
use crate::text::quoted;

/// The studio of this command, as an option, where it would not be found from here without.
static STUDIO: OnceLock<String> = OnceLock::new();

/// Takes note of the studio that this command works in. A command works in one.
pub(crate) fn works_in(root: &Path) {
    STUDIO.get_or_init(|| {
        let here = std::env::current_dir().ok();
        let found = here.and_then(|here| upwards(&here));
        match found.and_then(|found| found.canonicalize().ok()) == root.canonicalize().ok() {
            true => String::new(),
            false => format!(" --studio {}", quoted(&root.display().to_string())),
        }
    });
}

/// How a command of this studio begins: `daedal`, and where the studio is if it takes saying.
pub(crate) fn daedal() -> String {
    format!("daedal{}", option())
}

/// The studio as the option that it takes, with a blank before it; nothing where it is found without.
pub(crate) fn option() -> &'static str {
    STUDIO.get().map_or("", String::as_str)
}
