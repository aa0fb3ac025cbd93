//! What the channel's entry in a process file may say about the site.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ChannelError;

/// Settings of the site. They belong to the site as a whole: the last one that was said stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Name of the gallery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    /// A sentence under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// Who publishes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    /// Where the site is served, with a slash at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// BCP 47 tag of the language of titles and texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
}

impl Settings {
    pub(super) fn schema() -> Value {
        let text = |description: &str, max_length: usize| {
            json!({
                "type": "string", "description": description,
                "minLength": 1, "maxLength": max_length,
            })
        };
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "title": text("Name of the gallery; the process's title while it shows only one.", 200),
                "description": text("A sentence under the title.", 1000),
                "author": text("Who publishes the site, for feeds and metadata.", 200),
                "url": {
                    "type": "string",
                    "description": "Where the site is served, such as https://example.org/gallery/. \
                        Gives feeds, previews and the site map absolute addresses.",
                    "pattern": "^https?://[^\\s\"'<>?#]+$",
                },
                "language": {
                    "type": "string",
                    "description": "Language of titles and texts, such as en or de-AT.",
                    "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
                },
            },
        })
    }

    /// Reads settings, telling what does not fit.
    pub(super) fn read(settings: &Map<String, Value>) -> Result<Self, ChannelError> {
        let mut read: Self = serde_json::from_value(Value::Object(settings.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        let texts = [
            ("title", &read.title, 200),
            ("description", &read.description, 1000),
            ("author", &read.author, 200),
        ];
        for (name, text, length_max) in texts {
            let length = text.as_deref().map_or(1, |text| text.chars().count());
            if !(1..=length_max).contains(&length) {
                return Err(wrong(format!(
                    "`{name}` has {length} characters: expected 1 to {length_max}"
                )));
            }
        }
        if let Some(url) = &mut read.url {
            if !is_url(url) {
                return Err(wrong(format!(
                    "`url` is `{url}`: expected the address of a directory, \
                     such as https://example.org/gallery/"
                )));
            }
            if !url.ends_with('/') {
                url.push('/');
            }
        }
        if let Some(tag) = read.language.as_deref().filter(|tag| !is_language(tag)) {
            return Err(wrong(format!(
                "`language` is `{tag}`: expected a tag such as en or de-AT"
            )));
        }
        Ok(read)
    }

    /// These settings where they say something, `earlier` where they do not.
    pub(super) fn or(self, earlier: Self) -> Self {
        Self {
            title: self.title.or(earlier.title),
            description: self.description.or(earlier.description),
            author: self.author.or(earlier.author),
            url: self.url.or(earlier.url),
            language: self.language.or(earlier.language),
        }
    }

    /// The path of `url` on its host, with slashes at both ends.
    pub(super) fn base_path(&self) -> Option<&str> {
        let (_, rest) = self.url.as_deref()?.split_once("://")?;
        rest.find('/').map(|slash| &rest[slash..])
    }

    pub(super) fn language(&self) -> &str {
        self.language.as_deref().unwrap_or("en")
    }
}

fn wrong(message: String) -> ChannelError {
    ChannelError::Settings {
        channel: super::NAME,
        message,
    }
}

fn is_url(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || "\"'<>?#\\".contains(letter)
        })
}

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: Value) -> Result<Settings, String> {
        let Value::Object(settings) = settings else {
            panic!("settings are an object");
        };
        Settings::read(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn mistakes_are_told() {
        let told: Vec<_> = [
            json!({"titel": "x"}),
            json!({"title": ""}),
            json!({"url": "javascript:alert(1)"}),
            json!({"url": "https://example.org/?q=\"><script>"}),
            json!({"language": "english please"}),
        ]
        .into_iter()
        .map(|settings| read(settings).unwrap_err())
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_url_ends_with_a_slash_and_has_a_path() {
        let settings = read(json!({"url": "https://example.org/gallery"})).unwrap();
        assert_eq!(
            settings.url.as_deref(),
            Some("https://example.org/gallery/")
        );
        assert_eq!(settings.base_path(), Some("/gallery/"));
        let settings = read(json!({"url": "https://example.org"})).unwrap();
        assert_eq!(settings.base_path(), Some("/"));
    }
}
