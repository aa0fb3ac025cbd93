//! A workflow of ComfyUI as a maker of pictures: the studio's file, with a place in it for what a step says.

use std::collections::BTreeMap;

use daedal_core::AssetRef;
use daedal_core::engine::EngineError;
use serde_json::{Value, json};

use super::backend::{Backend, Ending, Made, Making, OneMade};
use super::errand::{Errand, refused};
use super::settings::PainterSettings;
use crate::SettingsError;
use crate::comfyui::{Order, Visit, Workflow};
use crate::patience::Trouble;
use crate::secrets::{Place, Reader};

/// What a step may say, and has a place for in a workflow.
const FIELDS: [&str; 11] = [
    "prompt", "negative", "width", "height", "steps", "guidance", "seed", "image", "strength",
    "count", "model",
];

struct ComfyUi {
    workflow: Workflow,
    /// Nodes and their fields, by what a step says.
    inputs: BTreeMap<&'static str, (String, String)>,
    /// Nodes whose pictures are taken; all that save some if none are named.
    outputs: Option<Vec<String>>,
    refuses: Vec<&'static str>,
}

pub(super) fn open(
    section: &str,
    entry: &PainterSettings,
    read: &Reader,
) -> Result<Box<dyn Backend>, SettingsError> {
    Ok(Box::new(ComfyUi::new(section, entry, read)?))
}

impl ComfyUi {
    fn new(section: &str, entry: &PainterSettings, read: &Reader) -> Result<Self, SettingsError> {
        let wrong = |what: String, help: &str| SettingsError::new(what, help.to_owned());
        let path = entry.workflow.as_ref().ok_or_else(|| {
            wrong(
                format!("[{section}] does not say which `workflow`"),
                "write a file in ComfyUI's API format, from the studio's directory on: workflow = \"paint.json\"",
            )
        })?;
        let text = read(&Place::File(path.clone())).map_err(|error| {
            wrong(
                format!(
                    "`workflow` under [{section}], {}, can't be read: {error}",
                    path.display()
                ),
                "write where it is, from the studio's directory on",
            )
        })?;
        let help = "write \"NODE.FIELD\" for each, where NODE is the id or title of a node of the workflow";
        let workflow = Workflow::parse(&path.display().to_string(), &text)
            .map_err(|told| wrong(format!("[{section}]: {told}"), help))?;
        let mut inputs = BTreeMap::new();
        for (said, place) in &entry.inputs {
            let field = FIELDS.into_iter().find(|field| field == said);
            let field = field.ok_or_else(|| {
                SettingsError::new(
                    format!("`inputs` under [{section}] has `{said}`, which no step says"),
                    format!(
                        "name what a step of the engine diffusion says: {}",
                        FIELDS.join(", ")
                    ),
                )
            })?;
            let (node, name) = place.rsplit_once('.').ok_or_else(|| {
                wrong(
                    format!("`inputs` under [{section}] has {said} = \"{place}\""),
                    help,
                )
            })?;
            let found = workflow.find("inputs", node).and_then(|id| {
                workflow.field(id, name)?;
                Ok(id.to_owned())
            });
            let id = found.map_err(|told| wrong(format!("[{section}]: {told}"), help))?;
            inputs.insert(field, (id, name.to_owned()));
        }
        if !inputs.contains_key("prompt") {
            return Err(wrong(
                format!("`inputs` under [{section}] has no place for `prompt`"),
                "write which field of which node is the prompt: inputs = { prompt = \"NODE.text\" }",
            ));
        }
        let outputs = entry.outputs.as_ref().map(|names| {
            let ids = names.iter().map(|name| workflow.find("outputs", name));
            ids.map(|id| id.map(str::to_owned))
                .collect::<Result<_, _>>()
        });
        let outputs = outputs.transpose();
        let outputs = outputs.map_err(|told| wrong(format!("[{section}]: {told}"), help))?;
        let refuses = FIELDS.into_iter().filter(|field| *field != "model");
        let refuses = refuses.filter(|field| !inputs.contains_key(field));
        Ok(Self {
            refuses: refuses.collect(),
            workflow,
            inputs,
            outputs,
        })
    }

    /// The workflow with what a step says.
    fn order(&self, errand: &Errand<'_>) -> Result<Order, EngineError> {
        let wish = &errand.wish;
        let mut order = Order::of(self.workflow.clone(), self.outputs.clone());
        let image = wish.image.as_ref().map(|image| image.asset.to_value());
        let given: [(&str, Option<Value>); 11] = [
            ("prompt", Some(json!(wish.prompt))),
            ("negative", wish.negative.map(Value::from)),
            ("width", wish.width.map(Value::from)),
            ("height", wish.height.map(Value::from)),
            ("steps", wish.steps.map(Value::from)),
            ("guidance", wish.guidance.map(Value::from)),
            ("seed", Some(json!(wish.seed))),
            ("image", image),
            ("strength", wish.strength.map(Value::from)),
            ("count", Some(json!(wish.count))),
            ("model", wish.model.map(Value::from)),
        ];
        for (said, value) in given {
            if let (Some((node, field)), Some(value)) = (self.inputs.get(said), value) {
                order
                    .put(node, field, &value)
                    .map_err(EngineError::invalid)?;
            }
        }
        Ok(order)
    }

    /// Has it stop.
    async fn stop(&self, errand: &Errand<'_>) {
        if let Ok(order) = self.order(errand) {
            // The same order has the same client there.
            Visit::new(errand.server, &order, errand.bytes_max)
                .call_off()
                .await;
        }
    }

    async fn ask(&self, errand: &Errand<'_>) -> Result<Made, Trouble> {
        let order = self.order(errand).map_err(refused)?;
        let visit = Visit::new(errand.server, &order, errand.bytes_max);
        errand.working.set(true);
        let made = visit.perform(order, errand.context).await;
        errand.working.set(visit.is_under_way());
        let made = made.map_err(|error| match error {
            // It never got there, and somebody else may be asked.
            EngineError::Transient { message, .. } if !visit.was_given() => Trouble::Busy {
                message,
                after: None,
            },
            error => Trouble::Failed(error),
        })?;
        let mut pictures = Vec::new();
        for value in &made {
            let asset = AssetRef::from_value(value);
            let asset = asset
                .ok_or_else(|| errand.foreign(errand.server.url.as_str(), "it gives no files"))?;
            let bytes = errand.context.read(&asset).map_err(Trouble::Failed)?;
            pictures.push(OneMade {
                bytes: bytes.to_vec(),
                // One seed makes all of a batch.
                seed: self.inputs.contains_key("seed").then_some(errand.wish.seed),
            });
        }
        Ok(Made {
            pictures,
            model: errand.wish.model.map(crate::task::excerpt),
            tokens: None,
        })
    }
}

impl Backend for ComfyUi {
    fn refuses(&self) -> &[&'static str] {
        &self.refuses
    }

    fn url(&self) -> &'static str {
        "http://127.0.0.1:8188/"
    }

    fn makes(&self, count: u64) -> u64 {
        let place = self.inputs.get("count");
        let is_set = |node: &str, field: &str| {
            place.is_some_and(|(known, name)| (known.as_str(), name.as_str()) == (node, field))
        };
        let own = self.workflow.batches(is_set);
        let nodes = match &self.outputs {
            Some(nodes) => nodes.len() as u64,
            None => self.workflow.ends(),
        };
        let asked = if place.is_some() { count } else { 1 };
        asked.saturating_mul(own).saturating_mul(nodes.max(1))
    }

    fn is_counted(&self) -> bool {
        // Nodes of others may make more of one than their numbers tell.
        false
    }

    fn decides(&self) -> Value {
        json!([self.workflow.nodes(), self.inputs, self.outputs])
    }

    fn why_alike(&self) -> Option<&'static str> {
        (!self.inputs.contains_key("seed")).then_some(
            "its workflow has no place for a seed: add one to its `inputs` in daedal.toml, such as seed = \
             \"KSampler.seed\", or ask for one",
        )
    }

    fn make<'a>(&'a self, errand: &'a Errand<'a>) -> Making<'a> {
        Box::pin(self.ask(errand))
    }

    fn call_off<'a>(&'a self, errand: &'a Errand<'a>) -> Ending<'a> {
        Box::pin(self.stop(errand))
    }
}
