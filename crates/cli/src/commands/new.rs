//! `daedal new`

use std::path::{Path, PathBuf};

use daedal_core::plan::SCHEMA_FILE;
use daedal_core::process::suggestion;

use crate::assemble;
use crate::examples;
use crate::failure::Failure;
use crate::home::upwards;
use crate::settings::{IGNORED_NEW, SETTINGS_FILE, SETTINGS_NEW};
use crate::text::quoted;
use crate::ui::Ui;

/// Writes a new process to begin with.
#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// Directory to make; its name becomes the name of the process
    dir: PathBuf,
    /// What to begin with: starter, tidal-almanac, loom-notes, small-hours or night-ferry
    #[arg(long, value_name = "EXAMPLE", default_value = "starter")]
    from: String,
}

impl New {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let name = process_name(&self.dir)?;
        let example = examples::get(&self.from).ok_or_else(|| {
            Failure::new(format!("there is no example `{}`", self.from))
                .help(suggestion(&self.from, examples::names()))
        })?;
        make(&self.dir, |staged| example.write_to(staged, Some(&name)))?;
        let value = serde_json::json!({ "process": name, "directory": self.dir });
        let dir = quoted(&self.dir.display().to_string());
        let text = format!(
            "made {dir}/process.yaml, from {}\n\n  daedal check {dir}    show its plan\n  \
             daedal run {dir}      carry it out\n",
            self.from
        );
        ui.result(&value, &text);
        Ok(0)
    }
}

/// Makes a directory with the files that `write` writes, all or nothing, with a studio around them and
/// the schema that editors complete from.
pub(super) fn make(
    dir: &Path,
    write: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<(), Failure> {
    require_free(dir)?;
    let parent = dir
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let failed = |error: &std::io::Error| {
        Failure::because(format!("{} can't be made", dir.display()), error)
    };
    std::fs::create_dir_all(parent).map_err(|error| failed(&error))?;
    let staged = tempfile::Builder::new()
        .prefix(".daedal-new-")
        .tempdir_in(parent)
        .map_err(|error| failed(&error))?;
    write(staged.path())
        .and_then(|()| {
            let schema = daedal_core::plan::schema(&assemble::engines());
            let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            std::fs::write(staged.path().join(SCHEMA_FILE), text)?;
            // A process in a studio belongs to it; elsewhere it gets one of its own.
            if upwards(staged.path()).is_none() {
                std::fs::write(staged.path().join(SETTINGS_FILE), SETTINGS_NEW)?;
                std::fs::write(staged.path().join(".gitignore"), IGNORED_NEW)?;
            }
            open_to_all(staged.path())?;
            std::fs::rename(staged.path(), dir)
        })
        .map_err(|error| failed(&error))?;
    // Renamed away: nothing is left to remove.
    let _ = staged.keep();
    Ok(())
}

/// Refuses a place that is taken.
pub(super) fn require_free(dir: &Path) -> Result<(), Failure> {
    match dir.exists() {
        false => Ok(()),
        true => Err(Failure::new(format!("{} exists already", dir.display()))
            .help("name a directory that is not there yet")),
    }
}

/// A temporary directory is its owner's alone; a process need not be.
fn open_to_all(dir: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))?;
    }
    let _ = dir;
    Ok(())
}

/// The name of a process in `dir`: its last part, in the letters that names have.
pub(super) fn process_name(dir: &Path) -> Result<String, Failure> {
    let last = dir
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let mut name: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .collect();
    name.truncate(64);
    let name = name.trim_matches('-').to_owned();
    if name.is_empty() {
        return Err(
            Failure::new(format!("no name can be made of `{}`", dir.display()))
                .help("name the directory in letters and digits, such as `night-press`"),
        );
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_directories() {
        assert_eq!(
            process_name(Path::new("a/Night Press")).unwrap(),
            "night-press"
        );
        assert_eq!(process_name(Path::new("x_1/")).unwrap(), "x-1");
        assert!(process_name(Path::new("é")).is_err());
    }
}
