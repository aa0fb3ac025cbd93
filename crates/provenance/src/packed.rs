//! How an excerpt stands in a credential: canonical JSON, deflated (RFC 1951), as a string of bytes.
//!
//! Most of it is digests in hexadecimal and words that repeat, so that it takes less than half the room. It is covered
//! by the credential's signature like everything else: its bytes need no one form of their own.

use std::fmt;

use daedal_core::canonical;
use daedal_core::excerpt::Excerpt;
use serde::{Deserializer, Serializer, de};

/// Of an excerpt, in bytes: more is no excerpt that this program makes.
const UNPACKED_BYTES_MAX: usize = 1 << 20;
/// The densest that deflate has.
const LEVEL: u8 = 9;

pub(crate) fn serialize<S: Serializer>(excerpt: &Excerpt, to: S) -> Result<S::Ok, S::Error> {
    let packed = miniz_oxide::deflate::compress_to_vec(&canonical::to_vec(excerpt), LEVEL);
    to.serialize_bytes(&packed)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Excerpt, D::Error> {
    let packed = from.deserialize_bytes(Bytes)?;
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(&packed, UNPACKED_BYTES_MAX)
        .map_err(|error| {
            de::Error::custom(format!(
                "the excerpt can't be unpacked to at most {UNPACKED_BYTES_MAX} bytes: {error}"
            ))
        })?;
    serde_json::from_slice(&text).map_err(de::Error::custom)
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
    use crate::fixtures::run_of;
    use crate::manifest::Claim;
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
}
