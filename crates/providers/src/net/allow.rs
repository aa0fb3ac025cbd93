//! Places in a private network that a studio lets its processes reach.

use url::{Host, Url};

use crate::SettingsError;

/// `allow` under `[http]`: hosts by name or address, each with a port or for all ports.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowList(Vec<(Host, Option<u16>)>);

impl AllowList {
    /// Reads entries such as `127.0.0.1:8080`, `[::1]:8080` or `press.local`.
    pub(crate) fn parse(entries: &[String]) -> Result<Self, SettingsError> {
        let read = |entry: &String| {
            // What a URL takes for a host, so that both are written alike.
            let url = Url::parse(&format!("http://{entry}/")).ok()?;
            let is_bare = url.path() == "/"
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none();
            // The port of http is dropped by the URL, and was meant.
            let port = url.port().or_else(|| entry.ends_with(":80").then_some(80));
            is_bare.then_some((url.host()?.to_owned(), port))
        };
        let wrong = |entry: &String| {
            SettingsError::new(
                format!("`allow` under [http] has `{entry}`, which is no host"),
                "write a host, or a host and a port, such as \"127.0.0.1:8080\" or \"press.local\"",
            )
        };
        let hosts = entries
            .iter()
            .map(|entry| read(entry).ok_or_else(|| wrong(entry)))
            .collect::<Result<_, _>>()?;
        Ok(Self(hosts))
    }

    /// Whether a URL leads to one of them.
    pub(crate) fn has(&self, url: &Url) -> bool {
        let (Some(host), port) = (url.host(), url.port_or_known_default()) else {
            return false;
        };
        let host = host.to_owned();
        self.0
            .iter()
            .any(|(known, at)| *known == host && (at.is_none() || *at == port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, url: &str) -> bool {
        let list = AllowList::parse(&[entry.to_owned()]).unwrap();
        list.has(&Url::parse(url).unwrap())
    }

    #[test]
    fn an_entry_is_one_host_with_one_port_or_all() {
        assert!(allows("127.0.0.1:8080", "http://127.0.0.1:8080/x"));
        assert!(allows("127.0.0.1:8080", "http://0x7f.1:8080/x"));
        assert!(!allows("127.0.0.1:8080", "http://127.0.0.1:8081/x"));
        assert!(!allows("127.0.0.1:8080", "http://localhost:8080/x"));
        assert!(allows("localhost", "http://localhost:9/x"));
        assert!(allows("localhost:80", "http://localhost/x"));
        assert!(!allows("localhost:80", "https://localhost/x"));
        assert!(allows("[::1]:8080", "http://[::1]:8080/"));
        assert!(!allows("press.local", "http://other.press.local/"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for entry in ["", "http://x", "a/b", "user@host", "x:99999", "x?y"] {
            let told = AllowList::parse(&[entry.to_owned()]);
            assert!(told.is_err(), "{entry}");
        }
    }
}
