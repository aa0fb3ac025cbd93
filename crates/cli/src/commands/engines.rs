//! `daedal engines`

use daedal_core::process::suggestion;
use serde_json::{Value, json};

use crate::assemble;
use crate::failure::Failure;
use crate::ui::Ui;

/// Lists the engines, or shows what one takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The engine to show
    name: Option<String>,
}

impl Show {
    pub(crate) fn run(self, ui: Ui) -> Result<u8, Failure> {
        let engines = assemble::engines();
        match self.name {
            None => {
                let listed: Vec<Value> = engines
                    .iter()
                    .map(|engine| {
                        let spec = engine.spec();
                        json!({
                            "name": spec.name, "version": spec.version, "summary": spec.summary,
                            "determinism": spec.determinism,
                        })
                    })
                    .collect();
                let text: String = engines
                    .iter()
                    .map(|engine| {
                        let spec = engine.spec();
                        format!("{:<10} {:<4} {}\n", spec.name, spec.version, spec.summary)
                    })
                    .collect();
                ui.result(&Value::Array(listed), &text);
            }
            Some(name) => {
                let engine = engines.get(&name).ok_or_else(|| {
                    let known: Vec<&str> =
                        engines.iter().map(|engine| engine.spec().name).collect();
                    Failure::new(format!("there is no engine `{name}`"))
                        .help(suggestion(&name, known))
                })?;
                let spec = engine.spec();
                let value = json!({
                    "name": spec.name, "version": spec.version, "summary": spec.summary,
                    "determinism": spec.determinism, "seeded": spec.seeded,
                    "main_input": spec.main_input, "with": spec.schema, "gives": spec.output,
                });
                ui.result(&value, &page(spec));
            }
        }
        Ok(0)
    }
}

/// What an engine takes, for people.
fn page(spec: &daedal_core::engine::EngineSpec) -> String {
    let mut text = format!(
        "{} {}: {}\n\nwith:\n",
        spec.name, spec.version, spec.summary
    );
    let required: Vec<&str> = spec.schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, field) in spec.schema["properties"].as_object().into_iter().flatten() {
        let kind = kind(field);
        let mut notes = Vec::new();
        if required.contains(&name.as_str()) {
            notes.push("required".to_owned());
        }
        if spec.main_input == Some(name) {
            notes.push("the item in a fan-out".to_owned());
        }
        if let Some(default) = field.get("default") {
            notes.push(format!("default {default}"));
        }
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!(" ({})", notes.join(", "))
        };
        let what = field["description"].as_str().unwrap_or_default();
        text.push_str(&format!("  {name}: {kind}{notes}\n"));
        if !what.is_empty() {
            text.push_str(&format!("      {what}\n"));
        }
        text.push_str(&items(field));
    }
    text
}

/// What the items of a list may be, each named by its one field.
fn items(field: &Value) -> String {
    let choices = field["items"]["properties"].as_object();
    let is_choice = field["items"]["maxProperties"] == 1;
    let mut text = String::new();
    for (name, choice) in choices.into_iter().flatten().filter(|_| is_choice) {
        let fields = choice["properties"].as_object();
        let fields: Vec<String> = fields
            .into_iter()
            .flatten()
            .map(|(name, field)| format!("{name}: {}", kind(field)))
            .collect();
        let what = match fields.is_empty() {
            true => kind(choice),
            false => format!("{{ {} }}", fields.join(", ")),
        };
        text.push_str(&format!("      - {name}: {what}\n"));
    }
    text
}

fn kind(field: &Value) -> String {
    if let Some(choices) = field["enum"].as_array() {
        let choices: Vec<String> = choices
            .iter()
            .map(|choice| {
                choice
                    .as_str()
                    .map_or_else(|| choice.to_string(), str::to_owned)
            })
            .collect();
        return choices.join(" | ");
    }
    match (field["format"].as_str(), &field["type"]) {
        (Some("bundle-file"), _) => "file".to_owned(),
        (Some("asset"), _) => "asset".to_owned(),
        (_, Value::String(kind)) => kind.clone(),
        (_, Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" | ")
        }
        _ => "any".to_owned(),
    }
}
