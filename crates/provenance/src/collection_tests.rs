use daedal_core::bundle::Bundle;
use daedal_core::canonical;
use daedal_core::process::Training;
use serde_json::json;

use std::collections::BTreeMap;

use super::*;
use crate::attest::{Subject, attest};
use crate::fixtures::{png, run_of, studio};
use crate::manifest::{Content, Source};
use crate::{SealRequest, seal};

fn collected() -> (Files, Collected) {
    let (signer, _) = studio();
    let script = b"script".to_vec();
    let bundle = Bundle {
        process: json!({ "daedal": "v1", "name": "tidal-almanac" }),
        files: [(
            "script.js".to_owned(),
            daedal_core::bundle::file_asset("script.js", &script),
        )]
        .into(),
    };
    let poster = png(24, 16, false);
    let drawn = run_of(&poster, "image/png", false);
    let mut header = drawn.header;
    header.bundle = bundle.digest();
    header.intents.clear();
    let mut receipts = drawn.receipts;
    receipts
        .iter_mut()
        .for_each(|receipt| receipt.intents.clear());
    let record = RunRecord::close(header, drawn.inputs, drawn.parameters, receipts, Vec::new());
    let request = SealRequest {
        bytes: &poster,
        content: Content {
            title: "Low Tide",
            alt: Some("A tide"),
            media_type: "image/png",
            digest: Digest::of(&poster),
            record: &record,
            anchor: Domain::default(),
            anchoring: None,
            source: Source::Algorithmic,
            training: Training::NotAllowed,
            license: None,
            creator: Some("Ada"),
            ingredients: &[],
            is_on_way: &|_| true,
        },
    };
    let sealed = seal(&request, signer).unwrap();
    let picture = format!(
        "media/tide/steps/{}.webp",
        &Digest::of(b"small").to_string()[..16]
    );
    let subject = Subject::of("poster.png", Digest::of(&poster), &sealed);
    let files = [
        (RECEIPTS.to_owned(), canonical::to_vec(&record)),
        (
            ATTESTATION.to_owned(),
            attest(record.clone(), &[subject], signer),
        ),
        (BUNDLE.to_owned(), bundle.to_bytes()),
        (format!("{PROCESS}script.js"), script),
        (format!("{ASSETS}poster.png"), sealed.file),
        (picture.clone(), b"small".to_vec()),
        (
            STORY.to_owned(),
            format!("<p>How it was made<img src=\"{picture}\">").into_bytes(),
        ),
    ];
    (files.into(), Collected::of(&record, Domain::default()))
}

fn sealed(files: &Files, collected: &Collected) -> Vec<u8> {
    seal_collection(
        "tidal-almanac",
        collected,
        "daedal 0.1.0",
        files,
        &studio().0,
    )
    .unwrap()
}

/// A sealed archive, and whom to trust with it.
pub(crate) fn archive() -> (Vec<u8>, Vec<Chain>) {
    let (files, collected) = collected();
    (sealed(&files, &collected), vec![studio().0.chain().clone()])
}

fn judged(archive: &[u8], anchors: &[Chain]) -> (Exit, String) {
    let mut found = verify(archive, anchors);
    if found.record.is_some() {
        found.judge_assets();
    }
    let checks = found.verdict.checks.iter();
    let told: Vec<String> = checks
        .map(|check| format!("{} {:?}", check.name, check.outcome))
        .collect();
    (found.verdict.exit, told.join(", "))
}

#[test]
fn an_archive_tells_of_one_run_with_everything_that_belongs_to_it() {
    let (files, collected) = collected();
    let archive = sealed(&files, &collected);
    assert!(is_archive(&archive));
    assert_eq!(unpack(&archive).as_ref(), Ok(&files));
    let own = [studio().0.chain().clone()];
    let (exit, told) = judged(&archive, &own);
    assert_eq!(exit, Exit::Fine, "{told}");
    assert_eq!(
        told,
        "credential Passed, binding Passed, signer Passed, form Passed, run Passed, attestation Passed, bundle Passed, files Passed, \
         story Skipped, assets Passed"
    );
    assert_eq!(judged(&archive, &[]).0, Exit::Untrusted);
}

#[test]
fn nothing_in_an_archive_can_be_changed_unseen() {
    let (files, collected) = collected();
    let archive = sealed(&files, &collected);
    let own = [studio().0.chain().clone()];
    for at in (0..archive.len()).step_by(41) {
        let mut bent = archive.clone();
        bent[at] ^= 4;
        let (exit, told) = judged(&bent, &own);
        assert!(
            matches!(exit, Exit::Tampered | Exit::Incomplete),
            "byte {at}: {exit:?}, {told}"
        );
    }
}

#[test]
fn bytes_before_an_archive_do_not_hide_that_it_is_one() {
    let (archive, own) = archive();
    for before in [&b"x"[..], b"#!/bin/sh\n", &[0; 70_000]] {
        let file = [before, &archive[..]].concat();
        assert!(is_archive(&file));
        assert_eq!(judged(&file, &own).0, Exit::Tampered);
    }
    assert!(!is_archive(b"PK\x05\x06 receipts.json attestation.json"));
}

#[test]
fn the_story_of_a_run_is_sealed_with_it() {
    let (mut files, collected) = collected();
    let archive = sealed(&files, &collected);
    let own = [studio().0.chain().clone()];
    let store = c2pa::jumbf_io::load_jumbf_from_memory("zip", &archive).unwrap();
    // Packed as daedal packs, with the seal of the archive before.
    files.insert("provenance.html".to_owned(), b"<p>Otherwise".to_vec());
    let packed = pack(&files).unwrap();
    let bent = c2pa::jumbf_io::save_jumbf_to_memory("zip", &packed, &store).unwrap();
    assert!(is_as_packed(&bent, &files));
    let (exit, told) = judged(&bent, &own);
    assert_eq!(exit, Exit::Tampered, "{told}");
    assert!(told.contains("binding Failed"), "{told}");
}

/// Somebody with a key of their own seals a set of files that do not belong together.
#[test]
fn what_does_not_belong_together_is_not_made_so_by_a_seal() {
    let (files, collected) = collected();
    let own = [studio().0.chain().clone()];
    type Change = fn(&mut Files, &mut Collected);
    let changes: [(&str, Change); 9] = [
        ("a file of the process", |files, _| {
            drop(files.insert(format!("{PROCESS}script.js"), b"other".to_vec()))
        }),
        ("no file of the process", |files, _| {
            drop(files.remove(&format!("{PROCESS}script.js")))
        }),
        ("another bundle", |files, _| {
            let bundle = Bundle {
                process: json!({}),
                files: BTreeMap::new(),
            };
            files.insert(BUNDLE.to_owned(), bundle.to_bytes());
        }),
        ("no receipts", |files, _| drop(files.remove(RECEIPTS))),
        ("a receipt less", |files, _| {
            let mut record: RunRecord = serde_json::from_slice(&files[RECEIPTS]).unwrap();
            record.receipts.pop();
            files.insert(RECEIPTS.to_owned(), canonical::to_vec(&record));
        }),
        ("no attestation", |files, _| drop(files.remove(ATTESTATION))),
        ("another asset", |files, _| {
            let asset = files.get_mut(&format!("{ASSETS}poster.png")).unwrap();
            let last = asset.len() - 20;
            asset[last] ^= 1;
        }),
        ("no asset", |files, _| {
            drop(files.remove(&format!("{ASSETS}poster.png")))
        }),
        ("another run", |_, collected| {
            collected.run = Digest([7; 32])
        }),
    ];
    for (what, change) in changes {
        let (mut files, mut collected) = (files.clone(), collected.clone());
        change(&mut files, &mut collected);
        let (exit, told) = judged(&sealed(&files, &collected), &own);
        assert_eq!(exit, Exit::Tampered, "{what}: {told}");
    }
}

/// Whoever has a studio's key may lay something else into an archive, where people look for what the run left.
#[test]
fn everything_in_an_archive_is_named_by_something_of_its_run() {
    let (files, collected) = collected();
    let own = [studio().0.chain().clone()];
    let step = files.keys().find(|path| path.starts_with("media/"));
    let step = step.unwrap().clone();
    let put = |path: &str, bytes: &[u8]| {
        let mut files = files.clone();
        files.insert(path.to_owned(), bytes.to_vec());
        files
    };
    let without = |path: &str| {
        let mut files = files.clone();
        files.remove(path);
        files
    };
    let record = |change: fn(&mut RunRecord)| {
        let mut record: RunRecord = serde_json::from_slice(&files[RECEIPTS]).unwrap();
        change(&mut record);
        put(RECEIPTS, &canonical::to_vec(&record))
    };
    let poster = files[&format!("{ASSETS}poster.png")].clone();
    let digest = Digest::of(b"x");
    for (what, changed, told) in [
        (
            "a page",
            put("EVIL.html", b"x"),
            "nothing of the run names `EVIL.html`",
        ),
        (
            "a file of the process",
            put("process/evil.js", b"x"),
            "`process/evil.js`",
        ),
        (
            "an asset again",
            put("assets/evil.png", &poster),
            "`assets/evil.png`",
        ),
        (
            "a credential",
            put("assets/poster.png.c2pa", b"x"),
            "`assets/poster.png.c2pa`",
        ),
        (
            "material",
            put(&format!("{MATERIAL}{digest}"), b"x"),
            MATERIAL,
        ),
        ("captions without a log", put(CAPTIONS, b"[]"), CAPTIONS),
        (
            "another picture of a step",
            put(&step, b"otherwise"),
            "is not the picture that",
        ),
        (
            "a picture more",
            put("media/more.webp", b"x"),
            "`media/more.webp`",
        ),
        ("no picture of a step", without(&step), "is not in it"),
        ("no story", without(STORY), "is not in it"),
        (
            "an input that is not told",
            record(|record| {
                let mut inputs = record.inputs.values_mut();
                inputs.next().unwrap().value = None;
            }),
            "otherwise than the record that was attested",
        ),
    ] {
        let found = verify(&sealed(&changed, &collected), &own);
        let verdict = found.verdict;
        assert_eq!(verdict.exit, Exit::Tampered, "{what}");
        let files = verdict.checks.iter().find(|check| check.name == "files");
        assert!(files.unwrap().detail.contains(told), "{what}: {files:?}");
    }

    let elsewhere = Collected {
        anchor: Domain {
            chain: 1,
            ..Domain::default()
        },
        ..collected.clone()
    };
    let found = verify(&sealed(&files, &elsewhere), &own);
    let run = found
        .verdict
        .checks
        .iter()
        .find(|check| check.name == "run");
    let told = &run.unwrap().detail;
    assert!(told.contains("due on chain 1"), "{told}");
    assert_eq!(found.verdict.exit, Exit::Tampered);
}

#[test]
fn names_that_lead_out_of_an_archive_are_refused() {
    for path in ["../evil", "a/../../evil", "/etc/passwd", "a\\b"] {
        let files = Files::from([(path.to_owned(), b"x".to_vec())]);
        let packed = pack(&files).unwrap();
        let refused = unpack(&packed).unwrap_err();
        assert!(
            refused.contains("a name that is not allowed"),
            "{path}: {refused}"
        );
    }
    assert!(unpack(b"PK\x03\x04 and nothing more").is_err());
}

#[test]
fn an_archive_that_holds_more_than_its_length_is_not_unpacked() {
    let files = Files::from([("a".to_owned(), vec![7; 4_000])]);
    let packed = pack(&files).unwrap();
    // The same bytes under five names, told by five entries of the directory (APPNOTE 6.3.10, 4.3.12 and 4.3.16).
    let directory = packed
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    let end = packed
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x05\x06")
        .unwrap();
    let mut bomb = packed[..directory].to_vec();
    for name in b'a'..=b'e' {
        bomb.extend(&packed[directory..end]);
        *bomb.last_mut().unwrap() = name;
    }
    let (length, mut tail) = (bomb.len() - directory, packed[end..].to_vec());
    tail[8..10].copy_from_slice(&5_u16.to_le_bytes());
    tail[10..12].copy_from_slice(&5_u16.to_le_bytes());
    tail[12..16].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    bomb.extend(tail);
    let refused = unpack(&bomb).unwrap_err();
    assert!(
        refused.contains("holds more than its own length"),
        "{refused}"
    );
}
