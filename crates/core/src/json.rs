//! JSON that strangers wrote.

use serde::de::DeserializeOwned;

/// Values in one document. The record of ten thousand tasks has about a million.
pub const VALUES_MAX: usize = 8_000_000;

/// Reads it, unless it is of so many values that they would take many times its length.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // Each but the first stands behind one of these; in texts they count, too.
    let marks = bytes
        .iter()
        .filter(|byte| matches!(**byte, b',' | b'[' | b'{'));
    if marks.count() > VALUES_MAX {
        return Err(format!(
            "it has more than {VALUES_MAX} values: records of so many are not read"
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_would_take_the_memory_is_not_read() {
        let long = [&b"[0"[..], &b",0".repeat(VALUES_MAX), b"]"].concat();
        let refused = read::<Value>(&long).unwrap_err();
        assert!(refused.contains("more than 8000000 values"), "{refused}");
        assert!(read::<Value>(b"[0,{\"a\":[]}]").is_ok());
    }
}
