//! Fills in templates: text, JSON, Markdown, SVG, HTML, CSV.

mod environment;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use daedal_core::AssetRef;
use daedal_core::engine::{
    Determinism, Engine, EngineError, EngineSpec, Files, Outcome, Performed, Task, TaskContext,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) use environment::{Format, Source, render};

use crate::picture::svg;
use crate::task::{label, params, read_text, utf8};

/// Longest text that is given as a field beside the asset, in bytes.
const TEXT_FIELD_MAX: usize = 16 << 10;

/// The engine `template`.
pub struct TemplateEngine {
    spec: EngineSpec,
}

impl Default for TemplateEngine {
    fn default() -> Self {
        Self {
            spec: EngineSpec {
                name: "template",
                version: "1",
                summary: "Fills in a MiniJinja template: text, Markdown, JSON, SVG, HTML or CSV.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: None,
                schema: schema(),
                output: json!({
                    "type": "object",
                    "format": "asset",
                    "properties": {
                        "text": { "type": "string", "description": "The text, up to 16 KiB." },
                        "json": { "description": "What JSON of up to 16 KiB says." },
                        "width": { "type": "number", "description": "Of an SVG, in pixels." },
                        "height": { "type": "number", "description": "Of an SVG, in pixels." }
                    },
                    "additionalProperties": false
                }),
                effect: false,
            },
        }
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "template": {
                "type": "string",
                "format": "bundle-file",
                "description": "The template; its extension gives the format (`page.md`, `frame.svg`, `list.csv.j2`)."
            },
            "text": { "type": "string", "description": "The template itself, in place of a file." },
            "format": {
                "enum": ["text", "markdown", "json", "svg", "html", "csv"],
                "description": "What it gives, where the file's extension does not say it."
            },
            "data": { "type": "object", "description": "Names that the template uses." },
            "include": {
                "type": "object",
                "additionalProperties": { "type": "string", "format": "bundle-file" },
                "description": "Files for `{% include %}` and `{% import %}`, by the name used there."
            }
        },
        "oneOf": [{ "required": ["template"] }, { "required": ["text"] }],
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    template: Option<AssetRef>,
    text: Option<String>,
    format: Option<Format>,
    #[serde(default)]
    data: Map<String, Value>,
    #[serde(default)]
    include: BTreeMap<String, AssetRef>,
}

impl Engine for TemplateEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn output(&self, with: &Map<String, Value>, _: &Files<'_>) -> Option<Cow<'_, Value>> {
        let format = declared(with)?;
        let mut output = self.spec.output.clone();
        let fields = output.get_mut("properties")?.as_object_mut()?;
        fields.insert(
            "media_type".to_owned(),
            json!({ "const": format.media_type() }),
        );
        if format != Format::Svg {
            fields.retain(|name, _| name != "width" && name != "height");
        }
        if format != Format::Json {
            fields.retain(|name, _| name != "json");
        }
        Some(Cow::Owned(output))
    }

    fn check(&self, with: &Value, files: &Files<'_>) -> Vec<String> {
        let Some(path) = with.get("template").and_then(Value::as_str) else {
            return Vec::new();
        };
        check_file(path, files).into_iter().collect()
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let mut source = source(task, context, params.template.as_ref(), params.text)?;
        source.format = params.format.unwrap_or(source.format);
        for (name, asset) in &params.include {
            let text = read_text(task, context, asset)?;
            source.includes.insert(name.clone(), text);
        }
        let text = render(&source, &params.data, task.limits.output_bytes_max)
            .map_err(EngineError::invalid)?;
        let fields = fields(&source, &text)?;
        let asset = context.write(source.format.media_type(), text.as_bytes())?;
        let mut value = asset.to_value();
        if let Value::Object(object) = &mut value {
            object.extend(fields);
        }
        Ok(Performed::Done(Outcome::free(value)))
    }
}

/// The format that a step says, where it is known before a run.
fn declared(with: &Map<String, Value>) -> Option<Format> {
    let text = |name: &str| with.get(name).map(|value| value.as_str().unwrap_or("{{"));
    match (with.get("format"), text("template"), text("text")) {
        (Some(format), ..) => Format::deserialize(format).ok(),
        (None, Some(path), _) if !path.contains("{{") => Some(Format::of_path(path)),
        // Whatever begins like an SVG is drawn as one where a picture is taken.
        (None, None, Some(text)) if !text.trim_start().starts_with(['<', '{']) => {
            Some(Format::Text)
        }
        _ => None,
    }
}

/// What is wrong with the template file at `path`, before anything runs.
pub(crate) fn check_file(path: &str, files: &Files<'_>) -> Option<String> {
    let text = match utf8(path, &files(path)?) {
        Ok(text) => text,
        Err(problem) => return Some(problem),
    };
    environment::problem(&Source {
        name: path.to_owned(),
        text,
        format: Format::of_path(path),
        includes: BTreeMap::new(),
    })
}

/// The template that a task names by a file or gives as text.
pub(crate) fn source(
    task: &Task,
    context: &TaskContext<'_>,
    file: Option<&AssetRef>,
    text: Option<String>,
) -> Result<Source, EngineError> {
    let (name, text) = match (file, text) {
        (Some(file), None) => (label(task, file), read_text(task, context, file)?),
        (None, Some(text)) => ("template".to_owned(), text),
        _ => {
            return Err(EngineError::invalid(
                "a template is either `template:` (a file) or `text:`",
            ));
        }
    };
    Ok(Source {
        format: Format::of_path(&name),
        name,
        text,
        includes: BTreeMap::new(),
    })
}

/// Checks what came out, and what other steps see of it beside the asset.
fn fields(source: &Source, text: &str) -> Result<Map<String, Value>, EngineError> {
    let mut fields = Map::new();
    match source.format {
        Format::Json => {
            let value: Value = serde_json::from_str(text).map_err(|error| {
                EngineError::invalid(format!(
                    "`{}` does not give JSON: {error}; values are quoted by themselves: \
                     {{\"title\": {{{{ title }}}}}}",
                    source.name
                ))
            })?;
            if text.len() <= TEXT_FIELD_MAX {
                fields.insert("json".to_owned(), value);
            }
        }
        Format::Svg => {
            let size = svg::parse(&source.name, text)?.size();
            fields.insert("width".to_owned(), json!(size.width()));
            fields.insert("height".to_owned(), json!(size.height()));
        }
        Format::Text | Format::Markdown | Format::Html | Format::Csv => {}
    }
    if text.len() <= TEXT_FIELD_MAX {
        fields.insert("text".to_owned(), json!(text));
    }
    Ok(fields)
}
