//! The files of a process on disk.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use daedal_core::bundle::{BUNDLE_FILE_BYTES_MAX, FileError, PROCESS_FILE, ProcessFiles};
use unicode_normalization::UnicodeNormalization as _;

use crate::failure::Failure;
use crate::home::upwards;
use crate::settings::SETTINGS_FILE;

/// Files below a directory; links that lead out of it are refused.
pub(crate) struct DiskFiles {
    /// As the user wrote it, for messages.
    shown: PathBuf,
    /// Absolute, without links.
    root: PathBuf,
    /// Files with secrets of the studio around, absolute and without links.
    secret: OnceLock<Vec<PathBuf>>,
}

impl DiskFiles {
    /// Opens the directory of a process, given by itself or by its process file.
    pub(crate) fn open(given: &Path) -> Result<(Self, String), Failure> {
        let (directory, name) = match given.file_name() {
            Some(name) if given.is_file() => {
                let parent = given
                    .parent()
                    .filter(|parent| !parent.as_os_str().is_empty());
                (
                    parent.unwrap_or(Path::new(".")),
                    name.to_string_lossy().into_owned(),
                )
            }
            _ => (given, PROCESS_FILE.to_owned()),
        };
        let root = std::fs::canonicalize(directory).map_err(|error| {
            Failure::because(
                format!("there is no process at {}", given.display()),
                &error,
            )
            .help("name a directory with a process.yaml, or make one with `daedal new NAME`")
        })?;
        let place = root.join(&name);
        if !place.is_file() {
            let what = match place.symlink_metadata() {
                Ok(_) => format!("{name} in {} is not a file", directory.display()),
                Err(_) => format!("{} has no {name}", directory.display()),
            };
            return Err(Failure::new(what)
                .help("name a directory with a process.yaml, or make one with `daedal new NAME`"));
        }
        let files = Self {
            shown: directory.to_owned(),
            root,
            secret: OnceLock::new(),
        };
        Ok((files, name))
    }

    /// The directory, absolute.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where `path` is, which exists and does not leave the directory.
    fn locate(&self, path: &str) -> Result<PathBuf, FileError> {
        let mut place = self.root.clone();
        for name in path.split('/') {
            let found = child(&place, name).ok_or_else(|| FileError::Missing {
                path: path.to_owned(),
                present: self.neighbours(&place),
            })?;
            // Before anything is looked for in there: what lies outside is not even named.
            place = std::fs::canonicalize(&found).map_err(|error| unreadable(path, &error))?;
            if !place.starts_with(&self.root) {
                return Err(FileError::Forbidden {
                    path: path.to_owned(),
                    problem:
                        "is a link that leads out of the process's directory: copy the file in"
                            .to_owned(),
                });
            }
        }
        match self.withheld(&place) {
            None => Ok(place),
            Some(problem) => Err(FileError::Forbidden {
                path: path.to_owned(),
                problem: problem.to_owned(),
            }),
        }
    }

    /// Why the file at `place` is the studio's alone: what a process is made of is sent to engines and published, and
    /// processes come from strangers.
    fn withheld(&self, place: &Path) -> Option<&'static str> {
        let inner = place.strip_prefix(&self.root).unwrap_or(place);
        let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        if inner.components().any(is_hidden) {
            return Some("is hidden: nothing that a process is made of begins with a dot");
        }
        if inner.file_name() == Some(SETTINGS_FILE.as_ref()) {
            return Some("has the settings of the studio, which no process may read");
        }
        let secret = self.secret.get_or_init(|| secrets_around(&self.root));
        secret
            .iter()
            .any(|file| file == place)
            .then_some("holds a secret of the studio, which no process may read")
    }

    fn neighbours(&self, directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let path = entry.path();
                let relative = path.strip_prefix(&self.root).ok()?;
                Some(relative.to_str()?.replace('\\', "/"))
            })
            .filter(|name| !name.split('/').any(|part| part.starts_with('.')))
            .collect();
        names.sort();
        names
    }
}

/// The files that the settings of the studio around `root` name for what is in them.
fn secrets_around(root: &Path) -> Vec<PathBuf> {
    let Some(studio) = upwards(root) else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(studio.join(SETTINGS_FILE)).unwrap_or_default();
    // Settings that can't be read are told by what uses them.
    let settings: toml::Table = text.parse().unwrap_or_default();
    let section = |name: &str| settings.get(name).and_then(toml::Value::as_table);
    let account = section("account").into_iter();
    let account =
        account.flat_map(|account| ["password_file", "key"].map(|name| account.get(name)));
    let secrets = section("secrets").into_iter().flat_map(toml::Table::values);
    let secrets = secrets.map(|secret| secret.get("file"));
    account
        .chain(secrets)
        .filter_map(|file| std::fs::canonicalize(studio.join(file?.as_str()?)).ok())
        .collect()
}

/// The entry called `name`, which is NFC, whatever form the file system keeps.
fn child(directory: &Path, name: &str) -> Option<PathBuf> {
    let direct = directory.join(name);
    if direct.symlink_metadata().is_ok() {
        return Some(direct);
    }
    if name.is_ascii() {
        return None;
    }
    std::fs::read_dir(directory)
        .ok()?
        .flatten()
        .find(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|found| found.nfc().eq(name.chars()))
        })
        .map(|entry| entry.path())
}

fn unreadable(path: &str, error: &std::io::Error) -> FileError {
    FileError::Unreadable {
        path: path.to_owned(),
        problem: error.to_string(),
    }
}

impl ProcessFiles for DiskFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let place = self.locate(path)?;
        // Looked at before it is opened: to open a pipe is to wait for whoever writes into it.
        let metadata = std::fs::metadata(&place).map_err(|error| unreadable(path, &error))?;
        if !metadata.is_file() {
            let problem = match metadata.is_dir() {
                true => "is a directory: name a file in it",
                false => "is a pipe, a socket or a device: only files are part of a process",
            };
            return Err(FileError::Forbidden {
                path: path.to_owned(),
                problem: problem.to_owned(),
            });
        }
        let file = std::fs::File::open(&place).map_err(|error| unreadable(path, &error))?;
        // One byte past the limit tells a file that grows while it is read.
        let mut bytes = Vec::with_capacity(metadata.len().min(BUNDLE_FILE_BYTES_MAX) as usize);
        file.take(BUNDLE_FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(path, &error))?;
        if bytes.len() as u64 > BUNDLE_FILE_BYTES_MAX {
            return Err(FileError::TooLarge {
                path: path.to_owned(),
                size: metadata.len(),
            });
        }
        Ok(bytes.into())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let top = self.locate(path)?;
        let mut found = Vec::new();
        let mut pending = vec![(top, path.to_owned())];
        while let Some((directory, prefix)) = pending.pop() {
            let entries =
                std::fs::read_dir(&directory).map_err(|error| unreadable(path, &error))?;
            for entry in entries {
                let entry = entry.map_err(|error| unreadable(path, &error))?;
                let name = entry.file_name();
                let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                    continue;
                };
                let inner = format!("{prefix}/{}", name.nfc().collect::<String>());
                let real = self.locate(&inner)?;
                if real.is_dir() {
                    pending.push((real, inner));
                } else {
                    found.push(inner);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn label(&self, path: &str) -> String {
        self.shown.join(path).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, DiskFiles) {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("process");
        std::fs::create_dir_all(root.join("art/.cache")).unwrap();
        std::fs::write(outer.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(root.join(PROCESS_FILE), "daedal: v1").unwrap();
        std::fs::write(root.join("art/a.svg"), "<svg/>").unwrap();
        std::fs::write(root.join("art/.cache/x"), "x").unwrap();
        let (files, name) = DiskFiles::open(&root).unwrap();
        assert_eq!(name, PROCESS_FILE);
        (outer, files)
    }

    #[test]
    fn files_are_read_and_listed_below_the_directory() {
        let (_outer, files) = place();
        assert_eq!(&*files.read("art/a.svg").unwrap(), b"<svg/>");
        assert_eq!(files.list("art").unwrap(), ["art/a.svg"]);
        let missing = files.read("art/b.svg").unwrap_err();
        let FileError::Missing { present, .. } = missing else {
            panic!("{missing}");
        };
        assert_eq!(present, ["art/a.svg"]);
    }

    #[test]
    fn a_decomposed_name_on_disk_is_found_by_its_composed_form() {
        let (_outer, files) = place();
        std::fs::write(files.root().join("cafe\u{301}.txt"), "x").unwrap();
        assert!(files.read("caf\u{e9}.txt").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_may_stay_inside_and_not_lead_out() {
        let (outer, files) = place();
        let link = |from: &str, to: &Path| {
            std::os::unix::fs::symlink(to, files.root().join(from)).unwrap();
        };
        link("inside.svg", &files.root().join("art/a.svg"));
        link("outside.txt", &outer.path().join("secret.txt"));
        link("art/up", outer.path());
        assert!(files.read("inside.svg").is_ok());
        assert!(matches!(
            files.read("outside.txt"),
            Err(FileError::Forbidden { .. })
        ));
        assert!(matches!(
            files.read("art/up/secret.txt"),
            Err(FileError::Forbidden { .. })
        ));
        assert!(matches!(
            files.list("art"),
            Err(FileError::Forbidden { .. })
        ));
        // Nor is it told what there is.
        for outside in [
            "art/up/nothing",
            "art/up/secret.tx",
            "art/up/process/nothing",
        ] {
            let refused = files.read(outside).unwrap_err();
            assert!(matches!(refused, FileError::Forbidden { .. }), "{refused}");
        }
    }

    #[test]
    fn what_is_the_studios_is_not_read() {
        let (_outer, files) = place();
        let write = |path: &str, text: &str| std::fs::write(files.root().join(path), text).unwrap();
        std::fs::create_dir_all(files.root().join(".daedal/keys")).unwrap();
        write(".daedal/keys/account.json", "{}");
        write("press.key", "secret");
        write("words", "secret");
        write("not.key", "not");
        write(
            "daedal.toml",
            "[account]\npassword_file = \"words\"\n[secrets]\npress = { file = \"./press.key\" }\n",
        );
        #[cfg(unix)]
        std::os::unix::fs::symlink(files.root().join(".daedal"), files.root().join("art/link"))
            .unwrap();
        for path in [
            ".daedal/keys/account.json",
            "art/.cache/x",
            "daedal.toml",
            "press.key",
            "words",
            #[cfg(unix)]
            "art/link/keys/account.json",
        ] {
            let refused = files.read(path).unwrap_err();
            assert!(matches!(refused, FileError::Forbidden { .. }), "{refused}");
        }
        assert!(files.read("not.key").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_before_it_is_opened() {
        let (_outer, files) = place();
        let pipe = files.root().join("pipe.js");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let _socket =
            std::os::unix::net::UnixListener::bind(files.root().join("socket.js")).unwrap();
        std::os::unix::fs::symlink("pipe.js", files.root().join("link.js")).unwrap();
        for (path, problem) in [
            ("pipe.js", "is a pipe, a socket or a device"),
            ("link.js", "is a pipe, a socket or a device"),
            ("socket.js", "is a pipe, a socket or a device"),
            ("art", "is a directory"),
        ] {
            let refused = files.read(path).unwrap_err().to_string();
            assert!(refused.contains(problem), "{refused}");
        }
    }
}
