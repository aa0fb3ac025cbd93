//! How a chain begins.

use alloy_primitives::{Address, U256, keccak256};

/// The digits that every embedded chain's id begins with, in hexadecimal: `0xDAEDA…`.
const CHAIN_ID_PREFIX: u64 = 0xD_AEDA;

/// What the first block holds. It is written once, when the chain is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// What signatures and wallets tell chains apart by; see [`chain_id_of`].
    pub chain_id: u64,
    /// Accounts, and what they own at the beginning, in wei.
    pub accounts: Vec<(Address, U256)>,
}

impl Genesis {
    /// The chain of `operator`, who begins with `balance` wei.
    #[must_use]
    pub fn of(operator: Address, balance: U256) -> Self {
        Self {
            chain_id: chain_id_of(operator),
            accounts: vec![(operator, balance)],
        }
    }
}

/// Id of the embedded chain that `operator` begins: `0xDAEDA` and the first four bytes of
/// `keccak256("daedal chain" ++ operator)`.
///
/// Each operator has an id of their own, because contracts have the same addresses on all embedded
/// chains: with one id for all, what was signed for one studio would hold in another, and a wallet
/// would take them for the same network. The prefix keeps ids away from those of public chains, and
/// below 2^52, beyond which wallets refuse them.
#[must_use]
pub fn chain_id_of(operator: Address) -> u64 {
    let digest = keccak256([b"daedal chain".as_slice(), operator.as_slice()].concat());
    let own = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    (CHAIN_ID_PREFIX << 32) | u64::from(own)
}

/// Whether the chain with this id is one that somebody keeps by themselves.
#[must_use]
pub fn is_embedded(chain_id: u64) -> bool {
    chain_id >> 32 == CHAIN_ID_PREFIX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_id_is_fixed_by_its_operator_and_fits_wallets() {
        let one = chain_id_of(Address::repeat_byte(1));
        assert_eq!(one >> 32, CHAIN_ID_PREFIX);
        assert_eq!(one, chain_id_of(Address::repeat_byte(1)));
        assert_ne!(one, chain_id_of(Address::repeat_byte(2)));
        // The largest that MetaMask takes.
        assert!((CHAIN_ID_PREFIX << 32) + u64::from(u32::MAX) <= 4_503_599_627_370_476);
    }
}
