// viem reads a chain, sends signed transactions to it and queries logs: node viem.mjs RPC_URL PRIVATE_KEY
// viem is found from the folder in VIEM_HOME, or from here. The key's account needs a few coins.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, key] = process.argv.slice(2);
if (!url || !key) {
  console.error("usage: node viem.mjs RPC_URL PRIVATE_KEY");
  process.exit(2);
}
const home = process.env.VIEM_HOME ? pathToFileURL(`${process.env.VIEM_HOME}/`) : import.meta.url;
const load = createRequire(home);
const { createPublicClient, createWalletClient, defineChain, http, parseAbi, toEventSelector } = load("viem");
const { generatePrivateKey, privateKeyToAccount } = load("viem/accounts");

const id = await createPublicClient({ transport: http(url) }).getChainId();
const chain = defineChain({
  id,
  name: "Daedal",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
// Requests of one moment go as a batch.
const transport = http(url, { batch: true });
const reader = createPublicClient({ chain, transport, pollingInterval: 100 });
const account = privateKeyToAccount(key);
const wallet = createWalletClient({ account, chain, transport });

const [before, nonce] = await Promise.all([
  reader.getBlockNumber(),
  reader.getTransactionCount({ address: account.address }),
]);

// Coins, to an account that nobody has used.
const other = privateKeyToAccount(generatePrivateKey()).address;
const paid = await reader.waitForTransactionReceipt({
  hash: await wallet.sendTransaction({ to: other, value: 12345n }),
});
assert.equal(paid.status, "success");
const [balance, next, payment, block] = await Promise.all([
  reader.getBalance({ address: other }),
  reader.getTransactionCount({ address: account.address }),
  reader.getTransaction({ hash: paid.transactionHash }),
  reader.getBlock({ blockNumber: paid.blockNumber, includeTransactions: true }),
]);
assert.equal(balance, 12345n);
assert.equal(next, nonce + 1);
assert.equal(payment.from, account.address.toLowerCase());
assert.ok(block.transactions.some(({ hash }) => hash === paid.transactionHash));

// A contract that says Stamped(42) when it is made, and whose code answers 42 to anything.
const abi = parseAbi(["event Stamped(uint256 value)", "function answer() view returns (uint256)"]);
const topic = toEventSelector("Stamped(uint256)");
const code = `0x602a6000527f${topic.slice(2)}60206000a169602a60005260206000f3600052600a6016f3`;
const made = await reader.waitForTransactionReceipt({ hash: await wallet.deployContract({ abi: [], bytecode: code }) });
assert.equal(made.status, "success");
const address = made.contractAddress;
assert.equal(await reader.readContract({ address, abi, functionName: "answer" }), 42n);
const logs = await reader.getLogs({ address, event: abi[0], fromBlock: before, toBlock: "latest", strict: true });
assert.equal(logs.length, 1);
assert.equal(logs[0].args.value, 42n);
assert.equal(logs[0].blockNumber, made.blockNumber);
assert.equal(logs[0].transactionHash, made.transactionHash);
assert.deepEqual(await reader.getLogs({ address: other, fromBlock: before }), []);

// What is not allowed is refused, in words that viem passes on.
await assert.rejects(wallet.sendRawTransaction({ serializedTransaction: "0x1234" }), (error) => {
  assert.ok(error.shortMessage && error.details, `viem says: ${error}`);
  return true;
});
console.log(`viem: chain ${id} read, 2 transactions sent, logs found`);
