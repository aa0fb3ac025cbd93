// Reads credentials with @contentauth/c2pa-node, a reader that is not ours:
//   node tests/c2pa/read.mjs CHAIN.pem KINDS SITE...
// Every published piece below SITE/media that has its credential inside has to be Trusted with the authorities of CHAIN.pem,
// Valid without them, and Invalid once it was changed; KINDS (png,jpg,...) have to be among the pieces.
// The reader is found from the folder in C2PA_HOME, or from here.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

const TYPES = {
  jpg: "image/jpeg", mp3: "audio/mpeg", mp4: "video/mp4", png: "image/png", svg: "image/svg+xml", wav: "audio/wav", webp: "image/webp",
};
const [chain, kinds, ...sites] = process.argv.slice(2);
if (sites.length === 0) {
  console.error("usage: node read.mjs CHAIN.pem KINDS SITE...");
  process.exit(2);
}
const home = process.env.C2PA_HOME ? pathToFileURL(`${process.env.C2PA_HOME}/`) : import.meta.url;
const found = createRequire(home).resolve("@contentauth/c2pa-node");
const { Reader } = await import(pathToFileURL(found));
const trust = { trust: { user_anchors: readFileSync(chain, "utf8") } };

async function stateOf(buffer, mimeType, settings = {}) {
  try {
    const reader = await Reader.fromAsset({ buffer, mimeType }, { builder: { thumbnail: { enabled: false } }, ...settings });
    return reader?.json().validation_state ?? "none";
  } catch (error) {
    return `unreadable: ${error.message}`;
  }
}

const isPiece = (path) => /^\.(jpg|mp[34]|png|svg|wav|webp)$/.test(extname(path)) && !path.includes(".preview.");
const left = new Set(kinds.split(","));
for (const path of sites.flatMap((site) => readdirSync(join(site, "media"), { recursive: true }).map((name) => join(site, "media", name)))) {
  if (!isPiece(path) || path.includes("/steps/") || !statSync(path).isFile() || existsSync(`${path}.c2pa`)) continue;
  const kind = extname(path).slice(1);
  const bytes = readFileSync(path);
  assert.equal(await stateOf(bytes, TYPES[kind], trust), "Trusted", path);
  assert.equal(await stateOf(bytes, TYPES[kind]), "Valid", path);
  const middle = bytes.length >> 1;
  // More bytes than a credential leaves unhashed in a row.
  bytes.subarray(middle, middle + 128).forEach((byte, at) => (bytes[middle + at] = byte ^ 1));
  assert.match(await stateOf(bytes, TYPES[kind], trust), /^Invalid|^unreadable|^none/, `${path}, changed`);
  left.delete(kind);
  console.log(`${path}: Trusted`);
}
assert.equal(left.size, 0, `no pieces of these kinds were found: ${[...left].join(", ")}`);
