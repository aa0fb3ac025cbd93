//! The example that is a film: made, made again to compare, released and verified.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage};
use serde_json::json;

use crate::calls::{Server, run};
use crate::studio::{Studio, Told, files_below};

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
    // Where a film can't be compared with what was made, it isn't called whole.
    let mut command = studio.command(&["verify", "site"]);
    let command = command.env("TMPDIR", "/nonexistent").output();
    let told = Told::from(command.unwrap()).ends(13).out;
    assert!(told.contains("TMPDIR"), "{told}");
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

/// A picture as makers of pictures give it.
pub(crate) fn plate(green: u8) -> String {
    let plate = RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8 * 4, green, y as u8 * 4]));
    let mut bytes = Cursor::new(Vec::new());
    plate.write_to(&mut bytes, ImageFormat::Png).unwrap();
    STANDARD.encode(bytes.into_inner())
}

/// A server that tells the story and paints its plates, as OpenAI's does.
fn crew() -> Server {
    let plate = plate(60);
    let lines = ["quay", "deck", "saloon", "lighthouse", "bench", "shore"];
    let lines = lines.map(|place| format!("There is a light at the {place}."));
    let story = json!({ "title": "Last Light", "boat": "Petrel", "lines": lines }).to_string();
    Server::answering(move |path, _| {
        let said = match path {
            "/v1/images/generations" => json!({ "created": 1, "data": [{ "b64_json": plate }] }),
            _ => json!({
                "model": "tale-1",
                "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": story } }],
                "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 }
            }),
        };
        ("application/json", said.to_string())
    })
}

#[test]
fn one_parameter_has_models_tell_and_paint_the_night_ferry() {
    let server = crew();
    let studio = Studio::empty();
    studio
        .daedal(&["new", "film", "--from", "night-ferry"])
        .ends(0);
    let painter = format!(
        "[diffusion.painter]\nkind = \"openai\"\nurl = \"http://127.0.0.1:{}/v1\"\nmodel = \"ink\"\nprice = \"0.04 USD\"\n",
        server.port
    );
    studio.write("daedal.toml", format!("{}{painter}", server.settings()));
    let args = [
        "run",
        "film",
        "--json",
        "--param",
        "crew=models",
        "--param",
        "resolution=120",
    ];
    let told = run(&studio, &args).ends(0).json();
    assert_eq!(server.calls(), 7);
    // Six pictures, and 100 tokens at a dollar and 20 at two dollars a million.
    assert_eq!(told["cost_usd_micros"], 6 * 40_000 + 140, "{told}");
    let made = files_below(&studio.path().join("out"));
    let films = made.keys().filter(|name| name.ends_with(".mp4")).count();
    assert_eq!(films, 3, "{:?}", made.keys());
    let captions = made.iter().find(|(name, _)| name.ends_with(".srt"));
    let captions = String::from_utf8(captions.unwrap().1.clone()).unwrap();
    assert!(
        captions.contains("There is a light at the shore."),
        "{captions}"
    );
}
