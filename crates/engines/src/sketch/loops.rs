//! Where a script is that never comes to its end.
//!
//! The interpreter notes places only at calls and expressions. Of a loop that has neither, such as
//! `while (true);`, it tells the last place before, which may be lines above or the first of the file.

use std::ops::Range;

use super::tokens::{Kind, Token, closer_of, opener_of, tokens};

/// The place that is told of a function that doesn't end: the loop that runs in it, or the last place that was
/// noted in it. `at` is what the interpreter says; of a function in which it noted nothing, that is somewhere near
/// its beginning, but the line is right.
pub(crate) fn running_in(source: &str, name: &str, at: usize) -> Option<usize> {
    if name == "<eval>" {
        return running(source, at).or(Some(at));
    }
    let tokens = tokens(source);
    let name = ["get ", "set "]
        .iter()
        .find_map(|kind| name.strip_prefix(kind))
        .unwrap_or(name);
    let mut called = functions(&tokens);
    let inner = called
        .iter()
        .filter(|function| function.body.contains(&at))
        .min_by_key(|function| function.body.len());
    if inner.is_some_and(|function| function.is_called(name)) {
        return running(source, at).or(Some(at));
    }
    called.retain(|function| function.is_called(name) && !function.loops.is_empty());
    let line = |at: usize| source[..at].matches('\n').count();
    if called
        .iter()
        .any(|function| line(function.start) == line(at))
    {
        called.retain(|function| line(function.start) == line(at));
    }
    match &called[..] {
        [function] => Some(function.loop_or_start()),
        several => {
            let mut endless = several.iter().filter_map(Function::endless);
            endless.next().filter(|_| endless.next().is_none())
        }
    }
}

/// The only loop of the text whose head says that it has no end.
pub(crate) fn endless(source: &str) -> Option<usize> {
    let tokens = tokens(source);
    let mut all = (0..tokens.len()).filter(|at| is_loop(&tokens, *at) && is_endless(&tokens, *at));
    let first = all.next()?;
    all.next().is_none().then(|| tokens[first].start)
}

/// A function, as it is written.
struct Function<'a> {
    /// None if it has none of its own.
    name: Option<&'a str>,
    start: usize,
    body: Range<usize>,
    /// Those of its loops that lie in no other loop or function, and whether they look endless.
    loops: Vec<(usize, bool)>,
}

impl Function<'_> {
    fn is_called(&self, name: &str) -> bool {
        self.name.unwrap_or("<anonymous>") == name
    }

    fn endless(&self) -> Option<usize> {
        let found = self.loops.iter().find(|(_, is_endless)| *is_endless);
        found.map(|(at, _)| *at)
    }

    fn loop_or_start(&self) -> usize {
        match &self.loops[..] {
            [(only, _)] => *only,
            _ => self.endless().unwrap_or(self.start),
        }
    }
}

fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let bodies = (0..tokens.len()).filter(|at| is_function(tokens, *at));
    bodies
        .filter_map(|open| {
            let close = closer_of(tokens, open)?;
            let (name, start) = head(tokens, open)?;
            Some(Function {
                name,
                start,
                body: tokens[open].start..tokens[close].end(),
                loops: own_loops(tokens, open, close),
            })
        })
        .collect()
}

fn own_loops(tokens: &[Token<'_>], open: usize, close: usize) -> Vec<(usize, bool)> {
    let mut loops = Vec::new();
    let mut i = open + 1;
    while i < close {
        if is_function(tokens, i) {
            i = closer_of(tokens, i).unwrap_or(close);
        } else if is_loop(tokens, i) {
            let begun = i;
            loops.push((tokens[i].start, is_endless(tokens, i)));
            let end = end_of_loop(tokens, i);
            while i + 1 < close && tokens[i + 1].start < end {
                i += 1;
            }
            // The condition of `do` stands behind its block, and looks like a loop.
            let is_block = tokens[i].is("}") && tokens[begun].is("do");
            i += usize::from(is_block && tokens[i + 1].is("while"));
        }
        i += 1;
    }
    loops
}

/// The name and the beginning of the function whose body opens at `open`.
fn head<'a>(tokens: &[Token<'a>], open: usize) -> Option<(Option<&'a str>, usize)> {
    let closer = match tokens[open - 1].is("=>") {
        true => open.checked_sub(2)?,
        false => open - 1,
    };
    let list = match tokens[closer].is(")") {
        true => opener_of(tokens, closer)?,
        false => closer,
    };
    let mut first = list;
    if !tokens[open - 1].is("=>") {
        let word = list.checked_sub(1)?;
        first = word;
        if !tokens[word].is("function") && !tokens[word].is("*") {
            return Some((Some(tokens[word].text), tokens[word].start));
        }
    }
    while let Some(before) = first.checked_sub(1)
        && ["async", "function", "*"]
            .iter()
            .any(|word| tokens[before].is(word))
    {
        first = before;
    }
    let name = first.checked_sub(2).filter(|at| {
        let is_given = tokens[first - 1].is("=") || tokens[first - 1].is(":");
        let is_member = at
            .checked_sub(1)
            .is_some_and(|before| tokens[before].is(".") || tokens[before].is("?."));
        is_given && !is_member && tokens[*at].kind == Kind::Word
    });
    Some((name.map(|at| tokens[at].text), tokens[first].start))
}

/// Whether the head of the loop at `at` says that it has no end.
fn is_endless(tokens: &[Token<'_>], at: usize) -> bool {
    let texts = |from: usize| -> Vec<&str> {
        let until = closer_of(tokens, from).unwrap_or(from);
        tokens[from..=until]
            .iter()
            .map(|token| token.text)
            .collect()
    };
    let condition = match tokens[at].text {
        "do" => {
            let block = at + 1;
            let is_block = tokens.get(block).is_some_and(|token| token.is("{"));
            match closer_of(tokens, block).filter(|_| is_block) {
                Some(end) => end + 2,
                None => return false,
            }
        }
        _ => at + 1,
    };
    if !tokens.get(condition).is_some_and(|token| token.is("(")) {
        return false;
    }
    let head = texts(condition);
    let has_no_condition = head.windows(2).any(|pair| pair == [";", ";"]);
    matches!(head[..], ["(", "true" | "1", ")"]) || tokens[at].is("for") && has_no_condition
}

/// The loop that runs when `at`, an offset in bytes, is the last place that the interpreter noted: that
/// place itself if it is inside of a loop, else the next loop of the same function.
pub(crate) fn running(source: &str, at: usize) -> Option<usize> {
    let tokens = tokens(source);
    let (mut next, mut until) = (None, usize::MAX);
    let mut i = 0;
    while let Some(token) = tokens.get(i).filter(|token| token.start < until) {
        if is_function(&tokens, i)
            && let Some(end) = closer_of(&tokens, i)
        {
            match (token.start..tokens[end].end()).contains(&at) {
                // What stands before the function is none of its own.
                true => (next, until) = (None, tokens[end].start),
                false => i = end,
            }
        } else if is_loop(&tokens, i) {
            let end = end_of_loop(&tokens, i);
            if (token.start..end).contains(&at) {
                return Some(at);
            }
            if token.start >= at {
                next = next.or(Some(token.start));
            }
        }
        i += 1;
    }
    next
}

fn is_loop(tokens: &[Token<'_>], at: usize) -> bool {
    let is_name = at
        .checked_sub(1)
        .is_some_and(|before| tokens[before].is(".") || tokens[before].is("?."));
    let token = &tokens[at];
    token.kind == Kind::Word && matches!(token.text, "for" | "while" | "do") && !is_name
}

/// Whether the bracket at `at` opens the body of a function or method.
fn is_function(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |at: usize| at.checked_sub(1).map(|before| (before, &tokens[before]));
    let Some((closer, token)) = before(at).filter(|_| tokens[at].is("{")) else {
        return false;
    };
    if token.is("=>") {
        return true;
    }
    // A generator without a name.
    let is_generator = |at: usize| {
        let before = at.checked_sub(1);
        tokens[at].is("*") && before.is_some_and(|before| tokens[before].is("function"))
    };
    let head = (token.is(")")).then(|| opener_of(tokens, closer)).flatten();
    head.and_then(before).is_some_and(|(at, word)| {
        let words = ["if", "for", "while", "with", "switch", "catch", "await"];
        word.kind == Kind::Word && !words.contains(&word.text) || is_generator(at)
    })
}

/// Where the loop that begins at `at` ends, in bytes: with its block, or with its statement.
fn end_of_loop(tokens: &[Token<'_>], at: usize) -> usize {
    let mut i = at + 1;
    while let Some(token) = tokens.get(i) {
        if token.is("(") || token.is("[") {
            i = closer_of(tokens, i).unwrap_or(tokens.len());
        } else if token.is("{") {
            let end = closer_of(tokens, i).and_then(|end| tokens.get(end));
            return end.map_or(usize::MAX, Token::end);
        } else if token.is(";") || token.is("}") {
            return token.end();
        }
        i += 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_is_found_that_follows_or_holds_a_place() {
        let found = |source: &str| {
            let at = source.find('@').unwrap();
            let source = source.replace('@', "");
            running(&source, at).map(|at| source[at..].chars().take(12).collect::<String>())
        };
        let told = [
            "@let a = 1;\nwhile (a);",
            "@f();\nfunction f() { for (;;) {} }\nwhile (true) a++;",
            "let g = () => { while (a); };\nfunction f(x) { @x(); do ; while (x) }",
            "for (let i = 0; i < 3; i++) g(i);\n@g(2);\nfor (;;) { if (x) y = 1; }",
            "for (;;) { @n++; while (m); }",
            "@a.for(3);\nwhile (b);",
            "while (a) b();\n@c();",
            "while (a) { for (;;) {} ",
        ];
        let found: Vec<_> = told
            .iter()
            .map(|source| match source.contains('@') {
                true => found(source).unwrap_or_default(),
                false => found(&format!("@{source}")).unwrap_or_default(),
            })
            .collect();
        let expected = [
            "while (a);",
            "while (true)",
            "do ; while (",
            "for (;;) { i",
            "n++; while (",
            "while (b);",
            "",
            "while (a) { ",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_loop_is_found_of_a_function_that_noted_nothing() {
        let told = [
            (
                "tick",
                "@const tick = () => {\n  for (;;) {\n  }\n};\ntick();",
            ),
            (
                "go",
                "class A {\n  @go() {\n    let i = 0;\n    while (i < 1) {\n }\n  }\n}",
            ),
            ("draw", "@function draw(){\n for(;;){}\n}\nfor (;;) draw();"),
            ("get a", "@const o = { get a() {\n for (;;) {} } };"),
            ("g", "@const g = async function*() { do {} while (b); };"),
            (
                "<anonymous>",
                "@f(() => { while (1); });\nf(() => { for (;;); });",
            ),
            (
                "<anonymous>",
                "@let a;\nf(() => { while (b); });\nf(() => { for (; ; b++); });",
            ),
            (
                "<anonymous>",
                "@let a;\nf(() => { while (1); });\nf(() => { for (;;); });",
            ),
            ("two", "@function two() { for (const a of b); while (c); }"),
            ("fib", "function fib(n) { return @fib(n - 1); }\nwhile (a);"),
            ("other", "@while (a);"),
        ];
        let found: Vec<String> = told
            .iter()
            .map(|(name, source)| {
                let at = source.find('@').unwrap();
                let source = source.replace('@', "");
                let found = running_in(&source, name, at);
                found.map_or(String::new(), |at| source[at..].chars().take(9).collect())
            })
            .collect();
        let expected = [
            "for (;;) ",
            "while (i ",
            "for(;;){}",
            "for (;;) ",
            "do {} whi",
            "while (1)",
            "for (; ; ",
            "",
            "two() { f",
            "fib(n - 1",
            "",
        ];
        assert_eq!(found, expected);
        assert_eq!(endless("f(async () => { for (;;) await 0; })"), Some(16));
        assert_eq!(endless("while (a); do {} while (true);"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(source in "(while|for|do|function|async|=>|[a-c(){};:=*. \n])*", at in 0..60_usize) {
            let _ = running(&source, at);
            for name in ["<eval>", "<anonymous>", "a"] {
                let _ = running_in(&source, name, at.min(source.len()));
            }
            let _ = endless(&source);
        }
    }
}
