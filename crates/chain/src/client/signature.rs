//! Signatures of contract accounts (ERC-1271).

use alloy_primitives::{Address, B256, Bytes};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::{SolCall, sol};
use serde_json::json;

use super::{BlockPin, Client, ClientError};

sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// What a contract says of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// It is its own.
    Yes,
    /// It isn't, or the contract knows nothing of signatures.
    No,
    /// There is no contract at that address.
    NoContract,
}

impl Client {
    /// Whether the contract at `account` takes `signature` for its own over `hash`: at `block`, or now. A node that
    /// has not kept the state of that block refuses to say.
    pub async fn accepts(
        &self,
        account: Address,
        hash: B256,
        signature: &Bytes,
        block: Option<BlockPin>,
    ) -> Result<Accepts, ClientError> {
        let at = match block {
            Some(block) => json!({ "blockHash": block.hash }),
            None => json!("latest"),
        };
        let code: Bytes = self.request("eth_getCode", (account, &at)).await?;
        if code.is_empty() {
            return Ok(Accepts::NoContract);
        }
        let call = isValidSignatureCall {
            hash,
            signature: signature.clone(),
        };
        let request = TransactionRequest::default()
            .to(account)
            .input(call.abi_encode().into());
        let asked = self.request::<_, Bytes>("eth_call", (request, at)).await;
        // A contract may do anything but answer: whatever is not the one right word is a no.
        match asked {
            Ok(answer)
                if answer.as_ref()
                    == B256::right_padding_from(&isValidSignatureCall::SELECTOR).as_slice() =>
            {
                Ok(Accepts::Yes)
            }
            Ok(_) | Err(ClientError::Reverted { .. }) => Ok(Accepts::No),
            Err(error) => Err(error),
        }
    }
}
