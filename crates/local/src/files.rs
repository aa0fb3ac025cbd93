//! A model's files: which are read, and that they are those that were pinned.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use daedal_core::Digest;
use safetensors::tensor::Metadata;
use serde_json::Value;

use crate::Error;
use crate::layers::Found;

/// What holds numbers, in the order in which names are looked for.
const ENDINGS: [&str; 4] = [
    ".safetensors",
    ".safetensors.index.json",
    ".fp16.safetensors",
    ".fp16.safetensors.index.json",
];
/// Largest file that is no weights, in bytes.
const TEXT_BYTES_MAX: u64 = 32 << 20;
/// Longest head of a file of weights, in bytes.
const HEAD_BYTES_MAX: u64 = 64 << 20;

/// The parts of a model that has the given parts beside these.
const PARTS: [(&str, &str); 2] = [
    ("unet", "diffusion_pytorch_model"),
    ("vae", "diffusion_pytorch_model"),
];

/// A folder in the layout of Hugging Face's diffusers.
pub(crate) struct Folder {
    root: PathBuf,
    pins: BTreeMap<String, Digest>,
}

impl Folder {
    /// The model at `path`: its folder, or that of a repository in a cache of the Hub, of which a revision is taken.
    pub(crate) fn open(
        path: &Path,
        revision: Option<&str>,
        pins: &BTreeMap<String, Digest>,
    ) -> Found<Self> {
        let root = snapshot(path, revision)?;
        if !root.join("model_index.json").is_file() {
            return Err(Error::invalid(format!(
                "{} has no `model_index.json`: it has to be a folder in the layout of Hugging Face's diffusers (with \
                 unet/, vae/, text_encoder/, tokenizer/ and scheduler/), or that of a repository in a cache of the Hub",
                root.display()
            )));
        }
        Ok(Self {
            root,
            pins: pins.clone(),
        })
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// The files of a part's weights.
    pub(crate) fn weights(&self, part: &str, name: &str) -> Found<Vec<String>> {
        let known = ENDINGS
            .iter()
            .map(|ending| format!("{part}/{name}{ending}"));
        let Some(found) = known.into_iter().find(|path| self.has(path)) else {
            return Err(Error::invalid(format!(
                "{} has no `{part}/{name}.safetensors`: only safetensors are read; fetch those of the model, or \
                 convert it",
                self.root.display()
            )));
        };
        if !found.ends_with(".json") {
            return Ok(vec![found]);
        }
        let index: Value = serde_json::from_slice(&self.small(&found)?).unwrap_or_default();
        let shards = index["weight_map"].as_object().into_iter().flatten();
        let mut shards: Vec<String> = shards
            .filter_map(|(_, shard)| shard.as_str())
            .map(|shard| format!("{part}/{shard}"))
            .collect();
        shards.sort();
        shards.dedup();
        match shards.iter().all(|shard| is_inside(shard)) && !shards.is_empty() {
            true => Ok(shards),
            false => Err(Error::invalid(format!(
                "`{found}` names no files beside it: fetch it again"
            ))),
        }
    }

    /// Every file that a model of these text encoders reads.
    pub(crate) fn needed(&self, encoders: &[&str]) -> Found<Vec<String>> {
        let mut paths = vec![
            "model_index.json".to_owned(),
            "scheduler/scheduler_config.json".to_owned(),
        ];
        let parts = PARTS.into_iter();
        for (part, name) in parts.chain(encoders.iter().map(|part| (*part, "model"))) {
            paths.push(format!("{part}/config.json"));
            paths.extend(self.weights(part, name)?);
        }
        for encoder in encoders {
            let part = encoder.replace("text_encoder", "tokenizer");
            let names = [
                "tokenizer_config.json",
                "special_tokens_map.json",
                "vocab.json",
                "merges.txt",
            ];
            let names = names.map(|name| format!("{part}/{name}"));
            let is_whole = self.has(&names[2]);
            paths.extend(names.into_iter().filter(|path| self.has(path)));
            if !is_whole {
                paths.push(format!("{part}/tokenizer.json"));
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Refuses a model of which something that is read is not pinned, and says what to write.
    pub(crate) fn pinned(&self, needed: &[String]) -> Found<()> {
        let mut told = String::new();
        for path in needed.iter().filter(|path| !self.pins.contains_key(*path)) {
            let digest = self.read(path)?.0;
            write!(told, "\n\"{path}\" = \"{digest}\"").ok();
        }
        if told.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "not all files of the model are pinned. If {} has what you mean to use (compare with the SHA-256 that the \
             model's page shows of each file), add under its `sha256` in daedal.toml:{told}",
            self.root.display()
        )))
    }

    /// One digest for all that is read: of a line for each file, as `sha256sum` prints it, in order.
    pub(crate) fn digest(&self, needed: &[String]) -> Digest {
        let mut lines = String::new();
        for path in needed {
            if let Some(digest) = self.pins.get(path) {
                writeln!(lines, "{digest}  {path}").ok();
            }
        }
        Digest::of(lines.as_bytes())
    }

    /// A file, which has to be the one that is pinned.
    pub(crate) fn bytes(&self, path: &str) -> Found<Vec<u8>> {
        let (found, bytes) = self.read(path)?;
        match self.pins.get(path) {
            Some(pin) if *pin == found => Ok(bytes),
            Some(pin) => Err(Error::invalid(format!(
                "{} is not the file that is pinned: its SHA-256 is {found}, and daedal.toml says {pin}; fetch it \
                 again, or pin what it is now",
                self.root.join(path).display()
            ))),
            None => Err(Error::invalid(format!("`{path}` is not pinned"))),
        }
    }

    fn read(&self, path: &str) -> Found<(Digest, Vec<u8>)> {
        let bytes = match path.ends_with(".safetensors") {
            true => {
                std::fs::read(self.root.join(path)).map_err(|error| self.unread(path, &error))?
            }
            false => self.small(path)?,
        };
        Ok((Digest::of(&bytes), bytes))
    }

    /// A file that is no weights, whoever wrote it.
    pub(crate) fn small(&self, path: &str) -> Found<Vec<u8>> {
        let full = self.root.join(path);
        let file = File::open(&full).map_err(|error| self.unread(path, &error))?;
        let mut bytes = Vec::new();
        let read = file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.unread(path, &error))?;
        match bytes.len() as u64 > TEXT_BYTES_MAX {
            true => Err(Error::Limit(format!(
                "{} has more than {TEXT_BYTES_MAX} bytes: it is no file of a model",
                full.display()
            ))),
            false => Ok(bytes),
        }
    }

    /// How many numbers a file of weights has, and how many bytes.
    pub(crate) fn size(&self, path: &str) -> Found<(u64, u64)> {
        let unread = |error| self.unread(path, &error);
        let broken = || {
            Error::invalid(format!(
                "`{path}` is no file of safetensors: fetch it again"
            ))
        };
        let mut file = File::open(self.root.join(path)).map_err(unread)?;
        let bytes = file.metadata().map_err(unread)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| broken())?;
        let head_length = u64::from_le_bytes(length);
        if head_length > HEAD_BYTES_MAX {
            return Err(broken());
        }
        let mut head = Vec::new();
        file.take(head_length)
            .read_to_end(&mut head)
            .map_err(unread)?;
        let said: Metadata = serde_json::from_slice(&head).map_err(|_| broken())?;
        let mut numbers = 0_u64;
        for tensor in said.tensors().into_values() {
            let sides = tensor.shape.iter();
            let count = sides.fold(1_u64, |count, side| count.saturating_mul(*side as u64));
            numbers = numbers.saturating_add(count);
        }
        Ok((numbers, bytes))
    }

    fn unread(&self, path: &str, error: &std::io::Error) -> Error {
        Error::invalid(format!(
            "{} can't be read ({error}): the model has to have it",
            self.root.join(path).display()
        ))
    }
}

/// Whether a path stays inside its folder.
fn is_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// The folder itself, or the snapshot of a revision where it is a repository in a cache of the Hub.
fn snapshot(path: &Path, revision: Option<&str>) -> Found<PathBuf> {
    let snapshots = path.join("snapshots");
    if !snapshots.is_dir() {
        return match (path.is_dir(), revision) {
            (false, _) => Err(Error::invalid(format!(
                "{} is no folder: `path` has to be that of a model",
                path.display()
            ))),
            (true, Some(_)) => Err(Error::invalid(format!(
                "{} has no `snapshots`, of which `revision` would name one: leave `revision` out",
                path.display()
            ))),
            (true, None) => Ok(path.to_owned()),
        };
    }
    let revision = revision.unwrap_or("main");
    if !is_inside(revision) {
        return Err(Error::invalid(format!(
            "`revision` is `{revision}`: it has to be a branch or a commit"
        )));
    }
    let commit = std::fs::read_to_string(path.join("refs").join(revision));
    let commit = commit.unwrap_or_else(|_| revision.to_owned());
    let found = snapshots.join(commit.trim());
    match found.is_dir() && is_inside(commit.trim()) {
        true => Ok(found),
        false => Err(Error::invalid(format!(
            "{} has no snapshot of `{revision}`: fetch it, or say another `revision`",
            path.display()
        ))),
    }
}
