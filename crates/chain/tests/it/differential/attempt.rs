//! Random transactions.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEnvelope, TxLegacy};
use alloy_eips::Encodable2718;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use alloy_sol_types::SolCall;
use daedal_chain::contracts::{ReceiptAnchor, TestDollar, TestWrappedNative};

use super::{Pair, SIGNERS};
use crate::support::{HUNDRED, signer};

/// Opcodes that ask about time, randomness, miner or the blocks before.
const FOREIGN: &[u8] = &[0x40, 0x41, 0x42, 0x44, 0x4a];

/// What is tried.
pub(super) struct Attempt {
    pub(super) raw: Bytes,
    pub(super) from: usize,
    /// Whether the number is one that only a node with a waiting room accepts.
    pub(super) is_early: bool,
}

impl Pair {
    fn account(&mut self) -> usize {
        usize::try_from(self.chance.below(u64::from(SIGNERS))).unwrap()
    }

    pub(super) fn target(&mut self) -> Address {
        let known = self.contracts.len() as u64;
        match self.chance.below(known + 4) {
            place if place < known => self.contracts[usize::try_from(place).unwrap()],
            place if place == known => {
                Address::with_last_byte(u8::try_from(self.chance.below(18)).unwrap())
            }
            _ => signer(u8::try_from(1 + self.chance.below(6)).unwrap()).address(),
        }
    }

    /// Code that stays away from what differs between nodes.
    fn program(&mut self) -> Vec<u8> {
        const LIKELY: &[u8] = &hex!(
            "6001 6002 6080 6020 6000 01 02 03 04 06 0a 10 14 16 19 1b 20 30 31 32 33 34 35 36 37"
            "38 39 3a 3b 3d 3f 46 47 48 50 51 52 53 54 55 58 59 5a 5b 5c 5d 5e 5f 80 81 82 90 91 a0 a1"
        );
        let length = 8 + self.chance.below(60);
        let mut code: Vec<u8> = (0..length)
            .map(|_| match self.chance.below(12) {
                0 => self.chance.next().to_le_bytes()[0],
                1..4 => 0x5f,
                _ => LIKELY[usize::try_from(self.chance.below(LIKELY.len() as u64)).unwrap()],
            })
            .map(|byte| if FOREIGN.contains(&byte) { 0x00 } else { byte })
            .collect();
        // Every third reverts with what is in memory.
        if self.chance.below(3) == 0 {
            code.extend(hex!("60205ffd"));
        }
        code
    }

    fn creation(&mut self) -> Bytes {
        match self.chance.below(6) {
            0 => TestDollar::BYTECODE.clone(),
            1 => TestWrappedNative::BYTECODE.clone(),
            2 => ReceiptAnchor::BYTECODE.clone(),
            3 => self.program().into(),
            _ => {
                // Returns a random program as the contract's code.
                let code = self.program();
                let length = u8::try_from(code.len()).unwrap();
                let mut all = vec![
                    0x60, length, 0x60, 12, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3,
                ];
                all.extend(code);
                all.into()
            }
        }
    }

    pub(super) fn input(&mut self) -> Bytes {
        let to = self.target();
        let value = U256::from(self.chance.below(1000));
        let word = B256::from(U256::from(self.chance.next()));
        match self.chance.below(9) {
            0 => TestDollar::mintCall { to, amount: value }.abi_encode(),
            1 => TestDollar::transferCall { to, value }.abi_encode(),
            2 => TestDollar::approveCall { spender: to, value }.abi_encode(),
            3 => TestDollar::transferFromCall {
                from: to,
                to,
                value,
            }
            .abi_encode(),
            4 => TestDollar::permitCall {
                owner: to,
                spender: to,
                value,
                deadline: U256::MAX,
                v: 27,
                r: word,
                s: word,
            }
            .abi_encode(),
            5 => ReceiptAnchor::anchorCall {
                root: word,
                count: value,
                uri: "x".repeat(usize::try_from(self.chance.below(80)).unwrap()),
            }
            .abi_encode(),
            6 => TestWrappedNative::depositCall {}.abi_encode(),
            7 => TestWrappedNative::withdrawCall { amount: value }.abi_encode(),
            _ => {
                let length = self.chance.below(100);
                self.chance.bytes(length)
            }
        }
        .into()
    }

    pub(super) fn attempt(&mut self) -> Attempt {
        let from = self.account();
        let mut nonce = self.nonces[from];
        let mut chain_id = self.ours.chain_id();
        let mut value = match self.chance.below(3) {
            0 => U256::from(self.chance.below(1_000_000)),
            _ => U256::ZERO,
        };
        let mut gas_limit = 3_000_000;
        let (mut to, mut input) = (TxKind::Call(self.target()), self.input());
        let mut is_early = false;
        match self.chance.below(20) {
            0..5 => (to, input) = (TxKind::Create, self.creation()),
            5..7 => input = Bytes::new(),
            // Runs out of gas, or hasn't enough to begin.
            7 => gas_limit = 20_000,
            8..10 => gas_limit = floor(&input) + LISTED + self.chance.below(40_000),
            10 => nonce = nonce.saturating_sub(1 + self.chance.below(3)),
            11 => {
                nonce += 1 + self.chance.below(3);
                is_early = true;
            }
            12 => value = HUNDRED * U256::from(3),
            13 => chain_id += 1,
            _ => {}
        }
        let signer = signer(u8::try_from(from + 1).unwrap());
        // anvil doesn't look at the chain of a legacy transaction; we do, as geth does.
        let kinds = if chain_id == self.ours.chain_id() {
            4
        } else {
            1
        };
        let envelope: TxEnvelope = match 4 - kinds + self.chance.below(kinds) {
            0 => {
                let mut transaction = TxLegacy {
                    chain_id: Some(chain_id),
                    nonce,
                    gas_price: 0,
                    gas_limit,
                    to,
                    value,
                    input,
                };
                let signature = signer.sign_transaction_sync(&mut transaction).unwrap();
                transaction.into_signed(signature).into()
            }
            1 => {
                let item = AccessListItem {
                    address: self.target(),
                    storage_keys: vec![B256::ZERO, B256::with_last_byte(1)],
                };
                let mut transaction = TxEip2930 {
                    chain_id,
                    nonce,
                    gas_price: 0,
                    gas_limit,
                    to,
                    value,
                    access_list: AccessList(vec![item]),
                    input,
                };
                let signature = signer.sign_transaction_sync(&mut transaction).unwrap();
                transaction.into_signed(signature).into()
            }
            _ => {
                let mut transaction = TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    to,
                    value,
                    input,
                    ..TxEip1559::default()
                };
                let signature = signer.sign_transaction_sync(&mut transaction).unwrap();
                transaction.into_signed(signature).into()
            }
        };
        Attempt {
            raw: envelope.encoded_2718().into(),
            from,
            is_early,
        }
    }
}

/// Gas that the list of accessed storage costs (EIP-2930), which anvil looks at as late.
const LISTED: u64 = 2_400 + 2 * 1_900;

/// Gas that data costs at least (EIP-7623). anvil lets less into its waiting room, and leaves it
/// there.
fn floor(input: &[u8]) -> u64 {
    let tokens: u64 = input
        .iter()
        .map(|byte| if *byte == 0 { 1 } else { 4 })
        .sum();
    21_000 + 10 * tokens
}
