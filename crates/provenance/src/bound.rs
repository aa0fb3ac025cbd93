//! Which bytes of a file its credential leaves out of the hash that binds the two.
//!
//! A signer chooses them, and a reader of credentials takes whatever they choose: then anybody can change those bytes,
//! and the credential holds. Only its own place has to be left out, and nothing else may be.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use c2pa::Reader;
use serde_json::{Map, Value};

use crate::container::{Carrier, carrier_of, place_of_credential};
use crate::store::{self, FILM_CREDENTIAL};

const DATA: &str = "c2pa.hash.data";
const FILM: &str = "c2pa.hash.bmff.v3";
const ARCHIVE: &str = "c2pa.hash.collection.data";
/// Boxes of a film that a binding has to leave out (C2PA 2.2, 18.7.2), besides the credential's: kind and brands,
/// an index, room to spare.
const FILM_BOXES: [&str; 4] = ["/ftyp", "/mfra", "/free", "/skip"];
/// An application's block of a GIF, as credentials are in (C2PA 2.2, A.3.4).
const GIF_BLOCK: &[u8] = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00";

/// Checks that the credential of `file` binds every byte outside its own place; one beside the file binds all.
pub(crate) fn bound(
    reader: &Reader,
    media_type: &str,
    file: &[u8],
    is_beside: bool,
) -> Result<(), String> {
    let carrier = match is_beside {
        true => Carrier::Sidecar,
        false => carrier_of(media_type),
    };
    let kind = match carrier {
        Carrier::Embedded {
            format: "video/mp4",
        } => FILM,
        _ => DATA,
    };
    let binding = binding(reader, kind)?;
    match (kind, carrier) {
        (FILM, _) => film(&binding),
        (_, Carrier::Sidecar) => data(&binding, |excluded| match excluded {
            None => Ok(()),
            Some(excluded) => Err(wider(&excluded)),
        }),
        (_, Carrier::Embedded { format }) => {
            let store = store::of(format, file).map_err(|error| error.to_string())?;
            data(&binding, |excluded| match excluded {
                Some(excluded) if is_place(format, file, &store, &excluded) => Ok(()),
                Some(excluded) => Err(wider(&excluded)),
                None => Err("the credential does not leave out its own place".to_owned()),
            })
        }
    }
}

/// Checks that the credential of an archive binds it as a whole: every file of it is named in it, and looked at.
pub(crate) fn bound_as_archive(reader: &Reader) -> Result<(), String> {
    binding(reader, ARCHIVE).map(drop)
}

fn wider(excluded: &Range<usize>) -> String {
    format!(
        "the credential leaves out bytes {} to {} of the file, which is not just its own place: anybody could have \
         changed them",
        excluded.start, excluded.end
    )
}

/// The one assertion that binds the file, which has to be of this kind.
fn binding(reader: &Reader, kind: &str) -> Result<Map<String, Value>, String> {
    let said = |error: String| format!("what binds the file can't be read: {error}");
    let told = reader
        .detailed_json_checked()
        .map_err(|error| said(error.to_string()))?;
    let mut told: Value = serde_json::from_str(&told).map_err(|error| said(error.to_string()))?;
    let label = reader.active_label().unwrap_or_default();
    let mut assertions = match told["manifests"][label]["assertion_store"].take() {
        Value::Object(assertions) => assertions,
        _ => return Err("there is nothing that binds the file".to_owned()),
    };
    let binding = assertions.remove(kind);
    let others = assertions
        .keys()
        .find(|label| label.starts_with("c2pa.hash."));
    match (binding, others) {
        (Some(Value::Object(binding)), None) => Ok(binding),
        (_, other) => Err(format!(
            "the file is bound by `{}`, expected `{kind}` alone",
            other.map_or("nothing", String::as_str)
        )),
    }
}

/// Checks that nothing is said in a binding but this.
fn only(binding: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    let unknown =
        |(name, value): &(&String, &Value)| !value.is_null() && !known.contains(&name.as_str());
    match binding.iter().find(unknown) {
        None => Ok(()),
        Some((name, _)) => Err(format!("`{name}` is not known in what binds the file")),
    }
}

/// Checks what a binding by ranges of bytes leaves out: one range, or nothing.
fn data(
    binding: &Map<String, Value>,
    judge: impl FnOnce(Option<Range<usize>>) -> Result<(), String>,
) -> Result<(), String> {
    only(
        binding,
        &["exclusions", "name", "alg", "hash", "pad", "pad2"],
    )?;
    let excluded = match binding.get("exclusions") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(excluded)) => excluded,
        Some(_) => return Err("what the credential leaves out can't be read".to_owned()),
    };
    match excluded {
        [] => judge(None),
        [excluded] => {
            let number = |name: &str| usize::try_from(excluded[name].as_u64()?).ok();
            let range = number("start").zip(number("length"));
            let range = range.and_then(|(start, length)| Some(start..start.checked_add(length)?));
            judge(Some(
                range.ok_or("what the credential leaves out can't be read")?,
            ))
        }
        more => Err(format!(
            "the credential leaves out {} parts of the file, expected its own place alone",
            more.len()
        )),
    }
}

/// Checks that what is excluded is the credential, in the form in which this format has it.
fn is_place(format: &str, file: &[u8], store: &[u8], excluded: &Range<usize>) -> bool {
    let Some(bytes) = file.get(excluded.clone()) else {
        return false;
    };
    match format {
        "image/svg+xml" => bytes == BASE64.encode(store).as_bytes(),
        "audio/mpeg" => bytes == store,
        "image/gif" => bytes == gif_block(store),
        _ => place_of_credential(format, file).is_some_and(|place| {
            // Chunks of an odd length have a byte more, which is no part of them.
            let odd = usize::from(format != "image/png" && format != "image/jpeg");
            place.start == excluded.start && (place.end - odd..=place.end).contains(&excluded.end)
        }),
    }
}

fn gif_block(store: &[u8]) -> Vec<u8> {
    let mut block = GIF_BLOCK.to_vec();
    for part in store.chunks(255) {
        block.push(part.len() as u8);
        block.extend_from_slice(part);
    }
    block.push(0);
    block
}

/// Checks that a film's binding leaves out whole boxes that it has to, and nothing else. Of those that are not the
/// credential's, the digest of the whole film without its credential tells.
fn film(binding: &Map<String, Value>) -> Result<(), String> {
    only(binding, &["exclusions", "name", "alg", "hash"])?;
    let Some(Value::Array(excluded)) = binding.get("exclusions") else {
        return Err("what the credential leaves out can't be read".to_owned());
    };
    let kind = BASE64.encode(FILM_CREDENTIAL);
    let credential = serde_json::json!([{ "offset": 8, "value": kind }]);
    let known = |own: &Value| {
        let Value::Object(own) = own else {
            return false;
        };
        let mut said = own.iter().filter(|(_, value)| !value.is_null());
        match own.get("xpath").and_then(Value::as_str) {
            Some("/uuid") => {
                own.get("data") == Some(&credential)
                    && said.all(|(name, _)| name == "xpath" || name == "data")
            }
            Some(path) => FILM_BOXES.contains(&path) && said.all(|(name, _)| name == "xpath"),
            None => false,
        }
    };
    match excluded.iter().find(|own| !known(own)) {
        None => Ok(()),
        Some(other) => Err(format!(
            "the credential leaves out {other} of the film, which is not its own place: anybody could have changed it"
        )),
    }
}

#[cfg(test)]
#[path = "bound_tests.rs"]
mod tests;
