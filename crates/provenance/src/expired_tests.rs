//! Certificates out of their time.

use daedal_core::Digest;
use p256::pkcs8::DecodePrivateKey as _;

use crate::attest::{Subject, attest};
use crate::chain::{Chain, issue};
use crate::fixtures::{NOW_MS, content, license, png, run_of, studio};
use crate::manifest::{Ingredient, Relation};
use crate::seal::{SealRequest, seal, written};
use crate::signer::Signer;
use crate::verdict::{Exit, Outcome, Verdict};
use crate::verify::{Given, Recorded, verify};

/// Signs as the library does, but without asking whether the certificate counts today: the library itself won't.
struct Unasked(Signer);

impl c2pa::Signer for Unasked {
    /// COSE_Sign1 (RFC 9052) with the headers that [`Signer`] reserves room for.
    fn sign(&self, claim: &[u8]) -> c2pa::Result<Vec<u8>> {
        let string = |bytes: &[u8]| {
            let length = u16::try_from(bytes.len()).unwrap();
            let head = match length {
                0..24 => vec![0x40 | length as u8],
                24..256 => vec![0x58, length as u8],
                _ => [&[0x59], &length.to_be_bytes()[..]].concat(),
            };
            [&head[..], bytes].concat()
        };
        let ders = self.0.chain().carried();
        let mut protected = vec![0xa2, 0x01, 0x26, 0x18, 0x21];
        if ders.len() > 1 {
            protected.push(0x80 | ders.len() as u8);
        }
        protected.extend(ders.iter().flat_map(|der| string(der)));
        let protected = string(&protected);
        let label = [&[0x6a], &b"Signature1"[..]].concat();
        let claim = match u32::try_from(claim.len()).unwrap() {
            0..65_536 => string(claim),
            length => [&[0x5a], &length.to_be_bytes()[..], claim].concat(),
        };
        let signed = [&[0x84], &label[..], &protected, &[0x40], &claim].concat();
        let signature = string(&self.0.sign(&signed));
        Ok([&[0xd2, 0x84], &protected[..], &[0xa0, 0xf6], &signature].concat())
    }

    fn alg(&self) -> c2pa::SigningAlg {
        c2pa::SigningAlg::Es256
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.0.chain().carried().to_vec())
    }

    fn reserve_size(&self) -> usize {
        c2pa::Signer::reserve_size(&self.0)
    }

    fn direct_cose_handling(&self) -> bool {
        true
    }
}

/// What signs by certificates that were issued then.
fn signer_of(issued_ms: u64) -> Signer {
    let issued = issue("Ada", issued_ms).unwrap();
    let key = p256::ecdsa::SigningKey::from_pkcs8_der(&issued.signing_key).unwrap();
    Signer::new(key, issued.chain).unwrap()
}

/// A picture that a studio sealed whose certificates were issued then.
fn sealed_then(issued_ms: u64) -> Vec<u8> {
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", true);
    let license = license();
    let request = SealRequest {
        bytes: &bytes,
        content: content(&record, &bytes, "image/png", &license),
    };
    let sealed = written(&request, &Unasked(signer_of(issued_ms)));
    sealed.unwrap().file
}

/// The verdict on what a studio sealed whose certificates were issued then; its authority is recognised.
fn sealed_by_certificates_of(issued_ms: u64) -> Verdict {
    let signer = signer_of(issued_ms);
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", true);
    let license = license();
    let request = SealRequest {
        bytes: &bytes,
        content: content(&record, &bytes, "image/png", &license),
    };
    assert!(seal(&request, &signer).is_err(), "nobody seals with it");
    let authority = signer.chain().anchor_pem();
    let sealed = written(&request, &Unasked(signer)).unwrap();
    verify(&Given {
        file: &sealed.file,
        anchors: &[Chain::from_pem(authority.as_bytes()).unwrap()],
        ..Given::default()
    })
}

#[test]
fn a_certificate_out_of_its_time_counts_for_nobody_and_the_file_is_whole() {
    const YEAR_MS: u64 = 365 * 86_400_000;
    for (issued_ms, said) in [
        (0, " expired on "),
        (NOW_MS + 30 * YEAR_MS, " is not valid before "),
    ] {
        let verdict = sealed_by_certificates_of(issued_ms);
        assert_eq!(verdict.exit, Exit::Untrusted, "{:#?}", verdict.checks);
        assert!(verdict.signer.as_ref().unwrap().expired);
        for check in &verdict.checks {
            let failed = check.outcome == Outcome::Failed;
            assert_eq!(failed, check.name == "signer", "{check:?}");
        }
        let mut checks = verdict.checks.iter();
        let told = checks.find(|check| check.name == "signer").unwrap();
        assert!(told.detail.contains(said), "{}", told.detail);
    }
}

#[test]
fn an_attestation_counts_by_a_certificate_of_today_and_says_where_it_is_another_than_the_credentials()
 {
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", true);
    let license = license();
    let request = SealRequest {
        bytes: &bytes,
        content: content(&record, &bytes, "image/png", &license),
    };
    let sealed = seal(&request, &studio().0).unwrap();
    for (issued_ms, exit) in [
        (None, Exit::Fine),
        (Some(NOW_MS), Exit::Fine),
        (Some(0), Exit::Untrusted),
    ] {
        let other = issued_ms.map(signer_of);
        let signer = other.as_ref().unwrap_or(&studio().0);
        let subject = Subject::of("poster.png", Digest::of(&bytes), &sealed);
        let verdict = verify(&Given {
            file: &sealed.file,
            attestation: Some(&Recorded::of(&attest(record.clone(), &[subject], signer))),
            anchors: &[studio().0.chain().clone(), signer.chain().clone()],
            ..Given::default()
        });
        assert_eq!(verdict.exit, exit, "{:#?}", verdict.checks);
        let mut checks = verdict.checks.iter();
        let told = checks.find(|check| check.name == "attestation").unwrap();
        let is_another = signer.chain() != studio().0.chain();
        assert_eq!(
            told.detail.contains("another certificate"),
            is_another,
            "{}",
            told.detail
        );
    }
}

#[test]
fn what_came_with_an_expired_certificate_is_whole_and_so_it_is_told() {
    let theirs = sealed_then(0);
    let part = Ingredient {
        title: "a photograph".into(),
        media_type: "image/png".into(),
        digest: Digest::of(&theirs),
        bytes: Some(theirs),
        beside: None,
        relation: Relation::Parent,
    };
    let bytes = png(20, 20, false);
    let record = run_of(&bytes, "image/png", true);
    let license = license();
    let mut content = content(&record, &bytes, "image/png", &license);
    let parts = [part];
    content.ingredients = &parts;
    let request = SealRequest {
        bytes: &bytes,
        content,
    };
    let sealed = seal(&request, &studio().0).unwrap();
    let verdict = verify(&Given {
        file: &sealed.file,
        ..Given::default()
    });
    let own = verdict.ingredients[0].credential.as_ref().unwrap();
    assert!(own.expired && own.faults.is_empty(), "{own:?}");
    let mut checks = verdict.checks.iter();
    let told = checks.find(|check| check.name == "made of").unwrap();
    assert_eq!(told.outcome, Outcome::Passed);
    assert!(told.detail.contains("had expired"), "{}", told.detail);
}
