use super::*;
use crate::fixtures::{asset, png, receipt};
use crate::made_of::Marks;
use daedal_core::record::{RunRecord, Setting, Settings};

fn record(receipts: Vec<daedal_core::receipt::Receipt>) -> RunRecord {
    let header = crate::fixtures::run_of(b"x", "image/png", false).header;
    RunRecord::close(
        header,
        Settings::new(),
        Settings::new(),
        receipts,
        Vec::new(),
    )
}

fn told(parts: &[Part]) -> Vec<(&str, Relation, Option<usize>)> {
    let names = parts.iter().map(|part| {
        let names = ["photo", "logo", "shot 0", "shot 1", "bed", "words", "film"];
        let is = |name: &&&str| Digest::of(name.as_bytes()) == part.asset.digest;
        (*names.iter().find(is).unwrap(), part.relation, part.maker)
    });
    names.collect()
}

#[test]
fn a_film_names_the_pictures_and_sounds_that_it_was_composed_of() {
    let shots = [asset(b"shot 0", "image/png"), asset(b"shot 1", "image/png")];
    let bed = asset(b"bed", "audio/wav");
    let words = asset(b"words", "text/plain");
    let film = asset(b"film", "video/mp4");
    let logo = asset(b"logo", "image/svg+xml");
    let script = asset(b"script", "text/javascript");
    let record = record(vec![
        receipt("shot", Some(0), &[&script], &[&shots[0]]),
        receipt("shot", Some(1), &[&script], &[&shots[1]]),
        receipt("write", None, &[], &[&words]),
        receipt("bed", None, &[&words], &[&bed]),
        receipt("film", None, &[&shots[0], &shots[1], &bed, &logo], &[&film]),
    ]);
    let brought = BTreeSet::from([logo.digest]);
    assert_eq!(
        told(&parts(&record, &film.digest, &brought, |_| false)),
        [
            ("shot 0", Relation::Component, Some(0)),
            ("shot 1", Relation::Component, Some(1)),
            ("bed", Relation::Component, Some(3)),
            ("logo", Relation::Component, None),
        ]
    );
    assert_eq!(
        told(&parts(&record, &shots[1].digest, &brought, |_| false)),
        []
    );
}

#[test]
fn what_was_brought_to_be_worked_on_is_the_parent_and_alternatives_are_no_part() {
    let photo = asset(b"photo", "image/jpeg");
    let shots = [asset(b"shot 0", "image/png"), asset(b"shot 1", "image/png")];
    let film = asset(b"film", "image/png");
    let record = record(vec![
        receipt("draft", Some(0), &[&photo], &[&shots[0]]),
        receipt("draft", Some(1), &[&photo], &[&shots[1]]),
        receipt("pick", None, &[&shots[0], &shots[1]], &[&shots[1]]),
        receipt("finish", None, &[&shots[1]], &[&film]),
    ]);
    let brought = BTreeSet::from([photo.digest]);
    assert_eq!(
        told(&parts(&record, &film.digest, &brought, |_| false)),
        [("photo", Relation::Parent, None)]
    );
}

#[test]
fn what_was_brought_and_only_passed_on_is_its_own_parent() {
    let photo = asset(b"photo", "image/jpeg");
    let logo = asset(b"logo", "image/jpeg");
    let film = asset(b"film", "image/png");
    let record = record(vec![
        receipt("pick", None, &[&logo, &photo], &[&photo]),
        receipt("small", None, &[&photo], &[&film]),
    ]);
    let brought = BTreeSet::from([photo.digest, logo.digest]);
    assert_eq!(
        told(&parts(&record, &film.digest, &brought, |_| false)),
        [("photo", Relation::Parent, None)]
    );
    assert_eq!(
        told(&parts(&record, &photo.digest, &brought, |_| false)),
        [("photo", Relation::Parent, None)]
    );
}

#[test]
fn what_a_part_was_made_of_and_what_a_model_took_is_not_in_the_asset() {
    let (photo, logo) = (asset(b"photo", "image/jpeg"), asset(b"logo", "image/png"));
    let shots = [asset(b"shot 0", "image/png"), asset(b"shot 1", "image/png")];
    let film = asset(b"film", "video/mp4");
    let record = record(vec![
        receipt("draft", None, &[&photo], &[&shots[0]]),
        receipt("grade", None, &[&shots[0]], &[&shots[1]]),
        receipt("film", None, &[&shots[1], &logo], &[&film]),
    ]);
    let brought = BTreeSet::from([photo.digest, logo.digest]);
    assert_eq!(
        told(&parts(&record, &film.digest, &brought, |_| false)),
        [
            ("photo", Relation::Input, None),
            ("shot 1", Relation::Component, Some(1)),
            ("logo", Relation::Component, None),
        ]
    );
    let by_model = |receipt: &Receipt| receipt.step == "film";
    assert_eq!(
        told(&parts(&record, &film.digest, &brought, by_model)),
        [
            ("photo", Relation::Input, None),
            ("logo", Relation::Input, None),
        ]
    );
}

/// What a credential names.
fn named(name: &str, relation: Relation) -> MadeOf {
    MadeOf {
        title: name.into(),
        media_type: None,
        sha256: Some(Digest::of(name.as_bytes())),
        relation,
        credential: None,
    }
}

/// A run that was given two photos, made a poster of one of them, and passed a film on.
fn of_two_photos(settings: impl Fn(&daedal_core::AssetRef) -> Setting) -> RunRecord {
    let photos = [asset(b"photo", "image/jpeg"), asset(b"logo", "image/jpeg")];
    let (film, poster) = (asset(b"film", "video/mp4"), asset(b"poster", "image/webp"));
    let header = crate::fixtures::run_of(b"x", "image/png", false).header;
    let inputs = [
        ("photo", &photos[0]),
        ("photo2", &photos[1]),
        ("film", &film),
    ];
    let inputs = inputs.map(|(name, asset)| (name.to_owned(), settings(asset)));
    let receipts = vec![
        receipt("pass", None, &[&photos[0], &photos[1]], &[&photos[0]]),
        receipt("small", None, &[&photos[0]], &[&poster]),
        receipt("film", None, &[&film], &[&film]),
    ];
    let settings = Settings::from(inputs);
    RunRecord::close(header, settings, Settings::new(), receipts, Vec::new())
}

#[test]
fn a_record_tells_of_lying_ingredients() {
    let public = of_two_photos(|asset| Setting::public(asset.to_value()));
    let private = of_two_photos(|asset| Setting::private(&asset.to_value()));
    let poster = Digest::of(b"poster");
    let photo = || named("photo", Relation::Parent);
    for record in [&public, &private] {
        assert_eq!(fault(record, &poster, &[photo()]), None);
        for (told, word) in [
            (vec![named("film", Relation::Parent)], "took “film”"),
            (vec![photo(), named("logo", Relation::Input)], "took “logo”"),
            (vec![named("photo", Relation::Input)], "something else"),
            (vec![photo(), photo()], "twice"),
            (vec![], "does not name"),
        ] {
            let found = fault(record, &poster, &told).unwrap();
            assert!(found.contains(word), "{found}");
        }
        let nameless = MadeOf {
            sha256: None,
            ..photo()
        };
        assert!(fault(record, &poster, &[nameless]).is_some());
        // What was passed on is its own parent.
        let (photo, film) = (Digest::of(b"photo"), Digest::of(b"film"));
        for (asset, name) in [(photo, "photo"), (film, "film")] {
            assert_eq!(
                fault(record, &asset, &[named(name, Relation::Parent)]),
                None
            );
        }
    }
}

#[test]
fn the_mark_of_a_model_is_found_in_a_text_that_stands_compressed_in_a_picture() {
    let bytes = png(9, 9, false);
    let packet =
        b"<Iptc4xmpExt:DigitalSourceType>trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>";
    let mut body = b"iTXtXML:com.adobe.xmp\0\x01\0\0\0".to_vec();
    body.extend(miniz_oxide::deflate::compress_to_vec_zlib(packet, 6));
    let length = u32::try_from(body.len() - 4).unwrap().to_be_bytes();
    let sum = crc32fast::hash(&body).to_be_bytes();
    let marked = [&bytes[..33], &length, &body, &sum, &bytes[33..]].concat();
    assert!(!Marks::of("image/png", &bytes, None).by_model);
    assert!(Marks::of("image/png", &marked, None).by_model);
}
