//! How long a PNG of 1 MiB takes to seal and to verify. Prints a line of JSON:
//! `cargo run --release -p daedal-provenance --example seal -- REPEAT`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)] // a measurement

use std::time::Instant;

use daedal_provenance::seal::{SealRequest, seal};
use daedal_provenance::verify::{Given, verify};
// The run is the one of the tests, which names the crate's modules from inside.
use daedal_provenance::{keys, manifest, signer};

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
    let line = serde_json::json!({
        "bytes": bytes.len(),
        "added": sealed.file.len() - bytes.len(),
        "sealed_and_read_back_ms": sealed_ms,
        "verified_ms": verified_ms,
    });
    println!("{line}");
}
