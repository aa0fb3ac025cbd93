//! `daedal import`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use daedal_core::bundle::MemoryFiles;
use daedal_core::plan;
use daedal_providers::comfyui::{self, Imported, WORKFLOW_FILE};
use serde_json::json;

use super::Common;
use super::new::{make, process_name, require_free};
use crate::assemble;
use crate::failure::Failure;
use crate::home::{Home, upwards};
use crate::settings::{IGNORED_NEW, SETTINGS_FILE, SETTINGS_NEW};
use crate::text::quoted;
use crate::ui::Ui;

/// The process file that is made.
const PROCESS_FILE: &str = "process.yaml";
/// A server in new settings, as a comment …
const SERVER_OFF: &str = "# [comfyui]                     # a ComfyUI server, for steps that use it\n# url = \"http://127.0.0.1:8188\"";
/// … and as a setting.
const SERVER_ON: &str = "[comfyui]\nurl = \"http://127.0.0.1:8188\"";
/// Largest workflow that is read, in bytes.
const BYTES_MAX: u64 = 16 << 20;

/// Makes a process of a workflow that ComfyUI exported in its API format: a directory with the workflow and a process
/// file, in which what people turn (seed, steps, cfg, prompts, size) has become a dial. Nothing is written over.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  daedal import paint.json --to night-press\n  daedal run night-press --param steps=30"
)]
pub(crate) struct Import {
    /// A workflow saved by Workflow → Export (API) in ComfyUI
    workflow: PathBuf,
    /// Directory to make; its name becomes the name of the process [default: named as the workflow, here]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Import {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        let path = &self.workflow;
        let unread = |error: &dyn std::error::Error| {
            Failure::because(format!("{} can't be read", path.display()), error)
        };
        let size = std::fs::metadata(path)
            .map_err(|error| unread(&error))?
            .len();
        if size > BYTES_MAX {
            return Err(
                Failure::new(format!("{} has {size} bytes", path.display())).help(format!(
                    "name a workflow in ComfyUI's API format; they have at most {BYTES_MAX}"
                )),
            );
        }
        let bytes = std::fs::read(path).map_err(|error| unread(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| unread(&error))?;
        let dir = match self.to {
            Some(dir) => dir,
            None => PathBuf::from(process_name(Path::new(
                path.file_stem().unwrap_or_default(),
            ))?),
        };
        require_free(&dir)?;
        let name = process_name(&dir)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let mut made = comfyui::import(&name, &file, &text).map_err(Failure::new)?;
        // What does not pass `daedal check` is not written.
        let files = BTreeMap::from([(WORKFLOW_FILE.to_owned(), text.clone().into_bytes())]);
        plan::build_judged(
            PROCESS_FILE,
            made.process.as_bytes(),
            &MemoryFiles(files),
            &assemble::engines(),
            &assemble::judge,
        )?;
        make(&dir, |staged| {
            std::fs::write(staged.join(PROCESS_FILE), &made.process)?;
            std::fs::write(staged.join(WORKFLOW_FILE), &text)?;
            // A studio of its own has the server that ComfyUI is on this machine.
            if upwards(staged).is_none() {
                let settings = SETTINGS_NEW.replace(SERVER_OFF, SERVER_ON);
                std::fs::write(staged.join(SETTINGS_FILE), settings)?;
                std::fs::write(staged.join(".gitignore"), IGNORED_NEW)?;
            }
            Ok(())
        })?;
        let home = Home::find_around(common, &dir)?;
        if home.is_some_and(|home| home.settings.comfyui.url.is_none()) {
            made.notes.push(format!(
                "this studio has no ComfyUI server yet: add to its {SETTINGS_FILE}\n{SERVER_ON}"
            ));
        }
        let value = json!({
            "process": name, "directory": dir, "dials": made.dials, "notes": made.notes,
        });
        ui.result(&value, &told(&dir, &file, &made));
        Ok(0)
    }
}

fn told(dir: &Path, file: &str, made: &Imported) -> String {
    let dir = quoted(&dir.display().to_string());
    let mut told = format!("made {dir}/process.yaml, of {file}\n");
    for (head, is_input) in [("set for each run", true), ("parameters", false)] {
        let own: Vec<_> = made
            .dials
            .iter()
            .filter(|dial| dial.is_input == is_input)
            .collect();
        if own.is_empty() {
            continue;
        }
        told.push_str(&format!("\n{head}:\n"));
        let width = own
            .iter()
            .map(|dial| dial.name.len())
            .max()
            .unwrap_or_default();
        for dial in own {
            let bounds = match (dial.dial.get("min"), dial.dial.get("max")) {
                (Some(min), Some(max)) => format!(", {min} to {max}"),
                _ => String::new(),
            };
            told.push_str(&format!(
                "  {:<width$}  `{}` of {}{bounds}\n",
                dial.name, dial.field, dial.node
            ));
        }
    }
    for note in &made.notes {
        told.push_str(&format!("\nnote: {note}\n"));
    }
    told.push_str(&format!(
        "\n  daedal check {dir}    show its plan\n  daedal run {dir}      carry it out, on the server under [comfyui] in \
         daedal.toml\n"
    ));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_settings_have_a_server_to_switch_on() {
        assert!(SETTINGS_NEW.contains(SERVER_OFF));
    }
}
