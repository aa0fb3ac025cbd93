#!/usr/bin/env bash
# Foundry's cast and daedal see one economy through `daedal chain serve`: economy.sh RPC_URL STUDIO PROCESS
# The studio's account pays the work, gives shares away and claims, all by cast with its keystore; daedal reads it.
# daedal is taken from DAEDAL_BIN, cast from CAST (the program itself); the studio keeps its password beside its keys.
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: economy.sh RPC_URL STUDIO PROCESS" >&2; exit 2; }
export ETH_RPC_URL="$1"
studio="$2"
process="$3"
cast="${CAST:-cast}"

same() { # same WHAT FOUND EXPECTED
  [ "$2" = "$3" ] || { echo "error: $1: \"$2\", expected \"$3\"" >&2; exit 1; }
}
told() { # told COMMAND EXPRESSION: what daedal says of the work
  "$DAEDAL_BIN" --studio "$studio" "$1" "$process" --rpc "$ETH_RPC_URL" --json |
    node -e 'const it = JSON.parse(require("fs").readFileSync(0)); console.log(eval(process.argv[1]))' "$2"
}
plain() { # a number as cast shows it, without its short form
  awk '{ print $1 }'
}
send() { # send TO SIGNATURE ARGUMENTS…
  local status
  status="$("$cast" send --json --keystore "$studio/.daedal/keys/account.json" --password-file "$studio/.daedal/password" "$@" |
    node -e 'console.log(JSON.parse(require("fs").readFileSync(0)).status)')"
  same "status of $2" "$status" 0x1
}

shares="$(told shares it.shares)"
work="$(told shares it.work)"
me="$(told shares 'it.holders.find((holder) => holder.you).address')"
other="$(told shares 'it.holders.find((holder) => !holder.you).address')"
registry="$(told show 'it.token.split(":").pop().split("/")[0]')"
native=0x0000000000000000000000000000000000000000

same "owner of the work" "$("$cast" call "$registry" 'ownerOf(uint256)(address)' "$work")" "$me"
same "shares of the work" "$("$cast" call "$registry" 'sharesOf(uint256)(address)' "$work")" "$shares"
for holder in "$me" "$other"; do
  same "shares of $holder" "$("$cast" call "$shares" 'balanceOf(address)(uint256)' "$holder" | plain)" \
    "$(told shares "it.holders.find((holder) => holder.address === '$holder').shares")"
done

# Anybody pays by a plain transfer, and the next look tells who is owed what.
send "$shares" --value 1000000007
before="$("$cast" call "$shares" 'owed(address,address)(uint256)' "$other" "$native" | plain)"
same "owed to $other" "$before" "$(told shares "it.holders.find((holder) => holder.address === '$other').owed.ETH")"
[ "$before" -gt 0 ] || { echo "error: nothing is owed after a payment" >&2; exit 1; }

# Shares move; what was earned stays with who held them.
send "$shares" 'transfer(address,uint256)' "$other" 1000
same "owed to $other after the transfer" "$("$cast" call "$shares" 'owed(address,address)(uint256)' "$other" "$native" | plain)" "$before"
owed="$("$cast" call "$shares" 'owed(address,address)(uint256)' "$me" "$native" | plain)"
somebody=0x00000000000000000000000000000000000000dA
send "$shares" 'claim(address,address)' "$native" "$somebody"
same "what was claimed" "$("$cast" balance "$somebody")" "$owed"
same "left to claim" "$(told shares 'it.holders.find((holder) => holder.you).owed.ETH')" 0
# What is not the sender's is refused, in the contract's own words.
if refused="$("$cast" call --from "$me" "$shares" 'claimFor(address,address,address)' "$other" "$native" "$me" 2>&1)"; then
  echo "error: somebody else's revenue could be claimed: $refused" >&2
  exit 1
fi
grep -qi "revert" <<<"$refused" || { echo "error: cast says: $refused" >&2; exit 1; }
echo "cast: work $work of $registry read, paid, shared and claimed as daedal tells it"
