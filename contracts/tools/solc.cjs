#!/usr/bin/env node
// The npm package `solc` in the shape of the command that forge calls: tells its version, and compiles
// standard JSON from standard input. There is no native binary of it on npm.
const path = require("node:path");
const solc = require(require.resolve("solc", { paths: [path.join(__dirname, ".."), process.cwd()] }));

if (process.argv.includes("--version")) {
  // forge reads the platform, and knows no Emscripten.
  const version = solc.version().replace("Emscripten.clang", "Linux.g++");
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else {
  let input = "";
  process.stdin.on("data", (chunk) => (input += chunk));
  process.stdin.on("end", () => process.stdout.write(solc.compile(input)));
}
