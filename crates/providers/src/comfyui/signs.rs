//! What a server tells on its WebSocket, and how far an order is by it.
//!
//! After what ComfyUI sends (`server.py`, `comfy_execution/progress.py` and `protocol.py` there): messages of JSON with
//! a `type` and `data`, and messages of bytes that begin with the number of their kind.

use std::collections::BTreeSet;

use serde_json::Value;

use super::workflow::Workflow;
use crate::task::excerpt;

/// Something that a server told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sign {
    /// The order that it is about; that of this client where the server does not say.
    order: Option<String>,
    told: Told,
}

#[derive(Debug, Clone, PartialEq)]
enum Told {
    /// So many orders wait or run, those of others among them.
    Queue(u64),
    /// It has begun.
    Begun,
    /// These nodes need not run again.
    Cached(Vec<String>),
    /// It is at a node, or past the last.
    At(Option<String>),
    /// A node is so far.
    Step { node: String, done: u64, of: u64 },
    /// Nodes and how far they are; those that are done, and the one that runs.
    State {
        done: Vec<String>,
        runs: Option<(String, u64, u64)>,
    },
    /// A node is done.
    Done(String),
    /// A node says something.
    Note { node: String, text: String },
    /// A picture of how it looks so far.
    Preview,
    /// It is over, whichever way.
    Over,
}

impl Sign {
    /// Reads a message of text; nothing where it is of no concern.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(text).ok()?;
        let data = &message["data"];
        let name = |value: &Value| value.as_str().map(str::to_owned);
        let told = match message["type"].as_str()? {
            "status" => Told::Queue(data["status"]["exec_info"]["queue_remaining"].as_u64()?),
            "execution_start" => Told::Begun,
            "execution_cached" => {
                let nodes = data["nodes"].as_array()?;
                Told::Cached(nodes.iter().filter_map(name).collect())
            }
            "executing" => Told::At(name(&data["node"])),
            "progress" => Told::Step {
                node: name(&data["node"])?,
                done: count(&data["value"])?,
                of: count(&data["max"])?,
            },
            "progress_state" => state(data)?,
            "executed" => Told::Done(name(&data["node"])?),
            "execution_success" | "execution_error" | "execution_interrupted" => Told::Over,
            _ => return None,
        };
        let order = name(&data["prompt_id"]);
        Some(Self { order, told })
    }

    /// Reads a message of bytes; nothing where it is of no concern.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| {
            let four = bytes.get(at..at.checked_add(4)?)?;
            Some(u32::from_be_bytes(four.try_into().ok()?))
        };
        let mut order = None;
        let told = match number(0)? {
            // A format (JPEG or PNG), and the picture.
            1 => match number(4)? {
                1 | 2 => Told::Preview,
                _ => return None,
            },
            // The length of a node's name, the name, and what it says.
            3 => {
                let end = usize::try_from(number(4)?).ok()?.checked_add(8)?;
                let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
                Told::Note {
                    node: text(bytes.get(8..end)?),
                    text: excerpt(&text(&bytes[end..])),
                }
            }
            // The length of what is told of it in JSON, that, and the picture.
            4 => {
                let at = usize::try_from(number(4)?).ok()?.checked_add(8)?;
                let about: Value = serde_json::from_slice(bytes.get(8..at)?).ok()?;
                order = about["prompt_id"].as_str().map(str::to_owned);
                Told::Preview
            }
            _ => return None,
        };
        Some(Self { order, told })
    }
}

/// Counts come as whole numbers or with a point.
fn count(value: &Value) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // for people
    let whole = |number: f64| number.max(0.0) as u64;
    value.as_u64().or_else(|| value.as_f64().map(whole))
}

fn state(data: &Value) -> Option<Told> {
    let nodes = data["nodes"].as_object()?.iter();
    let of = |wanted: &'static str| {
        let is_so = move |(_, node): &(&String, &Value)| node["state"].as_str() == Some(wanted);
        nodes.clone().filter(is_so)
    };
    let runs = of("running")
        .next()
        .and_then(|(id, node)| Some((id.clone(), count(&node["value"])?, count(&node["max"])?)));
    Some(Told::State {
        done: of("finished").map(|(id, _)| id.clone()).collect(),
        runs,
    })
}

/// How far an order is.
pub(super) struct Course<'w> {
    workflow: &'w Workflow,
    /// Nodes that are done.
    done: BTreeSet<String>,
    /// The node that runs, and how far it is where it says so.
    at: Option<(String, Option<(u64, u64)>)>,
    note: String,
    has_begun: bool,
    queue: u64,
    pub(super) is_over: bool,
}

impl<'w> Course<'w> {
    pub(super) fn new(workflow: &'w Workflow) -> Self {
        Self {
            workflow,
            done: BTreeSet::new(),
            at: None,
            note: String::new(),
            has_begun: false,
            queue: 0,
            is_over: false,
        }
    }

    /// Takes in what was told, if it is about the order `id`.
    pub(super) fn take(&mut self, id: &str, sign: Sign) {
        if sign.order.is_some_and(|order| order != id) {
            return;
        }
        match sign.told {
            Told::Queue(count) => self.queue = count,
            Told::Begun => self.has_begun = true,
            Told::Cached(nodes) => self.done.extend(nodes),
            Told::At(None) | Told::Over => self.is_over = true,
            Told::At(Some(node)) => self.go_to(node, None),
            Told::Step { node, done, of } => self.go_to(node, Some((done, of))),
            Told::State { done, runs } => {
                self.done.extend(done);
                if let Some((node, done, of)) = runs {
                    self.go_to(node, Some((done, of)));
                }
            }
            Told::Done(node) => {
                self.done.insert(node);
            }
            Told::Note { node, text } => {
                self.go_to(node, None);
                self.note = text;
            }
            // How it looks is seen when it is there; whoever sends it has begun.
            Told::Preview => self.has_begun = true,
        }
    }

    fn go_to(&mut self, node: String, step: Option<(u64, u64)>) {
        self.has_begun = true;
        match &mut self.at {
            Some((known, counted)) if *known == node => *counted = step.or(*counted),
            at => {
                self.note.clear();
                // The one before it is done: nodes run one after the other.
                if let Some((before, _)) = at.replace((node, step)) {
                    self.done.insert(before);
                }
            }
        }
    }

    /// How far it is, on one line.
    pub(super) fn line(&self) -> String {
        let Some((node, step)) = &self.at else {
            return match (self.has_begun, self.queue) {
                (true, _) => "begins".to_owned(),
                (false, 0 | 1) => "waits for the server".to_owned(),
                (false, count) => format!("waits, with {count} orders in the queue"),
            };
        };
        let nodes = self.workflow.nodes();
        // Nodes that a server makes of others while it runs are not in the file.
        let done = self
            .done
            .iter()
            .filter(|id| nodes.contains_key(*id) && *id != node);
        let place = match nodes.contains_key(node) {
            true => format!("node {} of {}", done.count() + 1, nodes.len()),
            false => format!("after {} of {} nodes", done.count(), nodes.len()),
        };
        let step = match step {
            // Most nodes take one step.
            Some((done, of)) if *of > 1 => format!(" {done} of {of}"),
            _ => String::new(),
        };
        let note = match self.note.as_str() {
            "" => String::new(),
            note => format!(": {note}"),
        };
        format!("{}{step} ({place}){note}", self.workflow.caption(node))
    }
}
