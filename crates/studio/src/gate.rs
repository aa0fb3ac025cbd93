//! Who may ask: a listener on one's own machine can be reached by every page in one's browser.
//!
//! Two headers tell pages apart. `Origin` names the page that asks; browsers don't let pages forge it.
//! `Host` names the server as the page knows it: if an attacker's name has been pointed at this
//! machine (DNS rebinding), the origin looks like our own, but the host is theirs.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::Uri;
use axum::http::uri::Authority;

/// Schemes of pages that belong to a browser's extensions. What an extension may reach, its user has
/// decided when installing it.
const EXTENSIONS: &[&str] = &["chrome-extension", "moz-extension", "safari-web-extension"];

/// Judges hosts and origins.
#[derive(Debug)]
pub(crate) struct Gate {
    bound: IpAddr,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Gate {
    /// A gate of a listener at `bound` that lets further hosts and origins pass. Gives the entry that
    /// is neither.
    pub(crate) fn new(bound: IpAddr, hosts: &[String], origins: &[String]) -> Result<Self, Wrong> {
        let name = |text: &String| host_name(text).ok_or_else(|| Wrong::Host(text.clone()));
        let page = |text: &String| page(text).ok_or_else(|| Wrong::Origin(text.clone()));
        Ok(Self {
            bound,
            hosts: hosts.iter().map(name).collect::<Result<_, _>>()?,
            origins: origins.iter().map(page).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a request may call this server `host`, which is a name or an address, perhaps with a
    /// port. The port is free: a tunnel may have another one.
    pub(crate) fn knows_host(&self, host: &str) -> bool {
        let Some(name) = authority(host).map(|authority| authority.host().to_ascii_lowercase())
        else {
            return false;
        };
        let address = address_of(&name);
        name == "localhost"
            || address.is_some_and(|address| address.is_loopback() || address == self.bound)
            || self.hosts.contains(&name)
    }

    /// Whether pages of `origin` may ask a server that they call `host`.
    pub(crate) fn knows_origin(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, rest)) = origin.split_once("://") else {
            return false; // `null`: a file, or a page that hides where it is from.
        };
        let own = matches!(scheme, "http" | "https") && rest.eq_ignore_ascii_case(host);
        let extension = EXTENSIONS.contains(&scheme) && !rest.is_empty();
        own || extension || self.origins.iter().any(|known| known == origin)
    }
}

/// A configured entry that can't be used.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Not a host's name.
    Host(String),
    /// Not a page's origin.
    Origin(String),
}

fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    (!text.contains('@') && !authority.host().is_empty()).then_some(authority)
}

/// A host's name without a port, in the letters that it is compared in.
fn host_name(text: &str) -> Option<String> {
    let bare = match text.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => text.to_ascii_lowercase(),
    };
    let authority = authority(&bare)?;
    (authority.host() == bare).then_some(bare)
}

fn address_of(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// An origin as browsers write it: scheme, host, and the port unless it is the scheme's own.
fn page(text: &str) -> Option<String> {
    let uri: Uri = text.trim_end_matches('/').parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = authority(uri.authority()?.as_str())?;
    let host = authority.host().to_ascii_lowercase();
    if uri.path() != "/" || uri.query().is_some() || host.contains('*') {
        return None;
    }
    let usual = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    match authority.port_u16() {
        Some(port) if usual != Some(port) => Some(format!("{scheme}://{host}:{port}")),
        _ => Some(format!("{scheme}://{host}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(bound: &str, hosts: &[&str], origins: &[&str]) -> Result<Gate, Wrong> {
        let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&t| t.into()).collect() };
        Gate::new(bound.parse().unwrap(), &owned(hosts), &owned(origins))
    }

    #[test]
    fn only_names_of_this_machine_and_configured_ones_are_hosts() {
        let gate = gate("127.0.0.1", &["Studio.example", "::2"], &[]).unwrap();
        for known in [
            "localhost",
            "LOCALHOST:8545",
            "127.0.0.1:8545",
            "127.9.9.9",
            "[::1]:1",
            "studio.example:80",
            "[::2]",
        ] {
            assert!(gate.knows_host(known), "{known}");
        }
        for unknown in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.localhost",
            "127.0.0.1.nip.io",
            "x@localhost",
            "192.168.0.9",
            "0.0.0.0",
            "[::]",
            "localhost evil",
        ] {
            assert!(!gate.knows_host(unknown), "{unknown}");
        }
    }

    #[test]
    fn a_listener_beyond_loopback_is_called_by_its_own_address_too() {
        let gate = gate("192.168.0.9", &[], &[]).unwrap();
        assert!(gate.knows_host("192.168.0.9:8545"));
        assert!(!gate.knows_host("192.168.0.8:8545"));
    }

    #[test]
    fn only_its_own_pages_extensions_and_configured_pages_may_ask() {
        let gate = gate(
            "127.0.0.1",
            &[],
            &["https://Dapp.example:443/", "http://localhost:5173"],
        )
        .unwrap();
        for known in [
            "http://127.0.0.1:8545",
            "https://127.0.0.1:8545",
            "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn",
            "moz-extension://0f5b9a3e-1c1d-4a2b-9d3c-0123456789ab",
            "https://dapp.example",
            "http://localhost:5173",
        ] {
            assert!(gate.knows_origin(known, "127.0.0.1:8545"), "{known}");
        }
        for unknown in [
            "null",
            "",
            "file://",
            "chrome-extension://",
            "http://127.0.0.1",
            "http://127.0.0.1:8546",
            "http://dapp.example",
            "https://dapp.example.evil.example",
            "ftp://127.0.0.1:8545",
        ] {
            assert!(!gate.knows_origin(unknown, "127.0.0.1:8545"), "{unknown}");
        }
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for wrong in [
            "",
            "*",
            "null",
            "dapp.example",
            "https://*.example",
            "https://a/b",
            "https://a?b",
        ] {
            let found = gate("127.0.0.1", &[], &[wrong]);
            assert!(
                matches!(&found, Err(Wrong::Origin(text)) if text == wrong),
                "{wrong}"
            );
        }
        for wrong in ["", "http://a", "a:80", "a/b", "u@a"] {
            let found = gate("127.0.0.1", &[wrong], &[]);
            assert!(
                matches!(&found, Err(Wrong::Host(text)) if text == wrong),
                "{wrong}"
            );
        }
    }
}
