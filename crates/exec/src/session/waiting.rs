//! Waiting for something to happen, and the end of a session.

use std::future::poll_fn;
use std::task::Poll;

use daedal_core::run::Timer;

use super::Session;
use crate::ExecError;
use crate::ports::Report;

/// Why a session goes on after having waited.
pub(super) enum Wake {
    Reports(Vec<Report>),
    Timers(Vec<Timer>),
    Stop,
}

impl Session<'_> {
    /// Waits for something to happen, and goes on writing meanwhile.
    pub(super) async fn wake(&mut self) -> Result<Wake, ExecError> {
        let (ports, run) = (self.ports, self.run);
        poll_fn(|context| {
            if let Poll::Ready(Err(error)) = self.journal.poll(context) {
                return Poll::Ready(Err(error.into()));
            }
            if let Some(stop) = &mut self.stop
                && stop.as_mut().poll(context).is_ready()
            {
                self.stop = None;
                return Poll::Ready(Ok(Wake::Stop));
            }
            let reports = self.reports.get_or_insert_with(|| ports.queue.reports(run));
            if let Poll::Ready(reports) = reports.as_mut().poll(context) {
                self.reports = None;
                return Poll::Ready(Ok(Wake::Reports(reports?)));
            }
            let timers = self.timers.get_or_insert_with(|| ports.timers.due(run));
            if let Poll::Ready(timers) = timers.as_mut().poll(context) {
                self.timers = None;
                return Poll::Ready(Ok(Wake::Timers(timers?)));
            }
            Poll::Pending
        })
        .await
    }

    /// Waits for what comes next, and takes note of it.
    pub(super) async fn take_next(&mut self) -> Result<(), ExecError> {
        match self.wake().await? {
            Wake::Reports(reports) => {
                for report in reports {
                    self.conclude(report).await?;
                }
            }
            Wake::Timers(timers) => {
                for timer in timers {
                    self.fire(timer);
                }
            }
            Wake::Stop => {}
        }
        Ok(())
    }

    /// Stops what is under way, keeps what comes of it all the same, and makes everything durable.
    pub(super) async fn wind_up(&mut self) -> Result<(), ExecError> {
        self.desk.clear_waiting();
        if self.desk.under_way() > 0 {
            self.ports.queue.stop(self.run).await?;
            while self.desk.under_way() > 0 {
                if let Wake::Reports(reports) = self.wake().await? {
                    for report in reports {
                        self.conclude(report).await?;
                    }
                }
            }
        }
        self.ports.timers.clear(self.run).await?;
        Ok(self.journal.flush().await?)
    }
}
