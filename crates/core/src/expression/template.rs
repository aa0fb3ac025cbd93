//! JSON values whose strings may hold expressions.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Expression, ExpressionError, Frame, Path, Scope};
use crate::AssetRef;

/// A JSON value whose strings may hold expressions, compiled.
///
/// A string that is exactly one `{{ expression }}` keeps the type of what it gives; any other
/// string is text.
#[derive(Debug, Clone)]
pub struct Template {
    node: Node,
}

/// A string inside a value could not be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// JSON pointer (RFC 6901) of the string in the value.
    pub pointer: String,
    /// The bytes of the string that are at fault.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub error: ExpressionError,
}

/// An expression inside a value.
pub(crate) struct Found<'t> {
    /// JSON pointer (RFC 6901) of its string in the value.
    pub(crate) pointer: &'t str,
    /// The bytes of the string that it is, with its braces.
    pub(crate) range: Range<usize>,
    /// The expression itself.
    pub(crate) expression: &'t Expression,
    /// Whether it is the whole string.
    pub(crate) is_whole: bool,
}

#[derive(Debug, Clone)]
struct Placed {
    range: Range<usize>,
    expression: Expression,
}

#[derive(Debug, Clone)]
enum Node {
    Literal(Value),
    Expression(Placed),
    Text(Vec<Part>),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Expression(Placed),
}

impl Template {
    /// A template without any expression.
    #[must_use]
    pub fn literal(value: Value) -> Self {
        Self {
            node: Node::Literal(value),
        }
    }

    /// Compiles every string in `value`; tells all that is wrong.
    pub fn parse(value: &Value) -> Result<Self, Vec<TemplateError>> {
        let (template, errors) = Self::examine(value);
        match errors.is_empty() {
            true => Ok(template),
            false => Err(errors),
        }
    }

    /// Like [`Self::parse`], and gives what can be compiled beside what is wrong, to be looked at.
    pub(crate) fn examine(value: &Value) -> (Self, Vec<TemplateError>) {
        let mut errors = Vec::new();
        let node = compile(value, &mut String::new(), &mut errors);
        (Self { node }, errors)
    }

    /// The same template inside of a process that is a step of another.
    pub(crate) fn inside(mut self, frame: &Arc<Frame>) -> Self {
        place(&mut self.node, frame);
        self
    }

    /// The one expression that the whole template is, if it is one.
    #[must_use]
    pub fn as_expression(&self) -> Option<&Expression> {
        let Node::Expression(placed) = &self.node else {
            return None;
        };
        Some(&placed.expression)
    }

    /// Calls `visit` with every expression in it.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(Found<'_>)) {
        walk(&self.node, &mut String::new(), visit);
    }

    /// Every name that it refers to, in order of appearance.
    #[must_use]
    pub fn references(&self) -> Vec<Path> {
        let mut found = Vec::new();
        self.visit(&mut |at| found.extend_from_slice(at.expression.references()));
        found
    }

    /// The value with every expression replaced by what it gives.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        resolve(&self.node, scope)
    }

    /// The value with every expression replaced by what `give` puts in its place. Where that can't stand inside of
    /// text, nothing does.
    pub(crate) fn fill(&self, give: &mut dyn FnMut(Found<'_>) -> Value) -> Value {
        fill(&self.node, &mut String::new(), give)
    }
}

/// Appends a segment to a JSON pointer while `inside` runs.
pub(crate) fn with_segment<T>(
    pointer: &mut String,
    segment: &str,
    inside: impl FnOnce(&mut String) -> T,
) -> T {
    let length = pointer.len();
    *pointer += &format!("/{}", segment.replace('~', "~0").replace('/', "~1"));
    let result = inside(pointer);
    pointer.truncate(length);
    result
}

fn compile(value: &Value, pointer: &mut String, errors: &mut Vec<TemplateError>) -> Node {
    match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => {
            compile_text(text, &mut |range, error| {
                errors.push(TemplateError {
                    pointer: pointer.clone(),
                    range,
                    error,
                });
            })
        }
        Value::Array(items) => {
            let nodes: Vec<_> = items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    with_segment(pointer, &index.to_string(), |pointer| {
                        compile(item, pointer, errors)
                    })
                })
                .collect();
            literal_if_all(value, nodes.iter()).unwrap_or(Node::List(nodes))
        }
        Value::Object(fields) => {
            let nodes: Vec<_> = fields
                .iter()
                .map(|(name, field)| {
                    let node =
                        with_segment(pointer, name, |pointer| compile(field, pointer, errors));
                    (name.clone(), node)
                })
                .collect();
            literal_if_all(value, nodes.iter().map(|(_, node)| node)).unwrap_or(Node::Object(nodes))
        }
        plain => Node::Literal(plain.clone()),
    }
}

fn literal_if_all<'n>(value: &Value, mut nodes: impl Iterator<Item = &'n Node>) -> Option<Node> {
    nodes
        .all(|node| matches!(node, Node::Literal(_)))
        .then(|| Node::Literal(value.clone()))
}

/// Compiles a string; what is wrong with one expression of it hides nothing of the others.
fn compile_text(text: &str, wrong: &mut dyn FnMut(Range<usize>, ExpressionError)) -> Node {
    if let Some(start) = text.find("{%") {
        let end = text[start..]
            .find("%}")
            .map_or(text.len(), |end| start + end + 2);
        let message = "statements (`{% … %}`) can't stand here: use `{{ a if condition else b }}`, or \
                       the `template` engine";
        wrong(start..end, ExpressionError::new(text, message));
        return Node::Literal(Value::Null);
    }
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|start| at + start) {
        if start > at {
            parts.push(Part::Literal(text[at..start].to_owned()));
        }
        let inner = &text[start + 2..];
        let Some(length) = closing(inner) else {
            let open = text[start..].trim_end();
            let error = ExpressionError::new(open, "has no closing `}}`");
            wrong(start..start + open.len(), error);
            return Node::Text(parts);
        };
        let range = start..start + length + 4;
        let inner = &inner[..length];
        at = range.end;
        if inner.contains("{{") && !inner.contains(['"', '\'']) {
            let message = "has `{{` inside of `{{ }}`: close the first, or take one away";
            wrong(range.clone(), ExpressionError::new(&text[range], message));
            continue;
        }
        match Expression::compile(inner) {
            Ok((expression, error)) => {
                if let Some(error) = error {
                    wrong(range.clone(), error);
                }
                parts.push(Part::Expression(Placed { range, expression }));
            }
            Err(error) => wrong(range, error),
        }
    }
    if at < text.len() {
        parts.push(Part::Literal(text[at..].to_owned()));
    }
    let blank = |part: &Part| matches!(part, Part::Literal(text) if text.trim().is_empty());
    let solid: Vec<_> = parts.iter().filter(|part| !blank(part)).collect();
    if let [Part::Expression(placed)] = solid[..] {
        return Node::Expression(placed.clone());
    }
    Node::Text(parts)
}

/// Where `}}` stands, outside of quotes and of nested braces.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            (None, _) => {}
        }
        at += 1;
    }
    None
}

fn walk(node: &Node, pointer: &mut String, visit: &mut dyn FnMut(Found<'_>)) {
    let mut found = |placed: &Placed, pointer: &str, is_whole| {
        visit(Found {
            pointer,
            range: placed.range.clone(),
            expression: &placed.expression,
            is_whole,
        });
    };
    match node {
        Node::Literal(_) => {}
        Node::Expression(placed) => found(placed, pointer, true),
        Node::Text(parts) => {
            for part in parts {
                if let Part::Expression(placed) = part {
                    found(placed, pointer, false);
                }
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                with_segment(pointer, &index.to_string(), |pointer| {
                    walk(item, pointer, visit);
                });
            }
        }
        Node::Object(fields) => {
            for (name, field) in fields {
                with_segment(pointer, name, |pointer| walk(field, pointer, visit));
            }
        }
    }
}

fn place(node: &mut Node, frame: &Arc<Frame>) {
    let put = |placed: &mut Placed| placed.expression = placed.expression.clone().inside(frame);
    match node {
        Node::Literal(_) => {}
        Node::Expression(placed) => put(placed),
        Node::Text(parts) => {
            parts.iter_mut().for_each(|part| match part {
                Part::Expression(placed) => put(placed),
                Part::Literal(_) => {}
            });
        }
        Node::List(items) => items.iter_mut().for_each(|item| place(item, frame)),
        Node::Object(fields) => fields.iter_mut().for_each(|(_, field)| place(field, frame)),
    }
}

fn resolve(node: &Node, scope: &dyn Scope) -> Result<Value, ExpressionError> {
    Ok(match node {
        Node::Literal(value) => value.clone(),
        Node::Expression(placed) => placed.expression.eval(scope)?,
        Node::Text(parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    Part::Literal(literal) => text.push_str(literal),
                    Part::Expression(Placed { expression, .. }) => {
                        push_text(&mut text, &expression.eval(scope)?).map_err(|message| {
                            ExpressionError::new(expression.source(), message)
                        })?;
                    }
                }
            }
            Value::String(text)
        }
        Node::List(items) => Value::Array(
            items
                .iter()
                .map(|item| resolve(item, scope))
                .collect::<Result<_, _>>()?,
        ),
        Node::Object(fields) => {
            let mut object = Map::with_capacity(fields.len());
            for (name, field) in fields {
                object.insert(name.clone(), resolve(field, scope)?);
            }
            Value::Object(object)
        }
    })
}

fn fill(node: &Node, pointer: &mut String, give: &mut dyn FnMut(Found<'_>) -> Value) -> Value {
    let mut put = |placed: &Placed, pointer: &str, is_whole| {
        give(Found {
            pointer,
            range: placed.range.clone(),
            expression: &placed.expression,
            is_whole,
        })
    };
    match node {
        Node::Literal(value) => value.clone(),
        Node::Expression(placed) => put(placed, pointer, true),
        Node::Text(parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    Part::Literal(literal) => text.push_str(literal),
                    Part::Expression(placed) => {
                        push_text(&mut text, &put(placed, pointer, false)).ok();
                    }
                }
            }
            Value::String(text)
        }
        Node::List(items) => {
            let items = items.iter().enumerate();
            let filled = items.map(|(index, item)| {
                with_segment(pointer, &index.to_string(), |at| fill(item, at, give))
            });
            filled.collect()
        }
        Node::Object(fields) => {
            let filled = fields.iter().map(|(name, field)| {
                let value = with_segment(pointer, name, |at| fill(field, at, give));
                (name.clone(), value)
            });
            Value::Object(filled.collect())
        }
    }
}

fn push_text(text: &mut String, value: &Value) -> Result<(), String> {
    match value {
        Value::Null => {}
        Value::String(inner) => text.push_str(inner),
        asset if AssetRef::from_value(asset).is_some() => {
            return Err(
                "is an asset, which can't stand inside text: name one of its fields, such as \
                 `.text`"
                    .into(),
            );
        }
        other => text.push_str(&other.to_string()),
    }
    Ok(())
}
