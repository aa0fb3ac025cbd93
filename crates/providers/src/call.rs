//! Waiting for others on a worker's thread.

use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::Duration;

use daedal_core::engine::EngineError;
use tokio::runtime::{Builder, Runtime};

use crate::time::Time;

/// How often a call looks whether it should stop.
const ROUND: Duration = Duration::from_millis(25);

/// Where calls wait for the network: a runtime that starts with the first of them.
#[derive(Default)]
pub(crate) struct Calls {
    runtime: OnceLock<Option<Runtime>>,
}

impl Calls {
    /// Waits for `work` as long as there is time. Work that is given up is dropped, and its connection with it.
    pub(crate) fn wait<T>(
        &self,
        time: &Time<'_>,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let start = || {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(1).thread_name("daedal-calls");
            builder.enable_all().build().ok()
        };
        let runtime = self.runtime.get_or_init(start).as_ref();
        let runtime = runtime.ok_or_else(|| {
            EngineError::transient("this machine has no room for a thread that waits for answers")
        })?;
        let stop = time.context.stop;
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(ROUND).await;
            }
        };
        runtime.block_on(async {
            tokio::select! {
                biased;
                done = work => done,
                () = stopped => Err(EngineError::Stopped),
                () = time.over() => Err(time.late()),
            }
        })
    }

    /// Waits for the end of something that was begun, even where the task has to stop: at most so many
    /// milliseconds, whatever comes of it.
    pub(crate) fn wind_up(&self, limit_ms: u64, work: impl Future<Output = ()>) {
        if let Some(runtime) = self.runtime.get().and_then(Option::as_ref) {
            runtime.block_on(async {
                tokio::time::timeout(Duration::from_millis(limit_ms), work)
                    .await
                    .ok();
            });
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        // May happen on a thread of another runtime, which must not wait.
        if let Some(runtime) = self.runtime.take().flatten() {
            runtime.shutdown_background();
        }
    }
}
