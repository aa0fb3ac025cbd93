//! Grows a text from a grammar, one choice after the other.

use std::collections::{BTreeMap, BTreeSet};

use daedal_core::Seed;
use daedal_core::engine::{EngineError, TaskContext};
use daedal_core::process::suggestion;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value};

use super::modifiers;
use super::read::{FUEL, Grammar, Node, Rule};
use super::syntax::{Action, Part, Segment, Tag};

/// Symbols inside symbols.
const DEPTH_MAX: usize = 100;
/// Symbols expanded in all.
const EXPANSIONS_MAX: usize = 100_000;
/// Length of all text together, in bytes.
const LENGTH_MAX: usize = 1 << 20;

/// Expands one origin.
pub(super) struct Expander<'g> {
    grammar: &'g Grammar,
    data: &'g Map<String, Value>,
    context: &'g TaskContext<'g>,
    random: ChaCha8Rng,
    /// What actions remember: the latest last, each one or several to pick from.
    memory: BTreeMap<&'g str, Vec<Vec<Value>>>,
    /// Rules that a `$unique` symbol has used.
    used: BTreeMap<&'g str, BTreeSet<usize>>,
    trail: Vec<&'g str>,
    expansions: usize,
    length: usize,
}

type Expanded<T> = Result<T, EngineError>;

impl<'g> Expander<'g> {
    pub(super) fn new(
        grammar: &'g Grammar,
        data: &'g Map<String, Value>,
        seed: Seed,
        context: &'g TaskContext<'g>,
    ) -> Self {
        Self {
            grammar,
            data,
            context,
            random: ChaCha8Rng::from_seed(seed.0.0),
            memory: BTreeMap::new(),
            used: BTreeMap::new(),
            trail: Vec::new(),
            expansions: 0,
            length: 0,
        }
    }

    /// Expands the symbol `name`.
    pub(super) fn symbol(&mut self, name: &str) -> Expanded<Value> {
        let Some((name, rules)) = self.grammar.symbols.get_key_value(name) else {
            let known = self.grammar.symbols.keys().map(String::as_str);
            return Err(EngineError::invalid(format!(
                "there is no symbol `{name}`; {}",
                suggestion(name, known)
            )));
        };
        self.context.check_stop()?;
        self.expansions += 1;
        if self.expansions > EXPANSIONS_MAX {
            return Err(EngineError::limit(format!(
                "the grammar expands more than {EXPANSIONS_MAX} symbols; {}",
                self.whereabouts()
            )));
        }
        if self.trail.len() >= DEPTH_MAX {
            return Err(EngineError::limit(format!(
                "symbols stand more than {DEPTH_MAX} deep in one another; {}: \
                 give one of them a rule that ends",
                self.whereabouts()
            )));
        }
        self.trail.push(name);
        let rule = self.pick(name, rules)?;
        let value = self.node(&rule.body)?;
        self.trail.pop();
        Ok(value)
    }

    fn whereabouts(&self) -> String {
        let last: Vec<&str> = self.trail.iter().rev().take(6).rev().copied().collect();
        format!("it was at {}", last.join(" → "))
    }

    /// One of the rules that apply, by weight.
    fn pick(&mut self, name: &'g str, rules: &'g [Rule]) -> Expanded<&'g Rule> {
        let mut open = Vec::with_capacity(rules.len());
        for (index, rule) in rules.iter().enumerate() {
            if rule.weight > 0.0 && self.applies(rule)? {
                open.push(index);
            }
        }
        if open.is_empty() {
            return Err(EngineError::invalid(format!(
                "none of the {} rules of `{name}` applies; add one without `when`",
                rules.len()
            )));
        }
        let unique = self.grammar.unique.contains(name);
        if unique {
            let used = self.used.entry(name).or_default();
            if open.iter().all(|index| used.contains(index)) {
                used.clear();
            }
            open.retain(|index| !used.contains(index));
        }
        let total: f64 = open.iter().map(|index| rules[*index].weight).sum();
        let mut left = self.unit() * total;
        let mut chosen = open[open.len() - 1];
        for index in open {
            left -= rules[index].weight;
            if left < 0.0 {
                chosen = index;
                break;
            }
        }
        if unique {
            self.used.entry(name).or_default().insert(chosen);
        }
        Ok(&rules[chosen])
    }

    fn applies(&self, rule: &Rule) -> Expanded<bool> {
        let Some(when) = &rule.when else {
            return Ok(true);
        };
        let mut scope = self.data.clone();
        for (name, stack) in &self.memory {
            if let Some([value, ..]) = stack.last().map(Vec::as_slice) {
                scope.insert((*name).to_owned(), value.clone());
            }
        }
        when.compiled
            .eval(minijinja::value::Serde(&scope))
            .map(|value| value.is_true())
            .map_err(|error| {
                let told = match error.kind() {
                    minijinja::ErrorKind::OutOfFuel => {
                        format!("takes more than {FUEL} steps: ask for less")
                    }
                    _ => error.to_string(),
                };
                EngineError::invalid(format!("`when: {}`: {told}", when.source))
            })
    }

    /// A number in 0..1 with 53 random bits.
    fn unit(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    fn node(&mut self, node: &'g Node) -> Expanded<Value> {
        Ok(match node {
            Node::Text(parts) => self.parts(parts)?,
            Node::List(items) => {
                let items: Expanded<Vec<Value>> =
                    items.iter().map(|item| self.node(item)).collect();
                Value::Array(items?)
            }
            Node::Record(fields) => {
                let mut record = Map::new();
                for (name, node) in fields {
                    record.insert(name.clone(), self.node(node)?);
                }
                Value::Object(record)
            }
            Node::Literal(value) => value.clone(),
        })
    }

    /// A text; a lone tag keeps the type of what it stands for.
    fn parts(&mut self, parts: &'g [Part]) -> Expanded<Value> {
        if let [Part::Tag(tag)] = parts {
            return self.tag(tag);
        }
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Tag(tag) => text.push_str(&as_text(&self.tag(tag)?)),
                Part::Action(action) => self.act(action)?,
            }
            if text.len() > LENGTH_MAX {
                return Err(self.too_long());
            }
        }
        self.length += text.len();
        if self.length > LENGTH_MAX {
            return Err(self.too_long());
        }
        Ok(Value::String(text))
    }

    fn too_long(&self) -> EngineError {
        EngineError::limit(format!(
            "the text grows beyond {LENGTH_MAX} bytes; {}",
            self.whereabouts()
        ))
    }

    fn act(&mut self, action: &'g Action) -> Expanded<()> {
        if action.rules.is_empty() {
            self.memory.entry(&action.name).or_default().pop();
            return Ok(());
        }
        let mut values = Vec::with_capacity(action.rules.len());
        for rule in &action.rules {
            values.push(self.parts(rule)?);
        }
        self.memory.entry(&action.name).or_default().push(values);
        Ok(())
    }

    fn tag(&mut self, tag: &'g Tag) -> Expanded<Value> {
        for action in &tag.actions {
            self.act(action)?;
        }
        let value = self.named(&tag.name)?;
        let value = self.segments(value, &tag.segments)?;
        for action in tag
            .actions
            .iter()
            .rev()
            .filter(|action| !action.rules.is_empty())
        {
            self.memory.entry(&action.name).or_default().pop();
        }
        Ok(value)
    }

    /// What a name stands for: memory, then data, then rules, then a range of numbers.
    fn named(&mut self, name: &str) -> Expanded<Value> {
        if name.is_empty() {
            return Ok(Value::String(String::new()));
        }
        let remembered = self
            .memory
            .get(name)
            .and_then(|stack| stack.last())
            .cloned();
        if let Some(values) = remembered {
            let index = self.below(values.len());
            return Ok(values.into_iter().nth(index).unwrap_or_default());
        }
        if let Some(value) = self.data.get(name) {
            return Ok(self.one_of(value.clone()));
        }
        match range(name) {
            Some((low, high)) if !self.grammar.symbols.contains_key(name) => {
                let span = high.abs_diff(low) as f64 + 1.0;
                Ok(Value::from(low + (self.unit() * span) as i64))
            }
            _ => self.symbol(name),
        }
    }

    fn one_of(&mut self, value: Value) -> Value {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let index = self.below(items.len());
                items.into_iter().nth(index).unwrap_or_default()
            }
            other => other,
        }
    }

    /// Fields of a record first, modifiers of its text after them.
    fn segments(&mut self, mut value: Value, segments: &[Segment]) -> Expanded<Value> {
        for segment in segments {
            let field = value.get(&segment.name).cloned();
            value = match field {
                Some(field) => self.one_of(field),
                None => modifiers::apply(&segment.name, &as_text(&value), &segment.arguments)
                    .map(Value::String)
                    .map_err(EngineError::invalid)?,
            };
        }
        Ok(value)
    }
}

/// What a value is in the middle of a text. Of a record: its text (see [`main_text`]).
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => main_text(fields),
        other => other.to_string(),
    }
}

/// The field `text`, or else `body`, or else every field that is a text, line by line.
pub(super) fn main_text(fields: &Map<String, Value>) -> String {
    match fields.get("text").or_else(|| fields.get("body")) {
        Some(value) => as_text(value),
        None => {
            let texts: Vec<&str> = fields.values().filter_map(Value::as_str).collect();
            texts.join("\n")
        }
    }
}

/// `1-12`: a whole number of that range.
pub(super) fn range(name: &str) -> Option<(i64, i64)> {
    let (low, high) = name.split_once('-')?;
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .parse::<i64>()
            .ok()
            .filter(|n| plain && *n <= 1 << 53)
    };
    let range = (number(low)?, number(high)?);
    (range.0 <= range.1).then_some(range)
}
