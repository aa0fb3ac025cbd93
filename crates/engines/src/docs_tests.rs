//! The examples of the book name fields that exist.

use serde_json::Value;

const BOOK: &str = include_str!("../../../docs/engines.md");

/// Whether every field in `given` is one that `schema` knows; expressions may stand for anything.
fn unknown_fields(given: &Value, schema: &Value, path: &str, found: &mut Vec<String>) {
    match given {
        Value::Object(fields) => {
            let Some(known) = schema.get("properties") else {
                return;
            };
            for (name, value) in fields {
                match known.get(name) {
                    Some(schema) => unknown_fields(value, schema, &format!("{path}.{name}"), found),
                    None => found.push(format!("{path}.{name}")),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                unknown_fields(item, &schema["items"], path, found);
            }
        }
        Value::String(text) if !text.contains("{{") => {
            let allowed = schema.get("enum").and_then(Value::as_array);
            if allowed.is_some_and(|allowed| !allowed.contains(given)) {
                found.push(format!("{path}: {text}"));
            }
        }
        _ => {}
    }
}

#[test]
fn examples_use_fields_that_exist() {
    let engines = crate::all(crate::Tools::default());
    let mut seen = 0;
    let mut found = Vec::new();
    for block in BOOK.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let steps: Value = serde_saphyr::from_str(text).unwrap();
        for (name, step) in steps.as_object().unwrap() {
            let uses = step["uses"].as_str().unwrap();
            let schema = &engines.get(uses).expect(uses).spec().schema;
            unknown_fields(&step["with"], schema, name, &mut found);
            seen += 1;
        }
    }
    assert_eq!(found, [""; 0]);
    assert!(seen >= 5, "only {seen} examples");
}

#[test]
fn the_grammar_of_the_book_grows() {
    let start = BOOK.find("$unique").unwrap();
    let text = BOOK[start..].split("```").next().unwrap();
    let rules: Value = serde_saphyr::from_str(text).unwrap();
    let bench = crate::testing::Bench::default();
    let engine = crate::grammar::GrammarEngine::default();
    let data = serde_json::json!({ "weather": "squall", "edition": 3 });
    let with = serde_json::json!({ "rules": rules, "origin": "poster", "data": data });
    insta::assert_json_snapshot!(bench.value(&engine, with, 3));
}

#[test]
fn every_engine_and_operation_has_its_place() {
    for engine in crate::all(crate::Tools::default()).iter() {
        let spec = engine.spec();
        assert!(
            BOOK.contains(&format!("\n## {}\n", spec.name)),
            "{} is missing",
            spec.name
        );
        for field in spec.schema["properties"].as_object().unwrap().keys() {
            assert!(
                BOOK.contains(field.as_str()),
                "{}.{field} is missing",
                spec.name
            );
        }
    }
    let image = crate::image::ImageEngine::default();
    let schema = &daedal_core::engine::Engine::spec(&image).schema;
    let operations = &schema["properties"]["operations"]["items"]["properties"];
    for (name, operation) in operations.as_object().unwrap() {
        let row = BOOK.lines().find(|line| {
            let cell = line.split('|').nth(1).unwrap_or_default();
            cell.contains(&format!("`{name}`"))
        });
        let row = row.unwrap_or_else(|| panic!("{name} is missing"));
        for field in operation["properties"].as_object().into_iter().flatten() {
            assert!(
                row.contains(&format!("`{}`", field.0)) || row.contains(&format!("`{}:", field.0)),
                "{name}.{} is missing",
                field.0
            );
        }
    }
}
