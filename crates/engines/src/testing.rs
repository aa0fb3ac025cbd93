//! A bench for engines in tests: blobs in memory and a task around given fields.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use daedal_core::blob::{BlobError, BlobRead, BlobWrite};
use daedal_core::engine::{Engine, EngineError, Limits, Performed, Task, TaskContext};
use daedal_core::{AssetRef, Digest, Seed};
use serde_json::Value;

#[derive(Default)]
pub(crate) struct Bench {
    blobs: Mutex<BTreeMap<Digest, Arc<[u8]>>>,
    labels: Mutex<BTreeMap<Digest, String>>,
    pub(crate) limits: Limits,
    pub(crate) stop: AtomicBool,
}

impl BlobRead for Bench {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let blobs = self.blobs.lock().unwrap();
        blobs
            .get(digest)
            .cloned()
            .ok_or(BlobError::Missing { digest: *digest })
    }
}

impl BlobWrite for Bench {
    fn write(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        let digest = Digest::of(bytes);
        self.blobs.lock().unwrap().insert(digest, bytes.into());
        Ok(digest)
    }
}

impl Bench {
    /// Keeps a file of the bundle and gives the asset that stands for it.
    pub(crate) fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> Value {
        let asset = daedal_core::bundle::file_asset(path, bytes.as_ref());
        self.write(bytes.as_ref()).unwrap();
        self.labels
            .lock()
            .unwrap()
            .insert(asset.digest, path.to_owned());
        asset.to_value()
    }

    /// What surrounds a task.
    pub(crate) fn context(&self) -> TaskContext<'_> {
        TaskContext::new(self, &self.stop)
    }

    /// Performs a task with these fields and a seed made from `seed`.
    pub(crate) fn perform(
        &self,
        engine: &dyn Engine,
        with: Value,
        seed: u64,
    ) -> Result<Performed, EngineError> {
        engine.run(&self.task(engine, with, seed), &self.context())
    }

    /// A task with these fields.
    pub(crate) fn task(&self, engine: &dyn Engine, with: Value, seed: u64) -> Task {
        let spec = engine.spec();
        Task {
            engine: spec.name.to_owned(),
            engine_version: spec.version.to_owned(),
            params: with,
            seed: spec.seeded.then(|| Seed(Digest::of(&seed.to_be_bytes()))),
            limits: self.limits,
            labels: self.labels.lock().unwrap().clone(),
        }
    }

    /// The value of a task that has to succeed.
    pub(crate) fn value(&self, engine: &dyn Engine, with: Value, seed: u64) -> Value {
        match self.perform(engine, with, seed) {
            Ok(Performed::Done(outcome)) => outcome.value,
            other => panic!("{other:?}"),
        }
    }

    /// What a task that has to fail says.
    pub(crate) fn error(&self, engine: &dyn Engine, with: Value) -> String {
        match self.perform(engine, with, 1) {
            Err(error) => error.to_string(),
            Ok(performed) => panic!("{performed:?}"),
        }
    }

    /// The bytes of the asset that `value` is.
    pub(crate) fn bytes(&self, value: &Value) -> Arc<[u8]> {
        let asset = AssetRef::from_value(value).expect("an asset");
        self.read(&asset.digest).unwrap()
    }
}
