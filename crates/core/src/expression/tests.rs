use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

struct Names {
    roots: BTreeMap<&'static str, Value>,
    steps: BTreeMap<&'static str, Value>,
}

impl Scope for Names {
    fn root(&self, name: &str) -> Option<&Value> {
        self.roots.get(name)
    }
    fn step(&self, name: &str) -> Option<&Value> {
        self.steps.get(name)
    }
}

fn names() -> Names {
    Names {
        roots: BTreeMap::from([
            ("inputs", json!({"theme": "low tide", "edition": 7})),
            ("parameters", json!({"turbulence": 0.35})),
            ("index", json!(2)),
        ]),
        steps: BTreeMap::from([
            ("concept", json!({"text": "A quay", "n": 1})),
            (
                "draft",
                json!([{"score": 0.5, "f": {"x": 1}}, {"score": 0.75, "f": {"x": 2}}]),
            ),
            ("skipped", Value::Null),
            (
                "poster",
                json!({"$asset": "0".repeat(64), "media_type": "image/png", "size": 3}),
            ),
        ]),
    }
}

fn eval(source: &str) -> Result<Value, String> {
    let value = Value::String(source.to_owned());
    let template = Template::parse(&value).map_err(|errors| errors[0].error.to_string())?;
    template
        .resolve(&names())
        .map_err(|error| error.to_string())
}

#[test]
fn a_single_expression_keeps_its_type_and_text_is_text() {
    assert_eq!(eval("{{ inputs.edition }}"), Ok(json!(7)));
    assert_eq!(eval(" {{ inputs.edition }}\n"), Ok(json!(7)));
    assert_eq!(eval("No. {{ inputs.edition }}"), Ok(json!("No. 7")));
    assert_eq!(eval("{{ inputs.edition }}{{ index }}"), Ok(json!("72")));
    assert_eq!(eval("plain"), Ok(json!("plain")));
    assert_eq!(eval("{{ parameters.turbulence * 2 }}"), Ok(json!(0.7)));
    assert_eq!(eval("{{ inputs.edition + 1 }}"), Ok(json!(8)));
    assert_eq!(eval("{{ '}}' ~ inputs.theme }}"), Ok(json!("}}low tide")));
    assert_eq!(eval("{{ {'a': {'b': 1}} }}"), Ok(json!({"a": {"b": 1}})));
    assert_eq!(eval("{{ inputs.theme | upper }}"), Ok(json!("LOW TIDE")));
    assert_eq!(eval("{{ true }}"), Ok(json!(true)));
}

#[test]
fn an_attribute_of_a_list_is_the_list_of_attributes() {
    assert_eq!(eval("{{ steps.draft.score }}"), Ok(json!([0.5, 0.75])));
    assert_eq!(eval("{{ steps.draft.f.x }}"), Ok(json!([1, 2])));
    assert_eq!(eval("{{ steps.draft[1].score }}"), Ok(json!(0.75)));
    assert_eq!(eval("{{ steps.draft[-1].score }}"), Ok(json!(0.75)));
    assert_eq!(eval("{{ steps.draft.score | max }}"), Ok(json!(0.75)));
    assert_eq!(eval("{{ steps.draft.f.x | sum }}"), Ok(json!(3)));
    assert_eq!(eval("{{ steps.draft | length }}"), Ok(json!(2)));
}

#[test]
fn what_a_skipped_step_would_have_given_is_null() {
    assert_eq!(eval("{{ steps.skipped.score }}"), Ok(Value::Null));
    assert_eq!(eval("a{{ steps.skipped }}b"), Ok(json!("ab")));
}

#[test]
fn mistakes_say_what_is_there() {
    let told: Vec<_> = [
        "{{ steps.concept.titel }}",
        "{{ steps.draft[2] }}",
        "{{ steps.later }}",
        "{{ steps[inputs.theme] }}",
        "{{ steps }}",
        "{{ inputs.theme",
        "{{ inputs.theme + }}",
        "{{ inputs.nothing | upper }}",
        "see {{ steps.poster }}",
        "{% if x %}y{% endif %}",
        "{{ }}",
    ]
    .iter()
    .map(|source| eval(source).unwrap_err())
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn references_are_found_in_any_expression() {
    let references = |source: &str| -> Vec<String> {
        Expression::parse(source)
            .unwrap()
            .references()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(references("steps.draft.score"), ["steps.draft.score"]);
    assert_eq!(
        references("steps.a.x + (steps.b[0] if inputs.t else range(3) | length)"),
        ["inputs.t", "steps.a.x", "steps.b"]
    );
    assert_eq!(
        references("steps.g[0].text ~ steps.idea[0].text[:inputs.n] ~ range(2)[:1]"),
        ["inputs.n", "steps.g", "steps.idea[0].text"]
    );
}

proptest! {
    /// The walker and MiniJinja agree on every path.
    #[test]
    fn a_path_means_the_same_to_both_evaluators(
        path in "(inputs|steps\\.(concept|draft|skipped))(\\.(score|f|x|text|theme)|\\[[01]\\]){0,3}"
    ) {
        let walked = Expression::parse(&path).unwrap().eval(&names());
        let interpreted = Expression::parse(&format!("({path})")).unwrap();
        prop_assert!(interpreted.as_path().is_none());
        if let (Ok(walked), Ok(interpreted)) = (&walked, interpreted.eval(&names())) {
            prop_assert_eq!(walked, &interpreted);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[{} a-z.\\[\\]0-9'\"%#|~]{0,40}") {
        let _ = eval(&text);
    }
}
