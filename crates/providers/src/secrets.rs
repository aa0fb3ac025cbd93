//! Secrets of a studio: named in a process, kept outside of it, and sent only where they belong.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use daedal_core::process::suggestion;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::SettingsError;
use crate::traces::Traces;

/// Shortest secret; what is shorter could not be told from ordinary text, and is guessed anyway.
const LENGTH_MIN: usize = 8;
/// Longest secret, in bytes.
const LENGTH_MAX: usize = 16 << 10;
/// Longest name of an environment variable that is told whole though it has small letters, in characters.
const VARIABLE_MAX: usize = 16;

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
            Self::Variable(name) => {
                let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                let told = match name.len() <= VARIABLE_MAX || name.chars().all(is_plain) {
                    true => name.clone(),
                    false => shown(name),
                };
                write!(f, "the environment variable {told}")
            }
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
    traces: Arc<Traces>,
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
            if let Place::Variable(variable) = &place
                && !is_variable(variable)
            {
                return Err(SettingsError::new(
                    format!(
                        "`env` under [secrets.{name}] is {}, which no environment variable is called",
                        shown(variable)
                    ),
                    "write the name of the variable, such as env = \"WEATHER_KEY\"; the secret itself never stands in \
                     daedal.toml",
                ));
            }
            known.insert(name.clone(), (place, secret.hosts.clone()));
        }
        Ok(Self { known, read })
    }

    /// Sees that there is one of the name that stands in `field` under `section`.
    pub(crate) fn expect(
        &self,
        section: &str,
        field: &str,
        key: &str,
    ) -> Result<(), SettingsError> {
        if self.known.contains_key(key) {
            return Ok(());
        }
        let known = self.known.keys().map(String::as_str);
        Err(SettingsError::new(
            format!(
                "`{field}` under [{section}] names the secret {}, which is not there ({})",
                shown(key),
                suggestion(key, known)
            ),
            "add [secrets.NAME] with `env` or `file`, and name it here; the secret itself never stands in daedal.toml",
        ))
    }

    /// The secret called `name`, or why it can't be had.
    pub(crate) fn get(&self, name: &str) -> Result<Secret, String> {
        let Some((place, hosts)) = self.known.get(name) else {
            let section = match name.chars().count() < LENGTH_MIN {
                true => name,
                false => "NAME",
            };
            return Err(format!(
                "there is no secret {} in this studio ({}): add to its daedal.toml\n[secrets.{section}]\nenv = \
                 \"…\"       # the environment variable that holds it\nhosts = [\"…\"]   # where it may be sent",
                shown(name),
                suggestion(name, self.known.keys().map(String::as_str))
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
            traces: Arc::new(Traces::of(&value)),
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

    /// Whether `bytes` show it, however it is written there.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.traces.are_in(bytes)
    }

    /// `text` without it.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.traces.hide(text)
    }
}

/// A name that nobody knows, for messages. It may be a secret that somebody took for its name: what is long enough for
/// one is not told.
pub(crate) fn shown(name: &str) -> String {
    match name.chars().count() {
        short if short < LENGTH_MIN => format!("`{name}`"),
        length => {
            let begin: String = name.chars().take(3).collect();
            format!("`{begin}…` (a text of {length} characters)")
        }
    }
}

/// Whether an environment variable can be called so.
fn is_variable(name: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_sign) && name.starts_with(|c: char| !c.is_ascii_digit())
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
    fn a_key_that_stands_where_its_name_should_is_not_told() {
        let pasted = "sk-live-0123456789abcdef";
        let known = secrets(&[]);
        let error = known.expect("llm.writer", "key", pasted).unwrap_err();
        let told = [
            format!("{error} {}", error.help),
            known.get(pasted).unwrap_err(),
            Place::Variable("r8_0123456789abcdefghij".to_owned()).to_string(),
        ];
        for told in told {
            assert!(!told.contains("0123"), "{told}");
            assert!(told.contains('…') && told.contains("characters"), "{told}");
        }
        let variable = SecretSettings {
            env: Some(pasted.to_owned()),
            ..SecretSettings::default()
        };
        let read: Reader = Arc::new(|_| Err(String::new()));
        let error = Secrets::new(&BTreeMap::from([("x".to_owned(), variable)]), read);
        let told = error.map(|_| ()).unwrap_err().message;
        assert!(
            told.contains("[secrets.x]") && !told.contains("0123"),
            "{told}"
        );
        // What is too short for a secret is a name.
        let told = known
            .expect("llm.writer", "key", "pres")
            .unwrap_err()
            .message;
        assert!(
            told.contains("`pres`") && told.contains("did you mean `press`?"),
            "{told}"
        );
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
