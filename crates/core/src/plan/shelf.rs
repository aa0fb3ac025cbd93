//! The processes that are steps of a process: each is read, and planned by itself, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::build::{self, Held, Origin};
use super::called::Calls;
use super::files::Contents;
use super::model::Plan;
use super::unfold::ENGINE;
use crate::bundle::{Bundle, FileError, PROCESS_FILE, ProcessFiles, file_asset, normal_path};
use crate::engine::Engines;
use crate::process::source::Node;
use crate::process::{self, Action, Mistakes, Process, Step};
use crate::{AssetRef, Digest};

/// Where processes are kept that are named by digest or token, in the directory of the one that uses them.
pub const BUNDLES_FOLDER: &str = "bundles";
/// Processes that stand in each other.
const NESTED_MAX: usize = 16;
/// Mistakes of a process that are told where it is used.
const TOLD_MAX: usize = 3;
/// Characters of one of them: what is wrong far inside is told there.
const TOLD_CHARS: usize = 200;

/// What `process:` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A directory, from that of the process that uses it.
    Path(String),
    /// A bundle.
    Bundle(Digest),
    /// A work, by its CAIP-19 name.
    Token(String),
}

impl Reference {
    /// Reads what `process:` says; else what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(digest) = text.strip_prefix("sha256:") {
            let digest = digest.parse();
            return digest
                .map(Self::Bundle)
                .map_err(|_| format!("`{text}` is no digest: 64 hexadecimal digits follow"));
        }
        if text.starts_with("eip155:") {
            return match is_token(text) {
                true => Ok(Self::Token(text.to_ascii_lowercase())),
                false => Err(format!(
                    "`{text}` is no name of a work, such as eip155:8453/erc721:0x…/12"
                )),
            };
        }
        match text.rsplit('/').next().unwrap_or_default() {
            "" | "." => Err(format!("`{text}` is no directory of its own")),
            name if name.ends_with(".yaml") || name.ends_with(".yml") => Err(format!(
                "`{text}` is a file: a process that is a step has a directory with a {PROCESS_FILE} in it"
            )),
            _ => Ok(Self::Path(text.to_owned())),
        }
    }

    /// The directory of the process's files, from that of the process that uses it.
    #[must_use]
    pub fn folder(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Bundle(digest) => format!("{BUNDLES_FOLDER}/sha256-{digest}"),
            Self::Token(name) => format!("{BUNDLES_FOLDER}/{}", name.replace([':', '/'], "-")),
        }
    }
}

fn is_token(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split([':', '/']).collect();
    let [_, chain, kind, contract, token] = parts[..] else {
        return false;
    };
    let address = contract.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    number(chain) && kind == "erc721" && address && number(token) && text.matches('/').count() == 2
}

/// A process that is a step of another, planned by itself.
pub(super) struct Inner {
    /// What its author wrote.
    pub(super) process: Arc<Process>,
    pub(super) plan: Plan,
    /// The process with the steps that nobody wrote, and where all of it stands.
    pub(super) held: Process,
    pub(super) root: Node,
    pub(super) calls: Calls,
    /// The JSON Schema of its outputs.
    pub(super) gives: Value,
    /// Its process file.
    pub(super) file: AssetRef,
    /// All its files by path from its own directory.
    pub(super) files: BTreeMap<String, AssetRef>,
    /// Those that were read.
    pub(super) contents: Contents,
    /// Where its directory is, from that of the outermost process: empty, or with a `/` at its end.
    pub(super) base: String,
}

impl Inner {
    /// The paths of all its steps, those of loops included.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for step in &self.held.steps {
            paths.push(step.name.clone());
            if let Action::Repeat(repeat) = &step.action {
                let inner = repeat.steps.iter();
                paths.extend(inner.map(|inner| format!("{}.{}", step.name, inner.name)));
            }
        }
        paths
    }
}

/// Why a process can't be a step.
#[derive(Clone)]
pub(super) struct Unfit {
    pub(super) message: String,
    pub(super) help: String,
}

/// Every process that is a step of the outermost one, or of such a process.
pub(super) struct Shelf<'f> {
    source: &'f dyn ProcessFiles,
    /// Where the assets are known without reading the files.
    frozen: Option<&'f Bundle>,
    engines: &'f Engines,
    /// By the path of the process file.
    known: BTreeMap<String, Result<Arc<Inner>, Unfit>>,
    /// Those that are being read: what one of them uses can't use it in turn.
    open: Vec<String>,
}

impl<'f> Shelf<'f> {
    pub(super) fn new(
        source: &'f dyn ProcessFiles,
        frozen: Option<&'f Bundle>,
        engines: &'f Engines,
    ) -> Self {
        Self {
            source,
            frozen,
            engines,
            known: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    pub(super) fn engines(&self) -> &'f Engines {
        self.engines
    }

    /// Whether a process that is a step is being read.
    pub(super) fn is_reading(&self) -> bool {
        !self.open.is_empty()
    }

    /// The process called so by one whose directory is `base`.
    pub(super) fn get(&mut self, base: &str, named: &Reference) -> Result<Arc<Inner>, Unfit> {
        // It may not lead out of the directory of the process that uses it, whatever is around that.
        let folder = normal_path(&named.folder()).map_err(|error| Unfit {
            message: error.to_string(),
            help: "expected a directory with a process.yaml, from that of this process file".into(),
        })?;
        let base = format!("{base}{folder}/");
        let path = format!("{base}{PROCESS_FILE}");
        if let Some(known) = self.known.get(&path) {
            return known.clone();
        }
        if self.open.contains(&path) {
            return Err(Unfit {
                message: format!("`{path}` uses itself as a step"),
                help: "a process is made of others: take one of the uses away".into(),
            });
        }
        if self.open.len() == NESTED_MAX {
            return Err(Unfit {
                message: format!(
                    "`{path}` stands in {NESTED_MAX} other processes, which is the limit"
                ),
                help: "put some of their steps into one process".into(),
            });
        }
        self.open.push(path.clone());
        let found = self.read(base, &path, named).map(Arc::new);
        self.open.pop();
        self.known.insert(path, found.clone());
        found
    }

    fn read(&mut self, base: String, path: &str, named: &Reference) -> Result<Inner, Unfit> {
        let bytes = self.source.read(path).map_err(|error| {
            let help = match (&error, named) {
                (FileError::Missing { .. }, Reference::Bundle(_) | Reference::Token(_)) => {
                    "fetch it by `daedal lock`".to_owned()
                }
                (FileError::Missing { .. }, Reference::Path(_)) => {
                    "expected a directory with a process.yaml: copy the process in".to_owned()
                }
                _ => "check that it is a file that you may read".to_owned(),
            };
            let message = match &error {
                FileError::Missing { .. } => format!("there is no `{path}`"),
                other => other.to_string(),
            };
            Unfit { message, help }
        })?;
        let own = Below {
            source: self.source,
            base: base.clone(),
        };
        let frozen = self.frozen.map(|bundle| below(bundle, &base));
        let label = self.source.label(path);
        let worked = process::read(&label, &bytes).and_then(|(text, parsed)| {
            let origin = Origin {
                name: &label,
                text: &text,
            };
            build::work(parsed, origin, self, &base, &own, frozen.as_ref())
                .map_err(|mistakes| Mistakes::new(&label, &text, mistakes))
        });
        let (planned, held) = worked.map_err(|mistakes| unfit(&mistakes))?;
        let Some(Held {
            process: held,
            root,
            calls,
            gives,
        }) = held
        else {
            // It is kept while `open` has it.
            return Err(Unfit {
                message: format!("{label} can't be a step"),
                help: "report this as a mistake of Daedal".into(),
            });
        };
        let name = path.strip_prefix(&base).unwrap_or(path);
        let file = frozen.and_then(|bundle| bundle.files.get(name).cloned());
        let file = file.unwrap_or_else(|| file_asset(name, &bytes));
        let (mut files, mut contents) = (planned.bundle.files, planned.contents);
        files.insert(name.to_owned(), file.clone());
        contents.insert(name.to_owned(), bytes);
        Ok(Inner {
            process: Arc::new(planned.process),
            plan: planned.plan,
            held,
            root,
            calls,
            gives,
            file,
            files,
            contents,
            base,
        })
    }
}

/// What is wrong with a process, where it is used.
fn unfit(mistakes: &Mistakes) -> Unfit {
    let told: Vec<String> = mistakes
        .positions()
        .take(TOLD_MAX)
        .map(|(mistake, (line, column))| {
            let short: String = mistake.message.chars().take(TOLD_CHARS).collect();
            let rest = match short.len() < mistake.message.len() {
                true => " …",
                false => "",
            };
            format!("{line}:{column}: {short}{rest}")
        })
        .collect();
    let more = match mistakes.iter().count() - told.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Unfit {
        message: format!(
            "{} can't be a step: {}{more}",
            mistakes.file(),
            told.join("; ")
        ),
        help: format!(
            "mend it by itself: daedal check {}",
            mistakes
                .file()
                .trim_end_matches(PROCESS_FILE)
                .trim_end_matches('/')
        ),
    }
}

/// What the steps of a process that are processes name, each once: directories, bundles and works.
#[must_use]
pub fn references(process: &Process) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut pending: Vec<&Step> = process.steps.iter().rev().collect();
    while let Some(step) = pending.pop() {
        match &step.action {
            Action::Repeat(repeat) => pending.extend(repeat.steps.iter().rev()),
            Action::Perform(perform) if perform.uses == ENGINE => {
                let named = perform.with.get("process").and_then(Value::as_str);
                match named.map(Reference::parse) {
                    Some(Ok(named)) if !found.contains(&named) => found.push(named),
                    _ => {}
                }
            }
            Action::Perform(_) => {}
        }
    }
    found
}

/// The files of a bundle that are below a directory, by their paths from there.
fn below(bundle: &Bundle, base: &str) -> Bundle {
    let files = bundle.files.iter();
    let files = files.filter_map(|(path, asset)| {
        let path = path.strip_prefix(base)?;
        Some((path.to_owned(), asset.clone()))
    });
    Bundle {
        process: Value::Null,
        files: files.collect(),
    }
}

/// The files below a directory of a process.
struct Below<'f> {
    source: &'f dyn ProcessFiles,
    base: String,
}

impl ProcessFiles for Below<'_> {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        self.source.read(&format!("{}{path}", self.base))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let found = self.source.list(&format!("{}{path}", self.base))?;
        let own = |path: String| path.strip_prefix(&self.base).map(str::to_owned);
        Ok(found.into_iter().filter_map(own).collect())
    }

    fn label(&self, path: &str) -> String {
        self.source.label(&format!("{}{path}", self.base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_by_path_digest_or_token() {
        let digest = "ab".repeat(32);
        let token = "eip155:31337/erc721:0x5FbDB2315678afecb367f032d93F642f64180aa3/12";
        let folder = |text: &str| Reference::parse(text).map(|named| named.folder());
        assert_eq!(folder("parts/poster"), Ok("parts/poster".into()));
        assert_eq!(
            folder(&format!("sha256:{digest}")),
            Ok(format!("bundles/sha256-{digest}"))
        );
        assert_eq!(
            folder(token),
            Ok("bundles/eip155-31337-erc721-0x5fbdb2315678afecb367f032d93f642f64180aa3-12".into())
        );
        for wrong in [
            "",
            ".",
            "parts/",
            "other.yaml",
            "parts/process.yaml",
            "sha256:ab",
            "eip155:1/erc721:0x12/3",
            "eip155:1/erc20:0x5fbdb2315678afecb367f032d93f642f64180aa3/3",
        ] {
            assert!(folder(wrong).is_err(), "{wrong}");
        }
    }
}
