//! What an adapter hands out.

use std::sync::Arc;

use daedal_core::blob::BlobWrite;

use crate::StoreError;
use crate::ports::{Keeper, Log, Memo, Records};

/// A studio's memory, whichever adapter keeps it. Clones share it.
#[derive(Clone)]
pub struct Studio {
    /// The runs and their events.
    pub log: Arc<dyn Log>,
    /// Outcomes of tasks.
    pub memo: Arc<dyn Memo>,
    /// Small documents.
    pub records: Arc<dyn Records>,
    /// Bytes.
    pub blobs: Arc<dyn BlobWrite>,
    keeper: Arc<dyn Keeper>,
}

impl Studio {
    /// Gathers what one adapter implements.
    #[must_use]
    pub fn of<A>(adapter: Arc<A>) -> Self
    where
        A: Log + Memo + Records + BlobWrite + Keeper + 'static,
    {
        Self {
            log: Arc::clone(&adapter) as _,
            memo: Arc::clone(&adapter) as _,
            records: Arc::clone(&adapter) as _,
            blobs: Arc::clone(&adapter) as _,
            keeper: adapter,
        }
    }

    /// Ends what is under way and puts everything away, for all clones. What was acknowledged is
    /// safe without it; the next opening is faster with it.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.keeper.close().await
    }
}
