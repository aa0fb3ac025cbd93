//! The models of a studio, judged: who is asked under which name, and at what price.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daedal_core::process::suggestion;
use daedal_core::process::units::parse_usd;
use url::Url;

use super::prices::{Price, shipped};
use super::settings::{Kind, ModelSettings, PriceSettings, Structured};
use crate::SettingsError;
use crate::gate::{Gate, Gates};
use crate::net::{base, is_near};
use crate::patience::timeout;
use crate::secrets::Secrets;

/// Tokens of an answer unless a step or an entry says otherwise.
const ANSWER_TOKENS: u32 = 4_096;
/// Tokens that an answer may have at all.
pub(super) const ANSWER_TOKENS_MAX: u32 = 200_000;

/// A model that can be asked.
pub(crate) struct Model {
    /// The name of the entry.
    pub(super) alias: String,
    pub(super) kind: Kind,
    pub(super) model: String,
    pub(super) url: Url,
    pub(super) key: Option<String>,
    pub(super) price: Price,
    pub(super) answer_tokens: u32,
    pub(super) structured: Structured,
    pub(super) takes_seed: bool,
    pub(super) image_tokens: u32,
    pub(super) streams: bool,
    pub(super) fallback: Vec<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) gate: Arc<Gate>,
}

/// The models of a studio.
#[derive(Default)]
pub(crate) struct Models {
    known: BTreeMap<String, Arc<Model>>,
    /// Whether a studio has said what they are.
    pub(super) is_set: bool,
}

impl Model {
    /// What tells it from other models: whose protocol, which model, and where, unless that is its provider's own place or
    /// nearby. What it costs, and how often it is asked, is none of it.
    pub(super) fn identity(&self) -> String {
        let (kind, model) = (self.kind.name(), &self.model);
        let is_usual = is_near(&self.url) || self.url.as_str() == self.kind.url();
        match self.url.host_str().filter(|_| !is_usual) {
            Some(host) => format!("{kind}/{model} at {host}"),
            None => format!("{kind}/{model}"),
        }
    }
}

impl Models {
    /// Where nobody has said what they are.
    pub(crate) fn unset() -> Self {
        Self::default()
    }

    pub(crate) fn new(
        settings: &BTreeMap<String, ModelSettings>,
        secrets: &Secrets,
        gates: &Gates,
    ) -> Result<Self, SettingsError> {
        let mut known = BTreeMap::new();
        for (alias, entry) in settings {
            for other in &entry.fallback {
                let why = match other == alias {
                    true => Some("which is this entry: nothing stands in for itself"),
                    false => {
                        (!settings.contains_key(other)).then_some("and there is no such entry")
                    }
                };
                if let Some(why) = why {
                    return Err(SettingsError::new(
                        format!("`fallback` under [llm.{alias}] has `{other}`, {why}"),
                        "name other entries, each of which stands under [llm.NAME]",
                    ));
                }
            }
            known.insert(
                alias.clone(),
                Arc::new(model(alias, entry, secrets, gates)?),
            );
        }
        Ok(Self {
            known,
            is_set: true,
        })
    }

    /// The same for a step with or without a `seed`, which not everybody has a place for: of those that answer in
    /// another's place only who has.
    pub(super) fn chain_for(&self, alias: &str, has_seed: bool) -> Result<Vec<Arc<Model>>, String> {
        let mut chain = self.chain(alias)?;
        if !has_seed {
            return Ok(chain);
        }
        if let Some(first) = chain.first().filter(|first| !first.kind.has_seed()) {
            return Err(format!(
                "`seed` has no place in what `{alias}` is asked, which is of the kind `{}`: leave it out, or name another \
                 `model`",
                first.kind.name()
            ));
        }
        chain.retain(|model| model.kind.has_seed());
        Ok(chain)
    }

    /// The model that a step names, and those that answer in its place, in order.
    pub(super) fn chain(&self, alias: &str) -> Result<Vec<Arc<Model>>, String> {
        let first = self.known.get(alias).ok_or_else(|| self.unknown(alias))?;
        let others = first
            .fallback
            .iter()
            .filter_map(|name| self.known.get(name));
        Ok(std::iter::once(first).chain(others).cloned().collect())
    }

    /// Why there is no such model.
    fn unknown(&self, alias: &str) -> String {
        let known = match self.known.is_empty() {
            true => "it has none yet".to_owned(),
            false => suggestion(alias, self.known.keys().map(String::as_str)),
        };
        format!(
            "this studio has no model `{alias}` ({known}): add to its daedal.toml\n[llm.{alias}]\nkind = \"openai\"   \
             # or anthropic, gemini, ollama\nmodel = \"…\"\nkey = \"…\"         # the name of an entry of [secrets]"
        )
    }
}

fn model(
    alias: &str,
    entry: &ModelSettings,
    secrets: &Secrets,
    gates: &Gates,
) -> Result<Model, SettingsError> {
    let wrong = |what: String, help: &str| Err(SettingsError::new(what, help));
    if entry.model.trim().is_empty() {
        return wrong(
            format!("`model` under [llm.{alias}] is empty"),
            "write the model's name, as its provider calls it",
        );
    }
    let url = entry.url.as_deref().unwrap_or(entry.kind.url());
    let section = format!("llm.{alias}");
    let url = base(&section, url, "http://127.0.0.1:8080/v1")?;
    if let Some(key) = &entry.key {
        secrets.expect(&section, "key", key)?;
    }
    let answer_tokens = entry.max_tokens.unwrap_or(ANSWER_TOKENS);
    if !(1..=ANSWER_TOKENS_MAX).contains(&answer_tokens) {
        return wrong(
            format!("`max_tokens` under [llm.{alias}] is {answer_tokens}"),
            "write how many tokens an answer may have, 1 to 200000",
        );
    }
    if entry.seed == Some(true) && !entry.kind.has_seed() {
        return wrong(
            format!("`seed` under [llm.{alias}] is true, and the API of its `kind` takes none"),
            "leave it out",
        );
    }
    if entry.structured == Some(Structured::Json) && !entry.kind.has_json() {
        return wrong(
            format!(
                "`structured` under [llm.{alias}] is \"json\", which the API of its `kind` can't be asked for"
            ),
            "write \"schema\" (its server keeps to the form), or \"text\" (the form stands in the prompt only)",
        );
    }
    let is_own = entry.url.is_some();
    Ok(Model {
        alias: alias.to_owned(),
        kind: entry.kind,
        model: entry.model.clone(),
        price: price(alias, entry, &url)?,
        key: entry.key.clone(),
        answer_tokens,
        structured: entry.structured.unwrap_or(match entry.kind {
            Kind::Ollama => Structured::Json,
            _ => Structured::Schema,
        }),
        takes_seed: entry.seed.unwrap_or(match entry.kind {
            Kind::Ollama | Kind::Gemini => true,
            Kind::OpenAi => is_own,
            Kind::Anthropic => false,
        }),
        image_tokens: entry.image_tokens.unwrap_or(entry.kind.image_tokens()),
        streams: entry.stream.unwrap_or(true),
        fallback: entry.fallback.clone(),
        timeout: timeout(&section, entry.timeout.as_deref())?,
        gate: gates.of(
            &section,
            &url,
            entry.key.as_deref(),
            entry.concurrency,
            entry.rate.as_deref(),
        )?,
        url,
    })
}

/// What a model costs: as the studio says, or as shipped, or nothing on a machine of one's own.
fn price(alias: &str, entry: &ModelSettings, url: &Url) -> Result<Price, SettingsError> {
    if let Some(PriceSettings { input, output }) = &entry.price {
        let read = |text: &str| {
            parse_usd(text).ok_or_else(|| {
                SettingsError::new(
                    format!("`price` under [llm.{alias}] is `{text}`, which is no price"),
                    "write what a million tokens cost, such as { input = \"0.15 USD\", output = \"0.60 USD\" }",
                )
            })
        };
        return Ok(Price::flat(read(input)?, read(output)?));
    }
    if is_near(url) {
        return Ok(Price::default());
    }
    let known = entry
        .url
        .is_none()
        .then(|| shipped(entry.kind, &entry.model));
    known.flatten().ok_or_else(|| {
        SettingsError::new(
            format!(
                "nobody knows what `{}` under [llm.{alias}] costs, so that no budget would hold",
                entry.model
            ),
            "write what a million tokens cost: price = { input = \"0.15 USD\", output = \"0.60 USD\" } (\"0 USD\" \
             where it costs nothing)",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind, model: &str) -> ModelSettings {
        ModelSettings {
            kind,
            model: model.to_owned(),
            url: None,
            key: None,
            price: None,
            concurrency: None,
            rate: None,
            fallback: Vec::new(),
            timeout: None,
            max_tokens: None,
            structured: None,
            seed: None,
            image_tokens: None,
            stream: None,
        }
    }

    fn told(entry: ModelSettings) -> String {
        let settings = BTreeMap::from([("writer".to_owned(), entry)]);
        match Models::new(&settings, &Secrets::default(), &Gates::default()) {
            Ok(_) => String::new(),
            Err(error) => format!("{error} ({})", error.help),
        }
    }

    #[test]
    fn a_model_without_a_known_price_is_refused_unless_it_runs_nearby() {
        assert_eq!(told(entry(Kind::OpenAi, "gpt-5-mini")), "");
        assert_eq!(told(entry(Kind::Ollama, "anything")), "");
        let near = ModelSettings {
            url: Some("http://127.0.0.1:8080/v1".to_owned()),
            ..entry(Kind::OpenAi, "nonsense")
        };
        assert_eq!(told(near), "");
        for hosted in [
            entry(Kind::OpenAi, "gpt-99"),
            ModelSettings {
                url: Some("https://models.example/v1".to_owned()),
                ..entry(Kind::OpenAi, "gpt-5-mini")
            },
        ] {
            let told = told(hosted);
            assert!(told.contains("costs"), "{told}");
        }
    }

    #[test]
    fn a_setting_that_is_wrong_says_where_it_stands() {
        let base = || entry(Kind::Ollama, "tide");
        let wrong = [
            ModelSettings {
                url: Some("ftp://x".to_owned()),
                ..base()
            },
            ModelSettings {
                url: Some("https://me:secret@x/v1".to_owned()),
                ..base()
            },
            ModelSettings {
                key: Some("nothing".to_owned()),
                ..base()
            },
            ModelSettings {
                rate: Some("often".to_owned()),
                ..base()
            },
            ModelSettings {
                concurrency: Some(0),
                ..base()
            },
            ModelSettings {
                max_tokens: Some(0),
                ..base()
            },
            ModelSettings {
                fallback: vec!["writer".to_owned()],
                ..base()
            },
            ModelSettings {
                seed: Some(true),
                ..entry(Kind::Anthropic, "claude-sonnet-4-5")
            },
            ModelSettings {
                structured: Some(Structured::Json),
                ..entry(Kind::Gemini, "gemini-2.5-flash")
            },
            ModelSettings {
                model: " ".to_owned(),
                ..base()
            },
        ];
        for entry in wrong {
            let told = told(entry.clone());
            assert!(told.contains("[llm.writer]"), "{entry:?}: {told}");
            assert!(!told.contains("me:secret"), "{told}");
        }
        let itself = ModelSettings {
            fallback: vec!["writer".to_owned()],
            ..base()
        };
        assert!(self::told(itself).contains("nothing stands in for itself"));
    }
}
