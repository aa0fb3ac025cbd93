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
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, Bytes};
use alloy_signer::SignerSync as _;
use alloy_signer::k256::elliptic_curve::rand_core::OsRng;
use alloy_signer_local::PrivateKeySigner;
use daedal_core::intent::{Disclosure, Domain, Intent, SignedIntent};
use p256::pkcs8::DecodePrivateKey as _;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::chain::{Chain, ChainError, issue};
use crate::signer::Signer;

const ACCOUNT: &str = "account.json";
const SIGNING: &str = "signing.json";
const AUTHORITY: &str = "authority.json";
const CHAIN: &str = "chain.pem";
/// More work than this is asked for only by a broken or hostile keystore (1 GiB of memory).
const SCRYPT_WORK_MAX: u64 = 1 << 20;

/// What keys are encrypted with. Never shown, wiped when dropped.
pub struct Password(Zeroizing<String>);

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
    /// The password is wrong.
    #[error("wrong password for the keys in {}", dir.display())]
    WrongPassword {
        /// Where the keys are.
        dir: PathBuf,
    },
    /// A password is needed.
    #[error("an empty password protects nothing: give one of at least one character")]
    EmptyPassword,
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

    /// Whether keys were made.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.dir.join(ACCOUNT).is_file()
    }

    /// Makes keys for the studio called `name`, unless there are some; the account either way.
    pub fn make(&self, password: &Password, name: &str, now_ms: u64) -> Result<Account, KeyError> {
        if self.exist() {
            return self.account();
        }
        if password.0.is_empty() {
            return Err(KeyError::EmptyPassword);
        }
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
        store(fresh.path(), ACCOUNT, &account[..], password, Some(address))?;
        for (file, pkcs8) in [
            (SIGNING, &issued.signing_key),
            (AUTHORITY, &issued.authority_key),
        ] {
            let scalar = scalar_of(pkcs8).ok_or(KeyError::Mismatch)?;
            store(fresh.path(), file, &scalar[..], password, None)?;
        }
        write_private(&fresh.path().join(CHAIN), issued.chain.to_pem().as_bytes())?;
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
        let path = self.dir.join(ACCOUNT);
        let keystore = self.read_keystore(&path)?;
        let address = keystore
            .address
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| KeyError::Damaged {
                path,
                problem: "it has no address".into(),
            })?;
        Ok(Account { address })
    }

    /// The certificates.
    pub fn chain(&self) -> Result<Chain, KeyError> {
        Ok(Chain::from_pem(&self.read(&self.dir.join(CHAIN))?)?)
    }

    /// What signs credentials and attestations.
    pub fn signer(&self, password: &Password) -> Result<Signer, KeyError> {
        let scalar = self.open(SIGNING, password)?;
        let key = p256::ecdsa::SigningKey::from_slice(&scalar).map_err(|_| KeyError::Mismatch)?;
        Signer::new(key, self.chain()?)
    }

    /// What signs intents.
    pub fn person(&self, password: &Password) -> Result<Person, KeyError> {
        let key = self.open(ACCOUNT, password)?;
        let key = PrivateKeySigner::from_slice(&key).map_err(|_| KeyError::Mismatch)?;
        if key.address() != self.account()?.address {
            return Err(KeyError::Mismatch);
        }
        Ok(Person(key))
    }

    fn open(&self, file: &str, password: &Password) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let path = self.dir.join(file);
        let keystore = self.read_keystore(&path)?;
        let damaged = |problem: String| KeyError::Damaged {
            path: path.clone(),
            problem,
        };
        // The library indexes what it decodes without looking.
        keystore
            .crypto
            .check()
            .map_err(|problem| damaged(problem.into()))?;
        match eth_keystore::decrypt_key(&path, password.0.as_bytes()) {
            Ok(key) => Ok(Zeroizing::new(key)),
            Err(eth_keystore::KeystoreError::MacMismatch) => Err(KeyError::WrongPassword {
                dir: self.dir.clone(),
            }),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    fn read_keystore(&self, path: &Path) -> Result<Keystore, KeyError> {
        serde_json::from_slice(&self.read(path)?).map_err(|error| KeyError::Damaged {
            path: path.to_owned(),
            problem: error.to_string(),
        })
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, KeyError> {
        fs::read(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => KeyError::Missing {
                dir: self.dir.clone(),
            },
            _ => KeyError::Io {
                verb: "read",
                path: path.to_owned(),
                source,
            },
        })
    }
}

/// An opened account: signs what its owner decides.
pub struct Person(PrivateKeySigner);

impl Person {
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
        let signature = self
            .0
            .sign_hash_sync(&hash)
            .map_err(|_| KeyError::Mismatch)?;
        Ok(SignedIntent {
            domain,
            intent,
            signer: self.0.address(),
            signature: Bytes::from(signature.as_bytes()),
            disclosed,
            options,
        })
    }
}

/// What of a keystore is looked at before the library opens it.
#[derive(Deserialize)]
struct Keystore {
    address: Option<String>,
    crypto: Crypto,
}

#[derive(Deserialize)]
struct Crypto {
    kdf: String,
    kdfparams: Value,
    ciphertext: String,
    cipherparams: CipherParams,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

impl Crypto {
    fn check(&self) -> Result<(), &'static str> {
        let number = |name: &str| self.kdfparams.get(name).and_then(Value::as_u64);
        if number("dklen") != Some(32)
            || self.ciphertext.len() != 64
            || self.cipherparams.iv.len() != 32
        {
            return Err("its lengths are not those of a 32-byte key");
        }
        if self.kdf == "scrypt" {
            let work = number("n")
                .zip(number("r"))
                .map(|(n, r)| n.saturating_mul(r));
            if !work.is_some_and(|work| (1..=SCRYPT_WORK_MAX).contains(&work))
                || number("n").is_none_or(|n| !n.is_power_of_two() || n < 2)
            {
                return Err("its scrypt parameters are out of bounds");
            }
        }
        Ok(())
    }
}

fn store(
    dir: &Path,
    file: &str,
    key: &[u8],
    password: &Password,
    address: Option<Address>,
) -> Result<(), KeyError> {
    let path = dir.join(file);
    let damaged = |problem: String| KeyError::Damaged {
        path: path.clone(),
        problem,
    };
    eth_keystore::encrypt_key(dir, &mut OsRng, key, password.0.as_bytes(), Some(file))
        .map_err(|error| damaged(error.to_string()))?;
    let written = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
    let mut keystore: Value =
        serde_json::from_slice(&written).map_err(|error| damaged(error.to_string()))?;
    if let (Some(address), Some(fields)) = (address, keystore.as_object_mut()) {
        fields.insert("address".into(), hex::encode(address).into());
    }
    fs::remove_file(&path).map_err(|error| damaged(error.to_string()))?;
    write_private(&path, keystore.to_string().as_bytes())
}

fn scalar_of(pkcs8: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let key = p256::SecretKey::from_pkcs8_der(pkcs8).ok()?;
    Some(Zeroizing::new(key.to_bytes().into()))
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|source| KeyError::Io {
            verb: "written",
            path: path.to_owned(),
            source,
        })
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
