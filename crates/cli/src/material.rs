//! What is registered as a work: a process, or the files of a model or a dataset.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use daedal_chain::operations::{Derivatives, Kind};
use daedal_core::bundle::normal_path;
use daedal_core::digest::Digesting;
use daedal_core::engine::Engines;
use daedal_core::plan::{Called, Planned};
use daedal_core::process::{DerivativePolicy, Dial, Token};
use daedal_core::{Digest, canonical};

use crate::failure::Failure;
use crate::process::Loaded;

/// Files that a model or a dataset may consist of.
const FILES_MAX: usize = 100_000;
/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// The kinds of works, as a person names them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Material {
    /// A process file and the files that it names
    #[default]
    Process,
    /// The files of a model
    Model,
    /// The files of a dataset
    Dataset,
}

/// Something that can be registered.
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// How this studio calls it.
    pub(crate) name: String,
    /// For people.
    pub(crate) title: String,
    /// What it is, as the chain keeps it.
    pub(crate) bundle: Digest,
    /// What it is planned to do, where it is a process.
    pub(crate) planned: Option<Planned>,
    /// Where it lies.
    pub(crate) place: PathBuf,
}

impl Subject {
    /// Reads what lies at `place`. What is no process is called `name`, or by its file.
    pub(crate) fn open(
        place: &Path,
        material: Material,
        name: Option<&str>,
        engines: &Engines,
    ) -> Result<Self, Failure> {
        let kind = match material {
            Material::Process if name.is_none() => {
                let Loaded { planned, files } = Loaded::open(place, engines)?;
                return Ok(Self {
                    place: files.root().to_owned(),
                    ..Self::of(planned)
                });
            }
            Material::Process => {
                return Err(Failure::new("a process has its name in its file")
                    .help("leave --name away, or say --kind model or --kind dataset"));
            }
            Material::Model => Kind::Model,
            Material::Dataset => Kind::Dataset,
        };
        let bundle = digest_of(place)?;
        let place = std::fs::canonicalize(place).map_err(|error| unread(place, &error))?;
        let called = place.file_name().map(|name| name.to_string_lossy());
        let title = name.map_or_else(|| called.unwrap_or_default().into_owned(), str::to_owned);
        Ok(Self {
            kind,
            name: slug(&title)?,
            title,
            bundle,
            planned: None,
            place,
        })
    }

    /// A process.
    pub(crate) fn of(planned: Planned) -> Self {
        let process = &planned.process;
        Self {
            kind: Kind::Process,
            name: process.name.clone(),
            title: process.title.as_ref().unwrap_or(&process.name).clone(),
            bundle: planned.bundle.digest(),
            place: PathBuf::new(),
            planned: Some(planned),
        }
    }

    /// What it says of its shares.
    pub(crate) fn token(&self) -> Option<&Token> {
        self.planned.as_ref()?.process.token.as_ref()
    }

    /// The works upstream that it names.
    pub(crate) fn upstream(&self) -> Vec<&str> {
        let named = self
            .planned
            .iter()
            .flat_map(|planned| &planned.process.upstream);
        named.map(|upstream| upstream.work.as_str()).collect()
    }

    /// The processes that are its steps, those of these processes included.
    pub(crate) fn calls(&self) -> &[Called] {
        let planned = self.planned.as_ref();
        planned.map_or(&[], |planned| &planned.plan.calls)
    }

    /// Its governed dials.
    pub(crate) fn governed(&self) -> impl Iterator<Item = &(String, Dial)> {
        let dials = self
            .planned
            .iter()
            .flat_map(|planned| &planned.process.parameters);
        dials.filter(|(_, dial)| dial.governed)
    }

    /// Who may derive from it.
    pub(crate) fn derivatives(&self) -> Derivatives {
        match self.token().map(|token| token.derivatives) {
            None | Some(DerivativePolicy::Open) => Derivatives::Open,
            Some(DerivativePolicy::AllowList) => Derivatives::AllowList,
            Some(DerivativePolicy::Closed) => Derivatives::Closed,
        }
    }
}

/// What files are on the chain: a file by its SHA-256, a directory by the digest of path and SHA-256 of each
/// file below it, but for those whose names begin with a dot.
fn digest_of(place: &Path) -> Result<Digest, Failure> {
    let failed = |error: &std::io::Error| unread(place, error);
    if std::fs::metadata(place)
        .map_err(|error| failed(&error))?
        .is_file()
    {
        return sha256(place);
    }
    let mut files = BTreeMap::new();
    let mut pending = vec![(place.to_owned(), String::new())];
    while let Some((folder, prefix)) = pending.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| {
                Failure::new(format!(
                    "{} has a name that is no text",
                    entry.path().display()
                ))
                .help("rename it: names are part of the digest")
            })?;
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|error| failed(&error))?;
            if kind.is_symlink() {
                return Err(
                    Failure::new(format!("{} is a link", entry.path().display()))
                        .help("put the file itself there, or take the link away"),
                );
            }
            let inner = format!("{prefix}{name}");
            if kind.is_dir() {
                pending.push((entry.path(), format!("{inner}/")));
                continue;
            }
            let path = normal_path(&inner).map_err(|error| Failure::new(error.to_string()))?;
            files.insert(path, sha256(&entry.path())?);
            if files.len() > FILES_MAX {
                return Err(Failure::new(format!(
                    "{} has more than {FILES_MAX} files",
                    place.display()
                ))
                .help("pack them into fewer: an archive is one file"));
            }
        }
    }
    if files.is_empty() {
        return Err(Failure::new(format!("{} has no files", place.display()))
            .help("name the directory of a model or a dataset, or one file"));
    }
    Ok(Digest::of_parts(
        "daedal/files/v1",
        &[&canonical::to_vec(&files)],
    ))
}

fn sha256(place: &Path) -> Result<Digest, Failure> {
    let failed = |error: &std::io::Error| unread(place, error);
    let mut file = std::fs::File::open(place).map_err(|error| failed(&error))?;
    let (mut digesting, mut piece) = (Digesting::default(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece).map_err(|error| failed(&error))? {
            0 => return Ok(digesting.finish()),
            length => digesting.update(&piece[..length]),
        }
    }
}

fn unread(place: &Path, error: &std::io::Error) -> Failure {
    Failure::because(format!("{} can't be read", place.display()), error)
        .help("name the file or the directory that is to be registered")
}

/// A name as studios call works: small letters, digits and hyphens.
fn slug(title: &str) -> Result<String, Failure> {
    let mut name = String::new();
    for c in title.chars().take(64) {
        match c.is_ascii_alphanumeric() {
            true => name.push(c.to_ascii_lowercase()),
            false if name.ends_with('-') || name.is_empty() => {}
            false => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-').to_owned();
    match name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Ok(name),
        false => Err(
            Failure::new(format!("`{title}` can't be the name of a work"))
                .help("give one with letters: --name NAME"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_their_content_and_paths() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        assert!(digest_of(place.path()).is_err(), "no files");
        write("weights/a.bin", "a");
        write(".cache/x", "x");
        let one = digest_of(place.path()).unwrap();
        write(".cache/y", "y");
        assert_eq!(
            digest_of(place.path()).unwrap(),
            one,
            "hidden files do not count"
        );
        write("weights/b.bin", "b");
        assert_ne!(digest_of(place.path()).unwrap(), one);
        let file = place.path().join("weights/a.bin");
        assert_eq!(digest_of(&file).unwrap(), Digest::of(b"a"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&file, place.path().join("link")).unwrap();
            assert!(digest_of(place.path()).is_err());
        }
    }

    #[test]
    fn names_of_works_are_made_of_names_of_files() {
        let name = |title: &str| slug(title).ok();
        assert_eq!(
            name("Tide LoRA v2.safetensors").as_deref(),
            Some("tide-lora-v2-safetensors")
        );
        assert_eq!(name("--a--").as_deref(), Some("a"));
        assert_eq!(name("…"), None);
        assert_eq!(name("42"), None);
    }
}
