//! A run and its assets, for the tests of this crate.

use std::io::Cursor;
use std::sync::OnceLock;

use alloy_primitives::B256;
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use daedal_core::engine::{Determinism, Usage};
use daedal_core::intent::{
    Disclosure, Domain, Given, Intent, IntentKind, SignedIntent, seen_root, shown, step_word,
};
use daedal_core::process::{DerivativeTerms, License, Training};
use daedal_core::receipt::Receipt;
use daedal_core::record::{RunHeader, RunRecord, Setting, Settings, settings_digest};
use daedal_core::{AssetRef, Digest, Seed};
use serde_json::json;

use crate::keys::{Keys, Password, Person};
use crate::manifest::{Content, Source};
use crate::signer::Signer;

pub(crate) const NOW_MS: u64 = 1_790_000_000_000;

/// One studio's keys, made once: scrypt is slow on purpose.
pub(crate) fn studio() -> &'static (Signer, Person) {
    static STUDIO: OnceLock<(Signer, Person)> = OnceLock::new();
    STUDIO.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::at(dir.path().join("keys"));
        let password = Password::new("correct horse".into());
        keys.make(&password, "Ada", NOW_MS).unwrap();
        (
            keys.signer(&password).unwrap(),
            keys.person(&password).unwrap(),
        )
    })
}

pub(crate) fn png(width: u32, height: u32, noise: bool) -> Vec<u8> {
    let mut state = 1_u32;
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if noise {
            image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
        } else {
            image::Rgb([x as u8, y as u8, 128])
        }
    });
    encoded(picture, image::ImageFormat::Png)
}

pub(crate) fn encoded(picture: image::RgbImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The same small picture in a format.
pub(crate) fn picture(format: image::ImageFormat) -> Vec<u8> {
    encoded(
        image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8, y as u8, 99])),
        format,
    )
}

/// A second of silence.
pub(crate) fn wav() -> Vec<u8> {
    let samples = vec![0_u8; 8_001];
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
            .to_vec();
    file.extend((samples.len() as u32).to_le_bytes());
    file.extend(samples);
    file.push(0);
    let size = (file.len() - 8) as u32;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    file
}

pub(crate) fn receipt(
    step: &str,
    index: Option<u32>,
    inputs: &[&AssetRef],
    outputs: &[&AssetRef],
) -> Receipt {
    Receipt {
        step: step.into(),
        round: None,
        index,
        engine: "sketch".into(),
        engine_version: "1".into(),
        params: Digest::of(b"params"),
        seed: Some(Seed(Digest::of(step.as_bytes()))),
        inputs: inputs.iter().copied().cloned().collect(),
        from: Vec::new(),
        outputs: outputs.iter().copied().cloned().collect(),
        value: Digest::of(b"value"),
        determinism: Determinism::Exact,
        usage: Usage {
            elapsed_ms: 41,
            ..Usage::default()
        },
        intents: Vec::new(),
        of: None,
        prev: B256::ZERO,
    }
}

pub(crate) fn asset(bytes: &[u8], media_type: &str) -> AssetRef {
    AssetRef {
        digest: Digest::of(bytes),
        media_type: media_type.into(),
        size: bytes.len() as u64,
    }
}

/// A run that drew six candidates, had a person choose one, and finished it as `bytes`.
pub(crate) fn run_of(bytes: &[u8], media_type: &str, human: bool) -> RunRecord {
    run_in(bytes, media_type, human.then(Domain::default))
}

/// The same, with the person deciding for this chain and registry.
pub(crate) fn run_in(bytes: &[u8], media_type: &str, human: Option<Domain>) -> RunRecord {
    let (_, person) = studio();
    let drafts: Vec<AssetRef> = (0..6)
        .map(|i| asset(format!("draft {i}").as_bytes(), "image/png"))
        .collect();
    let poster = asset(bytes, media_type);
    let script = asset(b"script", "text/javascript");
    let inputs = Settings::from([("theme".into(), Setting::public(json!("low tide")))]);
    let parameters = Settings::from([("turbulence".into(), Setting::public(json!(0.35)))]);
    let header = RunHeader {
        process: "tidal-almanac".into(),
        bundle: Digest::of(b"bundle"),
        inputs: settings_digest(&inputs),
        parameters: settings_digest(&parameters),
        seed: Seed(Digest::of(b"seed")),
        nonce: 1,
        started_ms: NOW_MS,
        ended_ms: NOW_MS + 1_500,
        tool: "daedal 0.1.0".into(),
        target: "x86_64-unknown-linux-gnu".into(),
        governed: None,
        intents: Vec::new(),
    };
    let mut receipts: Vec<Receipt> = drafts
        .iter()
        .enumerate()
        .map(|(i, draft)| receipt("draft", Some(i as u32), &[&script], &[draft]))
        .collect();
    let all: Vec<&AssetRef> = drafts.iter().collect();
    let mut pick = receipt("pick", None, &all, &[&drafts[3]]);
    pick.engine = "choose".into();
    let mut intents = Vec::new();
    if let Some(domain) = human {
        let asked = pick.asked(header.run());
        let intent = choice(person, domain, &header, (&pick, asked), &drafts, 3);
        pick.intents = vec![intent.name()];
        intents.push(intent);
    }
    receipts.push(pick);
    receipts.push(receipt("finish", None, &[&drafts[3]], &[&poster]));
    receipts.extend((0..12).map(|i| receipt("note", Some(i), &[], &[])));
    RunRecord::close(header, inputs, parameters, receipts, intents)
}

/// The same decision, signed by somebody else.
pub(crate) fn signed_by_another(signed: &SignedIntent) -> SignedIntent {
    let other = PrivateKeySigner::from_slice(&[9; 32]).unwrap();
    let signature = other.sign_hash_sync(&signed.message()).unwrap();
    SignedIntent {
        signer: other.address(),
        signature: signature.as_bytes().into(),
        ..signed.clone()
    }
}

/// What comes of a task by its receipt.
pub(crate) fn given_by(receipt: &Receipt) -> Given {
    Given {
        value: receipt.value,
        assets: receipt.outputs.iter().map(|asset| asset.digest).collect(),
    }
}

fn choice(
    person: &Person,
    domain: Domain,
    header: &RunHeader,
    (pick, asked): (&Receipt, B256),
    drafts: &[AssetRef],
    at: usize,
) -> SignedIntent {
    let drafts: Vec<_> = drafts.iter().map(AssetRef::to_value).collect();
    let options = shown(&drafts);
    let disclosed = Disclosure::choice(B256::repeat_byte(9), &options[at..=at], &given_by(pick));
    let intent = Intent {
        run: B256::from(header.run().0),
        step: step_word("pick"),
        kind: IntentKind::Choose,
        payload: disclosed.commitment(),
        seen: seen_root(&options),
        prev: asked,
        nonce: 1,
        at: NOW_MS / 1_000,
    };
    person
        .sign(domain, intent, Some(disclosed), options)
        .unwrap()
}

pub(crate) fn license() -> License {
    License {
        id: Some("CC-BY-4.0".into()),
        file: None,
        commercial: Some(true),
        derivatives: Some(DerivativeTerms::ShareAlike),
        attribution: None,
    }
}

pub(crate) fn content<'a>(
    record: &'a RunRecord,
    bytes: &[u8],
    media_type: &'a str,
    license: &'a License,
) -> Content<'a> {
    Content {
        title: "poster",
        alt: None,
        media_type,
        digest: Digest::of(bytes),
        record,
        anchor: Domain::default(),
        anchoring: None,
        source: Source::Algorithmic,
        training: Training::NotAllowed,
        license: Some(license),
        creator: Some("Ada"),
        ingredients: &[],
        is_on_way: &|_| true,
    }
}

/// One pixel.
pub(crate) fn gif() -> Vec<u8> {
    let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    file.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
    file
}

/// Four silent frames at 128 kbit/s, 44.1 kHz.
pub(crate) fn mp3() -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
    frame.resize(417, 0);
    frame.repeat(4)
}

/// A film without tracks.
pub(crate) fn mp4() -> Vec<u8> {
    let boxed = |kind: &[u8], payload: &[u8]| {
        let length = (payload.len() as u32 + 8).to_be_bytes();
        [&length[..], kind, payload].concat()
    };
    let mut head = [0; 100];
    head[15] = 1; // time scale
    head[20..26].copy_from_slice(&[0, 1, 0, 0, 1, 0]); // rate and volume of 1
    head[99] = 1; // next track
    [
        boxed(b"ftyp", b"isom\0\0\x02\0isommp42"),
        boxed(b"moov", &boxed(b"mvhd", &head)),
        boxed(b"mdat", &[7; 400]),
    ]
    .concat()
}
