//! What a command line sets of a run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use daedal_core::bundle::file_asset;
use daedal_core::plan::Planned;
use daedal_core::process::{Dial, DialKind};
use daedal_core::run::RunSpec;
use daedal_core::{AssetRef, Digest, Seed};
use daedal_store::Studio;
use serde_json::Value;

use crate::failure::Failure;
use crate::intents::SignedBy;

/// The options that set the dials of a run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Dials {
    /// Set an input; @FILE gives an asset
    #[arg(short, long = "input", value_name = "NAME=VALUE")]
    pub(super) inputs: Vec<String>,
    /// Set a parameter, within its bounds
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    pub(super) parameters: Vec<String>,
    /// Seed: any text, 64 hexadecimal digits, or `random` [default: follows from what is asked]
    #[arg(long)]
    pub(super) seed: Option<String>,
    /// Do everything again, whatever earlier runs have done
    #[arg(long)]
    pub(super) fresh: bool,
    /// Leave out what was voted: governed dials stand as the process file and --param say. Of such a run no
    /// edition is made unless its dials are those that were voted
    #[arg(long)]
    pub(super) off_chain: bool,
    /// Sign what is set here with the studio's account, by commitments to it. Only free texts stay private, unless
    /// the process publishes them; numbers and choices are published, signed or not. `sign = true` under [account]
    /// in daedal.toml does so for every run
    #[arg(long)]
    pub(crate) sign: bool,
    #[command(flatten)]
    pub(crate) signed_by: SignedBy,
}

impl Dials {
    /// Everything as the process says, with this seed.
    pub(crate) fn seeded(seed: Seed) -> Self {
        Self {
            seed: Some(seed.to_string()),
            ..Self::default()
        }
    }

    /// What was set by hand, each once: `inputs` or `parameters`, and the name.
    pub(crate) fn by_hand(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let inputs = self.inputs.iter().map(|option| ("inputs", option));
        let parameters = self.parameters.iter().map(|option| ("parameters", option));
        let named = inputs.chain(parameters);
        let named = named.filter_map(|(of, option)| Some((of, option.split_once('=')?.0)));
        named.collect::<BTreeSet<_>>().into_iter()
    }
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

/// Values from `NAME=VALUE` options, in the form that their dials take.
pub(super) fn given(
    studio: &Studio,
    dials: &[(String, Dial)],
    options: &[String],
    what: &str,
) -> Result<Vec<(String, Value)>, Failure> {
    given_by(&|path| asset_from(studio, path), dials, options, what)
}

/// The files that are given as assets, and what they are.
pub(super) fn files<'o>(
    dials: &'o [(String, Dial)],
    options: &'o [String],
    values: &'o [(String, Value)],
) -> impl Iterator<Item = (PathBuf, AssetRef)> + 'o {
    let named = options.iter().filter_map(|option| option.split_once("=@"));
    named.filter_map(|(name, path)| {
        let (_, dial) = dials.iter().find(|(known, _)| known == name)?;
        let is_asset = matches!(dial.kind, DialKind::Asset { .. });
        let (_, value) = values.iter().rev().find(|(known, _)| known == name)?;
        let asset = AssetRef::from_value(value).filter(|_| is_asset)?;
        Some((PathBuf::from(path), asset))
    })
}

fn given_by(
    asset: &dyn Fn(&Path) -> Result<Value, Failure>,
    dials: &[(String, Dial)],
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
    let asset = file_asset(&name.unwrap_or_default(), &bytes);
    if asset.media_type.starts_with("image/") {
        let name = path.display().to_string();
        daedal_engines::picture_size(&name, &bytes)
            .map_err(|problem| Failure::new(problem).help("give an image that can be opened"))?;
    }
    Ok((asset, bytes))
}

fn asset_from(studio: &Studio, path: &Path) -> Result<Value, Failure> {
    let (asset, bytes) = asset_at(path)?;
    studio
        .blobs
        .write(&bytes)
        .map_err(|error| Failure::because(format!("{} can't be kept", path.display()), &error))?;
    Ok(asset.to_value())
}

pub(super) fn seed(
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
