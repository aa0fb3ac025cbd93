//! Whether a signing certificate leads to an authority that is recognised (RFC 5280, section 6; nothing is asked
//! about revocation).
//!
//! The way is found by webpki: signatures, names and their constraints, who may issue, how far, what for, and until
//! when. It leaves out what browsers do: key usage, and the limits of the authority itself.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, VerifiedPath,
    anchor_from_trusted_cert, ring,
};
use x509_parser::prelude::{FromDer as _, KeyUsage, X509Certificate};

use crate::chain::Chain;

/// Why a chain is not recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It leads to nobody that is known here.
    #[error("nobody here knows who issued it")]
    Unknown,
    /// A certificate for signing files signed another one.
    #[error("it was issued with a certificate that is no authority's")]
    NoAuthority,
    /// There are more authorities on the way than the first of them allows.
    #[error("there are more authorities in between than one of them allows")]
    TooLong,
    /// One of the certificates is out of its time.
    #[error("its certificate, or one on the way to its authority, is not valid today")]
    Expired,
    /// The certificate is for something else.
    #[error("its certificate is not one for signing files")]
    Purpose,
    /// One of the certificates is signed in a way that does not count.
    #[error(
        "one of its certificates is signed in a way that does not count here: what counts is ECDSA on P-256 or P-384 with \
         SHA-256 or SHA-384, Ed25519, and RSA of 2048 bits or more with SHA-256, SHA-384 or SHA-512"
    )]
    Algorithm,
    /// Something else.
    #[error("its certificates do not stand")]
    Broken,
}

/// How certificates may be signed, as [`PathFault::Algorithm`] says; no SHA-1.
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// What a certificate has to be for (C2PA 2.2, 14.5.1): e-mail, documents (RFC 9336), C2PA, Microsoft's C2PA.
const PURPOSES: [KeyPurposeId<'static>; 4] = [
    KeyPurposeId::new(&[0x2b, 6, 1, 5, 5, 7, 3, 4]),
    KeyPurposeId::new(&[0x2b, 6, 1, 5, 5, 7, 3, 36]),
    KeyPurposeId::new(&[0x2b, 6, 1, 4, 1, 0x83, 0xe8, 0x5e, 2, 1]),
    KeyPurposeId::new(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x4c, 0x3b, 1, 9]),
];

/// Authorities say what they issue for, or nothing; that the signing certificate does is looked at apart.
struct Signing;

impl ExtendedKeyUsageValidator for Signing {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut none = true;
        for purpose in purposes {
            none = false;
            if PURPOSES.contains(&purpose?) {
                return Ok(());
            }
        }
        match none {
            true => Ok(()),
            false => Err(Error::EmptyEkuExtension),
        }
    }
}

/// Whether a certificate is one that issues others.
pub(crate) fn is_authority(der: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return false;
    };
    certificate.is_ca() && may(&certificate, KeyUsage::key_cert_sign)
}

/// Whether a certificate says nothing of what its key is for, or that it is for this.
fn may(certificate: &X509Certificate<'_>, what: impl Fn(&KeyUsage) -> bool) -> bool {
    match certificate.key_usage() {
        Ok(usage) => usage.is_none_or(|usage| what(usage.value)),
        Err(_) => false,
    }
}

/// What keeps a chain from being recognised by these `anchors`. Of what they are made of, authorities are trusted
/// with what they issue, other certificates with themselves alone.
pub(crate) fn fault(chain: &Chain, anchors: &[Chain], now_ms: u64) -> Option<PathFault> {
    let Some((leaf, others)) = chain.ders().split_first() else {
        return Some(PathFault::Broken);
    };
    let anchors: Vec<&[u8]> = anchors
        .iter()
        .flat_map(Chain::ders)
        .map(Vec::as_slice)
        .collect();
    if let Err(fault) = signing(leaf, now_ms) {
        return Some(fault);
    }
    if anchors.contains(&&leaf[..]) {
        return None;
    }
    let authorities: Vec<Authority<'_>> = anchors
        .iter()
        .filter_map(|der| Authority::of(der))
        .collect();
    let trusted: Vec<TrustAnchor<'_>> = authorities.iter().map(|own| own.anchor.clone()).collect();
    let others: Vec<CertificateDer<'_>> = others
        .iter()
        .map(|der| CertificateDer::from(&der[..]))
        .collect();
    let leaf = CertificateDer::from(&leaf[..]);
    let Ok(leaf) = EndEntityCert::try_from(&leaf) else {
        return Some(PathFault::Broken);
    };
    let limits = |path: &VerifiedPath<'_>| limits(path, &authorities, now_ms);
    let time = UnixTime::since_unix_epoch(Duration::from_millis(now_ms));
    let found = leaf.verify_for_usage(
        ALGORITHMS,
        &trusted,
        &others,
        time,
        Signing,
        None,
        Some(&limits),
    );
    match found {
        Ok(_) => None,
        Err(Error::UnknownIssuer | Error::InvalidSignatureForPublicKey) => Some(PathFault::Unknown),
        Err(Error::EndEntityUsedAsCa) => Some(PathFault::NoAuthority),
        Err(Error::PathLenConstraintViolated) => Some(PathFault::TooLong),
        Err(Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => Some(PathFault::Expired),
        Err(Error::EmptyEkuExtension) => Some(PathFault::Purpose),
        Err(
            Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_),
        ) => Some(PathFault::Algorithm),
        Err(_) => Some(PathFault::Broken),
    }
}

/// Checks a signing certificate by itself.
fn signing(der: &[u8], now_ms: u64) -> Result<(), PathFault> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| PathFault::Broken)?;
    if !is_valid(&certificate, now_ms) {
        return Err(PathFault::Expired);
    }
    let named = matches!(certificate.extended_key_usage(), Ok(Some(_)));
    let signs =
        matches!(certificate.key_usage(), Ok(Some(usage)) if usage.value.digital_signature());
    match named && signs && !certificate.is_ca() && is_for_signing(&certificate) {
        true => Ok(()),
        false => Err(PathFault::Purpose),
    }
}

fn is_for_signing(certificate: &X509Certificate<'_>) -> bool {
    let Ok(Some(purposes)) = certificate.extended_key_usage() else {
        return false;
    };
    let mut others = purposes.value.other.iter();
    purposes.value.email_protection
        || others.any(|other| PURPOSES.contains(&KeyPurposeId::new(other.as_bytes())))
}

fn is_valid(certificate: &X509Certificate<'_>, now_ms: u64) -> bool {
    let now = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    validity.not_before.timestamp() <= now && now <= validity.not_after.timestamp()
}

/// Somebody who is trusted to issue.
struct Authority<'a> {
    der: &'a [u8],
    anchor: TrustAnchor<'a>,
}

impl<'a> Authority<'a> {
    fn of(der: &'a [u8]) -> Option<Self> {
        let anchor = anchor_from_trusted_cert(&CertificateDer::from(der))
            .ok()?
            .to_owned();
        is_authority(der).then_some(Self { der, anchor })
    }
}

/// Checks what webpki leaves out: that those in between may issue, and that the authority may for so many, for files, and
/// today.
fn limits(
    path: &VerifiedPath<'_>,
    authorities: &[Authority<'_>],
    now_ms: u64,
) -> Result<(), Error> {
    let mut between = 0;
    for own in path.intermediate_certificates() {
        if !is_authority(&own.der()) {
            return Err(Error::EndEntityUsedAsCa);
        }
        // One that an authority issued to itself does not count (RFC 5280, 4.2.1.9).
        between += u32::from(own.issuer() != own.subject());
    }
    let mut fault = Error::UnknownIssuer;
    // Certificates of one name and key differ in their limits.
    for own in authorities
        .iter()
        .filter(|own| own.anchor == *path.anchor())
    {
        let Ok((_, certificate)) = X509Certificate::from_der(own.der) else {
            continue;
        };
        let constraints = certificate.basic_constraints().ok().flatten();
        let most = constraints.and_then(|constraints| constraints.value.path_len_constraint);
        let says_purposes = !matches!(certificate.extended_key_usage(), Ok(None));
        if most.is_some_and(|most| between > most) {
            fault = Error::PathLenConstraintViolated;
        } else if says_purposes && !is_for_signing(&certificate) {
            fault = Error::EmptyEkuExtension;
        } else if !is_valid(&certificate, now_ms) {
            let time = UnixTime::since_unix_epoch(Duration::ZERO);
            fault = Error::CertNotValidYet {
                time,
                not_before: time,
            };
        } else {
            return Ok(());
        }
    }
    Err(fault)
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
