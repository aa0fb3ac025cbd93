//! How a person stops a run that goes on (Ctrl-C).

use std::sync::Arc;

use tokio::sync::watch;

/// Asks for a clean end: what was recorded stands, and the run can be resumed.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks every run that holds this handle to stop.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether that was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked for.
    pub async fn requested(&self) {
        let mut asked = self.0.subscribe();
        // The sender lives as long as `self`, so that this ends only when it was asked for.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}
