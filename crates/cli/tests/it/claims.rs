//! What `daedal verify` does not take at somebody's word: anchors by others, what lies around files, what can be done
//! again.

use alloy_primitives::{Address, Bytes, keccak256};
use alloy_signer::k256::ecdsa::SigningKey;
use daedal_chain::proof::AnchorProof;

use crate::studio::{Studio, files_below};
use crate::token::{posters, registered, released};

/// The place of the only anchor beside a file, and what it says.
fn anchor(studio: &Studio) -> (String, AnchorProof) {
    let files = files_below(&studio.path().join("site/media/tide"));
    let mut anchors = files
        .iter()
        .filter(|(name, _)| name.ends_with(".anchor.json"));
    let (name, bytes) = anchors.next().unwrap();
    let place = format!("site/media/tide/{name}");
    (place, AnchorProof::read(bytes).unwrap())
}

/// A list in RLP.
fn list(payload: &[u8]) -> Vec<u8> {
    let length = u64::try_from(payload.len()).unwrap().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    match payload.len() {
        short @ 0..56 => [&[0xc0 + short as u8], payload].concat(),
        _ => [&[0xf7 + length.len() as u8], &length[..], payload].concat(),
    }
}

/// Bytes of the head and of all of the item in RLP that `bytes` begin with.
fn item(bytes: &[u8]) -> (usize, usize) {
    let long = |number: u8| {
        let number = usize::from(number);
        let length = bytes[1..=number].iter();
        let length = length.fold(0, |length, byte| length << 8 | usize::from(*byte));
        (1 + number, 1 + number + length)
    };
    match bytes[0] {
        0..0x80 => (0, 1),
        head @ 0x80..0xb8 => (1, 1 + usize::from(head - 0x80)),
        head @ 0xb8..0xc0 => long(head - 0xb7),
        head @ 0xc0..0xf8 => (1, 1 + usize::from(head - 0xc0)),
        head => long(head - 0xf7),
    }
}

/// The same transaction (EIP-1559), signed by another key.
fn signed_by(key: &SigningKey, raw: &[u8]) -> Vec<u8> {
    assert_eq!(raw[0], 2, "an EIP-1559 transaction");
    let fields = &raw[1 + item(&raw[1..]).0..];
    // All but the signature: chain, nonce, two fees, gas, to, value, data, access list.
    let end = (0..9).fold(0, |at, _| at + item(&fields[at..]).1);
    let unsigned = [&[2], &list(&fields[..end])[..]].concat();
    let hash = keccak256(unsigned);
    let (signature, parity) = key.sign_prehash_recoverable(hash.as_slice()).unwrap();
    let number = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect();
        match bytes[..] {
            [] => vec![0x80],
            [small] if small < 0x80 => vec![small],
            _ => [&[0x80 + bytes.len() as u8], &bytes[..]].concat(),
        }
    };
    let (r, s) = (signature.r().to_bytes(), signature.s().to_bytes());
    let signed = [number(&[parity.to_byte()]), number(&r), number(&s)].concat();
    [&[2], &list(&[&fields[..end], &signed].concat())[..]].concat()
}

#[test]
fn an_anchor_without_its_block_or_by_somebody_else_is_no_more_than_a_claim() {
    let studio = registered();
    released(&studio);
    let poster = posters(&studio)[0].clone();
    let fine = studio.daedal(&["verify", &poster]).ends(0).out;
    assert!(fine.contains("as the credential says"), "{fine}");
    // A block's number and time are told as somebody's word: no key keeps anyone from writing its header.
    assert!(
        fine.contains("; said to be in block ") && fine.contains("anybody can write the header"),
        "{fine}"
    );
    let (place, honest) = anchor(&studio);
    let mut headless = honest.clone();
    headless.block.receipt = None;
    studio.write(&place, headless.to_bytes());
    let told = studio.daedal(&["verify", &poster]).ends(12).out;
    assert!(
        told.contains("nothing shows block and date: --rpc asks a node"),
        "{told}"
    );
    let mut foreign = honest.clone();
    let key = SigningKey::from_slice(&[9; 32]).unwrap();
    let raw = signed_by(&key, &honest.transaction.raw);
    foreign.by = Address::from_private_key(&key);
    foreign.transaction.hash = keccak256(&raw);
    foreign.transaction.raw = Bytes::from(raw);
    let fault = foreign.check().unwrap_err().to_string();
    assert!(fault.contains("did not anchor the root"), "{fault}");
    foreign.block.receipt = None;
    assert_eq!(foreign.check(), Ok(()), "by itself it stands");
    studio.write(&place, foreign.to_bytes());
    let told = studio.daedal(&["verify", &poster]).ends(12).out;
    assert!(
        told.contains("it was sent by") && told.contains("by the credential"),
        "{told}"
    );
    studio.write(&place, honest.to_bytes());
    studio.daedal(&["verify", &poster]).ends(0);
    // An archive tells the same of every asset of it.
    studio
        .daedal(&["export", "latest", "-o", "run.zip"])
        .ends(0);
    let told = studio.daedal(&["verify", "run.zip"]).ends(0).out;
    assert!(told.contains("oversight   "), "{told}");
}

fn tide() -> Studio {
    let studio = Studio::tide();
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio
}

/// Files of the site of this kind, as they lie in it.
fn published(studio: &Studio, end: &str) -> Vec<String> {
    let files = files_below(&studio.path().join("site/media/tide"));
    let names = files.into_keys().filter(|name| name.ends_with(end));
    names
        .map(|name| format!("site/media/tide/{name}"))
        .collect()
}

#[test]
fn what_no_signature_covers_is_told_and_not_counted_as_covered() {
    let studio = tide();
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    assert!(
        told.contains("2 of 2 files fine; 2 more are credentials and records"),
        "{told}"
    );
    assert!(told.contains("not covered by any signature: "), "{told}");
    assert!(!told.contains("says nothing of a file here"), "{told}");
    // A page that somebody wrote otherwise, a picture that nobody shows, the record of no run.
    studio.write("site/index.html", "<p>Buy these elsewhere");
    let told = studio.daedal(&["verify", "site"]).ends(0).out;
    let edited = "written by another version of daedal: index.html";
    assert!(told.contains(edited), "{told}");
    studio.write("site/media/tide/steps/fake.png", "not one of them");
    studio.write("site/media/tide/0123456789abcdef.receipts.json", "{}");
    let told = studio.daedal(&["verify", "site"]).ends(13).out;
    for said in [
        edited,
        "says nothing of a file here",
        "media/tide/0123456789abcdef.receipts.json",
        "incomplete  media/tide/steps/fake.png",
        "2 of 4 files fine; 2 more are credentials and records",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
}

#[test]
fn a_site_that_has_lost_what_its_records_name_is_incomplete() {
    let studio = tide();
    let small = published(&studio, "");
    let mut small = small.iter().filter(|name| name.contains("/steps/"));
    let small = small.next().expect("pages show what steps gave");
    let whole = std::fs::read(studio.path().join(small)).unwrap();
    studio.write(small, [&whole[..], b"x"].concat());
    let told = studio.daedal(&["verify", "site"]).ends(10).out;
    assert!(
        told.contains("it is not what the site's own records name"),
        "{told}"
    );
    studio.write(small, whole);
    let posters = published(&studio, ".png");
    let poster = posters
        .iter()
        .find(|name| !name.contains("/steps/"))
        .unwrap();
    std::fs::remove_file(studio.path().join(poster)).unwrap();
    let told = studio.daedal(&["verify", "site"]).ends(13).out;
    assert!(
        told.contains("the site's own records name it, and it is gone"),
        "{told}"
    );
    assert!(
        told.contains("attests 2 files, and 1 of them is not here"),
        "{told}"
    );
}

#[test]
fn a_verdict_says_what_is_shown_attested_and_not_claimed() {
    let studio = tide();
    let posters = published(&studio, ".png");
    let poster = posters
        .iter()
        .find(|name| !name.contains("/steps/"))
        .unwrap();
    let told = studio.daedal(&["verify", poster]).ends(0).out;
    for said in [
        "  shown       that no byte",
        "  attested    by ",
        "  not claimed ",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
    studio
        .daedal(&["export", "latest", "-o", "run.zip"])
        .ends(0);
    let told = studio.daedal(&["verify", "run.zip"]).ends(0).out;
    for said in [
        "  oversight   fully autonomous",
        "  shown       that no byte",
        "  attested    by ",
        "  not claimed ",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
    // Whatever is put before an archive, it is one that was changed.
    let archive = std::fs::read(studio.path().join("run.zip")).unwrap();
    studio.write("run.zip", [b"MZ", &archive[..]].concat());
    let told = studio.daedal(&["verify", "run.zip"]).ends(10).out;
    assert!(told.contains("bytes before its first file"), "{told}");
}
