//! Takes the best by score, or asks a person.

pub(crate) mod sheet;
#[cfg(test)]
mod tests;

use daedal_core::engine::{
    DecisionOption, DecisionRequest, Determinism, Engine, EngineError, EngineSpec, Files,
    Otherwise, Outcome, Performed, Task, TaskContext,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::task::{params, patience, patience_problem};

/// Alternatives of one choice.
const OPTIONS_MAX: usize = 1_000;

/// The engine `choose`.
pub struct ChooseEngine {
    spec: EngineSpec,
}

impl Default for ChooseEngine {
    fn default() -> Self {
        Self {
            spec: EngineSpec {
                name: "choose",
                version: "1",
                summary: "Keeps the best by score, or asks a person.",
                determinism: Determinism::Exact,
                seeded: false,
                main_input: None,
                schema: schema(),
                output: json!({ "type": "array", "x-length": "keep", "x-length-of": "from", "description": "What is kept, the best first." }),
                effect: false,
            },
        }
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "from": { "type": "array", "maxItems": OPTIONS_MAX, "description": "What to choose from." },
            "by": { "type": "array", "description": "A score for each, or values that have a `score`; the order of `from` when absent." },
            "keep": { "type": "integer", "minimum": 1, "default": 1, "description": "How many; the result is a list all the same." },
            "direction": { "enum": ["highest", "lowest"], "default": "highest", "description": "Which scores are better." },
            "decider": { "enum": ["best", "human"], "default": "best", "description": "The score, or a person: the run waits." },
            "timeout": { "type": "string", "description": "How long to wait for a person: 90m, 7d; for ever when absent." },
            "otherwise": { "enum": ["best", "fail"], "default": "best", "description": "What happens when nobody decides in time." }
        },
        "required": ["from"],
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    from: Vec<Value>,
    by: Option<Vec<Value>>,
    keep: Option<f64>,
    #[serde(default)]
    direction: Direction,
    #[serde(default)]
    decider: Decider,
    timeout: Option<String>,
    otherwise: Option<Otherwise>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    #[default]
    Highest,
    Lowest,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decider {
    #[default]
    Best,
    Human,
}

impl Engine for ChooseEngine {
    fn spec(&self) -> &EngineSpec {
        &self.spec
    }

    fn check(&self, with: &Value, _files: &Files<'_>) -> Vec<String> {
        Vec::from_iter(patience_problem(with))
    }

    fn run(&self, task: &Task, context: &TaskContext<'_>) -> Result<Performed, EngineError> {
        let params: Params = params(&self.spec, task)?;
        let keep = params.keep()?;
        let options = params.options()?;
        let ranking = ranking(&options, params.direction);
        let suggested: Vec<usize> = ranking.into_iter().take(keep).collect();
        if params.decider == Decider::Best {
            let kept = suggested.iter().map(|index| options[*index].value.clone());
            return Ok(Performed::Done(Outcome::free(kept.collect())));
        }
        let timeout_ms = params.timeout.as_deref().map(patience).transpose()?;
        let contact_sheet = Some(sheet::draw(&options, &suggested, task, context)?);
        Ok(Performed::Asked(DecisionRequest {
            keep: suggested.len(),
            suggested,
            options,
            contact_sheet,
            timeout_ms,
            otherwise: params.otherwise.unwrap_or(Otherwise::Best),
        }))
    }
}

impl Params {
    fn keep(&self) -> Result<usize, EngineError> {
        let keep = self.keep.unwrap_or(1.0);
        if keep >= 1.0 && keep <= OPTIONS_MAX as f64 && keep.fract() == 0.0 {
            Ok(keep as usize)
        } else {
            Err(EngineError::invalid(format!(
                "`keep: {keep}` is not a whole number of 1 to {OPTIONS_MAX}"
            )))
        }
    }

    /// What there is to choose from, with its scores. A null is a candidate that was skipped.
    fn options(&self) -> Result<Vec<DecisionOption>, EngineError> {
        if self.from.len() > OPTIONS_MAX {
            return Err(EngineError::limit(format!(
                "{} candidates are more than the limit of {OPTIONS_MAX}",
                self.from.len()
            )));
        }
        let scores = match &self.by {
            None => vec![None; self.from.len()],
            Some(scores) if scores.len() != self.from.len() => {
                return Err(EngineError::invalid(format!(
                    "`by` has {} scores for the {} candidates of `from`: give one for each",
                    scores.len(),
                    self.from.len()
                )));
            }
            Some(scores) => scores
                .iter()
                .enumerate()
                .map(|(index, score)| read_score(index, score))
                .collect::<Result<_, _>>()?,
        };
        let options: Vec<DecisionOption> = self
            .from
            .iter()
            .zip(scores)
            .filter(|(value, _)| !value.is_null())
            .map(|(value, score)| DecisionOption {
                value: value.clone(),
                score,
            })
            .collect();
        if options.is_empty() {
            return Err(EngineError::invalid(
                "there is nothing to choose from: `from` is empty",
            ));
        }
        Ok(options)
    }
}

/// A number, or a value with a `score`.
fn read_score(index: usize, value: &Value) -> Result<Option<f64>, EngineError> {
    if value.is_null() {
        return Ok(None);
    }
    value
        .as_f64()
        .or_else(|| value.get("score")?.as_f64())
        .map(Some)
        .ok_or_else(|| {
            let shown: String = value.to_string().chars().take(60).collect();
            EngineError::invalid(format!(
                "score {} of `by` is {shown}: expected a number",
                index + 1
            ))
        })
}

/// Positions, the best first. Equal scores keep their order; what has none comes last.
fn ranking(options: &[DecisionOption], direction: Direction) -> Vec<usize> {
    let mut order: Vec<usize> = (0..options.len()).collect();
    let sign = match direction {
        Direction::Highest => -1.0,
        Direction::Lowest => 1.0,
    };
    let rank = |index: &usize| {
        options[*index]
            .score
            .map_or(f64::INFINITY, |score| score * sign)
    };
    order.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    order
}
