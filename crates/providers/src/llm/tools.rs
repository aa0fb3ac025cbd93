//! Other steps of a loop, offered to a model as tools.
//!
//! The model only says what it wants: the step of the same name does it, for each call, as any step does its work. What
//! it gave comes back in the round after, by `before`.

use std::collections::BTreeMap;

use daedal_core::AssetRef;
use genai::chat::{Tool as Offer, ToolCall};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::form;

/// Tools of one step.
pub(super) const TOOLS_MAX: usize = 16;
/// Calls of one turn.
const CALLS_MAX: usize = 16;
/// How a field is written that takes something that a tool gave.
const ASSET: &str = "asset";

/// A tool as a step writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    about: String,
    #[serde(default)]
    takes: Map<String, Value>,
    #[serde(default)]
    shows: bool,
}

/// A tool.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    about: String,
    /// JSON Schema of what the model says.
    takes: Value,
    /// Fields that take something that a tool gave, which the model calls by name.
    assets: Vec<String>,
    /// Whether the model sees the pictures that it gives.
    pub(super) shows: bool,
}

/// The tools of a step, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Tools(pub(super) BTreeMap<String, Tool>);

/// What tools gave so far, by tool, in the order of the calls; nothing where one failed.
pub(super) type Gave = BTreeMap<String, Vec<Value>>;

/// Calls of one turn by tool, as the steps take them.
pub(super) type Calls = BTreeMap<String, Vec<Value>>;

/// JSON Schema of `tools`.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": TOOLS_MAX,
        "additionalProperties": {
            "type": "object",
            "properties": {
                "about": { "type": "string", "minLength": 1, "description": "What it does, for the model." },
                "takes": { "type": "object", "additionalProperties": true, "description": "What the model says: fields and their types, as `answer` has them, and `asset` for something that a tool gave." },
                "shows": { "type": "boolean", "default": false, "description": "Whether the model sees the pictures that it gives." }
            },
            "required": ["about"],
            "additionalProperties": false
        },
        "description": "Steps of the same loop that the model may have do something, by their names."
    })
}

impl Tools {
    /// Reads `tools`.
    pub(super) fn read(written: &Map<String, Value>) -> Result<Self, String> {
        let mut tools = BTreeMap::new();
        for (name, written) in written {
            tools.insert(name.clone(), tool(name, written)?);
        }
        Ok(Self(tools))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the model is offered them.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let offer = |(name, tool): (&String, &Tool)| {
            Offer::new(name.as_str())
                .with_description(tool.about.as_str())
                .with_schema(tool.takes.clone())
        };
        self.0.iter().map(offer).collect()
    }

    /// How much is said of them, in bytes.
    pub(super) fn size(&self) -> u64 {
        let own = |(name, tool): (&String, &Tool)| {
            (name.len() + tool.about.len() + tool.takes.to_string().len() + 64) as u64
        };
        self.0.iter().map(own).sum()
    }

    /// JSON Schema of the calls, as the steps take them.
    pub(super) fn calls(&self) -> Value {
        let lists = self.0.iter().map(|(name, tool)| {
            let mut item = tool.takes.clone();
            for field in &tool.assets {
                item["properties"][field] = json!({ "type": "object", "format": "asset" });
            }
            (name.clone(), json!({ "type": "array", "items": item }))
        });
        let lists: Map<String, Value> = lists.collect();
        json!({ "type": "object", "properties": lists, "additionalProperties": false })
    }

    /// JSON Schema of what they gave.
    pub(super) fn gave(&self) -> Value {
        let lists = self.0.keys();
        let lists = lists.map(|name| (name.clone(), json!({ "type": "array", "items": true })));
        let lists: Map<String, Value> = lists.collect();
        json!({ "type": "object", "properties": lists, "additionalProperties": false })
    }

    /// The calls as the steps take them; or for each of them what is wrong with it.
    pub(super) fn take(&self, calls: &[ToolCall], gave: &Gave) -> Result<Calls, Vec<String>> {
        let mut taken: Calls = self.0.keys().map(|name| (name.clone(), vec![])).collect();
        let mut told = Vec::new();
        for (at, call) in calls.iter().enumerate() {
            let done = match at < CALLS_MAX {
                true => self.one(call, gave),
                false => Err(format!("there are more than {CALLS_MAX} calls")),
            };
            match done {
                Ok(arguments) => {
                    taken
                        .entry(call.fn_name.clone())
                        .or_default()
                        .push(arguments);
                    told.push(String::new());
                }
                Err(wrong) => told.push(wrong),
            }
        }
        match told.iter().all(String::is_empty) {
            true => Ok(taken),
            false => Err(told),
        }
    }

    fn one(&self, call: &ToolCall, gave: &Gave) -> Result<Value, String> {
        let Some(tool) = self.0.get(&call.fn_name) else {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            return Err(format!(
                "there is no tool `{}`; there are {}",
                call.fn_name,
                known.join(", ")
            ));
        };
        let mut arguments = match &call.fn_arguments {
            Value::Null => json!({}),
            said => said.clone(),
        };
        let wrong = form::objections(&tool.takes, &arguments);
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        for field in &tool.assets {
            let name = arguments[field].as_str().unwrap_or_default();
            let given = given(gave, name).filter(|value| AssetRef::from_value(value).is_some());
            let given = given.cloned().ok_or_else(|| {
                let known: Vec<String> = names(gave).collect();
                let known = match known.is_empty() {
                    true => "no tool gave anything yet".to_owned(),
                    false => format!("there is {}", known.join(", ")),
                };
                format!("{field}: nothing is called `{name}`; {known}")
            })?;
            arguments[field] = given;
        }
        Ok(arguments)
    }
}

fn tool(name: &str, written: &Value) -> Result<Tool, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
        return Err(format!(
            "`tools` has `{name}`: expected the name of a step, at most 64 letters, digits, `_` and `-`"
        ));
    }
    let Written {
        about,
        mut takes,
        shows,
    } = Written::deserialize(written)
        .map_err(|error| format!("`tools.{name}` can't be read: {error}"))?;
    let mut assets = Vec::new();
    for (field, kind) in &mut takes {
        if kind.as_str().is_some_and(|kind| kind.trim() == ASSET) {
            assets.push(field.clone());
            *kind = json!({ "type": "text", "description": "The name of something that a tool gave, such as draw-1." });
        }
    }
    let takes = match takes.is_empty() {
        true => json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        false => form::fields(&takes, &format!("tools.{name}.takes"))?,
    };
    Ok(Tool {
        about,
        takes,
        assets,
        shows,
    })
}

/// What a model calls the `at`th thing that a tool gave, from 0.
pub(super) fn name_of(tool: &str, at: usize) -> String {
    format!("{tool}-{}", at + 1)
}

fn names(gave: &Gave) -> impl Iterator<Item = String> {
    gave.iter().flat_map(|(tool, values)| {
        let there = (0..).zip(values).filter(|(_, value)| !value.is_null());
        there.map(move |(at, _)| name_of(tool, at))
    })
}

fn given<'g>(gave: &'g Gave, name: &str) -> Option<&'g Value> {
    let (tool, number) = name.rsplit_once('-')?;
    let at = number.parse::<usize>().ok()?.checked_sub(1)?;
    gave.get(tool)?.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tools() -> Tools {
        let written = json!({
            "draw": { "about": "Draws.", "takes": { "hue": { "type": "integer", "min": 0, "max": 359 } }, "shows": true },
            "frame": { "about": "Frames.", "takes": { "picture": "asset", "width": "integer" } },
            "wait": { "about": "Waits." },
        });
        Tools::read(written.as_object().unwrap()).unwrap()
    }

    fn call(name: &str, arguments: Value) -> ToolCall {
        ToolCall {
            call_id: "c".into(),
            fn_name: name.into(),
            fn_arguments: arguments,
            thought_signatures: None,
        }
    }

    fn picture() -> Value {
        json!({ "$asset": daedal_core::Digest::of(b"a"), "media_type": "image/png", "size": 1 })
    }

    #[test]
    fn calls_go_to_their_steps_with_what_they_name() {
        let gave = Gave::from([("draw".to_owned(), vec![Value::Null, picture()])]);
        let calls = [
            call("frame", json!({ "picture": "draw-2", "width": 3 })),
            call("draw", json!({ "hue": 10 })),
            call("draw", json!({ "hue": 20 })),
            call("wait", Value::Null),
        ];
        let taken = tools().take(&calls, &gave).unwrap();
        assert_eq!(taken["draw"], [json!({ "hue": 10 }), json!({ "hue": 20 })]);
        assert_eq!(
            taken["frame"],
            [json!({ "picture": picture(), "width": 3 })]
        );
        assert_eq!(taken["wait"], [json!({})]);
    }

    #[test]
    fn a_call_that_is_wrong_is_told_what_is() {
        let gave = Gave::from([("draw".to_owned(), vec![Value::Null, picture()])]);
        let calls = [
            call("paint", json!({})),
            call("draw", json!({ "hue": 400 })),
            call("draw", json!("hue: 4")),
            call("frame", json!({ "picture": "draw-1", "width": 3 })),
            call("draw", json!({ "hue": 4 })),
        ];
        let told = tools().take(&calls, &gave).unwrap_err();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_tool_that_is_no_tool_says_why() {
        let told: Vec<String> = [
            json!({ "a b": { "about": "x" } }),
            json!({ "draw": { "takes": {} } }),
            json!({ "draw": { "about": "x", "takes": { "hue": "percent" } } }),
        ]
        .iter()
        .map(|written| Tools::read(written.as_object().unwrap()).unwrap_err())
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    proptest! {
        #[test]
        fn whatever_a_model_calls_is_judged(name in "[a-z-]{0,8}", said in ".{0,40}", number in any::<i64>()) {
            let calls = [call(&name, json!(said)), call("draw", json!({ "hue": number })), call("frame", json!({ "picture": said, "width": 1 }))];
            let taken = tools().take(&calls[1..2], &Gave::new());
            prop_assert_eq!(taken.is_ok(), (0..360).contains(&number));
            prop_assert!(tools().take(&calls, &Gave::new()).is_err());
        }
    }
}
