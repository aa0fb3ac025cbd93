//! What an archive, its page and the report tell of people: what counts for what was published, and nothing else.

use daedal_provenance::collection::{Files, STORY, unpack};
use serde_json::Value;

use crate::strange::sealed;
use crate::studio::Studio;

/// A run in which people decided twice: once on what nothing published was made of, once on words of a poem.
fn decided() -> Studio {
    let studio = Studio::tide();
    studio.edit(
        "    with: { from: \"{{ steps.draft }}\", by: \"{{ steps.judge.score }}\", keep: 2 }\n",
        "    with: { from: \"{{ steps.draft }}\", by: \"{{ steps.judge.score }}\", keep: 2 }\n  \
         gate: { uses: choose, with: { from: \"{{ steps.draft }}\", keep: 1, decider: human } }\n  \
         say: { uses: choose, with: { from: [\"calm\", \"rough\"], keep: 1, decider: human } }\n  \
         poem: { uses: template, with: { text: \"The sea is {{ steps.say[0] }}.\" } }\n",
    );
    studio.edit(
        "  words: \"{{ steps.words }}\"\n",
        "  words: \"{{ steps.words }}\"\n  poem: \"{{ steps.poem }}\"\n",
    );
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(3);
    for step in ["gate", "say"] {
        studio.daedal(&["choose", "latest", step, "1"]).ends(0);
    }
    studio.daedal(&["resume", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    studio
}

fn exported(studio: &Studio) -> Files {
    let export = ["export", "latest", "--to", "run.zip", "--force", "-q"];
    studio.daedal(&export).ends(0);
    unpack(&std::fs::read(studio.path().join("run.zip")).unwrap()).unwrap()
}

fn page(files: &Files) -> String {
    String::from_utf8(files[STORY].clone()).unwrap()
}

/// The check on the page.
fn story(told: &Value) -> &Value {
    let mut checks = told["verdict"]["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == "story").unwrap()
}

#[test]
fn decisions_count_for_what_they_led_to_and_are_told_apart_from_the_rest() {
    let studio = decided();
    let files = exported(&studio);
    let told = studio.daedal(&["verify", "run.zip"]).ends(0).out;
    assert!(
        told.contains("  oversight   fully autonomous to human validated\n"),
        "{told}"
    );
    assert!(
        told.contains("  elsewhere   1 decision signed in the run, in no credential of what was published: led to none of it"),
        "{told}"
    );
    let told = studio
        .daedal(&["verify", "run.zip", "--json"])
        .ends(0)
        .json();
    assert_eq!(told["oversight"]["least"], "fully_autonomous", "{told}");
    assert_eq!(told["oversight"]["most"], "human_validated");
    assert_eq!(told["decisions_elsewhere"], 1);

    let page = page(&files);
    assert!(
        page.contains("People made 2 decisions while it ran; each is signed. In no credential of what was published: 1 of these"),
        "{page}"
    );
    for step in ["gate", "say", "draft"] {
        let chapters = page.matches(&format!("</span>{step}</h3>")).count();
        assert_eq!(chapters, 1, "{step}:\n{page}");
    }
    assert!(
        page.contains("chose 1 of 12 on ") && page.contains("chose 1 of 2 on "),
        "{page}"
    );

    let report = studio
        .daedal(&["report", "--eu-ai-act", "latest"])
        .ends(0)
        .out;
    for said in [
        "people oversaw what was made",
        "its credential tells of nothing that somebody signed on the way to it (2 of 3)",
        "no evidence: 1 decision signed in the run",
        "1 human decision on the way to them",
        "decide whether the text informs the public",
    ] {
        assert!(report.contains(said), "{said}:\n{report}");
    }
    assert!(!report.contains("texts informs"), "{report}");
}

#[test]
fn the_oversight_of_an_archive_is_that_of_its_files() {
    let studio = Studio::tide();
    studio.edit("keep: 2 }", "keep: 2, decider: human }");
    studio.edit(
        "outputs:\n",
        "  poem: { uses: template, with: { text: calm } }\noutputs:\n  poem: \"{{ steps.poem }}\"\n",
    );
    studio.daedal(&["account"]).ends(0);
    studio.daedal(&["run", "-q"]).ends(3);
    studio
        .daedal(&["choose", "latest", "pick", "3", "7"])
        .ends(0);
    studio.daedal(&["resume", "-q"]).ends(0);
    studio.daedal(&["release", "latest", "-q"]).ends(0);
    exported(&studio);
    let told = studio.daedal(&["verify", "run.zip"]).ends(0).out;
    assert!(
        told.contains("  oversight   fully autonomous to human validated\n")
            && !told.contains("elsewhere"),
        "{told}"
    );
    let report = studio
        .daedal(&["report", "--eu-ai-act", "latest", "--json"])
        .ends(0)
        .json();
    assert_eq!(report["oversight"]["least"], "fully_autonomous", "{report}");
    assert_eq!(report["oversight"]["most"], "human_validated");
    let duties = report["duties"].as_array().unwrap();
    let of = |part: &str| {
        let mut duties = duties.iter();
        duties
            .find(|duty| duty["what"].as_str().unwrap().contains(part))
            .unwrap()
    };
    // What was chosen are pictures: nobody decided on the text.
    assert_eq!(
        of("texts that inform")["evidence"],
        serde_json::json!([]),
        "{report}"
    );
    let oversaw = of("people oversaw");
    assert!(
        oversaw["evidence"][0]
            .as_str()
            .unwrap()
            .starts_with("choose, signed by 0x"),
        "{oversaw}"
    );
    assert!(
        oversaw["open"][0]
            .as_str()
            .unwrap()
            .contains("(1 of 3): poem.txt"),
        "{oversaw}"
    );
}

#[test]
fn the_page_of_an_archive_is_the_one_that_its_record_tells() {
    let studio = decided();
    let files = exported(&studio);
    let told = studio.daedal(&["verify", "run.zip"]).ends(0).out;
    assert!(
        told.contains("✓ story ") && told.contains("is the one that the record tells"),
        "{told}"
    );
    let page = page(&files);
    let account = studio.account();
    let short = format!("{}…{}", &account[..8], &account[36..]);
    let anew = |page: String| {
        let mut files = files.clone();
        files.insert(STORY.to_owned(), page.into_bytes());
        studio.write("anew.zip", sealed(&studio, &files));
        studio.daedal(&["verify", "anew.zip", "--json"])
    };
    let own = anew(page.clone()).ends(0).json();
    assert_eq!(story(&own)["outcome"], "passed");
    // What the record tells, told otherwise by somebody who has the key.
    for (from, to) in [
        ("People made 2 decisions", "People made 9 decisions"),
        (&*short, "0x00000000…000000"),
        ("made without a person deciding", "people chose it"),
        ("</span>gate</h3>", "</span>door</h3>"),
        ("chose 1 of 12 on ", "chose 12 of 12 on "),
        ("</main>", "<p>And a word more.</p>\n</main>"),
        ("id=\"words\">{", "id=\"words\">{,"),
    ] {
        assert!(page.contains(from), "{from}:\n{page}");
        let told = anew(page.replace(from, to)).ends(10).json();
        let story = story(&told);
        let detail = story["detail"].as_str().unwrap();
        assert_eq!(story["outcome"], "failed", "{from}: {told}");
        assert!(
            detail.contains("otherwise than its record, first in line ")
                && detail.contains("ask for the archive again"),
            "{detail}"
        );
    }
    // Of another form than this program draws.
    for form in ["1", "3"] {
        let other = page.replace(
            "name=\"daedal-story\" content=\"2\"",
            &format!("name=\"daedal-story\" content=\"{form}\""),
        );
        let told = anew(other).ends(0).json();
        let story = story(&told);
        assert_eq!(story["outcome"], "skipped", "{story}");
        assert!(
            story["detail"]
                .as_str()
                .unwrap()
                .contains("covered by the seal only"),
            "{story}"
        );
    }
}
