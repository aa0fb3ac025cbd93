//! The one canonical encoding of everything that is hashed or signed: RFC 8785 JSON.

use std::cmp::Ordering;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Digest;

/// The largest integer that every JSON reader keeps exactly: 2^53.
const INTEGER_MAX: u64 = 1 << 53;

/// Encodes `value` as RFC 8785 JSON; integers beyond 2^53 become strings.
///
/// # Panics
/// Never for the types of this crate: they have string keys and finite numbers.
#[must_use]
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    value_to_vec(&serde_json::to_value(value).unwrap_or(Value::Null))
}

/// Encodes a JSON value like [`to_vec`], without a copy of it.
#[must_use]
pub fn value_to_vec(value: &Value) -> Vec<u8> {
    let mut encoded = Vec::new();
    write(value, &mut encoded);
    encoded
}

/// The SHA-256 of the canonical encoding of `value`.
#[must_use]
pub fn digest<T: Serialize + ?Sized>(value: &T) -> Digest {
    Digest::of(&to_vec(value))
}

/// Reads an integer that may have become a string on the way (`#[serde(deserialize_with)]`).
pub(crate) fn read_u64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .ok_or_else(|| D::Error::custom(format!("{value} is not a whole number below 2^64")))
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Number(number) if number.is_f64() => {
            // ECMAScript's shortest form, for which the library has the algorithm.
            out.extend(serde_json_canonicalizer::to_vec(number).unwrap_or_default());
        }
        Value::Number(number) => {
            let text = number.to_string();
            let is_big = number.as_u64().is_some_and(|n| n > INTEGER_MAX)
                || number
                    .as_i64()
                    .is_some_and(|n| n.unsigned_abs() > INTEGER_MAX);
            if is_big {
                write_text(&text, out);
            } else {
                out.extend_from_slice(text.as_bytes());
            }
        }
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            write_all(b"[]", items, out, write);
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by(|(a, _), (b, _)| by_code_units(a, b));
            write_all(b"{}", fields, out, |(name, field), out| {
                write_text(name, out);
                out.push(b':');
                write(field, out);
            });
        }
    }
}

fn write_all<T>(
    [open, close]: &[u8; 2],
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write_one: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(*open);
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_one(item, out);
    }
    out.push(*close);
}

/// RFC 8785 escapes what serde_json escapes, in the same way.
fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing to a vector can't fail.
    let _ = serde_json::to_writer(out, text);
}

/// RFC 8785 sorts keys by UTF-16 code units.
fn by_code_units(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_big_integers_quoted() {
        let value = json!({"b": 1.0, "a": [9_007_199_254_740_993_u64, -1, "é"]});
        assert_eq!(
            String::from_utf8(to_vec(&value)).unwrap(),
            r#"{"a":["9007199254740993",-1,"é"],"b":1}"#
        );
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_992_i64..=9_007_199_254_740_992).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(
                    "[a-c\u{e000}-\u{e002}\u{10000}-\u{10002}]{0,2}|\\PC*",
                    inner,
                    0..6
                )
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Where no integer is big, it is what another implementation of RFC 8785 gives.
        #[test]
        fn the_encoding_is_rfc_8785(value in values()) {
            let known = serde_json_canonicalizer::to_vec(&value).unwrap();
            prop_assert_eq!(
                String::from_utf8(value_to_vec(&value)).unwrap(),
                String::from_utf8(known).unwrap()
            );
        }
    }
}
