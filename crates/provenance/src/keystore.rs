//! One key in a file: a Web3 keystore of version 3 (scrypt, AES-128-CTR, Keccak MAC).

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use alloy_primitives::Address;
use alloy_signer::k256::elliptic_curve::rand_core::OsRng;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::keys::{KeyError, Password};

/// More work than this is asked for only by a broken or hostile keystore (1 GiB of memory).
const SCRYPT_WORK_MAX: u64 = 1 << 20;

/// Opens a key with its password.
pub(crate) fn open(path: &Path, password: &Password) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let damaged = |problem: String| KeyError::Damaged {
        path: path.to_owned(),
        problem,
    };
    // The library indexes what it decodes without looking.
    parse(path)?
        .crypto
        .check()
        .map_err(|problem| damaged(problem.into()))?;
    match eth_keystore::decrypt_key(path, password.0.as_bytes()) {
        Ok(key) => Ok(Zeroizing::new(key)),
        Err(eth_keystore::KeystoreError::MacMismatch) => {
            Err(KeyError::WrongPassword { dir: folder(path) })
        }
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// The address that a keystore notes; no password is needed to know it.
pub(crate) fn address(path: &Path) -> Result<Address, KeyError> {
    let address = parse(path)?.address;
    let address = address.and_then(|text| text.parse().ok());
    address.ok_or_else(|| KeyError::Damaged {
        path: path.to_owned(),
        problem: "it has no address".into(),
    })
}

/// The bytes of a file of keys.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    fs::read(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => KeyError::Missing { dir: folder(path) },
        _ => KeyError::Io {
            verb: "read",
            path: path.to_owned(),
            source,
        },
    })
}

fn parse(path: &Path) -> Result<Keystore, KeyError> {
    serde_json::from_slice(&read(path)?).map_err(|error| KeyError::Damaged {
        path: path.to_owned(),
        problem: error.to_string(),
    })
}

fn folder(path: &Path) -> std::path::PathBuf {
    path.parent().unwrap_or(Path::new(".")).to_owned()
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

/// Writes a key under a password, for its owner only. `address` is noted for those who do not know it.
pub(crate) fn store(
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

/// Writes a new file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
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
