// What `daedal … --typed-data` prints, signed as a wallet does: node intent.mjs TYPED_DATA.json PRIVATE_KEY
// Prints signer and signature, for --signer and --signature. Foundry's `cast wallet sign --data --from-file` gives the
// same signature. viem is found from the folder in VIEM_HOME, or from here.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [file, key] = process.argv.slice(2);
if (!file || !key) {
  console.error("usage: node intent.mjs TYPED_DATA.json PRIVATE_KEY");
  process.exit(2);
}
const home = process.env.VIEM_HOME ? pathToFileURL(`${process.env.VIEM_HOME}/`) : import.meta.url;
const { privateKeyToAccount } = createRequire(home)("viem/accounts");

const account = privateKeyToAccount(key);
const data = JSON.parse(readFileSync(file, "utf8"));
// A wallet is given the type of the domain, which viem finds out by itself.
const { EIP712Domain, ...types } = data.types;
const signature = await account.signTypedData({ ...data, types });
console.log(`--signer ${account.address} --signature ${signature}`);
