//! What a run is asked to do, from a command line.

use std::path::PathBuf;

use daedal_core::engine::Engines;
use daedal_core::intent::{IntentKind, SignedIntent, set_name};
use daedal_core::plan::Planned;
use daedal_core::process::{Dial, DialKind, Process, Texts};
use daedal_core::record::SETTING_UP_MAX;
use daedal_core::run::{Event, Finish, RunId, RunSpec, finish_of};
use daedal_core::{AssetRef, Digest, Governed, Seed, asset};
use daedal_store::Studio;
use daedal_store::ports::{Document, RunSummary};
use serde_json::Value;

use super::given::{files, given, seed};
use super::{Dials, all, governed, newest_of, plan_of, replay};
use crate::came_with;
use crate::failure::Failure;
use crate::hint;
use crate::home::{Home, remembered};
use crate::intents::{
    Hand, Signed, authors_of, domain_of, forget_printed, keep_printed, printed, sign_settings,
};
use crate::text::now;
use crate::ui::Ui;

/// Assets of earlier runs that a new run is compared with, newest first.
const EARLIER_MAX: usize = 64;
/// Finished runs among which one is looked for whose outcomes are probably needed again.
const RECENT: usize = 64;

/// A run to be carried out, in the light of those before it.
pub(crate) struct Begun {
    /// What it is asked to do.
    pub(crate) spec: RunSpec,
    /// The studio's latest runs, the newest first; itself among them if it was begun before.
    pub(crate) runs: Vec<RunSummary>,
    /// What a wallet has to sign (EIP-712) before it is begun.
    pub(crate) to_sign: Option<Value>,
}

impl Begun {
    /// One that nobody has to sign first.
    pub(crate) fn known(spec: RunSpec, runs: Vec<RunSummary>) -> Self {
        Self {
            spec,
            runs,
            to_sign: None,
        }
    }

    /// The run whose outcomes are probably needed again.
    pub(crate) fn warm(&self) -> Option<RunId> {
        let own = self.spec.id();
        let others = self.runs.iter().filter(|run| run.run != own);
        let newest = newest_of(others, &self.spec.process).filter(|_| !self.spec.fresh);
        newest.map(|run| run.run)
    }

    /// The last run that succeeded at exactly what is asked, if there is one among the latest.
    pub(crate) fn done_before(&self) -> Option<&RunSpec> {
        let same = |known: &RunSpec| {
            // Where its values were read and who signed them does not change what it is.
            *known
                == RunSpec {
                    nonce: known.nonce,
                    governed: known.governed.clone(),
                    intents: known.intents.clone(),
                    private: known.private.clone(),
                    ..self.spec.clone()
                }
        };
        let succeeded = self.runs.iter().filter(|run| has_succeeded(run));
        succeeded.filter_map(spec_of).find(|known| same(known))
    }
}

/// The run that carries out what is asked: one that was stopped before its end, or a new one.
pub(crate) async fn begin(
    home: &Home,
    studio: &Studio,
    planned: &Planned,
    engines: &Engines,
    dials: &Dials,
    setter: Option<&Hand>,
    ui: Ui,
) -> Result<Begun, Failure> {
    keep_bundle(studio, planned).await?;
    let inputs = given(studio, &planned.process.inputs, &dials.inputs, "input")?;
    let mut parameters = given(
        studio,
        &planned.process.parameters,
        &dials.parameters,
        "parameter",
    )?;
    let brought: Vec<(PathBuf, AssetRef)> = [
        (&planned.process.inputs, &dials.inputs, &inputs),
        (&planned.process.parameters, &dials.parameters, &parameters),
    ]
    .into_iter()
    .flat_map(|(known, options, values)| files(known, options, values))
    .collect();
    let governed = match dials.off_chain {
        true => None,
        false => governed::governed(home, studio, planned, ui).await?,
    };
    if let Some(governed) = &governed {
        follow(governed, &mut parameters)?;
    }
    let (inputs, parameters) = planned
        .process
        .resolve_dials(&inputs, &parameters)
        .map_err(|errors| {
            Failure::several(errors.into_iter().map(|error| (error.message, error.help)))
        })?;
    let bundle = planned.bundle.digest();
    let seed = seed(dials.seed.as_deref(), &bundle, &inputs, &parameters)?;
    let runs = before(studio, planned).await?;
    let asked = |spec: &RunSpec| {
        spec.bundle == bundle
            && spec.seed == seed
            && spec.inputs == inputs
            && spec.parameters == parameters
            && spec.fresh == dials.fresh
            && spec.governed.is_some() == governed.is_some()
    };
    let stopped = runs
        .iter()
        .filter(|run| run.finished.is_none())
        .filter_map(spec_of)
        .find(|spec| asked(spec));
    if let Some(spec) = stopped.cloned() {
        let short = spec.id().0.short();
        let is_set = spec.intents.iter().any(is_setting);
        let by_wallet = match setter {
            Some(Hand::Print) => true,
            Some(Hand::Wallet { .. }) => !is_set,
            _ => false,
        };
        if by_wallet {
            let what = format!("this was begun before, as run {short}, and stopped before its end");
            return Err(Failure::new(what).help(format!(
                "go on with it: {} resume {short}; or have another run of the same signed: --fresh, with --typed-data first",
                hint::daedal()
            )));
        }
        if setter.is_some() && !is_set {
            ui.note(format!(
                "goes on with run {short}, which was begun without a signature"
            ));
        }
        return Ok(Begun::known(spec, runs));
    }
    let same = (&bundle, seed, &inputs, &parameters);
    let earlier = compared(studio, planned, engines, &runs, same).await?;
    let mut spec = RunSpec {
        process: planned.plan.process.clone(),
        bundle,
        inputs,
        parameters,
        seed,
        nonce: nonce()?,
        fresh: dials.fresh,
        earlier,
        governed,
        intents: authorships(studio, &bundle).await?,
        private: Vec::new(),
    };
    spec.private = private_texts(&planned.process, &spec);
    let mut to_sign = None;
    if let Some(hand) = setter {
        if let Hand::Wallet { .. } = hand {
            spec = printed(studio, spec).await?;
        }
        let domain = domain_of(home, studio, &spec.process, spec.governed.as_ref()).await?;
        match sign_settings(home, studio, hand, domain, &spec, dials).await? {
            Signed::Intent(signed) => {
                if now().0 / 1_000 > signed.intent.at.saturating_add(SETTING_UP_MAX) {
                    return Err(Failure::new("what was printed to be signed is more than 7 days old")
                        .help("print it again, sign that, and begin the run: the same command with --typed-data"));
                }
                spec.intents.extend(serde_json::to_value(signed).ok());
                forget_printed(studio, &spec).await?;
            }
            Signed::TypedData(data) => {
                keep_printed(studio, &spec).await?;
                to_sign = Some(data);
            }
        }
    }
    for (path, asset) in &brought {
        came_with::keep(studio, spec.id(), (path, asset), ui).await?;
    }
    Ok(Begun {
        spec,
        runs,
        to_sign,
    })
}

/// Whether somebody signed it for what a run sets.
fn is_setting(intent: &Value) -> bool {
    let signed: Option<SignedIntent> = serde_json::from_value(intent.clone()).ok();
    signed.is_some_and(|signed| signed.intent.kind == IntentKind::Set)
}

/// A run of its own that takes exactly these inputs and parameters, whatever was run before.
pub(crate) async fn begin_with(
    studio: &Studio,
    planned: &Planned,
    engines: &Engines,
    inputs: Value,
    parameters: Value,
) -> Result<Begun, Failure> {
    let bundle = planned.bundle.digest();
    let seed = RunSpec::default_seed(&bundle, &inputs, &parameters);
    let runs = before(studio, planned).await?;
    let same = (&bundle, seed, &inputs, &parameters);
    let earlier = compared(studio, planned, engines, &runs, same).await?;
    let mut spec = RunSpec {
        process: planned.plan.process.clone(),
        bundle,
        inputs,
        parameters,
        seed,
        nonce: nonce()?,
        fresh: false,
        earlier,
        // It follows the order, whatever is voted meanwhile.
        governed: None,
        intents: authorships(studio, &bundle).await?,
        private: Vec::new(),
    };
    spec.private = private_texts(&planned.process, &spec);
    Ok(Begun::known(spec, runs))
}

/// The runs that a new one has to know: all of them only where it is compared with what came of them.
async fn before(studio: &Studio, planned: &Planned) -> Result<Vec<RunSummary>, Failure> {
    if planned.plan.wants_earlier {
        return all(studio).await;
    }
    let runs = studio.log.recent(RECENT).await;
    runs.map_err(|error| remembered(&error))
}

/// Texts that the caller wrote and the process does not publish.
fn private_texts(process: &Process, spec: &RunSpec) -> Vec<String> {
    if process.disclosure.texts == Texts::Published {
        return Vec::new();
    }
    let written = |of: &'static str, dials: &[(String, Dial)], values: &Value| -> Vec<String> {
        let dials = dials.iter();
        dials
            .filter(|(name, dial)| {
                let is_text = matches!(dial.kind, DialKind::Text { .. });
                is_text && dial.default.as_ref() != Some(&values[name])
            })
            .map(|(name, _)| set_name(of, name))
            .collect()
    };
    let inputs = written("inputs", &process.inputs, &spec.inputs);
    let parameters = written("parameters", &process.parameters, &spec.parameters);
    [inputs, parameters].concat()
}

/// The signatures of the bundle's authors, as a run holds them.
async fn authorships(studio: &Studio, bundle: &Digest) -> Result<Vec<Value>, Failure> {
    let authors = authors_of(studio, bundle).await?.into_iter();
    Ok(authors
        .filter_map(|signed| serde_json::to_value(signed).ok())
        .collect())
}

/// What a run is compared with. The same request gives the same result: what its first run was compared with.
async fn compared(
    studio: &Studio,
    planned: &Planned,
    engines: &Engines,
    runs: &[RunSummary],
    (bundle, seed, inputs, parameters): (&Digest, Seed, &Value, &Value),
) -> Result<Vec<AssetRef>, Failure> {
    let mut same = runs.iter().filter_map(spec_of).filter(|spec| {
        spec.bundle == *bundle
            && spec.seed == seed
            && spec.inputs == *inputs
            && spec.parameters == *parameters
    });
    match same.next_back() {
        _ if !planned.plan.wants_earlier => Ok(Vec::new()),
        Some(first) => Ok(first.earlier.clone()),
        None => earlier(studio, &planned.plan.process, engines, runs).await,
    }
}

/// Sets the dials that votes decide; nobody else sets them.
fn follow(governed: &Governed, parameters: &mut Vec<(String, Value)>) -> Result<(), Failure> {
    let set: Vec<(String, String)> = parameters
        .iter()
        .filter_map(|(name, _)| {
            let voted = governed.dials.get(name)?;
            let wrong = format!("votes decide `{name}`: it stands at {voted}");
            let help = format!(
                "leave it away; propose another value: daedal govern propose {} --set {name}=…; or try \
                 one out in a run of which no edition is made: --off-chain",
                governed.work
            );
            Some((wrong, help))
        })
        .collect();
    if !set.is_empty() {
        return Err(Failure::several(set));
    }
    parameters.extend(governed.dials.clone());
    Ok(())
}

/// A number that no other run of any studio has: 53 random bits, which every JSON reader keeps exactly.
fn nonce() -> Result<u64, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(format!("no randomness can be had: {error}")))?;
    Ok(u64::from_be_bytes(bytes) >> 11)
}

/// Whether a run ended well.
pub(crate) fn has_succeeded(run: &RunSummary) -> bool {
    finish_of(run.finished.as_slice()) == Some(&Finish::Succeeded)
}

/// What a run was asked to do.
pub(crate) fn spec_of(run: &RunSummary) -> Option<&RunSpec> {
    match &run.created {
        Event::Created { spec, .. } => Some(spec),
        _ => None,
    }
}

/// Keeps the files of a process, so that its runs can go on without the directory.
pub(crate) async fn keep_bundle(studio: &Studio, planned: &Planned) -> Result<(), Failure> {
    // What is there is compared, which costs little more than to look for it: so damaged bytes are replaced
    // before anything is made of them.
    for bytes in planned.contents.values() {
        studio
            .blobs
            .write(bytes)
            .map_err(|error| Failure::because("the files of the process can't be kept", &error))?;
    }
    let key = planned.bundle.digest().to_string();
    let known = studio.records.get("bundle", &key).await;
    if known.map_err(|error| remembered(&error))?.is_some() {
        return Ok(());
    }
    let document = Document::of("bundle", key, &planned.bundle);
    let kept = studio.records.put(vec![document]).await;
    kept.map_err(|error| remembered(&error))
}

/// What earlier runs of the process gave, newest first.
async fn earlier(
    studio: &Studio,
    process: &str,
    engines: &Engines,
    runs: &[RunSummary],
) -> Result<Vec<AssetRef>, Failure> {
    let mut found = Vec::new();
    for run in runs {
        let same = spec_of(run).is_some_and(|spec| spec.process == process);
        if !same || !has_succeeded(run) {
            continue;
        }
        found.extend(asset::assets_in(&outputs_of(studio, run, engines).await?));
        if found.len() >= EARLIER_MAX {
            found.truncate(EARLIER_MAX);
            break;
        }
    }
    Ok(found)
}

/// What a run gave. Noted when it succeeded; from its log, where the process was stopped just before.
pub(crate) async fn outputs_of(
    studio: &Studio,
    run: &RunSummary,
    engines: &Engines,
) -> Result<Value, Failure> {
    let key = run.run.to_string();
    let noted = studio.records.get("outputs", &key).await;
    let noted = noted.map_err(|error| remembered(&error))?;
    // What was noted is taken back where the run went on.
    if let Some(outputs) = noted.filter(|outputs| !outputs.is_null()) {
        return Ok(outputs);
    }
    let (_, planned) = plan_of(studio, run, engines).await?;
    let (state, _) = replay(studio, &planned.plan, run.run).await?;
    state
        .outputs(&planned.plan)
        .map_err(|error| Failure::new(error.to_string()))
}
