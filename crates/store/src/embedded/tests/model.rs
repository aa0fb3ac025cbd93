//! The adapter beside the one in memory: whatever is asked, they answer alike.

use daedal_core::run::Finish;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::conformance::{created, digest, done, entry, finished, run};
use crate::ports::Document;

/// Something to ask; small numbers, so that they meet often.
#[derive(Debug, Clone)]
enum Call {
    Create(u64),
    Append(u64, u32, bool),
    Read(u64),
    Runs,
    PutMemo(Vec<(u64, u64)>),
    GetMemo(Vec<u64>),
    Warm(u64),
    PutDocuments(Vec<(u8, u8, u64)>),
    GetDocument(u8, u8),
    ListDocuments(u8),
    Next(u8),
    WriteBlob(u64),
    ReadBlob(u64),
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let (some, few) = (0_u64..12, 0_u8..3);
    prop_oneof![
        (0_u64..4).prop_map(Call::Create),
        (0_u64..4, 0_u32..30, any::<bool>())
            .prop_map(|(run, count, end)| { Call::Append(run, count, end) }),
        (0_u64..4).prop_map(Call::Read),
        Just(Call::Runs),
        prop::collection::vec((some.clone(), 0_u64..99), 0..6).prop_map(Call::PutMemo),
        prop::collection::vec(some.clone(), 0..6).prop_map(Call::GetMemo),
        (0_u64..4).prop_map(Call::Warm),
        prop::collection::vec((few.clone(), few.clone(), 0_u64..99), 0..6)
            .prop_map(Call::PutDocuments),
        (few.clone(), few.clone()).prop_map(|(kind, key)| Call::GetDocument(kind, key)),
        few.clone().prop_map(Call::ListDocuments),
        few.prop_map(Call::Next),
        some.clone().prop_map(Call::WriteBlob),
        some.prop_map(Call::ReadBlob),
        Just(Call::Reopen),
    ]
}

/// What a studio answers, as text that can be compared.
async fn answer(studio: &Studio, call: Call) -> String {
    let Studio {
        log,
        memo,
        records,
        blobs,
        ..
    } = studio;
    match call {
        Call::Create(number) => format!("{:?}", log.create(run(number), created(number)).await),
        Call::Append(number, count, end) => {
            let mut events: Vec<_> = (0..count).map(|i| done("draft", i, u64::from(i))).collect();
            if end {
                events.insert(events.len() / 2, finished(Finish::Succeeded));
                events.push(finished(Finish::Cancelled));
            }
            format!("{:?}", log.append(run(number), events).await)
        }
        Call::Read(number) => format!("{:?}", log.read(run(number)).await),
        Call::Runs => format!("{:?}", log.runs().await),
        Call::PutMemo(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, by)| (digest(key), entry(by)));
            format!("{:?}", memo.put(entries.collect()).await)
        }
        Call::GetMemo(keys) => {
            format!(
                "{:?}",
                memo.get(keys.into_iter().map(digest).collect()).await
            )
        }
        Call::Warm(number) => format!("{:?}", memo.warm(run(number)).await),
        Call::PutDocuments(documents) => {
            let documents = documents.into_iter().map(|(kind, key, value)| {
                Document::of(
                    kind.to_string(),
                    key.to_string(),
                    &json!({ "value": value }),
                )
            });
            format!("{:?}", records.put(documents.collect()).await)
        }
        Call::GetDocument(kind, key) => {
            format!(
                "{:?}",
                records.get(&kind.to_string(), &key.to_string()).await
            )
        }
        Call::ListDocuments(kind) => format!("{:?}", records.list(&kind.to_string()).await),
        Call::Next(sequence) => format!("{:?}", records.next(&sequence.to_string()).await),
        Call::WriteBlob(number) => format!("{:?}", blobs.write(&number.to_be_bytes())),
        Call::ReadBlob(number) => format!("{:?}", blobs.read(&digest(number))),
        Call::Reopen => String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_as_memory_does(calls in prop::collection::vec(call(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let model = Studio::in_memory();
            let place = Place::new();
            let mut studio = place.open().await;
            for call in calls {
                if let Call::Reopen = call {
                    studio.close().await.unwrap();
                    studio = place.open().await;
                }
                let expected = answer(&model, call.clone()).await;
                prop_assert_eq!(answer(&studio, call.clone()).await, expected, "{:?}", call);
            }
            Ok(())
        })?;
    }
}
