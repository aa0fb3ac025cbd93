//! Small engines in the shape of the real ones, for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::bundle::MemoryFiles;
use crate::engine::{
    Determinism, Engine, EngineError, EngineSpec, Engines, Performed, Task, TaskContext,
};

pub(crate) struct Fake {
    spec: EngineSpec,
}

impl Engine for Fake {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn implied(&self, with: &Value) -> Vec<(&'static str, &'static str)> {
        match self.spec.name {
            "score"
                if with
                    .get("weights")
                    .is_some_and(|weights| weights.get("novelty").is_some()) =>
            {
                vec![("earlier", "run.earlier"), ("signature", "run.signature")]
            }
            "score" => vec![("signature", "run.signature")],
            _ => Vec::new(),
        }
    }

    fn check(&self, with: &Value, files: &dyn Fn(&str) -> Option<Arc<[u8]>>) -> Vec<String> {
        let script = with.get("script").and_then(Value::as_str);
        match script.and_then(files) {
            Some(bytes) if bytes.starts_with(b"}") => {
                vec!["sketches/broken.js:1:1: unexpected `}`".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn alike(&self, with: &Map<String, Value>) -> Option<String> {
        let is_so = with.get("origin").is_some_and(|origin| origin == "same");
        is_so.then(|| "all of them would begin at the same place".to_owned())
    }

    fn run(&self, _: &Task, _: &TaskContext<'_>) -> Result<Performed, EngineError> {
        Err(EngineError::invalid(
            "engines of these tests perform nothing",
        ))
    }
}

pub(super) fn engine(
    name: &'static str,
    main_input: Option<&'static str>,
    schema: Value,
    output: Value,
) -> Arc<dyn Engine> {
    Arc::new(Fake {
        spec: EngineSpec {
            name,
            version: "1",
            summary: "For tests.",
            determinism: Determinism::Exact,
            seeded: matches!(name, "grammar" | "sketch"),
            main_input,
            schema,
            output,
            effect: false,
        },
    })
}

fn picture() -> Value {
    json!({
        "type": "object",
        "format": "asset",
        "properties": {
            "width": { "type": "integer" },
            "height": { "type": "integer" },
            "features": { "type": "object", "additionalProperties": true },
        },
        "additionalProperties": false,
    })
}

/// Engines called grammar, sketch, score, choose, image and template.
pub(crate) fn engines() -> Engines {
    let asset = json!({ "type": "object", "format": "asset" });
    let size = json!({ "type": "integer", "minimum": 1, "maximum": 8192 });
    let operations = json!({
        "type": "array",
        "items": { "oneOf": [
            operation("resize", json!({ "width": size, "height": size, "filter": { "enum": ["lanczos3", "nearest"] } }), &[]),
            operation("blur", json!({ "radius": { "type": "number", "minimum": 0 } }), &["radius"]),
            operation("overlay", json!({ "template": { "type": "string", "format": "bundle-file" }, "data": { "type": "object" } }), &["template"]),
        ] },
    });
    let mut template = with(
        json!({
            "template": { "type": "string", "format": "bundle-file" },
            "text": { "type": "string" },
            "size": { "anyOf": [{ "enum": ["small", "large"] }, { "type": "number" }] },
            "data": { "type": "object", "additionalProperties": true },
        }),
        &[],
    );
    template["oneOf"] = json!([{ "required": ["template"] }, { "required": ["text"] }]);
    let page = json!({
        "type": "object",
        "format": "asset",
        "properties": { "text": { "type": "string" } },
        "additionalProperties": false,
    });
    Engines::new([
        engine(
            "grammar",
            None,
            with(
                json!({
                    "grammar": { "type": "string", "format": "bundle-file" },
                    "origin": { "type": "string", "maxLength": 64 },
                }),
                &["grammar"],
            ),
            json!({
                "type": "object",
                "properties": {
                    "text": { "type": "string" },
                    "title": { "type": "string" },
                    "fields": { "type": "object", "additionalProperties": { "type": "string" } },
                },
                "additionalProperties": false,
            }),
        ),
        engine(
            "sketch",
            None,
            with(
                json!({
                    "script": { "type": "string", "format": "bundle-file" },
                    "width": size,
                    "height": size,
                    "background": { "type": "string", "pattern": "^#[0-9a-f]{6}$", "description": "#rrggbb." },
                    "data": { "type": "object", "additionalProperties": true },
                }),
                &["script"],
            ),
            picture(),
        ),
        engine(
            "score",
            Some("image"),
            with(
                json!({
                    "image": asset,
                    "weights": { "type": "object", "additionalProperties": { "type": "number", "minimum": 0 } },
                    "signature": { "type": "array", "items": asset },
                    "earlier": { "type": "array", "items": asset },
                }),
                &["image", "signature"],
            ),
            json!({
                "type": "object",
                "properties": { "score": { "type": "number" }, "contrast": { "type": "number" } },
                "additionalProperties": false,
            }),
        ),
        engine(
            "choose",
            None,
            with(
                json!({
                    "from": { "type": "array" },
                    "by": { "type": "array", "items": { "type": "number" } },
                    "keep": { "type": "integer", "minimum": 1, "default": 1 },
                    "decider": { "enum": ["machine", "human"] },
                }),
                &["from"],
            ),
            json!({ "type": "array", "items": true, "x-length": "keep", "x-length-of": "from" }),
        ),
        engine(
            "image",
            Some("image"),
            with(
                json!({ "image": asset, "operations": operations }),
                &["image"],
            ),
            picture(),
        ),
        engine("template", None, template, page),
        engine(
            "process",
            None,
            with(
                json!({
                    "process": { "type": "string" },
                    "inputs": { "type": "object" },
                    "parameters": { "type": "object" },
                }),
                &["process"],
            ),
            json!({ "type": "object", "additionalProperties": true, "$asset": false }),
        ),
    ])
}

pub(super) fn with(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn operation(name: &str, properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": { (name): with(properties, required) },
        "required": [name],
        "additionalProperties": false,
    })
}

/// The files that the almanac names.
pub(crate) fn files() -> MemoryFiles {
    let files = [
        ("grammars/concept.json", "{}"),
        ("sketches/coast.js", "draw()"),
        ("sketches/broken.js", "}"),
        ("frame.svg", "<svg/>"),
        ("signature/a.png", "a"),
        ("signature/b.png", "b"),
        ("signature/.DS_Store", "x"),
    ];
    let files: BTreeMap<String, Vec<u8>> = files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .collect();
    MemoryFiles(files)
}
