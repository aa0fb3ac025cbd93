//! What every adapter of [`crate::ports`] promises. Adapters of other crates run it against
//! themselves (feature `conformance`).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::Digest;
use daedal_core::engine::{EngineError, Limits, Outcome, Task, Usage};
use daedal_core::run::{RunId, TaskName, Timer};
use serde_json::json;
use tokio::time::timeout;

use crate::ports::{Job, JobResult, Lane, Queue, Report, Timers};

/// Longer than any adapter takes for a message.
const SOON: Duration = Duration::from_secs(5);
/// Long enough to see that nothing comes.
const NEVER: Duration = Duration::from_millis(30);

fn run(number: u8) -> RunId {
    RunId(Digest([number; 32]))
}

fn name(index: u32) -> TaskName {
    TaskName {
        step: "draft".into(),
        round: 0,
        index,
    }
}

fn job(of: RunId, index: u32) -> Job {
    Job {
        run: of,
        name: name(index),
        attempt: 1,
        key: daedal_core::Digest([1; 32]),
        task: Task {
            engine: "echo".into(),
            engine_version: "1".into(),
            params: json!({ "index": index }),
            seed: None,
            limits: Limits::default(),
            labels: Default::default(),
        },
        effect: false,
    }
}

fn done(job: &Job) -> Report {
    Report {
        run: job.run,
        name: job.name.clone(),
        attempt: job.attempt,
        key: job.key,
        result: JobResult::Done(Outcome::free(job.task.params.clone())),
        spent: Usage::default(),
    }
}

async fn soon<T>(what: impl Future<Output = Result<T, daedal_store::StoreError>>) -> T {
    match timeout(SOON, what).await {
        Ok(Ok(given)) => given,
        Ok(Err(error)) => panic!("{error}"),
        Err(_) => panic!("nothing came in {SOON:?}"),
    }
}

async fn assert_nothing<T>(what: impl Future<Output = T>) {
    assert!(timeout(NEVER, what).await.is_err(), "something came");
}

/// Checks both ends of a queue; `new` gives an empty one.
pub async fn check_queue<Q: Queue + Lane + 'static>(new: impl Fn() -> Arc<Q>) {
    jobs_reach_workers_once(&*new()).await;
    reports_reach_their_run(&*new()).await;
    workers_wait_for_jobs(new()).await;
    a_stop_reaches_its_run_alone(&*new()).await;
}

async fn jobs_reach_workers_once<Q: Queue + Lane>(queue: &Q) {
    for index in 0..3 {
        soon(queue.offer(job(run(1), index))).await;
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        let delivery = soon(queue.take()).await.expect("the lane is open");
        assert_eq!(delivery.job, job(run(1), delivery.job.name.index));
        seen.push(delivery.job.name.index);
    }
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2]);
    assert_nothing(queue.take()).await;
}

async fn reports_reach_their_run<Q: Queue + Lane>(queue: &Q) {
    let (one, two) = (job(run(1), 0), job(run(2), 0));
    assert_nothing(queue.reports(run(1))).await;
    soon(queue.report(done(&two))).await;
    assert_nothing(queue.reports(run(1))).await;
    soon(queue.report(done(&one))).await;
    assert_eq!(soon(queue.reports(run(1))).await, [done(&one)]);
    assert_eq!(soon(queue.reports(run(2))).await, [done(&two)]);
    assert_nothing(queue.reports(run(1))).await;
}

async fn workers_wait_for_jobs<Q: Queue + Lane + 'static>(queue: Arc<Q>) {
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let delivery = soon(queue.take()).await.expect("the lane is open");
                soon(queue.report(done(&delivery.job))).await;
            })
        })
        .collect();
    tokio::task::yield_now().await;
    for index in 0..4 {
        soon(queue.offer(job(run(1), index))).await;
    }
    let mut reports = Vec::new();
    while reports.len() < 4 {
        reports.extend(soon(queue.reports(run(1))).await);
    }
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    let expected: Vec<_> = (0..4).map(|index| done(&job(run(1), index))).collect();
    assert_eq!(reports, expected);
    for worker in workers {
        worker.await.expect("no worker panics");
    }
}

async fn a_stop_reaches_its_run_alone<Q: Queue + Lane>(queue: &Q) {
    soon(queue.offer(job(run(1), 0))).await;
    soon(queue.offer(job(run(2), 0))).await;
    let first = soon(queue.take()).await.expect("the lane is open");
    let second = soon(queue.take()).await.expect("the lane is open");
    let (stopped, other) = if first.job.run == run(1) {
        (first, second)
    } else {
        (second, first)
    };
    soon(queue.offer(job(run(1), 1))).await;
    soon(queue.stop(run(1))).await;
    assert!(timeout(SOON, stopped.halt.halted()).await.is_ok());
    assert_nothing(other.halt.halted()).await;
    // What no worker has taken is reported all the same.
    let reports = soon(queue.reports(run(1))).await;
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].name, name(1));
    assert_eq!(reports[0].result, JobResult::Failed(EngineError::Stopped));
    // A run that goes on after a stop is not stopped.
    soon(queue.offer(job(run(1), 2))).await;
    let delivery = soon(queue.take()).await.expect("the lane is open");
    assert_eq!(delivery.job.name, name(2));
    assert_nothing(delivery.halt.halted()).await;
}

fn timer(index: u32) -> Timer {
    Timer::Decision { task: name(index) }
}

/// Checks timers; `new` gives some without any timer started.
pub async fn check_timers<T: Timers + 'static>(new: impl Fn() -> Arc<T>) {
    let timers = new();
    let now = timers.now();
    assert_nothing(timers.due(run(1))).await;
    for (index, ms) in [(0, 60), (1, 0), (2, 3_600_000), (1, 0)] {
        soon(timers.start(run(1), timer(index), now.plus_ms(ms))).await;
    }
    soon(timers.start(run(2), timer(9), now)).await;
    assert_eq!(soon(timers.due(run(1))).await, [timer(1)]);
    assert_eq!(soon(timers.due(run(1))).await, [timer(0)]);
    assert!(timers.now() >= now.plus_ms(60));
    assert_nothing(timers.due(run(1))).await;

    // One that is started while another is waited for, and earlier.
    let waiting = {
        let timers = Arc::clone(&timers);
        tokio::spawn(async move { soon(timers.due(run(1))).await })
    };
    tokio::task::yield_now().await;
    soon(timers.start(run(1), timer(3), now)).await;
    assert_eq!(waiting.await.expect("no panic"), [timer(3)]);

    soon(timers.start(run(1), timer(4), now)).await;
    soon(timers.clear(run(1))).await;
    assert_nothing(timers.due(run(1))).await;
    assert_eq!(soon(timers.due(run(2))).await, [timer(9)]);
}
