//! Addresses of servers that stand in a studio's settings.

use url::{Host, Url};

use super::is_public;
use crate::SettingsError;

/// The base address that stands under `section`, which ends in a slash; `such_as` is one.
pub(crate) fn base(section: &str, text: &str, such_as: &str) -> Result<Url, SettingsError> {
    let wrong = |what: String| {
        SettingsError::new(
            what,
            format!(
                "write an address of http or https without a name, password or query, such as \"{such_as}\""
            ),
        )
    };
    let slash = if text.ends_with('/') { "" } else { "/" };
    let url = Url::parse(&format!("{text}{slash}")).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        Some(url) if is_bare(&url) => Ok(url),
        // What stands there is secret.
        Some(url) => Err(wrong(format!(
            "`url` under [{section}], on {}, has a name, password or query, and is no base address",
            url.host_str().unwrap_or_default()
        ))),
        None if text.contains('@') => {
            Err(wrong(format!("`url` under [{section}] is no base address")))
        }
        None => Err(wrong(format!(
            "`url` under [{section}] is `{text}`, which is no base address"
        ))),
    }
}

fn is_bare(url: &Url) -> bool {
    url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
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
