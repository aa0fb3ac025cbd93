//! A node that can be made to hang, lie and die.

use std::sync::Arc;

use daedal_chain::rpc::Rpc;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a rule is asked about many requests at once.
pub(crate) const BATCH: &str = "batch";

/// What the node does with a request.
pub(crate) enum Act {
    /// Answers it with this result.
    Result(Value),
    /// Answers it with this text.
    Text(&'static str),
    /// Refuses it.
    Error(i64, &'static str),
    /// Has the chain behind it answer.
    Pass,
    /// Has the chain behind it carry it out, and breaks the connection.
    PassAndDie,
    /// Breaks the connection.
    Die,
    /// Never answers.
    Hang,
}

/// Starts a node in front of `rpc` that does with each method as `rule` says. Gives its address.
pub(crate) async fn start(rpc: Rpc, rule: impl Fn(&str) -> Act + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rule = Arc::new(rule);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (rpc, rule) = (rpc.clone(), Arc::clone(&rule));
            tokio::spawn(async move { serve(stream, &rpc, &*rule).await });
        }
    });
    url
}

async fn serve(stream: TcpStream, rpc: &Rpc, rule: &(dyn Fn(&str) -> Act + Send + Sync)) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = read(&mut stream).await {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let id = request["id"].clone();
        let answer = match rule(request["method"].as_str().unwrap_or(BATCH)) {
            Act::Result(result) => {
                serde_json::json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
            }
            Act::Error(code, message) => {
                let error = serde_json::json!({ "code": code, "message": message });
                serde_json::json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
            }
            Act::Text(text) => text.to_owned(),
            Act::Pass => String::from_utf8(rpc.answer(&body).await).unwrap(),
            Act::PassAndDie => {
                rpc.answer(&body).await;
                return;
            }
            Act::Die => return,
            Act::Hang => std::future::pending().await,
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        let all = [head.as_bytes(), answer.as_bytes()].concat();
        if stream.get_mut().write_all(&all).await.is_err() {
            return;
        }
    }
}

/// The body of the next request.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}
