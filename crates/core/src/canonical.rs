//! The one canonical encoding of everything that is hashed or signed: RFC 8785 JSON.

use serde::Serialize;
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
    let mut value = serde_json::to_value(value).unwrap_or(Value::Null);
    quote_big_integers(&mut value);
    serde_json_canonicalizer::to_vec(&value).unwrap_or_default()
}

/// The SHA-256 of the canonical encoding of `value`.
#[must_use]
pub fn digest<T: Serialize + ?Sized>(value: &T) -> Digest {
    Digest::of(&to_vec(value))
}

fn quote_big_integers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let big = number.as_u64().is_some_and(|n| n > INTEGER_MAX)
                || number
                    .as_i64()
                    .is_some_and(|n| n.unsigned_abs() > INTEGER_MAX);
            if big {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(quote_big_integers),
        Value::Object(fields) => fields.values_mut().for_each(quote_big_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_big_integers_quoted() {
        let value = json!({"b": 1.0, "a": [9_007_199_254_740_993_u64, -1, "é"]});
        assert_eq!(
            String::from_utf8(to_vec(&value)).unwrap(),
            r#"{"a":["9007199254740993",-1,"é"],"b":1}"#
        );
    }
}
