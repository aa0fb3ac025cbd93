//! `daedal model fetch`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use daedal_core::Digest;
use daedal_providers::hub::{HUB, HubFile, Repository, is_repository};
use serde_json::json;

use crate::assemble;
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on};
use crate::progress;
use crate::settings::SETTINGS_FILE;
use crate::text::size;
use crate::ui::Ui;

/// Where models of a studio are.
const FOLDER: &str = "models";

/// Fetches the files that a model is read from, checks them, and says what to write into daedal.toml: each file with
/// its SHA-256, so that it stays the model that it is. What was broken off goes on where it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// Its name on the Hub, such as stabilityai/sd-turbo
    model: String,
    /// Branch, tag or commit
    #[arg(long, default_value = "main")]
    revision: String,
    /// Directory to put it in, from that of the studio [default: models/ and its name]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Take weights in half precision where there are such: half of the room, and of the memory on a card
    #[arg(long)]
    half: bool,
    /// Name of the secret under [secrets] with your token, for models that are not for everybody
    #[arg(long, value_name = "SECRET")]
    key: Option<String>,
    /// Another hub that speaks as Hugging Face's does
    #[arg(long, value_name = "URL", default_value = HUB)]
    hub: String,
    /// Say which files it would fetch, and fetch none
    #[arg(long)]
    dry_run: bool,
}

impl Fetch {
    pub(crate) fn run(self, common: &Common, ui: Ui) -> Result<u8, Failure> {
        if !is_repository(&self.model) {
            return Err(
                Failure::new(format!("`{}` is no name of a model on the Hub", self.model))
                    .help("write it as its page does: OWNER/NAME, such as stabilityai/sd-turbo"),
            );
        }
        let home = Home::find(common)?;
        let hub = assemble::hub_of(&home, &self.hub, self.key.as_deref())?;
        let own = self.model.rsplit('/').next().unwrap_or(&self.model);
        let to = self
            .to
            .clone()
            .unwrap_or_else(|| Path::new(FOLDER).join(own));
        block_on(async {
            let failed = |error: &dyn std::error::Error| {
                Failure::because(format!("{} can't be fetched", self.model), error)
            };
            let found = hub.find(&self.model, &self.revision).await;
            let found = found.map_err(|error| failed(&error))?;
            let files = found.of_diffusers(self.half).map_err(|problem| {
                Failure::new(format!("{} can't be used: {problem}", self.model)).help(
                    "take a model of Stable Diffusion 1.x, 2.x, XL or Turbo with safetensors in folders such as unet/",
                )
            })?;
            let bytes: u64 = files.iter().filter_map(|file| file.size).sum();
            if self.dry_run {
                self.tell_plan(&found, &files, &to, bytes, ui);
                return Ok(0);
            }
            let bar = progress::bytes(bytes, ui);
            let mut digests = BTreeMap::new();
            for file in &files {
                bar.set_message(file.path.clone());
                let before = bar.position();
                let place = home.root.join(&to).join(&file.path);
                let told = |came: u64| bar.set_position(before + came);
                let digest = hub.fetch(&self.model, &found, file, &place, &told).await;
                let digest = digest.map_err(|error| failed(&error))?;
                bar.set_position(before + file.size.unwrap_or_default());
                digests.insert(file.path.as_str(), digest);
            }
            bar.finish_and_clear();
            self.tell(&found, &to, &digests, bytes, own, ui);
            Ok(0)
        })
    }

    fn tell_plan(&self, found: &Repository, files: &[&HubFile], to: &Path, bytes: u64, ui: Ui) {
        let mut text = format!(
            "nothing was fetched; it would put {} in {} files into {}\n",
            size(bytes),
            files.len(),
            to.display()
        );
        for file in files {
            let room = file.size.map(size).unwrap_or_default();
            text.push_str(&format!("  {:<60} {room}\n", file.path));
        }
        let paths: Vec<_> = files.iter().map(|file| &file.path).collect();
        let value = json!({
            "model": self.model, "commit": found.commit, "directory": to, "bytes": bytes, "files": paths,
            "dry_run": true,
        });
        ui.result(&value, &text);
    }

    fn tell(
        &self,
        found: &Repository,
        to: &Path,
        digests: &BTreeMap<&str, Digest>,
        bytes: u64,
        name: &str,
        ui: Ui,
    ) {
        let entry = entry(name, to, digests);
        let text = format!(
            "{} at {} is in {}: {} files, {}\n\nadd to {SETTINGS_FILE}, and name it in a process by `model: {}`:\n\n{entry}",
            self.model,
            &found.commit[..found.commit.len().min(12)],
            to.display(),
            digests.len(),
            size(bytes),
            section(name),
        );
        let value = json!({
            "model": self.model, "commit": found.commit, "directory": to, "bytes": bytes, "sha256": digests,
            "settings": entry,
        });
        ui.result(&value, &text);
    }
}

/// A name that stands in settings as it is.
fn section(name: &str) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() || c == '-' || c == '_' {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    name.chars().map(plain).collect()
}

/// What to write into the settings.
fn entry(name: &str, to: &Path, digests: &BTreeMap<&str, Digest>) -> String {
    let name = section(name);
    let path = to.display().to_string().replace('\\', "/");
    let mut entry = format!(
        "[diffusion.{name}]\nkind = \"local\"\npath = {path:?}\n\n[diffusion.{name}.sha256]\n"
    );
    for (path, digest) in digests {
        entry.push_str(&format!("{path:?} = \"{digest}\"\n"));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_read_as_they_are_written() {
        let digest = Digest::of(b"numbers");
        let digests = BTreeMap::from([("vae/a b.safetensors", digest)]);
        let text = entry("SD-v1.5", Path::new("models/sd \"x\""), &digests);
        let read: toml::Table = text.parse().unwrap();
        let entry = &read["diffusion"]["sd-v1-5"];
        assert_eq!(entry["path"].as_str(), Some("models/sd \"x\""));
        assert_eq!(entry["kind"].as_str(), Some("local"));
        let pinned = entry["sha256"]["vae/a b.safetensors"].as_str();
        assert_eq!(pinned, Some(digest.to_string().as_str()));
    }
}
