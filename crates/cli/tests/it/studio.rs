//! A studio in a temporary directory, and the real binary in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The password of every studio here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A studio with one process in it.
pub(crate) struct Studio {
    dir: tempfile::TempDir,
    /// The chain, where it is not the embedded one.
    rpc: Option<String>,
}

/// What a command told, and how it ended.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Told {
    /// Itself, once it ended with `code`.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }

    /// What it gave as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.out, self.err))
    }
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Studio {
    /// An empty studio.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("daedal-it-")
            .tempdir()
            .unwrap();
        std::fs::write(dir.path().join("daedal.toml"), "").unwrap();
        std::fs::write(dir.path().join("password"), PASSWORD).unwrap();
        Self { dir, rpc: None }
    }

    /// A studio that is itself the process `tide`.
    pub(crate) fn tide() -> Self {
        let studio = Self::empty();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tide");
        copy(&fixture, studio.path());
        studio
    }

    /// The same studio somewhere else.
    pub(crate) fn copied(&self) -> Self {
        let studio = Self::empty();
        copy(self.path(), studio.path());
        studio
    }

    /// Has it use the chain at `url` from here on; the embedded one without.
    pub(crate) fn use_chain(&mut self, url: Option<&str>) {
        self.rpc = url.map(str::to_owned);
    }

    /// The address of its account, which is made if it is not there.
    pub(crate) fn account(&self) -> String {
        let account = self.daedal(&["account", "--json"]).ends(0).json();
        account["address"].as_str().unwrap().to_owned()
    }

    /// Makes its keys, and keeps them as earlier studios did: at a fraction of today's cost. For tests that
    /// stop commands at any moment, most of which would be the work of opening a key.
    pub(crate) fn account_that_opens_fast(&self) {
        self.account();
        let keys = self.path().join(".daedal/keys");
        for name in ["account.json", "signing.json", "authority.json"] {
            let place = keys.join(name);
            let text = std::fs::read(&place).unwrap();
            let before: Value = serde_json::from_slice(&text).unwrap();
            let key = eth_keystore::decrypt_key(&place, PASSWORD).unwrap();
            let mut rng = alloy_signer::k256::elliptic_curve::rand_core::OsRng;
            eth_keystore::encrypt_key(&keys, &mut rng, key, PASSWORD, Some(name)).unwrap();
            let text = std::fs::read(&place).unwrap();
            let mut after: Value = serde_json::from_slice(&text).unwrap();
            if let Some(address) = before.get("address") {
                after["address"] = address.clone();
            }
            std::fs::write(&place, after.to_string()).unwrap();
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file of the studio.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let place = self.path().join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(&place, bytes).unwrap();
        place
    }

    /// Changes the process file.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let place = self.path().join("process.yaml");
        let text = std::fs::read_to_string(&place).unwrap();
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        std::fs::write(place, text.replace(from, to)).unwrap();
    }

    /// The command, ready to be started here with nothing from outside.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daedal"));
        command
            .args(args)
            .current_dir(self.path())
            .env_remove("DAEDAL_STUDIO")
            .env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"))
            .env("DAEDAL_PASSWORD_FILE", "password")
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::null());
        if let Some(url) = &self.rpc {
            command.env("DAEDAL__CHAIN__RPC", url);
        }
        command
    }

    /// Runs the command to its end.
    pub(crate) fn daedal(&self, args: &[&str]) -> Told {
        self.command(args).output().unwrap().into()
    }

    /// Text without what differs from studio to studio and time to time.
    pub(crate) fn plain(&self, text: &str) -> String {
        let here = self.path().display().to_string();
        let real = self.path().canonicalize().unwrap().display().to_string();
        text.replace(&real, "[studio]").replace(&here, "[studio]")
    }
}

/// Copies what is in a directory.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &place),
            false => drop(std::fs::copy(entry.path(), place).unwrap()),
        }
    }
}

/// Every file below a directory, by its path in there.
pub(crate) fn files_below(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Numbers that a seed replays (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    /// Seeded by `DAEDAL_KILL_SEED` or the clock; the seed is told when a test fails.
    pub(crate) fn new(what: &str) -> Self {
        let seed = match std::env::var("DAEDAL_KILL_SEED") {
            Ok(seed) => seed.parse().expect("DAEDAL_KILL_SEED is a number"),
            Err(_) => {
                let now = std::time::SystemTime::now();
                now.duration_since(std::time::UNIX_EPOCH)
                    .unwrap()
                    .as_nanos() as u64
            }
        };
        println!("{what}: replay with DAEDAL_KILL_SEED={seed}");
        Self(seed)
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}
