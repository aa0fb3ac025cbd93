//! Models of the Hugging Face Hub: which files one has, and these files on disk.
//!
//! After <https://huggingface.co/docs/hub/api>: `GET /api/models/REPO/revision/REVISION?blobs=true` tells the commit and
//! its files, `GET /REPO/resolve/COMMIT/PATH` gives one, most often by way of another server.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use daedal_core::Digest;
use daedal_core::bundle::normal_path;
use daedal_core::digest::Digesting;
use daedal_core::engine::EngineError;
use reqwest::header::{HeaderValue, RANGE};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::net::base;
use crate::secrets::{Reader, Secrets, shown};
use crate::server::{Scheme, Server};
use crate::{Settings, SettingsError};

/// The Hub itself; mirrors speak the same.
pub const HUB: &str = "https://huggingface.co";
/// Largest list of files that is read, in bytes.
const LIST_BYTES_MAX: u64 = 16 << 20;
/// Bytes that are read at once of what is there already.
const PIECE: usize = 1 << 20;
/// The folders of a model in the layout of diffusers.
const PARTS: [&str; 7] = [
    "scheduler",
    "text_encoder",
    "text_encoder_2",
    "tokenizer",
    "tokenizer_2",
    "unet",
    "vae",
];
const SAFETENSORS: &str = ".safetensors";
/// What weights in half precision have in their names.
const HALF: &str = ".fp16.";

/// A hub, and the key that it knows us by.
pub struct Hub {
    server: Server,
}

/// A model at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// The commit.
    #[serde(rename = "sha")]
    pub commit: String,
    /// All its files.
    #[serde(rename = "siblings")]
    pub files: Vec<HubFile>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HubFile {
    /// In the repository.
    #[serde(rename = "rfilename")]
    pub path: String,
    /// In bytes, where the hub says it.
    pub size: Option<u64>,
    lfs: Option<Large>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Large {
    sha256: Digest,
}

impl HubFile {
    /// Whether it is in this folder.
    fn is_of(&self, folder: &str) -> bool {
        let inner = self.path.strip_prefix(folder);
        let name = inner.and_then(|inner| inner.strip_prefix('/'));
        name.is_some_and(|name| !name.contains('/'))
    }

    /// Whether its weights are in half precision.
    fn is_half(&self) -> bool {
        self.path.contains(HALF) || self.path.contains("-fp16")
    }

    /// Whether it is one of several files with weights, or their index.
    fn is_part(&self) -> bool {
        self.path.ends_with(".index.json") || self.path.contains("-of-")
    }
}

/// Whether a name is one of the Hub's, such as `stabilityai/sd-turbo`.
#[must_use]
pub fn is_repository(name: &str) -> bool {
    let is_part = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part.len() <= 96 && !part.starts_with('.') && part.bytes().all(fits)
    };
    name.split('/').count() <= 2 && name.split('/').all(is_part)
}

impl Repository {
    /// The files that a model in the layout of diffusers is read from, weights in half precision if there are such
    /// and they are `half` wanted; else what it lacks.
    pub fn of_diffusers(&self, half: bool) -> Result<Vec<&HubFile>, String> {
        let index = self
            .files
            .iter()
            .find(|file| file.path == "model_index.json");
        let Some(index) = index else {
            return Err(
                "it has no `model_index.json`, so it is not in the layout of diffusers".into(),
            );
        };
        let mut wanted = vec![index];
        for part in PARTS {
            let own: Vec<&HubFile> = self.files.iter().filter(|file| file.is_of(part)).collect();
            let (weights, others): (Vec<&HubFile>, Vec<&HubFile>) = own
                .into_iter()
                .partition(|file| file.path.contains(SAFETENSORS));
            let is_empty = weights.is_empty() && others.is_empty();
            let (halves, wholes): (Vec<&HubFile>, Vec<&HubFile>) =
                weights.into_iter().partition(|file| file.is_half());
            let weights = match (half, wholes.is_empty()) {
                (true, _) if !halves.is_empty() => halves,
                (_, true) => halves,
                _ => wholes,
            };
            let holds_weights = !part.starts_with("tokenizer") && part != "scheduler";
            if weights.is_empty() && holds_weights && !is_empty {
                return Err(format!(
                    "`{part}/` has no safetensors, and nothing else is read"
                ));
            }
            // One file, or parts with their index: never both.
            let (parts, singles): (Vec<&HubFile>, Vec<&HubFile>) =
                weights.into_iter().partition(|file| file.is_part());
            wanted.extend(if singles.is_empty() { parts } else { singles });
            let is_text = |file: &&HubFile| {
                let is_index = file.path.contains(".index.");
                !is_index && (file.path.ends_with(".json") || file.path.ends_with(".txt"))
            };
            wanted.extend(others.into_iter().filter(is_text));
        }
        Ok(wanted)
    }
}

impl Hub {
    /// The hub at `url`, with the secret of this name as its key.
    pub fn new(
        settings: &Settings,
        url: &str,
        key: Option<&str>,
        read: Reader,
    ) -> Result<Self, SettingsError> {
        let secrets = Secrets::new(&settings.secrets, read)?;
        if base("", url, HUB).is_err() {
            return Err(SettingsError::new(
                format!("`{url}` is no address of a hub"),
                format!("write one of http or https, such as {HUB}"),
            ));
        }
        if let Some(key) = key
            && let Err(missing) = secrets.expect("model fetch", "key", key)
        {
            let message = format!("there is no secret {} in this studio", shown(key));
            return Err(SettingsError::new(message, missing.help));
        }
        let key = key.map(|name| (name, Scheme::Bearer));
        let server = Server::new("model fetch", url, key, &secrets)?;
        Ok(Self {
            server: server.leading_to(&settings.http.allow)?,
        })
    }

    /// A model at a branch, tag or commit.
    pub async fn find(&self, name: &str, revision: &str) -> Result<Repository, EngineError> {
        let names = ["api", "models"].into_iter().chain(name.split('/'));
        let mut url = self.address(names.chain(["revision", revision]))?;
        url.set_query(Some("blobs=true"));
        let request = self.server.request(Method::GET, url.as_str())?;
        let answer = self.server.ask(request, LIST_BYTES_MAX).await?;
        match answer.status.as_u16() {
            200 => {}
            401 | 403 | 404 => {
                return Err(EngineError::invalid(format!(
                    "{} has no `{name}` at `{revision}`, or shows it to those alone who may see it: compare the name \
                     with its page, accept its terms there, and name a secret with your token by --key",
                    answer.from
                )));
            }
            _ => return Err(self.server.unexpected(&answer, "look at its status page")),
        }
        let found: Repository = serde_json::from_slice(&answer.bytes).map_err(|error| {
            EngineError::invalid(format!("{} gave no list of files: {error}", answer.from))
        })?;
        let is_commit = found
            .commit
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
        let odd = found
            .files
            .iter()
            .find(|file| normal_path(&file.path).as_ref() != Ok(&file.path));
        match odd {
            None if is_commit => Ok(found),
            _ => Err(EngineError::invalid(format!(
                "{} gave names of files that can't be used",
                answer.from
            ))),
        }
    }

    /// Brings a file to `place` and gives its digest; one that is there stays, and one that was begun is gone on with.
    /// `told` gets the bytes that came, again and again.
    pub async fn fetch(
        &self,
        name: &str,
        found: &Repository,
        file: &HubFile,
        place: &Path,
        told: &(dyn Fn(u64) + Sync),
    ) -> Result<Digest, EngineError> {
        let failed = |error: std::io::Error| EngineError::Transient {
            after_ms: None,
            message: format!("{} can't be written: {error}", place.display()),
        };
        if let Some(digest) = digest_of(place).map_err(failed)? {
            told(fs::metadata(place).map_err(failed)?.len());
            return self.checked(file, digest, place);
        }
        fs::create_dir_all(place.parent().unwrap_or(Path::new("."))).map_err(failed)?;
        let mut begun = place.as_os_str().to_owned();
        begun.push(format!(
            ".{}.part",
            &found.commit[..found.commit.len().min(12)]
        ));
        let begun = Path::new(&begun);
        let names = name.split('/').chain(["resolve", &found.commit]);
        let url = self.address(names.chain(file.path.split('/')))?;
        let mut request = self.server.request(Method::GET, url.as_str())?;
        let there = fs::metadata(begun).map_or(0, |metadata| metadata.len());
        if there > 0
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={there}-"))
        {
            request.headers.insert(RANGE, range);
        }
        let mut answer = self.server.open(request).await?;
        let mut digesting = Digesting::default();
        let mut written = match answer.status() {
            StatusCode::PARTIAL_CONTENT => {
                read_into(&mut digesting, begun).map_err(failed)?;
                fs::OpenOptions::new().append(true).open(begun)
            }
            StatusCode::OK => File::create(begun),
            // All of it came before, and nobody had time to look at it.
            StatusCode::RANGE_NOT_SATISFIABLE if file.size == Some(there) => {
                read_into(&mut digesting, begun).map_err(failed)?;
                fs::OpenOptions::new().append(true).open(begun)
            }
            status => {
                return Err(EngineError::Transient {
                    after_ms: None,
                    message: format!("`{}` of {name}: the server answered {status}", file.path),
                });
            }
        }
        .map_err(failed)?;
        let mut length = written.metadata().map_err(failed)?.len();
        if answer.status() != StatusCode::RANGE_NOT_SATISFIABLE {
            while let Some(chunk) = answer.chunk().await.map_err(|_| EngineError::Transient {
 after_ms: None,
                message: format!(
                    "`{}` of {name} broke off after {length} bytes: ask again, and it goes on from there",
                    file.path
                ),
            })? {
                written.write_all(&chunk).map_err(failed)?;
                digesting.update(&chunk);
                length += chunk.len() as u64;
                told(length);
            }
        }
        written.sync_all().map_err(failed)?;
        drop(written);
        let digest = digesting.finish();
        let checked = self.checked(file, digest, begun);
        match &checked {
            Ok(_) => fs::rename(begun, place).map_err(failed)?,
            // What is wrong is not gone on with.
            Err(_) => drop(fs::remove_file(begun)),
        }
        checked
    }

    /// The address of what has these names below that of the hub.
    fn address<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<Url, EngineError> {
        let mut url = self.server.url.clone();
        let is_base = url.path_segments_mut().map(|mut path| {
            path.pop_if_empty().extend(names);
        });
        match is_base {
            Ok(()) => Ok(url),
            Err(()) => Err(EngineError::invalid(format!("{url} is no base address"))),
        }
    }

    fn checked(&self, file: &HubFile, found: Digest, at: &Path) -> Result<Digest, EngineError> {
        match file.lfs.as_ref().filter(|large| large.sha256 != found) {
            None => Ok(found),
            Some(large) => Err(EngineError::invalid(format!(
                "{} is {}, and the hub says {}: take the file away, and fetch it again",
                at.display(),
                found.short(),
                large.sha256.short()
            ))),
        }
    }
}

fn digest_of(place: &Path) -> std::io::Result<Option<Digest>> {
    if !place.is_file() {
        return Ok(None);
    }
    let mut digesting = Digesting::default();
    read_into(&mut digesting, place)?;
    Ok(Some(digesting.finish()))
}

fn read_into(digesting: &mut Digesting, place: &Path) -> std::io::Result<()> {
    let mut file = File::open(place)?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(()),
            length => digesting.update(&piece[..length]),
        }
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
