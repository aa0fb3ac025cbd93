//! How long a PNG of 1 MiB takes to seal and to verify, and one of a run of 1,000 receipts with the run's attestation and
//! receipts beside it. Prints a line of JSON:
//! `cargo run --release -p daedal-provenance --example seal -- REPEAT`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)] // a measurement

use std::time::Instant;

use alloy_primitives::B256;
use daedal_core::intent::{Disclosure, Domain, Intent, IntentKind, SignedIntent};
use daedal_core::record::{RunHeader, RunRecord};
use daedal_core::{Digest, canonical};
use daedal_provenance::seal::{SealRequest, seal};
use daedal_provenance::verify::{Given, Recorded, verify};
use daedal_provenance::{Exit, attest};
// The run is the one of the tests, which names the crate's modules from inside.
use daedal_provenance::{keys, manifest, signer};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[path = "../src/fixtures.rs"]
#[allow(dead_code)]
mod fixtures;

fn main() {
    let repeat = std::env::args()
        .nth(1)
        .map_or(20, |text| text.parse().unwrap());
    let bytes = fixtures::png(600, 584, true);
    let record = fixtures::run_of(&bytes, "image/png", false);
    let license = fixtures::license();
    let digest = daedal_core::Digest::of(&bytes);
    let signer = &fixtures::studio().0;
    let sealing = || {
        // What the caller knows already: hashing the asset for it is not part of sealing.
        let content = manifest::Content {
            alt: None,
            digest,
            ..fixtures::content(&record, b"", "image/png", &license)
        };
        let bytes = &bytes;
        seal(&SealRequest { bytes, content }, signer).unwrap()
    };
    let sealed = sealing();
    let mut sealed_ms = Vec::new();
    let mut verified_ms = Vec::new();
    for _ in 0..repeat {
        let begun = Instant::now();
        std::hint::black_box(sealing());
        sealed_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let file = &sealed.file[..];
        let begun = Instant::now();
        std::hint::black_box(verify(&Given {
            file,
            ..Given::default()
        }));
        verified_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let (plain, with_intents) = (of_a_long_run(0, repeat), of_a_long_run(INTENTS, repeat));
    let line = serde_json::json!({
        "run_verified_ms": plain,
        "run_with_intents_verified_ms": with_intents,
        "intents": INTENTS,
        "site_verified_ms": of_a_site(repeat.div_ceil(20)),
        "bytes": bytes.len(),
        "added": sealed.file.len() - bytes.len(),
        "sealed_and_read_back_ms": sealed_ms,
        "verified_ms": verified_ms,
    });
    println!("{line}");
}

/// Intents of the run that has some.
const INTENTS: u64 = 100;
/// Receipts of a long run.
const RECEIPTS: usize = 1_000;

/// How long a small picture takes to verify, with all that a run of 1,000 receipts and so many intents left beside it.
fn of_a_long_run(intents: u64, repeat: usize) -> Vec<f64> {
    let bytes = fixtures::png(24, 18, true);
    let short = fixtures::run_of(&bytes, "image/png", false);
    let mut header = short.header.clone();
    let mut receipts = short.receipts.clone();
    let more = (receipts.len()..RECEIPTS).map(|at| {
        let index = u32::try_from(at).unwrap();
        fixtures::receipt("note", Some(index), &[], &[])
    });
    receipts.extend(more);
    let signed: Vec<_> = (0..intents)
        .map(|nonce| authorship(&header, nonce))
        .collect();
    header.intents = signed.iter().map(SignedIntent::name).collect();
    let record = RunRecord::close(header, short.inputs, short.parameters, receipts, signed);
    let license = fixtures::license();
    let content = fixtures::content(&record, &bytes, "image/png", &license);
    let signer = &fixtures::studio().0;
    let request = SealRequest {
        bytes: &bytes,
        content,
    };
    let sealed = seal(&request, signer).unwrap();
    let subject = attest::Subject::of("poster.png", Digest::of(&bytes), &sealed);
    let receipts = canonical::to_vec(&record);
    let attestation = attest::attest(record, &[subject], signer);
    let one = || {
        let begun = Instant::now();
        let attestation = Recorded::of(&attestation);
        let receipts = Recorded::beside(&receipts, Some(&attestation));
        let verdict = verify(&Given {
            file: &sealed.file,
            attestation: Some(&attestation),
            receipts: Some(&receipts),
            is_published: true,
            anchors: &[signer.chain().clone()],
            ..Given::default()
        });
        let ms = begun.elapsed().as_secs_f64() * 1_000.0;
        assert_eq!(verdict.exit, Exit::Fine, "{:?}", verdict.checks);
        ms
    };
    (0..repeat).map(|_| one()).collect()
}

/// How long all pictures of a run take to verify that made one in each of its 1,000 tasks, on every core, with its
/// attestation and receipts read once.
fn of_a_site(repeat: usize) -> Vec<f64> {
    let short = fixtures::run_of(b"", "image/png", false);
    let sizes = (0..RECEIPTS).map(|at| u32::try_from(at).unwrap());
    let pictures: Vec<Vec<u8>> = sizes
        .map(|at| fixtures::png(8 + at % 40, 8 + at / 40, true))
        .collect();
    let receipts = (0..).zip(&pictures).map(|(at, picture)| {
        let asset = fixtures::asset(picture, "image/png");
        fixtures::receipt("draw", Some(at), &[], &[&asset])
    });
    let receipts = receipts.collect();
    let record = RunRecord::close(
        short.header,
        short.inputs,
        short.parameters,
        receipts,
        Vec::new(),
    );
    let license = fixtures::license();
    let signer = &fixtures::studio().0;
    let sealed = pictures.iter().map(|bytes| {
        let content = fixtures::content(&record, bytes, "image/png", &license);
        seal(&SealRequest { bytes, content }, signer).unwrap()
    });
    let sealed: Vec<_> = sealed.collect();
    let subjects = pictures.iter().zip(&sealed).map(|(bytes, sealed)| {
        let digest = Digest::of(bytes);
        attest::Subject::of(&digest.to_string(), digest, sealed)
    });
    let subjects: Vec<_> = subjects.collect();
    let receipts = canonical::to_vec(&record);
    let attestation = attest::attest(record, &subjects, signer);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let anchors = [signer.chain().clone()];
    let one = || {
        let begun = Instant::now();
        let attestation = Recorded::of(&attestation);
        let receipts = Recorded::beside(&receipts, Some(&attestation));
        let fine = |file: &daedal_provenance::Sealed| {
            let verdict = verify(&Given {
                file: &file.file,
                attestation: Some(&attestation),
                receipts: Some(&receipts),
                is_published: true,
                anchors: &anchors,
                ..Given::default()
            });
            assert_eq!(verdict.exit, Exit::Fine, "{:?}", verdict.checks);
        };
        std::thread::scope(|scope| {
            for files in sealed.chunks(sealed.len().div_ceil(cores)) {
                scope.spawn(move || files.iter().for_each(fine));
            }
        });
        begun.elapsed().as_secs_f64() * 1_000.0
    };
    (0..repeat).map(|_| one()).collect()
}

fn authorship(header: &RunHeader, nonce: u64) -> SignedIntent {
    let disclosed = Disclosure::authorship(B256::repeat_byte(7), header.bundle);
    let intent = Intent {
        run: B256::ZERO,
        step: B256::ZERO,
        kind: IntentKind::Author,
        payload: disclosed.commitment(),
        seen: B256::ZERO,
        prev: B256::ZERO,
        nonce,
        at: header.started_ms / 1_000,
    };
    let person = &fixtures::studio().1;
    person
        .sign(Domain::default(), intent, Some(disclosed), Vec::new())
        .unwrap()
}
