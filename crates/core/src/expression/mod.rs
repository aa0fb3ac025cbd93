//! `{{ expressions }}`: compiled once, evaluated against a scope.
//!
//! A bare path (`steps.draft.score`) is walked without an interpreter, since nearly all
//! expressions are one and a run evaluates tens of thousands. Anything else is MiniJinja's.

mod frame;
mod jinja;
mod outline;
mod path;
mod taken;
mod template;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use frame::{Frame, GIVEN, is_given};
use frame::{Framed, Placed};
use outline::{Kind, Outline};
pub use path::{Path, Segment};
pub(crate) use taken::Taken;
pub(crate) use template::{Found, with_segment};
pub use template::{Template, TemplateError};

/// The names that an expression may begin with, outside of loops.
pub const ROOTS: [&str; 6] = ["inputs", "parameters", "steps", "run", "item", "index"];

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

/// An expression could not be compiled or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", shown(.expression))]
pub struct ExpressionError {
    /// The source text, without its braces where they could be told.
    pub expression: String,
    /// What went wrong.
    pub message: String,
}

impl ExpressionError {
    fn new(expression: &str, message: impl Into<String>) -> Self {
        Self {
            expression: expression.to_owned(),
            message: message.into(),
        }
    }
}

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    source: String,
    /// As they were written.
    names: Vec<Path>,
    code: Code,
    outline: Outline,
    /// Where it stands, when that is inside of a process that is a step of another.
    placed: Option<Placed>,
}

#[derive(Clone)]
enum Code {
    Path,
    Jinja(jinja::Compiled),
}

impl Expression {
    /// Compiles `source`, which may stand in `{{ }}` or not.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        match Self::compile(source)? {
            (expression, None) => Ok(expression),
            (_, Some(error)) => Err(error),
        }
    }

    /// Like [`Self::parse`]; an expression that can be read but refers to a computed step, names a filter
    /// that there is not, or gives an error whatever its names stand for, comes with the error, so that its
    /// names can be looked at.
    pub(crate) fn compile(
        source: &str,
    ) -> Result<(Self, Option<ExpressionError>), ExpressionError> {
        let source = strip_braces(source);
        if source.is_empty() {
            return Err(ExpressionError::new(
                source,
                "is empty: write a name such as `inputs.theme`",
            ));
        }
        let (references, code, mut outline) = match Path::parse(source) {
            Some(path) => {
                let outline = Outline {
                    taken: vec![Taken::whole(path.clone())],
                    is_as_it_is: true,
                    ..Outline::default()
                };
                (vec![path], Code::Path, outline)
            }
            None => {
                let compiled = jinja::Compiled::new(source)?;
                let outline = compiled.outline(source);
                let mut names = compiled.references();
                // It looks over names in slices.
                for Taken { path, .. } in &outline.taken {
                    let is_known =
                        |name: &Path| name.root == path.root && name.step() == path.step();
                    if !names.iter().any(is_known) && !jinja::is_function(&path.root) {
                        names.push(path.clone());
                    }
                }
                names.sort();
                (names, Code::Jinja(compiled), outline)
            }
        };
        let computed = references.iter().any(Path::is_dynamic).then(|| {
            "refers to `steps` as a whole or by a computed name: name the step, as in `steps.draft`, so \
             that the plan can see what depends on what"
                .to_owned()
        });
        let mut error = computed.or(outline.unknown.take());
        // What refers to nothing gives the same at any time.
        if let (None, true, Code::Jinja(compiled)) = (&error, references.is_empty(), &code) {
            match compiled.eval(&[], &Nothing) {
                Ok(value) => outline.kind = Some(Kind::of(&value)),
                Err(message) => error = Some(message),
            }
        }
        let expression = Self {
            source: source.to_owned(),
            names: references,
            code,
            outline,
            placed: None,
        };
        Ok((
            expression,
            error.map(|message| ExpressionError::new(source, message)),
        ))
    }

    /// The JSON Schema of what it gives, where its text tells that.
    pub(crate) fn schema(&self) -> Option<&'static Value> {
        self.outline.kind.map(Kind::schema)
    }

    /// How many items it gives, where it is a list that is written out.
    pub(crate) fn length(&self) -> Option<usize> {
        self.outline.length
    }

    /// The source text, without braces.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every name that it refers to, in order, each once.
    #[must_use]
    pub fn references(&self) -> &[Path] {
        match &self.placed {
            Some(placed) => &placed.references,
            None => &self.names,
        }
    }

    /// Whose values it takes, as closely as its text tells: which items, and not whether there is a round before.
    pub(crate) fn taken(&self) -> &[Taken] {
        match &self.placed {
            Some(placed) => &placed.taken,
            None => &self.outline.taken,
        }
    }

    /// Whether it gives what it takes as it is, or puts it together: nothing in it decides by what others are, or makes them
    /// anew.
    pub(crate) fn is_as_it_is(&self) -> bool {
        self.outline.is_as_it_is
    }

    /// The same as they were written.
    pub(crate) fn written(&self) -> &[Path] {
        &self.names
    }

    /// The same expression inside of a process that is a step of another.
    #[must_use]
    pub(crate) fn inside(mut self, frame: &Arc<Frame>) -> Self {
        let references = self.names.iter().map(|path| frame.outside(path));
        let taken = self.outline.taken.iter();
        self.placed = Some(Placed {
            references: references.collect(),
            taken: taken.map(|taken| taken.outside(frame)).collect(),
            frame: Arc::clone(frame),
        });
        self
    }

    /// The path that it is, when it is nothing else.
    #[must_use]
    pub fn as_path(&self) -> Option<&Path> {
        match self.code {
            Code::Path => self.references().first(),
            Code::Jinja(_) => None,
        }
    }

    /// Evaluates it.
    pub fn eval(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        let value = match &self.placed {
            Some(placed) => self.value(&Framed::new(&placed.frame, scope)),
            None => self.value(scope),
        };
        value.map_err(|message| ExpressionError::new(&self.source, message))
    }

    fn value(&self, scope: &dyn Scope) -> Result<Value, String> {
        match &self.code {
            Code::Path => self.names[0].lookup(scope).map(|found| found.into_owned()),
            Code::Jinja(compiled) => compiled.eval(&self.names, scope),
        }
    }

    /// Evaluates it to yes or no, by MiniJinja's rule of truth (empty, zero and none are false).
    pub fn eval_bool(&self, scope: &dyn Scope) -> Result<bool, ExpressionError> {
        Ok(match self.eval(scope)? {
            Value::Null => false,
            Value::Bool(truth) => truth,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
        })
    }
}

/// Where no name stands for anything.
struct Nothing;

impl Scope for Nothing {
    fn root(&self, _: &str) -> Option<&Value> {
        None
    }

    fn step(&self, _: &str) -> Option<&Value> {
        None
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{ {} }}}}", self.source)
    }
}

/// An expression as its author knows it: what has braces of its own gets no others.
fn shown(expression: &str) -> String {
    if expression.contains("{{") || expression.contains("{%") {
        format!("`{expression}`")
    } else {
        format!("`{{{{ {expression} }}}}`")
    }
}

/// `{{ a.b }}` and `a.b` are the same expression where only an expression can stand.
fn strip_braces(source: &str) -> &str {
    let source = source.trim();
    source
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .filter(|inner| !inner.contains("{{"))
        .unwrap_or(source)
        .trim()
}

#[cfg(test)]
mod tests;
