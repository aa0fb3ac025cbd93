//! Whose values an expression takes, told as closely as its text allows: of `steps.word[index].text`, the item with the
//! task's own number.

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, UnaryOpKind};
use minijinja::value::{Value as Jinja, ValueKind};

use super::outline::children;
use super::{Frame, Path, Segment};

/// The name of the round before, which is nothing in the first.
const PREVIOUS: &str = "previous";

/// A value that an expression takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Taken {
    pub(crate) path: Path,
    /// Whether `[index]` follows.
    pub(crate) by_index: bool,
}

impl Taken {
    /// All of what a path names.
    pub(crate) fn whole(path: Path) -> Self {
        Self {
            path,
            by_index: false,
        }
    }

    /// The path of what the task with this number takes.
    pub(crate) fn by(&self, index: u32) -> Path {
        let mut path = self.path.clone();
        if self.by_index {
            path.segments.push(Segment::Item(index.into()));
        }
        path
    }

    /// The same, seen from outside of a process that is a step.
    pub(super) fn outside(&self, frame: &Frame) -> Self {
        Self {
            path: frame.outside(&self.path),
            by_index: self.by_index,
        }
    }
}

/// What an expression takes, each once. Whether there was a round before is no value of that round.
pub(super) fn taken(expression: &Expr<'_>) -> Vec<Taken> {
    let mut found = Vec::new();
    // Expressions, and whether only their truth matters.
    let mut pending = vec![(expression, false)];
    while let Some((expression, is_asked)) = pending.pop() {
        match expression {
            Expr::Var(variable) if is_asked && variable.id == PREVIOUS => {}
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => {
                found.extend(value(expression, &mut pending));
            }
            Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Not) => {
                pending.push((&unary.expr, true));
            }
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::ScAnd) => {
                pending.extend([(&binary.left, true), (&binary.right, is_asked)]);
            }
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::ScOr) => {
                pending.extend([(&binary.left, is_asked), (&binary.right, is_asked)]);
            }
            Expr::IfExpr(choice) => {
                pending.push((&choice.test_expr, true));
                pending.push((&choice.true_expr, is_asked));
                pending.extend(choice.false_expr.iter().map(|other| (other, is_asked)));
            }
            Expr::Test(test) if matches!(test.name, "none" | "defined" | "undefined") => {
                pending.push((&test.expr, true));
            }
            // The name of a method is no field.
            Expr::Call(call) => {
                let called = match &call.expr {
                    Expr::GetAttr(method) => &method.expr,
                    called => called,
                };
                let beside = children(expression).into_iter();
                let beside = beside.filter(|child| !std::ptr::eq(*child, &raw const call.expr));
                pending.extend(beside.map(|child| (child, false)));
                pending.push((called, false));
            }
            other => pending.extend(children(other).into_iter().map(|child| (child, false))),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether an expression is nothing but names, constants, and lists and objects of such: its value consists of theirs.
pub(super) fn is_as_it_is(expression: &Expr<'_>) -> bool {
    let mut pending = vec![expression];
    while let Some(expression) = pending.pop() {
        let is_plain = match expression {
            Expr::Var(_) | Expr::Const(_) | Expr::List(_) | Expr::Tuple(_) | Expr::GetAttr(_) => {
                true
            }
            Expr::GetItem(item) if step(&item.subscript_expr).is_some() => {
                pending.push(&item.expr);
                continue;
            }
            Expr::Map(map) => map.keys.iter().all(|key| matches!(key, Expr::Const(_))),
            Expr::Filter(filter) => matches!(
                (filter.name, &filter.args[..]),
                ("list" | "first" | "last" | "reverse", [])
                    | ("map", [CallArg::Kwarg("attribute", Expr::Const(_))])
            ),
            _ => false,
        };
        if !is_plain {
            return false;
        }
        pending.extend(children(expression));
    }
    true
}

/// The value that a name and what follows it stand for, as far as its text tells; what else is part of it is left pending.
fn value<'e>(expression: &'e Expr<'e>, pending: &mut Vec<(&'e Expr<'e>, bool)>) -> Option<Taken> {
    // What follows the name, the last first.
    let mut steps: Vec<Option<Step>> = Vec::new();
    let mut at = expression;
    let root = loop {
        match at {
            Expr::Var(variable) => break variable.id,
            Expr::GetAttr(field) => {
                steps.push(Some(Step::Known(Segment::Field(field.name.to_owned()))));
                at = &field.expr;
            }
            Expr::GetItem(item) => {
                let step = step(&item.subscript_expr);
                if step.is_none() {
                    pending.push((&item.subscript_expr, false));
                }
                steps.push(step);
                at = &item.expr;
            }
            // Of what a filter or a call gave.
            other => {
                pending.push((other, false));
                return None;
            }
        }
    };
    let mut path = Path {
        root: root.to_owned(),
        segments: Vec::new(),
    };
    for step in steps.into_iter().rev() {
        match step {
            Some(Step::Known(segment)) => path.segments.push(segment),
            Some(Step::Index) => {
                return Some(Taken {
                    path,
                    by_index: true,
                });
            }
            None => break,
        }
    }
    Some(Taken::whole(path))
}

enum Step {
    Known(Segment),
    Index,
}

fn step(subscript: &Expr<'_>) -> Option<Step> {
    let known = |value: &Jinja, sign: i64| match value.kind() {
        ValueKind::String => Some(Segment::Field(value.as_str()?.to_owned())),
        _ => Some(Segment::Item(sign * value.as_i64()?)),
    };
    match subscript {
        Expr::Var(variable) if variable.id == "index" => Some(Step::Index),
        Expr::Const(constant) => known(&constant.value, 1).map(Step::Known),
        Expr::UnaryOp(unary) => match (&unary.op, &unary.expr) {
            (UnaryOpKind::Neg, Expr::Const(constant)) if constant.value.is_integer() => {
                known(&constant.value, -1).map(Step::Known)
            }
            _ => None,
        },
        _ => None,
    }
}
