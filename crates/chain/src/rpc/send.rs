//! Methods that change the chain.

use alloy_primitives::{Bytes, U64};
use serde::Deserialize;

use super::{Answer, Params, Rpc, RpcError, raw, shapes};
use crate::embedded::Mined;

/// A number as a quantity, a decimal text or a plain number: tools differ.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(i64),
    Quantity(U64),
    Text(String),
}

impl Seconds {
    fn value(&self) -> Result<i64, RpcError> {
        let wrong = || RpcError::params("expected a number of seconds");
        match self {
            Self::Number(seconds) => Ok(*seconds),
            Self::Quantity(seconds) => i64::try_from(seconds.to::<u64>()).map_err(|_| wrong()),
            Self::Text(text) => text.parse().map_err(|_| wrong()),
        }
    }
}

impl Rpc {
    pub(super) async fn change(&self, method: &str, params: &Params<'_>) -> Answer {
        match method {
            "eth_sendRawTransaction" => {
                let mined = self.send(params).await?;
                raw(&mined.hash)
            }
            "eth_sendRawTransactionSync" => {
                let mined = self.send(params).await?;
                self.receipt_of(mined)
            }
            _ if !self.may_move_time => Err(RpcError::unsupported(
                "the clock of this chain can't be moved from here; use `daedal time`",
            )),
            "evm_increaseTime" => {
                let seconds: Seconds = params.at(0, "seconds")?;
                raw(&self.chain.shift_time(seconds.value()?).await?)
            }
            "evm_setNextBlockTimestamp" => {
                let time: Seconds = params.at(0, "timestamp")?;
                let time = time.value()?;
                let newest = self.chain.view().head.header.timestamp;
                if u64::try_from(time).is_ok_and(|time| time < newest) || time < 0 {
                    return Err(RpcError::params(format!(
                        "{time} is before the newest block, at {newest}; time only goes forward"
                    )));
                }
                let now = self
                    .chain
                    .wall_time()
                    .saturating_add_signed(self.chain.offset());
                let shift = time.saturating_sub_unsigned(now);
                raw(&self.chain.shift_time(shift).await?)
            }
            _ => {
                let number = self.chain.mine_empty().await?;
                raw(&U64::from(number))
            }
        }
    }

    async fn send(&self, params: &Params<'_>) -> Result<Mined, RpcError> {
        let bytes: Bytes = params.at(0, "transaction")?;
        Ok(self.chain.send(&bytes).await?)
    }

    fn receipt_of(&self, mined: Mined) -> Answer {
        let view = self.chain.view();
        let block = view.block(mined.block)?;
        let entry = view.entry(mined.block, mined.index)?;
        match block.zip(entry) {
            Some((block, entry)) => raw(&shapes::receipt(&block, &entry, mined.index)?),
            None => raw(&()),
        }
    }
}
