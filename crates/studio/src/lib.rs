//! What a studio offers over HTTP: the JSON-RPC of its embedded chain, for `cast`, viem, wallets and
//! other `daedal` commands.

mod answers;
mod gate;
mod listener;
mod network;
mod serving;

pub use self::listener::{Options, ServeError, Server, serve};
pub use self::network::wallet_network;
pub use self::serving::{AnnounceError, Announcement, Serving, announce, find};
