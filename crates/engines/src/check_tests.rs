//! What is known of a process before it runs, thanks to what engines say of themselves.

use std::collections::BTreeMap;

use daedal_core::bundle::MemoryFiles;
use daedal_core::plan::build;

use crate::picture::{Colour, Encoding, Picture, encode};

fn files() -> MemoryFiles {
    let mut huge = encode(&Picture::filled(1, 1, Colour::WHITE), Encoding::Png).unwrap();
    // The header claims 60,000 x 60,000; the checksum of its chunk is right.
    huge[16..24].copy_from_slice(&60_000_u32.to_be_bytes().repeat(2));
    let sum = crc32(&huge[12..29]);
    huge[29..33].copy_from_slice(&sum.to_be_bytes());
    let record =
        br##"{ "origin": [{ "fields": { "title": "#a#" } }], "a": ["quay"], "lone": "#a#" }"##;
    let files = [
        ("idea.json", record.to_vec()),
        ("draw.js", b"ctx.fill()".to_vec()),
        ("poem.md", b"{{ line }}".to_vec()),
        (
            "frame.svg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"/>".to_vec(),
        ),
        ("list.csv", b"a,b".to_vec()),
        ("huge.png", huge),
    ];
    let named = files.map(|(name, bytes)| (name.to_owned(), bytes));
    MemoryFiles(BTreeMap::from(named))
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

/// What is wrong with a process of these steps.
fn told(steps: &str) -> String {
    let file = format!(
        "daedal: v1\nname: x\ninputs:\n  format: {{ type: text, default: svg }}\n  photo: {{ type: asset, media_types: [\"image/*\"] }}\n  song: {{ type: asset, media_types: [\"audio/*\", text/plain] }}\nsteps:\n{steps}"
    );
    match build(
        "process.yaml",
        file.as_bytes(),
        &files(),
        &crate::all(crate::Tools::default()),
    ) {
        Ok(_) => String::new(),
        Err(mistakes) => mistakes
            .positions()
            .map(|(mistake, (line, column))| {
                let help = mistake.help.as_deref().unwrap_or_default();
                format!("{line}:{column}: {} ({help})\n", mistake.message)
            })
            .collect(),
    }
}

#[test]
fn text_is_refused_where_a_picture_is_taken() {
    insta::assert_snapshot!(told(
        r#"  draft: { uses: sketch, count: 3, with: { script: draw.js } }
  cover: { uses: image, with: { image: "{{ steps.draft[0] }}", format: webp } }
  poem: { uses: template, with: { template: poem.md, data: { line: x } } }
  words: { uses: template, count: 2, with: { text: "a poem" } }
  idea: { uses: grammar, with: { grammar: idea.json } }
  a: { uses: image, with: { image: "{{ steps.poem }}" } }
  b: { uses: image, foreach: "{{ steps.words }}" }
  c: { uses: image, with: { image: "{{ steps.idea }}" } }
  d: { uses: image, with: { image: "{{ inputs.song }}", operations: [{ composite: { image: "{{ steps.poem }}" } }] } }
  e: { uses: score, with: { image: "{{ steps.cover }}", earlier: "{{ steps.words }}" } }
  kept: { uses: choose, with: { from: "{{ steps.words }}" } }
  f: { uses: image, with: { image: "{{ steps.kept[0] }}" } }
  again: { repeat: { at_most: 2, steps: {
    make: { uses: template, with: { text: page, format: html } },
    seen: { uses: score, with: { image: "{{ make }}" } } } } }
"#
    ));
}

#[test]
fn only_what_the_format_gives_can_be_referred_to() {
    insta::assert_snapshot!(told(
        r#"  poem: { uses: template, with: { text: "a poem" } }
  frame: { uses: template, with: { template: frame.svg } }
  data: { uses: template, with: { text: "{}", format: json } }
  idea: { uses: grammar, with: { grammar: idea.json } }
  inline: { uses: grammar, with: { rules: { origin: [quay, sea] } } }
  lone: { uses: grammar, with: { grammar: idea.json, origin: lone } }
  fits: { uses: template, with: { text: a, data: {
    a: "{{ steps.frame.width }}", b: "{{ steps.data.json.deep }}", c: "{{ steps.idea.title }}", d: "{{ steps.lone.anything }}", e: "{{ steps.poem.text }}" } } }
  not: { uses: template, with: { text: a, data: {
    a: "{{ steps.poem.width }}", b: "{{ steps.frame.json }}", c: "{{ steps.idea.height }}", d: "{{ steps.inline.title }}" } } }
"#
    ));
}

#[test]
fn nothing_is_said_where_it_is_not_known() {
    let told = told(
        r#"  any: { uses: template, with: { text: "x", format: "{{ inputs.format }}" } }
  drawn: { uses: template, with: { text: " <svg/>" } }
  made: { uses: template, with: { text: "{{ inputs.format }}" } }
  open: { uses: grammar, with: { rules: { origin: "{{ inputs.format }}" }, origin: "{{ inputs.format }}" } }
  kept: { uses: choose, with: { from: ["{{ steps.any }}"] } }
  a: { uses: image, with: { image: "{{ steps.any }}", format: "{{ inputs.format }}" } }
  b: { uses: image, with: { image: "{{ steps.drawn }}" } }
  c: { uses: image, with: { image: "{{ steps.made }}" } }
  d: { uses: image, with: { image: "{{ inputs.photo }}" } }
  e: { uses: image, with: { image: "{{ steps.kept[0] }}" } }
  f: { uses: image, with: { image: "{{ steps.any if inputs.format else steps.a }}" } }
  g: { uses: score, with: { image: "{{ steps.a }}", earlier: "{{ run.earlier }}" } }
  h: { uses: template, with: { text: "{{ steps.any.width }} {{ steps.open.title }} {{ steps.a.width }}" } }
"#,
    );
    assert_eq!(told, "");
}

#[test]
fn files_that_are_no_pictures_or_too_large_are_refused_before_a_run() {
    insta::assert_snapshot!(told(
        r#"  a: { uses: image, with: { image: huge.png } }
  b: { uses: image, with: { image: frame.svg, operations: [{ composite: { image: list.csv } }] } }
  c: { uses: score, with: { image: frame.svg, signature: [huge.png], earlier: [poem.md] } }
"#
    ));
}
