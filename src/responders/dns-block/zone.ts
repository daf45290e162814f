import { createHash } from 'node:crypto';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Secret } from '../../ports/responder.ts';
import { NotReached } from '../shared/channel.ts';
import { errorTextWithout, shownText } from '../shared/wire-text.ts';
import type { DnsSettings } from './config.ts';
import { CLASS, CODE, type Entry, nameBytes, queryOf, TYPE, tell, textData } from './message.ts';

/** The server said no, with this code. */
export class Denied extends Error {
  override readonly name = 'Denied';
  readonly code: number;
  constructor(code: number) {
    super(`the server refused (code ${code})`);
    this.code = code;
  }
}

/** What stands in the policy zone of a domain. */
export interface BlockState {
  /** `yes`: by the two records that we make. `otherwise`: by something else. */
  readonly blocked: 'no' | 'yes' | 'otherwise';
  /** Which act made it, or all that say so; empty for none. */
  readonly mark: string;
}

const TTL_SECONDS = 60;
/** The root as the target of a CNAME: "no such name" (the encoding of policies in a response policy zone). */
const NO_SUCH_NAME = nameBytes('');

/** The three records of a block: the name, what is below it, and which act made it. */
export function recordsOf(domain: string, zone: string, mark: string): readonly Entry[] {
  const record = (name: string, type: number, data: Buffer): Entry => ({
    name,
    type,
    class: CLASS.IN,
    ttlSeconds: TTL_SECONDS,
    data,
  });
  return [
    record(`${domain}.${zone}`, TYPE.CNAME, NO_SUCH_NAME),
    record(`*.${domain}.${zone}`, TYPE.CNAME, NO_SUCH_NAME),
    record(markName(domain, zone), TYPE.TXT, textData(mark)),
  ];
}

function markName(domain: string, zone: string): string {
  return `${createHash('sha256').update(domain).digest('hex').slice(0, 40)}._countersign.${zone}`;
}

export interface Asking {
  readonly settings: DnsSettings;
  readonly secret: Secret;
  readonly seconds: number;
  readonly timeoutMs: number;
}

/** Reads the block of a domain with the read key. Rejects with {@link Denied}, NotReached or NoAnswer. */
export async function readBlock({ settings, secret, seconds, timeoutMs }: Asking, domain: string): Promise<BlockState> {
  const key = { name: settings.readKey, secret: secret.reveal() };
  const [exact, below, mark] = await Promise.all(
    recordsOf(domain, settings.zone, '').map(async wanted => {
      const query = queryOf(wanted.name, TYPE.ANY, false);
      const { code, entries } = await tell(settings, query, key, { seconds, timeoutMs });
      if (code !== CODE.DONE && code !== CODE.NO_NAME) throw new Denied(code);
      return entries.filter(({ name }) => name === wanted.name);
    }),
  );
  const isOurs = (entries: readonly Entry[] | undefined) =>
    entries?.length === 1 && entries[0]?.type === TYPE.CNAME && entries[0].data.equals(NO_SUCH_NAME);
  const isEmpty = [exact, below].every(entries => entries?.length === 0);
  // A server turns the order of records round from one answer to the next, so more than one are told in an order of their own.
  const text = (mark ?? [])
    .map(({ data }) => data.subarray(1).toString('ascii'))
    .sort()
    .join(' ');
  return { blocked: isEmpty ? 'no' : isOurs(exact) && isOurs(below) ? 'yes' : 'otherwise', mark: text };
}

/** What the resolver answers to anybody: addresses, or that there is no such name. */
export async function resolved(
  { settings, seconds, timeoutMs }: Omit<Asking, 'secret'>,
  domain: string,
): Promise<{ readonly code: number; readonly addresses: readonly string[] }> {
  const { code, entries } = await tell(settings, queryOf(domain, TYPE.A, true), undefined, { seconds, timeoutMs });
  const addresses = entries.filter(({ type }) => type === TYPE.A).map(({ data }) => shownText([...data].join('.')));
  return { code, addresses };
}

/** What a failed look is called. */
export function readFailure(error: unknown, secrets: readonly Secret[]): Failure {
  const code = error instanceof Denied ? 'responder.missing_scope' : 'responder.unreachable';
  return failureOf(code, `dns-block: ${errorTextWithout(error, secrets)}`);
}

/** What became of an update that ended in an error. */
export function writeOutcome(error: unknown): 'refused' | 'failed' | 'unknown' {
  if (error instanceof Denied) return 'refused';
  return error instanceof NotReached ? 'failed' : 'unknown';
}
