//! The most that a conversation can cost, before it begins.

use std::sync::Arc;

use daedal_core::UsdMicros;

use super::models::Model;

/// Tokens that a provider adds around all of a conversation.
const AROUND_ALL: u64 = 256;
/// Tokens that a provider adds around each message.
const AROUND_EACH: u64 = 32;
/// Longest request to answer once more, in bytes.
const REPAIR_BYTES_MAX: usize = 2_048;

/// How much is sent. A token is at least one byte of text, so that no text has more tokens than bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) messages: u64,
    pub(super) images: u64,
}

impl Size {
    /// More tokens than it has.
    pub(super) fn tokens(self, image_tokens: u32) -> u64 {
        AROUND_ALL
            + self.bytes
            + self.messages * AROUND_EACH
            + self.images * u64::from(image_tokens)
    }

    /// The size after an answer, which had so many tokens at most, and a request to repair it.
    pub(super) fn after(self, answer: u64, answer_tokens: u64, request: u64) -> Self {
        let answer = answer.min(answer_tokens);
        Self {
            bytes: self.bytes + answer + request,
            messages: self.messages + 2,
            ..self
        }
    }
}

/// The most that a conversation costs with whichever model answers. What a model wrote is read again, at as many
/// tokens, when it is asked to repair it.
pub(super) fn cost_max(
    chain: &[Arc<Model>],
    size: Size,
    max_tokens: Option<u32>,
    repairs_max: u32,
) -> UsdMicros {
    let of = |model: &Arc<Model>| {
        let answer = u64::from(max_tokens.unwrap_or(model.answer_tokens));
        let own = size.tokens(model.image_tokens);
        let grown = answer + REPAIR_BYTES_MAX as u64 + 2 * AROUND_EACH;
        (0..=u64::from(repairs_max)).fold(UsdMicros::default(), |sum, round| {
            sum.saturating_add(model.price.of(own + round * grown, answer))
        })
    };
    chain
        .iter()
        .map(of)
        .max_by_key(|cost| cost.0)
        .unwrap_or_default()
}

/// The request to answer once more.
pub(super) fn repair(told: &str) -> String {
    short(
        format!(
            "That does not have the form that was asked for: {told}\nAnswer again, with the whole JSON and nothing else."
        ),
        REPAIR_BYTES_MAX,
    )
}

/// What is said of a call that can't be done; there may be several.
pub(super) fn refusal(told: &str) -> String {
    let told = format!("It was not done: {told}. Call again, as the tool takes it.");
    short(told, REPAIR_BYTES_MAX / 16)
}

fn short(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_request_to_repair_stays_short(told in ".{0,4000}") {
            prop_assert!(repair(&told).len() <= REPAIR_BYTES_MAX);
        }

        #[test]
        fn an_estimate_covers_what_is_sent(text in ".{0,300}", images in 0_u64..4) {
            let size = Size { bytes: text.len() as u64, messages: 1, images };
            prop_assert!(size.tokens(100) >= text.chars().count() as u64 + images * 100);
        }
    }
}
