use super::*;
use crate::attest::{Subject, attest};
use crate::fixtures::{content, gif, license, mp3, mp4, picture, png, run_of, studio, wav};
use crate::manifest::Content;
use crate::seal::{SealRequest, Sealed, seal};
use daedal_core::canonical;
use daedal_core::intent::{Domain, Oversight};
use daedal_core::record::RunRecord;
use image::ImageFormat;
use proptest::prelude::*;

const SVG: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="#123"/></svg>"##;

pub(super) fn sealed_as(
    bytes: &[u8],
    media_type: &str,
    human: bool,
    change: impl Fn(&mut Content<'_>),
) -> (Sealed, RunRecord) {
    let record = run_of(bytes, media_type, human);
    let license = license();
    let mut content = content(&record, bytes, media_type, &license);
    change(&mut content);
    let sealed = seal(&SealRequest { bytes, content }, &studio().0).unwrap();
    (sealed, record)
}

fn sealed(bytes: &[u8], media_type: &str) -> (Sealed, RunRecord) {
    sealed_as(bytes, media_type, true, |_| {})
}

pub(super) fn anchors() -> Vec<Chain> {
    vec![Chain::from_pem(studio().0.chain().anchor_pem().as_bytes()).unwrap()]
}

fn exit_of(file: &[u8], media_type: &str, sidecar: Option<&[u8]>) -> Exit {
    let anchors = anchors();
    verify(&Given {
        file,
        media_type: Some(media_type),
        sidecar,
        anchors: &anchors,
        ..Given::default()
    })
    .exit
}

pub(super) fn outcomes(verdict: &Verdict) -> Vec<(&'static str, Outcome)> {
    let checks = verdict.checks.iter();
    checks.map(|check| (check.name, check.outcome)).collect()
}

#[test]
fn ones_own_fresh_asset_is_fine_and_tells_where_it_came_from() {
    let (sealed, record) = sealed(&png(20, 20, false), "image/png");
    let anchors = anchors();
    let verdict = verify(&Given {
        file: &sealed.file,
        anchors: &anchors,
        ..Given::default()
    });
    use Outcome::{Noted, Passed, Skipped};
    assert_eq!(
        outcomes(&verdict),
        [
            ("credential", Passed),
            ("binding", Passed),
            ("signer", Passed),
            ("form", Passed),
            ("unsigned", Passed),
            ("receipt", Passed),
            ("decisions", Passed),
            ("attestation", Skipped),
            ("anchor", Noted),
        ],
        "{:#?}",
        verdict.checks
    );
    assert_eq!(verdict.exit, Exit::Fine);
    assert_eq!(verdict.title.as_deref(), Some("poster"));
    let origin = verdict.origin.unwrap();
    assert_eq!(origin.run, record.header.run());
    assert_eq!((origin.root, origin.receipts), (record.root, record.count));
    assert_eq!(origin.human_oversight, Oversight::HumanValidated);
    assert_eq!(verdict.signer.unwrap().name.as_deref(), Some("Ada Studio"));
}

#[test]
fn oversight_is_computed_from_what_was_signed() {
    let (sealed, _) = sealed_as(&png(9, 9, false), "image/png", false, |_| {});
    let verdict = verify(&Given {
        file: &sealed.file,
        ..Given::default()
    });
    let origin = verdict.origin.unwrap();
    assert_eq!(origin.human_oversight, Oversight::FullyAutonomous);
}

#[test]
fn a_stranger_is_valid_but_not_recognised() {
    let (sealed, _) = sealed(&png(9, 9, false), "image/png");
    let verdict = verify(&Given {
        file: &sealed.file,
        ..Given::default()
    });
    assert_eq!(verdict.exit, Exit::Untrusted, "{:#?}", verdict.checks);
    assert_eq!(verdict.exit.code(), 11);
    let failed = verdict
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Failed);
    assert_eq!(failed.count(), 1);
}

#[test]
fn what_lacks_a_credential_is_incomplete() {
    assert_eq!(
        exit_of(&png(9, 9, false), "image/png", None),
        Exit::Incomplete
    );
    assert_eq!(exit_of(b"hello", "text/plain", None), Exit::Incomplete);
    assert_eq!(exit_of(SVG, "image/svg+xml", None), Exit::Incomplete);
    assert_eq!(exit_of(b"", "", None), Exit::Incomplete);
    // A program or a text may name what credentials are made of, and a ZIP may hold files that have some.
    let names = b"jumdc2pa c2pa:manifest";
    for begins in ["\x7fELF", "# How to read a credential: ", "PK\x03\x04"] {
        let file = [begins.as_bytes(), names].concat();
        assert_eq!(exit_of(&file, "", None), Exit::Incomplete, "{begins}");
    }
    let picture = [&png(9, 9, false)[..], names].concat();
    assert_eq!(exit_of(&picture, "image/png", None), Exit::Tampered);
}

#[test]
fn the_attestation_is_of_this_file_and_this_run() {
    let bytes = png(9, 9, false);
    let (sealed, record) = sealed(&bytes, "image/png");
    let subject = Subject::of("poster.png", Digest::of(&bytes), &sealed);
    let attestation = attest(record.clone(), &[subject], &studio().0);
    let anchors = anchors();
    let with = |attestation: &[u8], anchors: &[Chain]| {
        verify(&Given {
            file: &sealed.file,
            attestation: Some(&Recorded::of(attestation)),
            anchors,
            ..Given::default()
        })
    };
    let fine = with(&attestation, &anchors);
    assert_eq!(fine.exit, Exit::Fine, "{:#?}", fine.checks);
    let coverage = fine.origin.unwrap().coverage.unwrap();
    // One of them a person decided.
    assert_eq!((coverage.exact, coverage.attested), (record.count - 1, 1));
    assert_eq!(with(&attestation, &[]).exit, Exit::Untrusted);
    // The record by itself, which nobody has signed, is no attestation.
    let bare = canonical::to_vec(&record);
    let unsigned = with(&bare, &anchors);
    assert_eq!(unsigned.exit, Exit::Incomplete, "{:#?}", unsigned.checks);
    assert_eq!(unsigned.origin.unwrap().coverage, None);
    let published = verify(&Given {
        file: &sealed.file,
        attestation: Some(&Recorded::of(&bare)),
        receipts: Some(&Recorded::of(&bare)),
        is_published: true,
        anchors: &anchors,
        ..Given::default()
    });
    assert_eq!(published.exit, Exit::Incomplete, "{:#?}", published.checks);
    assert!(outcomes(&published).contains(&("attestation", Outcome::Failed)));
    let unnamed = attest(record, &[], &studio().0);
    assert_eq!(with(&unnamed, &anchors).exit, Exit::Tampered);
    let retold = run_of(b"another", "image/png", true);
    assert_eq!(
        with(&canonical::to_vec(&retold), &anchors).exit,
        Exit::Tampered
    );
    let mut header = retold.header;
    header.nonce += 1;
    let (inputs, parameters) = (retold.inputs, retold.parameters);
    let other = RunRecord::close(header, inputs, parameters, retold.receipts, Vec::new());
    // What is about another run, or is nothing of the kind, was put in its place.
    let foreign = attest(other.clone(), &[], &studio().0);
    for nothing in [&canonical::to_vec(&other)[..], &foreign, b"{}", b""] {
        let verdict = with(nothing, &anchors);
        assert_eq!(verdict.exit, Exit::Tampered, "{:#?}", verdict.checks);
        assert!(outcomes(&verdict).contains(&("attestation", Outcome::Failed)));
    }
    let mut bent = attestation.clone();
    bent[99] ^= 1;
    assert_eq!(with(&bent, &anchors).exit, Exit::Tampered);
}

#[test]
fn oversight_is_the_assets_own_whatever_else_of_the_run_people_decided() {
    let bytes = png(9, 9, false);
    let mut record = run_of(&bytes, "image/png", true);
    // Another asset, which nobody chose.
    let note = b"A note.";
    let asset = daedal_core::AssetRef {
        digest: Digest::of(note),
        media_type: "text/plain".into(),
        size: note.len() as u64,
    };
    record.receipts.last_mut().unwrap().outputs = vec![asset];
    let record = RunRecord::close(
        record.header,
        record.inputs,
        record.parameters,
        record.receipts,
        record.intents,
    );
    let license = license();
    let content = content(&record, note, "text/plain", &license);
    let sealed = seal(
        &SealRequest {
            bytes: note,
            content,
        },
        &studio().0,
    )
    .unwrap();
    let attestation = attest(
        record.clone(),
        &[Subject::of("note.txt", Digest::of(note), &sealed)],
        &studio().0,
    );
    assert_eq!(
        record.oversight(Domain::default()),
        Oversight::HumanValidated
    );
    let anchors = anchors();
    for attestation in [None, Some(&attestation[..])] {
        let verdict = verify(&Given {
            file: note,
            media_type: Some("text/plain"),
            sidecar: sealed.sidecar.as_deref(),
            attestation: attestation.map(Recorded::of).as_ref(),
            anchors: &anchors,
            ..Given::default()
        });
        assert_eq!(verdict.exit, Exit::Fine, "{:#?}", verdict.checks);
        let origin = verdict.origin.unwrap();
        assert_eq!(origin.human_oversight, Oversight::FullyAutonomous);
        assert_eq!(origin.intents, 0);
    }
}

#[test]
fn a_credential_alone_and_an_empty_file_are_incomplete() {
    let (sealed, _) = sealed(b"Low tide.", "text/plain");
    let sidecar = sealed.sidecar.unwrap();
    for media_type in ["application/c2pa", "text/plain", "image/png", ""] {
        assert_eq!(exit_of(&sidecar, media_type, None), Exit::Incomplete);
        assert_eq!(exit_of(b"", media_type, None), Exit::Incomplete);
    }
    assert_eq!(exit_of(b"", "text/plain", Some(&sidecar)), Exit::Tampered);
    assert_eq!(exit_of(b"no picture", "image/png", None), Exit::Incomplete);
}

/// Every byte of `file` once, another bit each time.
fn flips_that_pass(file: &[u8], step: usize, exit: impl Fn(&[u8]) -> Exit + Sync) -> Vec<usize> {
    let halves: Vec<usize> = (0..file.len()).step_by(step).collect();
    let (first, second) = halves.split_at(halves.len() / 2);
    let passing = |places: &[usize]| {
        let mut bent = file.to_vec();
        let mut passed = Vec::new();
        for at in places {
            let mask = 1 << (at * 7 % 8);
            bent[*at] ^= mask;
            if matches!(exit(&bent), Exit::Fine | Exit::Untrusted | Exit::Unanchored) {
                passed.push(*at);
            }
            bent[*at] ^= mask;
        }
        passed
    };
    let mut passed = std::thread::scope(|scope| {
        let other = scope.spawn(|| passing(second));
        let mut passed = passing(first);
        passed.extend(other.join().unwrap());
        passed
    });
    passed.sort_unstable();
    passed
}

#[test]
fn every_changed_byte_of_a_picture_is_caught() {
    let (sealed, _) = sealed_as(&png(6, 6, true), "image/png", false, |_| {});
    let passed = flips_that_pass(&sealed.file, 1, |file| exit_of(file, "image/png", None));
    assert_eq!(passed, [0_usize; 0]);
}

#[test]
fn every_changed_byte_of_a_sidecar_or_its_file_is_caught() {
    let text = b"Low tide at dawn.".repeat(9);
    let (sealed, _) = sealed(&text, "text/plain");
    let sidecar = sealed.sidecar.unwrap();
    assert_eq!(sealed.file, text);
    assert_eq!(exit_of(&text, "text/plain", Some(&sidecar)), Exit::Fine);
    let passed = flips_that_pass(&text, 1, |file| exit_of(file, "text/plain", Some(&sidecar)));
    assert_eq!(passed, [0_usize; 0]);
    let passed = flips_that_pass(&sidecar, 7, |sidecar| {
        exit_of(&text, "text/plain", Some(sidecar))
    });
    assert_eq!(passed, [0_usize; 0]);
}

#[test]
fn changed_bytes_of_other_formats_are_caught() {
    let formats = [
        ("image/jpeg", picture(ImageFormat::Jpeg)),
        ("image/webp", picture(ImageFormat::WebP)),
        ("image/svg+xml", SVG.to_vec()),
        ("image/gif", gif()),
        ("audio/wav", wav()),
        ("audio/mpeg", mp3()),
        ("video/mp4", mp4()),
    ];
    for (media_type, bytes) in formats {
        let (sealed, _) = sealed(&bytes, media_type);
        assert_eq!(
            exit_of(&sealed.file, media_type, None),
            Exit::Fine,
            "{media_type}"
        );
        let passed = flips_that_pass(&sealed.file, 17, |file| exit_of(file, media_type, None));
        assert_eq!(passed, [0_usize; 0], "{media_type}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn nothing_that_is_read_stops_the_reader(
        head in prop::sample::select(vec![&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0", b"RIFF\x40\0\0\0WEBP", b"\0\0\0\x18ftyp", b"ID3\x04", b"GIF89a", b"<svg>", b""]),
        tail in prop::collection::vec(any::<u8>(), 0..200),
        beside in prop::option::of(prop::collection::vec(any::<u8>(), 0..100)),
    ) {
        let file = [head, &tail].concat();
        let exit = exit_of(&file, "image/svg+xml", beside.as_deref());
        prop_assert!(matches!(exit, Exit::Tampered | Exit::Incomplete));
    }
}

#[test]
fn cut_and_hostile_files_get_a_verdict() {
    let (sealed, _) = sealed(&png(9, 9, false), "image/png");
    for length in (0..sealed.file.len()).step_by(53) {
        let exit = exit_of(&sealed.file[..length], "image/png", None);
        assert!(
            matches!(exit, Exit::Tampered | Exit::Incomplete),
            "{length}"
        );
    }
    // A credential moved to another picture.
    let store = c2pa::jumbf_io::load_jumbf_from_memory("image/png", &sealed.file).unwrap();
    let other = png(9, 9, true);
    let moved = c2pa::jumbf_io::save_jumbf_to_memory("image/png", &other, &store).unwrap();
    assert_eq!(exit_of(&moved, "image/png", None), Exit::Tampered);
    // Another studio's seal on the same picture: nothing is wrong, but nobody knows them.
    let strangers = crate::chain::issue("Eve", crate::fixtures::NOW_MS).unwrap();
    let key = strangers.signing_key_pem();
    let eve = crate::Signer::from_pem(strangers.chain.to_pem().as_bytes(), &key).unwrap();
    let record = run_of(&other, "image/png", false);
    let license = license();
    let content = content(&record, &other, "image/png", &license);
    let theirs = seal(
        &SealRequest {
            bytes: &other,
            content,
        },
        &eve,
    )
    .unwrap();
    assert_eq!(exit_of(&theirs.file, "image/png", None), Exit::Untrusted);
}
