import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { A_PORT, NOT_EMPTY, settingsOf } from '../shared/settings.ts';
import type { SshAddress } from '../shared/ssh-command.ts';

/** Where the host is. No secret: the private keys come through the context. */
export interface HostSettings extends SshAddress {
  /** The public half of the write credential, `ssh-ed25519 AAAA…`, so that a plan can say that the host does not know it. */
  readonly writeKey: string;
  /** A port that answers while the host is on the network, by which the effect is seen from here; undefined for none. */
  readonly probePort: number | undefined;
}

const TABLE = {
  host: { fault: NOT_EMPTY },
  port: { usual: '22', fault: A_PORT },
  user: { usual: 'countersign', fault: NOT_EMPTY },
  hostKey: {
    fault: (value: string) => (/^SHA256:[A-Za-z0-9+/]{43}$/.test(value) ? undefined : 'it is not `SHA256:…`'),
  },
  writeKey: {
    fault: (value: string) =>
      /^ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+$/.test(value) ? undefined : 'it is not a public key without a comment',
  },
  probePort: { usual: '', fault: (value: string) => (value === '' ? undefined : A_PORT(value)) },
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  return settingsOf('linux-host', TABLE, given);
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<HostSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { port, probePort, ...rest } = read.value;
  return ok({ ...rest, port: Number(port), probePort: probePort === '' ? undefined : Number(probePort) });
}
