//! What wallets and marketplaces read: the metadata of editions (ERC-721, with the fields that OpenSea
//! documents), of processes as tokens, and of all editions of a process (ERC-7572).

use std::collections::BTreeSet;

use daedal_core::Digest;
use daedal_core::process::DerivativeTerms;
use serde_json::{Number, Value, json};

use super::gallery::{Gallery, Kind, Piece, Process};
use super::{card, hanging, making, names};
use crate::release::{rounded, trait_text};
use crate::{Edition, Item, Licence, Release, Work, WorkVersion};

/// The metadata of every token, and cards of what has no picture, with their places in the site. `works`
/// are versions, of some of which there are no releases.
pub(super) fn of(gallery: &Gallery<'_>, works: &[WorkVersion]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut released = BTreeSet::new();
    for process in &gallery.processes {
        let name = &process.label.name;
        let mut versions = BTreeSet::new();
        for &release in &process.releases {
            let Some(work) = &release.work else {
                continue;
            };
            for (item, edition) in editions(release) {
                let piece = hanging::piece(release, item);
                if picture(&piece).is_none() {
                    files.push((names::card(&release.run, edition.index), card::of(&piece)));
                }
                let place = names::token(&release.run, edition.index);
                files.push((place, print(of_edition(gallery, &piece, work))));
            }
            // The newest release tells what a version is.
            if versions.insert(work.version) {
                let place = names::work(name, work.version);
                files.push((place, print(of_release(gallery, process, release, work))));
                released.insert((name, work.version));
            }
        }
        if !versions.is_empty() {
            let place = names::collection(name);
            files.push((place, print(of_collection(gallery, process))));
        }
    }
    for version in works {
        let (name, work) = (&version.process.name, &version.work);
        if !released.contains(&(name, work.version)) {
            let process = gallery
                .processes
                .iter()
                .find(|known| known.label.name == *name);
            let metadata = of_work(gallery, process, version, None);
            files.push((names::work(name, work.version), print(metadata)));
        }
    }
    files
}

/// The files that are there because of one release.
pub(super) fn names(release: &Release) -> Vec<String> {
    let Some(work) = &release.work else {
        return Vec::new();
    };
    let process = &release.process.name;
    let mut names: Vec<_> = editions(release)
        .flat_map(|(_, edition)| {
            [names::token, names::card].map(|place| place(&release.run, edition.index))
        })
        .collect();
    names.push(names::work(process, work.version));
    names.push(names::collection(process));
    names
}

fn editions(release: &Release) -> impl Iterator<Item = (&Item, &Edition)> {
    let items = release.items.iter();
    items.filter_map(|item| Some((item, item.edition.as_ref()?)))
}

fn of_edition(gallery: &Gallery<'_>, piece: &Piece<'_>, work: &Work) -> Value {
    let (release, item) = (piece.release, piece.item);
    let url = gallery.settings.url.as_deref();
    let address = |path: String| names::address(url, names::ROOT_OF_RUN, &path);
    let label = &release.process;
    let disclosure = label.disclosure.iter();
    let description: Vec<_> = [&item.alt].into_iter().chain(disclosure).collect();
    let description: Vec<_> = description.into_iter().map(String::as_str).collect();
    json!({
        "name": piece.name,
        "description": description.join("\n\n"),
        "image": shown(piece).map(address),
        "animation_url": moves(&item.asset.media_type).then(|| address(piece.media())),
        "external_url": gallery.page_of(release, item).map(address),
        "attributes": attributes(item),
        "properties": told(json!({
            "process": work.token,
            "version": work.version,
            "run": release.run,
            "unsignedSha256": item.unsigned,
            "governed": release.governed,
            "licence": label.licence.as_ref().map(|licence| &licence.name),
            "licenceUrl": label.licence.as_ref().and_then(|licence| terms(release, licence, address)),
            "licenceTerms": label.licence.as_ref().map(flags),
        })),
    })
}

/// What the newest release of a version tells of the work.
fn of_release(
    gallery: &Gallery<'_>,
    process: &Process<'_>,
    release: &Release,
    work: &Work,
) -> Value {
    let version = WorkVersion {
        process: release.process.clone(),
        bundle: release.version,
        work: work.clone(),
    };
    of_work(gallery, Some(process), &version, Some(release))
}

/// `release` brings the text of the licence along, where the process has its own.
fn of_work(
    gallery: &Gallery<'_>,
    process: Option<&Process<'_>>,
    version: &WorkVersion,
    release: Option<&Release>,
) -> Value {
    let url = gallery.settings.url.as_deref();
    let address = |path: String| names::address(url, names::ROOT_OF_TOKENS, &path);
    let WorkVersion {
        process: label,
        bundle,
        work,
    } = version;
    let licence = label.licence.as_ref();
    json!({
        "name": label.title,
        "description": label.description,
        "image": process.and_then(|process| picture_of(process, Some(bundle))).map(address),
        "external_url": process.map(|process| address(process.href())),
        "properties": told(json!({
            "process": work.token,
            "version": work.version,
            "bundle": bundle,
            "shares": work.shares,
            "licence": licence.map(|licence| &licence.name),
            "licenceUrl": licence.and_then(|licence| match release {
                Some(release) => terms(release, licence, address),
                None => making::licence_url(licence),
            }),
            "licenceTerms": licence.map(flags),
        })),
    })
}

/// The picture of a process: of the newest piece of this version that has one, or of any. A version may
/// have given nothing that had not been there before.
fn picture_of(process: &Process<'_>, version: Option<&Digest>) -> Option<String> {
    let pieces = || process.pieces.iter();
    let own =
        pieces().filter(|piece| version.is_none_or(|version| piece.release.version == *version));
    own.chain(pieces())
        .find_map(picture)
        .or_else(|| pieces().find_map(shown))
}

fn of_collection(gallery: &Gallery<'_>, process: &Process<'_>) -> Value {
    let url = gallery.settings.url.as_deref();
    let address = |path: String| names::address(url, names::ROOT_OF_TOKENS, &path);
    json!({
        "name": process.label.title,
        "description": process.label.description,
        "image": picture_of(process, None).map(address),
        "external_link": address(process.href()),
    })
}

/// What is shown of a piece: its picture, or the card of its edition.
fn shown(piece: &Piece<'_>) -> Option<String> {
    let card = || {
        let edition = piece.item.edition.as_ref()?;
        piece.release.work.as_ref()?;
        Some(names::card(&piece.release.run, edition.index))
    };
    picture(piece).or_else(card)
}

/// The picture of a piece: the sealed bytes themselves where they are one.
fn picture(piece: &Piece<'_>) -> Option<String> {
    if piece.kind() == Kind::Picture {
        return Some(piece.media());
    }
    let preview = piece.item.preview.as_ref()?;
    let is_picture = preview.media_type.starts_with("image/");
    is_picture.then(|| piece.thumbnail()).flatten()
}

/// Whether a player shows it rather than a picture. Drawings are pictures: they run no scripts where
/// they are shown.
fn moves(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "text/html"
        || ["video/", "audio/", "model/gltf"]
            .iter()
            .any(|kind| essence.starts_with(kind))
}

/// The traits of an item as marketplaces filter by them: numbers as numbers, everything else in the
/// words of the page.
fn attributes(item: &Item) -> Vec<Value> {
    let features = item.fields.get("features").and_then(Value::as_object);
    let features = features.into_iter().flatten();
    features
        .filter_map(|(name, value)| attribute(name, value))
        .collect()
}

fn attribute(name: &str, value: &Value) -> Option<Value> {
    if let Value::Number(number) = value {
        let value = measure(number);
        return Some(json!({ "trait_type": name, "value": value, "display_type": "number" }));
    }
    let text = trait_text(value);
    let is_told = !value.is_null() && !text.is_empty();
    is_told.then(|| json!({ "trait_type": name, "value": text }))
}

/// A measure with as many digits as the page has.
fn measure(number: &Number) -> Value {
    let short = number.as_f64().filter(|_| number.is_f64()).map(rounded);
    let Some(short) = short else {
        return number.clone().into();
    };
    let whole = short.parse::<i64>().map(Value::from);
    whole.unwrap_or_else(|_| short.parse::<f64>().map_or(Value::Null, Value::from))
}

/// Terms of use as a machine reads them: the SPDX id, or the digest of a text of one's own, and what it
/// allows, as far as that is known.
fn flags(licence: &Licence) -> Value {
    let text = licence.text.as_ref();
    told(json!({
        "spdx": text.is_none().then_some(&licence.name),
        "sha256": text.map(|text| text.digest),
        "commercial_use": licence.commercial,
        "derivatives": licence.derivatives.map(|terms| terms != DerivativeTerms::None),
        "share_alike": licence.derivatives.map(|terms| terms == DerivativeTerms::ShareAlike),
        "attribution": licence.attribution,
    }))
}

/// Where the terms of use stand.
fn terms(
    release: &Release,
    licence: &Licence,
    address: impl Fn(String) -> String,
) -> Option<String> {
    let own = licence.text.as_ref();
    let own = own.map(|text| address(names::licence(&release.process.name, text)));
    own.or_else(|| making::licence_url(licence))
}

/// Without the fields that nothing is known of.
fn told(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    value
}

fn print(metadata: Value) -> String {
    format!("{:#}\n", told(metadata))
}

#[cfg(test)]
#[test]
fn traits_keep_their_types() {
    for (value, attribute_of_it) in [
        (json!("ebb"), json!({ "trait_type": "t", "value": "ebb" })),
        (json!(true), json!({ "trait_type": "t", "value": "yes" })),
        (json!(false), json!({ "trait_type": "t", "value": "no" })),
        (json!("12"), json!({ "trait_type": "t", "value": "12" })),
        (
            json!(["ebb", 0.251, 3]),
            json!({ "trait_type": "t", "value": "ebb, 0.25, 3" }),
        ),
        (
            json!(12),
            json!({ "trait_type": "t", "value": 12, "display_type": "number" }),
        ),
        (
            json!(-3),
            json!({ "trait_type": "t", "value": -3, "display_type": "number" }),
        ),
        (
            json!(12.0),
            json!({ "trait_type": "t", "value": 12, "display_type": "number" }),
        ),
        (
            json!(-0.004),
            json!({ "trait_type": "t", "value": -0.004, "display_type": "number" }),
        ),
        (
            json!(0.4731),
            json!({ "trait_type": "t", "value": 0.47, "display_type": "number" }),
        ),
        (
            json!(1e300),
            json!({ "trait_type": "t", "value": 1e300, "display_type": "number" }),
        ),
        (
            json!(u64::MAX),
            json!({ "trait_type": "t", "value": u64::MAX, "display_type": "number" }),
        ),
        (json!(null), json!(null)),
        (json!(""), json!(null)),
        (json!([]), json!(null)),
    ] {
        let found = attribute("t", &value).unwrap_or_default();
        assert_eq!(found, attribute_of_it, "{value}");
    }
}
