//! What can be done to the text of a tag: `#animal.a.capitalize#`.

use crate::english;

type Modifier = fn(&str, &[String]) -> Result<String, String>;

/// Every modifier by name, in alphabetical order. The names of Tracery's own are kept.
const MODIFIERS: &[(&str, Modifier)] = &[
    ("a", |text, _| Ok(english::with_article(text))),
    ("an", |text, _| Ok(english::with_article(text))),
    ("capitalize", |text, _| Ok(english::capitalize(text))),
    ("capitalizeAll", |text, _| Ok(english::capitalize_all(text))),
    ("comma", |text, _| Ok(with_comma(text))),
    ("ed", |text, _| Ok(english::past(text))),
    ("inQuotes", |text, _| Ok(format!("“{text}”"))),
    ("lower", |text, _| Ok(text.to_lowercase())),
    ("ordinal", |text, _| {
        Ok(english::ordinal(whole("ordinal", text)?))
    }),
    ("possessive", |text, _| Ok(english::possessive(text))),
    ("replace", replace),
    ("roman", |text, _| {
        english::roman(whole("roman", text)?)
            .ok_or_else(|| format!("`.roman` takes 1 to 3,999, not `{text}`"))
    }),
    ("s", |text, _| Ok(english::plural(text))),
    ("title", |text, _| Ok(english::title_case(text))),
    ("trim", |text, _| Ok(text.trim().to_owned())),
    ("upper", |text, _| Ok(text.to_uppercase())),
    ("words", |text, _| {
        Ok(english::in_words(whole("words", text)?))
    }),
];

/// The names of all modifiers.
pub(super) fn names() -> Vec<&'static str> {
    MODIFIERS.iter().map(|(name, _)| *name).collect()
}

/// Applies the modifier `name`, which must be known.
pub(super) fn apply(name: &str, text: &str, arguments: &[String]) -> Result<String, String> {
    let (_, modifier) = MODIFIERS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| {
            format!(
                "there is no modifier or field `{name}`; {}",
                daedal_core::process::suggestion(name, names())
            )
        })?;
    modifier(text, arguments)
}

fn whole(modifier: &str, text: &str) -> Result<i64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`.{modifier}` takes a whole number, not `{text}`"))
}

fn with_comma(text: &str) -> String {
    if text.ends_with([',', '.', '?', '!', ';', ':', '…']) {
        text.to_owned()
    } else {
        format!("{text},")
    }
}

fn replace(text: &str, arguments: &[String]) -> Result<String, String> {
    match arguments {
        [from, to] if !from.is_empty() => Ok(text.replace(from.as_str(), to)),
        _ => Err("`.replace` takes what to replace and by what: `.replace(a,b)`".to_owned()),
    }
}
