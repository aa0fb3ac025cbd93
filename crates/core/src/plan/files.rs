//! The files that a process names, each read once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SCHEMA_FILE;
use super::shelf::Inner;
use crate::AssetRef;
use crate::bundle::{
    BUNDLE_FILE_BYTES_MAX, Bundle, FileError, LOCK_FILE, PROCESS_FILE, ProcessFiles, file_asset,
    normal_path,
};
use crate::process::suggestion;

/// Bytes by path.
pub(super) type Contents = BTreeMap<String, Arc<[u8]>>;

/// Reads files and remembers which were named.
pub(super) struct Files<'f> {
    source: &'f dyn ProcessFiles,
    /// Where the assets are known without reading the files.
    frozen: Option<&'f Bundle>,
    /// How people know the process file.
    process_file: &'f str,
    named: BTreeMap<String, Result<AssetRef, FileError>>,
    bytes: Contents,
}

impl<'f> Files<'f> {
    pub(super) fn new(
        source: &'f dyn ProcessFiles,
        frozen: Option<&'f Bundle>,
        process_file: &'f str,
    ) -> Self {
        Self {
            source,
            frozen,
            process_file,
            named: BTreeMap::new(),
            bytes: BTreeMap::new(),
        }
    }

    /// The asset that the file at `path` is; from now on it belongs to the bundle.
    pub(super) fn asset(&mut self, path: &str) -> Result<AssetRef, FileError> {
        let path = normal_path(path)?;
        if let Some(known) = self.named.get(&path) {
            return known.clone();
        }
        let found = match self.frozen.and_then(|bundle| bundle.files.get(&path)) {
            Some(asset) => Ok(asset.clone()),
            None => self.load(&path).map(|bytes| file_asset(&path, &bytes)),
        };
        self.named.insert(path, found.clone());
        found
    }

    /// The bytes of a file that was named.
    pub(super) fn bytes(&self, path: &str) -> Option<Arc<[u8]>> {
        let path = normal_path(path).ok()?;
        match self.bytes.get(&path) {
            Some(bytes) => Some(Arc::clone(bytes)),
            None if self.named.contains_key(&path) => self.source.read(&path).ok(),
            None => None,
        }
    }

    /// Every file below a directory, in order of paths.
    pub(super) fn below(&mut self, directory: &str) -> Result<Vec<AssetRef>, FileError> {
        let directory = normal_path(directory)?;
        let mut files = Vec::new();
        for path in self.source.list(&directory)? {
            // What a file manager leaves behind is nobody's hand.
            if path
                .rsplit('/')
                .next()
                .is_some_and(|name| name.starts_with('.'))
            {
                continue;
            }
            files.push(self.asset(&path)?);
        }
        Ok(files)
    }

    /// Takes over the files of a process that is a step, whose directory is `base`.
    pub(super) fn adopt(&mut self, base: &str, inner: &Inner) {
        for (path, asset) in &inner.files {
            self.named
                .insert(format!("{base}{path}"), Ok(asset.clone()));
        }
        for (path, bytes) in &inner.contents {
            self.bytes
                .insert(format!("{base}{path}"), Arc::clone(bytes));
        }
    }

    /// The bytes of a file that is not part of the bundle for that.
    pub(super) fn peek(&self, path: &str) -> Option<Arc<[u8]>> {
        self.source.read(path).ok()
    }

    /// The files of the bundle by path, and the bytes of those that were read.
    pub(super) fn into_parts(self) -> (BTreeMap<String, AssetRef>, Contents) {
        let assets = self
            .named
            .into_iter()
            .filter_map(|(path, found)| Some((path, found.ok()?)))
            .collect();
        (assets, self.bytes)
    }

    /// What to do about it.
    pub(super) fn advice(&self, error: &FileError) -> String {
        match error {
            FileError::Missing { path, present } => {
                // What describes the process is no file that a step could mean.
                let own = self.process_file.rsplit(['/', '\\']).next();
                let meant = |name: &&str| {
                    ![PROCESS_FILE, LOCK_FILE, SCHEMA_FILE].contains(name) && Some(*name) != own
                };
                let known: Vec<&str> = present.iter().map(String::as_str).filter(meant).collect();
                if known.is_empty() {
                    return "put the file there: it belongs to the process".into();
                }
                suggestion(path, known)
            }
            FileError::Forbidden { .. } => {
                "expected a path such as `sketches/coast.js`, from the directory of the process file"
                    .into()
            }
            FileError::TooLarge { .. } => {
                "make it smaller, or have a step fetch what is large".into()
            }
            FileError::Unreadable { .. } => "check that it is a file that you may read".into(),
        }
    }

    fn load(&mut self, path: &str) -> Result<Arc<[u8]>, FileError> {
        let bytes = self.source.read(path)?;
        let size = bytes.len() as u64;
        if size > BUNDLE_FILE_BYTES_MAX {
            return Err(FileError::TooLarge {
                path: path.to_owned(),
                size,
            });
        }
        self.bytes.insert(path.to_owned(), Arc::clone(&bytes));
        Ok(bytes)
    }
}
