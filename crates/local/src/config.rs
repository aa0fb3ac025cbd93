//! A part's JSON configuration: what of it is expected, and what can't be done.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::layers::Found;

/// One number for all, or one for each.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrEach {
    One(usize),
    Each(Vec<usize>),
}

impl OneOrEach {
    /// A number for each of `count`.
    pub(crate) fn each(&self, count: usize) -> Option<Vec<usize>> {
        match self {
            Self::One(one) => Some(vec![*one; count]),
            Self::Each(each) => (each.len() == count).then(|| each.clone()),
        }
    }
}

/// A configuration file: its path in the model, and what it says.
pub(crate) struct Json {
    pub(crate) path: String,
    pub(crate) said: Value,
}

impl Json {
    pub(crate) fn new(path: &str, bytes: &[u8]) -> Found<Self> {
        let said = serde_json::from_slice(bytes);
        Ok(Self {
            path: path.to_owned(),
            said: said.map_err(|error| {
                Error::invalid(format!(
                    "`{path}` is no JSON that can be read ({error}): fetch it again"
                ))
            })?,
        })
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Found<T> {
        T::deserialize(&self.said).map_err(|error| {
            Error::invalid(format!(
                "`{}` does not say what a model of this kind has to ({error})",
                self.path
            ))
        })
    }

    /// Refuses what is not computed here: fields that are there with another value than one of these, in JSON.
    pub(crate) fn only(&self, fields: &[(&str, &[&str])]) -> Found<()> {
        for (field, known) in fields {
            let Some(said) = self.said.get(*field) else {
                continue;
            };
            if !known.contains(&said.to_string().as_str()) {
                return Err(self.refused(field, said, known));
            }
        }
        Ok(())
    }

    /// That a field has a value that can't be computed with.
    pub(crate) fn refused(&self, field: &str, said: &Value, known: &[&str]) -> Error {
        Error::invalid(format!(
            "`{}` says {field}: {said}, which the kind `local` can't do (it knows {}): take another model, or \
             another kind",
            self.path,
            known.join(", ")
        ))
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.said.get(field).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, field: &str, absent: f64) -> f64 {
        self.said
            .get(field)
            .and_then(Value::as_f64)
            .unwrap_or(absent)
    }

    pub(crate) fn count(&self, field: &str, absent: usize) -> usize {
        let said = self.said.get(field).and_then(Value::as_u64);
        said.and_then(|said| usize::try_from(said).ok())
            .unwrap_or(absent)
    }

    pub(crate) fn flag(&self, field: &str, absent: bool) -> bool {
        self.said
            .get(field)
            .and_then(Value::as_bool)
            .unwrap_or(absent)
    }
}
