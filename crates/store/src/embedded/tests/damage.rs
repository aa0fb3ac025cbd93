//! Files that are not what they were.

use std::fs;

use daedal_core::Digest;
use daedal_core::blob::BlobError;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use super::*;
use crate::conformance::{created, done, run};
use crate::ports::Document;

/// Replaces a file that may be read-only.
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn blob_file(place: &Place, digest: &Digest) -> std::path::PathBuf {
    let name = digest.to_string();
    place.file("blobs").join(&name[..2]).join(&name[2..])
}

/// A studio with a run of many events and a blob, put away.
async fn used() -> Place {
    let place = Place::new();
    let studio = place.open().await;
    studio.blobs.write(b"sea").unwrap();
    studio.log.create(run(1), created(1)).await.unwrap();
    let events = (0..3000).map(|i| done("draft", i, u64::from(i))).collect();
    studio.log.append(run(1), events).await.unwrap();
    studio.close().await.unwrap();
    place
}

async fn execute(place: &Place, sql: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", place.file("studio.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_damaged_blob_is_refused_and_mended_by_its_bytes() {
    let place = Place::new();
    let studio = place.open().await;
    let digest = studio.blobs.write(b"the sea").unwrap();
    let file = blob_file(&place, &digest);
    for damaged in [&b"the sad"[..], b"the", b"", b"the sea and more"] {
        overwrite(&file, damaged);
        match studio.blobs.read(&digest) {
            Err(BlobError::Corrupted {
                digest: named,
                found,
                aside,
            }) => {
                assert_eq!((named, found), (digest, Digest::of(damaged)));
                assert_eq!(fs::read(aside.unwrap()).unwrap(), damaged);
            }
            other => panic!("{other:?}"),
        }
        let asked_again = studio.blobs.read(&digest).unwrap_err().to_string();
        assert!(asked_again.contains(".damaged/"), "{asked_again}");
        assert_eq!(studio.blobs.write(b"the sea").unwrap(), digest);
        assert_eq!(&*studio.blobs.read(&digest).unwrap(), b"the sea");
    }
    assert!(fs::metadata(&file).unwrap().permissions().readonly());
}

#[test]
fn blobs_beyond_the_limit_are_neither_kept_nor_read() {
    let place = Place::new();
    let blobs = Blobs::to_change(&place.file(""), false)
        .unwrap()
        .with_size_max(8);
    use daedal_core::blob::{BlobRead, BlobWrite};
    let digest = blobs.write(b"12345678").unwrap();
    let refused = blobs.write(b"123456789").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "9 bytes are more than the limit of 8 bytes"
    );
    overwrite(&blob_file(&place, &digest), b"123456789");
    assert!(matches!(
        blobs.read(&digest),
        Err(BlobError::TooLarge {
            size: 9,
            size_max: 8
        })
    ));
}

#[tokio::test]
async fn a_database_of_garbage_is_said_to_be_damaged() {
    let place = used().await;
    let garbage: Vec<u8> = (0..9000_u32).map(|i| (i * i % 251) as u8).collect();
    fs::write(place.file("studio.db"), garbage).unwrap();
    for mode in [OpenMode::Read, OpenMode::write("a test")] {
        let error = refusal(&place, mode).await;
        assert!(matches!(error, StoreError::Corrupted { .. }), "{error:?}");
        let path = place.file("").display().to_string();
        let message = error.to_string().replace(&path, "studio/.daedal/");
        assert_eq!(
            message,
            "studio/.daedal/studio.db is damaged: file is not a database. The assets in \
             studio/.daedal/blobs are separate files and not affected. Restore studio.db from a \
             backup, or try `sqlite3 studio.db .recover`; or move studio.db and its -wal, -shm and \
             -mark files away to begin with an empty record"
        );
    }
    assert!(
        fs::metadata(place.file("studio.db")).unwrap().len() == 9000,
        "it was overwritten"
    );
}

#[tokio::test]
async fn a_truncated_database_is_said_to_be_damaged() {
    for left in [0, 100, 5000, 40_000] {
        let place = used().await;
        let bytes = fs::read(place.file("studio.db")).unwrap();
        assert!(bytes.len() > 100_000);
        fs::write(place.file("studio.db"), &bytes[..left]).unwrap();
        let error = match place.try_open().await {
            Err(error) => error,
            Ok(studio) => studio.log.read(run(1)).await.unwrap_err(),
        };
        assert!(
            matches!(error, StoreError::Corrupted { .. }),
            "{left} bytes left: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_emptied_database_is_not_taken_for_a_new_one() {
    let place = Place::new();
    let studio = place.open().await;
    studio.log.create(run(1), created(1)).await.unwrap();
    let log = fs::read(place.file("studio.db-wal")).unwrap();
    assert!(!log.is_empty());
    studio.close().await.unwrap();
    fs::write(place.file("studio.db-wal"), &log).unwrap();
    fs::write(place.file("studio.db"), "").unwrap();
    let error = refusal(&place, OpenMode::write("a test")).await;
    assert!(
        error.to_string().contains("is damaged: it is empty"),
        "{error}"
    );
    assert_eq!(
        fs::read(place.file("studio.db-wal")).unwrap(),
        log,
        "the log was taken away"
    );
}

#[tokio::test]
async fn changes_that_the_log_has_lost_are_missed() {
    // As a process leaves it that is killed: the last changes are in the log.
    let left = Place::new();
    let studio = left.open().await;
    studio.log.create(run(1), created(1)).await.unwrap();
    for n in 2..6 {
        studio.log.create(run(n), created(n)).await.unwrap();
    }
    let files = ["studio.db", "studio.db-wal", "studio.db-mark"];
    let kept = files.map(|name| fs::read(left.file(name)).unwrap());
    studio.close().await.unwrap();
    let opened = |damage: fn(&mut Vec<u8>)| {
        let place = Place::new();
        for (name, bytes) in files.iter().zip(&kept) {
            let mut bytes = bytes.clone();
            if *name == "studio.db-wal" {
                damage(&mut bytes);
            }
            fs::write(place.file(name), bytes).unwrap();
        }
        place
    };
    let whole = opened(|_| {}).open().await;
    assert_eq!(whole.log.runs().await.unwrap().len(), 5);
    let damages: [fn(&mut Vec<u8>); 4] = [
        |log| log.clear(),
        |log| log.truncate(log.len() - 1),
        |log| {
            let last = log.len() - 9;
            log[last] ^= 1;
        },
        |log| log[40] ^= 1,
    ];
    for damage in damages {
        let place = opened(damage);
        let log = fs::read(place.file("studio.db-wal")).unwrap();
        for mode in [OpenMode::Read, OpenMode::write("a test")] {
            let error = refusal(&place, mode).await;
            assert!(matches!(error, StoreError::Corrupted { .. }), "{error:?}");
            let told = error.to_string();
            assert!(
                told.contains("of 5 changes: its log, studio.db-wal, was damaged"),
                "{told}"
            );
        }
        // What is left of the log is left to whoever can make something of it.
        assert_eq!(fs::read(place.file("studio.db-wal")).unwrap(), log);
        fs::remove_file(place.file("studio.db-mark")).unwrap();
        let rest = place.open().await;
        assert!(rest.log.runs().await.unwrap().len() < 5);
        rest.close().await.unwrap();
    }
    let place = used().await;
    fs::remove_file(place.file("studio.db")).unwrap();
    for mode in [OpenMode::Read, OpenMode::write("a test")] {
        let error = refusal(&place, mode).await;
        assert!(error.to_string().contains("lacks the last"), "{error}");
    }
}

#[tokio::test]
async fn whoever_comes_to_an_end_leaves_nothing_in_the_log() {
    let place = used().await;
    let log = place.file("studio.db-wal");
    let left = || fs::metadata(&log).map_or(0, |found| found.len());
    assert_eq!(left(), 0);
    fs::remove_file(&log).ok();
    let studio = place.open().await;
    assert_eq!(studio.log.read(run(1)).await.unwrap().len(), 3001);
    // Nobody waits for those who only look.
    let reading = Studio::open(place.path(), OpenMode::Read).await.unwrap();
    studio.log.create(run(2), created(2)).await.unwrap();
    assert!(left() > 0);
    studio.close().await.unwrap();
    assert_eq!(left(), 0);
    assert_eq!(reading.log.runs().await.unwrap().len(), 2);
    reading.close().await.unwrap();
    assert_eq!(place.open().await.log.runs().await.unwrap().len(), 2);
}

#[tokio::test]
async fn following_the_advice_begins_an_empty_record_with_the_same_blobs() {
    let place = used().await;
    let aside = place.path().join("aside");
    fs::create_dir(&aside).unwrap();
    for end in ["", "-wal", "-shm", "-mark"] {
        let name = format!("studio.db{end}");
        // Where there is nothing to merge there may be no log.
        if place.file(&name).exists() {
            fs::rename(place.file(&name), aside.join(&name)).unwrap();
        }
    }
    let studio = place.open().await;
    assert_eq!(studio.log.runs().await, Ok(Vec::new()));
    assert_eq!(&*studio.blobs.read(&Digest::of(b"sea")).unwrap(), b"sea");
}

#[tokio::test]
async fn a_record_that_can_not_be_read_is_said_to_be_damaged() {
    let place = used().await;
    execute(
        &place,
        "update events set event = '{\"event\":' where seq = 7",
    )
    .await;
    let error = place.open().await.log.read(run(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupted { .. }), "{error:?}");
    assert!(
        error.to_string().contains("a record can't be read (EOF"),
        "{error}"
    );
}

#[tokio::test]
async fn other_databases_are_left_alone() {
    let place = Place::new();
    execute(&place, "create table guests (name text)").await;
    let error = refusal(&place, OpenMode::write("a test")).await;
    assert!(matches!(error, StoreError::Version { .. }), "{error:?}");
    assert!(
        error.to_string().contains("not one that this daedal made"),
        "{error}"
    );

    let place = used().await;
    execute(&place, "pragma user_version = 99").await;
    for mode in [OpenMode::Read, OpenMode::write("a test")] {
        let error = refusal(&place, mode).await;
        assert!(matches!(error, StoreError::Version { .. }), "{error:?}");
        assert!(
            error
                .to_string()
                .contains("(format 99; this one knows 2); update"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_no_studio_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!Studio::exists(folder.path()));
    let open = |path: std::path::PathBuf| async move {
        match Studio::open(&path, OpenMode::Read).await {
            Ok(_) => panic!("{} opened", path.display()),
            Err(error) => error,
        }
    };
    let error = open(folder.path().to_owned()).await;
    assert!(matches!(error, StoreError::Missing { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("is not a studio: it has no folder `.daedal`"),
        "{error}"
    );
    let error = open(folder.path().join("nowhere")).await;
    assert!(error.to_string().contains("there is no folder"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = open(folder.path().join("file")).await;
    assert!(error.to_string().contains("could not open"), "{error}");

    let place = Place::new();
    assert!(Studio::exists(place.path()));
    let error = refusal(&place, OpenMode::Read).await;
    assert!(error.to_string().contains("nothing has run in"), "{error}");
    assert!(!place.file("studio.db").exists(), "looking made a file");
}

#[tokio::test]
async fn documents_of_a_studio_of_version_1_are_kept_and_get_an_index() {
    let place = Place::new();
    let document = |key: &str| Document::of("record", key, &json!({ "of": key }));
    let studio = place.open().await;
    let known = vec![document("a"), document("b")];
    studio.records.put(known).await.unwrap();
    studio.close().await.unwrap();
    execute(
        &place,
        "alter table documents rename to moved; \
         create table documents (kind text not null, key text not null, value text not null, \
         primary key (kind, key)) without rowid; \
         insert into documents select * from moved; drop table moved; pragma user_version = 1",
    )
    .await;
    for mode in [OpenMode::Read, OpenMode::write("a test")] {
        let studio = Studio::open(place.path(), mode).await.unwrap();
        let found = studio.records.list("record").await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], ("b".to_owned(), json!({ "of": "b" })));
        studio.close().await.unwrap();
    }
    let studio = place.open().await;
    studio.records.put(vec![document("c")]).await.unwrap();
    let found = studio.records.get("record", "c").await.unwrap();
    assert_eq!(found, Some(json!({ "of": "c" })));
    studio.close().await.unwrap();
    let url = format!("sqlite://{}", place.file("studio.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let sql = "select sql from sqlite_schema where name = 'documents'";
    let table: String = sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(!table.contains("without rowid"), "{table}");
    let version: i64 = sqlx::query_scalar("pragma user_version")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(version, 2);
    connection.close().await.unwrap();
}
