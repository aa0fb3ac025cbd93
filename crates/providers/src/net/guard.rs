//! Names that lead into a private network are not resolved, whatever they say and whenever they change.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::is_public;

/// Resolves names as the system does, and gives none that has an address in a private network: the connection is
/// made to the addresses that were looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard;

/// A name has an address in a private network.
#[derive(Debug, thiserror::Error)]
#[error("{name} is {address}, an address in a private network")]
struct PrivateAddress {
    name: String,
    address: IpAddr,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            match found.iter().find(|address| !is_public(address.ip())) {
                Some(private) => Err(Box::new(PrivateAddress {
                    name: name.as_str().to_owned(),
                    address: private.ip(),
                }) as Box<dyn Error + Send + Sync>),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

/// The private address that a request failed for, if that is why.
pub(crate) fn private_address(error: &reqwest::Error) -> Option<IpAddr> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(private) = error.downcast_ref::<PrivateAddress>() {
            return Some(private.address);
        }
        cause = error.source();
    }
    None
}
