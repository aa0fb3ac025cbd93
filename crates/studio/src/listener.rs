//! The socket: opened, served and closed within bounds.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use daedal_chain::rpc::Rpc;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::answers::{self, Desk};
use crate::gate::{Gate, Wrong};

/// How long a connection may be silent before, or take over, the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How long open requests may take to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Pause after the system has refused a connection, for want of file handles mostly.
const REFUSED_PAUSE: Duration = Duration::from_millis(200);

/// How a chain is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the network is called in wallets.
    pub network_name: String,
    /// Further pages that may ask, such as `https://dapp.example`.
    pub origins: Vec<String>,
    /// Further names, without ports, by which requests may call the server.
    pub hosts: Vec<String>,
    /// Whether other machines may reach it: without this, only loopback addresses are listened on.
    pub beyond_loopback: bool,
    /// Who shows this key may move the chain's clock; without, nobody may.
    pub clock_key: Option<String>,
    /// Largest request, in bytes.
    pub body_bytes_max: usize,
    /// Connections at once; further ones wait.
    pub connections_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            network_name: "Daedal".to_owned(),
            origins: Vec::new(),
            hosts: Vec::new(),
            beyond_loopback: false,
            clock_key: None,
            body_bytes_max: 5 << 20,
            connections_max: 128,
        }
    }
}

/// Why a chain can't be served.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address is open to others, which nobody asked for.
    #[error(
        "{address} can be reached by other machines, where anyone could use the chain; listen on \
         127.0.0.1, or allow it expressly"
    )]
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The system refuses the address.
    #[error(
        "can't listen on {address} ({message}); choose another port, or 0 for any that is free"
    )]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        message: String,
    },
    /// An entry of [`Options::origins`] names no origin.
    #[error(
        "`{text}` is not an origin; expected scheme, host and perhaps a port, such as \
         https://dapp.example, without a path and without `*`"
    )]
    Origin {
        /// The entry.
        text: String,
    },
    /// An entry of [`Options::hosts`] names no host.
    #[error("`{text}` is not a host; expected a name or an address without a port")]
    Host {
        /// The entry.
        text: String,
    },
}

/// A running server. It stops when its token is cancelled, and when this value is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
    _stop: DropGuard,
}

impl Server {
    /// Where it listens, with the port that it has got.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where clients on this machine reach it.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}")
    }

    /// Waits until it has been stopped and has finished what was begun.
    pub async fn finished(mut self) {
        (&mut self.task).await.ok();
    }
}

/// Serves the JSON-RPC of a chain at `address`, until `stop` is cancelled. Port 0 takes any that is
/// free. When this returns, connections are accepted.
pub async fn serve(
    rpc: Rpc,
    address: SocketAddr,
    options: Options,
    stop: CancellationToken,
) -> Result<Server, ServeError> {
    if !address.ip().is_loopback() && !options.beyond_loopback {
        return Err(ServeError::NotLoopback { address });
    }
    let gate = Gate::new(address.ip(), &options.hosts, &options.origins);
    let gate = gate.map_err(|wrong| match wrong {
        Wrong::Host(text) => ServeError::Host { text },
        Wrong::Origin(text) => ServeError::Origin { text },
    })?;
    let refused = |error: std::io::Error| ServeError::Bind {
        address,
        message: error.to_string(),
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    let app = answers::routes(Arc::new(Desk {
        rpc,
        gate,
        network_name: options.network_name,
        clock_key: options.clock_key,
        body_bytes_max: options.body_bytes_max,
    }));
    let stop = stop.child_token();
    let accepting = accept(listener, app, options.connections_max, stop.clone());
    Ok(Server {
        address: bound,
        task: tokio::spawn(accepting),
        _stop: stop.drop_guard(),
    })
}

async fn accept(
    listener: TcpListener,
    app: Router,
    connections_max: usize,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < connections_max => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(attend(stream, app.clone(), stop.clone()));
                }
                Err(_) => tokio::time::sleep(REFUSED_PAUSE).await,
            },
        }
    }
    drop(listener);
    let finishing = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(GRACE, finishing).await.ok();
    connections.shutdown().await;
}

async fn attend(stream: TcpStream, app: Router, stop: CancellationToken) {
    stream.set_nodelay(true).ok();
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
    );
    // How a connection ends is its client's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await.ok();
        }
    }
}
