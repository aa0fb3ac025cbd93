//! A run that was over and goes on, because somebody edited what a task of it gave.

use std::path::Path;

use daedal_core::run::RunId;
use daedal_store::Studio;
use daedal_store::ports::Document;
use serde_json::Value;

use super::kept;
use super::record::CAPTIONS;
use crate::failure::Failure;
use crate::home::remembered;

/// Refuses a run of which a release has begun: what it made stands.
pub(crate) async fn require_unreleased(studio: &Studio, run: RunId) -> Result<(), Failure> {
    let key = run.to_string();
    let sealed = studio.records.list("sealed").await;
    let sealed = sealed.map_err(|error| remembered(&error))?;
    let mut begun = sealed
        .iter()
        .any(|(key, _)| key.starts_with(&run.to_string()));
    for kind in ["attestation", "release"] {
        begun |= kept::get(studio, kind, &key).await?.is_some();
    }
    match begun {
        false => Ok(()),
        true => Err(Failure::new(format!(
            "run {} was released: it stands as it is",
            run.0.short()
        ))
        .help(
            "begin another run, and edit that before you release it: daedal run PROCESS --fresh",
        )),
    }
}

/// Forgets how a run ended, which goes on.
pub(crate) async fn forget(
    studio: &Studio,
    root: &Path,
    process: &str,
    run: RunId,
) -> Result<(), Failure> {
    let key = run.to_string();
    let kinds = ["record", "receipts", "outputs", CAPTIONS];
    let gone = kinds.map(|kind| Document::of(kind, &*key, &Value::Null));
    kept::put_all(studio, gone.into()).await?;
    // Written anew once the run is over again; what stays is replaced then, or in nobody's way.
    let _ = std::fs::remove_dir_all(root.join("out").join(process).join(run.0.short()));
    Ok(())
}
