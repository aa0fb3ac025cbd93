//! Credentials that lie beside the files which people bring. A text can't carry its own; what is made of it names the one
//! that it came with, as of a picture that carries one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use daedal_core::asset::assets_in;
use daedal_core::receipt::Receipt;
use daedal_core::run::{EDIT, RunId, RunSpec};
use daedal_core::{AssetRef, Digest};
use daedal_provenance::made_of::Marks;
use daedal_store::Studio;
use daedal_store::ports::Document;

use crate::failure::Failure;
use crate::home::remembered;
use crate::ui::Ui;
use crate::verify;

/// By a run and a file that was brought to it, the digest of the file's credential.
const KIND: &str = "came-with";

/// Keeps the credential beside a file that is brought to a run, if one was made for just these bytes and none is inside. One
/// that wasn't is told.
pub(crate) async fn keep(
    studio: &Studio,
    run: RunId,
    (path, asset): (&Path, &AssetRef),
    ui: Ui,
) -> Result<(), Failure> {
    // As they were taken in: what lies at the path may be another by now, or have been read to its end.
    let bytes = studio.blobs.read(&asset.digest);
    let bytes =
        bytes.map_err(|error| Failure::because("what was brought can't be read", &error))?;
    if Marks::of(&asset.media_type, &bytes, None).credential {
        return Ok(());
    }
    let (credential, others) = verify::made_for(path, &bytes);
    for other in others {
        let file = path.display();
        ui.note(format!("{other}: what is made of {file} does not name it"));
    }
    let Some(credential) = credential else {
        return Ok(());
    };
    let kept = studio.blobs.write(&credential);
    let kept = kept.map_err(|error| Failure::because("the credential can't be kept", &error))?;
    let document = Document::of(KIND, key(run, &asset.digest), &kept);
    let put = studio.records.put(vec![document]).await;
    put.map_err(|error| remembered(&error))
}

fn key(run: RunId, asset: &Digest) -> String {
    format!("{run}/{asset}")
}

/// The credentials beside what was brought to a run: its inputs and parameters, and what people put in the place of what tasks gave.
pub(crate) async fn of(
    studio: &Studio,
    run: RunId,
    receipts: &[Receipt],
    spec: &RunSpec,
) -> Result<BTreeMap<Digest, Vec<u8>>, Failure> {
    let edited = receipts.iter().filter(|receipt| receipt.engine == EDIT);
    let edited = edited.flat_map(|receipt| receipt.outputs.iter().cloned());
    let given = [&spec.inputs, &spec.parameters].into_iter();
    let brought: BTreeSet<Digest> = given
        .flat_map(assets_in)
        .chain(edited)
        .map(|asset| asset.digest)
        .collect();
    let mut found = BTreeMap::new();
    for digest in brought {
        if let Some(credential) = beside(studio, run, &digest).await? {
            found.insert(digest, credential);
        }
    }
    Ok(found)
}

/// The credential that lay beside a file which somebody brought to a run.
pub(crate) async fn beside(
    studio: &Studio,
    run: RunId,
    asset: &Digest,
) -> Result<Option<Vec<u8>>, Failure> {
    let known = studio.records.get(KIND, &key(run, asset)).await;
    let known = known.map_err(|error| remembered(&error))?;
    let known: Option<Digest> = known.and_then(|known| serde_json::from_value(known).ok());
    let Some(known) = known else {
        return Ok(None);
    };
    let bytes = studio.blobs.read(&known).map_err(|error| {
        Failure::because("a credential that a file came with can't be read", &error)
    })?;
    Ok(Some(bytes.to_vec()))
}
