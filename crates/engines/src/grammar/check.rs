//! What can be known of a grammar before it is used: names that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use daedal_core::process::suggestion;

use super::expand::range;
use super::modifiers;
use super::read::{Grammar, Node};
use super::syntax::{Action, Part, Tag};

/// What is known of the step's data.
pub(super) enum Data {
    /// Names of its fields, and whether each may have fields of its own.
    Known(BTreeMap<String, bool>),
    /// It is an expression as a whole.
    Unknown,
}

/// Everything wrong with the names in `grammar`. `source` is its text, to find lines in.
pub(super) fn problems(
    grammar: &Grammar,
    origin: Option<&str>,
    data: &Data,
    source: &str,
) -> Vec<String> {
    let mut names = Names {
        symbols: grammar.symbols.keys().map(String::as_str).collect(),
        remembered: BTreeSet::new(),
        fields: BTreeSet::new(),
        data,
        source,
        found: Vec::new(),
    };
    for rule in grammar.symbols.values().flatten() {
        names.learn(&rule.body);
    }
    if let Some(origin) = origin.filter(|origin| !names.symbols.contains(origin)) {
        names.found.push(format!(
            "there is no `{origin}` to begin with; {}",
            suggestion(origin, names.symbols.iter().copied())
        ));
    }
    for rule in grammar.symbols.values().flatten() {
        names.check(&rule.body);
        for name in rule.when.iter().flat_map(|when| {
            let mut names: Vec<_> = when
                .compiled
                .undeclared_variables(false)
                .into_iter()
                .collect();
            names.sort();
            names
        }) {
            names.check_condition(&name);
        }
    }
    names.found
}

struct Names<'g> {
    symbols: BTreeSet<&'g str>,
    remembered: BTreeSet<&'g str>,
    fields: BTreeSet<&'g str>,
    data: &'g Data,
    source: &'g str,
    found: Vec<String>,
}

impl<'g> Names<'g> {
    fn learn(&mut self, node: &'g Node) {
        match node {
            Node::Text(parts) => self.learn_parts(parts),
            Node::List(items) => items.iter().for_each(|item| self.learn(item)),
            Node::Record(fields) => {
                for (name, node) in fields {
                    self.fields.insert(name);
                    self.learn(node);
                }
            }
            Node::Literal(_) => {}
        }
    }

    fn learn_parts(&mut self, parts: &'g [Part]) {
        for action in parts.iter().flat_map(actions) {
            self.remembered.insert(&action.name);
            action.rules.iter().for_each(|rule| self.learn_parts(rule));
        }
    }

    fn check(&mut self, node: &'g Node) {
        match node {
            Node::Text(parts) => self.check_parts(parts),
            Node::List(items) => items.iter().for_each(|item| self.check(item)),
            Node::Record(fields) => fields.iter().for_each(|(_, node)| self.check(node)),
            Node::Literal(_) => {}
        }
    }

    fn check_parts(&mut self, parts: &'g [Part]) {
        for part in parts {
            for action in actions(part) {
                action.rules.iter().for_each(|rule| self.check_parts(rule));
            }
            if let Part::Tag(tag) = part {
                self.check_tag(tag);
            }
        }
    }

    fn check_tag(&mut self, tag: &'g Tag) {
        if tag.name.is_empty() {
            return;
        }
        if !self.is_known(&tag.name) {
            let known: Vec<&str> = self.known();
            let told = format!(
                "{}there is no symbol `{}`; {}",
                self.line(&tag.name),
                tag.name,
                suggestion(&tag.name, known)
            );
            self.tell(told);
        }
        if self.may_have_any_field(&tag.name) {
            return;
        }
        for segment in &tag.segments {
            let name = segment.name.as_str();
            let known = modifiers::names();
            if !known.contains(&name) && !self.fields.contains(name) {
                let told = format!(
                    "{}there is no modifier or field `{name}`; {}",
                    self.line(&tag.name),
                    suggestion(name, known)
                );
                self.tell(told);
            }
        }
    }

    fn check_condition(&mut self, name: &str) {
        if !self.is_known(name) {
            let known: Vec<&str> = self.known();
            let told = format!(
                "a `when` asks for `{name}`, which neither the data nor an action gives; {}",
                suggestion(name, known)
            );
            self.tell(told);
        }
    }

    fn tell(&mut self, told: String) {
        if !self.found.contains(&told) {
            self.found.push(told);
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.symbols.contains(name)
            || self.remembered.contains(name)
            || range(name).is_some()
            || match self.data {
                Data::Known(names) => names.contains_key(name),
                Data::Unknown => true,
            }
    }

    fn may_have_any_field(&self, name: &str) -> bool {
        match self.data {
            Data::Known(names) => names.get(name).copied().unwrap_or_default(),
            Data::Unknown => !self.symbols.contains(name),
        }
    }

    fn known(&self) -> Vec<&'g str> {
        let mut known: Vec<&str> = self.symbols.union(&self.remembered).copied().collect();
        if let Data::Known(names) = self.data {
            known.extend(names.keys().map(String::as_str));
        }
        known
    }

    /// `line 12: `, where the source first names the symbol in a tag.
    fn line(&self, name: &str) -> String {
        let tags = [
            format!("#{name}#"),
            format!("#{name}."),
            format!("]{name}#"),
            format!("]{name}."),
        ];
        self.source
            .lines()
            .position(|line| tags.iter().any(|tag| line.contains(tag.as_str())))
            .map_or_else(String::new, |line| format!("line {}: ", line + 1))
    }
}

/// The actions of a part, at its first level.
fn actions(part: &Part) -> &[Action] {
    match part {
        Part::Text(_) => &[],
        Part::Tag(tag) => &tag.actions,
        Part::Action(action) => std::slice::from_ref(action),
    }
}
