//! What a memo promises.

use std::sync::Arc;

use super::{CALLERS, Opening, created, digest, done, entry, reopened, run};

pub(super) async fn the_first_memo_stands(place: impl Fn() -> Opening) {
    let studio = place().await;
    assert_eq!(studio.memo.get(Vec::new()).await, Ok(Vec::new()));
    assert_eq!(studio.memo.get(vec![digest(1)]).await, Ok(vec![None]));
    let both = vec![
        (digest(1), entry(1)),
        (digest(2), entry(2)),
        (digest(1), entry(3)),
    ];
    studio.memo.put(both).await.expect("puts");
    studio
        .memo
        .put(vec![(digest(2), entry(4)), (digest(3), entry(5))])
        .await
        .expect("puts");
    let studio = reopened(studio, &place).await;
    studio
        .memo
        .put(vec![(digest(3), entry(6))])
        .await
        .expect("puts");
    let keys = vec![digest(3), digest(9), digest(1), digest(2), digest(3)];
    let expected = [
        Some(entry(5)),
        None,
        Some(entry(1)),
        Some(entry(2)),
        Some(entry(5)),
    ];
    assert_eq!(studio.memo.get(keys).await, Ok(expected.to_vec()));

    let many: Vec<_> = (100..1500)
        .map(|number| (digest(number), entry(number)))
        .collect();
    let keys: Vec<_> = many.iter().rev().map(|(key, _)| *key).collect();
    let expected: Vec<_> = many
        .iter()
        .rev()
        .map(|(_, entry)| Some(entry.clone()))
        .collect();
    studio.memo.put(many).await.expect("puts");
    assert_eq!(
        studio.memo.get(keys).await,
        Ok(expected),
        "many at once, in the order asked"
    );
}

pub(super) async fn racing_memos_agree(place: impl Fn() -> Opening) {
    let studio = place().await;
    let racing = (0..u64::from(CALLERS)).map(|by| {
        let memo = Arc::clone(&studio.memo);
        tokio::spawn(async move {
            memo.put(vec![(digest(1), entry(by))]).await.expect("puts");
            memo.get(vec![digest(1)]).await.expect("answers")
        })
    });
    let mut seen = Vec::new();
    for call in racing.collect::<Vec<_>>() {
        seen.extend(call.await.expect("no panic"));
    }
    let winner = seen[0].clone();
    assert!(
        winner.is_some(),
        "what was put is there once the call returns"
    );
    assert!(
        seen.iter().all(|entry| *entry == winner),
        "callers saw different entries"
    );
    let studio = reopened(studio, &place).await;
    assert_eq!(studio.memo.get(vec![digest(1)]).await, Ok(vec![winner]));
}

pub(super) async fn a_warmed_memo_answers_the_same(place: impl Fn() -> Opening) {
    let studio = place().await;
    studio
        .memo
        .warm(run(9))
        .await
        .expect("an unknown run is no harm");
    studio
        .log
        .create(run(1), created(1))
        .await
        .expect("creates");
    let events = (0..300).map(|i| done("draft", i, u64::from(i))).collect();
    studio.log.append(run(1), events).await.expect("appends");
    let entries = (0..250).map(|number| (digest(number), entry(number)));
    studio.memo.put(entries.collect()).await.expect("puts");
    let studio = reopened(studio, &place).await;
    studio.memo.warm(run(1)).await.expect("warms");
    studio
        .memo
        .put(vec![(digest(0), entry(900)), (digest(260), entry(260))])
        .await
        .expect("puts");
    studio
        .memo
        .put(vec![(digest(1000), entry(1000))])
        .await
        .expect("puts");
    let expected = |number| (number < 250 || [260, 1000].contains(&number)).then(|| entry(number));
    for number in (0..300).chain([1000]) {
        let found = studio
            .memo
            .get(vec![digest(number)])
            .await
            .expect("answers");
        assert_eq!(found, [expected(number)], "entry {number}");
    }
}
