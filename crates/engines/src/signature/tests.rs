use daedal_core::Digest;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::picture::{Colour, Encoding, Filter, Picture, Plane, encode};

/// A small generator of numbers, so that pictures of one hand differ.
struct Dice(u64);

impl Dice {
    fn next(&mut self, most: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % most
    }
}

fn filled(width: u32, height: u32, rgb: [u8; 3]) -> Picture {
    Picture::filled(width, height, Colour([rgb[0], rgb[1], rgb[2], 255]))
}

fn rectangle(picture: &mut Picture, at: [u32; 4], rgb: [u8; 3]) {
    let [left, top, wide, high] = at;
    for y in top..(top + high).min(picture.height) {
        for x in left..(left + wide).min(picture.width) {
            let index = ((y * picture.width + x) * 4) as usize;
            picture.pixels[index..index + 3].copy_from_slice(&rgb);
        }
    }
}

/// A hand: upright bars of three inks on warm paper, heavy towards the foot.
pub(super) fn bars(seed: u64) -> Picture {
    let mut dice = Dice(seed);
    let mut picture = filled(240, 320, [240, 232, 214]);
    let inks = [[28, 44, 70], [178, 66, 44], [84, 120, 110]];
    for _ in 0..16 {
        let ink = inks[dice.next(3) as usize];
        let (left, high) = (dice.next(220), 60 + dice.next(200));
        rectangle(
            &mut picture,
            [left, 320 - high, 6 + dice.next(14), high],
            ink,
        );
    }
    picture
}

/// Another: small squares of candy colours all over a dark ground.
pub(super) fn confetti(seed: u64) -> Picture {
    let mut dice = Dice(seed);
    let mut picture = filled(240, 320, [24, 20, 34]);
    let inks = [[255, 90, 180], [90, 220, 255], [250, 240, 90]];
    for _ in 0..260 {
        let ink = inks[dice.next(3) as usize];
        let side = 3 + dice.next(5);
        rectangle(
            &mut picture,
            [dice.next(236), dice.next(316), side, side],
            ink,
        );
    }
    picture
}

pub(super) fn png(picture: &Picture) -> Vec<u8> {
    encode(picture, Encoding::Png).unwrap()
}

pub(super) fn profile(pictures: &[Picture]) -> Profile {
    let files: Vec<(String, Vec<u8>)> = pictures
        .iter()
        .enumerate()
        .map(|(index, picture)| (format!("{index:02}.png"), png(picture)))
        .collect();
    Profile::build(
        files
            .iter()
            .map(|(name, bytes)| (name.as_str(), &bytes[..])),
    )
    .unwrap()
}

fn hand() -> Vec<Picture> {
    (0..6).map(bars).collect()
}

fn far(profile: &Profile, picture: &Picture) -> Distance {
    profile.distance_of("picture.png", &png(picture)).unwrap()
}

#[test]
fn a_hand_is_inside_with_other_seeds_and_a_stranger_is_outside() {
    let profile = profile(&hand());
    for seed in 100..120 {
        let own = far(&profile, &bars(seed));
        assert_eq!(own.verdict(TOLERANCE), Verdict::Inside, "{seed}: {own:?}");
        let other = far(&profile, &confetti(seed));
        assert_eq!(
            other.verdict(TOLERANCE),
            Verdict::Outside,
            "{seed}: {other:?}"
        );
        assert!(
            other.overall > 4.0 * own.overall,
            "{seed}: {other:?} {own:?}"
        );
    }
    // References are, on the whole, as far apart as the unit says.
    let among = profile.among();
    let mean = among.iter().map(|own| own.overall).sum::<f64>() / among.len() as f64;
    assert!((0.4..1.6).contains(&mean), "{mean}");
}

#[test]
fn each_aspect_sees_what_it_is_named_for() {
    let profile = profile(&hand());
    let own = far(&profile, &bars(50));
    let farthest = |picture: &Picture| {
        let other = far(&profile, picture);
        let gained = |aspect: &Aspect| other.aspect(*aspect) / own.aspect(*aspect).max(0.5);
        let most = Aspect::ALL
            .into_iter()
            .max_by(|a, b| gained(a).total_cmp(&gained(b)));
        assert!(other.overall > 1.5 * own.overall, "{other:?} {own:?}");
        most.unwrap()
    };
    // The same drawing in other inks.
    let mut dyed = bars(50);
    for [red, green, blue, _] in dyed.rgba_mut() {
        (*red, *green, *blue) = (*green, *blue, *red);
    }
    assert_eq!(farthest(&dyed), Aspect::Colour);
    // Upside down: where masses lie, and nothing else.
    let mut turned = bars(50);
    let pixels = turned.pixels.as_chunks_mut::<4>().0;
    pixels.reverse();
    assert_eq!(farthest(&turned), Aspect::Composition);
    // Grain on the same drawing.
    let mut rough = bars(50);
    let mut dice = Dice(9);
    for [red, green, blue, _] in rough.rgba_mut() {
        let noise = dice.next(25) as u8;
        for channel in [red, green, blue] {
            *channel = channel.saturating_sub(noise);
        }
    }
    assert_eq!(farthest(&rough), Aspect::Texture);
    // The same bars, lying.
    let lying = bars(50);
    let mut picture = filled(240, 320, [240, 232, 214]);
    for (y, row) in picture.pixels.chunks_exact_mut(240 * 4).enumerate() {
        for (x, pixel) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let at = ((x * 4 / 3).min(319) * 240 + (y * 3 / 4).min(239)) * 4;
            pixel.copy_from_slice(&lying.pixels[at..at + 4]);
        }
    }
    let lying = far(&profile, &picture);
    let statistic = |name: &str| {
        lying
            .statistics
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1
    };
    assert!(statistic("direction") > 5.0, "{lying:?}");
}

#[test]
fn size_and_format_of_a_file_hardly_count() {
    let profile = profile(&hand());
    let own = far(&profile, &bars(60)).overall;
    let large = bars(60).resized(960, 1280, Filter::Nearest);
    let jpeg = encode(&large, Encoding::Jpeg(92)).unwrap();
    let jpeg = profile.distance_of("large.jpg", &jpeg).unwrap().overall;
    let large = far(&profile, &large).overall;
    assert!(
        (large - own).abs() < 0.35 && (jpeg - own).abs() < 0.6,
        "{own} {large} {jpeg}"
    );
}

#[test]
fn a_profile_is_the_same_bytes_each_time_and_reads_back() {
    let first = profile(&hand());
    let mut turned = hand();
    turned.reverse();
    let bytes = first.to_bytes();
    assert_eq!(bytes, profile(&hand()).to_bytes());
    assert_eq!(Profile::read(&bytes).unwrap(), first);
    // What the numbers are: another library, another platform or another order of sums would tell.
    let digest = Digest::of(&bytes).to_string();
    insta::assert_snapshot!(digest);
    insta::assert_json_snapshot!(json!({
        "colours": first.colours, "spread": first.shown().spread,
        "among": first.among().iter().map(|own| own.overall).collect::<Vec<_>>(),
        "own": far(&first, &bars(77)).statistics, "foreign": far(&first, &confetti(77)).statistics,
    }));
}

#[test]
fn a_profile_that_is_none_is_told() {
    let bytes = profile(&hand()[..2]).to_bytes();
    let text = String::from_utf8(bytes).unwrap();
    let told = |text: &str| Profile::read(text.as_bytes()).unwrap_err();
    let spread = text.split_once("\"spread\": {").unwrap();
    let (name, _) = spread.1.split_once(':').unwrap();
    let bent = format!(
        "{}\"spread\": {{{name}:1{}",
        spread.0,
        spread.1.split_once(':').unwrap().1
    );
    insta::assert_snapshot!(
        [
            told("nothing"),
            told("{}"),
            told(&text.replace("\"daedal_signature\": 1", "\"daedal_signature\": 2")),
            told(&text.replace("\"weave\":[", "\"weave\":[1,")),
            told(&text.replace("\"masses\":[", "\"masse\":[")),
            told(&bent),
        ]
        .join("\n")
    );
    assert!(Profile::build(std::iter::empty()).is_err());
    let none = Profile::build([("a.txt", &b"words"[..])].into_iter()).unwrap_err();
    assert!(none.contains("`a.txt` is not a picture"), "{none}");
}

#[test]
fn few_references_are_taken_as_they_are() {
    // Of one nothing tells how far the hand ranges: the floors stand.
    let one = profile(&hand()[..1]);
    assert_eq!(far(&one, &hand()[0]).overall, 0.0);
    assert!(far(&one, &bars(70)).overall < far(&one, &confetti(70)).overall / 2.0);
    let two = profile(&hand()[..2]);
    assert!(far(&two, &bars(70)).overall < far(&two, &confetti(70)).overall / 2.0);
    // The same picture twice is one reference.
    let twice = profile(&[bars(1), bars(1), bars(2)]);
    assert_eq!(twice.references.len(), 2);
}

#[test]
fn blank_pictures_are_measured() {
    let blank = [
        filled(64, 48, [255; 3]),
        filled(1, 1, [0; 3]),
        filled(3, 200, [9, 9, 9]),
    ];
    let profile = profile(&blank);
    for picture in &blank {
        let distance = far(&profile, picture);
        assert!(distance.overall.is_finite(), "{distance:?}");
    }
    assert!(far(&profile, &confetti(1)).overall > TOLERANCE);
}

fn any_picture() -> impl Strategy<Value = Picture> {
    (1..24_u32, 1..24_u32).prop_flat_map(|(width, height)| {
        prop::collection::vec(any::<u8>(), (width * height * 4) as usize).prop_map(move |pixels| {
            Picture {
                width,
                height,
                pixels,
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_statistic_is_a_metric(one in any_picture(), other in any_picture(), third in any_picture()) {
        let [one, other, third] = [one, other, third].map(|picture| Traits::of(&Plane::of(&picture)));
        for statistic in 0..super::statistic::STATISTICS.len() {
            let there = one.apart(&other, statistic);
            prop_assert!(there >= 0.0 && there.is_finite());
            prop_assert_eq!(one.apart(&one, statistic), 0.0);
            prop_assert!((there - other.apart(&one, statistic)).abs() < 1e-9);
            let around = one.apart(&third, statistic) + third.apart(&other, statistic);
            prop_assert!(there <= around + 1e-6, "{}: {} > {}", statistic, there, around);
        }
    }

    #[test]
    fn traits_read_back_as_they_were(picture in any_picture()) {
        let traits = Traits::of(&Plane::of(&picture));
        let text = serde_json::to_string(&traits).unwrap();
        prop_assert_eq!(serde_json::from_str::<Traits>(&text).unwrap(), traits);
    }
}
