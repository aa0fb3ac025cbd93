use ciborium::Value;
use daedal_core::Digest;

use super::{link, manifest};
use crate::Exit;
use crate::fixtures::{content, license, png, run_of, studio};
use crate::manifest::{Ingredient, Relation};
use crate::seal::{SealRequest, Sealed, seal};
use crate::verify::{Given, verify};

fn sealed(bytes: &[u8], media_type: &str, ingredients: &[Ingredient]) -> Sealed {
    let record = run_of(bytes, media_type, false);
    let license = license();
    let mut content = content(&record, bytes, media_type, &license);
    content.ingredients = ingredients;
    seal(&SealRequest { bytes, content }, &studio().0).unwrap()
}

fn exit_of(file: &[u8], sidecar: &[u8]) -> Exit {
    verify(&Given {
        file,
        media_type: Some("text/plain"),
        sidecar: Some(sidecar),
        ..Given::default()
    })
    .exit
}

#[test]
fn every_changed_bit_of_how_boxes_are_described_is_caught() {
    // One that brings a credential of its own.
    let picture = png(9, 9, false);
    let theirs = sealed(&picture, "image/png", &[]);
    let ingredients = [Ingredient {
        title: "a reference".into(),
        media_type: "image/png".into(),
        digest: Digest::of(&theirs.file),
        bytes: Some(theirs.file),
        beside: None,
        relation: Relation::Input,
    }];
    let text = b"Low tide.";
    let sealed = sealed(text, "text/plain", &ingredients);
    let mut sidecar = sealed.sidecar.unwrap();
    assert_eq!(exit_of(text, &sidecar), Exit::Untrusted);
    let places: Vec<usize> = (0..sidecar.len() - 4)
        .filter(|at| &sidecar[*at..*at + 4] == b"jumd")
        .collect();
    assert!(places.len() > 16, "{} boxes", places.len());
    let mut passed = Vec::new();
    for (at, bit) in places
        .iter()
        .flat_map(|at| (4..21).map(move |byte| at + byte))
        .flat_map(|at| (0..8).map(move |bit| (at, bit)))
    {
        sidecar[at] ^= 1 << bit;
        let exit = exit_of(text, &sidecar);
        if !matches!(exit, Exit::Tampered | Exit::Incomplete) {
            passed.push((at, bit));
        }
        sidecar[at] ^= 1 << bit;
    }
    assert_eq!(passed, []);
}

/// A box of this kind with this payload.
fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 8).unwrap();
    [&length.to_be_bytes()[..], kind, payload].concat()
}

#[test]
fn nothing_can_be_put_beside_the_manifests() {
    let text = b"Low tide.";
    let sidecar = sealed(text, "text/plain", &[]).sidecar.unwrap();
    assert_eq!(exit_of(text, &sidecar), Exit::Untrusted);
    let size = |at: usize| u32::from_be_bytes(sidecar[at..at + 4].try_into().unwrap()) as usize;
    let first = 8 + size(8);
    let manifest = &sidecar[first..first + size(first)];
    let described = |word: &[u8; 4], label: &str| {
        let tail = [0, 0x11, 0, 0x10, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
        boxed(
            b"jumd",
            &[word, &tail[..], &[3], label.as_bytes(), &[0]].concat(),
        )
    };
    let stray = [described(b"json", "evil"), boxed(b"json", b"{}")].concat();
    let nameless = [
        described(b"c2ma", "urn:c2pa:stranger"),
        boxed(b"cbor", b"x"),
    ]
    .concat();
    for put in [
        boxed(b"jumb", &stray),
        boxed(b"jumb", &nameless),
        manifest.to_vec(),
    ] {
        let inner = [&sidecar[8..first], &put, &sidecar[first..]].concat();
        assert_eq!(exit_of(text, &boxed(b"jumb", &inner)), Exit::Tampered);
    }
}

#[test]
fn a_manifest_is_linked_by_its_hash_and_not_by_its_name() {
    let text = |text: &str| Value::Text(text.to_owned());
    let url = || (text("url"), text("self#jumbf=/c2pa/urn:c2pa:theirs"));
    let hash = |bytes: &[u8]| (text("hash"), Value::Bytes(bytes.to_vec()));
    for (name, named, holds) in [
        ("activeManifest", vec![url(), hash(&[7; 32])], true),
        ("c2pa_manifest", vec![url(), hash(&[7; 32])], true),
        ("activeManifest", vec![url()], false),
        ("activeManifest", vec![url(), hash(&[])], false),
        ("claimSignature", vec![url(), hash(&[7; 32])], false),
    ] {
        let ingredient = Value::Map(vec![(text(name), Value::Map(named))]);
        let place = holds.then(|| b"urn:c2pa:theirs".to_vec());
        assert_eq!(link(&ingredient), place, "{ingredient:?}");
    }
}

#[test]
fn a_manifest_that_is_only_mentioned_is_tampering() {
    // The store of a file with a part that has a credential, which nothing links any more: another assertion names it.
    let picture = png(9, 9, false);
    let theirs = sealed(&picture, "image/png", &[]);
    let ingredients = [Ingredient {
        title: "a reference".into(),
        media_type: "image/png".into(),
        digest: Digest::of(&theirs.file),
        bytes: Some(theirs.file),
        beside: None,
        relation: Relation::Input,
    }];
    let sidecar = sealed(b"Low tide.", "text/plain", &ingredients).sidecar;
    let mut sidecar = sidecar.unwrap();
    manifest(&sidecar).unwrap();
    let label = b"c2pa.ingredient.v3\0";
    let mut found = sidecar.windows(label.len());
    let at = found.position(|bytes| bytes == label).unwrap();
    sidecar[at..at + 18].copy_from_slice(b"c2pa.mentioned.v33");
    assert_eq!(
        manifest(&sidecar).unwrap_err(),
        "nothing links one of the manifests with its hash"
    );
}

#[test]
fn changed_characters_of_a_drawings_manifest_are_tampering() {
    let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>"#;
    let mut file = sealed(drawing, "image/svg+xml", &[]).file;
    let exit = |file: &[u8]| {
        verify(&Given {
            file,
            media_type: Some("image/svg+xml"),
            ..Given::default()
        })
        .exit
    };
    assert_eq!(exit(&file), Exit::Untrusted);
    let text = String::from_utf8(file.clone()).unwrap();
    let tag = text.find("<c2pa:manifest").unwrap();
    let begin = tag + text[tag..].find('>').unwrap() + 1;
    let end = text.find("</c2pa:manifest>").unwrap();
    assert!(end - begin > 1_000, "{} characters", end - begin);
    let mut passed = Vec::new();
    // The last characters may hold bits that stand for nothing.
    for at in (begin..end - 8).step_by(53) {
        let was = file[at];
        for now in [b'{', if was == b'A' { b'B' } else { b'A' }] {
            file[at] = now;
            if exit(&file) != Exit::Tampered {
                passed.push((at, char::from(now)));
            }
        }
        file[at] = was;
    }
    assert_eq!(passed, []);
}
