//! What the text of an expression tells before anything is evaluated: what kind of value it gives, the filters and tests
//! that it names, and whose values it takes.

use std::sync::LazyLock;

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::ValueKind;
use minijinja::{Environment, tests};
use serde_json::{Value, json};

use super::taken::{Taken, is_as_it_is, taken};
use crate::process::suggestion;

/// Filters that MiniJinja brings along, those that nobody misspells left out.
const FILTERS: [&str; 43] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "default",
    "dictsort",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// The same for tests.
const TESTS: [&str; 27] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// What is known of an expression.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    /// What kind of value it gives, where that is known.
    pub(super) kind: Option<Kind>,
    /// How many items it gives, where it is a list that is written out.
    pub(super) length: Option<usize>,
    /// What it names that there is not.
    pub(super) unknown: Option<String>,
    /// Whose values it takes.
    pub(super) taken: Vec<Taken>,
    /// Whether it only puts those together.
    pub(super) is_as_it_is: bool,
}

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Whole,
    Fraction,
    Number,
    Text,
    List,
    Map,
}

impl Kind {
    /// The JSON Schema of its values.
    pub(super) fn schema(self) -> &'static Value {
        static SCHEMAS: LazyLock<[Value; 8]> = LazyLock::new(|| {
            [
                json!({ "type": "null" }),
                json!({ "type": "boolean" }),
                json!({ "type": "integer" }),
                // Whole numbers are what it is not; JSON Schema has no word for that.
                json!({ "const": 0.5 }),
                json!({ "type": "number" }),
                json!({ "type": "string" }),
                json!({ "type": "array" }),
                json!({ "type": "object" }),
            ]
        });
        &SCHEMAS[self as usize]
    }

    /// The kind of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) => match number.as_f64() {
                Some(number) if number.fract() == 0.0 => Self::Whole,
                _ => Self::Fraction,
            },
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Map,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Fraction | Self::Number)
    }
}

impl Outline {
    /// Reads an expression that compiles.
    pub(super) fn of(source: &str, environment: &Environment<'_>) -> Self {
        let Ok(expression) = parse_expr(source) else {
            return Self::default();
        };
        let length = match &expression {
            Expr::List(list) => Some(list.items.len()),
            Expr::Tuple(tuple) => Some(tuple.items.len()),
            _ => None,
        };
        Self {
            kind: kind(&expression),
            length,
            unknown: unknown(&expression, environment),
            taken: taken(&expression),
            is_as_it_is: is_as_it_is(&expression),
        }
    }
}

/// What kind of value an expression gives. Names may stand for anything.
fn kind(expression: &Expr<'_>) -> Option<Kind> {
    match expression {
        Expr::Const(constant) => match constant.value.kind() {
            ValueKind::None => Some(Kind::Null),
            ValueKind::Bool => Some(Kind::Bool),
            ValueKind::Number if constant.value.is_integer() => Some(Kind::Whole),
            ValueKind::Number => Some(Kind::Number),
            ValueKind::String => Some(Kind::Text),
            _ => None,
        },
        Expr::UnaryOp(unary) => match unary.op {
            UnaryOpKind::Not => Some(Kind::Bool),
            UnaryOpKind::Neg => kind(&unary.expr)
                .filter(|kind| kind.is_number())
                .or(Some(Kind::Number)),
        },
        Expr::BinOp(binary) => operated(binary.op, kind(&binary.left), kind(&binary.right)),
        Expr::Compare(_) | Expr::Test(_) => Some(Kind::Bool),
        Expr::IfExpr(choice) => {
            let other = choice.false_expr.as_ref().and_then(kind);
            kind(&choice.true_expr).filter(|own| Some(*own) == other)
        }
        Expr::Filter(filter) => filtered(filter.name),
        Expr::List(_) | Expr::Tuple(_) => Some(Kind::List),
        Expr::Map(_) => Some(Kind::Map),
        Expr::Var(_) | Expr::Slice(_) | Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Call(_) => None,
    }
}

fn operated(operator: BinOpKind, left: Option<Kind>, right: Option<Kind>) -> Option<Kind> {
    use BinOpKind::{
        Add, Concat, Div, Eq, FloorDiv, Gt, Gte, In, Lt, Lte, Mul, Ne, Pow, Rem, ScAnd, ScOr, Sub,
    };
    let same = left.filter(|_| left == right);
    match operator {
        Eq | Ne | Lt | Lte | Gt | Gte | In => Some(Kind::Bool),
        Concat => Some(Kind::Text),
        Div | Pow | Sub | FloorDiv | Rem => Some(Kind::Number),
        // Texts and lists are added and repeated too, and only to and by what fits them.
        Add => match left.or(right) {
            Some(known) if known.is_number() => Some(same.unwrap_or(Kind::Number)),
            known => known.filter(|known| matches!(known, Kind::Text | Kind::List)),
        },
        Mul => match (left, right) {
            (Some(Kind::Text), _) | (_, Some(Kind::Text)) => Some(Kind::Text),
            (Some(Kind::List), _) | (_, Some(Kind::List)) => Some(Kind::List),
            (Some(one), Some(other)) if one.is_number() && other.is_number() => {
                Some(same.unwrap_or(Kind::Number))
            }
            _ => None,
        },
        ScAnd | ScOr => same,
    }
}

/// What a filter gives, whatever it is given.
fn filtered(name: &str) -> Option<Kind> {
    Some(match name {
        "length" | "count" | "int" => Kind::Whole,
        "float" | "round" => Kind::Number,
        "bool" => Kind::Bool,
        "lower" | "upper" | "title" | "capitalize" | "replace" | "trim" | "join" | "string"
        | "format" | "indent" | "tojson" => Kind::Text,
        "list" | "sort" | "unique" | "map" | "select" | "reject" | "selectattr" | "rejectattr"
        | "split" | "lines" | "batch" | "slice" | "dictsort" | "items" => Kind::List,
        _ => return None,
    })
}

/// The first filter or test that there is not.
fn unknown(expression: &Expr<'_>, environment: &Environment<'_>) -> Option<String> {
    let state = environment.empty_state();
    let mut pending = vec![expression];
    while let Some(expression) = pending.pop() {
        match expression {
            Expr::Filter(filter) if !tests::is_filter(&state, filter.name) => {
                return Some(none_such("filter", filter.name, &FILTERS));
            }
            Expr::Test(test) if !tests::is_test(&state, test.name) => {
                return Some(none_such("test", test.name, &TESTS));
            }
            other => pending.extend(children(other)),
        }
    }
    None
}

/// The expressions that one consists of.
pub(super) fn children<'e>(expression: &'e Expr<'e>) -> Vec<&'e Expr<'e>> {
    let mut found: Vec<&Expr<'_>> = Vec::new();
    let mut arguments: &[CallArg<'_>] = &[];
    match expression {
        Expr::Filter(filter) => {
            found.extend(&filter.expr);
            arguments = &filter.args;
        }
        Expr::Test(test) => {
            found.push(&test.expr);
            arguments = &test.args;
        }
        Expr::Call(call) => {
            found.push(&call.expr);
            arguments = &call.args;
        }
        Expr::UnaryOp(unary) => found.push(&unary.expr),
        Expr::BinOp(binary) => found.extend([&binary.left, &binary.right]),
        Expr::Compare(compare) => {
            found.push(&compare.expr);
            found.extend(compare.ops.iter().map(|operand| &operand.expr));
        }
        Expr::IfExpr(choice) => {
            found.extend([&choice.test_expr, &choice.true_expr]);
            found.extend(&choice.false_expr);
        }
        Expr::Slice(slice) => {
            found.push(&slice.expr);
            let bounds = [&slice.start, &slice.stop, &slice.step];
            found.extend(bounds.into_iter().flatten());
        }
        Expr::GetAttr(field) => found.push(&field.expr),
        Expr::GetItem(item) => found.extend([&item.expr, &item.subscript_expr]),
        Expr::List(list) => found.extend(&list.items),
        Expr::Tuple(tuple) => found.extend(&tuple.items),
        Expr::Map(map) => found.extend(map.keys.iter().chain(&map.values)),
        Expr::Var(_) | Expr::Const(_) => {}
    }
    found.extend(arguments.iter().map(|argument| match argument {
        CallArg::Pos(value)
        | CallArg::Kwarg(_, value)
        | CallArg::PosSplat(value)
        | CallArg::KwargSplat(value) => value,
    }));
    found
}

fn none_such(what: &str, name: &str, known: &[&'static str]) -> String {
    let nearest = suggestion(name, known.iter().copied());
    format!("names a {what} `{name}`, which there is not: {nearest}")
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn names_that_are_offered_are_there() {
        let environment = Environment::new();
        let state = environment.empty_state();
        for name in FILTERS {
            assert!(tests::is_filter(&state, name), "{name}");
        }
        for name in TESTS {
            assert!(tests::is_test(&state, name), "{name}");
        }
    }
}
