//! What every adapter promises, as one suite that each of them passes.
//!
//! An adapter's test calls [`check`] with a function that makes a new empty place; a place is a
//! function that opens it, again and again. The checks panic where a promise is broken.

use std::future::Future;
use std::pin::Pin;

use daedal_core::engine::Outcome;
use daedal_core::run::{Event, Finish, Moment, RunId, RunSpec, TaskName};
use daedal_core::{Digest, Seed};
use serde_json::json;

use crate::Studio;
use crate::ports::MemoEntry;

mod keep;
mod log;
mod memo;

/// A studio that is being opened.
pub type Opening = Pin<Box<dyn Future<Output = Studio> + Send>>;

/// How many callers race each other.
const CALLERS: u32 = 24;

/// Checks every promise, each in a place of its own.
///
/// Wants a runtime with several threads, so that calls do race.
pub async fn check<F, P>(fresh: F)
where
    F: Fn() -> P,
    P: Fn() -> Opening,
{
    log::logs_keep_order(fresh()).await;
    log::a_run_is_created_once(fresh()).await;
    log::runs_are_listed_newest_first(fresh()).await;
    log::a_run_that_is_edited_is_not_over(fresh()).await;
    log::racing_batches_stay_whole(fresh()).await;
    memo::the_first_memo_stands(fresh()).await;
    memo::racing_memos_agree(fresh()).await;
    memo::a_warmed_memo_answers_the_same(fresh()).await;
    keep::documents_are_replaced_and_listed(fresh()).await;
    keep::numbers_are_given_once(fresh()).await;
    keep::blobs_are_named_by_their_bytes(fresh()).await;
    keep::values_come_back_exactly(fresh()).await;
}

/// A run's name made from a small number.
#[must_use]
pub fn run(number: u64) -> RunId {
    RunId(digest(number))
}

/// A digest made from a small number.
#[must_use]
pub fn digest(number: u64) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// The first event of a run.
#[must_use]
pub fn created(number: u64) -> Event {
    let spec = RunSpec {
        process: "tide".to_owned(),
        bundle: digest(0),
        inputs: json!({ "sea": "north" }),
        parameters: json!({}),
        seed: Seed(digest(1)),
        nonce: number,
        fresh: false,
        earlier: Vec::new(),
        governed: None,
        intents: Vec::new(),
        private: Vec::new(),
    };
    let at = Moment(number);
    Event::Created { spec, at }
}

/// A task that is done: the `index`th of the step called `step`, under a key made from `key`.
#[must_use]
pub fn done(step: &str, index: u32, key: u64) -> Event {
    let task = TaskName {
        step: step.into(),
        round: 0,
        index,
    };
    let outcome = Outcome::free(json!({ "step": step, "index": index }));
    Event::TaskDone {
        task,
        key: digest(key),
        outcome,
        reused_from: None,
        at: Moment(7),
    }
}

/// The last event of a run.
#[must_use]
pub fn finished(status: Finish) -> Event {
    Event::Finished {
        status,
        at: Moment(9),
    }
}

/// An entry of the memo that says who put it.
#[must_use]
pub fn entry(by: u64) -> MemoEntry {
    MemoEntry {
        outcome: Outcome::free(json!({ "by": by })),
        run: run(by),
        at: Moment(by),
    }
}

/// Closes a studio and comes back to its place.
async fn reopened(studio: Studio, place: &impl Fn() -> Opening) -> Studio {
    studio.close().await.expect("closes");
    drop(studio);
    place().await
}
