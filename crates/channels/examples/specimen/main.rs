//! Publishes a gallery of made-up pieces, to look at while working on the site:
//! `cargo run -p daedal-channels --example specimen -- DIR [ROUNDS]`.

#![allow(clippy::print_stdout)] // An example speaks with a person.

mod art;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use daedal_channels::{
    Anchor, Credential, Decider, Decision, Edition, Exhibit, Item, Licence, LineageStep, Oversight,
    ProcessLabel, Release, Work,
};
use daedal_core::blob::{BlobError, BlobRead};
use daedal_core::engine::{Determinism, Usage};
use daedal_core::process::{DerivativeTerms, Role, Training};
use daedal_core::{AssetRef, Digest, Seed, UsdMicros};
use serde_json::{Map, Value, json};

use art::{Dice, isobaths, tone, weave};

#[derive(Default)]
struct Blobs(Mutex<HashMap<Digest, Arc<[u8]>>>);

impl Blobs {
    fn keep(&self, media_type: &str, bytes: &[u8]) -> AssetRef {
        let digest = Digest::of(bytes);
        if let Ok(mut blobs) = self.0.lock() {
            blobs.insert(digest, bytes.into());
        }
        AssetRef {
            digest,
            media_type: media_type.into(),
            size: bytes.len() as u64,
        }
    }
}

impl BlobRead for Blobs {
    fn read(&self, digest: &Digest) -> Result<Arc<[u8]>, BlobError> {
        let found = self
            .0
            .lock()
            .ok()
            .and_then(|blobs| blobs.get(digest).cloned());
        found.ok_or(BlobError::Missing { digest: *digest })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| "site".into());
    let site = daedal_channels::Site::new(&directory);
    let blobs = Blobs::default();
    let settings = json!({
        "title": "Harbour Press",
        "description": "Pictures, cloths and small stories made by processes that anyone may check.",
        "author": "Harbour Press",
    });
    let Value::Object(settings) = settings else {
        return Ok(());
    };
    let rounds = std::env::args()
        .nth(2)
        .map_or(Ok(4), |rounds| rounds.parse())?;
    for number in 0..rounds {
        for release in [
            coast(number, &blobs),
            cloth(number, &blobs),
            story(number, &blobs),
        ] {
            let start = std::time::Instant::now();
            let published = daedal_channels::Channel::publish(&site, &release, &settings, &blobs)?;
            println!(
                "{} ({} files, {:?})",
                published.location,
                published.changed,
                start.elapsed()
            );
        }
    }
    Ok(())
}

fn release(process: ProcessLabel, number: u64, items: Vec<Item>) -> Release {
    let run = Digest::of(format!("{} {number}", process.name).as_bytes());
    Release {
        run,
        version: Digest::of(process.name.as_bytes()),
        work: None,
        released_at: format!(
            "2026-11-{:02}T{:02}:30:00Z",
            2 + number * 6 % 28,
            number / 28 % 24
        ),
        seed: Seed(Digest::of(&[u8::try_from(number).unwrap_or(0)])),
        inputs: object(json!({ "theme": "low tide at dawn", "edition": number + 1 })),
        parameters: object(
            json!({ "turbulence": 0.35, "palette": "kelp", "sounding_density": 0.6 }),
        ),
        governed: None,
        votes: None,
        process,
        items,
        attestation: None,
        receipts: None,
        anchor: None,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn label(name: &str, title: &str, description: &str, training: Training) -> ProcessLabel {
    ProcessLabel {
        name: name.into(),
        title: title.into(),
        description: Some(description.into()),
        licence: Some(Licence {
            name: "CC-BY-SA-4.0".into(),
            text: None,
            commercial: Some(true),
            derivatives: Some(DerivativeTerms::ShareAlike),
            attribution: Some(true),
        }),
        disclosure: Some("Made with an automated process".into()),
        training,
    }
}

fn coast(number: u64, blobs: &Blobs) -> Release {
    let mut dice = Dice(number * 7 + 3);
    let items = (0..3).map(|index| {
        let title = format!(
            "{} of {}",
            dice.pick(&["Skerry", "Sound", "Haven", "Roads", "Ness", "Bight"]),
            dice.pick(&["Våla", "Saint Osk", "the Ninth Morning", "Ullswick", "Marrow", "Fen Hallow and the Lesser Teeth"]),
        );
        let tide = dice.pick(&["ebb", "flood", "slack", "ebb", "flood", "spring"]);
        let weather = dice.pick(&["clear", "fog", "squall", "clear", "clear"]);
        let moon = dice.pick(&["new", "first quarter", "full", "last quarter"]);
        let picture = isobaths(&mut dice, 1200, 1600);
        let asset = blobs.keep("image/svg+xml", picture.as_bytes());
        let others: Vec<_> = (0..5)
            .map(|_| exhibit(blobs, &isobaths(&mut dice, 300, 400), (300, 400), 0.4))
            .collect();
        let kept = vec![exhibit(blobs, &isobaths(&mut dice, 300, 400), (300, 400), 0.91)];
        item("poster", index, &title, asset, object(json!({
            "width": 1200, "height": 1600,
            "features": { "tide": tide, "moon": moon, "weather": weather, "soundings": 140 + dice.roll(90) },
        })), lineage(kept, others, index == 0))
    });
    let items = items.map(|mut item: Item| {
        let token = Digest::of(item.title.as_bytes()).0;
        let number: String = token
            .iter()
            .map(|byte| format!("{byte:03}"))
            .take(25)
            .collect();
        item.edition = Some(Edition {
            token: format!("eip155:8453/erc721:{}/{number}", address("editions")),
            index: item.index as u64,
            price: Some("5 USDC".into()),
            owner: Some(address("editions")),
        });
        item
    });
    let items = items.collect();
    let about = "Charts of coastlines that do not exist, one for every tide.";
    let label = label(
        "tidal-almanac",
        "Tidal Almanac",
        about,
        Training::NotAllowed,
    );
    Release {
        work: Some(Work {
            token: format!("eip155:8453/erc721:{}/12", address("registry")),
            version: 1,
            shares: address("shares"),
        }),
        anchor: Some(Anchor {
            chain: "eip155:8453".into(),
            contract: address("anchor"),
            transaction: format!("0x{}", Digest::of(b"transaction")),
            root: format!("0x{}", Digest::of(&number.to_be_bytes())),
            by: address("operator"),
            block: Some(20_417_311 + number),
            proof: Some(blobs.keep("application/json", b"{}")),
        }),
        ..release(label, number, items)
    }
}

/// An address that stands for `name`.
fn address(name: &str) -> String {
    format!("0x{}", &Digest::of(name.as_bytes()).to_string()[..40])
}

fn cloth(number: u64, blobs: &Blobs) -> Release {
    let mut dice = Dice(number * 13 + 5);
    let structure = dice.pick(&["2/2 twill", "overshot", "shadow weave", "houndstooth"]);
    let yarn = dice.pick(&["madder and chalk", "weld and ink", "indigo and bone"]);
    let features = |width: u64, height: u64| {
        object(
            json!({ "width": width, "height": height, "features": { "structure": structure, "yarn": yarn } }),
        )
    };
    let title = format!("Sample {} in {yarn}", 118 + number * 3);
    let square = weave(&mut dice, 1200, 1200);
    let wide = weave(&mut dice, 1600, 900);
    let draft = "[WIF]\nVersion=1.1\n\n[WEAVING]\nShafts=8\nTreadles=8\nRising Shed=yes\n\n[WARP]\nThreads=96\nUnits=centimeters\nSpacing=0.08\n\n[THREADING]\n1=1\n2=2\n3=3\n4=4\n5=5\n6=6\n7=7\n8=8\n";
    let mut text = item(
        "draft",
        0,
        &format!("{title}, draft"),
        blobs.keep("text/x-wif", draft.as_bytes()),
        features(0, 0),
        lineage(vec![], vec![], false),
    );
    text.text = Some(draft.into());
    text.alt = "The draft in the weaver's exchange format.".into();
    let items = vec![
        item(
            "swatch",
            0,
            &title,
            blobs.keep("image/svg+xml", square.as_bytes()),
            features(1200, 1200),
            lineage(vec![], vec![], false),
        ),
        item(
            "bolt",
            0,
            &format!("{title}, bolt"),
            blobs.keep("image/svg+xml", wide.as_bytes()),
            features(1600, 900),
            lineage(vec![], vec![], false),
        ),
        text,
    ];
    let about = "Weaves that could be woven: drafts, swatches and their colourways.";
    release(
        label("loom-notes", "Loom Notes", about, Training::Constrained),
        number,
        items,
    )
}

fn story(number: u64, blobs: &Blobs) -> Release {
    let mut dice = Dice(number * 17 + 1);
    let name = dice.pick(&["Ines", "Old Tam", "The baker’s girl", "Moritz"]);
    let object_name = dice.pick(&[
        "a jar of plums",
        "one red glove",
        "a borrowed lamp",
        "the wrong key",
    ]);
    let words = format!(
        "{name} has {object_name} on the sill again. Across the yard the lift stops between floors and thinks about it.\n\nRain comes as if it had an appointment. By three the whole street is a page that nobody turns, and {object_name} is the only thing awake.\n\nSomeone laughs on the fifth floor, very quietly, in the past tense.",
    );
    let mut text = item(
        "story",
        0,
        &format!("{name}, 3 a.m."),
        blobs.keep("text/plain", words.as_bytes()),
        object(json!({ "features": { "hour": "three", "weather": "rain" } })),
        lineage(vec![], vec![], false),
    );
    text.text = Some(words);
    text.alt = "A story of some sixty words.".into();
    let mut reading = item(
        "reading",
        0,
        &format!("{name}, read aloud"),
        blobs.keep("audio/wav", &tone()),
        Map::new(),
        lineage(vec![], vec![], false),
    );
    reading.alt = "The story, read by a quiet voice.".into();
    let about = "One window, one night, sixty words.";
    release(
        label("small-hours", "Small Hours", about, Training::Allowed),
        number,
        vec![text, reading],
    )
}

fn item(
    output: &str,
    index: usize,
    title: &str,
    asset: AssetRef,
    fields: Map<String, Value>,
    lineage: Vec<LineageStep>,
) -> Item {
    Item {
        output: output.into(),
        index,
        title: title.into(),
        alt: format!("{title}: bands of colour laid around a shore, numbers along the lines."),
        unsigned: Digest::of(title.as_bytes()),
        asset,
        sidecar: None,
        attachments: Vec::new(),
        preview: None,
        fields,
        text: None,
        lineage,
        credential: Some(Credential {
            signer: "Harbour Press studio".into(),
            root: format!("0x{}", Digest::of(output.as_bytes())),
            proof: Vec::new(),
            receipts: 15,
            oversight: Oversight::HumanValidated,
        }),
        edition: None,
    }
}

fn exhibit(blobs: &Blobs, picture: &str, dimensions: (u64, u64), score: f64) -> Exhibit {
    Exhibit {
        asset: blobs.keep("image/svg+xml", picture.as_bytes()),
        alt: "A draft of the chart".into(),
        dimensions: Some(dimensions),
        score: Some(score),
    }
}

fn lineage(kept: Vec<Exhibit>, passed_over: Vec<Exhibit>, human: bool) -> Vec<LineageStep> {
    let step = |name: &str, role, engine: &str, tasks: usize, note: Option<&str>| LineageStep {
        step: name.into(),
        role: Some(role),
        engine: engine.into(),
        engine_version: "1".into(),
        determinism: Determinism::Exact,
        tasks,
        cached: name == "concept",
        seed: None,
        usage: Usage {
            cost: UsdMicros(0),
            elapsed_ms: 41 * tasks as u64,
            ..Usage::default()
        },
        note: note.map(Into::into),
        shown: None,
        decisions: Vec::new(),
    };
    let by = if human {
        Decider::Person {
            account: "0x00000000000000000000000000000000000000aa".into(),
            name: Some("Ada Lindqvist".into()),
        }
    } else {
        Decider::Score
    };
    let mut pick = step("pick", Role::Curate, "choose", 1, None);
    if !kept.is_empty() {
        pick.decisions.push(Decision {
            by,
            act: if human { "chose".into() } else { "kept".into() },
            at: human.then(|| "2026-11-08T10:00:00Z".into()),
            reason: human.then(|| "the only one where the water looks cold".into()),
            kept,
            passed_over,
        });
    }
    vec![
        step(
            "concept",
            Role::Conceive,
            "grammar",
            1,
            Some("A drowned valley at slack water, charted by someone who left in a hurry."),
        ),
        step("draft", Role::Generate, "sketch", 6, None),
        step(
            "judge",
            Role::Critique,
            "score",
            6,
            Some("contrast 0.71, balance 0.64, novelty 0.88"),
        ),
        pick,
        step(
            "finish",
            Role::Refine,
            "image",
            1,
            Some("resized to 2400 px, framed, paper grain"),
        ),
    ]
}
