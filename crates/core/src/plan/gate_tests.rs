//! Outputs that are held to the signature.

use serde_json::json;

use super::testing::{engine, engines, files, with};
use super::*;

fn built(text: &str) -> Result<Planned, Mistakes> {
    let gate = engine(
        "signature",
        Some("from"),
        with(
            json!({
                "from": {},
                "tolerance": { "type": "number", "exclusiveMinimum": 0 },
                "outside": { "enum": ["refuse", "drop", "ask"] },
                "timeout": { "type": "string" },
            }),
            &["from"],
        ),
        json!({}),
    );
    let engines = engines().and(Engines::new([gate]));
    build("process.yaml", text.as_bytes(), &files(), &engines)
}

fn told(text: &str) -> String {
    built(text).map(|_| ()).unwrap_err().listed()
}

const HELD: &str = r#"daedal: v1
name: held
signature: { references: signature, tolerance: 1.5, outside: ask, timeout: 7d, of: [poster] }
steps:
  draw: { uses: sketch, count: 3, with: { script: sketches/coast.js } }
  best: { uses: choose, with: { from: "{{ steps.draw }}" } }
outputs: { poster: "{{ steps.best }}", all: "{{ steps.draw }}" }
"#;

#[test]
fn an_output_that_is_held_goes_through_a_step_of_its_own() {
    let planned = built(HELD).unwrap_or_else(|mistakes| panic!("{}", mistakes.listed()));
    insta::assert_snapshot!(tree(&planned).to_string());
    let outputs: Vec<String> = planned
        .plan
        .outputs
        .iter()
        .flat_map(|(name, template)| {
            let paths = template.references().into_iter();
            paths.map(move |path| format!("{name}: {path}"))
        })
        .collect();
    assert_eq!(
        outputs,
        ["poster: steps.signature_poster", "all: steps.draw"]
    );
    // What is frozen is what was written.
    assert_eq!(planned.process.steps.len(), 2);
    assert_eq!(
        planned.bundle.process["outputs"]["poster"],
        "{{ steps.best }}"
    );
    let plain = HELD.replace(
        "{ references: signature, tolerance: 1.5, outside: ask, timeout: 7d, of: [poster] }",
        "signature",
    );
    let plain = built(&plain).unwrap();
    assert_eq!(plain.plan.nodes.len(), 2);
    assert_eq!(plain.plan.signature.len(), 2);
    assert_eq!(plain.bundle.process["signature"], "signature");
    let map = HELD.replace(
        ", tolerance: 1.5, outside: ask, timeout: 7d, of: [poster]",
        "",
    );
    assert_eq!(built(&map).unwrap().bundle.digest(), plain.bundle.digest());
}

#[test]
fn all_outputs_are_held_where_none_is_named() {
    let all = HELD.replace(", outside: ask, timeout: 7d, of: [poster]", "");
    let planned = built(&all).unwrap();
    let paths: Vec<&str> = planned.plan.nodes.iter().map(|node| &*node.path).collect();
    assert_eq!(paths, ["draw", "best", "signature_poster", "signature_all"]);
}

#[test]
fn mistakes_of_a_gate_are_told_where_they_were_made() {
    let wrong = HELD
        .replace(
            "tolerance: 1.5, outside: ask",
            "tolerance: 0, outside: asks",
        )
        .replace("[poster]", "[postre]");
    let taken = HELD.replace(
        "  best:",
        "  signature_poster: { uses: sketch, with: { script: sketches/coast.js } }\n  best:",
    );
    let nowhere = HELD.replace("\"{{ steps.best }}\"", "\"{{ steps.bets }}\"");
    let nothing = HELD.replace("references: signature, ", "");
    let missing = HELD.replace("references: signature,", "references: signatures,");
    insta::assert_snapshot!(
        [wrong, taken, nowhere, nothing, missing]
            .map(|text| told(&text))
            .join("\n")
    );
}
