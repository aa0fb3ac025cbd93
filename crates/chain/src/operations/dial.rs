//! Dials of a work: which are governed, where they stand, and where they stood at a block.

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolError;

use super::{Ledgers, OperationError, ParameterSpec, small};
use crate::client::{BlockPin, ClientError};
use crate::contracts::ProcessRegistry as registry;

/// A governed dial as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Dial {
    /// Its value, and the bounds within which it can be moved.
    pub spec: ParameterSpec,
    /// When it was moved, or registered, in seconds since 1970.
    pub moved_at: u64,
}

impl Dial {
    /// When it may be moved again.
    #[must_use]
    pub fn movable_at(&self) -> u64 {
        self.moved_at.saturating_add(u64::from(self.spec.cooldown))
    }
}

impl Ledgers {
    /// A governed dial of a work; none if the work has no such dial.
    pub async fn dial(&self, work: u64, name: B256) -> Result<Option<Dial>, OperationError> {
        self.dial_in(None, work, name).await
    }

    /// The same as it stood at a block.
    pub async fn dial_at(
        &self,
        block: BlockPin,
        work: u64,
        name: B256,
    ) -> Result<Option<Dial>, OperationError> {
        self.dial_in(Some(block), work, name).await
    }

    async fn dial_in(
        &self,
        block: Option<BlockPin>,
        work: u64,
        name: B256,
    ) -> Result<Option<Dial>, OperationError> {
        let call = registry::parameterOfCall {
            work: U256::from(work),
            name,
        };
        let at = self.at.registry;
        let found = match block {
            Some(block) => self.client.read_at(block, at, &call).await,
            None => self.read(at, &call).await,
        };
        let unknown = registry::Registry_UnknownParameter::SELECTOR;
        let found = match found {
            Ok(found) => found,
            Err(ClientError::Reverted { data, .. }) if data.starts_with(&unknown) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Some(Dial {
            spec: ParameterSpec {
                name,
                value: found.value,
                min: found.min,
                max: found.max,
                step: found.step,
                cooldown: found.cooldown,
                decimals: found.decimals,
            },
            moved_at: small(U256::from(found.changedAt)),
        }))
    }
}
