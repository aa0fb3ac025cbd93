//! How an excerpt stands in a credential: canonical JSON, deflated (RFC 1951), as a string of bytes.
//!
//! Most of it is digests in hexadecimal and words that repeat, so that it takes less than half the room. What is unpacked has
//! the one canonical form, so that no two readers read two things in it.

use std::fmt;

use daedal_core::canonical;
use daedal_core::excerpt::Excerpt;
use serde::{Deserializer, Serializer, de};
use serde_json::Value;

/// Of an excerpt, in bytes: more is no excerpt that this program makes.
const UNPACKED_BYTES_MAX: usize = 1 << 20;
/// The densest that deflate has.
const LEVEL: u8 = 9;

pub(crate) fn serialize<S: Serializer>(excerpt: &Excerpt, to: S) -> Result<S::Ok, S::Error> {
    let packed = miniz_oxide::deflate::compress_to_vec(&canonical::to_vec(excerpt), LEVEL);
    to.serialize_bytes(&packed)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Excerpt, D::Error> {
    match unpacked(&from.deserialize_bytes(Bytes)?) {
        Ok((excerpt, true)) => Ok(excerpt),
        Ok((_, false)) => Err(de::Error::custom("the excerpt is not in canonical form")),
        Err(problem) => Err(de::Error::custom(problem)),
    }
}

/// Whether a packed excerpt can be read and is refused all the same: somebody gave it another form than the canonical one.
pub(crate) fn is_bent(packed: &Value) -> bool {
    let read = packed.deserialize_bytes(Bytes);
    read.is_ok_and(|packed| matches!(unpacked(&packed), Ok((_, false))))
}

/// The excerpt, and whether it was in canonical form.
fn unpacked(packed: &[u8]) -> Result<(Excerpt, bool), String> {
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, UNPACKED_BYTES_MAX);
    let text = text.map_err(|error| {
        format!("the excerpt can't be unpacked to at most {UNPACKED_BYTES_MAX} bytes: {error}")
    })?;
    let excerpt: Excerpt = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let is_canonical = canonical::to_vec(&excerpt) == text;
    Ok((excerpt, is_canonical))
}

/// Reads bytes; readers of credentials give them as lists of numbers.
struct Bytes;

impl<'de> de::Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a packed excerpt")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = items.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{self, content, license, png, run_of, studio};
    use crate::manifest::{Claim, LABEL, definition};
    use crate::seal::{SealRequest, assembled, put};
    use crate::verdict::Exit;
    use crate::verify::{Given, verify};
    use daedal_core::Digest;
    use daedal_core::intent::Domain;

    #[test]
    fn an_excerpt_is_read_as_it_was_packed_and_a_bomb_is_refused() {
        let record = run_of(b"poster", "image/png", true);
        let digest = Digest::of(b"poster");
        let claim = Claim {
            run: record.header.run(),
            unsigned_sha256: digest,
            anchor: Domain::default(),
            anchoring: None,
            human_oversight: None,
            excerpt: Excerpt::of(&record, &digest).unwrap(),
        };
        let mut value = serde_json::to_value(&claim).unwrap();
        let packed = value["excerpt"].as_array().unwrap().len();
        assert!(
            packed * 2 < canonical::to_vec(&claim.excerpt).len(),
            "{packed}"
        );
        let read: Claim = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(read, claim);
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; UNPACKED_BYTES_MAX + 1], 9);
        for broken in [serde_json::json!(bomb), "?".into(), vec![0, 0, 0].into()] {
            value["excerpt"] = broken;
            assert!(serde_json::from_value::<Claim>(value.clone()).is_err());
        }
    }

    #[test]
    fn an_excerpt_that_two_readers_can_read_in_two_ways_is_tampering() {
        let bytes = png(9, 9, false);
        let record = run_of(&bytes, "image/png", true);
        let license = license();
        let content = content(&record, &bytes, "image/png", &license);
        let (definition, claim) = definition(&content).unwrap();
        let text = String::from_utf8(canonical::to_vec(&claim.excerpt)).unwrap();
        let twice = text.replacen("\"chosen\":", "\"chosen\":[],\"chosen\":", 1);
        for (text, exit) in [
            (text.clone(), Exit::Fine),
            (twice, Exit::Tampered),
            (text.replacen(':', ": ", 1), Exit::Tampered),
            (text.replace("\"root\"", "\"rood\""), Exit::Incomplete),
        ] {
            let mut told = serde_json::to_value(&claim).unwrap();
            let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), LEVEL);
            told["excerpt"] = packed.into();
            let mut builder = assembled(&content, definition.clone(), &claim).unwrap();
            builder.definition.assertions.pop();
            builder.add_assertion(LABEL, &told).unwrap();
            builder.definition.assertions.last_mut().unwrap().created = true;
            let request = SealRequest {
                bytes: &bytes,
                content: fixtures::content(&record, &bytes, "image/png", &license),
            };
            let sealed = put(builder, &request, &studio().0).unwrap();
            let verdict = verify(&Given {
                file: &sealed.file,
                anchors: &[studio().0.chain().clone()],
                ..Given::default()
            });
            assert_eq!(verdict.exit, exit, "{:#?}", verdict.checks);
        }
    }
}
