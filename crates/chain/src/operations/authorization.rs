//! Payments that somebody signs, and anybody brings (ERC-3009).

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{Eip712Domain, SolStruct, sol};
use serde::{Deserialize, Serialize};

use super::commission::encoded;
use super::{Act, CommissionTerms, Ledgers, OperationError};
use crate::client::ClientError;
use crate::contracts::{Commissions, TestDollar as token};

sol! {
    /// What the payer of a commission signs, as ERC-3009 has it.
    struct ReceiveWithAuthorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }
}

/// A signed payment into escrow: it opens one commission, and can be used for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authorization {
    /// Seconds since 1970, after which it holds.
    pub valid_after: u64,
    /// Seconds since 1970, before which it holds.
    pub valid_before: u64,
    /// The client's signature; a contract's, by ERC-1271.
    pub signature: Bytes,
}

impl Ledgers {
    /// What the client of a commission signs so that anybody can open it: the EIP-712 hash of
    /// `ReceiveWithAuthorization` to the commissions contract, with the commission's digest as its nonce.
    pub async fn authorization_hash(
        &self,
        terms: &CommissionTerms,
        valid_after: u64,
        valid_before: u64,
    ) -> Result<B256, OperationError> {
        let domain = self.token_domain(terms).await?;
        let message = ReceiveWithAuthorization {
            from: terms.client,
            to: self.at.commissions,
            value: terms.price,
            validAfter: U256::from(valid_after),
            validBefore: U256::from(valid_before),
            nonce: self.commission_id(terms).await?,
        };
        Ok(message.eip712_signing_hash(&domain))
    }

    /// Orders a run that its client has paid by an authorization. Anyone's.
    pub fn open_commission_by(
        &self,
        terms: &CommissionTerms,
        authorization: &Authorization,
    ) -> Result<Act, OperationError> {
        let call = Commissions::openWithAuthorizationCall {
            terms: encoded(terms)?,
            validAfter: U256::from(authorization.valid_after),
            validBefore: U256::from(authorization.valid_before),
            signature: authorization.signature.clone(),
        };
        Ok(Act::call(self.at.commissions, &call))
    }

    /// Whether the client used or cancelled the authorization that would open this commission.
    pub async fn is_authorization_used(
        &self,
        terms: &CommissionTerms,
        id: B256,
    ) -> Result<bool, OperationError> {
        let call = token::authorizationStateCall {
            authorizer: terms.client,
            nonce: id,
        };
        Ok(self.read(terms.asset, &call).await?)
    }

    /// The EIP-712 domain of a stablecoin, by its own word.
    async fn token_domain(&self, terms: &CommissionTerms) -> Result<Eip712Domain, OperationError> {
        let at = terms.asset;
        let takes_none = || {
            OperationError::Input(format!(
                "the coin at {at} takes no signed payments (ERC-3009): open the commission itself"
            ))
        };
        if at.is_zero() {
            return Err(takes_none());
        }
        let told = async {
            let name = self.read(at, &token::nameCall {}).await?;
            let version = self.read(at, &token::versionCall {}).await?;
            let separator = self.read(at, &token::DOMAIN_SEPARATORCall {}).await?;
            Ok::<_, ClientError>((name, version, separator))
        };
        let (name, version, separator) = match told.await {
            Ok(told) => told,
            Err(ClientError::Reverted { .. } | ClientError::Lie { .. }) => {
                return Err(takes_none());
            }
            Err(error) => return Err(error.into()),
        };
        let chain = U256::from(self.client.chain_id());
        let domain = Eip712Domain::new(
            Some(name.into()),
            Some(version.into()),
            Some(chain),
            Some(at),
            None,
        );
        match domain.separator() == separator {
            true => Ok(domain),
            false => Err(takes_none()),
        }
    }
}
