//! An intent as wallets take it.

use serde_json::{Value, json};

use super::{Domain, Intent};

/// The intent as `eth_signTypedData_v4` takes it: what a wallet signs of it is [`Intent::hash`].
///
/// The chain id is a number, 0 for a process that is on no chain yet; viem and Foundry's `cast` sign either.
#[must_use]
pub fn typed_data(domain: Domain, intent: &Intent) -> Value {
    let fields = |fields: &[(&str, &str)]| -> Value {
        let fields = fields.iter();
        fields
            .map(|(kind, name)| json!({ "name": name, "type": kind }))
            .collect()
    };
    json!({
        "domain": {
            "name": "Daedal",
            "version": "1",
            "chainId": domain.chain,
            "verifyingContract": domain.registry,
        },
        "types": {
            "EIP712Domain": fields(&[
                ("string", "name"),
                ("string", "version"),
                ("uint256", "chainId"),
                ("address", "verifyingContract"),
            ]),
            "Intent": fields(&[
                ("bytes32", "run"),
                ("bytes32", "step"),
                ("uint8", "kind"),
                ("bytes32", "payload"),
                ("bytes32", "seen"),
                ("bytes32", "prev"),
                ("uint64", "nonce"),
                ("uint64", "at"),
            ]),
        },
        "primaryType": "Intent",
        "message": {
            "run": intent.run,
            "step": intent.step,
            "kind": intent.kind as u8,
            "payload": intent.payload,
            "seen": intent.seen,
            "prev": intent.prev,
            "nonce": intent.nonce,
            "at": intent.at,
        },
    })
}
