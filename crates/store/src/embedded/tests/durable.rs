//! What stands between a record and the loss of power.

use daedal_core::blob::BlobWrite;

use super::*;
use crate::conformance::{created, run};
use crate::ports::Log;

#[tokio::test]
async fn every_commit_is_flushed() {
    let place = Place::new();
    place.open().await.close().await.unwrap();
    let database = Database::at(&place.file("")).unwrap();
    let mut connection = database.connect(Access::Write).await.unwrap();
    let pragmas = "select (select journal_mode from pragma_journal_mode), \
                   (select synchronous from pragma_synchronous)";
    let (mode, synchronous): (String, i64) = sqlx::query_as(pragmas)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    // 2 is FULL: in WAL mode the log is flushed before a commit returns.
    assert_eq!((mode.as_str(), synchronous), ("wal", 2));
}

#[tokio::test]
async fn blobs_are_settled_before_a_record_can_name_them() {
    let place = Place::new();
    let embedded = Embedded::open(&place.file(""), OpenMode::write("a test"))
        .await
        .unwrap();
    embedded.blobs.write(b"sea").unwrap();
    assert!(!embedded.blobs.is_settled());
    embedded.blobs.write(b"sea").unwrap();
    embedded.create(run(1), created(1)).await.unwrap();
    assert!(embedded.blobs.is_settled());
    embedded.blobs.write(b"sea").unwrap();
    assert!(embedded.blobs.is_settled(), "what is settled stays so");
    embedded.blobs.write(b"land").unwrap();
    embedded.put_away().await.unwrap();
    assert!(embedded.blobs.is_settled(), "closing settles the rest");
}

#[tokio::test]
async fn what_an_abandoned_studio_left_unsettled_is_settled() {
    let place = Place::new();
    let studio = place.open().await;
    studio.blobs.write(b"sea").unwrap();
    studio.close().await.unwrap();
    for (note, is_settled) in [("", true), ("pid 7, `daedal run`", false)] {
        std::fs::write(place.file("lock"), note).unwrap();
        std::fs::write(place.file("blobs/.partial/half"), "half").unwrap();
        let embedded = Embedded::open(&place.file(""), OpenMode::write("a test"))
            .await
            .unwrap();
        assert_eq!(embedded.blobs.is_settled(), is_settled, "{note}");
        assert!(!place.file("blobs/.partial/half").exists());
        embedded.put_away().await.unwrap();
    }
}

#[test]
fn directories_that_can_not_be_flushed_stay_unsettled() {
    let place = Place::new();
    let blobs = Blobs::to_change(&place.file(""), false).unwrap();
    let digests: Vec<_> = (0..40_u8).map(|i| blobs.write(&[i]).unwrap()).collect();
    let name = digests[7].to_string();
    let (shard, aside) = (place.file("blobs").join(&name[..2]), place.file("aside"));
    std::fs::rename(&shard, &aside).unwrap();
    let error = blobs.settle().unwrap_err().to_string();
    assert!(
        error.contains("could not flush") && error.contains(&name[..2]),
        "{error}"
    );
    assert!(!blobs.is_settled());
    std::fs::rename(&aside, &shard).unwrap();
    blobs.settle().unwrap();
    assert!(blobs.is_settled());
}
