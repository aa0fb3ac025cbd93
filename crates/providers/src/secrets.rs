//! Secrets of a studio: named in a process, kept outside of it, and sent only where they belong.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::SettingsError;

/// Shortest secret; what is shorter could not be told from ordinary text, and is guessed anyway.
const LENGTH_MIN: usize = 8;
/// Longest secret, in bytes.
const LENGTH_MAX: usize = 16 << 10;
/// What stands in a text where a secret stood.
const HIDDEN: &str = "[secret]";

/// `[secrets.NAME]`: where the value is, and who may be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretSettings {
    /// An environment variable that holds it.
    pub env: Option<String>,
    /// A file whose first line it is, relative to the studio.
    pub file: Option<PathBuf>,
    /// Hosts that steps may send it to, such as `api.example.org` or `api.example.org:8443`.
    pub hosts: Vec<String>,
}

/// Where a secret's value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In an environment variable.
    Variable(String),
    /// In the first line of a file.
    File(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

/// Gives what a place holds, or why it can't.
pub type Reader = Arc<dyn Fn(&Place) -> Result<String, String> + Send + Sync>;

/// The secrets of a studio. Values are read when they are needed, so that one that is missing is missed only
/// there.
#[derive(Clone)]
pub struct Secrets {
    known: BTreeMap<String, (Place, Vec<String>)>,
    read: Reader,
}

impl Default for Secrets {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
            read: Arc::new(|_| Err("nobody reads secrets here".to_owned())),
        }
    }
}

/// A secret's value.
#[derive(Clone)]
pub(crate) struct Secret {
    pub(crate) name: String,
    value: Zeroizing<String>,
    hosts: Vec<String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

impl Secrets {
    /// The secrets that are set so.
    pub fn new(
        settings: &BTreeMap<String, SecretSettings>,
        read: Reader,
    ) -> Result<Self, SettingsError> {
        let mut known = BTreeMap::new();
        for (name, secret) in settings {
            let place = match (&secret.env, &secret.file) {
                (Some(variable), None) => Place::Variable(variable.clone()),
                (None, Some(file)) => Place::File(file.clone()),
                _ => {
                    return Err(SettingsError::new(
                        format!("[secrets.{name}] does not say where the secret is"),
                        "write either `env = \"NAME\"`, an environment variable, or `file = \"…\"`, a file \
                         whose first line it is",
                    ));
                }
            };
            known.insert(name.clone(), (place, secret.hosts.clone()));
        }
        Ok(Self { known, read })
    }

    /// Whether there is one of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    /// The secret called `name`, or why it can't be had.
    pub(crate) fn get(&self, name: &str) -> Result<Secret, String> {
        let Some((place, hosts)) = self.known.get(name) else {
            return Err(format!(
                "there is no secret `{name}` in this studio: add to its daedal.toml\n[secrets.{name}]\nenv = \
                 \"…\"       # the environment variable that holds it\nhosts = [\"…\"]   # where it may be sent"
            ));
        };
        let text = (self.read)(place)
            .map_err(|error| format!("the secret `{name}` can't be read from {place}: {error}"))?;
        let value = Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned());
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&value.len()) {
            return Err(format!(
                "the secret `{name}` in {place} has {} bytes: expected {LENGTH_MIN} to {LENGTH_MAX}",
                value.len()
            ));
        }
        Ok(Secret {
            name: name.to_owned(),
            value,
            hosts: hosts.clone(),
        })
    }
}

impl Secret {
    /// The value itself. Whoever takes it sends it, and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.value
    }

    /// The same, which may be sent to `place` (`host:port`), too: the studio's settings name it as the key there.
    pub(crate) fn also_for(mut self, place: String) -> Self {
        self.hosts.push(place);
        self
    }

    /// Why it may not be sent to `host` at `port`; nothing if it may.
    pub(crate) fn objection(&self, host: &str, port: u16) -> Option<String> {
        let full = format!("{host}:{port}");
        let is_here = |known: &String| {
            known.eq_ignore_ascii_case(&full) || (known.eq_ignore_ascii_case(host) && port == 443)
        };
        if self.hosts.iter().any(is_here) {
            return None;
        }
        let entry = if port == 443 { host } else { &full };
        Some(format!(
            "the secret `{}` may not be sent to {full}: if it belongs there, add \"{entry}\" to `hosts` under \
             [secrets.{}]",
            self.name, self.name
        ))
    }

    /// Whether `bytes` show it.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        let value = self.value.as_bytes();
        bytes.windows(value.len()).any(|window| window == value)
    }

    /// `text` without it.
    pub(crate) fn hide(&self, text: &str) -> String {
        text.replace(self.value.as_str(), HIDDEN)
    }
}

/// `text` without any of `secrets`.
pub(crate) fn hide<'s>(secrets: impl IntoIterator<Item = &'s Secret>, text: &str) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        text = secret.hide(&text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(hosts: &[&str]) -> Secrets {
        let settings = SecretSettings {
            env: Some("PRESS_KEY".to_owned()),
            hosts: hosts.iter().map(ToString::to_string).collect(),
            ..SecretSettings::default()
        };
        let read: Reader = Arc::new(|place| match place {
            Place::Variable(name) if name == "PRESS_KEY" => Ok("sea-glass-1\n".to_owned()),
            _ => Err("it is not set".to_owned()),
        });
        Secrets::new(&BTreeMap::from([("press".to_owned(), settings)]), read).unwrap()
    }

    #[test]
    fn a_secret_goes_only_to_its_hosts_and_over_https_unless_a_port_says_otherwise() {
        let secret = secrets(&["api.press.example", "127.0.0.1:8080"])
            .get("press")
            .unwrap();
        assert_eq!(secret.objection("api.press.example", 443), None);
        assert_eq!(secret.objection("API.press.example", 443), None);
        assert_eq!(secret.objection("127.0.0.1", 8080), None);
        for (host, port) in [
            ("api.press.example", 80),
            ("evil.example", 443),
            ("api.press.example.evil.example", 443),
            ("127.0.0.1", 443),
        ] {
            let told = secret.objection(host, port).unwrap();
            assert!(told.contains("[secrets.press]"), "{told}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = secrets(&[]).get("press").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(press)");
        assert_eq!(secret.hide("key=sea-glass-1&x"), "key=[secret]&x");
        assert!(secret.is_in(b"... sea-glass-1 ..."));
        assert!(!secret.is_in(b"sea-glass"));
    }

    #[test]
    fn a_secret_that_is_missing_says_what_to_add() {
        let told = secrets(&[]).get("other").unwrap_err();
        assert!(told.contains("[secrets.other]"), "{told}");
        let nowhere = BTreeMap::from([("x".to_owned(), SecretSettings::default())]);
        let read: Reader = Arc::new(|_| Err(String::new()));
        let told = Secrets::new(&nowhere, read).map(|_| ()).unwrap_err();
        assert!(told.message.contains("[secrets.x]"), "{told}");
    }
}
