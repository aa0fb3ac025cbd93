//! Running the reproducible tasks of a run again, in a clean place, and comparing what comes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use daedal_core::Digest;
use daedal_core::asset::media_type_of;
use daedal_core::blob::BlobWrite;
use daedal_core::bundle::Bundle;
use daedal_core::engine::Engines;
use daedal_core::intent::{SignedIntent, seen_root, shown};
use daedal_core::json;
use daedal_core::plan::{self, Plan};
use daedal_core::record::RunRecord;
use daedal_core::run::{Decider, Event, Moment, TaskRecord, records};
use daedal_exec::replay::{Again, Difference, Replay};
use daedal_provenance::attest::Subject;
use daedal_provenance::collection::{ASSETS, BUNDLE, CAPTIONS, Files, LOG, MATERIAL, PROCESS};
use daedal_provenance::container::unsealed;
use daedal_provenance::{Exit, Outcome, Verdict};
use daedal_store::Studio;
use serde_json::{Value, json};

use super::coverage::Coverage;
use crate::export::material;
use crate::failure::Failure;
use crate::hint;
use crate::progress;
use crate::release::{Drawn, captions, is_record_of};
use crate::text;
use crate::ui::Ui;

/// Where the picture of a difference is written, in the directory that the command is run in.
const DIFFERENCE: &str = "daedal-difference.png";

/// Names of published assets, and what they were before they were sealed, where that can be told of the files.
type Published = BTreeMap<Digest, (String, Option<Vec<u8>>)>;

/// A run, ready to be carried out again: in a place that has its process and what came from outside, and nothing else.
pub(crate) struct Scene {
    place: Studio,
    engines: Engines,
    tasks: Vec<TaskRecord>,
    record: RunRecord,
    published: Published,
}

/// What came of it.
pub(crate) struct Replayed {
    /// Task, as a person names it, and what came of it.
    pub(crate) tasks: Vec<(String, Again)>,
    pub(crate) assets: Vec<(String, Coverage)>,
    /// Why not all tasks were looked at.
    pub(crate) difference: Option<Told>,
    /// The build target that the run was carried out on, where it is another one than this.
    pub(crate) elsewhere: Option<String>,
}

/// The first difference.
pub(crate) struct Told {
    task: String,
    difference: Difference,
    picture: Option<PathBuf>,
}

impl Scene {
    /// The run that an archive is of, which has to stand.
    pub(crate) fn of_archive(
        files: &Files,
        record: &RunRecord,
        subjects: &[Subject],
        engines: &Engines,
    ) -> Result<Self, Failure> {
        let Some(log) = files.get(LOG) else {
            return Err(Failure::new("the archive has not got what running it again takes").help(
                format!(
                    "have it exported with `{} export --replayable RUN`: every value of the run is in it then",
                    hint::daedal()
                ),
            ));
        };
        let damaged = |what: &str, error: &dyn std::error::Error| {
            Failure::because(format!("`{what}` of the archive can't be read"), error)
        };
        let place = Studio::in_memory();
        let keep = |bytes: &[u8]| {
            let kept = place.blobs.write(bytes);
            kept.map_err(|error| Failure::because("the files of the run can't be kept", &error))
        };
        let bundle = Bundle::from_bytes(files.get(BUNDLE).map_or(&[], Vec::as_slice))
            .map_err(|error| damaged(BUNDLE, &error))?;
        let taken = |path: &&String| path.starts_with(PROCESS) || path.starts_with(MATERIAL);
        for path in files.keys().filter(taken) {
            keep(&files[path])?;
        }
        let planned = plan::of_bundle(&bundle, &*place.blobs, engines).map_err(Failure::from)?;
        let events: Vec<Event> = json::read(log).map_err(|error| damaged(LOG, &error))?;
        let captions: Vec<Drawn> = match files.get(CAPTIONS) {
            Some(captions) => json::read(captions).map_err(|error| damaged(CAPTIONS, &error))?,
            None => Vec::new(),
        };
        let published = subjects.iter().filter_map(|subject| {
            let file = files.get(&format!("{ASSETS}{}", subject.name))?;
            let bare = match subject.sidecar {
                Some(_) => Some(file.clone()),
                None => unsealed(media_type_of(&subject.name), file),
            };
            Some((subject.unsigned, (subject.name.clone(), bare)))
        });
        let published = published.collect();
        let log = (&events[..], captions);
        Self::checked(place, engines, &planned.plan, log, record, published)
    }

    /// A run of the studio that is over.
    pub(crate) fn of_run(
        studio: &Studio,
        planned: &plan::Planned,
        (events, captions): (&[Event], Vec<Drawn>),
        record: &RunRecord,
        published: Published,
        engines: &Engines,
    ) -> Result<Self, Failure> {
        let place = Studio::in_memory();
        let mut tasks = records(&planned.plan, events);
        tasks.retain(|task| task.outcome().is_some());
        let taken = material(&planned.bundle, &tasks, engines);
        let files = planned.bundle.files.values();
        for asset in files.chain(&taken) {
            let read = studio.blobs.read(&asset.digest);
            let bytes = read.map_err(|error| {
                Failure::because("what the run was given can't be read", &error)
            })?;
            place
                .blobs
                .write(&bytes)
                .map_err(|error| Failure::because("the files of the run can't be kept", &error))?;
        }
        let log = (events, captions);
        Self::checked(place, engines, &planned.plan, log, record, published)
    }

    /// Makes sure that the log tells the run as its receipts do.
    fn checked(
        place: Studio,
        engines: &Engines,
        plan: &Plan,
        (events, drawn): (&[Event], Vec<Drawn>),
        record: &RunRecord,
        published: Published,
    ) -> Result<Self, Failure> {
        let mut tasks = records(plan, events);
        tasks.retain(|task| task.outcome().is_some());
        tasks.extend(captions(drawn, Moment::default()));
        if !is_record_of(record, &tasks) {
            let what = "the log does not tell the run that the receipts are of";
            return Err(Failure::new(what)
                .help("one of them was changed, or the run was carried out by another version of daedal")
                .exit(Exit::Tampered.code()));
        }
        if let Some(task) = tasks.iter().find(|task| !is_signed_for(task)) {
            return Err(Failure::new(format!(
                "no signature says that a person was shown what {} was given",
                task.name
            ))
            .help("alternatives were left out of it, or made up: take the archive from its studio again")
            .exit(Exit::Tampered.code()));
        }
        Ok(Self {
            place,
            engines: engines.clone(),
            tasks,
            record: record.clone(),
            published,
        })
    }

    /// Runs everything again, or what the asset `only` was made of; ends with the first difference.
    pub(crate) fn replay(&self, only: Option<&Digest>, ui: Ui) -> Replayed {
        let places: Vec<usize> = match only {
            Some(asset) => self.record.lineage(asset),
            None => (0..self.tasks.len()).collect(),
        };
        let came = self.again(&places, ui);
        let difference = came.last().and_then(|(task, again)| match again {
            Again::Differs(difference) => Some(Told {
                task: task.name.to_string(),
                picture: self.picture(difference),
                difference: (**difference).clone(),
            }),
            _ => None,
        });
        let target = crate::release::tool().target;
        let recorded = &self.record.header.target;
        Replayed {
            difference,
            assets: self.covered(&places, &came, only),
            elsewhere: (*recorded != target).then(|| recorded.clone()),
            tasks: came
                .into_iter()
                .map(|(task, again)| (task.name.to_string(), again))
                .collect(),
        }
    }

    /// What comes of the tasks in these places of the record.
    fn again(&self, places: &[usize], ui: Ui) -> Vec<(&TaskRecord, Again)> {
        let blobs: Arc<dyn BlobWrite> = Arc::clone(&self.place.blobs) as _;
        let replay = Replay {
            engines: &self.engines,
            blobs: &*blobs,
            stop: &AtomicBool::new(false),
            compare: &|was, is| Some(daedal_engines::difference(was, is)?.distance),
        };
        let bar = progress::bar(places.len(), "run again", ui);
        let tasks = places.iter().map(|place| {
            (
                &self.tasks[*place],
                self.record.receipts[*place].determinism,
            )
        });
        let came = replay.of(tasks, &mut |task, _| {
            bar.set_message(task.name.to_string());
            bar.inc(1);
        });
        bar.finish_and_clear();
        came
    }

    /// How much of each published asset came again, or of the asset `only`.
    fn covered(
        &self,
        places: &[usize],
        came: &[(&TaskRecord, Again)],
        only: Option<&Digest>,
    ) -> Vec<(String, Coverage)> {
        let came = came.iter().map(|(_, again)| again);
        let verdicts: BTreeMap<usize, &Again> = places.iter().copied().zip(came).collect();
        let published = self.published.iter();
        let mut assets: Vec<(String, Coverage)> = published
            .filter(|(digest, _)| only.is_none_or(|only| only == *digest))
            .map(|(digest, (name, bare))| {
                let mut coverage = Coverage::of(bare.is_some());
                for place in self.record.lineage(digest) {
                    coverage.add(verdicts.get(&place).copied());
                }
                (name.clone(), coverage)
            })
            .collect();
        assets.sort_by(|(one, _), (other, _)| one.cmp(other));
        assets
    }

    /// A picture of what differs, beside one another, if it was published and can be seen.
    fn picture(&self, difference: &Difference) -> Option<PathBuf> {
        difference.assets.iter().find_map(|(was, is)| {
            let was = self.published.get(&was.digest)?;
            let is = self.place.blobs.read(&is.digest).ok()?;
            let compared = daedal_engines::difference(was.1.as_ref()?, &is)?;
            let path = Path::new(DIFFERENCE);
            text::write_whole(path, &compared.png).ok()?;
            Some(path.to_owned())
        })
    }
}

/// Whether a person who decided signed for just what there was to choose from, values without bytes included. What they
/// signed is what the receipt names: the log has been compared with it.
fn is_signed_for(task: &TaskRecord) -> bool {
    let Some(decision) = &task.decision else {
        return true;
    };
    let Some(signed) = &decision.intent else {
        return decision.by == Decider::Timeout;
    };
    let from = match task.task.params.get("from") {
        Some(Value::Array(from)) => &from[..],
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    // A null is a candidate that was skipped.
    let given = shown(from.iter().filter(|value| !value.is_null()));
    let signed: Option<SignedIntent> = serde_json::from_value(signed.clone()).ok();
    signed.is_some_and(|signed| signed.intent.seen == seen_root(&given))
}

impl Replayed {
    fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        for (_, again) in &self.tasks {
            coverage.add(Some(again));
        }
        coverage
    }

    /// Whether everything that can be run again gave what it gave.
    pub(crate) fn holds(&self) -> bool {
        self.difference.is_none()
    }

    /// Tells the verdict on the run, or on the file that was made again.
    pub(crate) fn judge(&self, verdict: &mut Verdict) {
        let coverage = self.coverage();
        let outcome = match (self.holds(), coverage.is_none()) {
            (false, _) => Outcome::Failed,
            (true, true) => Outcome::Noted,
            (true, false) => Outcome::Passed,
        };
        verdict.replayed(outcome, coverage.told());
    }

    pub(crate) fn told(&self) -> String {
        let mut told = String::new();
        if let Some(target) = &self.elsewhere {
            told.push_str(&format!(
                "    the run was carried out on {target}: bytes are promised to be the same there\n"
            ));
        }
        for (task, again) in &self.tasks {
            if let Again::Failed(why) = again {
                told.push_str(&format!("    {task}: {why}\n"));
            }
        }
        if let Some(Told {
            task,
            difference,
            picture,
        }) = &self.difference
        {
            told.push_str(&format!(
                "    {task} gives something else, and nothing after it was looked at\n"
            ));
            told.push_str(&format!(
                "      in the run  {}\n      here        {}\n",
                difference.expected, difference.found
            ));
            for (was, is) in &difference.assets {
                told.push_str(&format!(
                    "      {} in the run is {} here\n",
                    was.digest.short(),
                    is.digest.short()
                ));
            }
            if let Some(picture) = picture {
                told.push_str(&format!("      side by side: {} (left in the run, middle here, right where they differ)\n", picture.display()));
            }
        }
        for (name, coverage) in &self.assets {
            told.push_str(&format!("    {name}: {}\n", coverage.told()));
        }
        told
    }

    pub(crate) fn to_json(&self) -> Value {
        let again = |again: &Again| match again {
            Again::Exact => json!("exact"),
            Again::Close(distance) => json!({ "close": distance }),
            Again::Attested => json!("attested"),
            Again::Differs(difference) => {
                json!({ "differs": { "expected": difference.expected, "found": difference.found } })
            }
            Again::Failed(why) => json!({ "failed": why }),
        };
        let tasks = self
            .tasks
            .iter()
            .map(|(task, came)| json!({ "task": task, "came": again(came) }));
        let assets = self
            .assets
            .iter()
            .map(|(name, coverage)| json!({ "name": name, "coverage": coverage }));
        json!({
            "holds": self.holds(),
            "nothing": self.coverage().is_none(),
            "coverage": self.coverage(),
            "assets": assets.collect::<Vec<_>>(),
            "tasks": tasks.collect::<Vec<_>>(),
            "picture": self.difference.as_ref().and_then(|told| told.picture.as_ref()),
            "elsewhere": self.elsewhere,
        })
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
