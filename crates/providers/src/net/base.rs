//! Addresses of servers that stand in a studio's settings.

use url::{Host, Url};

use super::is_public;

/// A base address, which ends in a slash.
pub(crate) fn base(text: &str) -> Option<Url> {
    let slash = if text.ends_with('/') { "" } else { "/" };
    let url = Url::parse(&format!("{text}{slash}")).ok()?;
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare).then_some(url)
}

/// Whether a server is on this machine or in a private network, as far as its address tells.
pub(crate) fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
