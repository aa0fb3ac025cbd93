//! Expressions that are more than a path, by MiniJinja.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value as Jinja};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use super::outline::Outline;
use super::{ExpressionError, Path, Scope};

/// Instructions that one evaluation may take; a filter over a list of 1,000 takes about 10,000.
const FUEL: u64 = 1_000_000;

/// Bytes that an evaluation may make in the place of one instruction, as MiniJinja counts.
const BYTES_PER_FUEL: u64 = 64;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // Names what was missing, in release builds too.
    environment.set_debug(true);
    environment
});

/// A compiled MiniJinja expression.
#[derive(Clone)]
pub(super) struct Compiled(Arc<minijinja::Expression<'static, 'static>>);

impl Compiled {
    pub(super) fn new(source: &str) -> Result<Self, ExpressionError> {
        let environment: &'static Environment<'static> = &ENVIRONMENT;
        environment
            .compile_expression_owned(source.to_owned())
            .map(|expression| Self(Arc::new(expression)))
            .map_err(|error| ExpressionError::new(source, message(&error)))
    }

    /// What is known of it before it is evaluated.
    pub(super) fn outline(&self, source: &str) -> Outline {
        Outline::of(source, &ENVIRONMENT)
    }

    pub(super) fn references(&self) -> Vec<Path> {
        let mut paths: Vec<Path> = self
            .0
            .undeclared_variables(true)
            .iter()
            .filter_map(|name| Path::parse(name))
            // MiniJinja's own functions are names too.
            .filter(|path| !path.segments.is_empty() || !is_function(&path.root))
            .collect();
        paths.sort();
        paths
    }

    /// Evaluates with the values that the references name, and no others.
    pub(super) fn eval(&self, references: &[Path], scope: &dyn Scope) -> Result<Value, String> {
        let mut roots = BTreeMap::new();
        let mut steps = BTreeMap::new();
        for path in references {
            match path.step() {
                Some(name) => {
                    if let Some(value) = scope.step(name) {
                        steps.insert(name, to_jinja(value));
                    }
                }
                None => {
                    if let Some(value) = scope.root(&path.root) {
                        roots.insert(path.root.as_str(), to_jinja(value));
                    }
                }
            }
        }
        if !steps.is_empty() {
            roots.insert("steps", Jinja::from_pairs(steps));
        }
        let given = self
            .0
            .eval(Jinja::from_pairs(roots))
            .map_err(|error| message(&error))?;
        if given.is_undefined() {
            return Err("names something that is not there".into());
        }
        serde_json::to_value(&given).map_err(|error| error.to_string())
    }
}

pub(super) fn is_function(name: &str) -> bool {
    matches!(name, "range" | "dict" | "debug" | "namespace")
}

fn message(error: &minijinja::Error) -> String {
    match error.detail() {
        _ if error.kind() == ErrorKind::OutOfFuel => {
            let megabytes = FUEL * BYTES_PER_FUEL / 1_000_000;
            format!(
                "does more than one expression may: expected at most {FUEL} steps and {megabytes} MB of \
                 text or list items; make it smaller, or have a step do it"
            )
        }
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// A list whose attribute is the list of its items' attributes.
#[derive(Debug)]
struct List(Vec<Jinja>);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        match (key.as_str(), key.as_usize()) {
            (Some(field), _) => self.get_value_by_str(field),
            (None, Some(index)) => self.0.get(index).cloned(),
            (None, None) => None,
        }
    }

    fn get_value_by_str(self: &Arc<Self>, field: &str) -> Option<Jinja> {
        let found: Option<Vec<Jinja>> = self
            .0
            .iter()
            .map(|item| {
                // Nothing of nothing is nothing, as on paths.
                if item.is_none() {
                    return Some(item.clone());
                }
                item.get_attr(field)
                    .ok()
                    .filter(|value| !value.is_undefined())
            })
            .collect();
        found.map(|items| Jinja::from_object(Self(items)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

fn to_jinja(value: &Value) -> Jinja {
    match value {
        Value::Array(items) => Jinja::from_object(List(items.iter().map(to_jinja).collect())),
        Value::Object(fields) => Jinja::from_pairs(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), to_jinja(value))),
        ),
        Value::Null => Jinja::from(()),
        Value::Bool(truth) => Jinja::from(*truth),
        Value::String(text) => Jinja::from(text.as_str()),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => Jinja::from(whole),
            (None, Some(whole), _) => Jinja::from(whole),
            (None, None, float) => Jinja::from(float.unwrap_or_default()),
        },
    }
}
