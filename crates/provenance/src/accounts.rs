//! Accounts that act from a studio beside its own: co-authors, holders, roles. Each is a Web3 keystore
//! under a name, with a password of its own.

use std::fs;
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use zeroize::Zeroizing;

use crate::keys::{KeyError, Password, Person};
use crate::keystore::{self, Lock};

/// Characters of a name at most.
const NAME_MAX: usize = 32;

/// Names that mean something else where an account is named.
const TAKEN: &[&str] = &["studio", "creator", "treasury"];

/// Where a studio keeps other accounts.
#[derive(Debug, Clone)]
pub struct Accounts {
    dir: PathBuf,
}

/// Why an account can't be kept or used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not a name.
    #[error(
        "`{0}` can't be the name of an account: expected 1 to 32 of a-z, 0-9 and -, beginning with a \
         letter, and not `studio`, `creator` or `treasury`"
    )]
    Name(String),
    /// The name is taken.
    #[error("there is an account `{0}` already; give another name")]
    Taken(String),
    /// There is none of this name.
    #[error("the studio has no account `{name}`; it has {}", listed(known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The keystore refuses.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Accounts {
    /// The accounts in `dir`, which may not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// All of them, by name.
    pub fn list(&self) -> Result<Vec<(String, Address)>, AccountError> {
        let mut listed = Vec::new();
        for name in self.names()? {
            let address = keystore::address(&self.path(&name))?;
            listed.push((name, address));
        }
        Ok(listed)
    }

    /// The address of one; no password is needed.
    pub fn address(&self, name: &str) -> Result<Address, AccountError> {
        Ok(keystore::address(&self.known(name)?)?)
    }

    /// Opens one to act with.
    pub fn open(&self, name: &str, password: &Password) -> Result<Person, AccountError> {
        Ok(Person::open(&self.known(name)?, password)?)
    }

    /// Makes one with a new key.
    pub fn make(&self, name: &str, password: &Password) -> Result<Address, AccountError> {
        self.keep(name, &PrivateKeySigner::random(), password)
    }

    /// Takes one over from a keystore elsewhere, under the same password.
    pub fn import(
        &self,
        name: &str,
        file: &Path,
        password: &Password,
    ) -> Result<Address, AccountError> {
        let signer = Person::open(file, password)?.into_signer();
        self.keep(name, &signer, password)
    }

    fn keep(
        &self,
        name: &str,
        signer: &PrivateKeySigner,
        password: &Password,
    ) -> Result<Address, AccountError> {
        check(name)?;
        if self.path(name).exists() {
            return Err(AccountError::Taken(name.to_owned()));
        }
        let lock = Lock::new(password)?;
        let written = |source| KeyError::Io {
            verb: "written",
            path: self.dir.clone(),
            source,
        };
        fs::create_dir_all(&self.dir).map_err(written)?;
        // Made beside its place and moved there whole: a keystore is there or not.
        let fresh = tempfile::Builder::new()
            .prefix(".account-")
            .tempdir_in(&self.dir)
            .map_err(written)?;
        let key = Zeroizing::new(signer.to_bytes().0);
        let address = signer.address();
        lock.store(&fresh.path().join("key.json"), &key[..], Some(address))?;
        // A link and not a rename, so that nobody's key is ever replaced.
        match fs::hard_link(fresh.path().join("key.json"), self.path(name)) {
            Ok(()) => Ok(address),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(AccountError::Taken(name.to_owned()))
            }
            Err(error) => Err(written(error).into()),
        }
    }

    fn known(&self, name: &str) -> Result<PathBuf, AccountError> {
        match check(name) {
            Ok(()) if self.path(name).is_file() => Ok(self.path(name)),
            _ => Err(AccountError::Unknown {
                name: name.to_owned(),
                known: self.names()?,
            }),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.json"))
    }

    fn names(&self) -> Result<Vec<String>, AccountError> {
        let Ok(files) = fs::read_dir(&self.dir) else {
            return Ok(Vec::new());
        };
        let name = |file: fs::DirEntry| {
            let name = file.file_name().into_string().ok()?;
            let name = name.strip_suffix(".json")?;
            check(name).is_ok().then(|| name.to_owned())
        };
        let mut names: Vec<String> = files.flatten().filter_map(name).collect();
        names.sort();
        Ok(names)
    }
}

fn check(name: &str) -> Result<(), AccountError> {
    let is_good = name.len() <= NAME_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !TAKEN.contains(&name);
    match is_good {
        true => Ok(()),
        false => Err(AccountError::Name(name.to_owned())),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none but its own".to_owned(),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn an_account_is_kept_listed_opened_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::at(folder.path().join("accounts"));
        assert_eq!(accounts.list().unwrap(), []);
        let ada = accounts.make("ada", &password("the first one")).unwrap();
        assert_eq!(accounts.address("ada").unwrap(), ada);
        assert_eq!(accounts.list().unwrap(), [("ada".to_owned(), ada)]);
        let opened = accounts.open("ada", &password("the first one")).unwrap();
        assert_eq!(opened.account().address, ada);
        let wrong = accounts.open("ada", &password("the second one"));
        assert!(matches!(
            wrong,
            Err(AccountError::Key(KeyError::WrongPassword { .. }))
        ));
        let again = accounts.make("ada", &password("the first one"));
        assert!(matches!(again, Err(AccountError::Taken(_))));
        let short = accounts.make("eve", &password("seven 7"));
        assert!(matches!(
            short,
            Err(AccountError::Key(KeyError::ShortPassword { length: 7 }))
        ));
        let elsewhere = folder.path().join("accounts/ada.json");
        let copied = accounts.import("bob", &elsewhere, &password("the first one"));
        assert_eq!(copied.unwrap(), ada);
        assert!(
            accounts
                .import("eve", &elsewhere, &password("not at all"))
                .is_err()
        );
    }

    #[test]
    fn names_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::at(folder.path());
        for name in ["", "../x", "a/b", "Ada", "studio", "9a", &"a".repeat(33)] {
            let made = accounts.make(name, &password("the first one"));
            assert!(matches!(made, Err(AccountError::Name(_))), "{name}");
        }
        let unknown = accounts.address("nobody").unwrap_err().to_string();
        assert!(unknown.ends_with("it has none but its own"), "{unknown}");
    }
}
