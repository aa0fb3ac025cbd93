// What MetaMask checks before it adds a network, and what it asks of one afterwards, in its order and form:
// node metamask.mjs RPC_URL PRIVATE_KEY
// By the sources of metamask-extension (ethereum-chain-utils.js, add-ethereum-chain.js, the networks form) and of its
// controllers (network, gas-fee, transaction, assets). It is not MetaMask itself: no browser and no click is tried here.
// viem signs, and is found from the folder in VIEM_HOME, or from here. The key's account needs a few coins.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, key] = process.argv.slice(2);
if (!url || !key) {
  console.error("usage: node metamask.mjs RPC_URL PRIVATE_KEY");
  process.exit(2);
}
const home = process.env.VIEM_HOME ? pathToFileURL(`${process.env.VIEM_HOME}/`) : import.meta.url;
const load = createRequire(home);
const { generatePrivateKey, privateKeyToAccount } = load("viem/accounts");

const EXTENSIONS = [
  "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn", // MetaMask in Chrome's store
  "chrome-extension://ejbalbakoplchlghecdalmeeeajnimhm", // in Edge's
  "moz-extension://0f5b9a3e-1c1d-4a2b-9d3c-0123456789ab", // in Firefox, another one for each installation
];
const STRANGERS = ["https://evil.example", "null", "chrome-extension://", "https://chrome-extension.example"];
const CHAIN_ID_MAX = 4503599627370476; // isSafeChainId
const MULTICALL = "0xcA11bde05977b3631167028862bE2a173976CA11";

// Before its browser sends JSON from another origin, it asks.
const preflight = (origin) =>
  fetch(url, {
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "content-type",
      "Access-Control-Request-Private-Network": "true",
    },
  });
for (const origin of EXTENSIONS) {
  const { ok, headers } = await preflight(origin);
  assert.ok(ok, origin);
  assert.equal(headers.get("access-control-allow-origin"), origin);
  assert.match(headers.get("access-control-allow-methods"), /\bPOST\b/);
  assert.match(headers.get("access-control-allow-headers"), /\bcontent-type\b/i);
  assert.equal(headers.get("access-control-allow-private-network"), "true");
}
for (const origin of STRANGERS) {
  const { status, headers } = await preflight(origin);
  assert.equal(status, 403, origin);
  assert.equal(headers.get("access-control-allow-origin"), null);
}

// RpcService: one request at a time, with a random safe integer as its id.
async function ask(method, params = [], origin = EXTENSIONS[0]) {
  const id = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
  const response = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", Origin: origin },
    body: JSON.stringify({ id, jsonrpc: "2.0", method, params }),
  });
  assert.ok(response.ok, `${method}: HTTP ${response.status}`);
  assert.equal(response.headers.get("access-control-allow-origin"), origin);
  const answer = await response.json();
  assert.equal(answer.id, id, method);
  assert.equal(answer.jsonrpc, "2.0");
  return answer;
}
async function query(method, ...params) {
  const { result, error } = await ask(method, params);
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}
const isQuantity = (text) => /^0x(0|[1-9a-f][0-9a-f]*)$/.test(text);

// The parameter that the page at `/` has people give it.
const page = await (await fetch(url)).text();
const given = JSON.parse(page.match(/wallet_addEthereumChain", params: \[(.*)\] \}\)/)[1]);

// validateAddEthereumChainParams
const { chainId, chainName, blockExplorerUrls, nativeCurrency, rpcUrls, ...others } = given;
assert.deepEqual(Object.keys(others).filter((name) => name !== "iconUrls"), [], "unexpected keys");
assert.match(chainId.toLowerCase(), /^0x[1-9a-f][0-9a-f]*$/, "0x-prefixed, unpadded, not zero");
assert.ok(Number.isSafeInteger(parseInt(chainId, 16)) && parseInt(chainId, 16) <= CHAIN_ID_MAX);
const isLocalOrHttps = (text) => {
  const { hostname, protocol } = new URL(text);
  return hostname === "localhost" || hostname === "127.0.0.1" || protocol === "https:";
};
assert.ok(rpcUrls.some(isLocalOrHttps), "an address on this machine, or by https");
assert.ok(typeof chainName === "string" && chainName.length >= 1 && chainName.length <= 100);
assert.ok(nativeCurrency.name && nativeCurrency.decimals === 18);
assert.match(nativeCurrency.symbol, /^.{1,6}$/);
assert.equal(blockExplorerUrls, undefined);

// The form compares the answer with the number as text.
assert.equal(await query("eth_chainId"), chainId.toLowerCase());
assert.equal(await query("net_version"), parseInt(chainId, 16).toString(10));

// PollingBlockTracker, and NetworkController for EIP-1559.
const number = await query("eth_blockNumber");
assert.ok(isQuantity(number));
const latest = await query("eth_getBlockByNumber", "latest", false);
assert.ok(BigInt(latest.number) >= BigInt(number));
assert.ok(isQuantity(latest.baseFeePerGas), "EIP-1559");
assert.ok(isQuantity(latest.gasLimit) && latest.transactions.every((hash) => /^0x[0-9a-f]{64}$/.test(hash)));

// BlockRefRewrite asks by number instead of `latest`. Without its contract for many balances it asks one by one.
const account = privateKeyToAccount(key);
const other = privateKeyToAccount(generatePrivateKey()).address;
const balance = BigInt(await query("eth_getBalance", account.address.toLowerCase(), number));
assert.ok(balance > 0n, "the account needs coins");
assert.equal(await query("eth_call", { to: MULTICALL, data: "0x4d2301cc" + "0".repeat(64) }, number), "0x");
assert.equal(await query("eth_getCode", other.toLowerCase(), number), "0x");
assert.equal(await query("eth_getCode", MULTICALL.toLowerCase(), number), "0x");

// Fees: fetchGasEstimatesViaEthFeeHistory, and eth_gasPrice where that can't be.
const history = async (end) => {
  const blocks = Math.min(5, Number(BigInt(end)));
  if (blocks === 0) return;
  const { oldestBlock, baseFeePerGas, gasUsedRatio, reward } = await query(
    "eth_feeHistory", `0x${blocks.toString(16)}`, end, [10, 20, 30],
  );
  assert.equal(BigInt(oldestBlock), BigInt(end) - BigInt(blocks) + 1n);
  assert.equal(baseFeePerGas.length, blocks + 1);
  assert.ok(baseFeePerGas.every(isQuantity));
  assert.equal(gasUsedRatio.length, blocks);
  assert.ok(gasUsedRatio.every((ratio) => ratio >= 0 && ratio <= 1));
  assert.equal(reward.length, blocks);
  assert.ok(reward.every((fees) => fees.length === 3 && fees.every(isQuantity)));
};
await history(latest.number);
const gasPrice = await query("eth_gasPrice");
assert.ok(isQuantity(gasPrice));
assert.ok(isQuantity(await query("eth_maxPriorityFeePerGas")));

// A payment, as TransactionController makes it for a network of one's own.
async function pay(value, suggested) {
  const now = await query("eth_blockNumber");
  const nonce = await query("eth_getTransactionCount", account.address.toLowerCase(), now);
  const params = { from: account.address.toLowerCase(), to: other.toLowerCase(), value: `0x${value.toString(16)}` };
  const estimate = BigInt(await query("eth_estimateGas", params));
  assert.ok(estimate >= 21000n);
  const serialized = await account.signTransaction({
    type: "eip1559",
    chainId: parseInt(chainId, 16),
    nonce: parseInt(nonce, 16),
    to: other,
    value,
    gas: (estimate * 3n) / 2n,
    ...suggested,
  });
  const hash = await query("eth_sendRawTransaction", serialized);
  // PendingTransactionTracker
  const receipt = await query("eth_getTransactionReceipt", hash);
  assert.equal(receipt.status, "0x1");
  assert.equal(receipt.transactionHash, hash);
  assert.equal(receipt.type, "0x2");
  assert.ok(isQuantity(receipt.gasUsed) && isQuantity(receipt.effectiveGasPrice) && isQuantity(receipt.transactionIndex));
  const block = await query("eth_getBlockByHash", receipt.blockHash, false);
  assert.equal(block.number, receipt.blockNumber);
  assert.ok(isQuantity(block.timestamp) && isQuantity(block.baseFeePerGas));
  const found = await query("eth_getTransactionByHash", hash);
  assert.equal(found.from, account.address.toLowerCase());
  assert.equal(found.type, "0x2");
  const after = await query("eth_getTransactionCount", account.address.toLowerCase(), receipt.blockNumber);
  assert.equal(BigInt(after), BigInt(nonce) + 1n);
  // Its view of the block before does not move.
  assert.equal(await query("eth_getTransactionCount", account.address.toLowerCase(), now), nonce);
  return { hash, serialized };
}
const price = BigInt(gasPrice);
await pay(1000n, { maxFeePerGas: price, maxPriorityFeePerGas: price });
// With the fees that a person types.
const typed = { maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n };
const { serialized } = await pay(234n, typed);
assert.equal(BigInt(await query("eth_getBalance", other.toLowerCase(), await query("eth_blockNumber"))), 1234n);
await history(await query("eth_blockNumber"));

// It knows what happened by the words of the error, when it sends the same again.
const again = await ask("eth_sendRawTransaction", [serialized]);
assert.match(again.error.message, /already known|nonce too low/i);
// A call that reverts has code 3 and its data; a method that is not there has its own code.
const reverts = { from: account.address.toLowerCase(), data: "0x60006000fd" };
const { error } = await ask("eth_estimateGas", [reverts]);
assert.equal(error.code, 3);
assert.equal((await ask("eth_notThere")).error.code, -32601);
// The clock is nobody's but `daedal time`'s.
assert.ok((await ask("evm_increaseTime", [3600])).error);

console.log(`as MetaMask: chain ${parseInt(chainId, 16)} added, 2 transactions sent`);
