//! What a person puts in the place of what a task gave.

use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use daedal_core::intent::{Disclosure, Given, IntentKind, shown};
use daedal_core::plan::Plan;
use daedal_core::process::suggestion;
use daedal_core::run::{State, TaskName, TaskRecord, records};
use daedal_core::{AssetRef, canonical};
use daedal_store::ports::RunSummary;
use serde_json::{Value, json};

use super::replaced::{Replaced, replaced};
use super::{Carrier, find, plan_of, replay};
use crate::commands::Common;
use crate::failure::Failure;
use crate::home::{Home, block_on, remembered};
use crate::intents::{Draft, Signed, SignedBy, domain_of, latest, sign};
use crate::text::count;
use crate::ui::Ui;
use crate::{assemble, came_with, hint, release, verify};

/// What comes in the place of what a task gave.
pub(crate) enum Edit {
    /// What is in this file.
    File(PathBuf),
    /// What the task gave by itself.
    Undo,
}

/// What is edited.
struct Target {
    task: TaskName,
    /// As a person names it.
    told: String,
    /// What stands.
    from: Value,
    to: Replaced,
    /// The edit before it, or what is there to be edited.
    asked: B256,
}

/// Signs and records an edit; what was made from what it replaces is made again when the run is resumed.
pub(crate) fn edit(
    common: &Common,
    run: &str,
    task: &str,
    what: &Edit,
    by: &SignedBy,
    ui: Ui,
) -> Result<u8, Failure> {
    let home = Home::find(common)?;
    let engines = assemble::engines();
    block_on(async {
        // Looked at first: nobody else must wait while a person types a password.
        let studio = home.open_to_read().await?;
        let summary = find(&studio, run).await?;
        release::require_unreleased(&studio, summary.run).await?;
        let (spec, planned) = plan_of(&studio, &summary, &engines).await?;
        let plan = &planned.plan;
        let (state, events) = replay(&studio, plan, summary.run).await?;
        let target = target(plan, &state, &records(plan, &events), &summary, task, what)?;
        studio.close().await.map_err(|error| remembered(&error))?;
        let hand = by.hand(&home, common, ui)?;

        let studio = home.open_to_write("daedal edit").await?;
        release::require_unreleased(&studio, summary.run).await?;
        let domain = domain_of(&home, &studio, &spec.process, spec.governed.as_ref()).await?;
        let (from, given) = (canonical::digest(&target.from), Given::of(&target.to.value));
        let draft = Draft {
            place: format!("{}/{}/edit", summary.run, target.task),
            domain,
            run: summary.run.0.0.into(),
            step: Some(target.task.step.to_string()),
            kind: IntentKind::Edit,
            decided: Box::new(move |salt| Disclosure::edit(salt, from, &given)),
            private: by.private(),
            shown: shown([&target.from]),
            prev: target.asked,
            from: latest(&events),
        };
        let intent = match sign(&home, &studio, &hand, draft).await? {
            Signed::Intent(intent) => intent,
            Signed::TypedData(data) => {
                studio.close().await.map_err(|error| remembered(&error))?;
                ui.result(&data, &format!("{data:#}"));
                return Ok(0);
            }
        };
        if let Some(bytes) = &target.to.bytes {
            let kept = studio.blobs.write(bytes);
            kept.map_err(|error| Failure::because("the edit can't be kept", &error))?;
            if let (Edit::File(path), Some(asset)) = (what, AssetRef::from_value(&target.to.value))
            {
                came_with::keep(&studio, summary.run, (path, &asset), ui).await?;
            }
        }
        if let (Edit::File(path), None) = (what, &target.to.bytes)
            && verify::made_for(path, &read(path)?).0.is_some()
        {
            ui.note(format!(
                "the credential beside {} is not kept: {} gives a text, and no file that could have one",
                path.display(),
                target.told
            ));
        }
        // What was closed is closed anew when the run is over again.
        release::forget(&studio, &home.root, &spec.process, summary.run).await?;
        let value = target.to.value.clone();
        let signed = serde_json::to_value(&intent).unwrap_or_default();
        Carrier::start(&studio, engines, 1, home.settings.run.rate()?)
            .executor()
            .edit(plan, summary.run, &target.task, value, signed)
            .await
            .map_err(|error| Failure::new(error.to_string()))?;
        studio.close().await.map_err(|error| remembered(&error))?;
        let told = format!(
            "{} is edited: what was made from it is made again, and what was decided of that is asked again\n\
             go on with: {} resume {}",
            target.told,
            hint::daedal(),
            summary.run.0.short()
        );
        let value = json!({
            "run": summary.run, "task": target.task.to_string(), "value": target.to.value,
            "intent": intent.name(), "signer": intent.signer,
        });
        ui.result(&value, &told);
        Ok(0)
    })
}

fn target(
    plan: &Plan,
    state: &State,
    records: &[TaskRecord],
    run: &RunSummary,
    task: &str,
    what: &Edit,
) -> Result<Target, Failure> {
    let (task, told) = named(plan, records, task)?;
    let from = state.editable(plan, &task).map_err(|reason| {
        let short = run.run.0.short();
        Failure::new(format!(
            "what {told} of run {short} gave can't be edited: {reason}"
        ))
        .help("edit an earlier step, or begin another run with other inputs")
    })?;
    let mut own = records.iter().filter(|record| record.name == task);
    let last = own.clone().next_back();
    let asked = last.and_then(|record| record.edit_asked(run.run));
    let to = match what {
        Edit::File(path) => replaced(from, path, &read(path)?)?,
        Edit::Undo => {
            let given = own.find_map(|record| record.outcome());
            let value = given.map(|outcome| outcome.value.clone());
            Replaced {
                value: value.unwrap_or_default(),
                bytes: None,
            }
        }
    };
    // Fields that the engine reported beside a file say nothing of whether somebody edited it.
    let asset = AssetRef::from_value(&to.value).filter(|_| matches!(what, Edit::File(_)));
    let is_same_file = asset.is_some() && asset == AssetRef::from_value(from);
    if to.value == *from || is_same_file {
        return Err(
            Failure::new(format!("{told} gave just that: there is nothing to change"))
                .help("`--undo` takes an edit back; a file with something else edits"),
        );
    }
    Ok(Target {
        from: from.clone(),
        task,
        told,
        to,
        asked: asked.unwrap_or_default(),
    })
}

/// The task that a person means, `draft`, or `draft#3` of several, and its name in words.
fn named(plan: &Plan, records: &[TaskRecord], text: &str) -> Result<(TaskName, String), Failure> {
    let (step, place) = match text.split_once('#') {
        Some((step, place)) => (step.trim(), Some(place)),
        None => (text, None),
    };
    let known = plan.nodes.iter().map(|node| &*node.path);
    if !known.clone().any(|path| path == step) {
        return Err(
            Failure::new(format!("{} has no step `{step}`", plan.process))
                .help(suggestion(step, known)),
        );
    }
    let is_own = |record: &&TaskRecord| *record.name.step == *step && record.edits.is_empty();
    let several = records.iter().filter(is_own).count();
    let amiss = || {
        let all = match several {
            0 | 1 => step.to_owned(),
            _ => format!("{step}#1 to {step}#{several}"),
        };
        Failure::new(format!("`{step}` has {}", count(several, "task")))
            .help(format!("name one of them: {all}"))
    };
    let number = |place: &str| place.trim().parse::<u32>().ok()?.checked_sub(1);
    let index = match place {
        None if several > 1 => return Err(amiss()),
        None => 0,
        Some(place) => number(place).ok_or_else(|| {
            Failure::new(format!("`{place}` is no number of a task"))
                .help(format!("count them from 1: {step}#1"))
        })?,
    };
    if several > 0 && index as usize >= several {
        return Err(amiss());
    }
    let told = match several {
        0 | 1 => step.to_owned(),
        _ => format!("{step} #{}", index + 1),
    };
    let task = TaskName {
        step: step.into(),
        round: 0,
        index,
    };
    Ok((task, told))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::because(format!("{} can't be read", path.display()), &error))
}
