//! `{{ expressions }}`: compiled once, evaluated against a scope.

use serde_json::Value;

/// What names stand for while an expression is evaluated.
///
/// Roots are `inputs`, `parameters`, `run`, `item`, `index`, `previous`, and, inside a loop, the
/// bare names of its steps. `steps` is looked up name by name.
pub trait Scope {
    /// The value of a root other than `steps`.
    fn root(&self, name: &str) -> Option<&Value>;
    /// The value of `steps.<name>`; `None` while there is none (a skipped step is `Null`).
    fn step(&self, name: &str) -> Option<&Value>;
}

/// An expression could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}`: {message}")]
pub struct ExpressionError {
    /// The source text.
    pub expression: String,
    /// What went wrong.
    pub message: String,
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Expression {
    source: String,
}

impl Expression {
    /// The source text, without braces.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Evaluates it.
    pub fn eval(&self, _scope: &dyn Scope) -> Result<Value, ExpressionError> {
        Err(ExpressionError {
            expression: self.source.clone(),
            message: "not compiled".into(),
        })
    }
}

/// A JSON value whose strings may hold expressions, compiled.
#[derive(Debug, Clone)]
pub struct Template {
    value: Value,
}

impl Template {
    /// A template without any expression.
    #[must_use]
    pub fn literal(value: Value) -> Self {
        Self { value }
    }

    /// The value with every expression replaced by what it gives.
    pub fn resolve(&self, _scope: &dyn Scope) -> Result<Value, ExpressionError> {
        Ok(self.value.clone())
    }
}
