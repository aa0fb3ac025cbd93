//! The form of an answer: written in a few words, understood as a JSON Schema.
//!
//! ```yaml
//! answer: { score: { type: number, min: 0, max: 1 }, reason: text, mood: calm | storm, tags: [text] }
//! ```

use daedal_core::plan;
use serde_json::{Map, Value, json};

/// Fields inside of one another.
const DEPTH_MAX: usize = 6;
/// Fields in all.
const FIELDS_MAX: usize = 64;
/// What can stand beside `type`.
const BOUNDS: [&str; 6] = [
    "min",
    "max",
    "max_length",
    "at_least",
    "at_most",
    "description",
];
/// Names of types, and what JSON Schema calls them.
const TYPES: [(&str, &str); 4] = [
    ("text", "string"),
    ("number", "number"),
    ("integer", "integer"),
    ("boolean", "boolean"),
];
const EXPECTED: &str = "expected text, number, integer, boolean, choices such as `calm | storm`, a list such as [text], \
                        fields of its own, or { type: number, min: 0, max: 1 }";

/// JSON Schema of what fits `answer`, or what is wrong with it.
pub(super) fn schema(answer: &Value) -> Result<Value, String> {
    let Value::Object(fields) = answer else {
        return Err(
            "`answer` names no fields: write some, such as { score: number, reason: text }".into(),
        );
    };
    self::fields(fields, "answer")
}

/// JSON Schema of these fields, which stand at `place`.
pub(super) fn fields(fields: &Map<String, Value>, place: &str) -> Result<Value, String> {
    let mut left = FIELDS_MAX;
    object(fields, place, DEPTH_MAX, &mut left)
}

/// What of `value` does not fit.
pub(super) fn objections(schema: &Value, value: &Value) -> Vec<String> {
    plan::objections("the answer", schema, value)
        .into_iter()
        .map(|wrong| {
            let place = match wrong.pointer.as_str() {
                "" => "the answer".to_owned(),
                pointer => pointer.trim_start_matches('/').replace('/', "."),
            };
            format!("{place}: {}; {}", wrong.message, wrong.help)
        })
        .collect()
}

/// The JSON that a text holds, alone or in a fence.
pub(super) fn json_in(text: &str) -> Result<Value, String> {
    let whole = text.trim();
    let parse = |text: &str| serde_json::from_str::<Value>(text);
    let error = match parse(whole) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let inner = whole
        .find('{')
        .zip(whole.rfind('}'))
        .filter(|(start, end)| start < end)
        .and_then(|(start, end)| parse(&whole[start..=end]).ok());
    inner.ok_or_else(|| format!("the answer is not JSON: {error}"))
}

fn object(
    fields: &Map<String, Value>,
    place: &str,
    depth: usize,
    left: &mut usize,
) -> Result<Value, String> {
    if fields.is_empty() {
        return Err(format!("`{place}` names no fields"));
    }
    let mut properties = Map::new();
    for (name, form) in fields {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts_well || !name.bytes().all(is_name) || name.len() > 64 {
            return Err(format!(
                "`{place}` has a field `{name}`: expected a name of letters, digits and `_`, which begins with a \
                 letter"
            ));
        }
        *left = left
            .checked_sub(1)
            .ok_or_else(|| format!("`{place}` has more than {FIELDS_MAX} fields"))?;
        let place = format!("{place}.{name}");
        properties.insert(name.clone(), of(form, &place, depth, left)?);
    }
    let names: Vec<&String> = fields.keys().collect();
    Ok(json!({
        "type": "object", "properties": properties, "required": names, "additionalProperties": false,
    }))
}

fn of(form: &Value, place: &str, depth: usize, left: &mut usize) -> Result<Value, String> {
    let depth = depth
        .checked_sub(1)
        .ok_or_else(|| format!("`{place}` lies more than {DEPTH_MAX} deep"))?;
    match form {
        Value::String(text) => word(text, place),
        Value::Array(items) => match &items[..] {
            [item] => Ok(json!({ "type": "array", "items": of(item, place, depth, left)? })),
            _ => Err(format!(
                "`{place}` is a list of {} forms: {EXPECTED}",
                items.len()
            )),
        },
        Value::Object(fields) if is_long(fields) => long(fields, place, depth, left),
        Value::Object(fields) => object(fields, place, depth, left),
        _ => Err(format!("`{place}` is {form}: {EXPECTED}")),
    }
}

fn word(text: &str, place: &str) -> Result<Value, String> {
    if let Some((_, kind)) = TYPES.iter().find(|(name, _)| *name == text.trim()) {
        return Ok(json!({ "type": kind }));
    }
    let choices: Vec<&str> = text.split('|').map(str::trim).collect();
    if choices.len() < 2 || choices.iter().any(|choice| choice.is_empty()) {
        return Err(format!("`{place}` is `{text}`: {EXPECTED}"));
    }
    Ok(json!({ "enum": choices }))
}

/// Whether it is a type with bounds rather than fields, one of which is called `type`.
fn is_long(fields: &Map<String, Value>) -> bool {
    let known = |name: &String| name == "type" || BOUNDS.contains(&name.as_str());
    fields.contains_key("type") && fields.keys().all(known)
}

fn long(
    fields: &Map<String, Value>,
    place: &str,
    depth: usize,
    left: &mut usize,
) -> Result<Value, String> {
    let mut schema = of(&fields["type"], place, depth, left)?;
    let kind = schema["type"].as_str().unwrap_or_default().to_owned();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "type") {
        let number = value.is_number();
        let count = value.as_u64().is_some();
        let (word, fits) = match (name.as_str(), kind.as_str()) {
            ("min", "number" | "integer") => ("minimum", number),
            ("max", "number" | "integer") => ("maximum", number),
            ("max_length", "string") => ("maxLength", count),
            ("at_least", "array") => ("minItems", count),
            ("at_most", "array") => ("maxItems", count),
            ("description", _) => ("description", value.is_string()),
            _ => ("", false),
        };
        if !fits {
            return Err(format!(
                "`{place}` has `{name}: {value}`, which does not fit there: `min` and `max` bound numbers, \
                 `max_length` text, `at_least` and `at_most` lists; `description` is text"
            ));
        }
        schema[word] = value.clone();
    }
    Ok(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_is_a_schema() {
        let form = json!({
            "score": { "type": "number", "min": 0, "max": 1, "description": "how well" },
            "reason": "text",
            "mood": "calm | storm",
            "tags": { "type": ["text"], "at_most": 3 },
            "size": { "width": "integer", "type": "text" },
        });
        insta::assert_json_snapshot!(schema(&form).unwrap());
    }

    #[test]
    fn what_is_no_form_says_where() {
        let wrong = [
            json!("text"),
            json!({}),
            json!({ "a": "string" }),
            json!({ "a": 3 }),
            json!({ "a": ["text", "text"] }),
            json!({ "$asset": "text" }),
            json!({ "a": { "type": "text", "min": 3 } }),
            json!({ "a": { "type": "number", "min": "low" } }),
            json!({ "a": { "b": { "c": { "d": { "e": { "f": { "g": "text" } } } } } } }),
        ];
        let told: Vec<String> = wrong
            .iter()
            .map(|form| schema(form).expect_err(&form.to_string()))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn an_answer_that_does_not_fit_says_what_is_wrong() {
        let form = json!({ "score": { "type": "number", "max": 1 }, "mood": "calm | storm", "tags": ["text"] });
        let schema = schema(&form).unwrap();
        assert_eq!(
            objections(
                &schema,
                &json!({ "score": 0.5, "mood": "calm", "tags": [] })
            ),
            [""; 0]
        );
        let wrong = json!({ "score": 2, "mood": "glad", "tags": [1], "more": 1 });
        insta::assert_snapshot!(objections(&schema, &wrong).join("\n"));
    }

    #[test]
    fn json_is_found_in_what_models_write_around_it() {
        for text in [
            "{\"a\":1}",
            "```json\n{\"a\":1}\n```",
            "Here you are: {\"a\":1} Yours.",
        ] {
            assert_eq!(json_in(text), Ok(json!({ "a": 1 })), "{text}");
        }
        for text in ["", "{", "} {", "no"] {
            assert!(json_in(text).is_err(), "{text}");
        }
    }

    /// A form, and a value that fits it.
    fn fitting() -> impl Strategy<Value = (Value, Value)> {
        let leaf = prop_oneof![
            "[a-z ]{0,9}".prop_map(|text| (json!("text"), json!(text))),
            any::<i32>().prop_map(|number| (json!("integer"), json!(number))),
            any::<bool>().prop_map(|is| (json!("boolean"), json!(is))),
            Just((json!("calm | storm"), json!("storm"))),
        ];
        let inner = leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                inner
                    .clone()
                    .prop_map(|(form, value)| (json!([form]), json!([value]))),
                proptest::collection::btree_map("[a-z]{1,5}", inner, 1..4).prop_map(split),
            ]
        });
        proptest::collection::btree_map("[a-z]{1,5}", inner, 1..4).prop_map(split)
    }

    fn split(fields: std::collections::BTreeMap<String, (Value, Value)>) -> (Value, Value) {
        let mut form = Map::new();
        let mut value = Map::new();
        for (name, (own, given)) in fields {
            // `type` makes a form long.
            let name = format!("x{name}");
            form.insert(name.clone(), own);
            value.insert(name, given);
        }
        (form.into(), value.into())
    }

    proptest! {
        #[test]
        fn what_fits_a_form_fits_its_schema((form, value) in fitting()) {
            let schema = schema(&form).unwrap();
            prop_assert_eq!(objections(&schema, &value), Vec::<String>::new());
        }
    }
}
