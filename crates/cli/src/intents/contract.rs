//! Contract accounts (ERC-1271), such as a Safe or a wallet of a passkey: only their chain can tell what they signed.

use daedal_chain::client::Accepts;
use daedal_core::intent::{Accepted, SIGNATURE_BYTES_MAX, SignedIntent};

use crate::chain::{self, refused};
use crate::failure::Failure;
use crate::home::Home;

/// The block at which the contract that is said to have signed accepted the signature. None where there is no such
/// contract on the studio's chain, or no chain yet.
pub(super) async fn accepted(
    home: &Home,
    signed: &SignedIntent,
) -> Result<Option<Accepted>, Failure> {
    let (signer, length) = (signed.signer, signed.signature.len());
    if length > SIGNATURE_BYTES_MAX {
        return Err(Failure::new(format!(
            "the signature has {length} bytes, more than the {SIGNATURE_BYTES_MAX} that one of a contract may have"
        ))
        .help("sign with fewer owners, or with an account whose signatures are shorter"));
    }
    // Asking must not make a chain.
    if chain::is_embedded(home) && !chain::folder(home).exists() {
        return Ok(None);
    }
    let asked = async {
        let client = chain::reach(home, "daedal").await?;
        let block = chain::settled(home, &client).await?;
        let answer = client.accepts(signer, signed.message(), &signed.signature, Some(block));
        Ok((client.chain_id(), block, answer.await.map_err(refused)?))
    };
    let (chain, block, answer) = asked.await.map_err(|failure: Failure| {
        Failure::new(format!(
            "the signature is not that of a key of {signer}, and the chain can't be asked whether that is a \
             contract which accepts it: {}",
            failure.message()
        ))
        .help("sign with that account's key what --typed-data printed last; if it is a contract, mend the chain first")
    })?;
    match answer {
        Accepts::Yes => Ok(Some(Accepted {
            chain,
            block: block.number,
            hash: block.hash,
        })),
        Accepts::NoContract => Ok(None),
        Accepts::No => Err(Failure::new(format!(
            "the contract {signer} does not accept the signature, asked at block {} of chain {chain} (ERC-1271)",
            block.number
        ))
        .help("have its owners sign what --typed-data printed last, as it is, and as many of them as it wants")),
    }
}
