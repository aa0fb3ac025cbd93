//! Names on chains: CAIP-2, CAIP-19, addresses, contracts.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use daedal_chain::operations::{Holder, Ledgers};

use super::refused;
use crate::failure::Failure;
use crate::hint;

/// CAIP-2 name of a chain.
pub(crate) fn chain_name(chain_id: u64) -> String {
    format!("eip155:{chain_id}")
}

/// CAIP-19 name of a token of an ERC-721 contract.
pub(crate) fn caip19(chain_id: u64, contract: Address, token: impl std::fmt::Display) -> String {
    let contract = contract.to_checksum(None);
    format!("{}/erc721:{contract}/{token}", chain_name(chain_id))
}

/// Refuses what can't name any work.
pub(super) fn is_work(name: &str) -> Result<(), Failure> {
    let is_caip19 = || {
        let (_, token) = name.strip_prefix("eip155:")?.split_once("/erc721:")?;
        token.rsplit_once('/')?.1.parse::<u64>().ok()
    };
    match name.parse::<u64>().is_ok() || is_caip19().is_some() {
        true => Ok(()),
        false => Err(Failure::new(format!("`{name}` is no work")).help(format!(
            "write its number, or its CAIP-19 name, such as eip155:8453/erc721:0x…/7; `{} show` lists \
             those of the registry",
            hint::daedal()
        ))),
    }
}

/// Refuses what can name neither a work nor a process, model or dataset of a studio.
pub(super) fn may_be_work(name: &str) -> Result<(), Failure> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !name.is_empty() && name.chars().all(is_name) {
        true => Ok(()),
        false => is_work(name),
    }
}

/// The number of a work, from its number or its CAIP-19 name on this chain and registry.
pub(crate) fn work_number(name: &str, reads: &Ledgers) -> Result<u64, Failure> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let (chain_id, registry) = (reads.client().chain_id(), reads.deployment().registry);
    let here = format!("{}/erc721:", chain_name(chain_id));
    let expected = || caip19(chain_id, registry, "NUMBER");
    let rest = name.strip_prefix(&here).ok_or_else(|| {
        Failure::new(format!("`{name}` is no work on chain {chain_id}")).help(format!(
            "expected {}; works upstream have to be on the same chain, and to look at another one, set `rpc` \
             under [chain]",
            expected()
        ))
    })?;
    let (contract, token) = rest.split_once('/').unwrap_or((rest, ""));
    let same = contract
        .parse::<Address>()
        .is_ok_and(|contract| contract == registry);
    match token.parse() {
        Ok(number) if same => Ok(number),
        _ => Err(
            Failure::new(format!("`{name}` is no work of this registry"))
                .help(format!("expected {}", expected())),
        ),
    }
}

/// An address, as a person gives it.
pub(crate) fn account(text: &str) -> Result<Address, Failure> {
    let failed = || {
        Failure::new(format!("`{text}` is not an address"))
            .help("write 0x and 40 hexadecimal digits, with the checksum's capitals or without any")
    };
    let address: Address = text.parse().map_err(|_| failed())?;
    let digits = &text[text.len().saturating_sub(40)..];
    let is_plain = digits == digits.to_lowercase() || digits == digits.to_uppercase();
    if !is_plain && address.to_checksum(None)[2..] != *digits {
        return Err(
            Failure::new(format!("the capitals of `{text}` do not fit its digits"))
                .help("a digit is wrong: copy the address again"),
        );
    }
    Ok(address)
}

/// What an account that acts through a contract (EIP-7702) has in the place of code begins with.
const DELEGATION: &[u8] = &[0xef, 0x01, 0x00];

/// The holders of shares of a work that are contracts, by what they are.
pub(crate) async fn contracts_among(
    reads: &Ledgers,
    work: u64,
    holders: &[Holder],
) -> Result<BTreeMap<Address, String>, Failure> {
    let mut found = BTreeMap::new();
    for Holder { account, .. } in holders {
        let code = reads.client().code(*account).await.map_err(refused)?;
        if !code.is_empty() && !code.starts_with(DELEGATION) {
            found.insert(*account, "a contract".to_owned());
        }
    }
    if found.is_empty() {
        return Ok(found);
    }
    let at = reads.deployment();
    let mut names = vec![
        (at.market, "the market".to_owned()),
        (at.commissions, "the escrow of commissions".to_owned()),
    ];
    for offering in reads.offerings(Some(work)).await.map_err(refused)? {
        names.push((offering.address, format!("offering {}", offering.number)));
    }
    let mut works = vec![work];
    for own in reads.collectives().await.map_err(refused)? {
        let collective = reads.collective(own).await.map_err(refused)?;
        if let Some(collective) = collective {
            let name = match own == work {
                true => "the collective's reserve".to_owned(),
                false => format!("the collective of work {own}"),
            };
            names.push((collective.address, name));
            works.push(own);
        }
    }
    for work in works {
        if let Some(treasury) = reads.treasury_of(work).await.map_err(refused)? {
            names.push((treasury, format!("the treasury of work {work}")));
        }
        if let Some(governor) = reads.governor_of(work).await.map_err(refused)? {
            names.push((governor.timelock, format!("the timelock of work {work}")));
        }
    }
    for (address, name) in names {
        found.entry(address).and_modify(|known| *known = name);
    }
    Ok(found)
}

/// A token's number, as a person gives it: decimal, or hexadecimal behind `0x`.
pub(crate) fn token(text: &str) -> Option<U256> {
    match text.strip_prefix("0x") {
        Some(digits) => U256::from_str_radix(digits, 16).ok(),
        None => U256::from_str_radix(text, 10).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_a_wrong_digit_are_refused() {
        let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert!(account(good).is_ok());
        assert!(account(&good.to_lowercase()).is_ok());
        assert!(account(&good.replace("5aA", "5aB")).is_err());
        assert!(account("0x12").is_err());
        assert!(account("tide").is_err());
    }

    #[test]
    fn tokens_are_read_in_both_bases() {
        assert_eq!(token("255"), token("0xff"));
        assert_eq!(token("f"), None);
    }
}
