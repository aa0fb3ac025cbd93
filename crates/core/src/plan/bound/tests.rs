//! What a run can be asked to do at most.

use super::*;
use crate::bundle::MemoryFiles;
use crate::plan::build;
use crate::plan::testing::engines;

const PROCESS: &str = r#"
daedal: v1
name: test
inputs:
  n: { type: integer, default: 3, min: 1, max: 50 }
  theme: { type: text, default: ebb, max_length: 20 }
steps:
  idea: { uses: template, with: { text: "{{ inputs.theme }} {{ inputs.n }}" } }
  draft: { uses: template, count: "{{ inputs.n }}", with: { text: "{{ steps.idea.text }}" } }
  each: { uses: template, foreach: "{{ steps.draft }}", with: { text: "{{ run.seed }} {{ index }} on {{ item.text }}", data: { of: "{{ item.text }}" } } }
  never: { uses: template, when: "{{ inputs.n > 9 }}", with: { text: "{{ steps.idea.text }}" } }
  polish:
    repeat:
      at_most: 4
      steps:
        revise: { uses: template, count: 2, with: { text: "round {{ round }}" } }
        review: { uses: template, foreach: "{{ revise }}", with: { text: "{{ item.text }}" } }
outputs: { idea: "{{ steps.idea }}" }
"#;

fn bounds_of(n: u64) -> Vec<(String, Option<Bound>)> {
    let engines = engines();
    let planned = build(
        "process.yaml",
        PROCESS.as_bytes(),
        &MemoryFiles::default(),
        &engines,
    );
    let planned = planned.unwrap_or_else(|mistakes| panic!("{}", mistakes.listed()));
    let schema = |name: &str| engines.get(name).map(|engine| &engine.spec().schema);
    let inputs = json!({ "n": n, "theme": "ebb" });
    let bounds = bounds(&planned, &inputs, &json!({}), &schema);
    let nodes = planned.plan.nodes.iter();
    let paths = nodes.map(|node| node.path.to_string());
    paths.zip(bounds).collect()
}

fn tasks(bounds: &[(String, Option<Bound>)]) -> Vec<(&str, u64)> {
    let steps = bounds.iter();
    steps
        .filter_map(|(path, bound)| Some((path.as_str(), bound.as_ref()?.tasks())))
        .collect()
}

#[test]
fn fan_outs_follow_the_dials_and_loops_their_most_rounds() {
    let expected = |n, never| {
        [
            ("idea", 1),
            ("draft", n),
            ("each", n),
            ("never", never),
            ("polish.revise", 8),
            ("polish.review", 8),
        ]
    };
    fn sorted(mut tasks: Vec<(&str, u64)>) -> Vec<(&str, u64)> {
        tasks.sort_unstable();
        tasks
    }
    for (n, never) in [(3, 0), (10, 1)] {
        let found = bounds_of(n);
        assert_eq!(sorted(tasks(&found)), sorted(expected(n, never).to_vec()));
    }
}

#[test]
fn what_is_known_is_worked_out_and_what_is_not_is_told() {
    let bounds = bounds_of(3);
    let of = |step: &str| {
        let found = bounds.iter().find(|(path, _)| path == step).unwrap();
        found.1.clone().unwrap()
    };
    let idea = of("idea");
    assert_eq!(idea.params, json!({ "text": "ebb 3" }));
    assert_eq!(idea.assumed, Vec::<String>::new());
    let draft = of("draft");
    assert_eq!(draft.assumed, ["steps.idea.text"]);
    let text = draft.params["text"].as_str().unwrap();
    assert_eq!(text.len(), TEXT_BYTES_ASSUMED);
    let each = of("each");
    let text = each.params["text"].as_str().unwrap();
    assert_eq!(text.len(), 64 + " 2 on ".len() + TEXT_BYTES_ASSUMED);
    assert_eq!(each.assumed, ["item.text"]);
}

#[test]
fn what_stands_for_something_fits() {
    let schema = json!({ "properties": {
        "images": { "type": "array", "maxItems": 16, "items": {
            "type": "object", "format": "asset",
            "properties": { "media_type": { "enum": ["image/png"] } }
        } },
        "count": { "type": "integer", "maximum": 8 },
    } });
    let dials = Dials {
        inputs: &Value::Null,
        parameters: &Value::Null,
        run: &Value::Null,
        last: Value::Null,
        round: Value::Null,
        given: BTreeMap::new(),
        around: None,
    };
    let mut fill = Filling {
        dials: &dials,
        schema: None,
        length: &|_| None,
        assumed: Vec::new(),
    };
    let images = schema_at(&schema, "/images").unwrap();
    let given = fill.stand_in(images, "steps.a", Some(3), 0);
    let given: Vec<AssetRef> = given
        .as_array()
        .unwrap()
        .iter()
        .map(|value| AssetRef::from_value(value).unwrap())
        .collect();
    assert_eq!((given.len(), &*given[0].media_type), (3, "image/png"));
    let given = fill.stand_in(images, "steps.a", None, 0);
    assert_eq!(given.as_array().unwrap().len(), 16);
    let count = schema_at(&schema, "/count").unwrap();
    assert_eq!(fill.stand_in(count, "steps.a", None, 0), json!(8));
    assert!(fill.assumed.is_empty());
}
