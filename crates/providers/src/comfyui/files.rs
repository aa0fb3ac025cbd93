//! Files that go to a server, and those that it made.

use daedal_core::asset::{extension_of, media_type_of};
use daedal_core::engine::{EngineError, TaskContext};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::order::Order;
use super::visit::Visit;
use crate::http::media_type;
use crate::picture;
use crate::server::Parts;

/// Largest file that is sent, in bytes.
const SENT_BYTES_MAX: u64 = 256 << 20;
/// Files that one workflow may make.
const FILES_MAX: usize = 256;

/// A file that a server made: the node that did, and what its history tells of it.
type Found<'e> = (&'e str, &'e Map<String, Value>);

impl Visit<'_> {
    /// Sends the files that an order needs, and has it name them as the server does.
    pub(super) async fn send(
        &self,
        order: &mut Order,
        context: &TaskContext<'_>,
    ) -> Result<(), EngineError> {
        for (asset, places) in order.files.clone().into_values() {
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
        Ok(())
    }

    /// Brings back what an order made that ended well.
    pub(super) async fn collect(
        &self,
        order: &Order,
        entry: &Value,
        context: &TaskContext<'_>,
    ) -> Result<Vec<Value>, EngineError> {
        let mut made = Vec::new();
        for (node, file) in found(order, entry)? {
            made.push(self.fetch(node, file, context).await?);
        }
        Ok(made)
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
            header.tell(&mut value);
        }
        Ok(value)
    }
}

/// The files that a workflow made and a step takes, in the order of its nodes.
fn found<'e>(order: &'e Order, entry: &'e Value) -> Result<Vec<Found<'e>>, EngineError> {
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
            None => {
                "the workflow saved no file: give it a node that does, such as SaveImage".to_owned()
            }
        })),
        1..=FILES_MAX => Ok(found),
        more => Err(EngineError::limit(format!(
            "the workflow made {more} files: at most {FILES_MAX} are taken; name nodes under `outputs:`, or have it make \
             fewer"
        ))),
    }
}
