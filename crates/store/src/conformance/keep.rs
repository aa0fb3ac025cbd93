//! What records and blobs promise.

use std::collections::BTreeSet;
use std::sync::Arc;

use daedal_core::Digest;
use daedal_core::blob::BlobError;
use daedal_core::engine::Outcome;
use daedal_core::run::Moment;
use serde_json::{Value, json};

use super::{CALLERS, Opening, digest, reopened, run};
use crate::ports::{Document, MemoEntry};

fn document(kind: &str, key: &str, value: Value) -> Document {
    Document::of(kind, key, &value)
}

pub(super) async fn documents_are_replaced_and_listed(place: impl Fn() -> Opening) {
    let studio = place().await;
    let keys = ["", "a", "a'b", "b\"\u{0}c", "z%_", "é", "🌊"];
    let kept = keys.map(|key| document("release", key, json!({ "key": key })));
    studio
        .records
        .put(kept.iter().rev().cloned().collect())
        .await
        .expect("puts");
    let other = document("releases", "a", json!("another kind"));
    let twice = [json!(1), json!(null)].map(|value| document("release", "a", value));
    studio
        .records
        .put([&twice[..], &[other]].concat())
        .await
        .expect("puts");
    let studio = reopened(studio, &place).await;
    assert_eq!(
        studio.records.get("release", "a").await,
        Ok(Some(Value::Null)),
        "the last stands"
    );
    assert_eq!(
        studio.records.get("releases", "a").await,
        Ok(Some(json!("another kind")))
    );
    assert_eq!(studio.records.get("release", "A").await, Ok(None));
    assert_eq!(studio.records.get("bundle", "a").await, Ok(None));
    let listed = studio.records.list("release").await.expect("lists");
    let expected = keys.map(|key| {
        let value = if key == "a" {
            Value::Null
        } else {
            json!({ "key": key })
        };
        (key.to_owned(), value)
    });
    assert_eq!(listed, expected, "by key, in order of their bytes");
    assert_eq!(studio.records.list("bundle").await, Ok(Vec::new()));
}

pub(super) async fn numbers_are_given_once(place: impl Fn() -> Opening) {
    let studio = place().await;
    let racing = (0..CALLERS).map(|_| {
        let records = Arc::clone(&studio.records);
        tokio::spawn(async move { records.next("run").await.expect("a number") })
    });
    let mut given = BTreeSet::new();
    for call in racing.collect::<Vec<_>>() {
        assert!(
            given.insert(call.await.expect("no panic")),
            "a number was given twice"
        );
    }
    let count = u64::from(CALLERS);
    assert_eq!(
        given.into_iter().collect::<Vec<_>>(),
        (1..=count).collect::<Vec<_>>()
    );
    assert_eq!(
        studio.records.next("release").await,
        Ok(1),
        "sequences do not mix"
    );
    let studio = reopened(studio, &place).await;
    assert_eq!(
        studio.records.next("run").await,
        Ok(count + 1),
        "after reopening"
    );
}

pub(super) async fn blobs_are_named_by_their_bytes(place: impl Fn() -> Opening) {
    let studio = place().await;
    let missing = studio.blobs.read(&digest(1));
    assert!(
        matches!(missing, Err(BlobError::Missing { .. })),
        "{missing:?}"
    );
    let large: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    for bytes in [&b""[..], b"sea", &large] {
        let racing: Vec<_> = (0..4)
            .map(|_| {
                let (blobs, bytes) = (Arc::clone(&studio.blobs), bytes.to_vec());
                std::thread::spawn(move || blobs.write(&bytes))
            })
            .collect();
        for call in racing {
            let digest = call.join().expect("no panic").expect("writes");
            assert_eq!(digest, Digest::of(bytes));
            assert_eq!(studio.blobs.read(&digest).expect("reads").as_ref(), bytes);
        }
    }
    let studio = reopened(studio, &place).await;
    let kept = studio.blobs.read(&Digest::of(&large)).expect("reads");
    assert_eq!(kept.as_ref(), large, "after reopening");
}

pub(super) async fn values_come_back_exactly(place: impl Fn() -> Opening) {
    let studio = place().await;
    // Fractions whose shortest form a careless parser misreads by one unit in the last place.
    let mut fractions = vec![json!(0.1), json!(1e-7), json!(5e-324), json!(f64::MAX)];
    let mut bits = 1_u64;
    for _ in 0..2000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        fractions.push(json!((bits >> 11) as f64 / (1_u64 << 53) as f64));
    }
    let value = json!({
        "z": u64::MAX, "a": i64::MIN, "m": "line\nbreak \u{2028} \u{0} \"quoted\" 🌊",
        "fractions": fractions, "empty": [{}, [], ""],
    });
    let outcome = Outcome::free(value.clone());
    let entry = MemoEntry {
        outcome,
        run: run(1),
        at: Moment(u64::MAX >> 1),
    };
    studio
        .memo
        .put(vec![(digest(1), entry.clone())])
        .await
        .expect("puts");
    studio
        .records
        .put(vec![document("any", "one", value.clone())])
        .await
        .expect("puts");
    let studio = reopened(studio, &place).await;
    assert_eq!(
        studio.memo.get(vec![digest(1)]).await,
        Ok(vec![Some(entry)])
    );
    let kept = studio
        .records
        .get("any", "one")
        .await
        .expect("reads")
        .expect("is there");
    assert_eq!(
        kept.to_string(),
        value.to_string(),
        "the order of keys stays too"
    );
}
