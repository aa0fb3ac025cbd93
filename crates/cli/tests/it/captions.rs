//! A visible label in what is published: sealed, attested, and drawn again.

use daedal_core::AssetRef;
use daedal_core::receipt::Receipt;
use serde_json::Value;

use crate::studio::{Studio, files_below};

const PROCESS: &str = r##"daedal: v1
name: skerry
title: Skerry
disclosure: { caption: { text: "{{ inputs.by }} · made with AI", place: below } }
inputs: { by: { type: text, default: Skerry & tide } }
steps:
  drawing:
    uses: template
    count: 2
    with:
      text: "<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'><rect width='300' height='200' fill='#345'/><circle r='9'/></svg>"
      format: svg
  print: { uses: image, foreach: "{{ steps.drawing }}" }
  photo: { uses: image, with: { image: "{{ steps.drawing[0] }}", format: jpeg } }
  words: { uses: template, with: { text: "sea" } }
outputs:
  print: "{{ steps.print }}"
  drawing: "{{ steps.drawing[1] }}"
  photo: "{{ steps.photo }}"
  words: "{{ steps.words }}"
"##;

fn released() -> Studio {
    let studio = Studio::empty();
    studio.write("process.yaml", PROCESS);
    studio.write("daedal.toml", "");
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio
}

fn record(studio: &Studio) -> Value {
    let files = files_below(&studio.path().join("site/media/skerry"));
    let mut records = files
        .iter()
        .filter(|(name, _)| name.ends_with(".receipts.json"));
    serde_json::from_slice(records.next().unwrap().1).unwrap()
}

#[test]
fn a_released_picture_carries_its_caption_and_a_receipt_that_leads_to_it_from_the_one_without() {
    let studio = released();
    let record = record(&studio);
    let receipts: Vec<Receipt> = serde_json::from_value(record["receipts"].clone()).unwrap();
    let captions: Vec<&Receipt> = receipts
        .iter()
        .filter(|one| one.engine == "caption")
        .collect();
    // Equal prints are one picture.
    assert_eq!(
        captions.len(),
        3,
        "two prints alike, a drawing and a photo; words have none"
    );
    let places: Vec<_> = captions.iter().map(|one| one.label()).collect();
    assert_eq!(places[0], "disclosure/caption #1");
    for caption in &captions {
        let made: &AssetRef = &caption.inputs[0];
        assert!(
            receipts
                .iter()
                .any(|one| one.engine != "caption" && one.makes(&made.digest))
        );
    }

    let files = files_below(&studio.path().join("site/media/skerry"));
    let own = |end: &str| {
        let mut own = files
            .iter()
            .filter(|(name, _)| name.ends_with(end) && !name.contains("preview"));
        let (name, bytes) = own.next().unwrap();
        (format!("site/media/skerry/{name}"), bytes.clone())
    };
    let (svg, drawing) = own(".svg");
    let drawing = String::from_utf8(drawing).unwrap();
    assert!(
        drawing.contains("Skerry &amp; tide · made with AI</text></g></svg>"),
        "{drawing}"
    );
    for path in [own(".png").0, own(".jpg").0, svg] {
        let told = studio.daedal(&["verify", &path, "--json"]).ends(0).json();
        assert_eq!(told["verdict"]["origin"]["engine"], "caption 1", "{told}");
        let unsigned = told["verdict"]["origin"]["unsigned"].as_str().unwrap();
        assert!(
            captions
                .iter()
                .any(|one| one.outputs[0].digest.to_string() == unsigned)
        );
    }
    studio.daedal(&["verify", "site", "-q"]).ends(0);
    let told = studio
        .daedal(&["report", "--eu-ai-act", "latest"])
        .ends(0)
        .out;
    assert!(
        told.contains("a visible label is drawn into 3 pictures"),
        "{told}"
    );
    // Nothing is drawn a second time, and what was made stays as it was.
    let before = files_below(&studio.path().join("site"));
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    assert_eq!(files_below(&studio.path().join("site")), before);
}

#[test]
fn captions_are_drawn_again_from_an_archive_and_are_what_the_receipts_say() {
    let studio = released();
    let archive = ["export", "latest", "--to", "run.zip", "--replayable", "-q"];
    studio.daedal(&archive).ends(0);
    for what in ["run.zip", "latest"] {
        let told = studio
            .daedal(&["verify", "--replay", what, "--json"])
            .ends(0)
            .json();
        let tasks = told["replay"]["tasks"].as_array().unwrap();
        let captions = tasks
            .iter()
            .filter(|one| one["task"].as_str().unwrap().starts_with("disclosure/"));
        let came: Vec<_> = captions.map(|one| &one["came"]).collect();
        assert_eq!(came, ["exact"; 3], "{what}: {told}");
    }
}

#[test]
fn a_process_without_a_caption_publishes_what_it_made() {
    let studio = Studio::empty();
    studio.write("process.yaml", PROCESS.replace("disclosure: {", "# {"));
    studio.write("daedal.toml", "");
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let text = record(&studio).to_string();
    assert!(!text.contains("caption"), "{text}");
}

#[test]
fn a_caption_that_cannot_be_drawn_is_told_with_its_place() {
    let studio = Studio::empty();
    let told = |caption: &str| {
        let process = PROCESS.replace(
            "{ text: \"{{ inputs.by }} · made with AI\", place: below }",
            caption,
        );
        studio.write("process.yaml", process);
        studio.daedal(&["check"]).ends(1).err
    };
    for (caption, place, said) in [
        (
            "\"by {{ inputs.them }}\"",
            "4:31",
            "names an input that is not declared",
        ),
        (
            "{ text: \"{{ steps.words.text }}\", place: below }",
            "4:32",
            "can't name a step",
        ),
        (
            "{ text: x, place: middle }",
            "4:42",
            "`disclosure.caption.place` is `middle`",
        ),
        ("{ place: below }", "4:24", "has no text"),
        ("\" \"", "4:24", "the caption is empty"),
    ] {
        let told = told(caption);
        assert!(
            told.contains(said) && told.contains(place),
            "{caption}: {told}"
        );
    }
}

#[test]
fn a_caption_may_name_the_process_and_one_that_no_picture_can_carry_is_a_mistake_of_the_file() {
    let studio = Studio::empty();
    studio.write(
        "process.yaml",
        PROCESS.replace(
            "{{ inputs.by }}",
            "{{ process.title }} ({{ process.name }})",
        ),
    );
    studio.daedal(&["check"]).ends(0);
    studio.write("daedal.toml", "");
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let out = files_below(&studio.path().join("site/media/skerry"));
    let drawings = out.iter().filter(|(name, _)| name.ends_with(".svg"));
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("Skerry (skerry)");
    assert!(
        drawings.into_iter().any(|(_, bytes)| told(bytes)),
        "{:?}",
        out.keys()
    );
    let long = "made ".repeat(50);
    studio.write("process.yaml", PROCESS.replace("made", &long));
    let refused = studio.daedal(&["check"]).ends(1);
    assert!(
        refused.err.contains("at most 200 can be drawn"),
        "{}",
        refused.err
    );
    studio.write(
        "process.yaml",
        PROCESS.replace("inputs.by", "process.tilte"),
    );
    let refused = studio.daedal(&["check"]).ends(1);
    assert!(refused.err.contains("title"), "{}", refused.err);
}
