//! Rewrites `a ** b` so that it gives the same bits everywhere.
//!
//! The operator compiles to an instruction that calls the platform's `pow`, whatever `Math.pow` is.
//! `a ** b` becomes `__pow(a, b)`; no line is added or moved.

use super::tokens::{Kind, Token, closer_of, ends_operand, is_operator_word, opener_of, tokens};

/// A text put in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Offset in bytes in the source.
    pub(crate) at: usize,
    /// How many bytes of the source are left out.
    pub(crate) cut: usize,
    pub(crate) put: &'static str,
}

/// Why a power can't be rewritten, and where (offset in bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) at: usize,
    pub(crate) message: &'static str,
}

/// The edits that turn every power of `source` into a call, in order.
pub(crate) fn edits(source: &str) -> Result<Vec<Edit>, Refusal> {
    if !source.contains("**") {
        return Ok(Vec::new());
    }
    let tokens = tokens(source);
    let mut edits = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Mark {
            continue;
        }
        let refuse = |message| Refusal {
            at: token.start,
            message,
        };
        if token.text == "**=" {
            return Err(refuse(
                "`x **= y` gives other bits on other machines: write `x = x ** y`",
            ));
        }
        if token.text != "**" {
            continue;
        }
        const PLAIN: &str = "this operand of `**` is too intricate to make it the same on every machine: put it into a variable, or write `Math.pow(x, y)`";
        let first = left(&tokens, i).ok_or_else(|| refuse(PLAIN))?;
        if is_prefixed(&tokens, first) {
            return Err(refuse(
                "the left side of `**` has a sign or another prefix: write `(-x) ** y` or `-(x ** y)`",
            ));
        }
        let last = right(&tokens, i + 1).ok_or_else(|| refuse(PLAIN))?;
        let edit = |at, cut, put| Edit { at, cut, put };
        edits.push(edit(tokens[first].start, 0, "__pow("));
        edits.push(edit(token.start, 2, ","));
        edits.push(edit(tokens[last].end(), 0, ")"));
    }
    // Where one call ends inside another's operand, both ends are at the same place: any order.
    edits.sort_by_key(|edit| edit.at);
    Ok(edits)
}

/// `source` with `edits` made.
pub(crate) fn apply(source: &str, edits: &[Edit]) -> String {
    let mut text = String::with_capacity(source.len() + edits.len() * 6);
    let mut at = 0;
    for edit in edits {
        text.push_str(&source[at..edit.at]);
        text.push_str(edit.put);
        at = edit.at + edit.cut;
    }
    text.push_str(&source[at..]);
    text
}

/// Where the operand that ends before `operator` begins.
fn left(tokens: &[Token<'_>], operator: usize) -> Option<usize> {
    let mut at = operator.checked_sub(1)?;
    if tokens[at].is("++") || tokens[at].is("--") {
        at = at.checked_sub(1)?;
    }
    loop {
        let token = &tokens[at];
        let start = match (token.kind, token.text) {
            (Kind::Mark, ")" | "]") => opener_of(tokens, at)?,
            (Kind::Mark | Kind::Template, _) => return None,
            (Kind::Word, word) if is_operator_word(word) => return None,
            _ => at,
        };
        let Some(before) = start.checked_sub(1) else {
            return Some(start);
        };
        let previous = &tokens[before];
        let joins = previous.is(".") || previous.is("?.");
        if joins {
            at = before.checked_sub(1)?;
        } else if token.kind == Kind::Mark && ends_operand(tokens, before) {
            // The brackets of a call or an index.
            at = before;
        } else if previous.is("new") || (steps(previous) && !ends_at(tokens, before)) {
            return Some(before);
        } else {
            return Some(start);
        }
    }
}

fn steps(token: &Token<'_>) -> bool {
    token.is("++") || token.is("--")
}

/// Whether an operand ends before the token at `at`.
fn ends_at(tokens: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| ends_operand(tokens, before))
}

/// Whether the operand at `first` has a sign or another prefix, which the language forbids.
fn is_prefixed(tokens: &[Token<'_>], first: usize) -> bool {
    let Some(before) = first.checked_sub(1) else {
        return false;
    };
    let previous = &tokens[before];
    match previous.text {
        "-" | "+" => previous.kind == Kind::Mark && !ends_at(tokens, before),
        "!" | "~" | "typeof" | "void" | "delete" | "await" => previous.is(previous.text),
        _ => false,
    }
}

/// Where the operand that begins at `at` ends: with all powers that follow it.
fn right(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let token = tokens.get(at)?;
        let prefix = match token.kind {
            Kind::Mark => matches!(token.text, "+" | "-" | "!" | "~" | "++" | "--"),
            Kind::Word => matches!(token.text, "typeof" | "void" | "delete" | "await" | "new"),
            _ => false,
        };
        if !prefix {
            break;
        }
        at += 1;
    }
    let token = tokens.get(at)?;
    let mut last = match (token.kind, token.text) {
        (Kind::Mark, "(" | "[") => closer_of(tokens, at)?,
        (Kind::Mark | Kind::Template, _) => return None,
        (Kind::Word, "function" | "class" | "async" | "yield") => return None,
        _ => at,
    };
    loop {
        let Some(next) = tokens.get(last + 1) else {
            return Some(last);
        };
        last = match (next.kind, next.text) {
            (Kind::Mark, "." | "?.") => match tokens.get(last + 2)?.text {
                "(" | "[" => closer_of(tokens, last + 2)?,
                _ => last + 2,
            },
            (Kind::Mark, "(" | "[") => closer_of(tokens, last + 1)?,
            (Kind::Template, _) => return None,
            (Kind::Mark, "++" | "--") if !next.after_line => last + 1,
            (Kind::Mark, "**") => return right(tokens, last + 2),
            _ => return Some(last),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(source: &str) -> String {
        match edits(source) {
            Ok(edits) => apply(source, &edits),
            Err(refusal) => format!("{}: {}", refusal.at, refusal.message),
        }
    }

    #[test]
    fn powers_become_calls() {
        let sources = [
            "a ** b",
            "let y = 1 - x ** 2 / 3;",
            "a ** b ** c",
            "(a ** b) ** c",
            "f(x)[0].y ** -g(z).w",
            "t++ ** 2 + ++t ** 2",
            "new Point(1).x ** 2",
            "Math.sqrt((x - a) ** 2 + (y - b) ** 2)",
            "p?.x ** p?.[1]",
            "if (a) b ** 2",
            "while (i) (b) ** 2",
            "return x ** 0.5\n- y",
            "x ** 2\n++y",
            "`r${a ** b}px` + '2 ** 3' // 4 ** 5",
            "/a**/.test(s) ? 1 : s / 2 ** 3",
            "[1, 2].map((v) => v ** 2)",
            "this.#r ** this.q",
            "1e-3 ** 0x1f",
            "a[i ** 2] ** a[j]",
        ];
        let pairs: Vec<String> = sources
            .iter()
            .map(|source| format!("{source}\n    {}", rewritten(source)))
            .collect();
        insta::assert_snapshot!(pairs.join("\n"));
    }

    #[test]
    fn what_cannot_be_rewritten_is_refused() {
        let sources = [
            "x **= 2",
            "-x ** 2",
            "a + -x ** 2",
            "`a` ** 2",
            "2 ** f`a`",
            "{} ** 2",
            "** 2",
        ];
        let pairs: Vec<String> = sources
            .iter()
            .map(|source| format!("{source}\n    {}", rewritten(source)))
            .collect();
        insta::assert_snapshot!(pairs.join("\n"));
    }

    proptest::proptest! {
        #[test]
        fn rewriting_never_panics(source in "[a-c0-9 .,;(){}\\[\\]`$/*'\"\\\\+\n-]{0,40}") {
            let _ = rewritten(&source);
            let _ = rewritten(&format!("{source}**{source}"));
        }
    }
}
