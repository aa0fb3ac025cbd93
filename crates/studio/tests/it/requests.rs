//! What is answered to whom is welcome.

use daedal_chain::rpc::Rpc;
use daedal_studio::{Options, ServeError, serve, wallet_network};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::support::{ANY, CHAIN_ID, open, reply, start};

#[tokio::test]
async fn a_request_is_answered_with_the_same_id() {
    let served = start(Options::default()).await;
    let reply = served
        .post(&["Content-Type: application/json"], CHAIN_ID)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let id = format!("{:#x}", served.chain.chain_id());
    assert_eq!(
        reply.json(),
        json!({"jsonrpc": "2.0", "id": 1, "result": id})
    );
}

#[tokio::test]
async fn a_tool_needs_no_content_type() {
    let served = start(Options::default()).await;
    let curl = "Content-Type: application/x-www-form-urlencoded";
    for headers in [&[][..], &[curl][..]] {
        assert_eq!(served.post(headers, CHAIN_ID).await.status, 200);
    }
}

#[tokio::test]
async fn what_wallets_ask_first_is_answered() {
    let served = start(Options::default()).await;
    for (method, params, expected) in [
        (
            "net_version",
            json!([]),
            json!(served.chain.chain_id().to_string()),
        ),
        ("eth_blockNumber", json!([]), json!("0x0")),
        ("eth_accounts", json!([]), json!([])),
        ("eth_gasPrice", json!([]), json!("0x0")),
    ] {
        let asked = json!({"jsonrpc": "2.0", "id": "a", "method": method, "params": params});
        let answer = served.post(&[], &asked.to_string()).await.json();
        assert_eq!(answer["result"], expected, "{method}");
        assert_eq!(answer["id"], "a");
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let served = start(Options::default()).await;
    let batch = r#"[{"jsonrpc":"2.0","id":7,"method":"eth_blockNumber"},
        {"jsonrpc":"2.0","method":"eth_blockNumber"},
        {"jsonrpc":"2.0","id":8,"method":"eth_nonsense"}]"#;
    let answer = served.post(&[], batch).await.json();
    assert_eq!(answer.as_array().unwrap().len(), 2);
    assert_eq!(
        answer[0],
        json!({"jsonrpc": "2.0", "id": 7, "result": "0x0"})
    );
    assert_eq!(
        (&answer[1]["id"], &answer[1]["error"]["code"]),
        (&json!(8), &json!(-32601))
    );
}

#[tokio::test]
async fn a_notification_gets_no_content() {
    let served = start(Options::default()).await;
    let reply = served
        .post(&[], r#"{"jsonrpc":"2.0","method":"eth_blockNumber"}"#)
        .await;
    assert_eq!((reply.status, reply.body.as_str()), (204, ""));
}

#[tokio::test]
async fn bad_json_is_a_parse_error() {
    let served = start(Options::default()).await;
    for bad in ["", "{", "[1,", "{\"id\":1,}", "\u{0}"] {
        let reply = served.post(&[], bad).await;
        assert_eq!(reply.status, 200);
        let answer: Value = reply.json();
        assert_eq!(answer["error"]["code"], -32700, "{bad:?}: {answer}");
        assert_eq!(answer["id"], Value::Null);
    }
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_with_both_sizes() {
    let options = Options {
        body_bytes_max: 1000,
        ..Options::default()
    };
    let served = start(options).await;
    let fits = format!("{CHAIN_ID}{}", " ".repeat(1000 - CHAIN_ID.len()));
    assert_eq!(served.post(&[], &fits).await.status, 200);
    // Much more than what lies in the buffers of a socket: the answer arrives all the same.
    for size in [1001, 20_000_000] {
        let reply = served.post(&[], &"x".repeat(size)).await;
        assert_eq!(reply.status, 413);
        let expected = format!("{size} bytes; at most 1000 are taken at once: split the batch\n");
        assert_eq!(reply.body, expected);
    }
    // Without a length given in advance.
    let mut stream = TcpStream::connect(served.server.address()).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n";
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let text = format!("{head}Connection: close\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let reply = reply(stream).await;
    assert_eq!(reply.status, 413, "{reply:?}");
    assert!(
        reply.body.starts_with("2000 bytes; at most 1000"),
        "{reply:?}"
    );
}

#[tokio::test]
async fn the_page_says_how_to_add_the_network() {
    let options = Options {
        network_name: "Loom \"notes\"".to_owned(),
        ..Options::default()
    };
    let served = start(options).await;
    let host = format!("Host: localhost:{}", served.server.address().port());
    let reply = served.raw("GET / HTTP/1.1", &[&host], "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let id = served.chain.chain_id();
    // As the visitor knows it.
    let url = format!("http://localhost:{}", served.server.address().port());
    assert!(
        reply.body.contains(&format!("{id} ({id:#x})")),
        "{}",
        reply.body
    );
    assert!(
        reply.body.contains(&format!("RPC URL        {url}\n")),
        "{}",
        reply.body
    );
    let start = reply.body.find("params: [").unwrap() + "params: [".len();
    let end = reply.body.find("] })").unwrap();
    let network: Value = serde_json::from_str(&reply.body[start..end]).unwrap();
    assert_eq!(network, wallet_network("Loom \"notes\"", id, &url));
    assert_eq!(network["chainId"], format!("{id:#x}"));
    assert_eq!(network["rpcUrls"], json!([url]));
}

#[tokio::test]
async fn other_places_and_methods_are_refused_in_words() {
    let served = start(Options::default()).await;
    for (line, status) in [
        ("GET /rpc HTTP/1.1", 404),
        ("PUT / HTTP/1.1", 405),
        ("OPTIONS / HTTP/1.1", 405),
    ] {
        let reply = served.raw(line, &["Host: localhost"], "").await;
        assert_eq!(reply.status, status, "{line}");
        assert!(!reply.body.is_empty(), "{line}");
    }
}

#[tokio::test]
async fn other_machines_are_let_in_only_if_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let rpc = Rpc::new(open(folder.path()));
    let all = "0.0.0.0:0".parse().unwrap();
    let stop = CancellationToken::new();
    let refused = serve(rpc.clone(), all, Options::default(), stop.clone()).await;
    assert!(matches!(refused, Err(ServeError::NotLoopback { address }) if address == all));
    let options = Options {
        beyond_loopback: true,
        ..Options::default()
    };
    let server = serve(rpc, all, options, stop).await.unwrap();
    let port = server.address().port();
    assert_eq!(server.url(), format!("http://127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_port_in_use_and_wrong_options_are_told() {
    let served = start(Options::default()).await;
    let again = |options: Options, address| {
        let rpc = Rpc::new(served.chain.clone());
        serve(rpc, address, options, CancellationToken::new())
    };
    let taken = again(Options::default(), served.server.address()).await;
    let message = taken.unwrap_err().to_string();
    assert!(
        message.starts_with(&format!("can't listen on {}", served.host())),
        "{message}"
    );
    let wrong = Options {
        origins: vec!["*".to_owned()],
        ..Options::default()
    };
    assert!(matches!(again(wrong, ANY).await, Err(ServeError::Origin { text }) if text == "*"));
    let wrong = Options {
        hosts: vec!["http://a".to_owned()],
        ..Options::default()
    };
    assert!(
        matches!(again(wrong, ANY).await, Err(ServeError::Host { text }) if text == "http://a")
    );
}
