//! The README is a promise: runs its shell blocks as a reader would.

use std::process::Command;

use crate::{Failure, root};

/// Runs every ` ```sh ` block of README.md in one shell, in an empty directory that holds a link
/// to `examples`, with the `daedal` of `DAEDAL_BIN`'s directory first in the path. Blocks of
/// another language (` ```console `, ` ```yaml `) are shown, not run.
pub(crate) fn run() -> Result<(), Failure> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let blocks = blocks(&readme);
    if blocks.is_empty() {
        return Err("README.md has no ```sh block to run".into());
    }
    let binary = std::env::var("DAEDAL_BIN")
        .map_err(|_| "set DAEDAL_BIN to a built `daedal`, for example target/release/daedal")?;
    let binary = std::path::absolute(binary)?;
    let folder = binary.parent().ok_or("DAEDAL_BIN has no directory")?;
    let path = format!(
        "{}:{}",
        folder.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let place = std::env::temp_dir().join(format!("daedal-readme-{}", std::process::id()));
    std::fs::create_dir_all(&place)?;
    std::os::unix::fs::symlink(root().join("examples"), place.join("examples"))?;
    let script = format!("set -eux\n{}", blocks.join("\n"));
    let status = Command::new("bash")
        .args(["-c", &script])
        .env("PATH", path)
        .env_remove("DAEDAL_PASSWORD_FILE")
        .current_dir(&place)
        .stdin(std::process::Stdio::null())
        .status()?;
    std::fs::remove_dir_all(&place)?;
    if status.success() {
        println!("readme: {} blocks ran", blocks.len());
        Ok(())
    } else {
        Err(format!("a command of README.md failed: {status}").into())
    }
}

fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        match (&mut open, line.trim_end()) {
            (None, "```sh") => open = Some(Vec::new()),
            (Some(lines), "```") => {
                found.push(lines.join("\n"));
                open = None;
            }
            (Some(lines), _) => lines.push(line),
            (None, _) => {}
        }
    }
    found
}
