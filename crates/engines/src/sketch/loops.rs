//! Where a script is that never comes to its end.
//!
//! The interpreter notes places only at calls and expressions. Of a loop that has neither, such as
//! `while (true);`, it tells the last place before, which may be lines above or the first of the file.

use super::tokens::{Kind, Token, closer_of, opener_of, tokens};

/// The loop that runs when `at`, an offset in bytes, is the last place that the interpreter noted: that
/// place itself if it is inside of a loop, else the next loop of the same function.
pub(crate) fn running(source: &str, at: usize) -> Option<usize> {
    let tokens = tokens(source);
    let mut next = None;
    let mut i = 0;
    while i < tokens.len() {
        let token = &tokens[i];
        if is_function(&tokens, i)
            && let Some(end) = closer_of(&tokens, i)
        {
            match (token.start..tokens[end].end()).contains(&at) {
                // What stands before the function is none of its own.
                true => next = None,
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
    let head = (token.is(")")).then(|| opener_of(tokens, closer)).flatten();
    head.and_then(before).is_some_and(|(_, word)| {
        let words = ["if", "for", "while", "with", "switch", "catch", "await"];
        word.kind == Kind::Word && !words.contains(&word.text)
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

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(source in "(while|for|do|=>|[a-c(){};. \n])*", at in 0..60_usize) {
            let _ = running(&source, at);
        }
    }
}
