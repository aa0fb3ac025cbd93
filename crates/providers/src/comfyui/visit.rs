//! One order at one server: files there, the workflow queued, waited for, and what it made brought back.

use std::cell::Cell;
use std::time::Duration;

use daedal_core::asset::{extension_of, media_type_of};
use daedal_core::engine::{EngineError, TaskContext};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::order::Order;
use super::trouble;
use crate::http::{Answer, Request, media_type};
use crate::picture;
use crate::server::{Parts, Server};

/// Longest answer that is not a file, in bytes: it repeats the workflow.
const JSON_BYTES_MAX: u64 = 32 << 20;
/// Largest file that is sent, in bytes.
const SENT_BYTES_MAX: u64 = 256 << 20;
/// Files that one workflow may make.
const FILES_MAX: usize = 256;
/// Pauses between looks whether it is done grow from this …
const PAUSE: Duration = Duration::from_millis(100);
/// … up to this.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Looks in a row that may fail.
const MISSES_MAX: u32 = 5;

/// A file that a server made: the node that did, and what its history tells of it.
type Found<'e> = (&'e str, &'e Map<String, Value>);

/// A client that a server knows for one order.
pub(super) struct Visit<'v> {
    pub(super) server: &'v Server,
    /// A name that nobody else has: finds the order in the server's queue.
    pub(super) client: String,
    pub(super) bytes_max: u64,
    /// Whether the server may be working for us.
    pub(super) is_under_way: Cell<bool>,
}

impl Visit<'_> {
    /// Has an order performed, and keeps what it made.
    pub(super) async fn perform(
        &self,
        mut order: Order,
        context: &TaskContext<'_>,
    ) -> Result<Vec<Value>, EngineError> {
        for (asset, places) in std::mem::take(&mut order.files).into_values() {
            if asset.size > SENT_BYTES_MAX {
                return Err(EngineError::limit(format!(
                    "a file for {} has {} bytes: at most {SENT_BYTES_MAX} are sent",
                    self.server.url, asset.size
                )));
            }
            let file = format!(
                "daedal-{}.{}",
                asset.digest,
                extension_of(&asset.media_type)
            );
            // Named by its digest, a file there is replaced by nothing but itself.
            let parts = Parts::new()
                .file("image", &file, &asset.media_type, &context.read(&asset)?)
                .text("type", "input")
                .text("overwrite", "true");
            let sent = self
                .request(Method::POST, "upload/image")?
                .with_parts(parts);
            let kept = self.json(sent).await?;
            let name = kept["name"].as_str().ok_or_else(|| self.foreign())?;
            let name = match kept["subfolder"].as_str() {
                Some(folder) if !folder.is_empty() => format!("{folder}/{name}"),
                _ => name.to_owned(),
            };
            order.name_file(&places, &name);
        }
        let id = self.queue(&order).await?;
        let entry = self.finished(&id).await?;
        self.is_under_way.set(false);
        let from = self.server.url.as_str();
        if let Some(error) = trouble::failure(&order.workflow, from, &entry) {
            return Err(error);
        }
        let mut made = Vec::new();
        for (node, file) in self.files(&order, &entry)? {
            made.push(self.fetch(node, file, context).await?);
        }
        Ok(made)
    }

    /// Puts the workflow into the server's queue.
    async fn queue(&self, order: &Order) -> Result<String, EngineError> {
        let body = json!({ "prompt": order.workflow.nodes(), "client_id": self.client });
        let request = self.request(Method::POST, "prompt")?.with_json(&body);
        self.is_under_way.set(true);
        let answer = self.server.ask(request, JSON_BYTES_MAX).await?;
        if !answer.status.is_success() && answer.status != StatusCode::BAD_REQUEST {
            self.is_under_way.set(false);
        }
        let said = self.read(&answer, answer.status == StatusCode::BAD_REQUEST)?;
        let wrong = said["node_errors"].as_object();
        if !answer.status.is_success() {
            self.is_under_way.set(false);
        }
        // It begins with what is sound where a part of the workflow is not.
        if !answer.status.is_success() || wrong.is_some_and(|nodes| !nodes.is_empty()) {
            return Err(trouble::refusal(
                &order.workflow,
                self.server.url.as_str(),
                &said,
            ));
        }
        let id = said["prompt_id"].as_str().ok_or_else(|| self.foreign())?;
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
        match id.chars().all(is_plain) {
            true => Ok(id.to_owned()),
            false => Err(self.foreign()),
        }
    }

    /// Waits until the server is done, and gives what its history tells.
    async fn finished(&self, id: &str) -> Result<Value, EngineError> {
        let (mut pause, mut misses) = (PAUSE, 0);
        loop {
            match self.look(id).await {
                Ok(Some(entry)) => return Ok(entry),
                Ok(None) => misses = 0,
                Err(error) if error.is_retryable() && misses < MISSES_MAX => misses += 1,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSE_MAX);
        }
    }

    async fn look(&self, id: &str) -> Result<Option<Value>, EngineError> {
        if let Some(entry) = self.history(id).await? {
            return Ok(Some(entry));
        }
        let (running, pending) = self.own().await?;
        if running.iter().chain(&pending).any(|own| own == id) {
            return Ok(None);
        }
        // It may have ended between the two questions.
        if let Some(entry) = self.history(id).await? {
            return Ok(Some(entry));
        }
        Err(EngineError::Transient {
            message: format!(
                "{} no longer knows of the workflow: it was started anew, or somebody emptied its queue; `retry:` asks \
                 again by itself",
                self.server.url
            ),
        })
    }

    async fn history(&self, id: &str) -> Result<Option<Value>, EngineError> {
        let request = self.request(Method::GET, &format!("history/{id}"))?;
        let mut entries = self.json(request).await?;
        Ok(entries.get_mut(id).map(Value::take))
    }

    /// Ids of this client's orders in the server's queue: what runs, and what waits.
    async fn own(&self) -> Result<(Vec<String>, Vec<String>), EngineError> {
        let queue = self.json(self.request(Method::GET, "queue")?).await?;
        let own = |part: &str| {
            let orders = queue[part].as_array().into_iter().flatten();
            let own = orders.filter(|order| order[3]["client_id"].as_str() == Some(&self.client));
            own.filter_map(|order| Some(order[1].as_str()?.to_owned()))
                .collect()
        };
        Ok((own("queue_running"), own("queue_pending")))
    }

    /// Tells the server that what it does for us is no longer wanted; others' work goes on.
    pub(super) async fn call_off(&self) {
        // An order that was on its way may stand in the queue a little later.
        for _ in 0..3 {
            let Ok((running, pending)) = self.own().await else {
                return;
            };
            if !pending.is_empty() {
                self.tell("queue", &json!({ "delete": pending })).await;
            }
            // Older servers take no id, and interrupt what runs: which is ours.
            for id in &running {
                self.tell("interrupt", &json!({ "prompt_id": id })).await;
            }
            if !running.is_empty() || !pending.is_empty() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn tell(&self, path: &str, body: &Value) {
        if let Ok(request) = self.request(Method::POST, path) {
            let told = self.server.ask(request.with_json(body), JSON_BYTES_MAX);
            told.await.ok();
        }
    }

    /// The files that a workflow made and a step takes, in the order of its nodes.
    fn files<'e>(&self, order: &'e Order, entry: &'e Value) -> Result<Vec<Found<'e>>, EngineError> {
        let mut found = Vec::new();
        for id in order.workflow.nodes().keys() {
            let is_taken = order.outputs.as_ref().map(|ids| ids.contains(id));
            let lists = entry["outputs"][id].as_object().into_iter().flatten();
            let files = lists.filter_map(|(_, list)| list.as_array()).flatten();
            for file in files.filter_map(Value::as_object) {
                let is_file = file.get("filename").is_some_and(Value::is_string);
                // What is only shown in the editor is `temp`.
                let is_saved = file.get("type").and_then(Value::as_str) == Some("output");
                if is_file && is_taken.unwrap_or(is_saved) {
                    found.push((id.as_str(), file));
                }
            }
        }
        match found.len() {
            0 => Err(EngineError::invalid(match &order.outputs {
                Some(ids) => format!(
                    "node {} made no file: name nodes that save some under `outputs:`",
                    ids.join(", ")
                ),
                None => "the workflow saved no file: give it a node that does, such as SaveImage"
                    .to_owned(),
            })),
            1..=FILES_MAX => Ok(found),
            more => Err(EngineError::limit(format!(
                "the workflow made {more} files: at most {FILES_MAX} are taken; name nodes under `outputs:`, or have it \
                 make fewer"
            ))),
        }
    }

    /// Brings one file back.
    async fn fetch(
        &self,
        node: &str,
        file: &Map<String, Value>,
        context: &TaskContext<'_>,
    ) -> Result<Value, EngineError> {
        let part = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut request = self.request(Method::GET, "view")?;
        request
            .url
            .query_pairs_mut()
            .append_pair("filename", part("filename"))
            .append_pair("subfolder", part("subfolder"))
            .append_pair("type", part("type"));
        let answer = self.server.ask(request, self.bytes_max).await?;
        if !answer.status.is_success() {
            return Err(self.unexpected(&answer));
        }
        let header = picture::header(&answer.bytes);
        let said = media_type(&answer);
        let media_type = match (&header, said.as_str()) {
            (Some(header), _) => header.media_type,
            (None, "application/octet-stream") => media_type_of(part("filename")),
            (None, said) => said,
        };
        let mut value = context.write(media_type, &answer.bytes)?.to_value();
        value["node"] = json!(node);
        if let Some(header) = header {
            value["width"] = json!(header.width);
            value["height"] = json!(header.height);
        }
        Ok(value)
    }

    fn request(&self, method: Method, path: &str) -> Result<Request, EngineError> {
        self.server.request(method, path)
    }

    async fn json(&self, request: Request) -> Result<Value, EngineError> {
        let answer = self.server.ask(request, JSON_BYTES_MAX).await?;
        self.read(&answer, false)
    }

    /// The JSON of an answer that went well, or also of one that did not.
    fn read(&self, answer: &Answer, is_refusal: bool) -> Result<Value, EngineError> {
        if !answer.status.is_success() && !is_refusal {
            return Err(self.unexpected(answer));
        }
        serde_json::from_slice(&answer.bytes).map_err(|_| self.foreign())
    }

    fn unexpected(&self, answer: &Answer) -> EngineError {
        self.server.unexpected(answer, "what its log says")
    }

    /// The answer of something that is no ComfyUI.
    fn foreign(&self) -> EngineError {
        EngineError::invalid(format!(
            "{} does not answer as ComfyUI does: look at `url` under [comfyui] in daedal.toml",
            self.server.url
        ))
    }
}
