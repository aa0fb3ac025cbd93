//! Values of all dials for one run: what the caller gives, and defaults for the rest.

use serde_json::{Map, Value};

use super::mistake::suggestion;
use super::model::{Dial, Process};

/// A value that can't be used for an input or a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DialError {
    /// Of the input or parameter.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// What was expected, or what to do.
    pub help: String,
}

impl Process {
    /// Every input and every parameter of a run, as two objects. Text is read as what the dial is:
    /// `0.5` becomes a number where a number is meant. Everything that is wrong is told at once.
    pub fn resolve_dials(
        &self,
        inputs: &[(String, Value)],
        parameters: &[(String, Value)],
    ) -> Result<(Value, Value), Vec<DialError>> {
        let mut errors = Vec::new();
        let inputs_read = section("input", &self.inputs, inputs, &self.parameters, &mut errors);
        let parameters_read = section(
            "parameter",
            &self.parameters,
            parameters,
            &self.inputs,
            &mut errors,
        );
        if errors.is_empty() {
            Ok((inputs_read, parameters_read))
        } else {
            Err(errors)
        }
    }
}

fn section(
    what: &str,
    dials: &[(String, Dial)],
    given: &[(String, Value)],
    others: &[(String, Dial)],
    errors: &mut Vec<DialError>,
) -> Value {
    let mut wrong = |name: &str, message: String, help: String| {
        errors.push(DialError {
            name: name.to_owned(),
            message,
            help,
        });
    };
    for (position, (name, _)) in given.iter().enumerate() {
        if given[..position].iter().any(|(earlier, _)| earlier == name) {
            wrong(
                name,
                format!("{what} `{name}` is given twice"),
                "keep one of them".into(),
            );
        } else if !dials.iter().any(|(known, _)| known == name) {
            let help = if others.iter().any(|(known, _)| known == name) {
                let other = if what == "input" {
                    "a parameter"
                } else {
                    "an input"
                };
                format!("`{name}` is {other}")
            } else {
                suggestion(name, dials.iter().map(|(known, _)| known.as_str()))
            };
            wrong(name, format!("there is no {what} `{name}`"), help);
        }
    }
    let mut values = Map::with_capacity(dials.len());
    for (name, dial) in dials {
        let value = match given.iter().find(|(known, _)| known == name) {
            Some((_, Value::String(text))) => dial.kind.accept_text(text),
            Some((_, value)) => dial.kind.accept(value),
            None => match &dial.default {
                Some(default) => Ok(default.clone()),
                None => {
                    wrong(
                        name,
                        format!("{what} `{name}` is not given, and has no default"),
                        format!("expected {}", dial.kind.expected(&Value::Null)),
                    );
                    continue;
                }
            },
        };
        match value {
            Ok(value) => {
                values.insert(name.clone(), value);
            }
            Err(misfit) => wrong(
                name,
                format!("{what} `{name}` {}", misfit.wrong),
                format!("expected {}", misfit.expected),
            ),
        }
    }
    Value::Object(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::process::parse;

    const FILE: &str = "
daedal: v1
name: x
inputs:
  theme: { type: text, default: dawn, max_length: 5 }
  edition: { type: integer, min: 1, max: 9 }
parameters:
  turbulence: { type: number, default: 0.35, min: 0.1, max: 0.8 }
  palette: { type: choice, of: [kelp, ember], default: kelp }
steps: { a: { uses: grammar } }
";

    #[test]
    fn defaults_stand_where_nothing_is_given_and_text_is_read() {
        let process = parse("x", FILE.as_bytes()).unwrap();
        let given = |name: &str, value: serde_json::Value| (name.to_owned(), value);
        let (inputs, parameters) = process
            .resolve_dials(
                &[given("edition", json!("7"))],
                &[given("turbulence", json!(0.5))],
            )
            .unwrap();
        assert_eq!(inputs, json!({"theme": "dawn", "edition": 7}));
        assert_eq!(parameters, json!({"turbulence": 0.5, "palette": "kelp"}));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let process = parse("x", FILE.as_bytes()).unwrap();
        let given = |name: &str, value: &str| (name.to_owned(), json!(value));
        let errors = process
            .resolve_dials(
                &[
                    given("theme", "midnight"),
                    given("thema", "x"),
                    given("palette", "kelp"),
                ],
                &[
                    given("turbulence", "0.9"),
                    given("palette", "embr"),
                    given("palette", "kelp"),
                ],
            )
            .unwrap_err();
        let told: String = errors
            .iter()
            .map(|error| format!("{error} ({})\n", error.help))
            .collect();
        insta::assert_snapshot!(told);
    }
}
