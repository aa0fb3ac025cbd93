//! The clock of a served chain, which only `daedal time` moves.

use daedal_chain::client::{Client, Remote};
use daedal_studio::Options;
use serde_json::{Value, json};

use crate::support::{Served, start};

const KEY: &str = "0123456789abcdef";
const AN_HOUR: u64 = 3_600;

async fn with_key() -> Served {
    let clock_key = Some(KEY.to_owned());
    start(Options {
        clock_key,
        ..Options::default()
    })
    .await
}

/// What a batch of all that moves the clock is answered, asked with these headers.
async fn moved(served: &Served, headers: &[&str]) -> Vec<Value> {
    let calls = [
        ("evm_increaseTime", json!([AN_HOUR])),
        ("evm_setNextBlockTimestamp", json!([4_000_000_000_u64])),
        ("evm_mine", json!([])),
    ];
    let calls = calls.map(
        |(method, params)| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }),
    );
    let asked = Value::from(calls.to_vec()).to_string();
    let answer = served.post(headers, &asked).await.json();
    answer.as_array().unwrap().clone()
}

#[tokio::test]
async fn nobody_moves_the_clock_without_its_key() {
    let own = Options::default();
    for served in [with_key().await, start(own).await] {
        let host = served.host();
        let page = format!("Origin: http://{host}");
        let json = "Content-Type: application/json";
        let key = format!("X-Daedal-Clock: {KEY}");
        let wrong = "X-Daedal-Clock: 0123456789abcdeF";
        let short = "X-Daedal-Clock: 0123";
        let mut strangers: Vec<Vec<&str>> = vec![
            vec![],
            vec![wrong],
            vec![short],
            vec!["X-Daedal-Clock:"],
            vec![&key, &key],
            vec![&page, json],
        ];
        // A page that has got hold of the key stays a page.
        strangers.push(vec![&page, json, &key]);
        strangers.push(vec!["Sec-Fetch-Site: same-origin", json, &key]);
        for headers in strangers {
            let offset = served.chain.offset();
            for answer in moved(&served, &headers).await {
                let message = answer["error"]["message"].as_str().unwrap_or_default();
                assert!(message.contains("daedal time"), "{headers:?}: {answer}");
            }
            assert_eq!(served.chain.offset(), offset);
            assert_eq!(served.chain.view().number(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_the_key_moves_the_clock() {
    let served = with_key().await;
    let remote = Remote {
        clock_key: Some(KEY.to_owned()),
        ..Remote::at(served.server.url())
    };
    let client = Client::connect(&remote).await.unwrap();
    let _: Value = client
        .request("evm_increaseTime", (AN_HOUR,))
        .await
        .unwrap();
    assert_eq!(served.chain.offset(), 3_600);
}
