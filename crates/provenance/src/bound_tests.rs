use std::iter::once;

use c2pa::assertions::DataHash;
use c2pa::jumbf_io::save_jumbf_to_memory;
use c2pa::{HashRange, Signer as _};
use daedal_core::Digest;
use image::ImageFormat;

use super::*;
use crate::fixtures::{content, gif, license, mp3, mp4, picture, run_of, studio, wav};
use crate::seal::{SealRequest, builder, seal};
use crate::verdict::{Exit, Outcome, Verdict};
use crate::verify::{Given, verify};
use crate::xmp;

const SVG: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="#123"/></svg>"##;

fn verdict(media_type: &str, file: &[u8], sidecar: Option<&[u8]>) -> Verdict {
    verify(&Given {
        file,
        media_type: Some(media_type),
        sidecar,
        ..Given::default()
    })
}

fn failed(verdict: &Verdict) -> Vec<&'static str> {
    let checks = verdict.checks.iter();
    let failed = checks.filter(|check| check.outcome == Outcome::Failed);
    failed.map(|check| check.name).collect()
}

/// Where the credential starts and ends in a file, whatever else is said of it.
fn place(format: &str, file: &[u8], store: &[u8]) -> Range<usize> {
    let within = match format {
        "image/svg+xml" => BASE64.encode(store).into_bytes(),
        "image/gif" => gif_block(store),
        "audio/mpeg" => store.to_vec(),
        _ => return place_of_credential(format, file).unwrap(),
    };
    let mut found = file.windows(within.len());
    let start = found.position(|bytes| bytes == within).unwrap();
    start..start + within.len()
}

/// A file whose credential leaves out `left_out` of it, given its own place and the length of the file.
fn leaving_out(
    media_type: &str,
    bytes: &[u8],
    left_out: impl Fn(Range<usize>, usize) -> Vec<Range<usize>>,
) -> Vec<u8> {
    let record = run_of(bytes, media_type, false);
    let license = license();
    let content = content(&record, bytes, media_type, &license);
    let mut builder = builder(&content).unwrap();
    let signer = &studio().0;
    let store = builder.data_hashed_placeholder(signer.reserve_size(), "application/c2pa");
    let store = store.unwrap();
    let bytes = xmp::put(bytes, &content);
    let file = save_jumbf_to_memory(media_type, &bytes, &store).unwrap();
    let left_out = left_out(place(media_type, &file, &store), file.len());
    let mut hash = DataHash::new("jumbf manifest", "sha256");
    let mut bound = Vec::new();
    let mut from = 0;
    for own in &left_out {
        hash.add_exclusion(HashRange::new(own.start as u64, own.len() as u64));
        bound.extend_from_slice(&file[from..own.start]);
        from = own.end;
    }
    bound.extend_from_slice(&file[from..]);
    hash.set_hash(Digest::of(&bound).0.to_vec());
    let signed = builder.sign_data_hashed_embeddable(signer, &hash, "application/c2pa");
    let signed = signed.unwrap();
    assert_eq!(signed.len(), store.len());
    save_jumbf_to_memory(media_type, &bytes, &signed).unwrap()
}

fn formats() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("image/png", picture(ImageFormat::Png)),
        ("image/jpeg", picture(ImageFormat::Jpeg)),
        ("image/webp", picture(ImageFormat::WebP)),
        ("image/svg+xml", SVG.to_vec()),
        ("image/gif", gif()),
        ("audio/wav", wav()),
        ("audio/mpeg", mp3()),
        ("video/mp4", mp4()),
        ("text/plain", b"Low tide.".to_vec()),
    ]
}

#[test]
fn what_is_sealed_binds_all_but_the_credential_however_large_that_is() {
    for (media_type, bytes) in formats() {
        // Over one segment of a JPEG (64 KiB), of even and odd length.
        for length in [6, 7, 70_000, 70_001] {
            let title = "x".repeat(length);
            let record = run_of(&bytes, media_type, false);
            let license = license();
            let mut content = content(&record, &bytes, media_type, &license);
            content.title = &title;
            let bytes = &bytes;
            let sealed = seal(&SealRequest { bytes, content }, &studio().0).unwrap();
            let verdict = verdict(media_type, &sealed.file, sealed.sidecar.as_deref());
            assert_eq!(
                verdict.exit,
                Exit::Untrusted,
                "{media_type}: {:#?}",
                verdict.checks
            );
        }
    }
}

#[test]
fn bytes_that_a_credential_leaves_out_besides_its_own_are_tampering() {
    for (media_type, bytes) in formats() {
        if ["video/mp4", "text/plain"].contains(&media_type) {
            continue;
        }
        // The same way to forge one gives one that holds.
        let just = leaving_out(media_type, &bytes, |place, _| vec![place]);
        assert_eq!(
            failed(&verdict(media_type, &just, None)),
            ["signer"],
            "{media_type}"
        );
        type LeftOut = fn(Range<usize>, usize) -> Vec<Range<usize>>;
        let wider: [LeftOut; 5] = [
            |place, length| once(place.start..length).collect(),
            |place, _| once(place.start - 1..place.end).collect(),
            |place, _| once(place.start..place.end + 2).collect(),
            |place, length| vec![place, length - 9..length - 8],
            |place, _| vec![8..9, place],
        ];
        for (number, left_out) in wider.iter().enumerate() {
            // A credential at the end of a file has nothing after it.
            let is_at_end = ["image/webp", "audio/wav"].contains(&media_type);
            if is_at_end && [0, 2, 3].contains(&number) {
                continue;
            }
            let file = leaving_out(media_type, &bytes, left_out);
            let told = verdict(media_type, &file, None);
            assert_eq!(told.exit, Exit::Tampered, "{media_type} {number}");
            // The library takes it, and so would the digest of the file without its credential.
            assert_eq!(failed(&told), ["signer", "form"], "{media_type} {number}");
        }
    }
}

#[test]
fn a_credential_beside_a_file_leaves_out_nothing() {
    let text = b"Low tide at four, high tide at ten.";
    let record = run_of(text, "text/plain", false);
    let license = license();
    let content = content(&record, text, "text/plain", &license);
    let signer = &studio().0;
    for (left_out, fails) in [(None, "signer"), (Some(0..8), "form")] {
        let mut builder = builder(&content).unwrap();
        let mut hash = DataHash::new("jumbf manifest", "sha256");
        if let Some(own) = &left_out {
            hash.add_exclusion(HashRange::new(own.start, own.end - own.start));
        }
        let from = left_out.map_or(0, |own: Range<u64>| own.end as usize);
        hash.set_hash(Digest::of(&text[from..]).0.to_vec());
        let _ = builder.data_hashed_placeholder(signer.reserve_size(), "application/c2pa");
        let sidecar = builder.sign_data_hashed_embeddable(signer, &hash, "application/c2pa");
        let told = verdict("text/plain", text, Some(&sidecar.unwrap()));
        assert!(failed(&told).contains(&fails), "{:#?}", told.checks);
    }
}

#[test]
fn an_archive_is_bound_from_its_first_byte_to_its_last() {
    let files = [("readme.txt".to_owned(), b"Low tide.".to_vec())];
    let bytes = crate::archive::pack(&files.into()).unwrap();
    let record = run_of(&bytes, "application/zip", false);
    let license = license();
    let content = content(&record, &bytes, "application/zip", &license);
    let bytes = &bytes[..];
    let sealed = seal(&SealRequest { bytes, content }, &studio().0).unwrap();
    let exit = |file: &[u8]| verdict("application/zip", file, sealed.sidecar.as_deref()).exit;
    assert_eq!(exit(bytes), Exit::Untrusted);
    assert_eq!(exit(&[b"#!/bin/sh\n", bytes].concat()), Exit::Tampered);
    assert_eq!(exit(&[bytes, b"more"].concat()), Exit::Tampered);
    // One that somebody put inside binds files alone.
    let store = sealed.sidecar.as_deref().unwrap();
    let inside = save_jumbf_to_memory("zip", bytes, store).unwrap();
    assert_eq!(
        verdict("application/zip", &inside, None).exit,
        Exit::Tampered
    );
}

#[test]
fn a_film_leaves_out_boxes_that_it_has_to_and_no_part_of_what_is_shown() {
    let credential = serde_json::json!({
        "xpath": "/uuid", "data": [{ "offset": 8, "value": BASE64.encode(FILM_CREDENTIAL) }],
    });
    let other = serde_json::json!({ "xpath": "/uuid", "data": [{ "offset": 8, "value": "AA==" }] });
    let plain = |xpath: &str| serde_json::json!({ "xpath": xpath });
    let any = plain("/uuid");
    let subset = serde_json::json!({ "xpath": "/ftyp", "subset": [{ "offset": 8, "length": 4 }] });
    for (excluded, holds) in [
        (
            vec![credential.clone(), plain("/ftyp"), plain("/mfra")],
            true,
        ),
        (vec![credential.clone(), plain("/mdat")], false),
        (vec![credential.clone(), plain("/moov")], false),
        (vec![any], false),
        (vec![other], false),
        (vec![credential, subset], false),
    ] {
        let binding = serde_json::json!({ "exclusions": excluded, "hash": [], "alg": "sha256" });
        let told = film(binding.as_object().unwrap());
        assert_eq!(told.is_ok(), holds, "{told:?}");
    }
    let parts = serde_json::json!({ "exclusions": [], "merkle": [] });
    assert!(film(parts.as_object().unwrap()).is_err());
}
