//! The file of a grammar, as data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use minijinja::{Environment, Expression, UndefinedBehavior};
use serde_json::{Map, Value};

use super::syntax::{Part, parse};

/// Nesting of fields in a record.
const NESTING_MAX: usize = 16;

/// Instructions that one `when` may take.
pub(super) const FUEL: u64 = 10_000;

static CONDITIONS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    environment
});

/// Symbols and their rules.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    pub(super) symbols: BTreeMap<String, Vec<Rule>>,
    /// Symbols whose rules are used up before any is used again.
    pub(super) unique: BTreeSet<String>,
}

/// One alternative of a symbol.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) body: Node,
    pub(super) weight: f64,
    pub(super) when: Option<Condition>,
}

/// What a rule gives.
#[derive(Debug)]
pub(super) enum Node {
    /// Text with tags.
    Text(Vec<Part>),
    /// A list.
    List(Vec<Node>),
    /// A record, field by field in the order of the file.
    Record(Vec<(String, Node)>),
    /// A number, a truth value or nothing.
    Literal(Value),
}

/// When a rule applies.
pub(super) struct Condition {
    pub(super) source: String,
    pub(super) compiled: Expression<'static, 'static>,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

/// Reads the JSON or YAML of a grammar file.
pub(super) fn parse_file(name: &str, text: &str) -> Result<Value, String> {
    let problem = if name.ends_with(".json") {
        match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) => error.to_string(),
        }
    } else {
        match serde_saphyr::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) => error.to_string(),
        }
    };
    Err(format!("`{name}` can't be read: {problem}"))
}

/// Reads symbols and rules; every mistake is told, with the name of its symbol.
pub(super) fn read(value: &Value) -> Result<Grammar, Vec<String>> {
    let Some(fields) = value.as_object() else {
        return Err(vec![
            "a grammar is an object: names of symbols, and a list of rules for each".to_owned(),
        ]);
    };
    let mut grammar = Grammar::default();
    let mut mistakes = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "$schema" | "$comment" => {}
            "$unique" => match serde_json::from_value(value.clone()) {
                Ok(names) => grammar.unique = names,
                Err(_) => mistakes.push("`$unique` is a list of symbols".to_owned()),
            },
            reserved if reserved.starts_with('$') => mistakes.push(format!(
                "`{reserved}` is not known; expected one of: $unique, $comment, $schema"
            )),
            _ => match rules(value) {
                Ok(rules) => {
                    grammar.symbols.insert(name.clone(), rules);
                }
                Err(problem) => mistakes.push(format!("`{name}`: {problem}")),
            },
        }
    }
    for name in &grammar.unique {
        if !grammar.symbols.contains_key(name) {
            mistakes.push(format!("`$unique` names `{name}`, which is no symbol here"));
        }
    }
    if mistakes.is_empty() {
        Ok(grammar)
    } else {
        Err(mistakes)
    }
}

/// The fields that a symbol's rules give beside a text; `None` where another symbol decides that.
pub(super) fn fields(symbol: &Value) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for rule in rules(symbol).ok()? {
        match rule.body {
            // A lone tag keeps the type of what it stands for.
            Node::Text(parts) if matches!(parts[..], [Part::Tag(_)]) => return None,
            Node::Record(fields) => names.extend(fields.into_iter().map(|(name, _)| name)),
            Node::Text(_) | Node::List(_) | Node::Literal(_) => {}
        }
    }
    Some(names)
}

/// One rule, a list of them, or a record.
fn rules(value: &Value) -> Result<Vec<Rule>, String> {
    match value {
        Value::Array(items) if items.is_empty() => Err("has no rule".to_owned()),
        Value::Array(items) => items.iter().map(rule).collect(),
        single => Ok(vec![always(node(single, 0)?)]),
    }
}

fn always(body: Node) -> Rule {
    Rule {
        body,
        weight: 1.0,
        when: None,
    }
}

/// A text, or `{text | fields, weight, when}`.
fn rule(value: &Value) -> Result<Rule, String> {
    let Some(fields) = value.as_object() else {
        return Ok(always(node(value, 0)?));
    };
    if let Some(name) = fields
        .keys()
        .find(|name| !["text", "fields", "weight", "when"].contains(&name.as_str()))
    {
        return Err(format!(
            "a rule has no `{name}`; {}; fields of a record go under `fields:`",
            daedal_core::process::suggestion(name, ["text", "fields", "weight", "when"])
        ));
    }
    let body = match (fields.get("text"), fields.get("fields")) {
        (Some(text @ Value::String(_)), None) => node(text, 0)?,
        (None, Some(record @ Value::Object(_))) => node(record, 0)?,
        _ => return Err("a rule has either `text:` or `fields:`".to_owned()),
    };
    let weight = match fields.get("weight") {
        None => 1.0,
        Some(weight) => weight
            .as_f64()
            .filter(|weight| (0.0..=1e9).contains(weight))
            .ok_or_else(|| format!("`weight: {weight}` is not a number from 0 to 1e9"))?,
    };
    let when = fields.get("when").map(condition).transpose()?;
    Ok(Rule { body, weight, when })
}

/// An expression, or an object of what has to be equal.
fn condition(value: &Value) -> Result<Condition, String> {
    let source = match value {
        Value::String(source) => source.clone(),
        Value::Object(fields) => equalities(fields)?,
        other => {
            return Err(format!(
                "`when: {other}` is neither an expression nor an object"
            ));
        }
    };
    let environment: &'static Environment<'static> = &CONDITIONS;
    let compiled = environment
        .compile_expression_owned(source.clone())
        .map_err(|error| format!("`when: {source}` can't be read: {error}"))?;
    Ok(Condition { source, compiled })
}

fn equalities(fields: &Map<String, Value>) -> Result<String, String> {
    let terms: Result<Vec<String>, String> = fields
        .iter()
        .map(|(name, value)| match value {
            Value::Object(_) => Err(format!("`when: {name}` is compared with a value or a list")),
            Value::Array(_) => Ok(format!("({name} in {value})")),
            value => Ok(format!("({name} == {value})")),
        })
        .collect();
    Ok(terms?.join(" and "))
}

fn node(value: &Value, depth: usize) -> Result<Node, String> {
    if depth > NESTING_MAX {
        return Err(format!("fields are nested more than {NESTING_MAX} deep"));
    }
    Ok(match value {
        Value::String(text) => Node::Text(parse(text)?),
        Value::Array(items) => Node::List(
            items
                .iter()
                .map(|item| node(item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => Node::Record(
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), node(value, depth + 1)?)))
                .collect::<Result<_, String>>()?,
        ),
        literal => Node::Literal(literal.clone()),
    })
}
