/**
 * What stands on the host as `/usr/local/sbin/countersign-ssh`: the only thing that either key can run there
 * (`command="…",restrict` in authorized_keys). It takes words of lower-case letters, digits and hyphens, and nothing else.
 *
 * An sshd that cannot read its revocation list lets nobody in by key, so a new one is made beside the old, read once, and
 * put in its place whole. The list of serials that it is made from is put there after it, and a list that was left between
 * the two is looked at before the next change. Who is logged in with a certificate is what sshd's own log says of the
 * connections that are open: a file that root alone writes, read from the start of the line, as a name may hold anything.
 */
export const SSH_AGENT_SH = `#!/bin/sh
set -euf
trap '' HUP PIPE
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
HOME_OF_LISTS=/etc/ssh/countersign
SSHD_CONFIG=/etc/ssh/sshd_config
LOG=/var/log/countersign-sshd.log
KEYS=$HOME/.ssh/authorized_keys
LOCK=/run/countersign-ssh.lock
CA=$HOME_OF_LISTS/ca.pub LIST=$HOME_OF_LISTS/revoked KRL=$HOME_OF_LISTS/krl

mode=\${1-}
refuse() { echo "outcome refused"; echo "detail $1"; exit 0; }
drifted() { echo "outcome refused_drift"; echo "detail $1"; exit 0; }
failed() { echo "outcome failed"; echo "detail $1"; exit 0; }
case \${SSH_ORIGINAL_COMMAND-} in *[!a-z0-9\\ -]*) refuse 'no such command' ;; esac
set -- \${SSH_ORIGINAL_COMMAND-}
command=\${1-} serial=\${2-} key=\${3-} authority=\${4-} left=\${5-}
set -- \${SSH_CONNECTION-}
client=\${1-} client_port=\${2-} port=\${4-}
[ -n "$client" ] && [ -n "$port" ] || refuse 'this is no connection by SSH'
case $serial in '' | 0* | *[!0-9]*) refuse 'this is no serial' ;; esac
[ "\${#serial}" -le 20 ] || refuse 'this is no serial'

print() { ssh-keygen -l -f "$CA" | cut -d' ' -f2; }
authority_now() { cut -d' ' -f2 "$CA" | base64 -d | sha256sum | cut -d' ' -f1; }
made() { ssh-keygen -q -k -f "$2" -s "$CA" "$1" >/dev/null 2>&1; }
listing() { ssh-keygen -Q -l -f "$1" 2>/dev/null | grep -v -e '^# KRL version' -e '^# Generated' -e '^$' || true; }
same_as() {
  fresh=$(mktemp)
  if made "$1" "$fresh" && ssh-keygen -Q -l -f "$KRL" >/dev/null 2>&1 && [ "$(listing "$KRL")" = "$(listing "$fresh")" ]
  then is_same=yes; else is_same=no; fi
  rm -f "$fresh"
  [ "$is_same" = yes ]
}
is_listed() { grep -qx "serial: $serial" "$LIST"; }
key_of() { grep -x -B1 "serial: $serial" "$LIST" | sed -n 's/^# countersign //p' | head -n 1; }
setting() { sshd -T -f "$SSHD_CONFIG" 2>/dev/null | sed -n "s/^$1 //p"; }

# One line for each open connection: peer, port, user, serial, CA; the last word of the log on that peer and port counts.
logins() {
  ss -Htn state established "sport = :$port" | awk '{ print $4 }' | sed -E 's/^\\[?([^]]*)\\]?:([0-9]+)$/\\1 \\2/' |
    awk -v log_file="$LOG" '
      BEGIN {
        while ((getline line < log_file) > 0) {
          sub(/\\r$/, "", line)
          if (line !~ /^Accepted [a-z\\/-]+ for [^ ]+ from [0-9a-fA-F.:]+ port [0-9]+ ssh2/) continue
          split(line, word, " ")
          at = word[6] " " word[8]
          who[at] = word[4]; what[at] = "- -"
          if (match(line, /\\(serial [0-9]+\\) CA [A-Z0-9-]+ SHA256:[A-Za-z0-9+\\/]+$/)) {
            split(substr(line, RSTART), end, " ")
            sub(/\\)$/, "", end[2])
            what[at] = end[2] " " end[5]
          }
        }
      }
      { print $1, $2, (($0 in who) ? who[$0] : "-"), (($0 in what) ? what[$0] : "? ?") }'
}
held() { ca=$(print); logins | awk -v serial="$serial" -v ca="$ca" '$4 "" == serial "" && $5 == ca { print $3, $1, $2 }'; }
own() { held | awk -v a="$client" -v p="$client_port" '$2 == a && $3 == p' | grep -q . ; }

state() {
  echo "ca $(print)"
  command -v ss >/dev/null || echo "lacks ss"
  command -v flock >/dev/null || echo "lacks flock"
  [ -r "$LOG" ] || echo "lacks the log of sshd, $LOG"
  [ "$(setting revokedkeys)" = "$KRL" ] || echo "lacks an sshd that reads $KRL (RevokedKeys)"
  grep -qF "$(cut -d' ' -f1,2 "$CA")" "$(setting trustedusercakeys)" 2>/dev/null || echo "lacks an sshd that trusts the CA"
  grep -F 'countersign-ssh write"' "$KEYS" 2>/dev/null | grep -oE 'ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+' | sed 's/^/writer /' || true
  if same_as "$LIST"; then echo "whole yes"; else echo "whole no"; fi
  if is_listed; then echo "revoked yes"; echo "key $(key_of)"; else echo "revoked no"; fi
  if own; then echo "own yes"; else echo "own no"; fi
  held | sed 's/^/open /'
  logins | awk '$4 == "?" { print "untold " $1 " " $2 }'
}

settle() {
  [ -e "$LIST.next" ] || return 0
  if same_as "$LIST.next"; then mv "$LIST.next" "$LIST"; else rm -f "$LIST.next"; fi
}
put() {
  made "$LIST.next" "$KRL.next" || { rm -f "$LIST.next" "$KRL.next"; failed 'no list could be made of it'; }
  ssh-keygen -Q -l -f "$KRL.next" >/dev/null 2>&1 || { rm -f "$LIST.next" "$KRL.next"; failed 'the new list cannot be read'; }
  chmod 644 "$KRL.next" "$LIST.next"
  mv "$KRL.next" "$KRL"
  mv "$LIST.next" "$LIST"
}

revoke() {
  if is_listed; then
    [ "$(key_of)" = "$key" ] || drifted 'it is revoked already'
    echo "outcome already_applied"; echo "detail it is revoked already"; echo "key $key"
    return
  fi
  if own; then refuse 'the connection by which this came rests on it'; fi
  { cat "$LIST"; printf '# countersign %s\\nserial: %s\\n' "$key" "$serial"; } >"$LIST.next"
  put
  held | while read -r _ address peer_port; do
    case $address in *:*) address="[$address]" ;; esac
    ss -KHtn "sport = :$port and dst $address and dport = :$peer_port" >/dev/null 2>&1 || true
  done
  echo "outcome applied"
  echo "detail it is revoked"
  echo "key $key"
}

reinstate() {
  [ -n "$left" ] && is_listed && [ "$(key_of)" = "$left" ] || drifted 'the list is not what was left'
  awk -v mark="# countersign $left" -v line="serial: $serial" '
    held != "" { if (held == mark && $0 == line) { held = ""; next } print held; held = "" }
    /^# countersign / { held = $0; next }
    { print }
    END { if (held != "") print held }' "$LIST" >"$LIST.next"
  put
  echo "outcome applied"
  echo "detail it is taken again"
  echo "key $key"
}

case "$mode $command" in
  'read state' | 'write state') state ;;
  'write revoke' | 'write reinstate')
    [ -n "$key" ] || refuse 'no key'
    exec 9>"$LOCK"; flock 9
    settle
    [ "$(authority_now)" = "$authority" ] || drifted 'the server takes the certificates of another CA'
    same_as "$LIST" || drifted 'the revocation list is not what was made here'
    "$command" ;;
  *) refuse 'this key may not do that' ;;
esac
`;
