//! A contract's custom errors in words.
//!
//! `Registry_RoyaltyTooHigh(uint256 bps, uint256 max)` becomes `registry: royalty too high (bps 6000,
//! max 5000)`: names of errors are written so that they can be read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use alloy_json_abi::Error as AbiError;
use alloy_primitives::{Address, B256, I256, U256, hex};
use alloy_sol_types::{Panic, Revert, SolError};

use crate::contracts;

/// Bytes of a text that are shown.
const TEXT_MAX: usize = 200;

/// All errors that the contracts declare, by selector.
static ERRORS: LazyLock<BTreeMap<[u8; 4], AbiError>> = LazyLock::new(|| {
    contracts::errors()
        .map(|error| (error.selector().0, error))
        .collect()
});

/// What a contract reverted with, in words.
#[must_use]
pub fn words(data: &[u8]) -> String {
    if let Ok(revert) = Revert::abi_decode(data) {
        return revert.reason;
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return panic.to_string();
    }
    let Some((selector, arguments)) = data.split_first_chunk::<4>() else {
        return "it gives no reason".to_owned();
    };
    match ERRORS.get(selector) {
        Some(error) => spell(error, arguments),
        None => format!("with the unknown error {}", hex::encode_prefixed(selector)),
    }
}

fn spell(error: &AbiError, arguments: &[u8]) -> String {
    let (who, what) = error.name.split_once('_').unwrap_or(("", &error.name));
    let mut text = if who.is_empty() {
        spaced(what)
    } else {
        format!("{}: {}", spaced(who), spaced(what))
    };
    let shown: Vec<String> = error
        .inputs
        .iter()
        .enumerate()
        .map(|(place, input)| {
            let value = value(&input.ty, arguments, place).unwrap_or_else(|| "?".to_owned());
            if input.name.is_empty() {
                value
            } else {
                format!("{} {value}", spaced(&input.name))
            }
        })
        .collect();
    if !shown.is_empty() {
        text.push_str(&format!(" ({})", shown.join(", ")));
    }
    text
}

/// `RoyaltyTooHigh` as `royalty too high`.
fn spaced(name: &str) -> String {
    let mut text = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        // A word begins after a small letter, or where one follows: `ERC721InvalidReceiver`.
        let begins = before.is_some_and(char::is_lowercase)
            || before.is_some() && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && begins {
            text.push(' ');
        }
        text.extend(c.to_lowercase());
    }
    text
}

/// The argument at `place`, if it is of a type that errors have.
fn value(kind: &str, arguments: &[u8], place: usize) -> Option<String> {
    let word = arguments.get(place * 32..place * 32 + 32)?;
    let number = U256::from_be_slice(word);
    Some(match kind {
        "address" => Address::from_slice(&word[12..]).to_string(),
        "bool" => (!number.is_zero()).to_string(),
        "string" => {
            let start = usize::try_from(number).ok()?;
            let length = arguments.get(start..start.checked_add(32)?)?;
            let length = usize::try_from(U256::from_be_slice(length)).ok()?;
            let text = arguments.get(start + 32..(start + 32).checked_add(length)?)?;
            let text: String = String::from_utf8_lossy(text)
                .chars()
                .take(TEXT_MAX)
                .collect();
            format!("\"{}\"", text.escape_debug())
        }
        _ if kind.starts_with("uint") => number.to_string(),
        _ if kind.starts_with("int") => I256::from_raw(number).to_string(),
        _ if kind.starts_with("bytes") => named(word),
        _ => return None,
    })
}

/// A word as text, if it holds some, as names of parameters do.
fn named(word: &[u8]) -> String {
    let text = word.split(|byte| *byte == 0).next().unwrap_or_default();
    let rest = &word[text.len()..];
    let is_text = !text.is_empty()
        && text.iter().all(u8::is_ascii_graphic)
        && rest.iter().all(|byte| *byte == 0);
    if is_text {
        format!("`{}`", String::from_utf8_lossy(text))
    } else {
        B256::from_slice(word).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::sol;

    sol! {
        error Registry_RoyaltyTooHigh(uint256 bps, uint256 max);
        error Registry_DuplicateParameter(bytes32 name);
        error Registry_TextLength(string text, uint256 max);
        error Elsewhere(uint256 reason);
    }

    #[test]
    fn a_custom_error_reads_as_a_sentence_with_its_values() {
        let high = Registry_RoyaltyTooHigh {
            bps: U256::from(6000),
            max: U256::from(5000),
        };
        assert_eq!(
            words(&high.abi_encode()),
            "registry: royalty too high (bps 6000, max 5000)"
        );
        let mut name = B256::ZERO;
        name[..5].copy_from_slice(b"grain");
        assert_eq!(
            words(&Registry_DuplicateParameter { name }.abi_encode()),
            "registry: duplicate parameter (name `grain`)"
        );
        let long = Registry_TextLength {
            text: "a\nb".to_owned(),
            max: U256::from(64),
        };
        assert_eq!(
            words(&long.abi_encode()),
            "registry: text length (text \"a\\nb\", max 64)"
        );
    }

    #[test]
    fn anything_else_is_told_apart_and_never_panics() {
        assert_eq!(words(b""), "it gives no reason");
        assert_eq!(words(&[1, 2]), "it gives no reason");
        assert_eq!(words(&[1, 2, 3, 4]), "with the unknown error 0x01020304");
        let unknown = Elsewhere { reason: U256::ONE };
        assert!(words(&unknown.abi_encode()).starts_with("with the unknown error"));
        assert_eq!(words(&Revert::from("no").abi_encode()), "no");
        let cut = Registry_TextLength {
            text: "abc".to_owned(),
            max: U256::ONE,
        };
        let cut = cut.abi_encode();
        for length in 0..cut.len() {
            assert!(!words(&cut[..length]).is_empty());
        }
    }

    #[test]
    fn names_of_standards_stay_words_of_their_own() {
        assert_eq!(spaced("RoyaltyTooHigh"), "royalty too high");
        assert_eq!(
            spaced("ERC721InsufficientApproval"),
            "erc721 insufficient approval"
        );
        assert_eq!(spaced("ERC20InvalidReceiver"), "erc20 invalid receiver");
        assert_eq!(spaced("baseURI"), "base uri");
    }
}
