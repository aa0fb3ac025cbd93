//! What can be proposed to a governor.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use daedal_core::digest::Digest;

use super::governance::call;
use super::treasury::counted;
use super::{Governor, Ledgers, OperationError, SeatOffer, small};
use crate::contracts::{
    Collective as collective, ProcessRegistry as registry, Treasury as treasury,
};

/// Something that votes can decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Motion {
    /// A dial moves.
    SetParameter {
        /// Of which work.
        work: u64,
        /// Which dial.
        name: B256,
        /// To what, in units of its last decimal.
        value: i64,
    },
    /// A version is published.
    Publish {
        /// Of which work.
        work: u64,
        /// What it is.
        bundle: Digest,
        /// Its metadata.
        uri: String,
    },
    /// An operator may draw from the treasury.
    Allow {
        /// The treasury.
        treasury: Address,
        /// Who may.
        operator: Address,
        /// In which money.
        asset: Address,
        /// At most in a period.
        amount: U256,
        /// Seconds.
        period: u32,
    },
    /// A collective offers a seat.
    Admit(SeatOffer),
}

impl Motion {
    /// What a call would do, if it is one of these.
    pub(super) fn read(target: Address, data: &[u8]) -> Option<Self> {
        let (selector, _) = data.split_first_chunk::<4>()?;
        match *selector {
            // The collective's is the same.
            registry::setParameterCall::SELECTOR => {
                let call = registry::setParameterCall::abi_decode(data).ok()?;
                Some(Self::SetParameter {
                    work: small(call.work),
                    name: call.name,
                    value: call.value,
                })
            }
            registry::publishCall::SELECTOR => {
                let call = registry::publishCall::abi_decode(data).ok()?;
                Some(Self::Publish {
                    work: small(call.work),
                    bundle: Digest(call.bundle.0),
                    uri: call.uri,
                })
            }
            treasury::setAllowanceCall::SELECTOR => {
                let call = treasury::setAllowanceCall::abi_decode(data).ok()?;
                Some(Self::Allow {
                    treasury: target,
                    operator: call.operator,
                    asset: call.asset,
                    amount: U256::from(call.amount),
                    period: call.period,
                })
            }
            collective::admitCall::SELECTOR => {
                let call = collective::admitCall::abi_decode(data).ok()?;
                Some(Self::Admit(SeatOffer {
                    member: call.offer.member,
                    work: small(call.offer.work),
                    work_shares: U256::from(call.offer.workShares),
                    shares: U256::from(call.offer.shares),
                    until: call.offer.until.to(),
                }))
            }
            _ => None,
        }
    }
}

impl Ledgers {
    /// A motion as the call that a proposal to this governor carries.
    pub fn call_of(
        &self,
        governor: &Governor,
        motion: &Motion,
    ) -> Result<(Address, Bytes), OperationError> {
        // What a collective pools is moved through the collective, which controls it.
        let through = |work: u64| match governor.collective {
            Some(collective) if work != governor.work => collective,
            _ => self.at.registry,
        };
        Ok(match motion {
            Motion::SetParameter { work, name, value } => call(
                through(*work),
                &registry::setParameterCall {
                    work: U256::from(*work),
                    name: *name,
                    value: *value,
                },
            ),
            Motion::Publish { work, bundle, uri } => call(
                through(*work),
                &registry::publishCall {
                    work: U256::from(*work),
                    bundle: bundle.0.into(),
                    uri: uri.clone(),
                },
            ),
            Motion::Allow {
                treasury,
                operator,
                asset,
                amount,
                period,
            } => call(
                *treasury,
                &treasury::setAllowanceCall {
                    operator: *operator,
                    asset: *asset,
                    amount: counted(*amount)?,
                    period: *period,
                },
            ),
            Motion::Admit(offer) => {
                let Some(at) = governor.collective else {
                    return Err(OperationError::Input(format!(
                        "work {} is governed by itself, and no collective: it has no seats to offer",
                        governor.work
                    )));
                };
                let offer = offer.encoded()?;
                call(at, &collective::admitCall { offer })
            }
        })
    }
}

/// A name as a word of the chain: `turbulence` in 32 bytes, if it is short enough.
#[must_use]
pub fn dial_name(name: &str) -> Option<B256> {
    let mut word = B256::ZERO;
    word.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
    Some(word)
}
