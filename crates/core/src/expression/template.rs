//! JSON values whose strings may hold expressions.

use serde_json::{Map, Value};

use super::{Expression, ExpressionError, Path, Scope};
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
    /// What is wrong with it.
    pub error: ExpressionError,
}

#[derive(Debug, Clone)]
enum Node {
    Literal(Value),
    Expression(Expression),
    Text(Vec<Part>),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Expression(Expression),
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
        let mut errors = Vec::new();
        let node = compile(value, &mut String::new(), &mut errors);
        if errors.is_empty() {
            Ok(Self { node })
        } else {
            Err(errors)
        }
    }

    /// The one expression that the whole template is, if it is one.
    #[must_use]
    pub fn as_expression(&self) -> Option<&Expression> {
        match &self.node {
            Node::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// Calls `visit` with the JSON pointer and every expression in it, and whether the expression
    /// is the whole string there.
    pub fn visit(&self, visit: &mut dyn FnMut(&str, &Expression, bool)) {
        walk(&self.node, &mut String::new(), visit);
    }

    /// Every name that it refers to, in order of appearance.
    #[must_use]
    pub fn references(&self) -> Vec<Path> {
        let mut found = Vec::new();
        self.visit(&mut |_, expression, _| found.extend_from_slice(expression.references()));
        found
    }

    /// The value with every expression replaced by what it gives.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        resolve(&self.node, scope)
    }
}

/// Appends a segment to a JSON pointer while `inside` runs.
pub(crate) fn with_segment<T>(
    pointer: &mut String,
    segment: &str,
    inside: impl FnOnce(&mut String) -> T,
) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
    let result = inside(pointer);
    pointer.truncate(length);
    result
}

fn compile(value: &Value, pointer: &mut String, errors: &mut Vec<TemplateError>) -> Node {
    match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => compile_text(text)
            .unwrap_or_else(|error| {
                errors.push(TemplateError {
                    pointer: pointer.clone(),
                    error,
                });
                Node::Literal(Value::Null)
            }),
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

fn compile_text(text: &str) -> Result<Node, ExpressionError> {
    if text.contains("{%") {
        return Err(ExpressionError::new(
            text,
            "statements (`{% … %}`) can't stand here: use `{{ a if condition else b }}`, or the \
             `template` engine",
        ));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        if start > 0 {
            parts.push(Part::Literal(rest[..start].to_owned()));
        }
        let inner = &rest[start + 2..];
        let end = closing(inner)
            .ok_or_else(|| ExpressionError::new(rest[start..].trim(), "has no closing `}}`"))?;
        if inner[..end].contains("{{") && !inner[..end].contains(['"', '\'']) {
            let whole = &rest[start..start + end + 4];
            let message = "has `{{` inside of `{{ }}`: close the first, or take one away";
            return Err(ExpressionError::new(whole, message));
        }
        parts.push(Part::Expression(Expression::parse(&inner[..end])?));
        rest = &inner[end + 2..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    let blank = |part: &Part| matches!(part, Part::Literal(text) if text.trim().is_empty());
    let solid: Vec<_> = parts.iter().filter(|part| !blank(part)).collect();
    if let [Part::Expression(expression)] = solid[..] {
        return Ok(Node::Expression(expression.clone()));
    }
    Ok(Node::Text(parts))
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

fn walk(node: &Node, pointer: &mut String, visit: &mut dyn FnMut(&str, &Expression, bool)) {
    match node {
        Node::Literal(_) => {}
        Node::Expression(expression) => visit(pointer, expression, true),
        Node::Text(parts) => {
            for part in parts {
                if let Part::Expression(expression) = part {
                    visit(pointer, expression, false);
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

fn resolve(node: &Node, scope: &dyn Scope) -> Result<Value, ExpressionError> {
    Ok(match node {
        Node::Literal(value) => value.clone(),
        Node::Expression(expression) => expression.eval(scope)?,
        Node::Text(parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    Part::Literal(literal) => text.push_str(literal),
                    Part::Expression(expression) => {
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
