//! What JSON-RPC answers, and what it says when it doesn't.

use super::*;

#[tokio::test]
async fn what_is_not_acceptable_is_refused_in_geths_words_and_changes_nothing() {
    let bench = Bench::new();
    let rpc = Rpc::new(bench.open().unwrap());
    let cases = [
        (
            bench.transfer(3, SOMEBODY, 1),
            "nonce too high: next nonce 0, tx nonce 3",
        ),
        (
            bench.sign(0, TxKind::Call(SOMEBODY), ETHER + U256::ONE, &Bytes::new()),
            "insufficient funds for gas * price + value",
        ),
        (
            bench.sign_with(|t| t.chain_id = 1),
            "invalid chain id for signer: have 1 want",
        ),
        (
            bench.sign_with(|t| t.gas_limit = 20_000),
            "intrinsic gas too low: gas 20000, minimum needed",
        ),
        (
            bench.sign_with(|t| t.gas_limit = 1 << 25),
            "greater than the cap",
        ),
        (bytes!("02f8"), "can't decode the transaction"),
    ];
    for (raw, expected) in cases {
        let error = ask(&rpc, "eth_sendRawTransaction", json!([raw]))
            .await
            .unwrap_err();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
        assert_eq!(error["code"], -32000);
    }
    assert_eq!(
        ask(&rpc, "eth_blockNumber", json!([])).await.unwrap(),
        "0x0"
    );
    let first = bench.transfer(0, SOMEBODY, 1);
    ask(&rpc, "eth_sendRawTransaction", json!([first]))
        .await
        .unwrap();
    let other = bench.transfer(0, SOMEBODY, 2);
    let error = ask(&rpc, "eth_sendRawTransaction", json!([other]))
        .await
        .unwrap_err();
    assert_eq!(error["message"], "nonce too low: next nonce 1, tx nonce 0");
}

#[tokio::test]
async fn filters_tell_what_is_new_once() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    let rpc = Rpc::new(chain.clone());
    let blocks = ask(&rpc, "eth_newBlockFilter", json!([])).await.unwrap();
    let logs = ask(&rpc, "eth_newFilter", json!([{}])).await.unwrap();
    chain
        .send(&bench.sign(0, TxKind::Create, U256::ZERO, &keeper()))
        .await
        .unwrap();
    let contract = bench.signer.address().create(0);
    let word: Bytes = format!("0x{:064x}", 3).parse().unwrap();
    chain
        .send(&bench.sign(1, TxKind::Call(contract), U256::ZERO, &word))
        .await
        .unwrap();
    let count = async |id: &Value| {
        let changes = ask(&rpc, "eth_getFilterChanges", json!([id]))
            .await
            .unwrap();
        changes.as_array().unwrap().len()
    };
    assert_eq!((count(&blocks).await, count(&logs).await), (2, 1));
    assert_eq!((count(&blocks).await, count(&logs).await), (0, 0));
    assert_eq!(
        ask(&rpc, "eth_uninstallFilter", json!([logs]))
            .await
            .unwrap(),
        true
    );
    assert!(
        ask(&rpc, "eth_getFilterChanges", json!([logs]))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_wallet_may_ask_about_a_block_of_a_moment_ago_but_not_of_long_ago() {
    let bench = Bench::new();
    let chain = bench.open().unwrap();
    for nonce in 0..100 {
        chain
            .send(&bench.transfer(nonce, SOMEBODY, 1))
            .await
            .unwrap();
    }
    let rpc = Rpc::new(chain);
    let at = async |block: &str| ask(&rpc, "eth_getBalance", json!([SOMEBODY, block])).await;
    assert_eq!(at("latest").await.unwrap(), "0x64");
    assert_eq!(at("0x60").await.unwrap(), "0x60");
    let error = at("0x2").await.unwrap_err();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("not of block 2"),
        "{error}"
    );
    assert!(at("0x65").await.is_err());
}

#[tokio::test]
async fn what_is_not_there_says_why() {
    let bench = Bench::new();
    let rpc = Rpc::new(bench.open().unwrap());
    for (method, params, code, words) in [
        (
            "eth_getProof",
            json!([SOMEBODY, [], "latest"]),
            -32004,
            "not a trie",
        ),
        ("eth_sendTransaction", json!([{}]), -32004, "holds no keys"),
        ("eth_subscribe", json!(["newHeads"]), -32004, "poll"),
        (
            "eth_call",
            json!([{ "to": SOMEBODY }, "latest", { "0x01": {} }]),
            -32004,
            "overrides",
        ),
        ("debug_everything", json!([]), -32601, "does not exist"),
        (
            "eth_getBalance",
            json!([]),
            -32602,
            "missing value for argument 0 (address)",
        ),
        (
            "eth_getBalance",
            json!(["0x12"]),
            -32602,
            "argument 0 (address)",
        ),
        (
            "eth_getBalance",
            json!({ "address": 1 }),
            -32602,
            "expected a list",
        ),
    ] {
        let error = ask(&rpc, method, params).await.unwrap_err();
        assert_eq!(error["code"], code, "{method}: {error}");
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{method}: {error}"
        );
    }
}

#[tokio::test]
async fn batches_notifications_and_nonsense_are_answered_as_json_rpc_says() {
    let bench = Bench::new();
    let rpc = Rpc::new(bench.open().unwrap());
    let text =
        async |request: &str| String::from_utf8(rpc.answer(request.as_bytes()).await).unwrap();
    let one = r#"{"jsonrpc":"2.0","id":"a","method":"net_version"}"#;
    let id = bench.genesis().chain_id;
    let answer = format!(r#"{{"jsonrpc":"2.0","id":"a","result":"{id}"}}"#);
    assert_eq!(text(one).await, answer);
    let silent = r#"{"jsonrpc":"2.0","method":"net_version"}"#;
    assert_eq!(text(silent).await, "");
    assert_eq!(
        text(&format!("[{one},{silent},{one}]")).await,
        format!("[{answer},{answer}]")
    );
    assert_eq!(text(&format!("[{silent}]")).await, "");
    assert!(text("{").await.contains("-32700"));
    assert!(text("[]").await.contains("-32600"));
    assert!(
        text("[1]")
            .await
            .starts_with(r#"[{"jsonrpc":"2.0","id":null,"error":{"code":-32600"#)
    );
    assert!(text(r#"{"id":1}"#).await.contains("-32600"));
}
