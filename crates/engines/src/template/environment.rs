//! The MiniJinja that templates see: strict, bounded, and without a way to any file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value as Jinja};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{english, measure};

/// Instructions that one rendering may take.
const FUEL: u64 = 20_000_000;
/// Calls and includes inside one another.
const RECURSION_MAX: usize = 100;
const CSV: AutoEscape = AutoEscape::Custom(Cow::Borrowed("csv"));

/// What a template gives; it decides how values are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Text,
    Markdown,
    Json,
    Svg,
    Html,
    Csv,
}

impl Format {
    /// The format that a file name's extension stands for; `page.md.jinja` is Markdown.
    pub(crate) fn of_path(path: &str) -> Self {
        let path = path.strip_suffix(".jinja").unwrap_or(path);
        let path = path.strip_suffix(".j2").unwrap_or(path);
        match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "md" | "markdown" => Self::Markdown,
            "json" => Self::Json,
            "svg" => Self::Svg,
            "html" | "htm" => Self::Html,
            "csv" => Self::Csv,
            _ => Self::Text,
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Json => "application/json",
            Self::Svg => "image/svg+xml",
            Self::Html => "text/html",
            Self::Csv => "text/csv",
        }
    }

    fn escape(self) -> AutoEscape {
        match self {
            Self::Text | Self::Markdown => AutoEscape::None,
            Self::Json => AutoEscape::Json,
            Self::Svg | Self::Html => AutoEscape::Html,
            Self::Csv => CSV,
        }
    }
}

/// A template with what it may include.
pub(crate) struct Source {
    /// What a person calls it.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) format: Format,
    /// Texts by the name that `{% include %}` uses.
    pub(crate) includes: BTreeMap<String, String>,
}

/// Fills in a template, or says what is wrong and on which line.
pub(crate) fn render(
    source: &Source,
    data: &Map<String, Value>,
    length_max: u64,
) -> Result<String, String> {
    let environment = environment(source)?;
    let template = environment
        .get_template(&source.name)
        .map_err(|error| message(&error))?;
    let mut out = Bounded {
        bytes: Vec::new(),
        length_max,
        full: false,
    };
    let context = Jinja::from(minijinja::value::Serde(data));
    match template.render_captured_to(context, &mut out) {
        Ok(_) => {}
        Err(_) if out.full => {
            return Err(format!(
                "`{}` gives more than the {length_max} bytes that an asset may have",
                source.name
            ));
        }
        Err(error) => return Err(message(&error)),
    }
    String::from_utf8(out.bytes).map_err(|error| format!("`{}`: {error}", source.name))
}

/// What keeps a template from being read at all.
pub(crate) fn problem(source: &Source) -> Option<String> {
    environment(source).err()
}

fn environment(source: &Source) -> Result<Environment<'static>, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // Names what was missing, in release builds too.
    environment.set_debug(true);
    environment.set_recursion_limit(RECURSION_MAX);
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| message(&error))?;
    environment.set_syntax(syntax);
    let format = source.format;
    environment.set_auto_escape_callback(move |_| format.escape());
    environment.set_formatter(format_value);
    add_filters(&mut environment);
    let named = source.includes.iter().chain([(&source.name, &source.text)]);
    for (name, text) in named {
        environment
            .add_template_owned(name.clone(), text.clone())
            .map_err(|error| message(&error))?;
    }
    Ok(environment)
}

fn format_value(out: &mut Output, state: &mut State, value: &Jinja) -> Result<(), Error> {
    if *state.auto_escape() != CSV || value.is_safe() {
        return minijinja::escape_formatter(out, state, value);
    }
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = if value.is_none() {
        String::new()
    } else {
        value.to_string()
    };
    // RFC 4180: quoted where it has to be.
    let written = if text.contains(['"', ',', '\n', '\r']) {
        out.write_str(&format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        out.write_str(&text)
    };
    written.map_err(Error::from)
}

fn message(error: &Error) -> String {
    let place = match (error.name(), error.line()) {
        (Some(name), Some(line)) => format!("{name}:{line}: "),
        (Some(name), None) => format!("{name}: "),
        _ => String::new(),
    };
    let told = match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, detail) => format!(
            "{}: add it to `data:`, or use `| default(…)`",
            detail.unwrap_or("a name has no value")
        ),
        (ErrorKind::OutOfFuel, _) => {
            "it runs too long, or makes too much: a loop, a list or a text is too large".to_owned()
        }
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    format!("{place}{told}")
}

/// Stops a rendering that gives too much.
struct Bounded {
    bytes: Vec<u8>,
    length_max: u64,
    full: bool,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.length_max {
            self.full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn add_filters(environment: &mut Environment<'static>) {
    environment.add_filter("a", |text: String| english::with_article(&text));
    environment.add_filter("plural", |text: String| english::plural(&text));
    environment.add_filter("possessive", |text: String| english::possessive(&text));
    environment.add_filter("titlecase", |text: String| english::title_case(&text));
    environment.add_filter("smartquotes", |text: String| english::smart_quotes(&text));
    environment.add_filter("ordinal", |number: i64| english::ordinal(number));
    environment.add_filter("words", |number: i64| english::in_words(number));
    environment.add_filter("roman", |number: i64| {
        english::roman(number)
            .ok_or_else(|| invalid(format!("roman takes 1 to 3,999, not {number}")))
    });
    environment.add_filter("thousands", |number: Jinja, separator: Option<String>| {
        english::grouped(&number.to_string(), separator.as_deref().unwrap_or(","))
    });
    environment.add_filter("fixed", |number: f64, digits: Option<usize>| {
        format!("{number:.*}", digits.unwrap_or(2).min(15))
    });
    environment.add_filter("pad", pad);
    environment.add_filter("wrap", wrap);
    environment.add_filter("textwidth", text_width);
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `{{ edition | pad(3) }}` gives `007`; `side="right"` fills after the text.
fn pad(text: Jinja, width: usize, options: Kwargs) -> Result<String, Error> {
    let fill: Option<String> = options.get("fill")?;
    let side: Option<String> = options.get("side")?;
    options.assert_all_used()?;
    let text = text.to_string();
    let missing = width.min(1_000).saturating_sub(text.chars().count());
    let padding: String = fill
        .as_deref()
        .unwrap_or("0")
        .chars()
        .cycle()
        .take(missing)
        .collect();
    Ok(match side.as_deref() {
        Some("right") => text + &padding,
        _ => padding + &text,
    })
}

/// Lines of `text` that are at most `width` wide: `{% for line in text | wrap(480, size=18) %}`.
fn wrap(text: String, width: f64, options: Kwargs) -> Result<Vec<String>, Error> {
    let face = face(&options)?;
    Ok(measure::wrap(&face, &text, width as f32))
}

/// How wide one line of `text` is.
fn text_width(text: String, options: Kwargs) -> Result<f64, Error> {
    Ok(f64::from(face(&options)?.width(&text)))
}

fn face(options: &Kwargs) -> Result<measure::Face, Error> {
    let family: Option<String> = options.get("family")?;
    let size: Option<f64> = options.get("size")?;
    let weight: Option<u16> = options.get("weight")?;
    let italic: Option<bool> = options.get("italic")?;
    let spacing: Option<f64> = options.get("spacing")?;
    options.assert_all_used()?;
    measure::Face::find(
        family.as_deref().unwrap_or("serif"),
        weight.unwrap_or(400),
        italic.unwrap_or_default(),
        size.unwrap_or(16.0) as f32,
        spacing.unwrap_or_default() as f32,
    )
    .map_err(invalid)
}
