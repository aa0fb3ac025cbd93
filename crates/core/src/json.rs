//! JSON that strangers wrote.

use serde::de::DeserializeOwned;

/// Values in one document. The record of ten thousand tasks has about a million.
pub const VALUES_MAX: usize = 8_000_000;

/// Why a document is not read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It has more values than one may.
    #[error("it has more than {VALUES_MAX} values: records of so many are not read")]
    Long,
    /// It is none, or says something else.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
}

/// Reads it, unless it is of so many values that they would take many times its length.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    // Each but the first stands behind one of these; in texts they count, too.
    let marks = bytes
        .iter()
        .filter(|byte| matches!(**byte, b',' | b'[' | b'{'));
    if marks.count() > VALUES_MAX {
        return Err(JsonError::Long);
    }
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_would_take_the_memory_is_not_read() {
        let long = [&b"[0"[..], &b",0".repeat(VALUES_MAX), b"]"].concat();
        let refused = read::<Value>(&long).unwrap_err();
        assert!(matches!(refused, JsonError::Long), "{refused}");
        assert!(read::<Value>(b"[0,{\"a\":[]}]").is_ok());
    }
}
