//! The `sketch` engine: JavaScript draws on a Canvas 2D context, in process, the same bytes for the
//! same script, parameters and seed.
//!
//! Data flows one way: [`settings`] (what the step says) -> [`script`] (the text, made ready) ->
//! [`host`] (an interpreter with a prelude) -> [`calls`] (drawing, as plain numbers) -> [`surface`]
//! (pixels) -> [`png`].

mod assets;
mod bridge;
mod calls;
mod colour;
mod colour_names;
mod effects;
mod font;
mod host;
mod limits;
mod loops;
mod matrix;
mod native;
mod path;
mod pictures;
mod png;
mod power;
mod report;
mod script;
mod settings;
mod settings_calls;
mod shapes;
mod shaping;
mod state;
mod style;
mod surface;
mod svg_path;
mod text;
mod tokens;
mod trouble;

use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use serde_json::{Map, Value, json};

use self::host::Drawn;
use self::script::Script;
use self::settings::Settings;

/// The `sketch` engine.
pub struct Sketch {
    spec: EngineSpec,
}

impl Default for Sketch {
    fn default() -> Self {
        Self::new()
    }
}

impl Sketch {
    /// Makes the engine.
    #[must_use]
    pub fn new() -> Self {
        Self {
            spec: EngineSpec {
                name: "sketch",
                version: "1",
                summary: "Draws a picture with a JavaScript file on a Canvas 2D context.",
                determinism: Determinism::Exact,
                seeded: true,
                main_input: Some("data"),
                schema: settings::schema(),
                output: settings::output(),
                effect: false,
            },
        }
    }
}

impl Engine for Sketch {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let included = with.get("include").and_then(Value::as_array);
        let paths = included
            .into_iter()
            .flatten()
            .chain(with.get("script"))
            .filter_map(Value::as_str);
        paths
            .filter_map(|path| Some((path, files(path)?)))
            .filter_map(|(path, bytes)| {
                let parsed = Script::read(path, &bytes).and_then(|script| host::check(&script));
                parsed.err()
            })
            .collect()
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let settings = Settings::read(&self.spec, task)?;
        let mut scripts = Vec::new();
        for asset in settings.include.iter().chain([&settings.script]) {
            let bytes = context.read(asset)?;
            let label = task.labels.get(&asset.digest);
            let script = Script::read(label.map_or("script", String::as_str), &bytes);
            scripts.push(script.map_err(EngineError::invalid)?);
        }
        let seed = task
            .seed
            .ok_or_else(|| EngineError::invalid("a sketch needs a seed"))?;
        let drawn = host::draw(
            &scripts,
            &settings,
            seed,
            &task.limits,
            context,
            &task.labels,
        )?;
        deliver(drawn, task, context).map(|value| Performed::Done(Outcome::free(value)))
    }
}

/// Keeps the picture and the attachments, and makes the value of the outcome.
fn deliver(drawn: Drawn, task: &Task, context: &TaskContext<'_>) -> Result<Value, EngineError> {
    context.check_stop()?;
    let surface = drawn.surface.borrow();
    let (width, height) = surface.size();
    let png =
        png::encode(&surface.pixmap).map_err(|error| EngineError::invalid(error.to_string()))?;
    let bytes_max = task.limits.output_bytes_max;
    if png.len() as u64 > bytes_max {
        return Err(EngineError::limit(format!(
            "the picture has {} bytes; the limit is {bytes_max}",
            png.len()
        )));
    }
    let asset = context.write("image/png", &png)?;
    let mut attachments = Map::new();
    for (name, (media_type, bytes)) in &drawn.report.attachments {
        let attached = context.write(media_type, bytes)?;
        attachments.insert(name.clone(), attached.to_value());
    }
    let mut value = asset.to_value();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("width".to_owned(), json!(width));
        fields.insert("height".to_owned(), json!(height));
        fields.insert("features".to_owned(), Value::Object(drawn.report.features));
        fields.insert("attachments".to_owned(), Value::Object(attachments));
        for (name, told) in [("title", drawn.report.title), ("alt", drawn.report.alt)] {
            if let Some(text) = told {
                fields.insert(name.to_owned(), json!(text));
            }
        }
        let log = drawn.report.log.trim_end();
        if !log.is_empty() {
            fields.insert("log".to_owned(), json!(log));
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
