//! Several processes on one studio.

use super::*;
use crate::conformance::{created, done, run};

#[tokio::test]
async fn the_second_writer_is_told_who_is_first() {
    let place = Place::new();
    let first = Studio::open(place.path(), OpenMode::write("daedal run `tide`\n"))
        .await
        .unwrap();
    let error = refusal(&place, OpenMode::write("daedal demo")).await;
    assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
    let expected = format!(
        "another daedal (pid {}, `daedal run ?tide??`) is using this studio, {}; let it finish or \
         stop it, then run the same command again",
        std::process::id(),
        place.path().display()
    );
    assert_eq!(error.to_string(), expected);

    let wait = Duration::from_millis(50);
    let mode = OpenMode::Write {
        command: "daedal demo".to_owned(),
        wait,
    };
    let error = refusal(&place, mode).await;
    assert!(
        error.to_string().contains(" after waiting for 0.1 s; "),
        "{error}"
    );

    first.close().await.unwrap();
    place.open().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_comes_next() {
    let place = Place::new();
    let first = place.open().await;
    let path = place.path().to_owned();
    let wait = Duration::from_secs(60);
    let second = tokio::spawn(async move {
        let mode = OpenMode::Write {
            command: "second".to_owned(),
            wait,
        };
        Studio::open(&path, mode).await.map(drop)
    });
    first.log.create(run(1), created(1)).await.unwrap();
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.unwrap(), Ok(()), "dropping a studio frees it");
}

#[tokio::test]
async fn readers_see_what_a_writer_commits() {
    let place = Place::new();
    let writer = place.open().await;
    let reader = Studio::open(place.path(), OpenMode::Read).await.unwrap();
    assert_eq!(reader.log.runs().await, Ok(Vec::new()));
    writer.log.create(run(1), created(1)).await.unwrap();
    let blob = writer.blobs.write(b"sea").unwrap();
    assert_eq!(reader.log.read(run(1)).await, Ok(vec![created(1)]));
    assert_eq!(&*reader.blobs.read(&blob).unwrap(), b"sea");

    let refused = reader
        .log
        .append(run(1), vec![done("draft", 0, 0)])
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the studio was opened to look, not to change"
    );
    assert!(reader.blobs.write(b"land").is_err());
    assert_eq!(
        reader.blobs.write(b"sea").ok(),
        Some(blob),
        "what is there needs no writing"
    );
}

#[tokio::test]
async fn a_closed_studio_says_so() {
    let place = Place::new();
    let studio = place.open().await;
    studio.log.create(run(1), created(1)).await.unwrap();
    let clone = studio.clone();
    studio.close().await.unwrap();
    studio.close().await.unwrap();
    let refused = clone.log.append(run(1), Vec::new()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the studio is closed");
    assert_eq!(clone.log.read(run(1)).await, Err(refused));
    assert!(clone.blobs.write(b"sea").is_err());
    assert_eq!(std::fs::read_to_string(place.file("lock")).unwrap(), "");
}

#[tokio::test]
async fn a_call_that_nobody_awaits_any_more_is_whole_or_absent() {
    let place = Place::new();
    let studio = place.open().await;
    studio.log.create(run(1), created(1)).await.unwrap();
    for round in 0..50 {
        let events = (0..4).map(|i| done("draft", i, round)).collect();
        let call = studio.log.append(run(1), events);
        tokio::time::timeout(Duration::from_micros(round * 20), call)
            .await
            .ok();
    }
    studio.close().await.unwrap();
    let studio = place.open().await;
    let events = studio.log.read(run(1)).await.unwrap();
    assert!(
        events[1..]
            .chunks(4)
            .all(|batch| batch.len() == 4 && batch[3] != batch[0])
    );
    for batch in events[1..].chunks(4) {
        let indexes: Vec<_> = batch
            .iter()
            .map(|event| match event {
                daedal_core::run::Event::TaskDone { task, .. } => task.index,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(indexes, [0, 1, 2, 3]);
    }
}
