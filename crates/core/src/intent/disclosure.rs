//! What a person committed to, in clear.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::asset::assets_in;
use crate::{Digest, canonical, merkle};

/// Where a payload keeps commitments to what stays private when the rest of it is told.
const SEALED: &str = "sealed";

/// What was decided, in clear, with the salt that hid it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// 32 random bytes.
    pub salt: B256,
    /// What was decided: `{"chosen": ["0x…"], "given": {…}}` for a choice. Notes and values that were set stand in it as
    /// commitments of their own, `{"sealed": {"note": "0x…"}}`, so that each can be told by itself.
    pub payload: Value,
}

/// What comes of a task by a decision, to the last file of it: its value by the digest of the canonical form
/// ([`crate::receipt::Receipt::value`]), and all assets in it, in order. A digest alone would not tell which files it stands
/// for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The value.
    pub value: Digest,
    /// The assets in it.
    pub assets: Vec<Digest>,
}

impl Given {
    /// What comes of a task that gives this.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let assets = assets_in(value).into_iter().map(|asset| asset.digest);
        Self {
            value: canonical::digest(value),
            assets: assets.collect(),
        }
    }
}

/// What stands behind the commitments in a payload, by name: `note`, or a dial such as `inputs.theme`.
pub type Openings = BTreeMap<String, Disclosure>;

/// How a dial is called in the openings of an intent that set it; `dials` is `inputs` or `parameters`.
#[must_use]
pub fn set_name(dials: &str, name: &str) -> String {
    format!("{dials}.{name}")
}

impl Disclosure {
    /// The choice of these of the options that were shown, of which `given` comes.
    #[must_use]
    pub fn choice(salt: B256, chosen: &[B256], given: &Given) -> Self {
        Self {
            salt,
            payload: json!({ "chosen": chosen, "given": given }),
        }
    }

    /// The authorship of a bundle.
    #[must_use]
    pub fn authorship(salt: B256, bundle: Digest) -> Self {
        Self {
            salt,
            payload: json!({ "bundle": bundle }),
        }
    }

    /// The values that were set: nothing of them but commitments, which [`Self::sealing`] adds.
    #[must_use]
    pub fn setting(salt: B256) -> Self {
        Self {
            salt,
            payload: json!({}),
        }
    }

    /// The replacement of what a task gave: `from` is the digest of that value.
    #[must_use]
    pub fn edit(salt: B256, from: Digest, given: &Given) -> Self {
        Self {
            salt,
            payload: json!({ "edited": from, "given": given }),
        }
    }

    /// One value, to be sealed in a payload under its name.
    #[must_use]
    pub fn of(salt: B256, name: &str, value: &Value) -> Self {
        Self {
            salt,
            payload: json!({ (name): value }),
        }
    }

    /// The same with commitments to these values in the payload.
    #[must_use]
    pub fn sealing(mut self, openings: &Openings) -> Self {
        if let Some(payload) = self.payload.as_object_mut()
            && !openings.is_empty()
        {
            let sealed = openings.iter();
            let sealed: BTreeMap<&String, B256> = sealed
                .map(|(name, opening)| (name, opening.commitment()))
                .collect();
            payload.insert(SEALED.to_owned(), json!(sealed));
        }
        self
    }

    /// What the intent holds instead.
    #[must_use]
    pub fn commitment(&self) -> B256 {
        let parts = [
            merkle::context("daedal/payload/v1"),
            self.salt,
            keccak256(canonical::to_vec(&self.payload)),
        ];
        keccak256(parts.concat())
    }

    /// The names of what is sealed in the payload.
    pub fn sealed(&self) -> impl Iterator<Item = &str> {
        let sealed = self.payload.get(SEALED).and_then(Value::as_object);
        sealed.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The value that `opening` shows behind the commitment called `name`; none if it is not what was committed
    /// to.
    #[must_use]
    pub fn opened<'v>(&self, name: &str, opening: &'v Self) -> Option<&'v Value> {
        let sealed = self.payload.get(SEALED)?.get(name)?;
        let sealed: B256 = sealed.as_str()?.parse().ok()?;
        let fields = opening.payload.as_object()?;
        (fields.len() == 1 && opening.commitment() == sealed)
            .then(|| fields.get(name))
            .flatten()
    }

    /// What was chosen, where it is a choice.
    #[must_use]
    pub fn chosen(&self) -> Option<Vec<B256>> {
        serde_json::from_value(self.payload.get("chosen")?.clone()).ok()
    }

    /// What was replaced, where it is an edit: the digest of that value.
    #[must_use]
    pub fn edited(&self) -> Option<Digest> {
        self.payload.get("edited")?.as_str()?.parse().ok()
    }

    /// What comes of the task by it, where it judges or edits.
    #[must_use]
    pub fn given(&self) -> Option<Given> {
        serde_json::from_value(self.payload.get("given")?.clone()).ok()
    }
}
