//! What a server of some kind has to be asked, and what its answer says: a kind is a file beside this one, and a row in
//! `kind.rs`.

use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daedal_core::AssetRef;
use serde_json::Value;

use super::errand::Errand;
use crate::http::Request;
use crate::patience::Trouble;
use crate::server::Scheme;

/// What a step wants, in nobody's protocol.
#[derive(Debug, Clone)]
pub(super) struct Wish<'w> {
    /// The model, as its server calls it; the one that it has loaded if absent.
    pub(super) model: Option<&'w str>,
    pub(super) prompt: &'w str,
    pub(super) negative: Option<&'w str>,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) steps: Option<u32>,
    pub(super) guidance: Option<f64>,
    pub(super) seed: u64,
    pub(super) image: Option<Picture>,
    pub(super) strength: Option<f64>,
    pub(super) count: u64,
}

/// A picture to begin with.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) asset: AssetRef,
    pub(super) media_type: String,
    pub(super) bytes: Arc<[u8]>,
}

/// What a server made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) pictures: Vec<OneMade>,
    /// The model that it says it was.
    pub(super) model: Option<String>,
    /// Tokens in and out, where it counts them.
    pub(super) tokens: Option<(u64, u64)>,
}

/// One picture of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OneMade {
    pub(super) bytes: Vec<u8>,
    pub(super) seed: Option<u64>,
}

/// A kind of server. What most of them have in common is said here.
pub(super) trait Backend: Send + Sync {
    /// Where it is unless `url` says otherwise.
    fn url(&self) -> &'static str;

    /// Has it make what a step wants.
    fn make<'a>(&'a self, errand: &'a Errand<'a>) -> Making<'a>;

    /// Fields of a step that it has no place for.
    fn refuses(&self) -> &[&'static str] {
        &[]
    }

    /// What is wrong with the fields that a step gives, taken together.
    fn objection(&self, _given: &[&str]) -> Option<String> {
        None
    }

    /// Whether `model` has to be set for it.
    fn needs_model(&self) -> bool {
        false
    }

    /// How it takes a key.
    fn scheme(&self) -> Scheme {
        Scheme::Bearer
    }

    /// How many pictures come at most where a step wants so many, as far as its settings tell. So many are held for before
    /// they are asked for, and no more are paid.
    fn makes(&self, count: u64) -> u64 {
        count
    }

    /// Whether that is more than a guess.
    fn is_counted(&self) -> bool {
        true
    }

    /// Its settings, as far as they decide what comes of a wish.
    fn decides(&self) -> Value {
        Value::Null
    }

    /// Why it makes the same again though the seed is another, and what to do about that; nothing where it doesn't.
    fn why_alike(&self) -> Option<&'static str> {
        None
    }

    /// Tells it that this is no longer wanted, where it can be told.
    fn call_off<'a>(&'a self, _errand: &'a Errand<'a>) -> Ending<'a> {
        Box::pin(std::future::ready(()))
    }
}

/// A server makes something.
pub(super) type Making<'a> = Pin<Box<dyn Future<Output = Result<Made, Trouble>> + 'a>>;

/// A server is told to stop.
pub(super) type Ending<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A kind of server that is asked one question, and answers it.
pub(super) trait Question {
    /// What it is asked.
    fn request(&self, errand: &Errand<'_>) -> Result<Request, Trouble>;

    /// What its answer says, or why it is none of its kind.
    fn read(&self, wish: &Wish<'_>, said: &Value) -> Result<Made, String>;
}

/// Asks the one question.
pub(super) fn ask<'a>(kind: &'a impl Question, errand: &'a Errand<'a>) -> Making<'a> {
    Box::pin(async {
        let answer = errand.answer(kind.request(errand)?).await?;
        let made = kind.read(&errand.wish, &errand.json(&answer)?);
        made.map_err(|why| errand.foreign(&answer.from, &why))
    })
}

/// The bytes of a picture in Base64, with or without the head of a `data:` address.
pub(super) fn unpack(packed: &str) -> Result<Vec<u8>, String> {
    let packed = match packed.strip_prefix("data:") {
        Some(address) => address.split_once(',').map_or("", |(_, packed)| packed),
        None => packed,
    };
    let bytes = STANDARD.decode(packed.trim());
    bytes.map_err(|_| "a picture is not in Base64".to_owned())
}
