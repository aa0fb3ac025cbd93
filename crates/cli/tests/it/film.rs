//! The example that is a film: made, made again to compare, released and verified.

use crate::studio::{Studio, files_below};

#[test]
fn the_night_ferry_is_made_again_to_the_last_byte_and_carries_its_credentials() {
    let studio = Studio::empty();
    studio
        .daedal(&["new", "film", "--from", "night-ferry"])
        .ends(0);
    studio.daedal(&["check", "film"]).ends(0);
    let run = [
        "run",
        "film",
        "-q",
        "--seed",
        "ferry",
        "--param",
        "resolution=120",
    ];
    studio.daedal(&run).ends(0);
    let made = files_below(&studio.path().join("out"));
    let count = |extension: &str| made.keys().filter(|name| name.ends_with(extension)).count();
    assert_eq!(
        (count(".mp4"), count(".jpg"), count(".srt")),
        (3, 3, 1),
        "{:?}",
        made.keys()
    );
    let captions = made.iter().find(|(name, _)| name.ends_with(".srt"));
    let captions = String::from_utf8(captions.unwrap().1.clone()).unwrap();
    assert!(captions.starts_with("1\n00:00:02,000 --> "), "{captions}");

    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio.daedal(&["verify", "site"]).ends(0);
    let again = studio
        .daedal(&["verify", "latest", "--replay", "--json"])
        .ends(0)
        .json();
    let replayed = &again["replay"]["coverage"];
    let counted = |name: &str| replayed[name].as_u64();
    assert_eq!((counted("exact"), counted("failed")), (Some(12), Some(0)));
    let receipts = files_below(&studio.path().join("site/media"));
    let receipts = receipts
        .iter()
        .find(|(name, _)| name.ends_with(".receipts.json"));
    let receipts = String::from_utf8(receipts.unwrap().1.clone()).unwrap();
    for tool in ["\"ffmpeg ", "\"espeak-ng "] {
        assert!(receipts.contains(tool), "{tool} is not named");
    }
}
