//! A person's answer to a run that waits, signed with their key.

use alloy_primitives::B256;
use daedal_core::engine::Otherwise;
use daedal_core::intent::{Disclosure, Domain, Given, IntentKind, SignedIntent, shown};
use daedal_core::plan::Plan;
use daedal_core::run::{Decider, Decision, Event, Question, RunId, State, records};
use serde_json::json;

use super::{Carrier, find, plan_of, replay};
use crate::assemble;
use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, block_on, remembered};
use crate::intents::{Draft, Signed, SignedBy, domain_of, latest, sign};
use crate::text;
use crate::ui::Ui;

/// What a person answers.
pub(crate) enum Answer {
    /// Keep these, named by their number on the contact sheet or the first digits of their digest.
    Keep(Vec<String>),
    /// Keep what is suggested.
    Suggested,
    /// Keep nothing.
    Nothing,
}

/// Signs and records the answer to the question of `step`; the run goes on when it is resumed.
pub(crate) fn decide(
    common: &Common,
    run: &str,
    step: &str,
    answer: &Answer,
    by: &SignedBy,
    ui: Ui,
) -> Result<u8, Failure> {
    let home = Home::find(common)?;
    let engines = assemble::engines();
    block_on(async {
        // Looked at first: nobody else must wait while a person types a password.
        let studio = home.open_to_read().await?;
        let summary = find(&studio, run).await?;
        let (spec, planned) = plan_of(&studio, &summary, &engines).await?;
        let (state, events) = replay(&studio, &planned.plan, summary.run).await?;
        let question = state
            .questions()
            .find(|question| question.task.to_string() == step || *question.task.step == *step)
            .cloned()
            .ok_or_else(|| not_asked(&planned.plan, &state, &events, step))?;
        in_time(&question, summary.run)?;
        let kept = kept(&question, answer)?;
        let tasks = records(&planned.plan, &events);
        let mut own = tasks.iter().filter(|task| task.name == question.task);
        let asks = own.find(|task| task.edits.is_empty());
        let follows = Follows {
            prev: asks.map(|task| task.asked(summary.run)).unwrap_or_default(),
            from: latest(&events),
        };
        studio.close().await.map_err(|error| remembered(&error))?;
        let hand = by.hand(&home, common, ui)?;

        let studio = home.open_to_write("daedal choose").await?;
        let domain = domain_of(&home, &studio, &spec.process, spec.governed.as_ref()).await?;
        let draft = draft(
            domain,
            &summary.run.0,
            &question,
            &kept,
            answer,
            by,
            follows,
        );
        let intent = match sign(&home, &studio, &hand, draft).await? {
            Signed::Intent(intent) => intent,
            Signed::TypedData(data) => {
                studio.close().await.map_err(|error| remembered(&error))?;
                ui.result(&data, &format!("{data:#}"));
                return Ok(0);
            }
        };
        let chosen: Vec<usize> = kept.iter().map(|at| at + 1).collect();
        let signed = decision(kept, &intent);
        Carrier::start(&studio, engines, 1, home.settings.run.rate()?)
            .executor()
            .answer(&planned.plan, summary.run, &question.task, signed)
            .await
            .map_err(|error| Failure::new(error.to_string()))?;
        studio.close().await.map_err(|error| remembered(&error))?;
        let short = summary.run.0.short();
        let listed: Vec<String> = chosen.iter().map(ToString::to_string).collect();
        let what = match (chosen.len(), question.request.keep) {
            (0, _) => "rejected all".to_owned(),
            (few, keep) if few < keep => {
                format!(
                    "kept {}: {few}, where {keep} could be kept",
                    listed.join(" ")
                )
            }
            _ => format!("kept {}", listed.join(" ")),
        };
        let told = format!(
            "{} {what}\ngo on with: {} resume {short}",
            question.task,
            hint::daedal()
        );
        let value = json!({
            "run": summary.run, "task": question.task.to_string(), "kept": chosen,
        });
        ui.result(&value, &told);
        Ok(0)
    })
}

/// What happens when nobody decides in time happens then, however late the run goes on.
fn in_time(question: &Question, run: RunId) -> Result<(), Failure> {
    let Some(due) = question.due().filter(|due| *due <= text::now()) else {
        return Ok(());
    };
    let then = match question.request.otherwise {
        Otherwise::Best => "what was suggested is taken",
        Otherwise::Fail => "the step fails",
    };
    let wrong = format!(
        "`{}` could be decided until {}",
        question.task,
        text::moment(due)
    );
    Err(Failure::new(wrong).help(format!(
        "nobody did, so {then}: go on with {} resume {}",
        hint::daedal(),
        run.0.short()
    )))
}

/// Why there is no question of `step` to answer.
fn not_asked(plan: &Plan, state: &State, events: &[Event], step: &str) -> Failure {
    let asking: Vec<String> = state
        .questions()
        .map(|question| question.task.to_string())
        .collect();
    let waits = match asking.is_empty() {
        true if state.finished().is_some() => "the run is over".to_owned(),
        true if state.lost().next().is_some() => format!(
            "calls of the run were interrupted: {} resume RUN tells what to do",
            hint::daedal()
        ),
        true => format!(
            "the run waits for nobody; `{} runs RUN` shows how it stands",
            hint::daedal()
        ),
        false => format!("these ask: {}", asking.join(", ")),
    };
    let decided = events.iter().rev().find_map(|event| match event {
        Event::Decided { task, decision, .. }
            if *task.step == *step || task.to_string() == step =>
        {
            Some(decision)
        }
        _ => None,
    });
    if let Some(decision) = decided {
        let kept: Vec<String> = decision
            .kept
            .iter()
            .map(|at| (at + 1).to_string())
            .collect();
        let what = match kept.is_empty() {
            true => "everything was rejected".to_owned(),
            false => format!("{} kept", kept.join(" ")),
        };
        return Failure::new(format!("`{step}` is decided already: {what}"))
            .help("a decision stands; begin another run to decide anew");
    }
    if !plan.nodes.iter().any(|node| *node.path == *step) {
        return Failure::new(format!("{} has no step `{step}`", plan.process)).help(waits);
    }
    Failure::new(format!("`{step}` asks nothing")).help(waits)
}

/// Positions of what is kept.
fn kept(question: &Question, answer: &Answer) -> Result<Vec<usize>, Failure> {
    let request = &question.request;
    let named = match answer {
        Answer::Nothing => return Ok(Vec::new()),
        Answer::Suggested if request.suggested.is_empty() => {
            return Err(Failure::new("nothing is suggested that could be approved").help(
                "keep some of the options by their numbers (`choose`), or none of them (`reject`)",
            ));
        }
        Answer::Suggested => return Ok(request.suggested.clone()),
        Answer::Keep(named) => named,
    };
    let mut kept = Vec::new();
    for name in named {
        let at = position(question, name)?;
        if kept.contains(&at) {
            return Err(Failure::new(format!("option {} is named twice", at + 1))
                .help("name each option once"));
        }
        kept.push(at);
    }
    if kept.len() > request.keep {
        return Err(Failure::new(format!(
            "{} are chosen where {} may be kept",
            kept.len(),
            request.keep
        ))
        .help("name fewer"));
    }
    Ok(kept)
}

fn position(question: &Question, name: &str) -> Result<usize, Failure> {
    let options = &question.request.options;
    let number = name.parse::<usize>().ok();
    if let Some(number) = number.filter(|number| (1..=options.len()).contains(number)) {
        return Ok(number - 1);
    }
    let matching: Vec<usize> = (0..options.len())
        .filter(|&at| {
            daedal_core::asset::digests_in(&options[at].value)
                .iter()
                .any(|digest| name.len() >= 4 && digest.to_string().starts_with(name))
        })
        .collect();
    match matching[..] {
        [at] => Ok(at),
        _ => Err(
            Failure::new(format!("`{name}` is none of the {} options", options.len())).help(
                "name them by their numbers on the contact sheet, or by the first digits of their \
             SHA-256",
            ),
        ),
    }
}

/// What an answer comes after.
struct Follows {
    prev: B256,
    from: u64,
}

/// What is signed of an answer.
fn draft(
    domain: Domain,
    run: &daedal_core::Digest,
    question: &Question,
    kept: &[usize],
    answer: &Answer,
    by: &SignedBy,
    follows: Follows,
) -> Draft {
    let options = question.request.options.iter();
    let shown = shown(options.map(|option| &option.value));
    let chosen = kept.iter().filter_map(|at| shown.get(*at).copied());
    let chosen: Vec<_> = chosen.collect();
    let given = Given::of(&question.request.answer(kept).unwrap_or_default());
    Draft {
        place: format!("{run}/{}", question.task),
        domain,
        run: run.0.into(),
        step: Some(question.task.step.to_string()),
        kind: match answer {
            Answer::Keep(_) => IntentKind::Choose,
            Answer::Suggested => IntentKind::Approve,
            Answer::Nothing => IntentKind::Reject,
        },
        decided: Box::new(move |salt| Disclosure::choice(salt, &chosen, &given)),
        private: by.private(),
        shown,
        prev: follows.prev,
        from: follows.from,
    }
}

fn decision(kept: Vec<usize>, signed: &SignedIntent) -> Decision {
    Decision {
        kept,
        by: Decider::Person(signed.signer.to_checksum(None)),
        intent: serde_json::to_value(signed).ok(),
    }
}
