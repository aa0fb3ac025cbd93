use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::*;
use crate::attest::{Subject, attest};
use crate::chain::now_ms;
use crate::fixtures::{content, license, png, run_of};
use crate::seal::{SealRequest, written};
use crate::signer::Signer;
use crate::verdict::{Exit, Verdict};
use crate::verify::{Given, Recorded, verify};
use daedal_core::Digest;

/// A certificate with its key.
struct Party {
    params: CertificateParams,
    key: KeyPair,
    der: Vec<u8>,
}

impl Party {
    fn new(name: &str, by: Option<&Self>, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2049, 1, 1);
        params.distinguished_name.push(DnType::CommonName, name);
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Press");
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let issued = match by {
            None => params.self_signed(&key),
            Some(by) => {
                // Whoever has a key can sign with it what it is not for.
                let mut own = by.params.clone();
                own.key_usages.clear();
                params.signed_by(&key, &Issuer::from_params(&own, &by.key))
            }
        };
        let der = issued.unwrap().der().to_vec();
        Self { params, key, der }
    }

    fn authority(
        name: &str,
        by: Option<&Self>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        Self::new(name, by, |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            change(params);
        })
    }

    fn signing(name: &str, by: &Self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::new(name, Some(by), |params| {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
            change(params);
        })
    }

    fn alone(&self) -> Chain {
        Chain::from_ders(vec![self.der.clone()]).unwrap()
    }

    /// What signs with this key, and carries these certificates after its own.
    fn signer(&self, others: &[&Self]) -> Signer {
        let ders = [&[self][..], others].concat();
        let ders = ders.into_iter().map(|party| party.der.clone()).collect();
        let pem = Chain::from_ders(ders).unwrap().to_pem();
        Signer::from_pem(pem.as_bytes(), &self.key.serialize_pem()).unwrap()
    }
}

fn plain(_: &mut CertificateParams) {}

fn expired(params: &mut CertificateParams) {
    params.not_after = rcgen::date_time_ymd(2022, 1, 1);
}

fn at_most(between: u8) -> impl Fn(&mut CertificateParams) {
    move |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(between))
}

fn found(signing: &Party, others: &[&Party], anchors: &[&Party]) -> Option<PathFault> {
    let anchors: Vec<Chain> = anchors.iter().map(|anchor| anchor.alone()).collect();
    fault(signing.signer(others).chain(), &anchors, now_ms())
}

#[test]
fn a_certificate_leads_to_its_authority_over_those_that_may_issue() {
    let root = Party::authority("Root", None, plain);
    let between = Party::authority("Between", Some(&root), at_most(0));
    let leaf = Party::signing("Leaf", &between, plain);
    assert_eq!(found(&leaf, &[&between], &[&root]), None);
    assert_eq!(found(&leaf, &[&between, &root], &[&root]), None);
    assert_eq!(found(&leaf, &[], &[&between]), None);
    assert_eq!(found(&leaf, &[], &[&leaf]), None);
    let unknown = Some(PathFault::Unknown);
    assert_eq!(found(&leaf, &[], &[&root]), unknown);
    assert_eq!(found(&leaf, &[&between], &[]), unknown);
    let namesake = Party::authority("Root", None, plain);
    assert_eq!(found(&leaf, &[&between], &[&namesake]), unknown);
    assert_eq!(found(&leaf, &[&between], &[&namesake, &root]), None);
}

#[test]
fn an_authority_for_something_else_is_none_for_files() {
    for (purpose, holds) in [
        (
            ExtendedKeyUsagePurpose::ServerAuth,
            Some(PathFault::Purpose),
        ),
        (ExtendedKeyUsagePurpose::EmailProtection, None),
    ] {
        let root = Party::authority("Root", None, |params| {
            params.extended_key_usages = vec![purpose.clone()];
        });
        let leaf = Party::signing("Leaf", &root, plain);
        assert_eq!(found(&leaf, &[], &[&root]), holds);
    }
}

#[test]
fn how_certificates_may_be_signed_is_told() {
    let root = Party::authority("Root", None, plain);
    let mut leaf = Party::signing("Leaf", &root, plain);
    // ECDSA with SHA-256, and with SHA-512.
    let oid = |last: u8| [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last];
    for at in 0..leaf.der.len() - 8 {
        if leaf.der[at..at + 8] == oid(2) {
            leaf.der[at..at + 8].copy_from_slice(&oid(4));
        }
    }
    let told = fault(&leaf.alone(), &[root.alone()], now_ms());
    assert_eq!(told, Some(PathFault::Algorithm));
}

#[test]
fn a_signing_certificate_is_nobodys_authority() {
    let root = Party::authority("Root", None, plain);
    let leaf = Party::signing("Leaf", &root, plain);
    let other = Party::signing("Reuters Newsroom", &leaf, plain);
    for others in [&[&leaf][..], &[&leaf, &root]] {
        assert_eq!(
            found(&other, others, &[&root]),
            Some(PathFault::NoAuthority)
        );
    }
    assert!(found(&other, &[], &[&leaf]).is_some());
    assert!(found(&other, &[&leaf], &[&leaf]).is_some());
    // An authority that may sign lists and no certificates.
    let lists = Party::authority("Lists", Some(&root), |params| {
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    let other = Party::signing("Reuters Newsroom", &lists, plain);
    assert_eq!(
        found(&other, &[&lists], &[&root]),
        Some(PathFault::NoAuthority)
    );
    assert!(found(&other, &[], &[&lists]).is_some());
}

#[test]
fn every_certificate_keeps_its_time_and_the_number_of_those_below() {
    let narrow = Party::authority("Narrow", None, at_most(0));
    let between = Party::authority("Between", Some(&narrow), plain);
    let leaf = Party::signing("Leaf", &between, plain);
    assert_eq!(
        found(&leaf, &[&between], &[&narrow]),
        Some(PathFault::TooLong)
    );
    let out = Some(PathFault::Expired);
    let root = Party::authority("Root", None, plain);
    let between = Party::authority("Between", Some(&root), expired);
    let leaf = Party::signing("Leaf", &between, plain);
    assert_eq!(found(&leaf, &[&between], &[&root]), out);
    let root = Party::authority("Root", None, expired);
    let leaf = Party::signing("Leaf", &root, plain);
    assert_eq!(found(&leaf, &[], &[&root]), out);
    let root = Party::authority("Root", None, plain);
    let leaf = Party::signing("Leaf", &root, expired);
    assert_eq!(found(&leaf, &[], &[&root]), out);
    assert_eq!(found(&leaf, &[], &[&leaf]), out);
}

#[test]
fn a_certificate_for_something_else_signs_nothing() {
    let root = Party::authority("Root", None, plain);
    let server = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    let encrypts = |params: &mut CertificateParams| {
        params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    };
    let no_purpose = |params: &mut CertificateParams| params.extended_key_usages.clear();
    let wrong = Some(PathFault::Purpose);
    for leaf in [
        Party::signing("www.example.com", &root, server),
        Party::signing("Leaf", &root, encrypts),
        Party::signing("Leaf", &root, no_purpose),
    ] {
        assert_eq!(found(&leaf, &[], &[&root]), wrong);
        assert_eq!(found(&leaf, &[], &[&leaf]), wrong);
    }
    assert_eq!(found(&root, &[], &[&root]), wrong);
    let servers = Party::authority("Servers", Some(&root), server);
    let leaf = Party::signing("Leaf", &servers, plain);
    assert_eq!(found(&leaf, &[&servers], &[&root]), wrong);
}

/// The verdict on a picture with this credential and attestation.
fn verdict(sealed_by: &Signer, attested_by: &Signer, anchors: &[&Party]) -> Verdict {
    let bytes = png(9, 9, false);
    let record = run_of(&bytes, "image/png", false);
    let license = license();
    let request = SealRequest {
        bytes: &bytes,
        content: content(&record, &bytes, "image/png", &license),
    };
    let sealed = written(&request, sealed_by).unwrap();
    let subject = Subject::of("poster.png", Digest::of(&bytes), &sealed);
    let anchors: Vec<Chain> = anchors.iter().map(|anchor| anchor.alone()).collect();
    verify(&Given {
        file: &sealed.file,
        attestation: Some(&Recorded::of(&attest(record, &[subject], attested_by))),
        anchors: &anchors,
        ..Given::default()
    })
}

#[test]
fn neither_a_credential_nor_an_attestation_counts_by_a_certificate_that_does_not() {
    let root = Party::authority("Root", None, plain);
    let leaf = Party::signing("Leaf", &root, plain);
    let own = leaf.signer(&[&root]);
    assert_eq!(verdict(&own, &own, &[&root]).exit, Exit::Fine);
    // Trusted as itself.
    assert_eq!(verdict(&own, &own, &[&leaf]).exit, Exit::Fine);

    let newsroom = Party::signing("Reuters Newsroom", &leaf, plain);
    let stranger = Party::signing("Stranger", &Party::authority("Root", None, plain), plain);
    let stranger = stranger.signer(&[]);
    for (forged, anchor) in [
        (newsroom.signer(&[&leaf]), &root),
        (newsroom.signer(&[&leaf, &root]), &root),
        (newsroom.signer(&[&leaf]), &leaf),
        (newsroom.signer(&[]), &leaf),
    ] {
        for (sealed_by, attested_by) in [(&forged, &own), (&own, &forged)] {
            let told = verdict(sealed_by, attested_by, &[anchor]);
            assert_eq!(told.exit, Exit::Untrusted, "{:#?}", told.checks);
        }
        let told = verdict(&forged, &own, &[anchor]);
        assert!(!told.signer.unwrap().trusted);
    }
    assert_eq!(verdict(&stranger, &own, &[&root]).exit, Exit::Untrusted);

    let server = Party::signing("www.example.com", &root, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let told = verdict(&own, &server.signer(&[&root]), &[&root]);
    assert_eq!(told.exit, Exit::Untrusted, "{:#?}", told.checks);

    let between = Party::authority("Between", Some(&root), expired);
    let leaf = Party::signing("Leaf", &between, plain);
    let told = verdict(&leaf.signer(&[&between]), &own, &[&root]);
    assert_eq!(told.exit, Exit::Untrusted, "{:#?}", told.checks);
}
