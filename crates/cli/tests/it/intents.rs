//! What people sign, what of it is published, and what stays in the studio.

use std::path::Path;

use alloy_primitives::Address;
use alloy_signer::k256::ecdsa::SigningKey;
use daedal_core::disclosed::Disclosed;
use serde_json::Value;

use crate::edits::editor;
use crate::studio::{Studio, files_below};

/// A process that prints what it is told, and says what it was told to whoever draws.
const POEM: &str = "daedal: v1
name: poem
title: Poem
inputs:
  theme: { type: text, default: low tide }
  lines: { type: integer, default: 2, min: 1, max: 9 }
parameters:
  loud: { type: boolean, default: false }
steps:
  write: { uses: template, with: { text: \"{{ inputs.lines }} lines\" } }
outputs: { poem: \"{{ steps.write }}\" }
";

const PROMPT: &str = "the harbour where my father drowned";

pub(crate) fn poet() -> Studio {
    let studio = Studio::empty();
    studio.write("process.yaml", POEM);
    studio.account();
    studio
}

/// The verdict on the poem of the last run, once released.
pub(crate) fn released(studio: &Studio) -> Value {
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    verdict(studio)
}

pub(crate) fn verdict(studio: &Studio) -> Value {
    let files = files_below(&studio.path().join("site/media/poem"));
    let poem = files.keys().find(|name| name.ends_with(".txt")).unwrap();
    let file = format!("site/media/poem/{poem}");
    let told = studio.daedal(&["verify", &file, "--json"]).ends(0).json();
    told["verdict"].clone()
}

pub(crate) fn oversight(verdict: &Value) -> &str {
    verdict["origin"]["human_oversight"].as_str().unwrap()
}

/// Everything that leaves the studio.
fn published(studio: &Studio) -> Vec<u8> {
    let files = files_below(&studio.path().join("site"));
    files.into_values().flatten().collect()
}

pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// The published record of the last run.
pub(crate) fn record(studio: &Studio) -> Value {
    let files = files_below(&studio.path().join("site/media"));
    let (_, bytes) = files
        .into_iter()
        .find(|(name, _)| name.ends_with(".receipts.json"))
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn an_author_signs_a_bundle_and_its_runs_say_so() {
    let studio = poet();
    studio.daedal(&["run", "-q", "--seed", "before"]).ends(0);
    let verdict = released(&studio);
    assert_eq!(oversight(&verdict), "fully_autonomous");

    let studio = poet();
    let told = studio.daedal(&["author", "--json"]).ends(0).json();
    assert_eq!(told["signer"], studio.account().as_str());
    let again = studio.daedal(&["author", "--json"]).ends(0).json();
    assert_eq!(again["intent"], told["intent"], "signed once");
    studio.daedal(&["run", "-q"]).ends(0);
    let verdict = released(&studio);
    assert_eq!(oversight(&verdict), "prompt_guided");
    assert_eq!(verdict["origin"]["intents"], 1);
    let record = record(&studio);
    assert_eq!(record["header"]["intents"][0], told["intent"]);
    assert_eq!(record["intents"][0]["intent"]["kind"], "author");
    // Other files are another bundle, which nobody has signed.
    studio.edit("2, min", "3, min");
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    let told = studio.daedal(&["verify", "site", "--json"]).ends(0).json();
    let files = told.as_array().unwrap().iter();
    let verdicts = files.filter_map(|file| file.get("verdict"));
    let mut seen: Vec<&str> = verdicts.map(oversight).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["fully_autonomous", "prompt_guided"]);
}

#[test]
fn several_authors_sign_one_bundle_each_once() {
    let studio = poet();
    studio.daedal(&["account", "new", "eve"]).ends(0);
    studio.daedal(&["author"]).ends(0);
    let told = studio
        .daedal(&["author", "--account", "eve", "--json"])
        .ends(0)
        .json();
    assert_eq!(told["authors"].as_array().unwrap().len(), 2, "{told}");
    studio.daedal(&["author", "--account", "eve"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    assert_eq!(released(&studio)["origin"]["intents"], 2);
}

#[test]
fn what_is_set_by_hand_is_signed_on_request_and_stays_in_the_studio() {
    let studio = poet();
    let theme = format!("theme={PROMPT}");
    let run = [
        "run",
        "-q",
        "-i",
        &theme,
        "-i",
        "lines=3",
        "-p",
        "loud=true",
    ];
    studio.daedal(&run).ends(0);
    assert_eq!(oversight(&released(&studio)), "fully_autonomous");

    let studio = poet();
    studio.daedal(&[&run[..], &["--sign"]].concat()).ends(0);
    let verdict = released(&studio);
    assert_eq!(oversight(&verdict), "prompt_guided");
    let record = record(&studio);
    let set = &record["intents"][0];
    assert_eq!(set["intent"]["kind"], "set");
    assert_eq!(set["signer"], studio.account().to_lowercase().as_str());
    assert_eq!(set["disclosed"], Value::Null, "only commitments");
    assert_eq!(record["inputs"]["theme"]["value"], Value::Null);
    assert_eq!(record["inputs"]["lines"]["value"], 3, "no free text");
    assert!(!holds(&published(&studio), PROMPT));
    // The request is the same, so nothing is made or signed anew.
    studio.daedal(&[&run[..], &["--sign"]].concat()).ends(0);
}

#[test]
fn a_process_may_publish_what_callers_write() {
    let studio = poet();
    studio.edit(
        "title: Poem\n",
        "title: Poem\ndisclosure: { texts: published }\n",
    );
    studio
        .daedal(&["run", "-q", "-i", &format!("theme={PROMPT}")])
        .ends(0);
    released(&studio);
    assert_eq!(record(&studio)["inputs"]["theme"]["value"], PROMPT);
    assert!(holds(&published(&studio), PROMPT));
}

#[test]
fn a_studio_can_sign_whatever_is_set_and_unattended_runs_go_on_without() {
    let studio = Studio::empty();
    studio.write("process.yaml", POEM);
    studio.write("daedal.toml", "[account]\nsign = true\n");
    let set = ["run", "-i", "lines=3"];
    let told = studio.daedal(&set).ends(0);
    assert!(
        told.err.contains("what you set is not signed"),
        "{}",
        told.err
    );
    assert_eq!(oversight(&released(&studio)), "fully_autonomous");

    let studio = poet();
    studio.write("daedal.toml", "[account]\nsign = true\n");
    let mut command = studio.command(&set);
    let told: crate::studio::Told = command
        .env_remove("DAEDAL_PASSWORD_FILE")
        .output()
        .unwrap()
        .into();
    assert!(told.ends(0).err.contains("no password file"));
    let told = studio.daedal(&["run", "-i", "lines=4"]).ends(0);
    assert!(!told.err.contains("not signed"), "{}", told.err);
    assert_eq!(oversight(&released(&studio)), "prompt_guided");
    // Nothing was set, nothing is signed, and no password is needed.
    let mut command = studio.command(&["run", "-q", "--seed", "other"]);
    command.env_remove("DAEDAL_PASSWORD_FILE");
    let told: crate::studio::Told = command.output().unwrap().into();
    told.ends(0);
}

/// The disclosure that a command wrote.
pub(crate) fn disclosure(studio: &Studio, what: &str, options: &[&str]) -> (String, String) {
    let place = format!("{what}.json");
    let args = [&["disclose", "latest", what, "--to", &place], options].concat();
    studio.daedal(&args).ends(0);
    let text = std::fs::read_to_string(studio.path().join(&place)).unwrap();
    (place, text)
}

pub(crate) fn poem(studio: &Studio) -> String {
    let files = files_below(&studio.path().join("site/media/poem"));
    let poem = files.keys().find(|name| name.ends_with(".txt")).unwrap();
    format!("site/media/poem/{poem}")
}

#[test]
fn what_was_set_is_disclosed_one_by_one_and_checked_from_the_file_alone() {
    let studio = poet();
    let theme = format!("theme={PROMPT}");
    studio
        .daedal(&["run", "-q", "-i", &theme, "-i", "lines=3", "--sign"])
        .ends(0);
    released(&studio);
    let listed = studio.daedal(&["disclose", "latest"]).ends(0).out;
    assert!(
        listed.contains("private: inputs.lines, inputs.theme"),
        "{listed}"
    );
    let (lines, text) = disclosure(&studio, "lines", &[]);
    assert!(!holds(text.as_bytes(), PROMPT), "the other stays private");
    let (set, text) = disclosure(&studio, "set", &["--only", "inputs.theme"]);
    assert!(holds(text.as_bytes(), PROMPT));

    // Somewhere else, with nothing but the file and its credential.
    let elsewhere = Studio::empty();
    let poem = studio.path().join(poem(&studio));
    let poem = poem.to_str().unwrap();
    let chain = studio.path().join(".daedal/keys/chain.pem");
    let verify = |disclosures: &[&str], code: i32| {
        let mut args = vec!["verify", poem, "--trust", chain.to_str().unwrap(), "--json"];
        for disclosure in disclosures {
            args.extend(["--disclosure", disclosure]);
        }
        elsewhere.daedal(&args).ends(code)
    };
    for name in [&lines, &set] {
        elsewhere.write(name, std::fs::read(studio.path().join(name)).unwrap());
    }
    let told = verify(&[&lines, &set], 0).json();
    assert_eq!(
        told["disclosed"][0]["told"],
        serde_json::json!({ "inputs.lines": 3 })
    );
    assert_eq!(told["disclosed"][1]["told"]["inputs.theme"], PROMPT);
    assert_eq!(told["disclosed"][1]["signer"], studio.account().as_str());
    for (from, to) in [
        (PROMPT, "another harbour"),
        ("\"kind\": \"set\"", "\"kind\": \"author\""),
    ] {
        elsewhere.write("bent.json", text.replace(from, to));
        verify(&["bent.json"], 10);
    }
    let twice = text.replacen('{', "{\n  \"note\": \"another\",", 1);
    elsewhere.write("bent.json", twice);
    let told = verify(&["bent.json"], 1);
    assert!(told.err.contains("no disclosure"), "{}", told.err);
    elsewhere.write("bent.json", "{}");
    let told = verify(&["bent.json"], 1);
    assert!(told.err.contains("is no disclosure"), "{}", told.err);
    // In a directory, beside the file.
    let name = Path::new(poem).file_name().unwrap().to_str().unwrap();
    for (from, to) in [
        (poem.to_owned(), name),
        (format!("{poem}.c2pa"), &format!("{name}.c2pa")),
    ] {
        elsewhere.write(&format!("beside/{to}"), std::fs::read(from).unwrap());
    }
    let beside = |text: &str, code: i32| {
        elsewhere.write("beside/run.set.disclosure.json", text);
        let args = ["verify", "beside", "--trust", chain.to_str().unwrap()];
        elsewhere.daedal(&args).ends(code).out
    };
    let told = beside(&text, 0);
    assert!(
        told.contains(PROMPT) && told.contains("2 of 2 files fine"),
        "{told}"
    );
    let told = beside(&text.replace(PROMPT, "another harbour"), 10);
    assert!(told.contains("1 of 2 files fine"), "{told}");
    // Of another run, it says nothing about this file.
    studio
        .daedal(&["run", "-q", "-i", "lines=5", "--sign"])
        .ends(0);
    let (other, text) = disclosure(&studio, "set", &[]);
    elsewhere.write(&other, text);
    let told = verify(&[&other], 1);
    assert!(told.err.contains("the file is of run"), "{}", told.err);
    let text = std::fs::read_to_string(elsewhere.path().join(&other)).unwrap();
    let told = beside(&text, 13);
    assert!(told.contains("of which there is no file here"), "{told}");
    for (args, said) in [
        (
            &["disclose", "latest", "nothing"][..],
            "has no decision `nothing`",
        ),
        (
            &["disclose", "latest", "set", "--only", "note"],
            "hides no `note`",
        ),
    ] {
        let told = studio.daedal(args).ends(1).err;
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn a_note_is_signed_with_a_decision_and_told_by_itself() {
    const NOTE: &str = "it sounds like my grandmother";
    let studio = editor();
    studio
        .daedal(&["choose", "latest", "pick", "2", "--note", NOTE])
        .ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    released(&studio);
    assert!(!holds(&published(&studio), NOTE));
    let chosen = &record(&studio)["intents"][0]["disclosed"]["payload"];
    assert_eq!(chosen["chosen"].as_array().unwrap().len(), 1, "{chosen}");
    assert!(chosen["sealed"]["note"].is_string(), "{chosen}");
    let args = ["export", "latest", "--replayable", "--to", "run.zip", "-q"];
    studio.daedal(&args).ends(0);
    let archive = std::fs::read(studio.path().join("run.zip")).unwrap();
    assert!(
        !holds(&archive, NOTE),
        "what is hidden is disclosed by itself alone"
    );
    studio.daedal(&["verify", "run.zip", "--replay"]).ends(0);
    let (pick, text) = disclosure(&studio, "pick", &[]);
    let poem = poem(&studio);
    let told = studio
        .daedal(&["verify", &poem, "--disclosure", &pick])
        .ends(0)
        .out;
    assert!(
        told.contains(NOTE) && told.contains("signed `choose` at pick"),
        "{told}"
    );
    // Whoever else signs the same has not decided it.
    let mut others: Disclosed = serde_json::from_str(&text).unwrap();
    let key = SigningKey::from_slice(&[9; 32]).unwrap();
    let message = others.intent.message();
    let (signature, parity) = key.sign_prehash_recoverable(message.as_slice()).unwrap();
    let signature = [&signature.to_bytes()[..], &[27 + parity.to_byte()]].concat();
    (others.intent.signer, others.intent.signature) =
        (Address::from_private_key(&key), signature.into());
    assert_eq!(others.intent.check(), Ok(()), "by itself it stands");
    studio.write("others.json", serde_json::to_vec_pretty(&others).unwrap());
    let args = ["verify", &poem, "--disclosure", "others.json"];
    let told = studio.daedal(&args).ends(10).out;
    assert!(told.contains("no receipt names the intent"), "{told}");
    let long = "x".repeat(5_000);
    studio.daedal(&["run", "-q", "--seed", "x"]).ends(3);
    let told = studio
        .daedal(&["reject", "latest", "pick", "--note", &long])
        .ends(1);
    assert!(told.err.contains("the note is longer than"), "{}", told.err);
}
