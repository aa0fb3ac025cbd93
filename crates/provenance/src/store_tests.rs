use std::io::Write as _;

use super::*;
use crate::fixtures::{content, license, mp4, run_of, studio};
use crate::seal::{SealRequest, seal};
use crate::{Exit, Given, verify};

const TEXT: &[u8] = b"Low tide.";
/// A string of 16 GiB.
const LONG: [u8; 9] = [0x5b, 0, 0, 0, 4, 0, 0, 0, 0];

fn sidecar() -> Vec<u8> {
    let record = run_of(TEXT, "text/plain", false);
    let license = license();
    let content = content(&record, TEXT, "text/plain", &license);
    let request = SealRequest {
        bytes: TEXT,
        content,
    };
    seal(&request, &studio().0).unwrap().sidecar.unwrap()
}

fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 8).unwrap();
    [&length.to_be_bytes()[..], kind, payload].concat()
}

fn told(result: c2pa::Result<()>) -> String {
    result.unwrap_err().to_string()
}

/// Writes over the beginning of what the assertion of this label holds.
fn overwritten(store: &[u8], label: &str, with: &[u8]) -> Vec<u8> {
    let mut store = store.to_vec();
    let find = |store: &[u8], from: usize, what: &[u8]| {
        let mut found = store[from..].windows(what.len());
        from + found.position(|bytes| bytes == what).unwrap()
    };
    let label = find(&store, 0, format!("{label}\0").as_bytes());
    let content = find(&store, label, b"cbor") + 4;
    store[content..content + with.len()].copy_from_slice(with);
    store
}

#[test]
fn what_says_that_it_is_longer_than_it_is_takes_no_memory() {
    let store = sidecar();
    check(&store).unwrap();
    for head in [
        &LONG[..],
        &[0x7a, 0xff, 0xff, 0xff, 0xff],
        &[0x9a, 0xff, 0xff, 0xff, 0xff],
    ] {
        for label in ["org.daedal.intent", "c2pa.actions.v2", "c2pa.hash.data"] {
            let bent = overwritten(&store, label, head);
            assert_eq!(told(check(&bent)), "a part of it is longer than it is");
            let verdict = verify(&Given {
                file: TEXT,
                media_type: Some("text/plain"),
                sidecar: Some(&bent),
                ..Given::default()
            });
            assert_eq!(verdict.exit, Exit::Tampered);
            let [check] = &verdict.checks[..] else {
                panic!("{:#?}", verdict.checks)
            };
            assert_eq!(
                check.detail,
                "it can't be read: a part of it is longer than it is"
            );
        }
    }
}

#[test]
fn what_is_packed_is_looked_over_and_stays_small() {
    let packed = |bytes: &[u8]| {
        let mut packed = Vec::new();
        let mut writer = brotli::CompressorWriter::new(&mut packed, 4_096, 5, 22);
        writer.write_all(bytes).unwrap();
        drop(writer);
        boxed(b"jumb", &boxed(b"brob", &packed))
    };
    check(&packed(&boxed(b"jumb", &boxed(b"cbor", b"\x01")))).unwrap();
    let long = packed(&boxed(b"jumb", &boxed(b"cbor", &LONG)));
    assert_eq!(told(check(&long)), "a part of it is longer than it is");
    let zeros = vec![0; 9 << 20];
    let large = told(check(&packed(&boxed(b"jumb", &boxed(b"cbor", &zeros)))));
    assert_eq!(large, "its manifests are more than 8 MiB once unpacked");
}

#[test]
fn a_film_of_very_many_boxes_is_not_read() {
    let free = boxed(b"free", &[]);
    film(&[mp4(), free.repeat(9_000)].concat()).unwrap();
    let many = free.repeat(10_000);
    for film in [
        [mp4(), many.clone()].concat(),
        [mp4(), boxed(b"moov", &boxed(b"udta", &many))].concat(),
        [mp4(), boxed(b"meta", &[&[0, 0, 0, 1][..], &many].concat())].concat(),
    ] {
        let verdict = verify(&Given {
            file: &film,
            ..Given::default()
        });
        assert_eq!(verdict.exit, Exit::Incomplete);
        assert!(verdict.checks[0].detail.contains("more than 10000 boxes"));
    }
    let hashes = [&FILM_CREDENTIAL[..], b"\0\0\0\0merkle\0", &LONG].concat();
    let film = [mp4(), boxed(b"uuid", &hashes)].concat();
    assert_eq!(
        of("video/mp4", &film).unwrap_err().to_string(),
        "a part of it is longer than it is"
    );
}
