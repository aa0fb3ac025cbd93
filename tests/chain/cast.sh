#!/usr/bin/env bash
# Foundry's cast reads a chain, sends signed transactions to it and queries logs: cast.sh RPC_URL PRIVATE_KEY
# cast is taken from CAST, or from the path; it must be the program itself, since npm's wrapper hides its
# failures. The key's account needs a few coins.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: cast.sh RPC_URL PRIVATE_KEY" >&2; exit 2; }
export ETH_RPC_URL="$1"
key="$2"
cast="${CAST:-cast}"

same() { # same WHAT FOUND EXPECTED
  [ "$2" = "$3" ] || { echo "error: $1: cast gives \"$2\", expected \"$3\"" >&2; exit 1; }
}
field() { node -e 'const [name] = process.argv.slice(1); const value = JSON.parse(require("fs").readFileSync(0))[name]; console.log(value)' "$1"; }

chain_id="$("$cast" chain-id)"
same "chain id, by net_version" "$("$cast" rpc net_version)" "\"$chain_id\""
me="$("$cast" wallet address --private-key "$key")"
nonce="$("$cast" nonce "$me")"
before="$("$cast" block-number)"

# Coins, to an account that nobody has used.
other="$("$cast" wallet new --json | node -e 'console.log(JSON.parse(require("fs").readFileSync(0))[0].address)')"
same "balance before" "$("$cast" balance "$other")" 0
paid="$("$cast" send --json --private-key "$key" --value 12345 "$other")"
same "status of the payment" "$(field status <<<"$paid")" 0x1
same "balance after" "$("$cast" balance "$other")" 12345
same "nonce" "$("$cast" nonce "$me")" "$((nonce + 1))"
hash="$(field transactionHash <<<"$paid")"
same "sender" "$("$cast" to-check-sum-address "$("$cast" tx "$hash" from)")" "$me"

# A contract that says Stamped(42) when it is made, and whose code answers 42 to anything.
topic="$("$cast" sig-event 'Stamped(uint256)')"
code="0x602a6000527f${topic#0x}60206000a169602a60005260206000f3600052600a6016f3"
made="$("$cast" send --json --private-key "$key" --create "$code")"
contract="$(field contractAddress <<<"$made")"
block="$("$cast" to-dec "$(field blockNumber <<<"$made")")"
same "code" "$("$cast" code "$contract")" 0x602a60005260206000f3
same "call" "$("$cast" call "$contract" 'answer()(uint256)')" 42
logs="$("$cast" logs --json --from-block "$before" --to-block latest --address "$contract" 'Stamped(uint256)')"
same "log" "$(node -e '
  const logs = JSON.parse(require("fs").readFileSync(0));
  console.log(logs.length, Number(logs[0].data), Number(logs[0].blockNumber), logs[0].topics.join());
' <<<"$logs")" "1 42 $block $topic"
none="$("$cast" logs --json --from-block "$before" --to-block latest --address "$other")"
same "logs of another account" "$none" "[]"

# What is not allowed is refused, in words that cast passes on.
if refused="$("$cast" publish 0x1234 2>&1)"; then
  echo "error: cast published nonsense: $refused" >&2
  exit 1
fi
grep -q "error code" <<<"$refused" || { echo "error: cast publish says: $refused" >&2; exit 1; }
echo "cast: chain $chain_id read, 2 transactions sent, logs found"
