//! What a server is asked to do: the workflow with what a step sets in it.

use std::collections::BTreeMap;

use daedal_core::asset::assets_in;
use daedal_core::{AssetRef, Digest, Seed, canonical};
use serde_json::{Value, json};

use super::workflow::{Workflow, connection};
use super::{Names, Params};

/// Seeds stay below this, so that ComfyUI's editor, which counts like JavaScript, shows the same number.
const SEED_MAX: u64 = (1 << 53) - 1;

/// A workflow that is ready but for the files that it needs.
pub(crate) struct Order {
    pub(super) workflow: Workflow,
    /// Files, and the fields that are to name them.
    pub(super) files: BTreeMap<Digest, (AssetRef, Vec<(String, String)>)>,
    /// Ids of the nodes whose files are taken; all that save some if none are named.
    pub(super) outputs: Option<Vec<String>>,
}

impl Order {
    /// A workflow as it is; `outputs` are the ids of the nodes whose files are taken, all that save some if none are
    /// named.
    pub(crate) fn of(workflow: Workflow, outputs: Option<Vec<String>>) -> Self {
        Self {
            workflow,
            files: BTreeMap::new(),
            outputs,
        }
    }

    /// The workflow with what a step says.
    pub(super) fn new(
        workflow: Workflow,
        params: &Params,
        seed: Option<Seed>,
    ) -> Result<Self, String> {
        let outputs = params.outputs.as_ref().map(|Names(names)| {
            let ids = names.iter().map(|name| workflow.find("outputs", name));
            ids.map(|id| id.map(str::to_owned))
                .collect::<Result<_, _>>()
        });
        let outputs = outputs.transpose()?;
        let mut order = Self::of(workflow, outputs);
        // The step's own seed stands, where it sets one.
        if let Some(seed) = seed {
            for name in &params.seed.0 {
                let (id, field) = order.workflow.seed_field(name)?;
                let id = id.to_owned();
                let seed = json!(seed.as_u64() & SEED_MAX);
                order.workflow.set(&id, field, seed);
            }
        }
        for (name, fields) in &params.inputs {
            let id = order.workflow.find("inputs", name)?.to_owned();
            let fields = fields.as_object();
            let fields = fields.ok_or_else(|| format!("`inputs`, `{name}`: expected fields"))?;
            for (field, value) in fields {
                order.put(&id, field, value)?;
            }
        }
        Ok(order)
    }

    /// Sets a field of a node to a value, or to the name of a file that is sent.
    pub(crate) fn put(&mut self, id: &str, field: &str, value: &Value) -> Result<(), String> {
        let before = self.workflow.field(id, field)?;
        if let Some(asset) = AssetRef::from_value(value) {
            if let Some(other) = connection(before) {
                return Err(format!(
                    "`{field}` of {} comes from node {other}, and can't be a file: set the file of a node that loads \
                     one, such as LoadImage",
                    self.workflow.name(id)
                ));
            }
            let file = self.files.entry(asset.digest);
            let (_, places) = file.or_insert_with(|| (asset, Vec::new()));
            places.push((id.to_owned(), field.to_owned()));
        } else if assets_in(value).is_empty() {
            self.workflow.set(id, field, value.clone());
        } else {
            return Err(format!(
                "`{field}` of {} has a file deep inside: a field takes one file, or none",
                self.workflow.name(id)
            ));
        }
        Ok(())
    }

    /// What it is called by what is in it, so that an order that was given before is known again.
    pub(super) fn client(&self) -> String {
        let files = self
            .files
            .values()
            .map(|(asset, places)| json!([asset.digest, places]));
        let files: Vec<Value> = files.collect();
        let digest = canonical::digest(&json!([self.workflow.nodes(), files]));
        format!("daedal-{}", &digest.to_string()[..32])
    }

    /// Has the fields that want a file name what the server calls it.
    pub(super) fn name_file(&mut self, places: &[(String, String)], name: &str) {
        for (id, field) in places {
            self.workflow.set(id, field, Value::from(name));
        }
    }
}
