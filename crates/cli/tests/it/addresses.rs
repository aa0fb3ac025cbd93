//! Where the metadata of works and editions is said to be, and where it is.

use serde_json::Value;

use crate::studio::{Studio, files_below};

fn selling() -> Studio {
    let studio = Studio::tide();
    studio.edit("count: 12", "count: 2");
    studio.edit(
        "outputs:",
        "token: { shares: { creator: 100% }, royalty: 5% }\nrelease: { editions: { of: poster } }\noutputs:",
    );
    studio.account();
    studio.daedal(&["lock"]).ends(0);
    studio
}

fn json(studio: &Studio, args: &[&str]) -> Value {
    studio.daedal(&[args, &["--json"]].concat()).ends(0).json()
}

fn uris(studio: &Studio) -> Vec<String> {
    let listed = json(studio, &["edition", "list", "tide"]);
    let listed = listed.as_array().unwrap().iter();
    listed
        .map(|edition| edition["uri"].as_str().unwrap().to_owned())
        .collect()
}

fn block(studio: &Studio) -> u64 {
    let status = json(studio, &["chain", "status"]);
    status["block"].as_u64().unwrap()
}

fn serve_at(studio: &Studio, url: &str) {
    studio.write("daedal.toml", format!("[site]\nurl = \"{url}\"\n"));
}

#[test]
fn editions_are_told_where_their_metadata_is_once_the_site_has_an_address() {
    let studio = selling();
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q", "--seed", "one"]).ends(0);
    let first = json(&studio, &["release", "latest"])[0].clone();
    let run = first["run"].as_str().unwrap();
    assert_eq!(uris(&studio)[1], format!("tokens/{run}/1.json"));
    let shown = studio.daedal(&["show", "tide"]).ends(0);
    assert!(shown.out.contains("at no address yet"), "{}", shown.out);

    serve_at(&studio, "https://example.org/art");
    let shown = json(&studio, &["show", "tide"]);
    assert_eq!(shown["metadata"]["mints_elsewhere"], 1);
    assert_eq!(shown["metadata"]["site"], "https://example.org/art/");
    // The next release tells of the first one, and mints its own where they belong.
    studio.daedal(&["run", "-q", "--seed", "two"]).ends(0);
    let before = block(&studio);
    let second = json(&studio, &["release", "latest"])[0].clone();
    assert_eq!(second["addresses_set"], 1);
    assert_eq!(block(&studio), before + 3, "an address, an anchor, a mint");
    for uri in uris(&studio) {
        let path = uri.strip_prefix("https://example.org/art/").unwrap();
        assert!(studio.path().join("site").join(path).is_file(), "{uri}");
    }
    let shown = json(&studio, &["show", "tide"]);
    assert_eq!(shown["metadata"]["mints_elsewhere"], 0);

    // There and back again, by what is released already, and by publishing.
    serve_at(&studio, "https://example.com");
    let again = studio.daedal(&["release", "latest"]).ends(0);
    let words = "says now where the metadata of 2 earlier mints is";
    assert!(again.out.contains(words), "{}", again.out);
    assert!(
        uris(&studio)
            .iter()
            .all(|uri| uri.starts_with("https://example.com/tokens/"))
    );
    serve_at(&studio, "https://example.org/art");
    let height = block(&studio);
    assert_eq!(json(&studio, &["publish"])["addresses_set"], 2);
    assert_eq!(json(&studio, &["publish"])["addresses_set"], 0);
    assert_eq!(json(&studio, &["release", "latest"])[0]["addresses_set"], 0);
    assert_eq!(block(&studio), height + 2);
    assert!(
        uris(&studio)
            .iter()
            .all(|uri| uri.starts_with("https://example.org/art/tokens/"))
    );
}

#[test]
fn a_version_has_metadata_on_a_site_that_is_there() {
    let studio = selling();
    let first = json(&studio, &["register"]);
    assert_eq!(first["metadata_on_site"], false);
    assert!(!studio.path().join("site").exists());
    studio.daedal(&["run", "-q"]).ends(0);
    studio.daedal(&["release", "latest"]).ends(0);
    studio.edit("count: 2", "count: 3");
    let second = json(&studio, &["publish"]);
    assert_eq!(second["metadata_on_site"], true);
    let read = |name: &str| -> Value {
        let bytes = std::fs::read(studio.path().join("site/tokens").join(name)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let told = read("work-tide-v2.json");
    assert_eq!(told["properties"]["bundle"], second["bundle"]);
    assert_eq!(told["properties"]["process"], first["token"]);
    assert_eq!(read("work-tide-v1.json")["properties"]["version"], 1);
    // Again changes nothing.
    let site = files_below(&studio.path().join("site"));
    studio.daedal(&["publish"]).ends(0);
    assert!(files_below(&studio.path().join("site")) == site);
}

#[test]
fn an_edition_of_a_text_has_a_picture() {
    let studio = selling();
    studio.edit("of: poster", "of: note");
    let note = "  note: { uses: template, with: { text: \"Low & slow\", format: text } }\n";
    studio.edit("steps:\n  words", &format!("steps:\n{note}  words"));
    studio.edit("outputs:\n", "outputs:\n  note: \"{{ steps.note }}\"\n");
    studio.daedal(&["lock"]).ends(0);
    studio.daedal(&["register"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(0);
    let release = json(&studio, &["release", "latest"])[0].clone();
    let editions = release["chain"]["editions"].as_array().unwrap();
    let index = &editions[0]["index"];
    let run = release["run"].as_str().unwrap();
    let folder = studio.path().join(format!("site/tokens/{run}"));
    let metadata = std::fs::read(folder.join(format!("{index}.json"))).unwrap();
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let image = folder.join(metadata["image"].as_str().unwrap());
    let card = std::fs::read_to_string(image).unwrap();
    assert!(
        card.starts_with("<svg") && card.ends_with("</svg>\n"),
        "{card}"
    );
}
