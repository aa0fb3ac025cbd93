#!/usr/bin/env node
// Compiles the contracts by solc's standard JSON with the settings of foundry.toml, and writes one file a contract
// (abi, creation code, deployed code) into the directory that is named: `compile.cjs <node_modules> <directory>`.
// Sources have the same names on every machine, so the same sources give the same bytes.
const fs = require("node:fs");
const path = require("node:path");

const [modules, target] = process.argv.slice(2);
if (!modules || !target) {
  process.stderr.write("usage: compile.cjs <node_modules> <directory>\n");
  process.exit(2);
}
const solc = require(path.resolve(modules, "solc"));
const root = path.join(__dirname, "..");

// What clients deploy or call; interfaces and libraries are inside of these.
const CONTRACTS = {
  "src/ProcessRegistry.sol": "ProcessRegistry",
  "src/ProcessShares.sol": "ProcessShares",
  "src/ReceiptAnchor.sol": "ReceiptAnchor",
  "src/Editions.sol": "Editions",
  "src/Capital.sol": "Capital",
  "src/ShareOffering.sol": "ShareOffering",
  "src/Treasury.sol": "Treasury",
  "src/Market.sol": "Market",
  "src/Commissions.sol": "Commissions",
  "src/ProcessGovernor.sol": "ProcessGovernor",
  "src/ProcessTimelock.sol": "ProcessTimelock",
  "src/Collective.sol": "Collective",
  "src/Governance.sol": "Governance",
  "src/testing/TestDollar.sol": "TestDollar",
  "src/testing/TestWrappedNative.sol": "TestWrappedNative",
};
const CODE_BYTES_MAX = 24576; // EIP-170

const profile = fs.readFileSync(path.join(root, "foundry.toml"), "utf8").split("[profile.deep]")[0];
const setting = (name) => {
  const found = profile.match(new RegExp(`^${name} = "?([^"\\n]+?)"?$`, "m"));
  if (!found) throw new Error(`foundry.toml has no ${name} in [profile.default]`);
  return found[1];
};

const read = (name) => {
  const file = name.startsWith("@") ? path.resolve(modules, name) : path.join(root, name);
  return fs.readFileSync(file, "utf8");
};

const input = {
  language: "Solidity",
  sources: Object.fromEntries(Object.keys(CONTRACTS).map((name) => [name, { content: read(name) }])),
  settings: {
    optimizer: { enabled: setting("optimizer") === "true", runs: Number(setting("optimizer_runs")) },
    viaIR: setting("via_ir") === "true",
    evmVersion: setting("evm_version"),
    metadata: { appendCBOR: setting("cbor_metadata") === "true", bytecodeHash: setting("bytecode_hash") },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};
const output = JSON.parse(
  solc.compile(JSON.stringify(input), {
    import: (name) => {
      try {
        return { contents: read(name) };
      } catch (error) {
        return { error: error.message };
      }
    },
  }),
);
// Warnings count, except those about the libraries.
const problems = (output.errors ?? []).filter(
  (problem) => problem.severity === "error" || !problem.sourceLocation?.file.startsWith("@"),
);
problems.forEach((problem) => process.stderr.write(problem.formattedMessage));
if (problems.length > 0) process.exit(1);

const sorted = (value) =>
  Array.isArray(value)
    ? value.map(sorted)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : value;

fs.mkdirSync(target, { recursive: true });
for (const [source, name] of Object.entries(CONTRACTS)) {
  const { abi, evm } = output.contracts[source][name];
  const size = evm.deployedBytecode.object.length / 2;
  if (size > CODE_BYTES_MAX) throw new Error(`${name} has ${size} bytes of code, at most ${CODE_BYTES_MAX} can be deployed`);
  const artifact = {
    contractName: name,
    sourceName: source,
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
  };
  fs.writeFileSync(path.join(target, `${name}.json`), `${JSON.stringify(sorted(artifact))}\n`);
  process.stdout.write(`${name} ${size}\n`);
}
