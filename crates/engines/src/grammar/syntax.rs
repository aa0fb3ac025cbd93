//! The text of one rule: `#[hero:#name#]story.capitalize# and more`.

/// A piece of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// As it is written.
    Text(String),
    /// `#name.modifier#`, replaced by what it stands for.
    Tag(Tag),
    /// `[name:rule]`, remembered and not shown.
    Action(Action),
}

/// `#[…]name.segment.segment#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Remembered while this tag is expanded, and forgotten after it.
    pub(super) actions: Vec<Action>,
    /// The symbol; empty when the tag has only actions.
    pub(super) name: String,
    /// Fields of a record, then modifiers.
    pub(super) segments: Vec<Segment>,
}

/// `.capitalize` or `.replace(a,b)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
}

/// `[name:rule,rule]` or `[name:POP]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) name: String,
    /// What is remembered, one of them at a time; nothing forgets the latest.
    pub(super) rules: Vec<Vec<Part>>,
}

/// Parses a rule; the error says what is wrong with it.
pub(super) fn parse(rule: &str) -> Result<Vec<Part>, String> {
    let mut parser = Parser {
        letters: rule.chars().collect(),
        at: 0,
    };
    parser.parts(&[])
}

struct Parser {
    letters: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    /// Parts up to the end or to one of `ends`, which is left.
    fn parts(&mut self, ends: &[char]) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            if ends.contains(&letter) {
                break;
            }
            self.at += 1;
            let part = match letter {
                '\\' => {
                    text.extend(self.next());
                    continue;
                }
                '#' => Part::Tag(self.tag()?),
                '[' => Part::Action(self.action()?),
                other => {
                    text.push(other);
                    continue;
                }
            };
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(part);
        }
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(parts)
    }

    /// After the first `#`.
    fn tag(&mut self) -> Result<Tag, String> {
        let start = self.at;
        let mut actions = Vec::new();
        while self.peek() == Some('[') {
            self.at += 1;
            actions.push(self.action()?);
        }
        let name = self.word();
        let mut segments = Vec::new();
        loop {
            match self.next() {
                Some('#') if !name.is_empty() || !actions.is_empty() => break,
                Some('.') => {
                    let name = self.word();
                    let arguments = self.arguments()?;
                    segments.push(Segment { name, arguments });
                }
                found => return Err(self.unclosed(start, found)),
            }
        }
        Ok(Tag {
            actions,
            name,
            segments,
        })
    }

    fn unclosed(&self, start: usize, found: Option<char>) -> String {
        let shown: String = self.letters[start..].iter().take(24).collect();
        match found {
            None => format!("`#{shown}` has no closing `#`; write `\\#` for the sign itself"),
            Some('#') => "`##` names no symbol; write `\\#` for the sign itself".to_owned(),
            Some(other) => format!(
                "`#{shown}` has a `{other}` where a name, `.modifier` or the closing `#` was expected"
            ),
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
        {
            self.at += 1;
        }
        self.letters[start..self.at].iter().collect()
    }

    fn arguments(&mut self) -> Result<Vec<String>, String> {
        if self.peek() != Some('(') {
            return Ok(Vec::new());
        }
        self.at += 1;
        let mut arguments = vec![String::new()];
        loop {
            match self.next() {
                Some(')') => return Ok(arguments),
                Some(',') => arguments.push(String::new()),
                Some('\\') => {
                    let escaped = self.next();
                    arguments
                        .last_mut()
                        .into_iter()
                        .for_each(|a| a.extend(escaped));
                }
                Some(other) => arguments.last_mut().into_iter().for_each(|a| a.push(other)),
                None => return Err("a modifier's `(` has no `)`".to_owned()),
            }
        }
    }

    /// After the `[`.
    fn action(&mut self) -> Result<Action, String> {
        let name = self.word();
        if name.is_empty() || self.next() != Some(':') {
            return Err(format!(
                "`[{name}` is no action: expected `[name:rule]` or `[name:POP]`; \
                 write `\\[` for the bracket itself"
            ));
        }
        let mut rules = Vec::new();
        loop {
            rules.push(self.parts(&[',', ']'])?);
            match self.next() {
                Some(',') => {}
                Some(_) => break,
                None => return Err(format!("`[{name}:` has no closing `]`")),
            }
        }
        if rules == [vec![Part::Text("POP".to_owned())]] {
            rules.clear();
        }
        Ok(Action { name, rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_actions_and_escapes_are_told_apart() {
        let parts = parse(r"\#1 [hero:#name#,Bo]#[pet:#animal#]tale.s.replace(a\,b,c)#[hero:POP]");
        insta::assert_snapshot!(format!("{:?}", parts.unwrap()), @r##"[Text("#1 "), Action(Action { name: "hero", rules: [[Tag(Tag { actions: [], name: "name", segments: [] })], [Text("Bo")]] }), Tag(Tag { actions: [Action { name: "pet", rules: [[Tag(Tag { actions: [], name: "animal", segments: [] })]] }], name: "tale", segments: [Segment { name: "s", arguments: [] }, Segment { name: "replace", arguments: ["a,b", "c"] }] }), Action(Action { name: "hero", rules: [] })]"##);
    }

    #[test]
    fn mistakes_are_told() {
        let told: Vec<String> = [
            "#name",
            "a ## b",
            "#two words#",
            "[hero]",
            "[hero:x",
            "#a.b(c#",
        ]
        .into_iter()
        .map(|rule| parse(rule).unwrap_err())
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        `#name` has no closing `#`; write `\#` for the sign itself
        `##` names no symbol; write `\#` for the sign itself
        `#two words#` has a ` ` where a name, `.modifier` or the closing `#` was expected
        `[hero` is no action: expected `[name:rule]` or `[name:POP]`; write `\[` for the bracket itself
        `[hero:` has no closing `]`
        a modifier's `(` has no `)`
        "#);
    }
}
