//! What `disclosure:` of a process file says.

use serde::{Deserialize, Serialize};

use super::model::{Texts, Training};
use super::read::Reader;
use super::source::{Kind, Node};

/// What is told to the audience and to crawlers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// `none`, or a template of the visible label.
    pub label: Option<String>,
    /// Whether assets may be used to train models.
    pub training: Training,
    /// Whether texts that callers write are published.
    pub texts: Texts,
    /// What is drawn into the pictures that a run gives.
    pub caption: Option<Caption>,
}

impl Default for Disclosure {
    fn default() -> Self {
        Self {
            label: None,
            training: Training::NotAllowed,
            texts: Texts::Private,
            caption: None,
        }
    }
}

/// A visible label in the pictures that a run gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caption {
    /// A template.
    pub text: String,
    /// Where it stands.
    pub place: CaptionPlace,
}

/// Where in a picture its caption stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptionPlace {
    /// In a corner of the picture.
    #[default]
    BottomRight,
    /// The same.
    BottomLeft,
    /// The same.
    TopRight,
    /// The same.
    TopLeft,
    /// On a strip below the picture, which gets higher by it.
    Below,
}

const TRAINING: &[(&str, Training)] = &[
    ("allowed", Training::Allowed),
    ("not-allowed", Training::NotAllowed),
    ("constrained", Training::Constrained),
];
const TEXTS: &[(&str, Texts)] = &[("private", Texts::Private), ("published", Texts::Published)];
const PLACES: &[(&str, CaptionPlace)] = &[
    ("bottom-right", CaptionPlace::BottomRight),
    ("bottom-left", CaptionPlace::BottomLeft),
    ("top-right", CaptionPlace::TopRight),
    ("top-left", CaptionPlace::TopLeft),
    ("below", CaptionPlace::Below),
];

pub(super) fn disclosure(reader: &mut Reader, node: &Node) -> Option<Disclosure> {
    let known = ["label", "caption", "training", "texts"];
    let fields = reader.fields(node, "`disclosure`", &known)?;
    let label = fields
        .get("label")
        .and_then(|node| reader.text(node, "`disclosure.label`"));
    Some(Disclosure {
        label: label.filter(|label| label != "none"),
        caption: fields.get("caption").and_then(|node| caption(reader, node)),
        training: fields
            .get("training")
            .and_then(|node| reader.word(node, "`disclosure.training`", TRAINING))
            .unwrap_or(Training::NotAllowed),
        texts: fields
            .get("texts")
            .and_then(|node| reader.word(node, "`disclosure.texts`", TEXTS))
            .unwrap_or_default(),
    })
}

/// `none`, a text, or a map of text and place.
fn caption(reader: &mut Reader, node: &Node) -> Option<Caption> {
    let what = "`disclosure.caption`";
    if !matches!(node.kind, Kind::Map(_)) {
        let text = reader.text(node, what).filter(|text| text != "none")?;
        return checked(reader, node, text, CaptionPlace::default());
    }
    let fields = reader.fields(node, what, &["text", "place"])?;
    let place = fields
        .get("place")
        .and_then(|node| reader.word(node, "`disclosure.caption.place`", PLACES))
        .unwrap_or_default();
    let Some(at) = fields.get("text") else {
        reader.wrong(
            fields.span,
            format!("{what} has no text"),
            "expected what is drawn, such as `text: made with AI`",
        );
        return None;
    };
    let text = reader.text(at, "`disclosure.caption.text`")?;
    checked(reader, at, text, place)
}

fn checked(reader: &mut Reader, at: &Node, text: String, place: CaptionPlace) -> Option<Caption> {
    if text.trim().is_empty() {
        reader.wrong(
            at.span,
            "the caption is empty",
            "expected what is drawn, such as `made with AI`, or `none`",
        );
        return None;
    }
    Some(Caption { text, place })
}
