//! One form for the bytes of a credential that no signature covers.
//!
//! A signature covers the claim, and through it the assertions. It does not cover the heads and
//! descriptions of the boxes around them (JUMBF, ISO/IEC 19566-5), the unprotected part of the
//! signature (COSE, RFC 9052), or what a container adds (check sums, lengths). Readers let much of
//! that vary; whoever wants each changed byte to show lets none of it vary.

use c2pa::jumbf_io::save_jumbf_to_memory;
use ciborium::Value;

use crate::container::{Carrier, carrier_of, without_credential};
use crate::store::{self, cbor};

const STORE: &str = "c2pa";
const ASSERTIONS: &str = "c2pa.assertions";
/// What the labels of assertions begin with that tell of ingredients.
const INGREDIENT: &str = "c2pa.ingredient";
/// What the places of manifests in a store begin with.
const PLACES: &str = "self#jumbf=/c2pa/";
const CLAIM: &str = "c2pa.claim.v2";
const SIGNATURE: &str = "c2pa.signature";
/// Label follows and may be asked for (ISO/IEC 19566-5, A.3).
const TOGGLES: u8 = 3;
/// The same, and a box of the format's own follows: the salt of an assertion.
const TOGGLES_SALTED: u8 = 0x13;
/// Boxes in boxes: a manifest, its assertions, each of them.
const DEPTH_MAX: usize = 4;
/// The last 12 bytes of the type of C2PA's boxes; the first four are a word.
const TYPE_TAIL: [u8; 12] = [
    0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
];

/// Checks that a file is exactly its asset with its credential put in.
pub fn file(media_type: &str, file: &[u8]) -> Result<(), String> {
    let Carrier::Embedded { format } = carrier_of(media_type) else {
        return Err(format!("{media_type} carries no credential inside"));
    };
    let said = |error: c2pa::Error| error.to_string();
    let store = store::of(format, file).map_err(said)?;
    manifest(&store)?;
    let bare = without_credential(media_type, file);
    let again =
        save_jumbf_to_memory(format, bare.as_deref().unwrap_or(file), &store).map_err(said)?;
    if again == file {
        Ok(())
    } else {
        let at = again.iter().zip(file).take_while(|(a, b)| a == b).count();
        Err(format!(
            "the file differs from its sealed form at byte {at}"
        ))
    }
}

/// Checks that the bytes of a manifest store that no signature covers are as they are written.
pub fn manifest(store: &[u8]) -> Result<(), String> {
    let parts = described(active(store)?, *b"c2ma", |label| label.starts_with("urn:"))?;
    let [assertions, claim, signature] = parts[..] else {
        return Err("a manifest should have assertions, a claim and a signature".to_owned());
    };
    described(assertions, *b"c2as", |label| label == ASSERTIONS)?;
    content(claim, *b"c2cl", CLAIM)?;
    cose(content(signature, *b"c2cs", SIGNATURE)?)
}

/// The active manifest of a store, once it is known that all in it are described plainly, and belong to it.
///
/// Earlier manifests are those of ingredients: the active one holds their hashes. Like those of assertions, they are of boxes
/// that were described anew, so that the descriptions themselves have to be looked at.
pub(crate) fn active(store: &[u8]) -> Result<Boxed<'_>, String> {
    let [store] = boxes(store)?[..] else {
        return Err("there should be one manifest store".to_owned());
    };
    let manifests = described(store, *b"c2pa", |label| label == STORE)?;
    for manifest in &manifests {
        plain(manifest, DEPTH_MAX)?;
    }
    let active = *manifests.last().ok_or("the manifest store is empty")?;
    reached(&manifests)?;
    Ok(active)
}

/// Checks that every manifest has a name of its own, and is the active one or linked by one that is reached from there: as
/// an ingredient, with its hash. What is named without one could be changed by anybody.
fn reached(manifests: &[Boxed<'_>]) -> Result<(), String> {
    let mut others = Vec::new();
    for manifest in manifests {
        let label = label(manifest).filter(|label| label.starts_with(b"urn:"));
        others.push((*manifest, label.ok_or("a box of the store is no manifest")?));
    }
    let mut names: Vec<&[u8]> = others.iter().map(|(_, label)| *label).collect();
    names.sort_unstable();
    if names.windows(2).any(|two| two[0] == two[1]) {
        return Err("two manifests have one name".to_owned());
    }
    let mut open: Vec<Boxed<'_>> = others.pop().map(|(active, _)| active).into_iter().collect();
    while let Some(manifest) = open.pop() {
        let links = links(&manifest)?;
        let is_linked = |(_, label): &(Boxed<'_>, &[u8])| {
            links.iter().any(|link| {
                let rest = link.strip_prefix(*label);
                rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
            })
        };
        let (found, left) = others.into_iter().partition::<Vec<_>, _>(is_linked);
        open.extend(found.into_iter().map(|(manifest, _)| manifest));
        others = left;
    }
    match others.is_empty() {
        true => Ok(()),
        false => Err("nothing links one of the manifests with its hash".to_owned()),
    }
}

/// Where the manifests are, without what all places begin with, that a manifest names with their hashes as those of its
/// ingredients (C2PA 2.2, 18.16).
fn links(manifest: &Boxed<'_>) -> Result<Vec<Vec<u8>>, String> {
    let mut links = Vec::new();
    let named = |boxed: &&Boxed<'_>, name: &str| {
        label(boxed).is_some_and(|label| label.starts_with(name.as_bytes()))
    };
    let parts = boxes(manifest.1)?;
    for assertions in parts.iter().filter(|part| named(part, ASSERTIONS)) {
        let assertions = boxes(assertions.1)?;
        for ingredient in assertions.iter().filter(|part| named(part, INGREDIENT)) {
            for (_, content) in boxes(ingredient.1)?
                .iter()
                .filter(|(kind, _)| kind == b"cbor")
            {
                links.extend(link(&cbor(content)?));
            }
        }
    }
    Ok(links)
}

/// The place of an ingredient's manifest, if its hash stands with it.
fn link(ingredient: &Value) -> Option<Vec<u8>> {
    let entry = |map: &Value, names: &[&str]| {
        let mut entries = map.as_map()?.iter();
        let is_named =
            |(name, _): &&(Value, Value)| name.as_text().is_some_and(|name| names.contains(&name));
        entries.find(is_named).map(|(_, value)| value.clone())
    };
    let link = entry(ingredient, &["activeManifest", "c2pa_manifest"])?;
    entry(&link, &["hash"])?
        .as_bytes()
        .filter(|hash| !hash.is_empty())?;
    let place = entry(&link, &["url"])?;
    let place = place.as_text()?.strip_prefix(PLACES)?;
    Some(place.as_bytes().to_vec())
}

/// The label of a superbox.
fn label<'a>(boxed: &Boxed<'a>) -> Option<&'a [u8]> {
    let inner = boxes(boxed.1).ok()?;
    let (kind, description) = inner.first()?;
    let label = description.get(17..).filter(|_| *kind == *b"jumd")?;
    label.split(|byte| *byte == 0).next()
}

/// Type and payload of a box.
pub(crate) type Boxed<'a> = ([u8; 4], &'a [u8]);

/// The boxes that `bytes` consists of, each with its length written out.
pub(crate) fn boxes(mut bytes: &[u8]) -> Result<Vec<Boxed<'_>>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let broken = || "a box is cut short".to_owned();
        let (head, _) = bytes.split_first_chunk::<8>().ok_or_else(broken)?;
        let [a, b, c, d, kind @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let payload = bytes.get(8..length).ok_or_else(broken)?;
        found.push((kind, payload));
        bytes = &bytes[length..];
    }
    Ok(found)
}

fn superbox<'a>(boxed: &Boxed<'a>) -> Result<Vec<Boxed<'a>>, String> {
    if boxed.0 != *b"jumb" {
        return Err(format!(
            "`{}` is no box of a manifest",
            boxed.0.escape_ascii()
        ));
    }
    boxes(boxed.1)
}

/// Checks that a superbox, and every one in it, is described as it is written: by a label, and by a salt where
/// it says so.
fn plain(boxed: &Boxed<'_>, depth: usize) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or("boxes are nested too deep")?;
    let inner = superbox(boxed)?;
    let (first, rest) = inner.split_first().ok_or("a box is empty")?;
    let salt = |description: &[u8]| {
        let label = description.get(17..)?.iter().position(|byte| *byte == 0)?;
        description.get(18 + label..).map(<[u8]>::to_vec)
    };
    let is_plain = match (first.0 == *b"jumd", first.1.get(16), salt(first.1)) {
        (true, Some(&TOGGLES), Some(salt)) => salt.is_empty(),
        (true, Some(&TOGGLES_SALTED), Some(salt)) => {
            matches!(boxes(&salt)?[..], [(kind, _)] if kind == *b"c2sh")
        }
        _ => false,
    };
    if !is_plain {
        return Err("a box is described oddly".to_owned());
    }
    let mut within = rest.iter().filter(|boxed| boxed.0 == *b"jumb");
    within.try_for_each(|boxed| plain(boxed, depth))
}

/// What is in a superbox whose description is the plain one for this type and label.
fn described<'a>(
    boxed: Boxed<'a>,
    word: [u8; 4],
    named: impl Fn(&str) -> bool,
) -> Result<Vec<Boxed<'a>>, String> {
    let mut inner = superbox(&boxed)?;
    let odd = || format!("a `{}` box is described oddly", word.escape_ascii());
    if inner.first().is_none_or(|first| first.0 != *b"jumd") {
        return Err(odd());
    }
    let (_, description) = inner.remove(0);
    let label = description
        .get(17..)
        .and_then(|rest| rest.strip_suffix(&[0]));
    let label = label.and_then(|label| std::str::from_utf8(label).ok());
    let plain = description.starts_with(&word)
        && description.get(4..16) == Some(&TYPE_TAIL[..])
        && description.get(16) == Some(&TOGGLES)
        && label.is_some_and(|label| !label.contains('\0') && named(label));
    if plain { Ok(inner) } else { Err(odd()) }
}

fn content<'a>(boxed: Boxed<'a>, word: [u8; 4], label: &str) -> Result<&'a [u8], String> {
    match described(boxed, word, |found| found == label)?[..] {
        [(kind, bytes)] if kind == *b"cbor" => Ok(bytes),
        _ => Err(format!("`{label}` should hold one CBOR box")),
    }
}

/// A tagged `COSE_Sign1` in its shortest encoding: protected header, nothing unprotected, no
/// payload, and an ES256 signature in its one form.
fn cose(bytes: &[u8]) -> Result<(), String> {
    let odd = |what: &str| format!("the signature's {what} is not as it is written");
    let rest = bytes
        .strip_prefix(&[0xd2, 0x84])
        .ok_or_else(|| odd("head"))?;
    let (length, rest) = match rest {
        [head @ 0x40..=0x57, rest @ ..] => (usize::from(head - 0x40), rest),
        [0x58, length @ 24..=255, rest @ ..] => (usize::from(*length), rest),
        [0x59, high @ 1..=255, low, rest @ ..] => {
            (usize::from(u16::from_be_bytes([*high, *low])), rest)
        }
        _ => return Err(odd("protected header")),
    };
    let rest = rest.get(length..).ok_or_else(|| odd("protected header"))?;
    let signature = rest
        .strip_prefix(&[0xa0, 0xf6, 0x58, 0x40])
        .ok_or_else(|| odd("padding"))?;
    let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| odd("value"))?;
    if signature.normalize_s().is_some() {
        return Err(odd("value"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "strict_tests.rs"]
mod tests;
