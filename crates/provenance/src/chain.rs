//! Certificates: a studio's own authority with one signing certificate under it, or a chain that
//! somebody else issued.

use std::time::{SystemTime, UNIX_EPOCH};

use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use x509_parser::prelude::{FromDer as _, Pem, X509Certificate};

use crate::path::{self, PathFault};
use crate::when::civil;

const DAY_MS: u64 = 86_400_000;
/// Certificates outlive what they sign: without a time stamp they are judged by today's date.
const YEARS: u64 = 40;
const NAME_CHARS_MAX: usize = 48;

/// Certificates from the signing one up to the authority, each in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Vec<Vec<u8>>);

/// Why a chain is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No certificate was found.
    #[error("there is no certificate in it: expected PEM, signing certificate first")]
    Empty,
    /// A certificate can't be read.
    #[error("certificate {number} can't be read: {problem}")]
    Unreadable {
        /// Place in the chain, from 1.
        number: usize,
        /// What the parser says.
        problem: String,
    },
    /// The key isn't on the curve that credentials are signed with.
    #[error("the signing certificate has no P-256 key: credentials are signed with ES256")]
    Algorithm,
    /// Certificates can't be made.
    #[error("certificates can't be made: {problem}")]
    Make {
        /// What the library says.
        problem: String,
    },
}

/// A fresh authority and a signing certificate under it.
pub struct Issued {
    /// Signing certificate and authority.
    pub chain: Chain,
    /// PKCS #8 of the signing key.
    pub signing_key: zeroize::Zeroizing<Vec<u8>>,
    /// PKCS #8 of the authority's key.
    pub authority_key: zeroize::Zeroizing<Vec<u8>>,
}

/// Makes an authority and a signing certificate for the studio called `name`.
pub fn issue(name: &str, now_ms: u64) -> Result<Issued, ChainError> {
    let make = |error: rcgen::Error| ChainError::Make {
        problem: error.to_string(),
    };
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    let params = |role: &str| -> Result<CertificateParams, ChainError> {
        let mut params = CertificateParams::new(Vec::new()).map_err(make)?;
        let (year, month, day) = civil((now_ms / DAY_MS).saturating_sub(1));
        let date = |year: u64| {
            // Within a byte by construction; February 29 has no anniversary in most years.
            let (month, day) = (month as u8, day.min(28) as u8);
            rcgen::date_time_ymd(i32::try_from(year).unwrap_or(i32::MAX), month, day)
        };
        params.not_before = date(year);
        params.not_after = date(year + YEARS);
        params.distinguished_name.remove(DnType::CommonName);
        params
            .distinguished_name
            .push(DnType::OrganizationName, name.as_str());
        params
            .distinguished_name
            .push(DnType::CommonName, format!("{name} {role}"));
        Ok(params)
    };
    let authority_key = KeyPair::generate().map_err(make)?;
    let authority_der = authority_key.serialize_der().into();
    let mut authority = params("Authority")?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, authority_key).map_err(make)?;

    let signing_key = KeyPair::generate().map_err(make)?;
    let mut leaf = params("Studio")?;
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    let leaf = leaf.signed_by(&signing_key, &authority).map_err(make)?;
    Ok(Issued {
        chain: Chain(vec![leaf.der().to_vec(), authority.der().to_vec()]),
        signing_key: signing_key.serialize_der().into(),
        authority_key: authority_der,
    })
}

impl Chain {
    /// Reads PEM, signing certificate first.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ChainError> {
        let mut ders = Vec::new();
        for (number, block) in Pem::iter_from_buffer(pem).enumerate() {
            let block = block.map_err(|error| ChainError::Unreadable {
                number: number + 1,
                problem: error.to_string(),
            })?;
            ders.push(block.contents);
        }
        Self::from_ders(ders)
    }

    /// Reads DER, signing certificate first.
    pub fn from_ders(ders: Vec<Vec<u8>>) -> Result<Self, ChainError> {
        for (number, der) in ders.iter().enumerate() {
            X509Certificate::from_der(der).map_err(|error| ChainError::Unreadable {
                number: number + 1,
                problem: error.to_string(),
            })?;
        }
        let chain = Self(ders);
        chain.verifying_key()?;
        Ok(chain)
    }

    /// The chain as PEM, signing certificate first.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.iter().map(|der| pem_of(der)).collect()
    }

    /// The last certificate as PEM: what somebody who trusts this studio adds to their anchors.
    #[must_use]
    pub fn anchor_pem(&self) -> String {
        self.0.last().map(|der| pem_of(der)).unwrap_or_default()
    }

    /// The certificates in DER, signing certificate first.
    #[must_use]
    pub fn ders(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// The certificates that travel with a signature: all but an authority that vouches for itself, which whoever
    /// trusts it has already (RFC 9360, section 2).
    #[must_use]
    pub fn carried(&self) -> &[Vec<u8>] {
        let vouches_for_itself = |der: &Vec<u8>| {
            X509Certificate::from_der(der)
                .is_ok_and(|(_, certificate)| certificate.issuer() == certificate.subject())
        };
        match self.0.split_last() {
            Some((last, rest)) if !rest.is_empty() && vouches_for_itself(last) => rest,
            _ => &self.0,
        }
    }

    /// The key that signatures of this chain are checked with.
    pub fn verifying_key(&self) -> Result<VerifyingKey, ChainError> {
        let leaf = self.0.first().ok_or(ChainError::Empty)?;
        key_of(leaf).ok_or(ChainError::Algorithm)
    }

    /// Common name of the signing certificate.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        let (_, certificate) = X509Certificate::from_der(self.0.first()?).ok()?;
        let name = certificate.subject().iter_common_name().next()?;
        Some(name.as_str().ok()?.to_owned())
    }

    /// The moment at which the signing certificate expires, in milliseconds since 1970.
    #[must_use]
    pub fn ends_ms(&self) -> Option<u64> {
        let (_, certificate) = X509Certificate::from_der(self.0.first()?).ok()?;
        let seconds = certificate.validity().not_after.timestamp();
        u64::try_from(seconds).ok()?.checked_mul(1_000)
    }

    /// The moment from which on the signing certificate counts, in milliseconds since 1970.
    #[must_use]
    pub fn begins_ms(&self) -> Option<u64> {
        let (_, certificate) = X509Certificate::from_der(self.0.first()?).ok()?;
        let seconds = certificate.validity().not_before.timestamp();
        u64::try_from(seconds).ok()?.checked_mul(1_000)
    }

    /// Whether it is recognised by these `anchors` today: [`Self::path_fault`] finds nothing.
    #[must_use]
    pub fn leads_to(&self, anchors: &[Self]) -> bool {
        self.path_fault(anchors).is_none()
    }

    /// What keeps it from being recognised by these `anchors` today. Each certificate has to be valid, the first one
    /// for signing files, and to have been issued by one that may. Authorities among the anchors are trusted with what
    /// they issue, other certificates with themselves alone.
    #[must_use]
    pub fn path_fault(&self, anchors: &[Self]) -> Option<PathFault> {
        path::fault(self, anchors, now_ms())
    }

    /// The certificates of `chains` as PEM: those of authorities, and the others.
    pub(crate) fn authorities_and_signers(chains: &[Self]) -> (String, String) {
        let ders = chains.iter().flat_map(|chain| &chain.0);
        let (authorities, signers): (Vec<_>, Vec<_>) =
            ders.partition(|der| path::is_authority(der));
        let pem = |ders: Vec<&Vec<u8>>| ders.into_iter().map(|der| pem_of(der)).collect();
        (pem(authorities), pem(signers))
    }
}

/// The clock of this machine, in milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

fn key_of(der: &[u8]) -> Option<VerifyingKey> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    VerifyingKey::from_public_key_der(certificate.public_key().raw).ok()
}

fn pem_of(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
impl Issued {
    pub(crate) fn signing_key_pem(&self) -> zeroize::Zeroizing<String> {
        use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
        let key = p256::SecretKey::from_pkcs8_der(&self.signing_key).unwrap();
        key.to_pkcs8_pem(p256::pkcs8::LineEnding::LF).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_772_323_200_000; // 2026-03-01, so that validity begins on February 28.

    #[test]
    fn an_issued_chain_leads_to_its_own_authority_and_to_no_other() {
        let own = issue("Ada's Studio", NOW_MS).unwrap();
        let other = issue("Ada's Studio", NOW_MS).unwrap();
        let anchor = |issued: &Issued| Chain(vec![issued.chain.0[1].clone()]);
        assert!(own.chain.leads_to(&[anchor(&own)]));
        assert!(own.chain.leads_to(&[anchor(&other), anchor(&own)]));
        assert!(!own.chain.leads_to(&[anchor(&other)]));
        assert!(!own.chain.leads_to(&[]));
        let mixed = Chain(vec![own.chain.0[0].clone(), other.chain.0[1].clone()]);
        assert!(!mixed.leads_to(&[anchor(&other)]));
        // A signing certificate is no authority.
        let leaf_only = Chain(vec![own.chain.0[0].clone()]);
        assert!(leaf_only.leads_to(&[anchor(&own)]));
        assert!(!Chain(vec![own.chain.0[1].clone()]).leads_to(&[leaf_only]));
        assert_eq!(own.chain.common_name().unwrap(), "Ada's Studio Studio");
    }

    #[test]
    fn pem_is_read_as_it_was_written() {
        let chain = issue("Ada", NOW_MS).unwrap().chain;
        assert_eq!(Chain::from_pem(chain.to_pem().as_bytes()), Ok(chain));
        assert_eq!(Chain::from_pem(b"nothing"), Err(ChainError::Empty));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            Chain::from_pem(broken),
            Err(ChainError::Unreadable { number: 1, .. })
        ));
    }
}
