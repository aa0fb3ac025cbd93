//! What a sketch shares with others, reads from its bundle, and tells of its picture.

use daedal_core::Digest;
use serde_json::{Value, json};

use super::{Shelf, limits, run, run_on, task};

/// Runs a script after others, which are known as `a.js`, `b.js` and so on.
fn after(others: &[&str], script: &str) -> Result<Value, String> {
    let shelf = Shelf::default();
    let kept = |text: &&str| shelf.keep("text/javascript", text.as_bytes());
    let include: Vec<Value> = others.iter().map(kept).collect();
    let with = json!({ "width": 60, "height": 40, "include": include });
    let mut task = task(&shelf, script, &with, limits());
    for (name, text) in ["a.js", "b.js"].iter().zip(others) {
        task.labels
            .insert(Digest::of(text.as_bytes()), (*name).to_owned());
    }
    run_on(&shelf, &task).map_err(|error| error.to_string())
}

#[test]
fn included_files_run_first_and_share_their_names() {
    let value = after(
        &[
            "const twice = (x) => x * 2;",
            "let count = twice(3);\nfunction ring() { return `${count} ${mood}`; }",
        ],
        "const mood = 'calm';\ncount += 1;\nfeatures({ ring: ring() });",
    )
    .unwrap();
    assert_eq!(value["features"]["ring"], "7 calm");
}

#[test]
fn a_mistake_in_an_included_file_shows_that_file() {
    let told = after(
        &["const fine = 1;", "const broken = (x) =>\n  x.y.z;"],
        "broken({});",
    );
    let told = told.unwrap_err();
    assert!(
        told.starts_with("b.js:2:") && told.contains("x.y.z;"),
        "{told}"
    );
    let twice = after(&["const one = 1;"], "const one = 2;").unwrap_err();
    assert!(twice.contains("one"), "{twice}");
}

#[test]
fn titles_and_descriptions_are_part_of_the_value() {
    let value =
        run("title(' Low  Water ');\ndescribe('A grey shore.\\n Two boats.', LABEL = 'label');")
            .unwrap();
    assert_eq!(value["title"], "Low Water");
    assert_eq!(value["alt"], "A grey shore. Two boats.");
    let silent = run("title('x'); title(' ');").unwrap();
    assert_eq!((silent.get("title"), silent.get("alt")), (None, None));
    for wrong in ["title(7);", "describe();"] {
        let told = run(wrong).unwrap_err().to_string();
        assert!(told.contains("expected a text"), "{told}");
    }
    let long = run("describe('x'.repeat(2001));").unwrap_err().to_string();
    assert!(long.contains("limit of 2000"), "{long}");
}

#[test]
fn files_of_the_bundle_are_read_as_what_they_are() {
    let shelf = Shelf::default();
    let csv = b"\xef\xbb\xbfport,feet,note\r\nCrail,4.5,\"low, \"\"very\"\"\"\r\nElie,-3,007\n";
    let with = json!({ "data": {
        "tides": { "file": shelf.keep("text/csv", csv) },
        "plan": { "file": shelf.keep("application/json", br#"{ "rows": [7] }"#) },
        "note": { "file": shelf.keep("text/plain", b"a note") },
        "file": { "file": "plain" },
    } });
    let script = "features({ rows: params.tides.rows, plan: params.plan.json.rows, \
                  note: params.note.text, plain: params.file });";
    let value = run_on(&shelf, &task(&shelf, script, &with, limits())).unwrap();
    let expected = json!({
        "rows": [
            { "port": "Crail", "feet": 4.5, "note": "low, \"very\"" },
            { "port": "Elie", "feet": -3, "note": "007" },
        ],
        "plan": [7], "note": "a note", "plain": { "file": "plain" },
    });
    assert_eq!(value["features"], expected);
    let with = json!({ "data": { "plan": { "file": shelf.keep("application/json", b"{ 7") } } });
    let told = run_on(&shelf, &task(&shelf, "", &with, limits())).unwrap_err();
    assert!(told.to_string().contains("is not JSON"), "{told}");
}
