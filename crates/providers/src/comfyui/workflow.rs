//! A workflow in the API format of ComfyUI: nodes by id, each with its class and inputs.

use std::collections::BTreeSet;

use daedal_core::process::suggestion;
use serde_json::{Map, Value};

use crate::task::excerpt;

/// Fields that hold the seed of a node, as ComfyUI's own nodes call them.
const SEED_FIELDS: [&str; 2] = ["seed", "noise_seed"];

/// Fields by which a node makes several of one, as ComfyUI's own nodes call them.
const BATCH_FIELDS: [&str; 2] = ["batch_size", "amount"];

/// A workflow whose nodes have the shape that they should have.
#[derive(Debug, Clone)]
pub(crate) struct Workflow {
    path: String,
    nodes: Map<String, Value>,
}

impl Workflow {
    /// Reads the file at `path`.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        let how = "save it in ComfyUI by Workflow → Export (API)";
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| format!("`{path}` is no JSON: {error}; {how}"))?;
        let Value::Object(nodes) = value else {
            return Err(format!(
                "`{path}` is no workflow: expected an object of nodes; {how}"
            ));
        };
        if nodes.get("nodes").is_some_and(Value::is_array) {
            return Err(format!(
                "`{path}` is a workflow as ComfyUI's editor keeps it, which its server does not take: {how}"
            ));
        }
        if nodes.is_empty() {
            return Err(format!("`{path}` has no nodes: {how}"));
        }
        for (id, node) in &nodes {
            let is_sound = node.get("class_type").is_some_and(Value::is_string)
                && node.get("inputs").is_some_and(Value::is_object);
            if !is_sound {
                return Err(format!(
                    "`{path}`, node {id}: expected an object with `class_type` and `inputs`; {how}"
                ));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            nodes,
        })
    }

    /// The nodes, in the order of the file.
    pub(crate) fn nodes(&self) -> &Map<String, Value> {
        &self.nodes
    }

    /// The id of the node that is called `name`, by id or by title; `place` is the field that names it.
    pub(crate) fn find(&self, place: &str, name: &str) -> Result<&str, String> {
        if let Some((id, _)) = self.nodes.get_key_value(name) {
            return Ok(id);
        }
        let titled = |id: &&String| title(&self.nodes[id.as_str()]) == Some(name);
        let found: Vec<&String> = self.nodes.keys().filter(titled).collect();
        match found[..] {
            [id] => Ok(id),
            [] => {
                let ids = self.nodes.keys().map(String::as_str);
                let mut names: Vec<&str> =
                    self.nodes.values().filter_map(title).chain(ids).collect();
                names.sort_unstable();
                names.dedup();
                Err(format!(
                    "`{place}` names the node `{name}`, which `{}` does not have: {}",
                    self.path,
                    suggestion(name, names)
                ))
            }
            _ => {
                let ids: Vec<&str> = found.into_iter().map(String::as_str).collect();
                Err(format!(
                    "`{place}` names the node `{name}`, and several of `{}` have this title: write the id of one ({})",
                    self.path,
                    ids.join(", ")
                ))
            }
        }
    }

    /// What stands in a field of a node, or why there is no such field.
    pub(crate) fn field(&self, id: &str, field: &str) -> Result<&Value, String> {
        let inputs = self.nodes[id]["inputs"].as_object();
        let inputs = inputs.ok_or_else(|| format!("node {id} has no inputs"))?;
        inputs.get(field).ok_or_else(|| {
            format!(
                "{} of `{}` has no field `{field}`: {}",
                self.name(id),
                self.path,
                suggestion(field, inputs.keys().map(String::as_str))
            )
        })
    }

    /// The node that is called `name`, and its field for a seed.
    pub(super) fn seed_field(&self, name: &str) -> Result<(&str, &'static str), String> {
        let id = self.find("seed", name)?;
        let field = SEED_FIELDS
            .into_iter()
            .find(|field| self.nodes[id]["inputs"].get(field).is_some());
        let field = field.ok_or_else(|| {
            format!(
                "`seed` names {} of `{}`, which has no field `seed` or `noise_seed`: name a node that samples",
                self.name(id),
                self.path
            )
        })?;
        Ok((id, field))
    }

    /// Puts a value into a field that is there.
    pub(super) fn set(&mut self, id: &str, field: &str, value: Value) {
        self.nodes[id]["inputs"][field] = value;
    }

    /// How many pictures come of one at most, as far as numbers in it tell; the fields for which `is_set` is true are
    /// counted elsewhere.
    pub(crate) fn batches(&self, is_set: impl Fn(&str, &str) -> bool) -> u64 {
        let fields = self.nodes.iter().flat_map(|(id, node)| {
            let fields = BATCH_FIELDS.into_iter().map(move |field| (id, field, node));
            fields.filter(|(id, field, _)| !is_set(id, field))
        });
        let sizes = fields.filter_map(|(_, field, node)| node["inputs"][field].as_u64());
        sizes.fold(1, |batches, size| batches.saturating_mul(size.max(1)))
    }

    /// How many nodes are at an end of it and may save what comes to them.
    pub(crate) fn ends(&self) -> u64 {
        let used: BTreeSet<&str> = self.nodes.values().flat_map(given).collect();
        let saves = |(id, node): &(&String, &Value)| {
            let class = node["class_type"].as_str().unwrap_or_default();
            let is_end = !used.contains(id.as_str()) && given(node).next().is_some();
            // What is only shown is not taken.
            is_end && !class.starts_with("Preview")
        };
        self.nodes.iter().filter(saves).count() as u64
    }

    /// What people call a node.
    pub(super) fn name(&self, id: &str) -> String {
        name(self.nodes.get(id), id)
    }

    /// What people call a node, in short: its title or class.
    pub(super) fn caption(&self, id: &str) -> String {
        let node = self.nodes.get(id);
        let class = || node.and_then(|node| node["class_type"].as_str());
        let titled = node
            .and_then(title)
            .filter(|title| !title.trim().is_empty());
        let found = titled.or_else(class);
        found.map_or_else(|| format!("node {id}"), excerpt)
    }
}

/// What people call a node: its id, class and title.
fn name(node: Option<&Value>, id: &str) -> String {
    let class = node.and_then(|node| node["class_type"].as_str());
    // Whatever a workflow of somebody else says, it stays on one line.
    let class = class.map(excerpt);
    let told = match (class, node.and_then(title).map(excerpt)) {
        (Some(class), Some(title)) if title != class => format!(" ({class}, “{title}”)"),
        (Some(class), _) => format!(" ({class})"),
        (None, _) => String::new(),
    };
    format!("node {id}{told}")
}

fn title(node: &Value) -> Option<&str> {
    node["_meta"]["title"].as_str()
}

/// The nodes that a node is given something by.
fn given(node: &Value) -> impl Iterator<Item = &str> {
    let inputs = node["inputs"].as_object().into_iter();
    inputs.flat_map(Map::values).filter_map(connection)
}

/// The node that a value is a connection to, if it is one.
pub(super) fn connection(value: &Value) -> Option<&str> {
    match value.as_array()?.as_slice() {
        [Value::String(node), Value::Number(_)] => Some(node),
        _ => None,
    }
}
