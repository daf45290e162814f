/**
 * What stands on the host as `/usr/local/sbin/countersign-host`: the only thing that either key can run there
 * (`command="…",restrict` in authorized_keys). It takes words of lower-case letters, digits and hyphens, and nothing else.
 *
 * The table that cuts the host off is made whole or not at all (`nft -f` is one transaction), and `create` refuses where
 * it is there already: the kernel itself decides who was first. What stays open is the very way by which the command
 * came, as sshd tells it: no argument can name another, so no act can cut it.
 */
export const AGENT_SH = `#!/bin/sh
set -euf
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
MACHINE_ID=/etc/machine-id
KEYS=$HOME/.ssh/authorized_keys
LOCK=/run/countersign-host.lock

mode=\${1-}
refuse() { echo "outcome refused"; echo "detail $1"; exit 0; }
case \${SSH_ORIGINAL_COMMAND-} in *[!a-z0-9\\ -]*) refuse 'no such command' ;; esac
set -- \${SSH_ORIGINAL_COMMAND-}
command=\${1-} key=\${2-} expected=\${3-}
set -- \${SSH_CONNECTION-}
client=\${1-} port=\${4-}
[ -n "$client" ] && [ -n "$port" ] || refuse 'this is no connection by SSH'
case $client in *:*) family=ip6 ;; *) family=ip ;; esac

listing() { nft -s list table inet countersign 2>/dev/null || true; }
mark() { echo "$(listing)" | sha256sum | cut -d' ' -f1; }
others() { ss "$@" "not ( sport = :$port and dst $client ) and not dst 127.0.0.0/8 and not dst [::1]"; }

state() {
  rules=$(listing)
  echo "machine $(cat "$MACHINE_ID")"
  echo "host $(uname -n)"
  nft list tables >/dev/null 2>&1 || echo "lacks nft, or the right to use it"
  command -v ss >/dev/null || echo "lacks ss"
  command -v flock >/dev/null || echo "lacks flock"
  grep -F 'countersign-host write"' "$KEYS" 2>/dev/null | grep -oE 'ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+' | sed 's/^/writer /' || true
  if [ -n "$rules" ]; then echo "isolated yes"; else echo "isolated no"; fi
  echo "drops $(echo "$rules" | grep -c 'policy drop')"
  echo "mark $(echo "$rules" | sha256sum | cut -d' ' -f1)"
  others -Htn state established | awk '{ print "open " $3 " " $4 }'
  ss -Hltn | awk '{ print "listens " $4 }' | sort -u
}

isolate() {
  if ! nft -f - 2>/dev/null <<RULES
create table inet countersign { comment "$key"; }
add chain inet countersign in { type filter hook input priority -300; policy drop; }
add chain inet countersign out { type filter hook output priority -300; policy drop; }
add chain inet countersign through { type filter hook forward priority -300; policy drop; }
add rule inet countersign in iif lo accept
add rule inet countersign in icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
add rule inet countersign in $family saddr $client tcp dport $port accept
add rule inet countersign out oif lo accept
add rule inet countersign out icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
add rule inet countersign out $family daddr $client tcp sport $port accept
RULES
  then
    [ -n "$(listing)" ] || { echo "outcome failed"; echo "detail nft refused the rules"; return; }
    if listing | grep -qF "comment \\"$key\\""; then echo "outcome already_applied"; else echo "outcome refused_drift"; fi
    echo "detail it is cut off already"
    return
  fi
  others -KHtn state established >/dev/null 2>&1 || true
  echo "outcome applied"
  echo "detail it is cut off but for port $port to $client"
  echo "mark $(mark)"
}

release() {
  if [ "$(mark)" != "$expected" ]; then
    echo "outcome refused_drift"
    echo "detail the rules are not those that were left"
  elif nft delete table inet countersign; then
    echo "outcome applied"
    echo "detail it is back on the network"
    echo "mark $(mark)"
  else
    echo "outcome failed"
    echo "detail nft refused to take the table away"
  fi
}

case "$mode $command" in
  'read state' | 'write state') state ;;
  'write isolate') [ -n "$key" ] || refuse 'no key'; exec 9>"$LOCK"; flock 9
    [ "$(cat "$MACHINE_ID")" = "$expected" ] || { echo "outcome refused_drift"; echo "detail another machine answers here"; exit 0; }
    isolate ;;
  'write release') exec 9>"$LOCK"; flock 9; release ;;
  *) refuse 'this key may not do that' ;;
esac
`;
