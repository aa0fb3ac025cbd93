//! One key in a file: a Web3 keystore of version 3 (scrypt, AES-128-CTR, Keccak MAC).

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use aes::Aes128;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use alloy_primitives::{Address, keccak256};
use alloy_signer::k256::elliptic_curve::rand_core::{OsRng, RngCore as _};
use ctr::Ctr128BE;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::keys::{KeyError, PASSWORD_CHARS_MIN, Password};

/// Logarithm of scrypt's cost `n` of keystores that are written: 262,144, the standard cost of the format,
/// which geth takes too. It takes 256 MiB and most of a second, for us and for whoever guesses.
const SCRYPT_LOG_N: u8 = 18;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;

/// More work (`n * r * p`) than this is asked for only by a broken or hostile keystore: 1 GiB of memory, or four
/// times what is asked for by those that are written here.
const SCRYPT_WORK_MAX: u64 = 1 << 23;

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
        ErrorKind::NotFound => KeyError::Lost {
            path: path.to_owned(),
        },
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
            let factors = ["n", "r", "p"].map(number);
            let work = factors
                .into_iter()
                .try_fold(1, |work: u64, factor| Some(work.saturating_mul(factor?)));
            if !work.is_some_and(|work| (1..=SCRYPT_WORK_MAX).contains(&work))
                || number("n").is_none_or(|n| !n.is_power_of_two() || n < 2)
            {
                return Err("its scrypt parameters are out of bounds");
            }
        }
        Ok(())
    }
}

/// A password made ready to encrypt with. Keys that are written together share its salt, so that the work is
/// done once for all of them; each has an initialisation vector of its own.
pub(crate) struct Lock {
    salt: [u8; 32],
    key: Zeroizing<[u8; 32]>,
}

impl Lock {
    /// Makes a lock of a password, if it is worth the work.
    pub(crate) fn new(password: &Password) -> Result<Self, KeyError> {
        let length = password.0.chars().count();
        if length < PASSWORD_CHARS_MIN {
            return Err(KeyError::ShortPassword { length });
        }
        let mut lock = Self {
            salt: [0; 32],
            key: Zeroizing::default(),
        };
        OsRng.fill_bytes(&mut lock.salt);
        scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P)
            .map_err(|error| error.to_string())
            .and_then(|params| {
                let password = password.0.as_bytes();
                scrypt::scrypt(password, &lock.salt, &params, &mut lock.key[..])
                    .map_err(|error| error.to_string())
            })
            .map_err(|problem| KeyError::Derivation { problem })?;
        Ok(lock)
    }

    /// Writes a key under the password, for its owner only. `address` is noted for those who do not know it.
    pub(crate) fn store(
        &self,
        path: &Path,
        key: &[u8],
        address: Option<Address>,
    ) -> Result<(), KeyError> {
        let (mut iv, mut id) = ([0; 16], [0; 16]);
        OsRng.fill_bytes(&mut iv);
        OsRng.fill_bytes(&mut id);
        let (cipher_key, mac_key) = self.key.split_at(16);
        let mut ciphertext = key.to_vec();
        Ctr128BE::<Aes128>::new(cipher_key.into(), &iv.into()).apply_keystream(&mut ciphertext);
        let mac = keccak256([mac_key, &ciphertext].concat());
        let mut keystore = json!({
            "version": 3,
            "id": uuid(id),
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": { "iv": const_hex::encode(iv) },
                "ciphertext": const_hex::encode(ciphertext),
                "kdf": "scrypt",
                "kdfparams": {
                    "dklen": 32, "n": 1_u64 << SCRYPT_LOG_N, "p": SCRYPT_P, "r": SCRYPT_R,
                    "salt": const_hex::encode(self.salt),
                },
                "mac": const_hex::encode(mac),
            },
        });
        if let Some(address) = address {
            keystore["address"] = const_hex::encode(address).into();
        }
        write_private(path, keystore.to_string().as_bytes())
    }
}

/// A random UUID (version 4, RFC 9562).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = const_hex::encode(bytes);
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|part| &digits[part])
        .join("-")
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

fn folder(path: &Path) -> std::path::PathBuf {
    path.parent().unwrap_or(Path::new(".")).to_owned()
}
