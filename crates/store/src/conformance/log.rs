//! What a log promises.

use std::sync::Arc;

use daedal_core::run::{Event, Finish, Moment};
use serde_json::json;

use super::{CALLERS, Opening, created, done, finished, reopened, run};
use crate::{StoreError, Studio};

pub(super) async fn logs_keep_order(place: impl Fn() -> Opening) {
    let studio = place().await;
    assert_eq!(
        studio.log.read(run(1)).await,
        Ok(Vec::new()),
        "an unknown run is empty"
    );
    let refused = studio.log.append(run(1), vec![done("draft", 0, 0)]).await;
    assert!(
        matches!(refused, Err(StoreError::Missing { .. })),
        "{refused:?}"
    );
    assert_eq!(
        studio.log.read(run(1)).await,
        Ok(Vec::new()),
        "a refused append leaves nothing"
    );

    let mut expected = vec![created(1)];
    assert_eq!(studio.log.create(run(1), created(1)).await, Ok(true));
    assert_eq!(studio.log.create(run(2), created(2)).await, Ok(true));
    // Sizes around the powers of two, where an adapter that works in chunks could slip.
    for (batch, size) in [0, 1, 2, 3, 17, 255, 256, 257, 1].into_iter().enumerate() {
        let events: Vec<_> = (0..size).map(|i| done("draft", i, batch as u64)).collect();
        expected.extend(events.iter().cloned());
        studio.log.append(run(1), events).await.expect("appends");
    }
    assert_eq!(studio.log.read(run(1)).await, Ok(expected.clone()));
    assert_eq!(
        studio.log.read(run(2)).await,
        Ok(vec![created(2)]),
        "runs do not mix"
    );

    let studio = reopened(studio, &place).await;
    assert_eq!(
        studio.log.read(run(1)).await,
        Ok(expected.clone()),
        "after reopening"
    );
    studio
        .log
        .append(run(1), vec![finished(Finish::Cancelled)])
        .await
        .expect("appends");
    expected.push(finished(Finish::Cancelled));
    assert_eq!(
        studio.log.read(run(1)).await,
        Ok(expected),
        "appended after reopening"
    );
}

pub(super) async fn a_run_is_created_once(place: impl Fn() -> Opening) {
    let studio = place().await;
    let racing = (0..CALLERS).map(|_| {
        let log = Arc::clone(&studio.log);
        tokio::spawn(async move { log.create(run(1), created(1)).await })
    });
    let mut first = 0;
    for call in racing.collect::<Vec<_>>() {
        first += u32::from(call.await.expect("no panic").expect("answers"));
    }
    assert_eq!(first, 1, "of racing creations one is first");
    assert_eq!(studio.log.create(run(1), created(2)).await, Ok(false));
    let studio = reopened(studio, &place).await;
    assert_eq!(studio.log.create(run(1), created(3)).await, Ok(false));
    assert_eq!(studio.log.read(run(1)).await, Ok(vec![created(1)]));
}

pub(super) async fn runs_are_listed_newest_first(place: impl Fn() -> Opening) {
    let studio = place().await;
    assert_eq!(studio.log.runs().await, Ok(Vec::new()));
    for number in 1..=3 {
        studio
            .log
            .create(run(number), created(number))
            .await
            .expect("creates");
    }
    let over = vec![
        done("draft", 0, 0),
        finished(Finish::Succeeded),
        finished(Finish::Cancelled),
    ];
    studio.log.append(run(2), over).await.expect("appends");
    studio
        .log
        .append(run(2), vec![finished(Finish::Cancelled)])
        .await
        .expect("appends");
    assert_listed(&studio).await;
    assert_listed(&reopened(studio, &place).await).await;
}

async fn assert_listed(studio: &Studio) {
    let runs = studio.log.runs().await.expect("lists");
    let names: Vec<_> = runs.iter().map(|summary| summary.run).collect();
    assert_eq!(names, [run(3), run(2), run(1)]);
    assert_eq!(runs[0].created, created(3));
    assert_eq!((runs[0].finished.clone(), runs[0].events), (None, 1));
    let first = Some(finished(Finish::Succeeded));
    assert_eq!((runs[1].finished.clone(), runs[1].events), (first, 5));
    assert_eq!(studio.log.recent(9).await, Ok(runs.clone()));
    let unfinished: Vec<_> = [&runs[0], &runs[2]].map(Clone::clone).into();
    assert_eq!(studio.log.recent(0).await, Ok(unfinished));
    assert_eq!(studio.log.recent(1).await, Ok(runs));
}

pub(super) async fn a_run_that_is_edited_is_not_over(place: impl Fn() -> Opening) {
    let mut studio = place().await;
    let ended = |studio: &Studio| {
        let log = Arc::clone(&studio.log);
        async move { log.runs().await.expect("lists")[0].finished.clone() }
    };
    studio
        .log
        .create(run(1), created(1))
        .await
        .expect("creates");
    let edit = Event::Edited {
        task: match done("draft", 0, 0) {
            Event::TaskDone { task, .. } => task,
            other => panic!("{other:?}"),
        },
        value: json!("by hand"),
        intent: json!({}),
        at: Moment(9),
    };
    let (first, last) = (finished(Finish::Succeeded), finished(Finish::Cancelled));
    for (event, expected) in [
        (first.clone(), Some(first)),
        (edit, None),
        (last.clone(), Some(last)),
    ] {
        studio
            .log
            .append(run(1), vec![event])
            .await
            .expect("appends");
        assert_eq!(ended(&studio).await, expected);
        studio = reopened(studio, &place).await;
        assert_eq!(ended(&studio).await, expected);
    }
}

pub(super) async fn racing_batches_stay_whole(place: impl Fn() -> Opening) {
    const BATCHES: u32 = 8;
    const SIZE: u32 = 5;
    let studio = place().await;
    studio
        .log
        .create(run(1), created(1))
        .await
        .expect("creates");
    let racing = (0..CALLERS).map(|caller| {
        let log = Arc::clone(&studio.log);
        tokio::spawn(async move {
            let step = format!("step{caller}");
            for batch in 0..BATCHES {
                let events = (0..SIZE)
                    .map(|i| done(&step, batch * SIZE + i, 0))
                    .collect();
                log.append(run(1), events).await.expect("appends");
            }
        })
    });
    for call in racing.collect::<Vec<_>>() {
        call.await.expect("no panic");
    }
    let studio = reopened(studio, &place).await;
    let events = studio.log.read(run(1)).await.expect("reads");
    assert_eq!(events.len() as u32, 1 + CALLERS * BATCHES * SIZE);
    let mut next = vec![0; CALLERS as usize];
    for batch in events[1..].chunks(SIZE as usize) {
        for event in batch {
            let Event::TaskDone { task, .. } = event else {
                panic!("another event: {event:?}")
            };
            let caller: usize = task.step[4..].parse().expect("a number");
            assert_eq!(task.index, next[caller], "a batch is torn or out of order");
            assert_eq!(event, &done(&format!("step{caller}"), next[caller], 0));
            next[caller] += 1;
        }
        assert!(
            next.iter().all(|count| count % SIZE == 0),
            "a batch is torn"
        );
    }
}
