//! How long a call may take: the time of its task, which stands still while it waits for its turn.

use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, Instant};

use daedal_core::engine::{EngineError, TaskContext};

/// A wait that takes longer is told to whoever looks.
const TOLD: Duration = Duration::from_secs(1);
/// How often somebody who waits for a turn looks at the time.
const ROUND: Duration = Duration::from_millis(50);

/// What is left of a task's time.
pub(crate) struct Time<'t> {
    pub(crate) context: &'t TaskContext<'t>,
    end: Cell<Instant>,
    is_resting: Cell<bool>,
    /// Says what did not come in time.
    late: &'t dyn Fn() -> String,
}

impl<'t> Time<'t> {
    /// So many milliseconds from now on; `late` says what did not come within them.
    pub(crate) fn new(
        context: &'t TaskContext<'t>,
        limit_ms: u64,
        late: &'t dyn Fn() -> String,
    ) -> Self {
        // Whoever may take longer than a year may take a year.
        let limit = Duration::from_millis(limit_ms).min(Duration::from_secs(366 * 86_400));
        Self {
            context,
            end: Cell::new(Instant::now() + limit),
            is_resting: Cell::default(),
            late,
        }
    }

    pub(crate) fn left(&self) -> Duration {
        self.end.get().saturating_duration_since(Instant::now())
    }

    /// What a call is that did not come in time.
    pub(crate) fn late(&self) -> EngineError {
        EngineError::limit((self.late)())
    }

    /// Waits for something that does not count, and tells it as `what` where it takes long.
    pub(crate) async fn aside<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let _rest = Rest::begin(self);
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(TOLD, work.as_mut()).await {
            return done;
        }
        self.context.tell(what);
        work.await
    }

    /// Waits until it is over.
    pub(crate) async fn over(&self) {
        loop {
            let left = self.left();
            match self.is_resting.get() {
                false if left.is_zero() => return,
                false => tokio::time::sleep(left).await,
                true => tokio::time::sleep(left.max(ROUND)).await,
            }
        }
    }
}

/// The time stands still.
struct Rest<'r, 't> {
    time: &'r Time<'t>,
    from: Instant,
}

impl<'r, 't> Rest<'r, 't> {
    fn begin(time: &'r Time<'t>) -> Self {
        time.context.rest(true);
        time.is_resting.set(true);
        Self {
            time,
            from: Instant::now(),
        }
    }
}

impl Drop for Rest<'_, '_> {
    fn drop(&mut self) {
        let end = &self.time.end;
        end.set(end.get() + self.from.elapsed());
        self.time.is_resting.set(false);
        self.time.context.rest(false);
    }
}
