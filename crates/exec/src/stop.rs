//! How a run that goes on is stopped (Ctrl-C), or cancelled from outside.

use std::sync::Arc;

use tokio::sync::watch;

/// Asks for a clean end: what was recorded stands, and the run can be resumed unless it is cancelled.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<Wish>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    None,
    Stop,
    Cancel,
}

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Wish::None)))
    }
}

impl Stop {
    /// Asks every run that holds this handle to stop.
    pub fn request(&self) {
        self.wish(Wish::Stop);
    }

    /// Asks every run that holds this handle to end for good.
    pub fn cancel(&self) {
        self.wish(Wish::Cancel);
    }

    fn wish(&self, wish: Wish) {
        self.0.send_if_modified(|known| {
            let is_more = wish > *known;
            *known = wish.max(*known);
            is_more
        });
    }

    /// Whether either was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() != Wish::None
    }

    /// Whether the run is to end for good.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow() == Wish::Cancel
    }

    /// Waits until either is asked for.
    pub async fn requested(&self) {
        let mut asked = self.0.subscribe();
        // The sender lives as long as `self`, so that this ends only when it was asked for.
        let _ = asked.wait_for(|asked| *asked != Wish::None).await;
    }
}
