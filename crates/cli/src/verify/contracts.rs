//! What a node says of the signatures of contracts (ERC-1271).

use daedal_chain::client::{Accepts, BlockPin};
use daedal_chain::proof::ConfirmFault;
use daedal_chain::{Client, ClientError};
use daedal_core::intent::Accepted;
use daedal_provenance::contracts::{Answers, ContractFault, ContractSigned};

use super::Node;
use crate::failure::Failure;

/// Asks a node about each of them, once.
pub(super) async fn asked<'a, 'n>(
    node: &'n mut Node,
    contracts: impl Iterator<Item = &'a ContractSigned>,
) -> Result<&'n Answers, Failure> {
    for signed in contracts {
        if node.contracts.contains_key(&signed.intent) {
            continue;
        }
        let answer = match node.client().await? {
            Ok(client) => ask(&client, signed).await,
            Err(away) => Err(ContractFault::Unsaid(away.to_string())),
        };
        node.contracts.insert(signed.intent, answer);
    }
    Ok(&node.contracts)
}

/// Asks at the block of then; where the node has forgotten that one's state, whether it is accepted now.
async fn ask(client: &Client, signed: &ContractSigned) -> Result<String, ContractFault> {
    let (signer, place) = (signed.signer, client.place());
    let Accepted { chain, block, hash } = signed.accepted;
    let unsaid = |error: ClientError| ContractFault::Unsaid(ConfirmFault::from(error).to_string());
    if client.chain_id() != chain {
        return Err(ContractFault::Unsaid(format!(
            "{place} is chain {}, and the contract {signer} is on chain {chain}: ask a node of that one",
            client.chain_id()
        )));
    }
    let pin = BlockPin {
        number: block,
        hash,
    };
    if client.block(block).await.map_err(unsaid)? != Some(pin) {
        return Err(ContractFault::Unsaid(format!(
            "{place} has no block {block} with the hash {hash}, at which the contract {signer} was asked"
        )));
    }
    let accepts = |at| client.accepts(signer, signed.message, &signed.signature, at);
    let (answer, when) = match accepts(Some(pin)).await {
        Ok(answer) => (answer, format!("at block {block}")),
        Err(ClientError::Refused { .. }) => match accepts(None).await.map_err(unsaid)? {
            Accepts::Yes => {
                let when = format!("now (what it did at block {block} that node has forgotten)");
                (Accepts::Yes, when)
            }
            _ => {
                return Err(ContractFault::Unsaid(format!(
                    "{place} does not tell any more what the contract {signer} accepted at block {block}, and it \
                     does not accept that signature now"
                )));
            }
        },
        Err(error) => return Err(unsaid(error)),
    };
    match answer {
        Accepts::Yes => Ok(format!(
            "the contract {signer} accepts its signature {when}, by the word of {place}"
        )),
        Accepts::No | Accepts::NoContract => Err(ContractFault::Refused(format!(
            "the contract {signer} does not accept the signature that is said to be its own {when}, by the word of {place}"
        ))),
    }
}
