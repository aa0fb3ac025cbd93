#!/usr/bin/env bash
# Installs what the tests need from the registries (Debian, npm, PyPI, crates.io) and runs every check.
# Tools are kept in a folder of their own, outside of the checkout: DAEDAL_TOOLS, by default in ~/.cache.
# With --deep the contracts are tried for about an hour more: 10,000 runs of each fuzz test, over a million
# calls by the handlers of the invariants, and mistakes made on purpose, which the tests have to notice.
set -euo pipefail
case "${1:-}" in
  "") deep=false ;;
  --deep) deep=true ;;
  *) echo "usage: ./test.sh [--deep]" >&2; exit 2 ;;
esac
cd "$(dirname "$0")"

tools="${DAEDAL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/daedal/tools}"
target="${CARGO_TARGET_DIR:-$PWD/target}"
mkdir -p "$tools"

step() { printf '\n== %s\n' "$*"; }

debian() { # installs packages, as root or by sudo
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "$@"
}

step "tools"
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v ffmpeg >/dev/null || missing+=(ffmpeg)
command -v espeak-ng >/dev/null || missing+=(espeak-ng)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then debian "${missing[@]}"; fi
for needed in cargo cc node npm python3 chromium ffmpeg ffprobe espeak-ng; do
  command -v "$needed" >/dev/null || { echo "error: the tests need $needed: install it and run again" >&2; exit 1; }
done
if [ ! -x "$tools/python/bin/python" ]; then
  python3 -m venv "$tools/python"
fi
"$tools/python/bin/pip" install --quiet --disable-pip-version-check \
  "c2pa-python==0.38.1" "cbor2==6.3.0" "cryptography==50.0.2" "securesystemslib[crypto]==1.6.0" "in-toto-attestation==0.9.3"
if [ ! -d "$tools/browser/node_modules/playwright-core" ]; then
  mkdir -p "$tools/browser"
  npm install --prefix "$tools/browser" --no-audit --no-fund --loglevel=error playwright-core@1.64.1
fi
if [ ! -d "$tools/chain/node_modules/viem" ] || [ ! -d "$tools/chain/node_modules/@foundry-rs/cast" ]; then
  mkdir -p "$tools/chain"
  npm install --prefix "$tools/chain" --no-audit --no-fund --loglevel=error @foundry-rs/cast@1.7.1 viem@2.57.20
fi
if [ ! -d "$tools/anvil/node_modules/@foundry-rs" ]; then
  mkdir -p "$tools/anvil"
  npm install --prefix "$tools/anvil" --no-audit --no-fund --loglevel=error @foundry-rs/anvil@1.7.1
fi
if [ ! -d "$tools/c2pa/node_modules/@contentauth/c2pa-node" ]; then
  mkdir -p "$tools/c2pa"
  # Its program is in the package; its scripts would fetch another, and what it names as a peer is for browsers.
  npm install --prefix "$tools/c2pa" --no-audit --no-fund --loglevel=error --ignore-scripts --legacy-peer-deps \
    @contentauth/c2pa-node@0.5.5
fi
# llama.cpp's server, for a tiny model of our own.
[ -x "$tools/llm/bin/python" ] || python3 -m venv "$tools/llm"
"$tools/llm/bin/pip" install --quiet --disable-pip-version-check "xllamacpp==2026.10.11549" "gguf==0.19.0"
export DAEDAL_LLM_PYTHON="$tools/llm/bin/python"
if [ ! -x "$tools/bin/cargo-deny" ]; then
  # A debug build: it compiles in a third of the time, and checks one tree.
  CARGO_TARGET_DIR="$tools/build" cargo install --quiet --debug --locked --root "$tools" cargo-deny@0.20.2
  rm -rf "$tools/build"
fi

step "formatting, lints, licences, arrows"
cargo fmt --all --check
cargo clippy --release --locked --workspace --all-targets --quiet --features daedal-cli/local-models -- -D warnings
"$tools/bin/cargo-deny" --log-level error check licenses bans sources
cargo xtask tidy

step "contracts: what is committed is what they compile to, and their tests"
cargo xtask contracts --check
cargo xtask contracts --test
if "$deep"; then
  cargo xtask contracts --test --deep
  cargo xtask contracts --mutants
  [ -x "$tools/slither/bin/slither" ] || python3 -m venv "$tools/slither"
  "$tools/slither/bin/pip" install --quiet --disable-pip-version-check "slither-analyzer==0.11.3"
  forge="$(echo "$tools"/contracts/node_modules/@foundry-rs/forge-*/bin)"
  (cd contracts && PATH="$forge:$PATH" "$tools/slither/bin/slither" . --fail-low)
  rm -rf contracts/out contracts/cache
  # The command with models of its own: all libraries are compiled once more for it.
  cargo test --release --locked --workspace --features daedal-cli/local-models --test local
fi

step "tests"
# They build the program and the examples, too: a build by itself would compile all libraries once more, since tests ask
# for more of them.
cargo test --release --locked --workspace --no-fail-fast

daedal="$target/release/daedal"

step "other clients of the chain"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
key="0x$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
# It prints its address, and ends when its input does.
# Of cast, the program itself: npm's wrapper ends well whatever happens.
coproc chain { exec "$target/release/examples/serve" "$place/chain" "$key"; }
chain_pid="$chain_PID"
read -r url <&"${chain[0]}"
cast="$(echo "$tools"/chain/node_modules/@foundry-rs/cast-*/bin/cast)"
CAST="$cast" tests/chain/cast.sh "$url" "$key"
VIEM_HOME="$tools/chain" node tests/chain/viem.mjs "$url" "$key"
VIEM_HOME="$tools/chain" node tests/chain/metamask.mjs "$url" "$key"
exec {chain[1]}>&-
wait "$chain_pid"

step "the README's commands"
DAEDAL_BIN="$daedal" cargo xtask readme

step "the main job, other readers of Content Credentials, and a browser"
"$daedal" demo --dir "$place/demo" --quiet
# A marketplace begins from nothing but the chain: once the site has an address, editions say so.
cp -r "$place/demo" "$place/market"
(cd "$place/market" && DAEDAL__SITE__URL=https://tides.example "$daedal" release --quiet latest)
coproc market { exec "$daedal" --studio "$place/market" chain serve --port 0; }
market_pid="$market_PID"
read -r told <&"${market[0]}"
VIEM_HOME="$tools/chain" node tests/chain/opensea.mjs "${told##* }" "$place/market/site" https://tides.example
DAEDAL_BIN="$daedal" CAST="$cast" tests/chain/economy.sh "${told##* }" "$place/market" tidal-almanac
kill -INT "$market_pid"
wait "$market_pid"
# Every way that a credential is carried: inside pictures, a film and a sound, and beside texts and data.
head -c 16 /dev/urandom | base64 > "$place/password"
export DAEDAL_PASSWORD_FILE="$place/password"
# The other studio signs with certificates that somebody else issued.
"$tools/python/bin/python" tests/c2pa/certificates.py "$place/press"
for studio in formats other; do
  cp -r tests/c2pa/formats "$place/$studio"
  touch "$place/$studio/daedal.toml"
  [ "$studio" = formats ] ||
    printf '[account]\ncertificate = "%s/press/chain.pem"\nkey = "%s/press/key.pem"\n' "$place" "$place" > "$place/$studio/daedal.toml"
  python3 tests/c2pa/media.py "$place/$studio"
  # Its author signs with an account of the studio; a wallet signs beside it.
  (cd "$place/$studio" && "$daedal" author --quiet . && "$daedal" author --typed-data . > "$place/typed.json")
  wallet="$(VIEM_HOME="$tools/chain" node tests/chain/intent.mjs "$place/typed.json" "$key")"
  # shellcheck disable=SC2086 # two options and their values
  (cd "$place/$studio" && "$daedal" author --quiet . $wallet && "$daedal" run --quiet --seed "$studio" -i film=@film.mp4 -i sound=@sound.wav -i song=@song.mp3 &&
    "$daedal" release --quiet latest && "$daedal" export --quiet latest --to run.zip &&
    "$daedal" verify --quiet site run.zip)
done
"$tools/python/bin/python" tests/c2pa/read.py --kinds png,jpg,webp,svg,mp4,wav,mp3,txt,md,json \
  "$place/formats/site" "$place/demo/site"
C2PA_HOME="$tools/c2pa" node tests/c2pa/read.mjs "$place/formats/.daedal/keys/chain.pem" png,jpg,webp,svg,mp4,wav,mp3 \
  "$place/formats/site"
"$tools/python/bin/python" tests/c2pa/tampering.py --trust "$place/formats/.daedal/keys/chain.pem" \
  --other "$place/other/site" --press "$place/press" --expired "$place/expired.png" \
  "$place/formats/site" "$place/formats/run.zip"
told="$("$daedal" verify --trust "$place/press/chain.pem" "$place/expired.png")" && code=0 || code=$?
case "$code $told" in
  "11 "*"expired on 2021-01-01"*) ;;
  *) echo "an expired certificate is not told: $code $told" >&2; exit 1 ;;
esac
"$tools/python/bin/python" tests/c2pa/dsse.py "$place"/formats/site/media/*/*.attestation.json
NODE_PATH="$tools/browser/node_modules" node tests/browser/gallery.cjs "$place/demo/site" "$place/shots"

printf '\nEverything holds.\n'
