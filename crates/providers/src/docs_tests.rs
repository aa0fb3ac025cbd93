//! The examples of the book name fields that exist.

use serde_json::Value;

const BOOK: &str = include_str!("../../../docs/providers.md");

/// Engines of another room that examples have beside these.
const OTHERS: [&str; 2] = ["sketch", "image"];

/// Steps by name, those inside loops among them.
fn all_of(steps: &Value) -> Vec<(String, Value)> {
    let steps = steps.as_object().unwrap().iter();
    let all = steps.flat_map(|(name, step)| match step.get("repeat") {
        Some(repeat) => all_of(&repeat["steps"]),
        None => vec![(name.clone(), step.clone())],
    });
    all.collect()
}

#[test]
fn examples_use_fields_that_exist() {
    let engines = crate::unset();
    let mut seen = 0;
    for block in BOOK.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let steps: Value = serde_saphyr::from_str(text).unwrap();
        for (name, step) in all_of(&steps) {
            let uses = step["uses"].as_str().unwrap();
            if OTHERS.contains(&uses) {
                continue;
            }
            let engine = engines.iter().find(|engine| engine.spec().name == uses);
            let spec = engine.expect(uses).spec();
            for field in step["with"].as_object().unwrap().keys() {
                assert!(
                    !spec.schema["properties"][field].is_null(),
                    "{name}.{field}"
                );
            }
            let wrong = engine.expect(uses).check(&step["with"], &|_| None);
            assert_eq!(wrong, [""; 0], "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} examples");
}

#[test]
fn every_engine_and_field_has_its_place() {
    for engine in crate::unset() {
        let spec = engine.spec();
        let start = BOOK
            .find(&format!("\n## {}\n", spec.name))
            .expect(spec.name);
        let section = BOOK[start + 4..].split("\n## ").next().unwrap();
        for field in spec.schema["properties"].as_object().unwrap().keys() {
            // What `feed` has in common with `http` stands there.
            let told =
                section.contains(&format!("`{field}")) || section.contains(&format!("{field}:"));
            assert!(
                told || (spec.name == "feed" && BOOK.contains(field.as_str())),
                "{}.{field}",
                spec.name
            );
        }
    }
}
