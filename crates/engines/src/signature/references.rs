//! The references that a task is given, measured once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use daedal_core::asset::assets_in;
use daedal_core::engine::{EngineError, Task, TaskContext};
use daedal_core::{AssetRef, Digest};
use serde_json::Value;

use super::profile::{Profile, REFERENCES_MAX, Reference};
use super::statistic::Traits;
use crate::picture::{self, Plane};
use crate::task::label;

/// Pictures whose traits are remembered.
const REMEMBERED_MAX: usize = 4_096;

/// What was measured, by digest: references are the same for every candidate.
#[derive(Default)]
pub(crate) struct References {
    traits: Mutex<BTreeMap<Digest, Arc<Traits>>>,
    profiles: Mutex<BTreeMap<Vec<Digest>, Arc<Profile>>>,
}

impl References {
    /// The profile of the references in `value`: the one beside them, where there is one, or else what they are
    /// measured to be. None where there is no reference picture.
    pub(crate) fn profile(
        &self,
        value: &Value,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Option<Arc<Profile>>, EngineError> {
        let assets = assets_in(value);
        let (mut pictures, others): (Vec<_>, Vec<_>) = assets
            .iter()
            .partition(|asset| asset.media_type.starts_with("image/"));
        // The same bytes twice are one reference.
        let mut seen = BTreeSet::new();
        pictures.retain(|asset| seen.insert(asset.digest));
        let written: Vec<_> = others
            .into_iter()
            .filter(|asset| asset.media_type == "application/json")
            .collect();
        if pictures.len() > REFERENCES_MAX {
            return Err(EngineError::limit(format!(
                "{} references are more than the limit of {REFERENCES_MAX}: keep those that show the hand best",
                pictures.len()
            )));
        }
        let key: Vec<Digest> = pictures
            .iter()
            .chain(&written)
            .map(|asset| asset.digest)
            .collect();
        if let Some(profile) = whole(&self.profiles).get(&key) {
            return Ok(Some(Arc::clone(profile)));
        }
        let profile = match (&written[..], pictures.is_empty()) {
            ([], true) => return Ok(None),
            ([], false) => self.measured(&pictures, task, context)?,
            ([written], _) => beside(written, &pictures, task, context)?,
            (several, _) => {
                return Err(EngineError::invalid(format!(
                    "there are {} JSON files among the references: keep one, the profile",
                    several.len()
                )));
            }
        };
        let profile = Arc::new(profile);
        let mut profiles = whole(&self.profiles);
        if profiles.len() >= REMEMBERED_MAX {
            profiles.clear();
        }
        profiles.insert(key, Arc::clone(&profile));
        Ok(Some(profile))
    }

    /// What a picture is like.
    pub(crate) fn traits(
        &self,
        asset: &AssetRef,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Arc<Traits>, EngineError> {
        if let Some(traits) = whole(&self.traits).get(&asset.digest) {
            return Ok(Arc::clone(traits));
        }
        context.check_stop()?;
        let picture = picture::read(task, context, asset, None)?;
        let measured = Arc::new(Traits::of(&Plane::softened(&picture)));
        let mut traits = whole(&self.traits);
        if traits.len() >= REMEMBERED_MAX {
            traits.clear();
        }
        traits.insert(asset.digest, Arc::clone(&measured));
        Ok(measured)
    }

    fn measured(
        &self,
        pictures: &[&AssetRef],
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Profile, EngineError> {
        let references: Vec<Reference> = pictures
            .iter()
            .map(|asset| {
                let traits = self.traits(asset, task, context)?;
                Ok(Reference {
                    file: label(task, asset),
                    sha256: asset.digest,
                    traits: Traits::clone(&traits),
                })
            })
            .collect::<Result<_, EngineError>>()?;
        Ok(Profile::of(references, Vec::new()))
    }
}

/// A thread that panicked leaves whole entries behind.
fn whole<T>(remembered: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    remembered
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The profile that was written, which has to be of the references that are there.
fn beside(
    written: &AssetRef,
    pictures: &[&AssetRef],
    task: &Task,
    context: &TaskContext<'_>,
) -> Result<Profile, EngineError> {
    let name = label(task, written);
    let profile = Profile::read(&context.read(written)?)
        .map_err(|wrong| EngineError::invalid(format!("`{name}` {wrong}")))?;
    let there: BTreeSet<Digest> = pictures.iter().map(|asset| asset.digest).collect();
    let of: BTreeSet<Digest> = profile
        .references
        .iter()
        .map(|reference| reference.sha256)
        .collect();
    // References that may not be passed on can stay at home; those that are there are the ones that count.
    if !there.is_empty() && there != of {
        return Err(EngineError::invalid(format!(
            "`{name}` is the profile of other references than those beside it: make it anew with \
             `daedal signature build`"
        )));
    }
    Ok(profile)
}
