//! The example processes, carried in the binary.

use std::path::Path;

use include_dir::{Dir, include_dir};

use daedal_core::bundle::PROCESS_FILE;
use daedal_core::plan::SCHEMA_LINE;

static EXAMPLES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../examples");

/// The files of one example process.
pub(crate) struct Example(&'static Dir<'static>);

/// The names of all examples.
pub(crate) fn names() -> Vec<&'static str> {
    EXAMPLES
        .dirs()
        .filter_map(|dir| dir.path().to_str())
        .collect()
}

/// The example called `name`.
pub(crate) fn get(name: &str) -> Option<Example> {
    EXAMPLES
        .dirs()
        .find(|dir| dir.path().to_str() == Some(name))
        .map(Example)
}

impl Example {
    /// Writes its files below `dir`; under another name if one is given.
    pub(crate) fn write_to(&self, dir: &Path, name: Option<&str>) -> std::io::Result<()> {
        let mut pending = vec![self.0];
        while let Some(folder) = pending.pop() {
            pending.extend(folder.dirs());
            for file in folder.files() {
                let relative = file
                    .path()
                    .strip_prefix(self.0.path())
                    .unwrap_or(file.path());
                let place = dir.join(relative);
                if let Some(parent) = place.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                let text = file
                    .contents_utf8()
                    .filter(|_| relative == Path::new(PROCESS_FILE));
                match (text, name) {
                    (Some(text), Some(name)) => std::fs::write(place, renamed(text, name))?,
                    _ => std::fs::write(place, file.contents())?,
                }
            }
        }
        Ok(())
    }
}

/// A process file with another `name:`, and the line that editors look for the schema by.
fn renamed(text: &str, name: &str) -> String {
    let mut lines = vec![SCHEMA_LINE.to_owned()];
    lines.extend(
        text.lines()
            .filter(|line| !line.starts_with("# yaml-language-server:"))
            .map(|line| {
                if line.starts_with("name:") {
                    // Quoted, since `true` and `1e3` are not text in YAML.
                    format!("name: \"{name}\"")
                } else {
                    line.to_owned()
                }
            }),
    );
    lines.join("\n") + "\n"
}
