//! How other commands find a running server: the store of a chain has one owner, so while it is
//! served, they have to ask the server.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use daedal_chain::Client;
use daedal_chain::client::Remote;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long a server may take to say which chain it is.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Largest note that is read.
const NOTE_BYTES_MAX: u64 = 4096;

/// A server and its chain, as the note in `.daedal/chain/serving.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// Address of the JSON-RPC.
    pub url: String,
    /// The server's process.
    pub pid: u32,
    /// The chain that it serves.
    pub chain_id: u64,
    /// The key to its clock, for `daedal time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_key: Option<String>,
}

/// The note can't be written.
#[derive(Debug, Error)]
#[error("can't write {}, by which other commands find the server: {message}", path.display())]
pub struct AnnounceError {
    /// The note.
    pub path: PathBuf,
    /// What the system says.
    pub message: String,
}

/// A note about a running server, removed with this value.
#[derive(Debug)]
pub struct Announcement {
    path: PathBuf,
    text: Vec<u8>,
}

/// Leaves a note at `path` that says where the server is. One that a killed server has left is
/// replaced.
pub fn announce(path: &Path, serving: &Serving) -> Result<Announcement, AnnounceError> {
    let failed = |message: String| AnnounceError {
        path: path.to_owned(),
        message,
    };
    let text = serde_json::to_vec(serving).map_err(|error| failed(error.to_string()))?;
    // Appears whole or not at all. What a crash in between leaves is overwritten by the next server.
    let draft = path.with_extension("json.new");
    // It holds a key: one of a killed server would keep what it lets others do.
    std::fs::remove_file(&draft).ok();
    let written = for_owner()
        .open(&draft)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| std::fs::rename(&draft, path));
    written.map_err(|error| failed(error.to_string()))?;
    Ok(Announcement {
        path: path.to_owned(),
        text,
    })
}

/// A new file that only its owner reads.
fn for_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Another server may have left its own since.
        if note(&self.path).is_some_and(|text| text == self.text) {
            std::fs::remove_file(&self.path).ok();
        }
    }
}

/// The server that a note at `path` speaks of, if it answers and is of that chain. A note that a
/// killed server has left leads nowhere, or to something else that has got its port: that is none.
pub async fn find(path: &Path) -> Option<Serving> {
    let serving: Serving = serde_json::from_slice(&note(path)?).ok()?;
    let remote = Remote {
        chain_id: Some(serving.chain_id),
        timeout: ANSWER_TIMEOUT,
        ..Remote::at(&serving.url)
    };
    Client::connect(&remote).await.ok()?;
    Some(serving)
}

fn note(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(NOTE_BYTES_MAX).read_to_end(&mut text).ok()?;
    Some(text)
}
