//! A studio's keys: made on first use, encrypted at rest, opened with a password.
//!
//! The directory holds three Web3 keystores of version 3 (scrypt, AES-128-CTR, Keccak MAC), all under one
//! password, and one public file:
//!
//! - `account.json`: the Ethereum account that signs intents and, later, transactions
//! - `signing.json`: the P-256 key that signs credentials and attestations
//! - `authority.json`: the P-256 key of the studio's own authority, for the next signing certificate
//! - `chain.pem`: the signing certificate and the authority's
//!
//! It is made beside its place and moved there whole, so that there are never keys without
//! certificates; its files are for their owner only.

use std::fs;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, Bytes};
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use daedal_core::intent::{Disclosure, Domain, Intent, SignedIntent};
use p256::pkcs8::DecodePrivateKey as _;
use zeroize::Zeroizing;

use crate::chain::{Chain, ChainError, issue};
use crate::keystore::{self, Lock};
use crate::signer::Signer;

const ACCOUNT: &str = "account.json";
const SIGNING: &str = "signing.json";
const AUTHORITY: &str = "authority.json";
const CHAIN: &str = "chain.pem";
const FILES: [&str; 4] = [ACCOUNT, SIGNING, AUTHORITY, CHAIN];

/// Characters of a password for new keys, at least.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// What keys are encrypted with. Never shown, wiped when dropped.
pub struct Password(pub(crate) Zeroizing<String>);

impl Password {
    /// Takes the password.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Where a studio keeps its keys.
#[derive(Debug, Clone)]
pub struct Keys {
    dir: PathBuf,
}

/// The studio's Ethereum account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its address.
    pub address: Address,
}

/// Why keys can't be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There are none.
    #[error("there are no keys in {}", dir.display())]
    Missing {
        /// Where they were looked for.
        dir: PathBuf,
    },
    /// One of their files is gone.
    #[error("{} is gone", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
    },
    /// The password is wrong.
    #[error("wrong password for the keys in {}", dir.display())]
    WrongPassword {
        /// Where the keys are.
        dir: PathBuf,
    },
    /// Such a password would be guessed.
    #[error(
        "the password is too short: it has {length} of the {PASSWORD_CHARS_MIN} characters that new keys \
         take at least"
    )]
    ShortPassword {
        /// How many characters it has.
        length: usize,
    },
    /// No key can be made of the password.
    #[error("no key can be made of the password: {problem}")]
    Derivation {
        /// What is wrong.
        problem: String,
    },
    /// A file of keys isn't one.
    #[error("{} is not a key file of this studio: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The certificates are of no use.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A private key isn't one.
    #[error(
        "the private key can't be read: expected PEM of a P-256 key in PKCS #8 (`BEGIN PRIVATE KEY`)"
    )]
    Unreadable,
    /// Key and certificate don't belong together.
    #[error("the key is not the one of the signing certificate")]
    Mismatch,
    /// Something can't be read or written.
    #[error("{} can't be {verb}: {source}", path.display())]
    Io {
        /// `read` or `written`.
        verb: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Keys {
    /// The keys in `dir`, which may not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Whether keys were made. They are also there when some of their files are lost: none are made over the rest,
    /// which may still be worth something.
    #[must_use]
    pub fn exist(&self) -> bool {
        // What can't be looked at may well be there.
        let is_there = |file: &&str| self.dir.join(file).try_exists().unwrap_or(true);
        FILES.iter().any(is_there)
    }

    /// Makes keys for the studio called `name`, unless there are some; the account either way.
    pub fn make(&self, password: &Password, name: &str, now_ms: u64) -> Result<Account, KeyError> {
        if self.exist() {
            return self.account();
        }
        let lock = Lock::new(password)?;
        let parent = self.dir.parent().unwrap_or(Path::new("."));
        let written = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::Io {
                verb: "written",
                path,
                source,
            }
        };
        fs::create_dir_all(parent).map_err(written(parent))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".keys-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let fresh = builder.tempdir_in(parent).map_err(written(parent))?;
        let issued = issue(name, now_ms)?;
        let account = PrivateKeySigner::random();
        let address = account.address();
        let account = Zeroizing::new(account.to_bytes().0);
        let place = |file: &str| fresh.path().join(file);
        lock.store(&place(ACCOUNT), &account[..], Some(address))?;
        for (file, pkcs8) in [
            (SIGNING, &issued.signing_key),
            (AUTHORITY, &issued.authority_key),
        ] {
            let scalar = scalar_of(pkcs8).ok_or(KeyError::Mismatch)?;
            lock.store(&place(file), &scalar[..], None)?;
        }
        keystore::write_private(&place(CHAIN), issued.chain.to_pem().as_bytes())?;
        match fs::rename(fresh.path(), &self.dir) {
            Ok(()) => {
                // It has moved: nothing is left to clean up.
                let _ = fresh.keep();
                sync_dir(parent);
            }
            // Somebody else was faster.
            Err(_) if self.exist() => {}
            Err(source) => return Err(written(&self.dir)(source)),
        }
        self.account()
    }

    /// The account; no password is needed to know its address.
    pub fn account(&self) -> Result<Account, KeyError> {
        self.whole()?;
        let address = keystore::address(&self.dir.join(ACCOUNT))?;
        Ok(Account { address })
    }

    /// The certificates.
    pub fn chain(&self) -> Result<Chain, KeyError> {
        self.whole()?;
        let path = self.dir.join(CHAIN);
        let read = Chain::from_pem(&self.read(&path)?);
        read.map_err(|error| KeyError::Damaged {
            path,
            problem: error.to_string(),
        })
    }

    /// What signs credentials and attestations.
    pub fn signer(&self, password: &Password) -> Result<Signer, KeyError> {
        self.whole()?;
        let scalar = self.open(SIGNING, password)?;
        let key = p256::ecdsa::SigningKey::from_slice(&scalar).map_err(|_| KeyError::Mismatch)?;
        Signer::new(key, self.chain()?)
    }

    /// What signs intents.
    pub fn person(&self, password: &Password) -> Result<Person, KeyError> {
        self.whole()?;
        Person::open(&self.dir.join(ACCOUNT), password)
    }

    /// Whether there are keys, and none of their files is gone.
    fn whole(&self) -> Result<(), KeyError> {
        if !self.exist() {
            let dir = self.dir.clone();
            return Err(KeyError::Missing { dir });
        }
        for file in FILES {
            let path = self.dir.join(file);
            match path.try_exists() {
                Ok(true) => {}
                Ok(false) => return Err(KeyError::Lost { path }),
                Err(source) => {
                    let verb = "read";
                    return Err(KeyError::Io { verb, path, source });
                }
            }
        }
        Ok(())
    }

    fn open(&self, file: &str, password: &Password) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        keystore::open(&self.dir.join(file), password)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, KeyError> {
        keystore::read(path)
    }
}

/// An opened account: signs what its owner decides.
#[derive(Clone)]
pub struct Person(PrivateKeySigner);

impl Person {
    /// Opens the account of a keystore.
    pub(crate) fn open(path: &Path, password: &Password) -> Result<Self, KeyError> {
        let key = keystore::open(path, password)?;
        let key = PrivateKeySigner::from_slice(&key).map_err(|_| KeyError::Mismatch)?;
        match keystore::address(path) {
            Ok(address) if address != key.address() => Err(KeyError::Mismatch),
            _ => Ok(Self(key)),
        }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            address: self.0.address(),
        }
    }

    /// The key itself, for what it signs on a chain.
    #[must_use]
    pub fn into_signer(self) -> PrivateKeySigner {
        self.0
    }

    /// Signs a hash, such as one of EIP-712: 65 bytes.
    pub fn sign_hash(&self, hash: &B256) -> Result<Bytes, KeyError> {
        let signature = self.0.sign_hash_sync(hash);
        let signature = signature.map_err(|_| KeyError::Mismatch)?;
        Ok(Bytes::from(signature.as_bytes()))
    }

    /// Signs an intent. `disclosed` must be what its payload commits to, `options` what its `seen` was made
    /// of; both may be left out of what is published later.
    pub fn sign(
        &self,
        domain: Domain,
        intent: Intent,
        disclosed: Option<Disclosure>,
        options: Vec<B256>,
    ) -> Result<SignedIntent, KeyError> {
        let hash = intent.hash(domain);
        let signature = self.sign_hash(&hash)?;
        Ok(SignedIntent {
            domain,
            intent,
            signer: self.0.address(),
            signature,
            accepted: None,
            disclosed,
            options,
        })
    }
}

fn scalar_of(pkcs8: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let key = p256::SecretKey::from_pkcs8_der(pkcs8).ok()?;
    Some(Zeroizing::new(key.to_bytes().into()))
}

/// Makes the move itself durable; a file system that can't is none the worse for it.
fn sync_dir(dir: &Path) {
    if let Ok(dir) = fs::File::open(dir) {
        let _ = dir.sync_all();
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
