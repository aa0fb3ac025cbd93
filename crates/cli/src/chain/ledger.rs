//! Signed transactions among the studio's records, written down before they are sent.

use std::sync::Arc;

use daedal_chain::outbox::{Entry, Ledger, LedgerError, Reply, Stage};
use daedal_store::Studio;
use daedal_store::ports::{Document, Records};
use serde_json::Value;

pub(super) const KIND: &str = "transaction";

/// The records of a studio as a ledger.
pub(super) struct InRecords(Arc<dyn Records>);

impl InRecords {
    pub(super) fn of(studio: &Studio) -> Arc<Self> {
        Arc::new(Self(Arc::clone(&studio.records)))
    }
}

impl Ledger for InRecords {
    fn put(&self, entry: Entry) -> Reply<'_, ()> {
        Box::pin(async move {
            let document = Document::of(KIND, entry.key.clone(), &entry);
            let kept = self.0.put(vec![document]).await;
            kept.map_err(LedgerError::new)
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> Reply<'a, Option<Entry>> {
        Box::pin(async move {
            let found = self.0.get(KIND, key).await.map_err(LedgerError::new)?;
            // What was put aside is of a chain that is gone.
            let found = found.filter(|value| !value.is_null());
            found.map(read).transpose()
        })
    }

    fn unsettled(&self) -> Reply<'_, Vec<Entry>> {
        Box::pin(async move {
            let all = self.0.list(KIND).await.map_err(LedgerError::new)?;
            let mut found = Vec::new();
            for value in all.into_iter().map(|(_, value)| value) {
                if value.is_null() {
                    continue;
                }
                let entry = read(value)?;
                if entry.stage == Stage::Signed {
                    found.push(entry);
                }
            }
            Ok(found)
        })
    }
}

fn read(value: Value) -> Result<Entry, LedgerError> {
    serde_json::from_value(value).map_err(LedgerError::new)
}
