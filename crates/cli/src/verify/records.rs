//! Records of runs, which all files of a run have beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use daedal_provenance::verify::Recorded;

use super::read;
use crate::failure::Failure;

/// Attestations and receipts by where they lie, each read and checked once.
#[derive(Default)]
pub(crate) struct Records(Mutex<BTreeMap<PathBuf, Slot>>);

/// A record, once it has been read: who asks for it meanwhile waits.
type Slot = Arc<Mutex<Option<Arc<Recorded>>>>;

impl Records {
    /// What `check` makes of the file at `place`, if there is one.
    pub(super) fn at(
        &self,
        place: PathBuf,
        check: impl FnOnce(&[u8]) -> Recorded,
    ) -> Result<Option<Arc<Recorded>>, Failure> {
        if !place.is_file() {
            return Ok(None);
        }
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Arc::clone(places.entry(place.clone()).or_default());
        drop(places);
        // Whoever takes it at the same time waits, and does not check it a second time.
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = Some(Arc::new(check(&read(&place)?)));
        }
        Ok(kept.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_record_is_checked_once_however_many_files_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("RUN.receipts.json");
        let (records, checked) = (Records::default(), AtomicUsize::new(0));
        let look = || {
            records.at(place.clone(), |bytes| {
                checked.fetch_add(1, Ordering::Relaxed);
                Recorded::of(bytes)
            })
        };
        assert!(look().unwrap().is_none(), "nothing lies there");
        std::fs::write(&place, "{}").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert!(look().unwrap().is_some()));
            }
        });
        assert_eq!(checked.into_inner(), 1);
    }
}
