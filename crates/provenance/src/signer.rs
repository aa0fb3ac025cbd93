//! The one key that signs credentials and attestations: ES256 with its certificates.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;

use crate::chain::Chain;
use crate::keys::KeyError;

/// A P-256 key with the certificates that vouch for it.
pub struct Signer {
    key: SigningKey,
    chain: Chain,
}

impl Signer {
    pub(crate) fn new(key: SigningKey, chain: Chain) -> Result<Self, KeyError> {
        if chain.verifying_key()? != *key.verifying_key() {
            return Err(KeyError::Mismatch);
        }
        Ok(Self { key, chain })
    }

    /// A chain (signing certificate first) and key (PKCS #8) that somebody else issued, both PEM.
    pub fn from_pem(chain: &[u8], key: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(key).map_err(|_| KeyError::Unreadable)?;
        Self::new(key, Chain::from_pem(chain)?)
    }

    /// The certificates.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// `r ‖ s`, 64 bytes, `s` in the lower half, so that a signature has one form only.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.key.sign(message);
        let signature = signature.normalize_s().unwrap_or(signature);
        signature.to_bytes().into()
    }
}

impl Signer {
    /// The same signature in DER (RFC 3279).
    #[must_use]
    pub fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        let signature = signature.normalize_s().unwrap_or(signature);
        signature.to_der().as_bytes().to_vec()
    }
}

impl c2pa::Signer for Signer {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        Ok(Self::sign(self, data).to_vec())
    }

    fn alg(&self) -> c2pa::SigningAlg {
        c2pa::SigningAlg::Es256
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.chain.carried().to_vec())
    }

    /// The exact size of the COSE structure (RFC 9052), so that nothing is padded: tag, array, protected
    /// header {alg, x5chain}, empty unprotected header, no payload, 64 bytes of signature.
    fn reserve_size(&self) -> usize {
        let string = |length: usize| length + head(length);
        let ders = self.chain.carried();
        let chain: usize = ders.iter().map(|der| string(der.len())).sum();
        let array = if ders.len() == 1 { 0 } else { head(ders.len()) };
        let protected = 1 + 2 + 2 + array + chain;
        1 + 1 + string(protected) + 1 + 1 + string(64)
    }
}

/// Bytes before a CBOR string or array of this length.
const fn head(length: usize) -> usize {
    match length {
        0..24 => 1,
        24..256 => 2,
        256..65_536 => 3,
        _ => 5,
    }
}
