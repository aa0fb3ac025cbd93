//! A chain that is served, and a client that sends exactly what it is told.

use std::net::SocketAddr;
use std::path::Path;

use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use daedal_chain::Chain;
use daedal_chain::embedded::Genesis;
use daedal_chain::rpc::Rpc;
use daedal_studio::{Options, Server, serve};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// The address from which any port may be taken.
pub(crate) const ANY: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(crate) const CHAIN_ID: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;

pub(crate) fn signer() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[1; 32]).unwrap()
}

/// The chain of [`signer`], who owns a hundred coins.
pub(crate) fn open(folder: &Path) -> Chain {
    let coins = U256::from(10).pow(U256::from(20));
    Chain::open(folder, &Genesis::of(signer().address(), coins), "test").unwrap()
}

/// A chain, its server, and where to stop it.
pub(crate) struct Served {
    pub(crate) chain: Chain,
    pub(crate) server: Server,
    pub(crate) stop: CancellationToken,
    pub(crate) folder: TempDir,
}

pub(crate) async fn start(options: Options) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let chain = open(folder.path());
    let stop = CancellationToken::new();
    let server = serve(Rpc::new(chain.clone()), ANY, options, stop.clone());
    Served {
        server: server.await.unwrap(),
        chain,
        stop,
        folder,
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value)
    }
}

impl Served {
    pub(crate) fn host(&self) -> String {
        self.server.address().to_string()
    }

    /// Sends JSON-RPC as `cast` would, and `headers` too.
    pub(crate) async fn post(&self, headers: &[&str], body: &str) -> Reply {
        let host = format!("Host: {}", self.host());
        let headers = [&[host.as_str()], headers].concat();
        self.raw("POST / HTTP/1.1", &headers, body).await
    }

    /// Sends a request of this line and these headers, a length and nothing else.
    pub(crate) async fn raw(&self, line: &str, headers: &[&str], body: &str) -> Reply {
        let mut text = format!("{line}\r\n");
        for header in headers {
            text += &format!("{header}\r\n");
        }
        text += &format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        reply(stream).await
    }
}

/// Reads until the server closes.
pub(crate) async fn reply(mut stream: TcpStream) -> Reply {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
