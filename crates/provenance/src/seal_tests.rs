use super::*;
use crate::fixtures::{asset, content, gif, license, mp3, mp4, picture, png, run_of, studio, wav};
use crate::manifest::{Claim, LABEL, Source};
use daedal_core::process::Training;
use daedal_core::record::RunRecord;
use image::ImageFormat;

const SVG: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="#123"/></svg>"##;

fn seal_as(
    bytes: &[u8],
    media_type: &str,
    change: impl Fn(&mut Content<'_>),
) -> Result<Sealed, SealError> {
    let record = run_of(bytes, media_type, false);
    let license = license();
    let mut content = content(&record, bytes, media_type, &license);
    change(&mut content);
    seal(&SealRequest { bytes, content }, &studio().0)
}

fn sealed(bytes: &[u8], media_type: &str) -> Sealed {
    seal_as(bytes, media_type, |_| {}).unwrap()
}

fn reader(sealed: &Sealed, media_type: &str) -> Reader {
    let carrier = carrier_of(media_type);
    read(carrier, &sealed.file, sealed.sidecar.as_deref(), &[]).unwrap()
}

#[test]
fn every_format_is_sealed_and_tells_of_its_run() {
    let formats = [
        ("image/png", picture(ImageFormat::Png)),
        ("image/jpeg", picture(ImageFormat::Jpeg)),
        ("image/webp", picture(ImageFormat::WebP)),
        ("image/svg+xml", SVG.to_vec()),
        ("image/gif", gif()),
        ("audio/wav", wav()),
        ("audio/mpeg", mp3()),
        ("video/mp4", mp4()),
        ("text/plain", b"Low tide.".to_vec()),
        ("application/json", b"{}".to_vec()),
        ("application/octet-stream", vec![0]),
        ("application/zip", b"PK\x03\x04".to_vec()),
    ];
    for (media_type, bytes) in formats {
        let sealed = sealed(&bytes, media_type);
        let embeds = matches!(carrier_of(media_type), Carrier::Embedded { .. });
        assert_eq!(embeds, sealed.sidecar.is_none(), "{media_type}");
        assert_eq!(sealed.file == bytes, !embeds, "{media_type}");
        let claim = assertion(&reader(&sealed, media_type), LABEL).unwrap();
        let claim: Claim = serde_json::from_value(claim).unwrap();
        assert_eq!(claim.unsigned_sha256, Digest::of(&bytes), "{media_type}");
        assert_eq!(claim.excerpt.faults(&Digest::of(&bytes)), []);
        if let Some(bare) = unsealed(media_type, &sealed.file) {
            assert_eq!(bare, bytes, "{media_type}");
        }
    }
}

#[test]
fn a_credential_is_small_with_a_persons_choice_too() {
    let bytes = png(600, 584, true);
    assert!(bytes.len() > 1 << 20);
    let license = license();
    for (human, most) in [(false, 5_120), (true, 6_656)] {
        let record = run_of(&bytes, "image/png", human);
        let content = content(&record, &bytes, "image/png", &license);
        let bytes = &bytes;
        let sealed = seal(&SealRequest { bytes, content }, &studio().0).unwrap();
        let added = sealed.file.len() - bytes.len();
        println!("{added} bytes added, human: {human}");
        assert!(added <= most, "{added} bytes, human: {human}");
    }
}

#[test]
fn actions_tell_how_it_came_to_be() {
    let bytes = picture(ImageFormat::Png);
    let report = assertion(
        &reader(&sealed(&bytes, "image/png"), "image/png"),
        "c2pa.actions.v2",
    );
    let actions = report.unwrap()["actions"].clone();
    let told: Vec<_> = actions
        .as_array()
        .unwrap()
        .iter()
        .map(|action| {
            let text = |key: &str| action[key].as_str().unwrap_or_default().to_owned();
            (
                text("action"),
                text("description"),
                text("digitalSourceType"),
            )
        })
        .collect();
    let algorithmic = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia";
    assert_eq!(
        told,
        [
            ("c2pa.created".into(), "draft #4".into(), algorithmic.into()),
            ("c2pa.edited".into(), "finish".into(), String::new()),
        ]
    );
    assert_eq!(actions[0]["when"], "2026-09-21T14:13:21Z");
}

#[test]
fn a_model_behind_an_asset_is_told() {
    let bytes = picture(ImageFormat::Png);
    let mut record = run_of(&bytes, "image/png", false);
    let digest = Digest::of(&bytes);
    let of = |record: &RunRecord, step: &str| {
        Source::of(record, &digest, |receipt| receipt.step == step)
    };
    assert_eq!(of(&record, "finish"), Source::Trained);
    assert_eq!(of(&record, "draft"), Source::Trained);
    assert_eq!(of(&record, "note"), Source::Algorithmic);
    // Of two pictures it is one of its own.
    let mut receipts = record.receipts.iter_mut();
    let finish = receipts.find(|receipt| receipt.step == "finish").unwrap();
    finish.inputs.push(asset(b"draft 0", "image/png"));
    assert_eq!(of(&record, "draft"), Source::Composite);
    assert_eq!(of(&record, "note"), Source::Algorithmic);
}

#[test]
fn the_training_choice_and_the_terms_are_told() {
    for (choice, word) in [
        (Training::Allowed, "allowed"),
        (Training::NotAllowed, "notAllowed"),
        (Training::Constrained, "constrained"),
    ] {
        let sealed = seal_as(&picture(ImageFormat::Png), "image/png", |content| {
            content.training = choice;
        });
        let reader = reader(&sealed.unwrap(), "image/png");
        let training = assertion(&reader, "cawg.training-mining").unwrap();
        assert_eq!(training["entries"]["cawg.ai_training"]["use"], word);
        let metadata = assertion(&reader, "cawg.metadata").unwrap();
        assert_eq!(metadata["dc:rights"], "CC-BY-4.0");
        assert_eq!(metadata["dc:creator"][0], "Ada");
    }
}

fn ingredient(bytes: &[u8], relation: Relation, with_bytes: bool) -> Ingredient {
    Ingredient {
        title: format!("{relation:?}"),
        media_type: "image/png".into(),
        digest: Digest::of(bytes),
        bytes: with_bytes.then(|| bytes.to_vec()),
        beside: None,
        relation,
    }
}

#[test]
fn ingredients_keep_their_own_credentials() {
    let theirs = sealed(&picture(ImageFormat::Png), "image/png").file;
    let ours = png(30, 30, false);
    for (relation, action) in [
        (Relation::Parent, "c2pa.opened"),
        (Relation::Component, "c2pa.placed"),
        (Relation::Input, "c2pa.created"),
    ] {
        for with_bytes in [true, false] {
            let ingredients = [ingredient(&theirs, relation, with_bytes)];
            let record = run_of(&ours, "image/png", false);
            let license = license();
            let mut content = content(&record, &ours, "image/png", &license);
            content.ingredients = &ingredients;
            let request = SealRequest {
                bytes: &ours,
                content,
            };
            let sealed = seal(&request, &studio().0).unwrap();
            let reader = reader(&sealed, "image/png");
            let manifest = reader.active_manifest().unwrap();
            let found = &manifest.ingredients()[0];
            assert_eq!(found.title(), Some(format!("{relation:?}").as_str()));
            assert_eq!(found.active_manifest().is_some(), with_bytes);
            let actions = assertion(&reader, "c2pa.actions.v2").unwrap();
            let tied = actions["actions"].as_array().unwrap().iter().any(|told| {
                told["action"] == action && told["parameters"]["ingredients"][0].is_object()
            });
            assert!(tied, "{relation:?}: {actions:#}");
        }
    }
}

/// What a stranger finds of a picture of which something is part.
fn made_of(part: Ingredient) -> crate::Verdict {
    let parts: &[Ingredient] = Box::leak(Box::new([part]));
    let ours = png(30, 30, false);
    let sealed = seal_as(&ours, "image/png", |content| content.ingredients = parts).unwrap();
    let verdict = crate::verify(&crate::Given {
        file: &sealed.file,
        ..Default::default()
    });
    assert_eq!(
        verdict.exit,
        crate::Exit::Untrusted,
        "{:#?}",
        verdict.checks
    );
    verdict
}

#[test]
fn an_ingredient_keeps_the_credential_that_lies_beside_it() {
    let theirs = b"low tide";
    let sealed = sealed(theirs, "text/plain");
    let of = |bytes: &[u8]| Ingredient {
        media_type: "text/plain".into(),
        beside: sealed.sidecar.clone(),
        ..ingredient(bytes, Relation::Component, true)
    };
    for (bytes, holds) in [(&theirs[..], true), (b"high tide", false)] {
        let verdict = made_of(of(bytes));
        let [told] = &verdict.ingredients[..] else {
            panic!("{:?}", verdict.ingredients)
        };
        assert_eq!(told.sha256, Some(Digest::of(bytes)));
        let own = told.credential.as_ref().unwrap();
        assert!(own.signer.is_some());
        assert_eq!(own.faults.is_empty(), holds, "{:?}", own.faults);
    }
}

#[test]
fn what_has_a_credential_already_stays_as_it_is_with_the_new_one_beside_it() {
    for (media_type, bytes) in [
        ("image/png", picture(ImageFormat::Png)),
        ("image/jpeg", picture(ImageFormat::Jpeg)),
        ("audio/wav", crate::fixtures::wav()),
    ] {
        let theirs = sealed(&bytes, media_type).file;
        let parent = Ingredient {
            media_type: media_type.into(),
            ..ingredient(&theirs, Relation::Parent, true)
        };
        let parent: &[Ingredient] = Box::leak(Box::new([parent]));
        let ours = seal_as(&theirs, media_type, |content| content.ingredients = parent).unwrap();
        assert_eq!(ours.file, theirs);
        let verdict = |file: &[u8]| {
            crate::verify(&crate::Given {
                file,
                sidecar: ours.sidecar.as_deref(),
                ..Default::default()
            })
        };
        let fine = verdict(&theirs);
        assert_eq!(fine.exit, crate::Exit::Untrusted, "{:#?}", fine.checks);
        assert_eq!(fine.origin.unwrap().unsigned, Digest::of(&theirs));
        let [told] = &fine.ingredients[..] else {
            panic!("{:?}", fine.ingredients)
        };
        assert_eq!(told.relation, Relation::Parent);
        assert_eq!(told.sha256, Some(Digest::of(&theirs)));
        assert!(told.credential.as_ref().unwrap().faults.is_empty());
        // Its own credential can't be taken out under the new one.
        assert_eq!(verdict(&bytes).exit, crate::Exit::Tampered);
    }
}

#[test]
fn what_a_studio_sealed_stays_as_it_is_also_without_its_credential() {
    for (media_type, bytes) in [
        ("image/png", picture(ImageFormat::Png)),
        ("audio/wav", crate::fixtures::wav()),
    ] {
        let theirs = sealed(&bytes, media_type).file;
        let stripped = crate::container::without_credential(media_type, &theirs).unwrap();
        assert_ne!(stripped, bytes, "the packet is left");
        let ours = sealed(&stripped, media_type);
        assert_eq!(ours.file, stripped);
        assert!(ours.sidecar.is_some());
    }
}

#[test]
fn an_ingredient_whose_credential_did_not_hold_is_told() {
    let theirs = sealed(&picture(ImageFormat::Png), "image/png").file;
    // Another picture under their credential: the last pixels, before the check sum and the end.
    let mut bent = theirs.clone();
    let at = bent.len() - 20;
    bent[at] ^= 1;
    for (bytes, holds) in [(&theirs, true), (&bent, false)] {
        let verdict = made_of(ingredient(bytes, Relation::Component, true));
        let own = verdict.ingredients[0].credential.as_ref().unwrap();
        assert_eq!(own.signer.as_deref(), Some("Ada Studio"));
        assert_eq!(own.faults.is_empty(), holds, "{own:?}");
        let told = verdict
            .checks
            .iter()
            .find(|check| check.name == "made of")
            .unwrap();
        let outcome = match holds {
            true => crate::Outcome::Passed,
            false => crate::Outcome::Noted,
        };
        assert_eq!(told.outcome, outcome, "{}", told.detail);
        assert!(
            told.detail.starts_with("in it is “Component” ("),
            "{}",
            told.detail
        );
    }
}

#[test]
fn a_credential_that_cannot_be_read_keeps_nothing_from_being_sealed() {
    let mut theirs = sealed(&picture(ImageFormat::Png), "image/png").file;
    // A string that is longer than its assertion.
    let label = b"org.daedal.intent\0";
    let mut found = theirs.windows(label.len());
    let label = found.position(|bytes| bytes == label).unwrap();
    let mut found = theirs[label..].windows(4);
    let content = label + found.position(|bytes| bytes == b"cbor").unwrap() + 4;
    theirs[content..content + 5].copy_from_slice(&[0x5a, 0xff, 0xff, 0xff, 0xff]);
    let part = ingredient(&theirs, Relation::Component, true);
    let parts: &[Ingredient] = Box::leak(Box::new([part]));
    let ours = png(30, 30, false);
    let sealed = seal_as(&ours, "image/png", |content| content.ingredients = parts).unwrap();
    let verdict = crate::verify(&crate::Given {
        file: &sealed.file,
        ..Default::default()
    });
    assert_eq!(
        verdict.exit,
        crate::Exit::Untrusted,
        "{:#?}",
        verdict.checks
    );
    let told = &verdict.ingredients[0];
    assert_eq!(told.sha256, Some(Digest::of(&theirs)));
    let own = told.credential.as_ref().unwrap();
    assert!(own.faults[0].contains("can't be read"), "{own:?}");
}

#[test]
fn what_is_not_of_the_run_is_not_sealed() {
    let bytes = picture(ImageFormat::Png);
    let record = run_of(b"another", "image/png", false);
    let license = license();
    let content = || content(&record, &bytes, "image/png", &license);
    let signer = &studio().0;
    let request = SealRequest {
        bytes: &bytes,
        content: content(),
    };
    assert!(matches!(
        seal(&request, signer),
        Err(SealError::Origin { .. })
    ));
    let request = SealRequest {
        bytes: b"other bytes",
        content: content(),
    };
    assert!(matches!(
        seal(&request, signer),
        Err(SealError::Digest { .. })
    ));
    let broken = seal_as(b"no picture", "image/png", |_| {});
    assert!(
        matches!(broken, Err(SealError::Refused { .. })),
        "{broken:?}"
    );
}
