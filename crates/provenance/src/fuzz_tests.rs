//! Files and records that were changed at random: verifying them never panics, never takes long, and never says "fine".
//!
//! `DAEDAL_FUZZ_SECONDS=600 cargo test --release -p daedal-provenance changed_at_random` goes on for so long, from the seed
//! `DAEDAL_FUZZ_SEED`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use daedal_core::canonical;
use image::ImageFormat;

use super::tests::{anchors, sealed_as};
use super::*;
use crate::attest::{Subject, attest};
use crate::collection;
use crate::fixtures::{gif, mp3, mp4, picture, png, studio, wav};

/// Changes in a test run by default.
const CHANGES: usize = 1_200;
/// Longest time for one file; a second is a thousand times what it takes.
const TOO_LONG: Duration = Duration::from_secs(5);

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// What is verified together; one of the parts is changed.
#[derive(Clone)]
struct Bundle {
    media_type: &'static str,
    /// File, sidecar, attestation, receipts.
    parts: [Option<Vec<u8>>; 4],
}

fn bundles() -> Vec<Bundle> {
    const SVG: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>"##;
    let kinds: [(&str, Vec<u8>); 10] = [
        ("image/png", png(24, 18, true)),
        ("image/jpeg", picture(ImageFormat::Jpeg)),
        ("image/webp", picture(ImageFormat::WebP)),
        ("image/gif", gif()),
        ("image/svg+xml", SVG.to_vec()),
        ("video/mp4", mp4()),
        ("audio/wav", wav()),
        ("audio/mpeg", mp3()),
        ("text/plain", b"the tide comes in".to_vec()),
        ("application/json", b"{\"tide\":\"in\"}".to_vec()),
    ];
    let bundle = |(media_type, bytes): (&'static str, Vec<u8>)| {
        let (sealed, record) = sealed_as(&bytes, media_type, true, |_| {});
        let subject = Subject::of("piece", Digest::of(&bytes), &sealed);
        let receipts = canonical::to_vec(&record);
        let attestation = attest(record, &[subject], &studio().0);
        let parts = [
            Some(sealed.file),
            sealed.sidecar,
            Some(attestation),
            Some(receipts),
        ];
        Bundle { media_type, parts }
    };
    kinds.into_iter().map(bundle).collect()
}

fn exit_of(bundle: &Bundle, anchors: &[Chain]) -> Exit {
    let [file, sidecar, attestation, receipts] = &bundle.parts;
    let recorded = |part: &Option<Vec<u8>>| part.as_deref().map(Recorded::of);
    let verdict = verify(&Given {
        file: file.as_deref().unwrap_or_default(),
        media_type: Some(bundle.media_type),
        sidecar: sidecar.as_deref(),
        attestation: recorded(attestation).as_ref(),
        receipts: recorded(receipts).as_ref(),
        is_published: true,
        anchors,
    });
    verdict.exit
}

/// One to four changes: bits, bytes cut out, put in or written over, words of JSON, an end that is missing.
fn change(bytes: &[u8], foreign: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let most = 1 << random.below(8);
        let length = 1 + random.below(most);
        let end = (at + length).min(bytes.len());
        let from = random.below(foreign.len());
        let piece = &foreign[from..(from + length).min(foreign.len())];
        match random.below(8) {
            0..3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            3 => drop(bytes.drain(at..end)),
            4 => drop(bytes.splice(at..at, piece.iter().copied())),
            5 => drop(bytes.splice(at..end, piece.iter().copied())),
            6 => {
                let word = [
                    &b"null"[..],
                    b"-1",
                    b"1e999",
                    b"{}",
                    b"[]",
                    b"\"\"",
                    b"\xff\xff\xff\xff",
                ];
                let word = word[random.below(word.len())];
                drop(bytes.splice(at..end, word.iter().copied()));
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

#[test]
fn whatever_was_changed_at_random_is_never_fine() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seconds = number("DAEDAL_FUZZ_SECONDS");
    let seed = number("DAEDAL_FUZZ_SEED").unwrap_or(20_261_129);
    let (bundles, anchors) = (bundles(), anchors());
    for bundle in &bundles {
        assert_eq!(
            exit_of(bundle, &anchors),
            Exit::Fine,
            "{}",
            bundle.media_type
        );
    }
    let mut random = Random(seed);
    let (begun, mut count) = (Instant::now(), 0);
    while match seconds {
        Some(seconds) => begun.elapsed() < Duration::from_secs(seconds),
        None => count < CHANGES,
    } {
        let whole = &bundles[random.below(bundles.len())];
        let foreign = &bundles[random.below(bundles.len())];
        let part = random.below(4);
        let (Some(bytes), Some(other)) = (&whole.parts[part], &foreign.parts[part]) else {
            continue;
        };
        let changed = change(bytes, other, &mut random);
        if changed == *bytes {
            continue;
        }
        count += 1;
        let mut bent = whole.clone();
        bent.parts[part] = Some(changed);
        let what = format!(
            "change {count} of seed {seed}: part {part} of {}",
            whole.media_type
        );
        let since = Instant::now();
        let exit = catch_unwind(AssertUnwindSafe(|| exit_of(&bent, &anchors)));
        assert!(
            since.elapsed() < TOO_LONG,
            "{what} took {:?}",
            since.elapsed()
        );
        match exit {
            Ok(exit) => assert_ne!(exit, Exit::Fine, "{what} was not noticed"),
            Err(_) => panic!("{what} brought it down"),
        }
    }
    println!("{count} changes in {:?}, each noticed", begun.elapsed());
}

#[test]
fn archives_that_were_changed_at_random_are_never_fine() {
    let mut random = Random(7);
    let (archive, own) = collection::tests::archive();
    for count in 0..200 {
        let changed = change(&archive, &archive, &mut random);
        if changed == archive {
            continue;
        }
        let mut found = collection::verify(&changed, &own);
        if found.record.is_some() {
            found.judge_assets();
        }
        assert_ne!(found.verdict.exit, Exit::Fine, "change {count}");
    }
}
