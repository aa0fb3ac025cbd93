//! What tokens cost.

use daedal_core::UsdMicros;

use super::settings::Kind;

/// Price of a million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Price {
    input: UsdMicros,
    output: UsdMicros,
    /// From so many tokens of a prompt on, the prices of the whole call.
    long: Option<(u64, UsdMicros, UsdMicros)>,
}

impl Price {
    /// The same for every length.
    pub(super) fn flat(input: UsdMicros, output: UsdMicros) -> Self {
        Self {
            input,
            output,
            long: None,
        }
    }

    /// What a call costs; parts of a millionth count whole.
    pub(super) fn of(self, input: u64, output: u64) -> UsdMicros {
        let (input_price, output_price) = match self.long {
            Some((from, input_price, output_price)) if input > from => (input_price, output_price),
            _ => (self.input, self.output),
        };
        let part = |price: UsdMicros, tokens: u64| u128::from(price.0) * u128::from(tokens);
        let cost = (part(input_price, input) + part(output_price, output)).div_ceil(1_000_000);
        UsdMicros(u64::try_from(cost).unwrap_or(u64::MAX))
    }
}

/// A row of the table: kind, model, price of a million tokens in and out in cents of a US dollar, and the prices from
/// so many tokens on.
type Row = (Kind, &'static str, u64, u64, Option<(u64, u64, u64)>);

/// List prices of providers, as they stood on 2026-08-05; `price` under `[llm.NAME]` overrides them. From the
/// providers' pages (openai.com/api/pricing, platform.claude.com/docs/en/about-claude/pricing,
/// ai.google.dev/gemini-api/docs/pricing) as collected by github.com/simonw/llm-prices at 723ef0b.
/// Lower prices for cached or batched tokens are not counted: a cost is rather told too high.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    (Kind::OpenAi, "gpt-4o", 250, 1_000, None),
    (Kind::OpenAi, "gpt-4o-mini", 15, 60, None),
    (Kind::OpenAi, "gpt-4.1", 200, 800, None),
    (Kind::OpenAi, "gpt-4.1-mini", 40, 160, None),
    (Kind::OpenAi, "gpt-4.1-nano", 10, 40, None),
    (Kind::OpenAi, "o4-mini", 110, 440, None),
    (Kind::OpenAi, "gpt-5", 125, 1_000, None),
    (Kind::OpenAi, "gpt-5-mini", 25, 200, None),
    (Kind::OpenAi, "gpt-5-nano", 5, 40, None),
    (Kind::OpenAi, "gpt-5.1", 125, 1_000, None),
    (Kind::OpenAi, "gpt-5.2", 175, 1_400, None),
    (Kind::OpenAi, "gpt-5.4", 250, 1_500, Some((272_000, 500, 2_250))),
    (Kind::OpenAi, "gpt-5.4-mini", 75, 450, None),
    (Kind::OpenAi, "gpt-5.4-nano", 20, 125, None),
    (Kind::OpenAi, "gpt-5.5", 500, 3_000, Some((272_000, 1_000, 4_500))),
    (Kind::Anthropic, "claude-haiku-4-5", 100, 500, None),
    (Kind::Anthropic, "claude-sonnet-4-5", 300, 1_500, Some((200_000, 600, 2_250))),
    (Kind::Anthropic, "claude-sonnet-5", 300, 1_500, None),
    (Kind::Anthropic, "claude-opus-4-1", 1_500, 7_500, None),
    (Kind::Anthropic, "claude-opus-4-5", 500, 2_500, None),
    (Kind::Anthropic, "claude-opus-4-6", 500, 2_500, None),
    (Kind::Anthropic, "claude-opus-4-7", 500, 2_500, None),
    (Kind::Anthropic, "claude-opus-4-8", 500, 2_500, None),
    (Kind::Gemini, "gemini-2.5-pro", 125, 1_000, Some((200_000, 250, 1_500))),
    (Kind::Gemini, "gemini-2.5-flash", 30, 250, None),
    (Kind::Gemini, "gemini-2.5-flash-lite", 10, 40, None),
    (Kind::Gemini, "gemini-3.5-flash", 150, 900, None),
    (Kind::Gemini, "gemini-3.5-flash-lite", 30, 250, None),
    (Kind::Gemini, "gemini-3.6-flash", 150, 750, None),
];

/// What a provider's own model costs; `gpt-5-mini-2025-08-07` is `gpt-5-mini`.
pub(super) fn shipped(kind: Kind, model: &str) -> Option<Price> {
    let is_dated = |rest: &str| {
        let digits = rest.strip_prefix('-').unwrap_or_default();
        digits.len() >= 8
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    let fits = |name: &str| {
        let rest = model.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || is_dated(rest))
    };
    let (_, _, input, output, long) = TABLE.iter().find(|row| row.0 == kind && fits(row.1))?;
    let cents = |cents: u64| UsdMicros(cents * 10_000);
    Some(Price {
        input: cents(*input),
        output: cents(*output),
        long: long.map(|(from, input, output)| (from, cents(input), cents(output))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_million_tokens_cost_their_price() {
        let price = shipped(Kind::OpenAi, "gpt-5-mini").unwrap();
        assert_eq!(price.of(1_000_000, 0), UsdMicros(250_000));
        assert_eq!(price.of(0, 1_000_000), UsdMicros(2_000_000));
        assert_eq!(price.of(1, 0), UsdMicros(1));
        assert_eq!(Price::default().of(u64::MAX, u64::MAX), UsdMicros(0));
    }

    #[test]
    fn a_dated_model_costs_what_the_model_does_and_a_relative_is_another() {
        let of = |model| shipped(Kind::OpenAi, model);
        assert_eq!(of("gpt-4o-mini-2024-07-18"), of("gpt-4o-mini"));
        assert_ne!(of("gpt-4o-mini"), of("gpt-4o"));
        assert_eq!(of("gpt-4o-audio-preview"), None);
        assert_eq!(of("claude-sonnet-5"), None);
        let haiku = shipped(Kind::Anthropic, "claude-haiku-4-5-20251001");
        assert_eq!(haiku, shipped(Kind::Anthropic, "claude-haiku-4-5"));
    }

    #[test]
    fn a_long_prompt_costs_more_from_its_limit_on() {
        let price = shipped(Kind::Gemini, "gemini-2.5-pro").unwrap();
        assert_eq!(price.of(200_000, 0), UsdMicros(250_000));
        assert_eq!(price.of(200_001, 0), UsdMicros(500_003));
    }

    proptest! {
        #[test]
        fn more_tokens_never_cost_less(input in 0_u64..1_000_000, output in 0_u64..1_000_000, more in 0_u64..1_000) {
            for row in TABLE {
                let price = shipped(row.0, row.1).unwrap();
                prop_assert!(price.of(input + more, output) >= price.of(input, output));
                prop_assert!(price.of(input, output + more) >= price.of(input, output));
            }
        }
    }
}
