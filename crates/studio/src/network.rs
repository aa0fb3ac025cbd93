//! What a person or a wallet needs to know to use the chain.

use serde_json::{Value, json};

/// The parameter of `wallet_addEthereumChain` (EIP-3085) that adds the chain to a wallet.
#[must_use]
pub fn wallet_network(name: &str, chain_id: u64, url: &str) -> Value {
    json!({
        "chainId": format!("{chain_id:#x}"),
        "chainName": name,
        "rpcUrls": [url],
        "nativeCurrency": { "name": "Ether", "symbol": "ETH", "decimals": 18 },
    })
}

/// The page at `/`, as plain text.
pub(crate) fn page(name: &str, chain_id: u64, url: &str) -> String {
    let network = wallet_network(name, chain_id, url);
    format!(
        "\
The chain of this studio answers Ethereum's JSON-RPC here, by POST.

  network name   {name}
  RPC URL        {url}
  chain id       {chain_id} ({chain_id:#x})
  currency       ETH

From a terminal:

  cast block-number --rpc-url {url}

In MetaMask: choose \"Add a custom network\" among the networks and give the four values above. Or
allow MetaMask on any page and run this in the page's console:

  ethereum.request({{ method: \"wallet_addEthereumChain\", params: [{network}] }})

The network is of this machine only: its coins have no price, and amounts in MetaMask's own currency
mean nothing.
"
    )
}
