use daedal_core::AssetRef;
use daedal_core::engine::Limits;
use serde_json::Value;

use super::*;
use crate::testing::Bench;

const TEXT: &str = "Skerry & tide · made with AI";

fn plain(width: u32, height: u32) -> Picture {
    Picture::filled(width, height, Colour([30, 90, 140, 255]))
}

fn drawn(bench: &Bench, file: &str, bytes: &[u8], place: &str) -> (Value, Vec<u8>) {
    let image = bench.file(file, bytes);
    let with = json!({ "image": image, "text": TEXT, "place": place });
    let value = bench.value(&CaptionEngine::default(), with, 1);
    let bytes = bench.bytes(&value).to_vec();
    (value, bytes)
}

fn opened(bytes: &[u8]) -> Picture {
    picture::decode("x", bytes, None, &Limits::default()).unwrap()
}

/// Left, top, right and bottom of what differs.
fn changed(one: &Picture, other: &Picture) -> [u32; 4] {
    let mut found = [u32::MAX, u32::MAX, 0, 0];
    let pixels = one.rgba().zip(other.rgba());
    for (at, _) in (0..).zip(pixels).filter(|(_, (one, other))| one != other) {
        let (x, y) = (at % one.width, at / one.width);
        found = [
            found[0].min(x),
            found[1].min(y),
            found[2].max(x),
            found[3].max(y),
        ];
    }
    found
}

#[test]
fn a_caption_covers_its_corner_and_nothing_else() {
    let bench = Bench::default();
    let was = plain(600, 400);
    for encoding in [Encoding::Png, Encoding::WebP] {
        let bytes = encode(&was, encoding).unwrap();
        for (place, is_right, is_low) in [
            ("bottom-right", true, true),
            ("bottom-left", false, true),
            ("top-right", true, false),
            ("top-left", false, false),
        ] {
            let (value, captioned) = drawn(&bench, "in.png", &bytes, place);
            assert_eq!(value["media_type"], encoding.media_type());
            let now = opened(&captioned);
            let [left, top, right, bottom] = changed(&was, &now);
            assert!(right - left < 300 && bottom - top < 40, "{place}: small");
            assert_eq!((left > 300, right > 300), (is_right, is_right), "{place}");
            assert_eq!((top > 200, bottom > 200), (is_low, is_low), "{place}");
            assert!(
                left > 5 && top > 5 && right < 594 && bottom < 394,
                "{place}"
            );
            assert_eq!(drawn(&bench, "in.png", &bytes, place).1, captioned);
        }
    }
}

#[test]
fn what_is_clear_beside_the_label_stays_clear_to_the_bit() {
    let bench = Bench::default();
    let was = Picture::filled(600, 400, Colour([201, 17, 3, 7]));
    let (_, captioned) = drawn(
        &bench,
        "in.png",
        &encode(&was, Encoding::Png).unwrap(),
        "top-left",
    );
    let now = opened(&captioned);
    assert_eq!(now.row(399), was.row(399));
    assert_eq!(now.row(12)[2000..], was.row(12)[2000..]);
}

#[test]
fn a_strip_goes_on_where_the_picture_ends() {
    let bench = Bench::default();
    let was = plain(600, 400);
    let (value, captioned) = drawn(
        &bench,
        "in.png",
        &encode(&was, Encoding::Png).unwrap(),
        "below",
    );
    let now = opened(&captioned);
    assert_eq!(
        (value["width"].clone(), value["height"].clone()),
        (json!(600), json!(now.height))
    );
    assert!((410..440).contains(&now.height), "{}", now.height);
    assert_eq!(now.pixels[..was.pixels.len()], was.pixels);
    assert_eq!(
        now.rgba().last(),
        Some([30, 90, 140, 255]),
        "its colour is the picture's"
    );
    assert!(
        now.rgba().skip(600 * 400).any(|pixel| pixel == [255; 4]),
        "light letters on dark"
    );
}

#[test]
fn a_photo_stays_a_photo() {
    let bench = Bench::default();
    let (value, captioned) = drawn(
        &bench,
        "in.jpg",
        &encode(&plain(600, 400), Encoding::Jpeg(90)).unwrap(),
        "below",
    );
    assert_eq!(
        AssetRef::from_value(&value).unwrap().media_type,
        "image/jpeg"
    );
    assert!(captioned.starts_with(&[0xff, 0xd8]));
}

#[test]
fn a_drawing_gets_an_element_of_text() {
    let bench = Bench::default();
    let drawing = |root: &str, place: &str| {
        let svg = format!(
            "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' {root}><rect width='300' height='200' fill='#f4f1ea'/></svg>\n"
        );
        let (value, captioned) = drawn(&bench, "in.svg", svg.as_bytes(), place);
        let captioned = String::from_utf8(captioned).unwrap();
        let height = value["height"].clone();
        (
            captioned.split("<g ").next().unwrap().to_owned(),
            captioned,
            height,
        )
    };
    let (before, captioned, height) = drawing("width='300' height='200'", "bottom-left");
    assert!(
        before.ends_with("<rect width='300' height='200' fill='#f4f1ea'/>"),
        "{before}"
    );
    assert!(before.contains("width='300' height='200'>"), "{before}");
    assert!(
        captioned.contains("Skerry &amp; tide · made with AI</text></g></svg>\n"),
        "{captioned}"
    );
    assert_eq!(height, 200);
    let size = |captioned: &str| {
        let size = captioned.split("font-size=\"").nth(1).unwrap();
        size.split('"').next().unwrap().parse::<f32>().unwrap()
    };
    assert_eq!(size(&captioned), 11.0, "as in a picture of that size");
    let (_, captioned, _) = drawing("width='600' viewBox='0 0 300 200'", "below");
    assert_eq!(size(&captioned), 5.5, "which is seen twice as large");
    let (_, captioned, _) = drawing("width='100%' viewBox='0 0 300 200'", "below");
    assert!(size(&captioned) < 4.0, "which has no size of its own");
    let (before, captioned, height) = drawing(
        "width='150mm' height='100mm' viewBox='0 0 300 200'",
        "below",
    );
    assert!(before.contains("viewBox='0 0 300 21"), "{before}");
    assert!(
        before.contains("height='10") && before.contains("mm' viewBox"),
        "{before}"
    );
    assert!(captioned.contains("fill=\"#f4f1ea\"/><text"), "{captioned}");
    assert!(height.as_u64().unwrap() > 378, "{height}");
    let (before, _, height) = drawing("width='300' height='200'", "below");
    assert!(before.contains("<svg viewBox=\"0 0 300 22"), "{before}");
    assert!((215..230).contains(&height.as_u64().unwrap()), "{height}");
    let (_, captioned, _) = drawing(
        "width='300' height='200' viewBox='10 20 300 200'",
        "top-left",
    );
    assert!(
        captioned.contains("<g transform=\"translate(10 20)\" xmlns"),
        "{captioned}"
    );
}

#[test]
fn what_has_no_room_for_a_caption_says_so() {
    let bench = Bench::default();
    let told = |file: &str, bytes: &[u8], text: &str| {
        let with = json!({ "image": bench.file(file, bytes), "text": text });
        bench.error(&CaptionEngine::default(), with)
    };
    let icon = encode(&plain(30, 20), Encoding::Png).unwrap();
    let empty = b"<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'/>";
    insta::assert_snapshot!([
        told("icon.png", &icon, TEXT),
        told("empty.svg", empty, TEXT),
        told("icon.png", &icon, "  "),
    ].join("\n"), @"
    `icon.png` is 30 × 20, too small for the caption “Skerry & tide · made with AI”: make it larger, or shorten the caption
    `empty.svg` can't be given a caption: nothing is drawn in it
    the caption has 0 characters: expected 1 to 200
    ");
}
