//! Amounts of money on a chain.

use crate::failure::Failure;

/// What an edition costs in the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    /// In wei, or in millionths of the stablecoin.
    pub(crate) units: u128,
    /// Whether it is in the chain's own coin.
    pub(crate) in_native: bool,
}

/// Reads `5 USDC` or `0.01 ETH`.
pub(crate) fn price(text: &str) -> Result<Price, Failure> {
    let wrong = |why: String| {
        Failure::new(format!("the price `{text}` can't be meant: {why}"))
            .help("write an amount and a unit, such as `5 USDC` or `0.01 ETH`")
    };
    let (amount, unit) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| wrong("it has no unit".to_owned()))?;
    let (decimals, in_native) = match unit.trim().to_ascii_uppercase().as_str() {
        "USDC" | "USD" => (6, false),
        "ETH" => (18, true),
        other => return Err(wrong(format!("`{other}` is no unit of it"))),
    };
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    if part.len() > decimals {
        return Err(wrong(format!(
            "it has more than {decimals} digits behind the point"
        )));
    }
    let digits = format!("{whole}{part:0<decimals$}");
    if digits.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Err(wrong(format!("`{amount}` is not an amount")));
    }
    let units = digits
        .parse()
        .map_err(|_| wrong("it is too large".to_owned()))?;
    Ok(Price { units, in_native })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        let units = |text: &str| price(text).map(|price| (price.units, price.in_native)).ok();
        assert_eq!(units("5 USDC"), Some((5_000_000, false)));
        assert_eq!(units("0.000001 usdc"), Some((1, false)));
        assert_eq!(units("0.01 ETH"), Some((10_000_000_000_000_000, true)));
        for wrong in [
            "5",
            "5 EUR",
            "0.0000001 USDC",
            "-1 USDC",
            "x ETH",
            "1.2.3 ETH",
        ] {
            assert_eq!(units(wrong), None, "{wrong}");
        }
    }
}
