//! The one place that names concrete implementations.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use daedal_channels::{Channel, ChannelError, Site};
use daedal_core::engine::Engines;
use daedal_core::plan::{self, Objection};
use daedal_core::process::{Process, suggestion};
use daedal_engines::Tools;
use daedal_exec::tend::Schedule;
use daedal_providers::SettingsError;
use daedal_providers::diffusion::{Opener, PainterSettings};
use daedal_providers::hub::Hub;
use daedal_providers::llm::Caps;
use daedal_providers::notice::Notices;
use daedal_providers::secrets::{Place, Reader};
use daedal_store::embedded::FOLDER;
use serde_json::Value;

use crate::failure::Failure;
use crate::home::Home;
use crate::settings::SETTINGS_FILE;

/// Every engine of this build, to judge and explain with: those that call out know of no studio.
pub(crate) fn engines() -> Engines {
    daedal_engines::all(tools()).and(Engines::new(daedal_providers::unset()))
}

/// Programs of the system are looked for where a shell would.
fn tools() -> Tools {
    let path = std::env::var_os("PATH");
    path.map_or_else(Tools::default, Tools::in_path)
}

/// Every engine of this build as the studio at `home` is set, to perform tasks with.
pub(crate) fn engines_of(home: &Home) -> Result<Engines, Failure> {
    let calling = daedal_providers::all(&calling(home)?, secrets_of(home))
        .map_err(|error| refused(home, &error))?;
    Ok(daedal_engines::all(tools()).and(Engines::new(calling)))
}

/// Whether the studio at `home` knows what a call of an engine costs, nothing included: it has a price for each model,
/// painter and voice that it names.
pub(crate) fn names_price(home: &Home, engine: &str, params: &Value) -> bool {
    let name = |field: &str| params[field].as_str().unwrap_or_default();
    match engine {
        "llm" => home.settings.llm.contains_key(name("model")),
        "diffusion" => home.settings.diffusion.contains_key(name("model")),
        "speech" => home.settings.speech.contains_key(name("voice")),
        _ => false,
    }
}

/// What the studio at `home` lets engines that call out reach and spend.
fn calling(home: &Home) -> Result<daedal_providers::Settings, Failure> {
    Ok(daedal_providers::Settings {
        http: home.settings.http.clone(),
        secrets: home.settings.secrets.clone(),
        llm: home.settings.llm.clone(),
        comfyui: home.settings.comfyui.clone(),
        diffusion: painters(home),
        local: local(),
        speech: home.settings.speech.clone(),
        caps: Caps {
            day: home.settings.run.day_max()?,
            studio: home.settings.run.studio_max()?,
        },
        folder: Some(home.root.join(FOLDER)),
    })
}

/// Reads the secrets of the studio at `home`.
fn secrets_of(home: &Home) -> Reader {
    let root = home.root.clone();
    Arc::new(move |place: &Place| match place {
        Place::Variable(name) => std::env::var(name).map_err(|error| error.to_string()),
        Place::File(path) => {
            std::fs::read_to_string(root.join(path)).map_err(|error| error.to_string())
        }
    })
}

/// Where the studio at `home` tells what happens while it is tended; nowhere unless it is set.
pub(crate) fn notices_of(home: &Home) -> Result<Option<Notices>, Failure> {
    let tend = &home.settings.tend;
    let Some(url) = &tend.webhook else {
        return Ok(None);
    };
    let secret = tend.webhook_secret.as_deref();
    let notices = Notices::new(&calling(home)?, url, secret, secrets_of(home));
    notices.map(Some).map_err(|error| refused(home, &error))
}

/// A hub of models, as the studio at `home` may reach it, with the secret of this name as its key.
pub(crate) fn hub_of(home: &Home, url: &str, key: Option<&str>) -> Result<Hub, Failure> {
    let hub = Hub::new(&calling(home)?, url, key, secrets_of(home));
    hub.map_err(|error| Failure::new(error.message).help(error.help))
}

/// A setting that can't be used.
fn refused(home: &Home, error: &SettingsError) -> Failure {
    let place = home.root.join(SETTINGS_FILE);
    Failure::new(format!("{}: {}", place.display(), error.message)).help(&error.help)
}

/// Who makes pictures for a studio; folders of models are relative to it.
fn painters(home: &Home) -> BTreeMap<String, PainterSettings> {
    let mut painters = home.settings.diffusion.clone();
    let entries = painters.values_mut();
    for path in entries.filter_map(|entry| entry.path.as_mut()) {
        *path = home.root.join(&*path);
    }
    painters
}

/// Models that make pictures in this process, in builds that have them.
fn local() -> Option<Opener> {
    #[cfg(feature = "local-models")]
    return Some(daedal_local::open);
    #[cfg(not(feature = "local-models"))]
    None
}

/// Every channel of this build, where the gallery is in `site`.
fn channels(site: PathBuf) -> Vec<Box<dyn Channel>> {
    vec![Box::new(Site::new(site))]
}

/// What is wrong with the channels that a process names, and with its schedule.
pub(crate) fn judge(process: &Process) -> Vec<Objection> {
    // Nothing is published: where the gallery would be does not matter.
    let channels = channels(PathBuf::new());
    let named = process.release.iter().flat_map(|release| &release.channels);
    let mut found = Vec::new();
    // Which zone stands where none is named does not matter here.
    if let Some(Err(error)) = process
        .schedule
        .as_ref()
        .map(|text| Schedule::parse(text, "UTC"))
    {
        found.push(Objection {
            pointer: "/schedule".to_owned(),
            message: format!("`schedule`: {}", error.message),
            help: error.help,
        });
    }
    for (index, channel) in named.enumerate() {
        let pointer = format!("/release/channels/{index}");
        let names = channels.iter().map(|known| known.name());
        match channels.iter().find(|known| known.name() == channel.uses) {
            // Where `uses` can't be read, that is told already.
            None if channel.uses.is_empty() => {}
            None => found.push(Objection {
                pointer: format!("{pointer}/uses"),
                message: format!("there is no channel `{}`", channel.uses),
                help: suggestion(&channel.uses, names),
            }),
            Some(known) => {
                if let Err(error) = known.check(&channel.settings) {
                    let known = known.settings_schema();
                    let settings = Value::Object(channel.settings.clone());
                    let objections = plan::objections(&channel.uses, &known, &settings);
                    if !objections.is_empty() {
                        found.extend(objections.into_iter().map(|wrong| Objection {
                            pointer: format!("{pointer}{}", wrong.pointer),
                            ..wrong
                        }));
                        continue;
                    }
                    let known = known["properties"].as_object().into_iter().flatten();
                    let known: Vec<_> = known.map(|(name, _)| name.as_str()).collect();
                    found.push(Objection {
                        pointer,
                        message: error.to_string(),
                        help: format!("expected `of` and no settings but: {}", known.join(", ")),
                    });
                }
            }
        }
    }
    found
}

/// The channel called `name`, for the studio at `home`.
pub(crate) fn channel(home: &Home, name: &str) -> Result<Box<dyn Channel>, ChannelError> {
    let mut channels = channels(home.site());
    let found = daedal_channels::find(&channels, name)?.name();
    channels.retain(|channel| channel.name() == found);
    channels.pop().ok_or(ChannelError::Unknown {
        name: name.to_owned(),
        suggestion: String::new(),
    })
}
