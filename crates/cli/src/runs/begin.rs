//! What a run is asked to do, from a command line.

use std::path::Path;

use daedal_core::bundle::file_asset;
use daedal_core::engine::Engines;
use daedal_core::plan::Planned;
use daedal_core::process::DialKind;
use daedal_core::run::{Event, Finish, RunId, RunSpec, finish_of};
use daedal_core::{AssetRef, Digest, Governed, Seed, asset};
use daedal_store::Studio;
use daedal_store::ports::{Document, RunSummary};
use serde_json::Value;

use super::{all, governed, newest_of, plan_of, replay};
use crate::failure::Failure;
use crate::home::{Home, remembered};
use crate::ui::Ui;

/// Assets of earlier runs that a new run is compared with, newest first.
const EARLIER_MAX: usize = 64;

/// The options that set the dials of a run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Dials {
    /// Set an input; @FILE gives an asset
    #[arg(short, long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// Set a parameter, within its bounds
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Seed: any text, 64 hexadecimal digits, or `random` [default: follows from what is asked]
    #[arg(long)]
    seed: Option<String>,
    /// Do everything again, whatever earlier runs have done
    #[arg(long)]
    fresh: bool,
    /// Leave out what was voted: governed dials stand as the process file and --param say. Of such a run no
    /// edition is made unless its dials are those that were voted
    #[arg(long)]
    off_chain: bool,
}

/// A run to be carried out, in the light of those before it.
pub(crate) struct Begun {
    /// What it is asked to do.
    pub(crate) spec: RunSpec,
    /// Every run of the studio, the newest first; itself among them if it was begun before.
    pub(crate) runs: Vec<RunSummary>,
}

impl Begun {
    /// The run whose outcomes are probably needed again.
    pub(crate) fn warm(&self) -> Option<RunId> {
        let own = self.spec.id();
        let others = self.runs.iter().filter(|run| run.run != own);
        let newest = newest_of(others, &self.spec.process).filter(|_| !self.spec.fresh);
        newest.map(|run| run.run)
    }

    /// The last run that succeeded at exactly what is asked, if there is one.
    pub(crate) fn done_before(&self) -> Option<&RunSpec> {
        let same = |known: &RunSpec| {
            // Where its values were read does not change what it is.
            *known
                == RunSpec {
                    nonce: known.nonce,
                    governed: known.governed.clone(),
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
    let runs = all(studio).await?;
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
        return Ok(Begun { spec, runs });
    }
    let same = (&bundle, seed, &inputs, &parameters);
    let earlier = compared(studio, planned, engines, &runs, same).await?;
    let spec = RunSpec {
        process: planned.plan.process.clone(),
        bundle,
        inputs,
        parameters,
        seed,
        nonce: nonce()?,
        fresh: dials.fresh,
        earlier,
        governed,
    };
    Ok(Begun { spec, runs })
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
    let runs = all(studio).await?;
    let same = (&bundle, seed, &inputs, &parameters);
    let earlier = compared(studio, planned, engines, &runs, same).await?;
    let spec = RunSpec {
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
    };
    Ok(Begun { spec, runs })
}

/// Inputs and parameters of a process, by `NAME=VALUE` options and its defaults. Without a studio, files that
/// inputs are given are looked at and not kept.
pub(crate) fn dials_of(
    studio: Option<&Studio>,
    planned: &Planned,
    inputs: &[String],
    parameters: &[String],
) -> Result<(Value, Value), Failure> {
    let process = &planned.process;
    let asset = |path: &Path| match studio {
        Some(studio) => asset_from(studio, path),
        None => Ok(asset_at(path)?.0.to_value()),
    };
    let inputs = given_by(&asset, &process.inputs, inputs, "input")?;
    let parameters = given_by(&asset, &process.parameters, parameters, "parameter")?;
    process
        .resolve_dials(&inputs, &parameters)
        .map_err(|errors| {
            Failure::several(errors.into_iter().map(|error| (error.message, error.help)))
        })
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

fn has_succeeded(run: &RunSummary) -> bool {
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
    let value = serde_json::to_value(&planned.bundle).unwrap_or_default();
    let kind = "bundle".to_owned();
    studio
        .records
        .put(vec![Document { kind, key, value }])
        .await
        .map_err(|error| remembered(&error))
}

/// Values from `NAME=VALUE` options, in the form that their dials take.
fn given(
    studio: &Studio,
    dials: &[(String, daedal_core::process::Dial)],
    options: &[String],
    what: &str,
) -> Result<Vec<(String, Value)>, Failure> {
    given_by(&|path| asset_from(studio, path), dials, options, what)
}

fn given_by(
    asset: &dyn Fn(&Path) -> Result<Value, Failure>,
    dials: &[(String, daedal_core::process::Dial)],
    options: &[String],
    what: &str,
) -> Result<Vec<(String, Value)>, Failure> {
    let mut values = Vec::new();
    for option in options {
        let (name, text) = option.split_once('=').ok_or_else(|| {
            Failure::new(format!("`{option}` sets nothing"))
                .help(format!("write --{} NAME=VALUE", &what[..5]))
        })?;
        let kind = dials
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, dial)| &dial.kind);
        let value = match (kind, text.strip_prefix('@')) {
            (Some(DialKind::Asset { .. }), Some(path)) => asset(Path::new(path))?,
            (Some(DialKind::Asset { .. }), None) => {
                return Err(Failure::new(format!("{what} `{name}` takes a file"))
                    .help(format!("write {name}=@path/to/file")));
            }
            // Whether the value fits is told with all other mistakes.
            _ => Value::String(text.to_owned()),
        };
        values.push((name.to_owned(), value));
    }
    Ok(values)
}

fn asset_at(path: &Path) -> Result<(AssetRef, Vec<u8>), Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::because(format!("{} can't be read", path.display()), &error))?;
    let name = path.file_name().map(|name| name.to_string_lossy());
    Ok((file_asset(&name.unwrap_or_default(), &bytes), bytes))
}

fn asset_from(studio: &Studio, path: &Path) -> Result<Value, Failure> {
    let (asset, bytes) = asset_at(path)?;
    studio
        .blobs
        .write(&bytes)
        .map_err(|error| Failure::because(format!("{} can't be kept", path.display()), &error))?;
    Ok(asset.to_value())
}

fn seed(
    asked: Option<&str>,
    bundle: &Digest,
    inputs: &Value,
    parameters: &Value,
) -> Result<Seed, Failure> {
    Ok(match asked {
        None => RunSpec::default_seed(bundle, inputs, parameters),
        Some("random") => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)
                .map_err(|error| Failure::new(format!("no randomness can be had: {error}")))?;
            Seed(Digest(bytes))
        }
        Some(text) => text
            .parse()
            .map(Seed)
            .unwrap_or_else(|_| Seed(Digest::of_parts("daedal/seed-text/v1", &[text.as_bytes()]))),
    })
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
    if let Some(outputs) = noted.map_err(|error| remembered(&error))? {
        return Ok(outputs);
    }
    let (_, planned) = plan_of(studio, run, engines).await?;
    let (state, _) = replay(studio, &planned.plan, run.run).await?;
    state
        .outputs(&planned.plan)
        .map_err(|error| Failure::new(error.to_string()))
}
