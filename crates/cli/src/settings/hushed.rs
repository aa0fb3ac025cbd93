//! Settings for messages: what may be a secret that somebody wrote in the place of its name can't be read there.

use std::ops::Range;

/// Ends of a setting's name by which its value may be one.
const TELLING: [&str; 6] = [
    "key",
    "secret",
    "token",
    "password",
    "bearer",
    "authorization",
];
/// Shortest value that may be one, in bytes.
const LENGTH_MIN: usize = 8;
/// Signs of it that are shown.
const SHOWN: usize = 3;

/// Settings of which some values are stars, so that everything has its place still.
pub(super) struct Hushed {
    pub(super) text: String,
    /// What became stars, and how it is shown.
    values: Vec<(String, String)>,
}

impl Hushed {
    pub(super) fn of(text: &str) -> Self {
        let mut hushed = Self {
            text: String::with_capacity(text.len()),
            values: Vec::new(),
        };
        // Under [secrets] itself stand tables, or what should have been one.
        let mut is_among_secrets = false;
        for line in text.split_inclusive('\n') {
            if line.trim_start().starts_with('[') {
                is_among_secrets = line.trim().starts_with("[secrets]");
            }
            hushed.line(line, is_among_secrets);
        }
        hushed
    }

    fn line(&mut self, line: &str, is_among_secrets: bool) {
        let mut from = 0;
        for (at, _) in line
            .match_indices('=')
            .filter(|_| !line.trim_start().starts_with('#'))
        {
            let value = value_after(line, at);
            let name = line[..at].trim_end().to_ascii_lowercase();
            let is_telling = is_among_secrets || TELLING.iter().any(|end| name.ends_with(end));
            if at < from || !is_telling || value.len() < LENGTH_MIN {
                continue;
            }
            let shown = stars(&line[value.clone()]);
            self.text += &line[from..value.start];
            self.text += &shown;
            from = value.end;
            self.values.push((line[value].to_owned(), shown));
        }
        self.text += &line[from..];
    }

    /// A message about these settings.
    pub(super) fn message(&self, message: &str) -> String {
        let values = self.values.iter();
        values.fold(message.to_owned(), |message, (value, shown)| {
            message.replace(value, shown)
        })
    }
}

/// The value behind the `=` at a place, without its quotes; to the end of the line where these are missing.
fn value_after(line: &str, at: usize) -> Range<usize> {
    let rest = &line[at + 1..];
    let start = line.len() - rest.trim_start_matches([' ', '\t']).len();
    match line[start..].chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let text = &line[start + 1..];
            let length = text.find(quote).unwrap_or(text.trim_end().len());
            start + 1..start + 1 + length
        }
        Some('{' | '[') | None => start..start,
        Some(_) => {
            let text = &line[start..];
            let length = text.find([',', '}', '#']).unwrap_or(text.len());
            start..start + text[..length].trim_end().len()
        }
    }
}

fn stars(value: &str) -> String {
    let shown = value
        .char_indices()
        .nth(SHOWN)
        .map_or(value.len(), |(at, _)| at);
    format!("{}{}", &value[..shown], "*".repeat(value.len() - shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_not_shown_and_everything_keeps_its_place() {
        let text = "[secrets]\nopenai = \"sk-0123456789\"\n[llm.writer]\nmax_tokens = 123456789 # as key = x\n\
                    api_key = 'sk-0123456789'\nkey = sk-0123456789\nkey = \"sk-0123456789\nkey = \"press\"\n\
                    url = \"https://a.example/v1\"\nx = { token = \"sk-0123456789\", model = \"tide-0123456789\" }\n";
        let hushed = Hushed::of(text);
        assert_eq!(hushed.text.len(), text.len());
        insta::assert_snapshot!(hushed.text);
        let told = hushed.message("invalid type: string \"sk-0123456789\"");
        assert_eq!(told, "invalid type: string \"sk-**********\"");
    }
}
