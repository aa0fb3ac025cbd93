use daedal_core::engine::Engine;
use serde_json::{Value, json};

use super::GrammarEngine;
use crate::testing::Bench;

fn grow(rules: Value, data: Value, seed: u64) -> Value {
    let with = json!({ "rules": rules, "data": data });
    Bench::default().value(&GrammarEngine::default(), with, seed)
}

fn refuse(rules: Value, data: Value) -> String {
    let with = json!({ "rules": rules, "data": data });
    Bench::default().error(&GrammarEngine::default(), with)
}

fn night() -> Value {
    json!({
        "$unique": ["street"],
        "origin": {
            "title": "#hour.words.title# at #street#",
            "body": "#[hero:#name#][pet:#animal#]tale#",
            "hour": "#1-4#",
            "places": ["#street#", "#street#", { "name": "#street#", "kind": "quay" }],
            "night": true
        },
        "hour": ["one", { "text": "#1-4#", "weight": 3 }],
        "tale": "#hero# kept #pet.a#. #hero.possessive# #pet# #act.ed# until #[hero:#name#]hero# came; #hero# #act.ed# too.",
        "name": ["Ada", "Bo", "Cyr", "Dag"],
        "animal": ["owl", "grey cat", "hound"],
        "act": ["watch the rain", "carry a lamp", "stop"],
        "street": ["Ash Row", "Bell Yard", "Candle Lane", "Drum Hill"]
    })
}

#[test]
fn a_record_has_memory_and_types() {
    let mut rules = night();
    rules["hour"] = json!(["#1-4#"]);
    insta::assert_json_snapshot!(grow(rules, json!({}), 7));
}

#[test]
fn the_seed_alone_decides() {
    let texts: std::collections::BTreeSet<String> = (0..40)
        .map(|seed| {
            let mut rules = night();
            rules["hour"] = json!(["1", "2"]);
            let value = grow(rules.clone(), json!({}), seed);
            assert_eq!(value, grow(rules, json!({}), seed));
            value["text"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(texts.len() > 20, "only {} different texts", texts.len());
}

#[test]
fn unique_symbols_do_not_return_before_all_were_used() {
    for seed in 0..50 {
        let rules = json!({
            "$unique": ["x"], "origin": { "all": ["#x#", "#x#", "#x#"], "text": "#x#" }, "x": ["a", "b", "c", "d"]
        });
        let value = grow(rules, json!({}), seed);
        let mut seen: Vec<&str> = value["all"]
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_str().unwrap())
            .collect();
        seen.push(value["text"].as_str().unwrap());
        seen.sort_unstable();
        assert_eq!(seen, ["a", "b", "c", "d"]);
    }
}

#[test]
fn weights_are_proportions() {
    let heads = (0..400)
        .filter(|seed| {
            let rules = json!({ "origin": [{ "text": "heads", "weight": 3 }, "tails"] });
            grow(rules, json!({}), *seed)["text"] == "heads"
        })
        .count();
    assert!((260..340).contains(&heads), "{heads} of 400");
}

#[test]
fn data_gives_symbols_and_conditions() {
    let rules = json!({
        "origin": "#weather_line# #concept.title.upper# no. #edition.roman#, #mood#",
        "weather_line": [
            { "text": "Rain again.", "when": { "weather": ["rain", "squall"] } },
            { "text": "A clear night.", "when": "weather == 'clear' and hour < 4" },
            { "text": "Nothing moved.", "when": "weather == 'fog'" }
        ],
        "mood": "the grammar's own"
    });
    let data = json!({
        "weather": "clear", "hour": 2, "edition": 14, "mood": "#tags# of data stay as they are",
        "concept": { "title": "low tide" }
    });
    assert_eq!(
        grow(rules.clone(), data, 1)["text"],
        "A clear night. LOW TIDE no. XIV, #tags# of data stay as they are"
    );
    let data = json!({ "weather": "snow", "hour": 2, "edition": 1, "concept": {"title": ""} });
    insta::assert_snapshot!(refuse(rules, data), @"none of the 3 rules of `weather_line` applies; add one without `when`");
}

#[test]
fn pushed_names_are_popped() {
    let rules = json!({
        "origin": "[n:one]#n# [n:two]#n# [n:POP]#n# #[n:three]n# #n#",
        "n": "none"
    });
    assert_eq!(grow(rules, json!({}), 1)["text"], "one two one three one");
}

#[test]
fn mistakes_are_told_together_with_their_lines() {
    let text = r##"
origin: "#stroy.capitalise# by #hero#"
story:
  - "[hero:#name#]#hero# slept"
  - { text: "#animals.s#", when: "wether == 'rain'" }
name: [Ada]
animal: cat
"##;
    let engine = GrammarEngine::default();
    let check = |text: &str, with: Value| {
        let bytes: std::sync::Arc<[u8]> = text.as_bytes().into();
        engine.check(&with, &|_| Some(bytes.clone())).join("\n")
    };
    let with = json!({ "grammar": "g.yaml", "origin": "poster", "data": { "weather": "{{ x }}" } });
    insta::assert_snapshot!(check(text, with.clone()), @"
    g.yaml: there is no `poster` to begin with; expected one of: animal, name, origin, story
    g.yaml: line 2: there is no symbol `stroy`; did you mean `story`?
    g.yaml: line 2: there is no modifier or field `capitalise`; did you mean `capitalize`?
    g.yaml: line 5: there is no symbol `animals`; did you mean `animal`?
    g.yaml: a `when` asks for `wether`, which neither the data nor an action gives; did you mean `weather`?
    ");
    insta::assert_snapshot!(check("origin: [a, \"#b\", {text: a, wieght: 2}]\n$x: 1\nempty: []", with.clone()), @r#"
    g.yaml: `origin`: `#b` has no closing `#`; write `\#` for the sign itself
    g.yaml: `$x` is not known; expected one of: $unique, $comment, $schema
    g.yaml: `empty`: has no rule
    "#);
    insta::assert_snapshot!(check("a: [", with), @"
    `g.yaml` can't be read: error: line 1 column 4: unclosed bracket '['
     --> <input>:1:4
      |
    1 | a: [
      |    ^ unclosed bracket '['
    ");
    insta::assert_snapshot!(check("{\n  \"a\": ]", json!({ "grammar": "g.json" })), @"`g.json` can't be read: expected value at line 2 column 8");
    let with = json!({ "rules": { "origin": "#hero#" } });
    assert_eq!(
        check("", with),
        "rules: there is no symbol `hero`; expected one of: origin"
    );
    let with = json!({ "rules": { "origin": "#hero#", "hero": "{{ steps.x }}" } });
    assert_eq!(check("", with), "");
    assert_eq!(
        check(
            "origin: '#any#'",
            json!({ "grammar": "g.yaml", "data": "{{ steps.x }}" })
        ),
        ""
    );
}

#[test]
fn endless_growth_is_stopped() {
    insta::assert_snapshot!(refuse(json!({ "origin": "#a#", "a": "x#b#", "b": "#a#" }), json!({})), @"symbols stand more than 100 deep in one another; it was at b → a → b → a → b → a: give one of them a rule that ends");
    let doubling: serde_json::Map<String, Value> = (0..40)
        .map(|n| (format!("s{n}"), json!(format!("#s{}##s{}#", n + 1, n + 1))))
        .chain([
            ("s40".to_owned(), json!("x")),
            ("origin".to_owned(), json!("#s0#")),
        ])
        .collect();
    insta::assert_snapshot!(refuse(Value::Object(doubling), json!({})), @"the grammar expands more than 100000 symbols; it was at s30 → s31 → s32 → s33 → s34 → s35");
}
