//! How orders stand at a server: what its queue and its history have of them, and taking them back.

use daedal_core::engine::{EngineError, TaskContext};
use reqwest::Method;
use serde_json::{Value, json};

use super::order::Order;
use super::trouble;
use super::visit::{JSON_BYTES_MAX, PAUSE, Visit};

/// Entries of a server's history that are looked through.
const HISTORY_MAX: u32 = 200;

impl Visit<'_> {
    /// What the history tells of an order; nothing before it is over.
    pub(super) async fn history(&self, id: &str) -> Result<Option<Value>, EngineError> {
        let request = self.request(Method::GET, &format!("history/{id}"))?;
        let mut entries = self.json(request).await?;
        Ok(entries.get_mut(id).map(Value::take))
    }

    /// What came of the same order where that is over, and its files are still there: a run that was killed did not see
    /// its end.
    pub(super) async fn left_over(
        &self,
        order: &Order,
        context: &TaskContext<'_>,
    ) -> Option<Vec<Value>> {
        let path = format!("history?max_items={HISTORY_MAX}");
        let request = self.request(Method::GET, &path).ok()?;
        // Without it, the order is given: that costs no more than time.
        let history = self.json(request).await.ok()?;
        let own = history.as_object()?.values();
        let own =
            own.filter(|entry| entry["prompt"][3]["client_id"].as_str() == Some(&self.client));
        let last = own.max_by_key(|entry| entry["prompt"][0].as_i64())?;
        let from = self.server.url.as_str();
        match trouble::failure(&order.workflow, from, last) {
            Some(_) => None,
            None => self.collect(order, last, context).await.ok(),
        }
    }

    /// Names of this client's orders in the server's queue: what runs, and what waits.
    pub(super) async fn own(&self) -> Result<(Vec<String>, Vec<String>), EngineError> {
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
    pub(crate) async fn call_off(&self) {
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
            tokio::time::sleep(PAUSE * 10).await;
        }
    }

    async fn tell(&self, path: &str, body: &Value) {
        if let Ok(request) = self.request(Method::POST, path) {
            let told = self.server.ask(request.with_json(body), JSON_BYTES_MAX);
            told.await.ok();
        }
    }
}
