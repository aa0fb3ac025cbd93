//! Carrying a run on in this process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::engine::Engines;
use daedal_core::plan::Plan;
use daedal_core::run::RunId;
use daedal_core::{Digest, UsdMicros};
use daedal_exec::local::{LocalQueue, LocalTimers};
use daedal_exec::{ExecError, Executor, Options, Ports, RunReport, RunStatus, Stop, Workers};
use daedal_store::Studio;

use super::{Begun, Rulings, interrupt, made};
use crate::failure::Failure;
use crate::home::Home;
use crate::progress::{self, Show};
use crate::release;
use crate::ui::Ui;

/// How often the wish of another process to cancel the run is looked for.
const WISH_POLL: Duration = Duration::from_millis(500);

/// The coordinator and the workers of this process.
pub(crate) struct Carrier<'a> {
    studio: &'a Studio,
    executor: Executor,
    queue: Arc<LocalQueue>,
    engines: Engines,
    jobs: usize,
    rate: UsdMicros,
    _workers: Workers,
}

impl<'a> Carrier<'a> {
    /// Starts `jobs` workers, an hour of each of which costs `rate`. Needs a runtime.
    pub(crate) fn start(
        studio: &'a Studio,
        engines: Engines,
        jobs: usize,
        rate: UsdMicros,
    ) -> Self {
        let queue = Arc::new(LocalQueue::default());
        let lane: Arc<dyn daedal_exec::ports::Lane> = Arc::clone(&queue) as _;
        let workers = Workers::start(&lane, &engines, &studio.blobs, jobs, rate);
        let executor = Executor::new(Ports {
            log: Arc::clone(&studio.log),
            memo: Arc::clone(&studio.memo),
            blobs: Arc::clone(&studio.blobs) as _,
            queue: Arc::clone(&queue) as _,
            timers: Arc::new(LocalTimers::default()),
            engines: engines.clone(),
        });
        Self {
            studio,
            executor,
            queue,
            engines,
            jobs,
            rate,
            _workers: workers,
        }
    }

    /// The coordinator itself.
    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Says what becomes of calls of a run that were interrupted.
    pub(crate) async fn rule(
        &self,
        plan: &Plan,
        run: RunId,
        rulings: &Rulings,
    ) -> Result<(), Failure> {
        let failed = |error: ExecError| Failure::new(error.to_string());
        let options = Options {
            rate: self.rate,
            ..Options::default()
        };
        // They may not have been found yet.
        let state = self.executor.find_lost(plan, run, &options).await;
        let ruled = rulings.of(&state.map_err(failed)?, run)?;
        self.executor.rule(plan, run, &ruled).await.map_err(failed)
    }

    /// Carries a run on to its end, or until only a person can bring it further. Ctrl-C and
    /// SIGTERM stop it cleanly; a second one at once.
    pub(crate) async fn carry(
        &self,
        home: &Home,
        plan: &Plan,
        begun: Begun,
        show: Show,
        ui: Ui,
    ) -> Result<RunReport, Failure> {
        let stop = Stop::default();
        interrupt::listen(&stop, ui);
        let made = made::made(self.studio, &self.engines, &begun).await?;
        let how = (&stop, show, made);
        let carried = self.execute(home, plan, begun, how, ui).await;
        // What follows has no half-way: from here on the first Ctrl-C ends the command at once.
        stop.request();
        self.close(home, plan, carried?).await
    }

    /// The same for one run of many: `stop` stops it, and goes on to be listened to.
    pub(crate) async fn carry_within(
        &self,
        home: &Home,
        plan: &Plan,
        begun: Begun,
        (stop, show): (&Stop, Show),
        ui: Ui,
    ) -> Result<RunReport, Failure> {
        // Whoever cancels the run does not end the others.
        let own = Stop::default();
        let (all, one) = (stop.clone(), own.clone());
        let passed_on = tokio::spawn(async move {
            all.requested().await;
            one.request();
        });
        // It is another work than the one before.
        let how = (&own, show, BTreeMap::new());
        let carried = self.execute(home, plan, begun, how, ui).await;
        passed_on.abort();
        self.close(home, plan, carried?).await
    }

    async fn execute(
        &self,
        home: &Home,
        plan: &Plan,
        begun: Begun,
        (stop, show, made): (&Stop, Show, BTreeMap<Digest, RunId>),
        ui: Ui,
    ) -> Result<RunReport, Failure> {
        let warm = begun.warm();
        let spec = begun.spec;
        let run = spec.id();
        let wish = tokio::spawn(cancel_on_wish(home.root.clone(), run, stop.clone()));
        let progress = progress::start(show, ui);
        let options = Options {
            jobs: self.jobs,
            rate: self.rate,
            tool: Some(release::tool()),
            made,
            warm,
            stop: stop.clone(),
            progress: Some(progress.sink()),
        };
        let following = progress
            .listener()
            .map(|listener| self.queue.follow(run, listener));
        let carried = self.executor.run(plan, spec, &options).await;
        drop(following);
        wish.abort();
        progress.finish();
        carried.map_err(|error| Failure::new(error.to_string()))
    }

    async fn close(
        &self,
        home: &Home,
        plan: &Plan,
        report: RunReport,
    ) -> Result<RunReport, Failure> {
        if !matches!(report.status, RunStatus::Waiting | RunStatus::Interrupted) {
            Studio::forget_to_cancel(&home.root, report.run);
        }
        release::close(self.studio, &self.engines, plan, &report).await?;
        Ok(report)
    }
}

/// Cancels the run when another process asks for that: see [`Studio::ask_to_cancel`].
async fn cancel_on_wish(root: PathBuf, run: RunId, stop: Stop) {
    while !Studio::is_asked_to_cancel(&root, run) {
        tokio::time::sleep(WISH_POLL).await;
    }
    stop.cancel();
}
