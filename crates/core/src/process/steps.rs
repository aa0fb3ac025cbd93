//! The steps of a process file.

use serde_json::Value;

use super::model::*;
use super::read::{Fields, Reader};
use super::source::{Key, Kind, Node};

/// Steps of a process, loops' inner steps included.
pub const STEPS_MAX: usize = 20_000;
/// Candidates or items of one fan-out.
pub const FAN_OUT_MAX: u64 = 1_000;

const ROLES: &[(&str, Role)] = &[
    ("conceive", Role::Conceive),
    ("generate", Role::Generate),
    ("critique", Role::Critique),
    ("curate", Role::Curate),
    ("refine", Role::Refine),
    ("compose", Role::Compose),
    ("distribute", Role::Distribute),
];
const ON_FAILURE: &[(&str, OnFailure)] = &[("stop", OnFailure::Stop), ("skip", OnFailure::Skip)];
const ON_INTERRUPT: &[(&str, OnInterrupt)] =
    &[("ask", OnInterrupt::Ask), ("repeat", OnInterrupt::Repeat)];
const REUSE: &[(&str, Reuse)] = &[("studio", Reuse::Studio), ("run", Reuse::Run)];

const STEP: &[&str] = &[
    "role",
    "uses",
    "with",
    "count",
    "foreach",
    "when",
    "repeat",
    "retry",
    "timeout",
    "reuse",
    "on_failure",
    "on_interrupt",
];
/// What expressions inside a loop begin with, besides its steps.
const TAKEN_IN_LOOPS: &[&str] = &[
    "inputs",
    "parameters",
    "steps",
    "run",
    "item",
    "index",
    "previous",
    "round",
    "rounds",
];

pub(super) fn steps(reader: &mut Reader, node: &Node, in_loop: bool) -> Vec<Step> {
    let entries = reader.map(node, "`steps`").unwrap_or_default();
    if entries.is_empty() && matches!(node.kind, Kind::Map(_)) {
        reader.wrong(node.span, "`steps` is empty", "add one step at least");
    }
    if entries.len() > STEPS_MAX {
        reader.wrong(
            node.span,
            format!(
                "{} steps are more than the limit of {STEPS_MAX}",
                entries.len()
            ),
            "divide the work into several processes",
        );
        return Vec::new();
    }
    let taken = if in_loop { TAKEN_IN_LOOPS } else { &[] };
    let mut steps = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        reader.name(key, "a step", taken);
        // A step with mistakes is kept, so that what refers to it is not wrong for that alone.
        steps.push(step(reader, key, value, in_loop));
    }
    steps
}

fn step(reader: &mut Reader, key: &Key, node: &Node, in_loop: bool) -> Step {
    let what = format!("step `{}`", key.name);
    let Some(fields) = reader.fields(node, &what, STEP) else {
        return Step {
            name: key.name.clone(),
            role: None,
            when: None,
            on_failure: OnFailure::default(),
            action: Action::Perform(Perform::unreadable()),
        };
    };
    let action = match (fields.get("uses"), fields.get("repeat")) {
        (Some(_), None) => Some(Action::Perform(perform(reader, &fields))),
        (None, Some(inner)) => repeat(reader, &what, &fields, inner, in_loop).map(Action::Repeat),
        (Some(_), Some(_)) => {
            reader.wrong(
                key.span,
                format!("{what} has both `uses` and `repeat`"),
                "keep one: a step is performed by an engine, or repeats inner steps",
            );
            None
        }
        (None, None) => {
            reader.wrong(
                key.span,
                format!("{what} does not say what performs it"),
                "add `uses:` with the name of an engine, or `repeat:` with inner steps",
            );
            None
        }
    };
    Step {
        name: key.name.clone(),
        role: fields
            .get("role")
            .and_then(|node| reader.word(node, "`role`", ROLES)),
        when: fields
            .get("when")
            .and_then(|node| reader.expression(node, "`when`")),
        on_failure: fields
            .get("on_failure")
            .and_then(|node| reader.word(node, "`on_failure`", ON_FAILURE))
            .unwrap_or_default(),
        action: action.unwrap_or_else(|| Action::Perform(perform(reader, &fields))),
    }
}

fn perform(reader: &mut Reader, fields: &Fields<'_>) -> Perform {
    let fan_out = match (fields.get("count"), fields.get("foreach")) {
        (None, None) => FanOut::One,
        (Some(node), None) => FanOut::Count(count(reader, node).unwrap_or(Value::from(1))),
        // Of what can't be read, a list of anything.
        (None, Some(node)) => FanOut::Foreach(
            reader
                .expression(node, "`foreach`")
                .unwrap_or_else(|| "[]".to_owned()),
        ),
        (Some(node), Some(_)) => {
            reader.wrong(
                node.span,
                "a step has either `count` or `foreach`",
                "for several candidates of each item, use two steps",
            );
            FanOut::One
        }
    };
    let uses = fields
        .get("uses")
        .and_then(|node| reader.filled(node, "`uses`"));
    let with = match fields.get("with") {
        Some(node) if node.kind != Kind::Null => reader.object(node, "`with`"),
        _ => Some(serde_json::Map::new()),
    };
    Perform {
        // Without a readable `with:`, what it lacks is not worth telling.
        uses: uses.filter(|_| with.is_some()).unwrap_or_default(),
        with: with.unwrap_or_default(),
        fan_out,
        retry: fields
            .get("retry")
            .and_then(|node| retry(reader, node))
            .unwrap_or_default(),
        timeout_ms: fields
            .get("timeout")
            .and_then(|node| reader.duration(node, "`timeout`")),
        reuse: fields
            .get("reuse")
            .and_then(|node| reader.word(node, "`reuse`", REUSE))
            .unwrap_or_default(),
        on_interrupt: fields
            .get("on_interrupt")
            .and_then(|node| reader.word(node, "`on_interrupt`", ON_INTERRUPT))
            .unwrap_or_default(),
    }
}

fn count(reader: &mut Reader, node: &Node) -> Option<Value> {
    match &node.kind {
        Kind::Text(text) if text.contains("{{") => Some(Value::String(text.trim().to_owned())),
        _ => reader
            .integer_in(node, "`count`", 1, FAN_OUT_MAX)
            .map(Value::from),
    }
}

fn retry(reader: &mut Reader, node: &Node) -> Option<Retry> {
    let fields = reader.fields(node, "`retry`", &["attempts", "backoff"])?;
    let default = Retry::default();
    let attempts = fields
        .get("attempts")
        .and_then(|node| reader.integer_in(node, "`retry.attempts`", 1, 20));
    Some(Retry {
        attempts: attempts
            .and_then(|attempts| u32::try_from(attempts).ok())
            .unwrap_or(default.attempts),
        backoff_ms: fields
            .get("backoff")
            .and_then(|node| reader.duration(node, "`retry.backoff`"))
            .unwrap_or(default.backoff_ms),
    })
}

fn repeat(
    reader: &mut Reader,
    what: &str,
    outer: &Fields<'_>,
    node: &Node,
    in_loop: bool,
) -> Option<Repeat> {
    for name in [
        "with",
        "count",
        "foreach",
        "retry",
        "timeout",
        "reuse",
        "on_interrupt",
    ] {
        if let Some(key) = outer.key(name) {
            reader.wrong(
                key.span,
                format!("{what} repeats inner steps, so it has no `{name}`"),
                "put it into the inner steps",
            );
        }
    }
    if in_loop {
        reader.wrong(
            node.span,
            format!("{what} is a loop inside a loop"),
            "loops don't nest: put its steps into the outer loop",
        );
        return None;
    }
    let fields = reader.fields(node, "`repeat`", &["until", "best_by", "at_most", "steps"])?;
    let at_most = match fields.get("at_most") {
        Some(node) => reader.integer_in(node, "`repeat.at_most`", 1, 100),
        None => {
            reader.wrong(
                node.span,
                format!("{what} does not say when it ends at the latest"),
                "add `at_most:` with 1 to 100 rounds",
            );
            None
        }
    };
    let inner = match fields.get("steps") {
        Some(node) => steps(reader, node, true),
        None => {
            reader.wrong(
                node.span,
                format!("{what} repeats nothing"),
                "add `steps:` to it",
            );
            Vec::new()
        }
    };
    Some(Repeat {
        until: fields
            .get("until")
            .and_then(|node| reader.expression(node, "`repeat.until`")),
        best_by: fields
            .get("best_by")
            .and_then(|node| reader.expression(node, "`repeat.best_by`")),
        at_most: u32::try_from(at_most.unwrap_or(1)).unwrap_or(1),
        steps: inner,
    })
}
