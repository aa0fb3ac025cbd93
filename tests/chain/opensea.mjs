// What a marketplace such as OpenSea learns of a studio's tokens, by the standards alone:
// node opensea.mjs RPC_URL SITE_DIRECTORY SITE_URL
// It is told of no contract: it finds collections by their Transfer events (ERC-721), and reads who owns what, the
// metadata of tokens and collections (ERC-721, ERC-7572, with the fields that OpenSea documents) and what is owed when
// a token is sold again (ERC-2981). Files below SITE_URL are read from SITE_DIRECTORY, which is served there by
// assumption. viem is found from the folder in VIEM_HOME, or from here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

const [url, directory, address] = process.argv.slice(2);
if (!url || !directory || !address) {
  console.error("usage: node opensea.mjs RPC_URL SITE_DIRECTORY SITE_URL");
  process.exit(2);
}
const home = process.env.VIEM_HOME ? pathToFileURL(`${process.env.VIEM_HOME}/`) : import.meta.url;
const { createPublicClient, getAddress, http, parseAbi, zeroAddress } = createRequire(home)("viem");

const reader = createPublicClient({ transport: http(url, { batch: true }) });
const abi = parseAbi([
  "event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
  "function supportsInterface(bytes4) view returns (bool)",
  "function name() view returns (string)",
  "function symbol() view returns (string)",
  "function ownerOf(uint256) view returns (address)",
  "function tokenURI(uint256) view returns (string)",
  "function contractURI() view returns (string)",
  "function royaltyInfo(uint256, uint256) view returns (address, uint256)",
  "function totalSupply() view returns (uint256)",
]);
const ask = (contract, functionName, ...args) =>
  reader.readContract({ address: contract, abi, functionName, args });

const ROYALTY_BPS_MAX = 1000n; // OpenSea takes 10% at most.
const DISPLAY_TYPES = [undefined, "number", "date", "boost_number", "boost_percentage"];
const PICTURES = [
  [0x89, 0x50, 0x4e, 0x47], // PNG
  [0xff, 0xd8, 0xff], // JPEG
  [0x52, 0x49, 0x46, 0x46], // WebP, in RIFF
  [0x3c], // SVG
];

const base = new URL(address.endsWith("/") ? address : `${address}/`);

/** The bytes at an address: of the site, or in the address itself. */
function load(uri) {
  assert.equal(typeof uri, "string");
  const data = uri.match(/^data:application\/json;utf8,(.*)$/s);
  if (data) return Buffer.from(data[1]);
  // Absolute: who reads it has no other place to begin from.
  const found = new URL(uri);
  assert.ok(found.href.startsWith(base.href), `${uri} is not below ${base}`);
  const root = resolve(directory);
  const file = resolve(root, decodeURIComponent(found.pathname.slice(base.pathname.length)));
  assert.ok(file.startsWith(root + sep), `${uri} leads out of the site`);
  return readFileSync(file);
}

/** The fields that tokens and collections have alike. */
function metadata(uri) {
  const told = JSON.parse(load(uri).toString("utf8"));
  assert.ok(typeof told.name === "string" && told.name.trim(), `${uri} has no name`);
  if (told.description !== undefined && told.description !== null) assert.equal(typeof told.description, "string");
  if (told.image) {
    const picture = load(told.image);
    assert.ok(PICTURES.some((start) => start.every((byte, at) => picture[at] === byte)), `${told.image} is no picture`);
  }
  for (const field of ["external_url", "external_link", "animation_url"]) {
    if (told[field]) assert.ok(load(told[field]).length > 0, `${field} of ${uri} leads nowhere`);
  }
  return told;
}

function checkAttributes(attributes, uri) {
  assert.ok(Array.isArray(attributes) && attributes.length > 0, `${uri} has no attributes`);
  const seen = new Set();
  for (const { trait_type, value, display_type, ...others } of attributes) {
    assert.ok(typeof trait_type === "string" && trait_type.trim(), uri);
    assert.ok(!seen.has(trait_type), `${trait_type} is told twice`);
    seen.add(trait_type);
    assert.ok(DISPLAY_TYPES.includes(display_type), `${display_type} of ${trait_type}`);
    // Numbers as numbers, so that they can be filtered by range.
    const isNumber = display_type !== undefined;
    assert.ok(isNumber ? Number.isFinite(value) : typeof value === "string" && value, `${trait_type}: ${value}`);
    assert.deepEqual(Object.keys(others), []);
  }
}

/** Who is owed which part of a resale; told in basis points, and right for any price. */
async function royalty(collection, token) {
  const [receiver, bps] = await ask(collection, "royaltyInfo", token, 10_000n);
  assert.ok(bps > 0n && bps <= ROYALTY_BPS_MAX, `${bps} basis points`);
  for (const price of [0n, 1n, 9_999n, 10_001n, 5_000_001n, 10n ** 18n + 7n]) {
    const [who, amount] = await ask(collection, "royaltyInfo", token, price);
    assert.equal(who, receiver);
    assert.equal(amount, (price * bps) / 10_000n, `of ${price}`);
  }
  // It is paid to shares, which are a token of their own.
  assert.notEqual(receiver, zeroAddress);
  assert.ok((await ask(receiver, "totalSupply")) > 0n);
  return { receiver, bps };
}

/** Where the metadata tells a fee, too, it has to be the one that is owed. */
function checkFees(told, { receiver, bps }) {
  if ("seller_fee_basis_points" in told) assert.equal(BigInt(told.seller_fee_basis_points), bps);
  if ("fee_recipient" in told) assert.equal(getAddress(told.fee_recipient), receiver);
}

// ERC-20 has the same event with two topics, which `strict` leaves out.
const logs = await reader.getLogs({ event: abi[0], fromBlock: 0n, toBlock: "latest", strict: true });
const collections = new Map();
for (const { address: contract, args } of logs) {
  const owners = collections.get(contract) ?? new Map();
  // Nothing is made twice.
  assert.equal(args.from, owners.get(args.tokenId) ?? zeroAddress);
  collections.set(contract, owners.set(args.tokenId, args.to));
}

let [editions, works] = [0, 0];
for (const [collection, owners] of collections) {
  const claims = (id) => ask(collection, "supportsInterface", id);
  for (const id of ["0x01ffc9a7", "0x80ac58cd", "0x5b5e139f"]) assert.ok(await claims(id), id);
  assert.equal(await claims("0xffffffff"), false);
  assert.ok(await claims("0x49064906"), "ERC-4906: metadata is read again when it changes");
  assert.ok((await ask(collection, "name")).length > 0 && (await ask(collection, "symbol")).length > 0);
  const ofAll = metadata(await ask(collection, "contractURI"));
  const sells = await claims("0x2a55205a");
  for (const [token, owner] of owners) {
    assert.equal(await ask(collection, "ownerOf", token), getAddress(owner));
    const uri = await ask(collection, "tokenURI", token);
    if (!sells) {
      // A version's metadata stands where it was registered, which may have been before the site had an address.
      assert.ok(metadata(new URL(uri, base).href).image, `${uri} has no image`);
      works += 1;
      continue;
    }
    const told = metadata(uri);
    assert.ok(told.image, `${uri} has no image`);
    editions += 1;
    assert.ok(told.external_url, `${uri} leads to no page`);
    checkAttributes(told.attributes, uri);
    const owed = await royalty(collection, token);
    checkFees(told, owed);
    checkFees(ofAll, owed);
  }
  await assert.rejects(ask(collection, "tokenURI", 2n ** 255n), "a token that is not there has metadata");
}
assert.ok(works > 0 && editions > 0, `${works} works and ${editions} editions were found`);
console.log(`a marketplace: ${works} works and ${editions} editions read, royalties told`);
