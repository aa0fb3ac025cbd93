//! The shots of a film, as an author writes them and as they are resolved.

use std::collections::BTreeMap;

use daedal_core::engine::EngineError;
use daedal_core::process::suggestion;
use daedal_core::{AssetRef, plan};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::aspect::{Motion, Point, View};
use super::schema;

/// Shots of a film.
pub(super) const SHOTS_MAX: usize = 500;
/// Length of a film.
pub(super) const SECONDS_MAX: f64 = 900.0;
/// How near the camera comes or starts where a move is named by a word.
const NEAR: f64 = 1.12;

/// A shot as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shot {
    image: Option<Value>,
    clip: Option<Value>,
    pub(super) seconds: f64,
    pub(super) from: Option<f64>,
    #[serde(default)]
    pub(super) focus: Point,
    #[serde(default, rename = "move")]
    motion: Move,
    #[serde(default)]
    pub(super) caption: String,
    pub(super) overlay: Option<Overlay>,
    #[serde(default)]
    pub(super) transition: Transition,
    pub(super) transition_seconds: Option<f64>,
}

/// A drawing over all of the frame.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    template: Option<Value>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) data: Map<String, Value>,
}

/// How a shot follows the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Transition {
    #[default]
    Cut,
    Crossfade,
    Wipe,
}

impl Transition {
    pub(super) const NAMES: [&str; 3] = ["cut", "crossfade", "wipe"];
}

/// How the camera moves, as it is written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Move {
    Named(Named),
    Way(Way),
}

impl Default for Move {
    fn default() -> Self {
        Self::Named(Named::None)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    None,
    In,
    Out,
    Left,
    Right,
    Up,
    Down,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    from: End,
    to: End,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    zoom: Option<f64>,
    x: Option<f64>,
    y: Option<f64>,
}

/// Where the pictures of a shot come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Footage {
    Still(AssetRef),
    Clip(AssetRef),
}

impl Shot {
    /// Its pictures, where `media` are those that a timeline names.
    pub(super) fn footage(
        &self,
        media: &BTreeMap<String, AssetRef>,
    ) -> Result<Footage, EngineError> {
        match (&self.image, &self.clip) {
            (Some(image), None) => Ok(Footage::Still(named(image, "image", media)?)),
            (None, Some(clip)) if self.is_moved() => {
                let _ = named(clip, "clip", media)?;
                Err(EngineError::invalid(
                    "`move` is for images: a clip moves by itself",
                ))
            }
            (None, Some(clip)) => Ok(Footage::Clip(named(clip, "clip", media)?)),
            _ => Err(EngineError::invalid(
                "a shot has either an `image` or a `clip`",
            )),
        }
    }

    fn is_moved(&self) -> bool {
        !matches!(self.motion, Move::Named(Named::None))
    }

    pub(super) fn motion(&self) -> Motion {
        let view = |zoom: f64, x: f64, y: f64| View {
            zoom,
            centre: Point { x, y },
        };
        let Point { x, y } = self.focus;
        let (from, to) = match self.motion {
            Move::Named(named) => match named {
                Named::None => (view(1.0, x, y), view(1.0, x, y)),
                Named::In => (view(1.0, x, y), view(NEAR, x, y)),
                Named::Out => (view(NEAR, x, y), view(1.0, x, y)),
                Named::Left => (view(NEAR, 1.0, y), view(NEAR, 0.0, y)),
                Named::Right => (view(NEAR, 0.0, y), view(NEAR, 1.0, y)),
                Named::Up => (view(NEAR, x, 1.0), view(NEAR, x, 0.0)),
                Named::Down => (view(NEAR, x, 0.0), view(NEAR, x, 1.0)),
            },
            Move::Way(way) => {
                let end = |end: End| {
                    view(
                        end.zoom.unwrap_or(1.0).clamp(1.0, 8.0),
                        end.x.unwrap_or(x),
                        end.y.unwrap_or(y),
                    )
                };
                (end(way.from), end(way.to))
            }
        };
        Motion { from, to }
    }
}

impl Overlay {
    pub(super) fn template(
        &self,
        media: &BTreeMap<String, AssetRef>,
    ) -> Result<Option<AssetRef>, EngineError> {
        let template = self.template.as_ref();
        template
            .map(|template| named(template, "overlay.template", media))
            .transpose()
    }
}

/// The asset that stands in a field, or that a name in it means.
fn named(
    value: &Value,
    field: &str,
    media: &BTreeMap<String, AssetRef>,
) -> Result<AssetRef, EngineError> {
    if let Some(asset) = AssetRef::from_value(value) {
        return Ok(asset);
    }
    let Some(name) = value.as_str() else {
        return Err(EngineError::invalid(format!(
            "`{field}` is no asset and no name of `media`"
        )));
    };
    media.get(name).cloned().ok_or_else(|| {
        let help = match media.is_empty() {
            true => format!("give it: media: {{ {name}: … }}"),
            false => suggestion(name, media.keys().map(String::as_str)),
        };
        EngineError::invalid(format!("`{field}: {name}` is not among `media`; {help}"))
    })
}

/// What a reader says, without the picture of the place.
fn first_line(error: &serde_saphyr::Error) -> String {
    let said = error.to_string();
    let line = said.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

/// The shots that a timeline says: a list, or a map with the list under `shots`.
pub(super) fn timeline(name: &str, text: &str) -> Result<Vec<Shot>, String> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| {
        format!(
            "`{name}` is no YAML or JSON that can be read: {}",
            first_line(&error)
        )
    })?;
    let list = match &value {
        Value::Object(fields) => fields.get("shots"),
        other => Some(other),
    };
    let Some(list) = list.and_then(Value::as_array) else {
        return Err(format!(
            "`{name}` has no shots: expected a list of them, or `shots:` with one"
        ));
    };
    if list.is_empty() || list.len() > SHOTS_MAX {
        return Err(format!(
            "`{name}` has {} shots: expected 1 to {SHOTS_MAX}",
            list.len()
        ));
    }
    let schema = schema::shot(true);
    let shots = list.iter().enumerate().map(|(index, shot)| {
        let place = format!("`{name}`, shot {}", index + 1);
        let objections = plan::objections("shot", &schema, shot);
        match objections.first() {
            Some(wrong) => Err(format!("{place}: {}: {}", wrong.message, wrong.help)),
            None => Shot::deserialize(shot).map_err(|error| format!("{place}: {error}")),
        }
    });
    shots.collect()
}
