//! Amounts of money on a chain, with their units.

use alloy_primitives::U256;
use alloy_primitives::utils::{format_units, parse_units};
use daedal_chain::operations::Coin;
use daedal_core::economy::Asset;

use crate::failure::Failure;

/// What an edition costs in the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    /// In wei, or in millionths of the stablecoin.
    pub(crate) units: u128,
    /// Whether it is in the chain's own coin.
    pub(crate) in_native: bool,
}

/// Reads `5 USDC` or `0.01 ETH` where the coins of the chain need not be known yet.
pub(crate) fn price(text: &str) -> Result<Price, Failure> {
    let (amount, unit) = split(text)?;
    let (decimals, in_native) = match unit.to_ascii_uppercase().as_str() {
        "USDC" | "USD" => (6, false),
        "ETH" => (18, true),
        other => {
            return Err(wrong(
                text,
                &format!("`{other}` is no unit of it"),
                "`5 USDC`",
            ));
        }
    };
    let units = digits(text, amount, decimals)?;
    let units = u128::try_from(units).map_err(|_| wrong(text, "it is too large", "`5 USDC`"))?;
    Ok(Price { units, in_native })
}

/// The coins that a work accounts for.
#[derive(Debug, Clone)]
pub(crate) struct Coins {
    pub(crate) native: Coin,
    pub(crate) stablecoin: Coin,
}

impl Coins {
    pub(crate) fn of(&self, asset: Asset) -> &Coin {
        match asset {
            Asset::Native => &self.native,
            Asset::Stablecoin => &self.stablecoin,
        }
    }

    /// Reads an amount in one of the coins. `USDC` and `USD` mean the stablecoin, whatever it is called.
    pub(crate) fn read(&self, text: &str) -> Result<(Asset, U256), Failure> {
        let (amount, unit) = split(text)?;
        let asset = self.asset(unit).ok_or_else(|| {
            let known = format!(
                "the work accounts for {} and {}",
                self.stablecoin.symbol, self.native.symbol
            );
            let example = format!("`5 {}`", self.stablecoin.symbol);
            wrong(
                text,
                &format!("`{unit}` is no unit of it, and {known}"),
                &example,
            )
        })?;
        let units = digits(text, amount, self.of(asset).decimals)?;
        Ok((asset, units))
    }

    /// The asset that a unit means.
    pub(crate) fn asset(&self, unit: &str) -> Option<Asset> {
        let is = |name: &str| unit.eq_ignore_ascii_case(name);
        match () {
            () if is(&self.native.symbol) => Some(Asset::Native),
            () if is(&self.stablecoin.symbol) || is("USDC") || is("USD") => Some(Asset::Stablecoin),
            () => None,
        }
    }

    /// An amount with its unit: `5 USDC`.
    pub(crate) fn told(&self, asset: Asset, amount: U256) -> String {
        told(self.of(asset), amount)
    }
}

/// An amount with its unit, all digits that matter and no others.
pub(crate) fn told(coin: &Coin, amount: U256) -> String {
    format!("{} {}", plain(amount, coin.decimals), coin.symbol)
}

/// A count of smallest units as a decimal number.
pub(crate) fn plain(amount: U256, decimals: u8) -> String {
    let text = format_units(amount, decimals).unwrap_or_else(|_| amount.to_string());
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Reads how many shares of a work are meant, of which there are `supply`: `300`, `0.5`, or a part of all, `40%`.
pub(crate) fn shares_of(text: &str, supply: U256) -> Result<U256, Failure> {
    match text.trim().ends_with('%') {
        true => Ok(supply * U256::from(super::percent(text)?.0) / U256::from(10_000)),
        false => shares(text),
    }
}

/// Reads a count of shares, which have 18 digits behind the point.
pub(crate) fn shares(text: &str) -> Result<U256, Failure> {
    digits(text, text.trim(), 18)
}

/// Reads what a unit of gas may cost, `2.5 gwei`, in wei.
pub(crate) fn gwei(text: &str) -> Result<u128, Failure> {
    let wei = text
        .trim()
        .strip_suffix("gwei")
        .and_then(|amount| parse_units(amount.trim(), "gwei").ok())
        .and_then(|wei| u128::try_from(wei.get_absolute()).ok())
        .filter(|wei| *wei > 0);
    wei.ok_or_else(|| {
        Failure::new(format!(
            "`max_fee` under [chain] is `{text}`, which is no price of gas"
        ))
        .help("write what a unit of gas may cost, such as \"2.5 gwei\"")
    })
}

fn split(text: &str) -> Result<(&str, &str), Failure> {
    let (amount, unit) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| wrong(text, "it has no unit", "`5 USDC` or `0.01 ETH`"))?;
    Ok((amount, unit.trim()))
}

fn digits(text: &str, amount: &str, decimals: u8) -> Result<U256, Failure> {
    let example = match text == amount {
        true => "`5` or `0.25`",
        false => "`5 USDC` or `0.01 ETH`",
    };
    let part = amount.split_once('.').map_or("", |(_, part)| part);
    if part.len() > usize::from(decimals) {
        let why = format!("it has more than {decimals} digits behind the point");
        return Err(wrong(text, &why, example));
    }
    let is_number = amount
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && amount.bytes().any(|byte| byte.is_ascii_digit())
        && amount.bytes().filter(|byte| *byte == b'.').count() <= 1;
    if !is_number {
        return Err(wrong(
            text,
            &format!("`{amount}` is not an amount"),
            example,
        ));
    }
    parse_units(amount, decimals)
        .map(|units| units.get_absolute())
        .map_err(|_| wrong(text, "it is too large", example))
}

fn wrong(text: &str, why: &str, example: &str) -> Failure {
    Failure::new(format!("`{text}` can't be meant: {why}"))
        .help(format!("write an amount, such as {example}"))
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

    #[test]
    fn amounts_are_read_and_told_in_the_coins_of_the_work() {
        let coins = Coins {
            native: Coin::native(),
            stablecoin: Coin {
                address: Default::default(),
                symbol: "TESTUSD".to_owned(),
                decimals: 6,
            },
        };
        for (text, told) in [
            ("5 usdc", "5 TESTUSD"),
            ("0.25 TESTUSD", "0.25 TESTUSD"),
            ("100.000001 USD", "100.000001 TESTUSD"),
            ("0.01 ETH", "0.01 ETH"),
        ] {
            let (asset, units) = coins.read(text).unwrap();
            assert_eq!(coins.told(asset, units), told);
        }
        let refused = coins.read("5 EUR").unwrap_err().render();
        assert!(refused.contains("TESTUSD and ETH"), "{refused}");
        assert_eq!(
            shares("0.5").unwrap(),
            U256::from(5) * U256::from(10).pow(U256::from(17))
        );
        assert_eq!(
            shares_of("2.5%", U256::from(1_000)).unwrap(),
            U256::from(25)
        );
        assert_eq!(
            shares_of("0.5", U256::ZERO).unwrap(),
            shares("0.5").unwrap()
        );
        assert!(shares_of("101%", U256::from(1_000)).is_err());
        assert!(shares("five").is_err() && shares(".").is_err() && shares("").is_err());
    }
}
