import { type At, dig, textAt } from '../shared/at.ts';

/** Keys by which an entry without `_path` is told, first match first. Each is a field of that log alone among these. */
const BY_KEY: readonly (readonly [string, string])[] = [
  ['note', 'notice'],
  ['conn_state', 'conn'],
  ['qtype_name', 'dns'],
  ['qclass', 'dns'],
  ['rcode_name', 'dns'],
  ['request_type', 'kerberos'],
  ['share_type', 'smb_mapping'],
  ['hassh', 'ssh'],
  ['auth_attempts', 'ssh'],
  ['host_key', 'ssh'],
  ['rcptto', 'smtp'],
  ['helo', 'smtp'],
  ['fuid', 'files'],
  ['uri', 'http'],
  ['status_code', 'http'],
  ['method', 'http'],
  ['cert_chain_fps', 'ssl'],
  ['server_name', 'ssl'],
  ['cipher', 'ssl'],
  ['security_protocol', 'rdp'],
  ['ntlm_v2', 'ntlm'],
  ['domainname', 'ntlm'],
  ['endpoint', 'dce_rpc'],
  ['named_pipe', 'dce_rpc'],
  ['mac', 'dhcp'],
  ['reply_code', 'ftp'],
  ['command', 'ftp'],
];

const PATH = /^[A-Za-z0-9_-]{1,64}$/;

/** Which of Zeek's logs an entry is of: what `_path` says, else what its fields tell; `event` where neither does. */
export function pathOf(root: At): string {
  const stated = textAt(dig(root, '_path'));
  if (stated !== undefined && PATH.test(stated)) return stated.toLowerCase();
  for (const [key, path] of BY_KEY) if (dig(root, key) !== undefined) return path;
  const isWeird = dig(root, 'name') !== undefined && (dig(root, 'peer') ?? dig(root, 'addl')) !== undefined;
  return isWeird ? 'weird' : 'event';
}
