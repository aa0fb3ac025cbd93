//! The tokens of a script, as far as one needs them to find operators and their operands.
//!
//! Source: ECMA-262, chapter 12. Whether a slash begins a regular expression is told from the token
//! before it.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, keyword or private name.
    Word,
    Number,
    String,
    /// A template literal without its substitutions' tokens: from backtick to backtick.
    Template,
    Regex,
    /// An operator or bracket.
    Mark,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Offset in bytes.
    pub(crate) start: usize,
    /// Whether a line ends between the token before and this one.
    pub(crate) after_line: bool,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && matches!(self.kind, Kind::Mark | Kind::Word)
    }
}

/// Longest first.
const MARKS: [&str; 33] = [
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=",
    "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
    "<<", ">>", "**",
];

/// The tokens of `source`. The tokens of a template's substitutions follow the template itself, in
/// brackets `${` and `}`. Text that is none of the language ends the list: the interpreter will say
/// what is wrong with it.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner {
        source,
        at: 0,
        after_line: false,
        tokens: Vec::new(),
        depth: 0,
    };
    while scanner.next().is_some() {}
    let mut tokens = scanner.tokens;
    tokens.sort_by_key(|token| token.start);
    tokens
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    after_line: bool,
    tokens: Vec<Token<'a>>,
    /// How many brackets are open.
    depth: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn next(&mut self) -> Option<()> {
        self.skip_blanks();
        let rest = self.rest();
        let first = rest.chars().next()?;
        if is_word_start(first) || first == '#' {
            let from = first.len_utf8();
            let length = rest[from..]
                .find(|c| !is_word_part(c))
                .map_or(rest.len(), |at| from + at);
            return self.push(Kind::Word, length);
        }
        let second = rest[first.len_utf8()..].chars().next().unwrap_or(' ');
        if first.is_ascii_digit() || (first == '.' && second.is_ascii_digit()) {
            return self.push(Kind::Number, number_length(rest));
        }
        match first {
            '"' | '\'' => {
                let length = quoted_length(rest, first)?;
                self.push(Kind::String, length)
            }
            '`' => self.template(),
            '/' if !self.ends_operand() => {
                let length = regex_length(rest)?;
                self.push(Kind::Regex, length)
            }
            _ => self.mark(first),
        }
    }

    fn mark(&mut self, first: char) -> Option<()> {
        let known = MARKS.iter().find(|mark| self.rest().starts_with(**mark));
        // `?.5` is a question and a number.
        let optional_number = self.rest().starts_with("?.")
            && self.rest()[2..].starts_with(|c: char| c.is_ascii_digit());
        let length = match known {
            Some(mark) if !optional_number => mark.len(),
            _ => first.len_utf8(),
        };
        match first {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.push(Kind::Mark, length)
    }

    fn push(&mut self, kind: Kind, length: usize) -> Option<()> {
        self.tokens.push(Token {
            kind,
            text: self.rest().get(..length)?,
            start: self.at,
            after_line: std::mem::take(&mut self.after_line),
        });
        self.at += length;
        Some(())
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let skipped = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                rest.len() - rest.trim_start().len()
            };
            if skipped == 0 {
                return;
            }
            self.after_line |= rest[..skipped].contains('\n');
            self.at += skipped;
        }
    }

    /// A template literal: one token for all of it, and those of its substitutions.
    fn template(&mut self) -> Option<()> {
        let start = self.at;
        let after_line = std::mem::take(&mut self.after_line);
        self.at += 1;
        loop {
            let rest = self.rest();
            if rest.starts_with('`') {
                self.at += 1;
                break;
            }
            if rest.starts_with("${") {
                self.substitution()?;
                continue;
            }
            let mut characters = rest.chars();
            let first = characters.next()?;
            self.at += first.len_utf8();
            if first == '\\' {
                self.at += characters.next()?.len_utf8();
            }
        }
        self.tokens.push(Token {
            kind: Kind::Template,
            text: &self.source[start..self.at],
            start,
            after_line,
        });
        Some(())
    }

    fn substitution(&mut self) -> Option<()> {
        let depth = self.depth;
        self.depth += 1;
        self.push(Kind::Mark, 2)?;
        while self.depth > depth {
            self.next()?;
        }
        Some(())
    }

    /// Whether the token before position `at` ends an operand, so that a slash divides.
    fn ends_operand(&self) -> bool {
        let last = self.tokens.len().checked_sub(1);
        last.is_some_and(|last| ends_operand(&self.tokens, last))
    }
}

/// Whether the token at `at` is the last one of an operand. After a block or an object, which no
/// script divides in earnest, it says no.
pub(crate) fn ends_operand(tokens: &[Token<'_>], at: usize) -> bool {
    let token = &tokens[at];
    match token.kind {
        Kind::Word => !is_operator_word(token.text),
        Kind::Number | Kind::String | Kind::Template | Kind::Regex => true,
        Kind::Mark => match token.text {
            "]" | "++" | "--" => true,
            ")" => !closes_condition(tokens, at),
            _ => false,
        },
    }
}

/// Whether the `)` at `closer` ends the condition of `if`, `for`, `while` or `with`.
fn closes_condition(tokens: &[Token<'_>], closer: usize) -> bool {
    let Some(opener) = opener_of(tokens, closer) else {
        return false;
    };
    let word = |back: usize| opener.checked_sub(back).map(|i| tokens[i]);
    let is_keyword = |token: Token<'_>| {
        matches!(token.text, "if" | "for" | "while" | "with" | "await") && token.kind == Kind::Word
    };
    word(1).is_some_and(is_keyword) && !word(2).is_some_and(|token| token.is("."))
}

/// The bracket that the one at `closer` closes.
pub(crate) fn opener_of(tokens: &[Token<'_>], closer: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for i in (0..=closer).rev() {
        if tokens[i].kind != Kind::Mark {
            continue;
        }
        match tokens[i].text {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" | "${" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// The bracket that closes the one at `opener`.
pub(crate) fn closer_of(tokens: &[Token<'_>], opener: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(opener) {
        if token.kind != Kind::Mark {
            continue;
        }
        match token.text {
            "(" | "[" | "{" | "${" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// Words after which an operand follows.
pub(crate) fn is_operator_word(word: &str) -> bool {
    matches!(
        word,
        "return"
            | "typeof"
            | "void"
            | "delete"
            | "await"
            | "yield"
            | "in"
            | "of"
            | "instanceof"
            | "new"
            | "case"
            | "do"
            | "else"
            | "throw"
            | "default"
            | "extends"
            | "if"
            | "for"
            | "while"
            | "with"
            | "switch"
    )
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$' || c == '\\'
}

fn is_word_part(c: char) -> bool {
    is_word_start(c) || c.is_alphanumeric() || matches!(c, '\u{200c}' | '\u{200d}')
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let radix = bytes.first() == Some(&b'0')
        && bytes
            .get(1)
            .is_some_and(|b| matches!(b, b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let exponent_sign =
            !radix && matches!(byte, b'+' | b'-') && matches!(bytes[length - 1], b'e' | b'E');
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || exponent_sign) {
            break;
        }
        length += 1;
    }
    length
}

/// The length of a string literal, quotes included.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a regular expression, flags included.
fn regex_length(text: &str) -> Option<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => {
                let flags = text[at + 1..].find(|c: char| !is_word_part(c));
                return Some(flags.map_or(text.len(), |flags| at + 1 + flags));
            }
            _ => {}
        }
    }
    None
}
