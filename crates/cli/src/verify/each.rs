//! Files of a directory, each with what lies beside it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use daedal_provenance::chain::Chain;

use super::{Named, Records, Verified, archive, misnamed, of, of_archive, others, read};
use crate::failure::Failure;

/// Verifies files, each with what lies beside it, on every core; gives what came of each, in their order.
pub(crate) fn all(files: &[PathBuf], anchors: &[Chain]) -> Vec<Result<Verified, Failure>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let records = Records::default();
    let work = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(file) = files.get(at)
        {
            let verified = any(file, anchors, &records);
            let verified = verified.map_err(|failure| misnamed::among_others(file, failure));
            done.push((at, verified));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores.min(files.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let done = workers.into_iter().flat_map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.collect::<Vec<_>>()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, verified)| verified).collect()
}

/// Verifies an archive or any other file.
fn any(path: &Path, anchors: &[Chain], records: &Records) -> Result<Verified, Failure> {
    let bytes = read(path)?;
    let Some(beside) = of_archive(path, &bytes, anchors)? else {
        return of(path, &bytes, Named::default(), anchors, records);
    };
    let mut verified = Verified::of(archive(&bytes, anchors));
    beside.tell_others(&mut verified.verdict);
    others(path, &bytes, &beside, anchors, records, &mut verified)?;
    Ok(verified)
}
