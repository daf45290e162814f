import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { dnsBlockManifest } from '../../src/responders/dns-block/manifest.ts';
import { CLASS, type Entry, queryOf, TYPE, tell, updateOf } from '../../src/responders/dns-block/message.ts';
import { dnsBlock } from '../../src/responders/dns-block/responder.ts';
import { readBlock, recordsOf } from '../../src/responders/dns-block/zone.ts';
import { freePort } from './free-port.ts';
import { notHere, startServer } from './server-process.ts';

export const NO_NAMED = notHere('named', 'bind9');

const SETTLE_MS = 150;
const VICTIM = 'evil.example.com';
const ZONE = 'rpz.countersign';
const OWN = 'corp.example';

const named = (home: string, port: number, keys: { readonly [name: string]: string }, readers: string) => `
${Object.entries(keys)
  .map(([name, secret]) => `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };`)
  .join('\n')}
options {
  directory "${home}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;
  recursion yes; allow-query { any; }; dnssec-validation no; forwarders { }; session-keyfile none; managed-keys-directory "${home}";
  response-policy { zone "${ZONE}" min-update-interval 0; } qname-wait-recurse no;
};
controls { };
zone "example.com" { type primary; file "example.com.db"; };
zone "${ZONE}" {
  type primary; file "rpz.db"; allow-query { ${readers} key "admin"; }; allow-transfer { none; };
  update-policy { grant countersign-write zonesub CNAME TXT; grant admin zonesub ANY; };
};
zone "." { type primary; file "root.db"; };`;

const SOA = '$TTL 60\n@ SOA ns.local. admin.local. 1 60 60 60 1\n@ NS ns.local.\n';

/** What the tests beside the suite need, too. */
export interface DnsTarget extends ConformanceTarget {
  /** Whether the resolver leads anywhere for this domain. */
  resolves(domain: string): Promise<boolean>;
}

/** Starts a named of its own: a zone with the victim in it, and a policy zone as the README sets it up. */
export async function startDnsTarget(): Promise<DnsTarget> {
  const home = await mkdtemp(join(tmpdir(), 'cs-named-'));
  const port = await freePort();
  const secret = () => randomBytes(32).toString('base64');
  const keys = { 'countersign-read': secret(), 'countersign-write': secret(), admin: secret() };
  const config = join(home, 'named.conf');
  await writeFile(join(home, 'example.com.db'), `${SOA}evil A 192.0.2.66\nfine A 192.0.2.7\n`);
  await writeFile(join(home, 'rpz.db'), SOA);
  await writeFile(join(home, 'root.db'), SOA);
  await writeFile(config, named(home, port, keys, 'key "countersign-read"; key "countersign-write";'));
  const server = await startServer('named', ['-g', '-c', config, '-n', '1'], port);
  const proxy = await startProxy({ host: '127.0.0.1', port });
  const system: SystemConfig = {
    responder: 'dns-block',
    system: 'resolver',
    settings: { host: '127.0.0.1', port: String(port), zone: ZONE, ownZones: OWN },
  };
  const address = { host: '127.0.0.1', port, tls: 'off', tlsCa: '' } as const;
  const now = () => ({ seconds: Math.floor(Date.now() / 1_000), timeoutMs: 2_000 });
  const asAdmin = async (message: Buffer) => {
    const { code } = await tell(address, message, { name: 'admin', secret: keys.admin }, now());
    if (code !== 0) throw new Error(`the administrator was refused: ${code}`);
  };
  const settings = { ...address, zone: ZONE, readKey: 'admin', writeKey: 'x', ownZones: [OWN] };
  const stands = (domain: string) => readBlock({ settings, secret: { reveal: () => keys.admin }, ...now() }, domain);
  const emptied = (record: Entry): Entry => ({
    ...record,
    type: TYPE.ANY,
    class: CLASS.ANY,
    ttlSeconds: 0,
    data: Buffer.alloc(0),
  });
  const empty = (domain: string) => asAdmin(updateOf(ZONE, [], recordsOf(domain, ZONE, '').map(emptied)));
  const add = (records: readonly Entry[]) => asAdmin(updateOf(ZONE, [], records));
  const byOther: Entry = {
    name: `${VICTIM}.${ZONE}`,
    type: TYPE.A,
    class: CLASS.IN,
    ttlSeconds: 60,
    data: Buffer.from([127, 0, 0, 2]),
  };
  const change = (name: string, apply: () => Promise<void>, revert: () => Promise<void>): Change => ({
    name,
    apply,
    revert,
  });
  const nothing = async (): Promise<void> => undefined;
  const resolves = async (domain: string) => {
    // The server takes a change of a policy up in a moment of its own.
    await sleep(SETTLE_MS);
    const { entries } = await tell(address, queryOf(domain, TYPE.A, true), undefined, now());
    return entries.some(({ type }) => type === TYPE.A);
  };
  const [contain, release] = dnsBlockManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const attempt = (name: string, key: string, message: () => Buffer) => ({
    name,
    isAllowed: async () => {
      const answer = await tell(address, message(), { name: key, secret: keys[key as keyof typeof keys] }, now());
      return answer.code === 0;
    },
  });
  const lie = await lieOf(system, keys, home);
  const elsewhere: Entry = { ...byOther, name: 'fine.example.com' };
  let secrets = { read: keys['countersign-read'], write: keys['countersign-write'], probe: '{}' };
  return {
    responder: dnsBlock,
    program: { module: new URL('../../src/responders/dns-block/responder.ts', import.meta.url).href, name: 'dnsBlock' },
    effect: 'proven',
    system,
    proxied: { ...system, settings: { ...system.settings, port: String(proxy.port) } },
    proxy,
    get secrets() {
      return secrets;
    },
    contain,
    release,
    victim: VICTIM,
    resolves,
    async restore() {
      proxy.reset();
      await empty(VICTIM);
    },
    snapshot: async () =>
      JSON.stringify(await Promise.all([VICTIM, 'fine.example.com', OWN, 'co.uk', 'example.com'].map(stands))),
    valueAt: async () => (await stands(VICTIM)).blocked,
    isContained: async domain => (await stands(domain)).blocked === 'yes',
    version: async () => (await stands(VICTIM)).mark,
    versionAfterPath: 'domain.versionAfter',
    // The operation of a message stands in its third byte, after the two that tell its length: 5 is an update.
    asksForChange: sent => updatesIn(sent),
    drifts: [
      change(
        'a block by somebody else',
        () => add(recordsOf(VICTIM, ZONE, 'theirs')),
        () => empty(VICTIM),
      ),
      change(
        'another policy by somebody else',
        () => add([byOther]),
        () => empty(VICTIM),
      ),
    ],
    driftsAfter: [
      change('a block that was taken away', () => empty(VICTIM), nothing),
      change('another mark', () => add([{ ...recordsOf(VICTIM, ZONE, 'theirs')[2] } as Entry]), nothing),
      change(
        'a policy for what is below it',
        async () => {
          await asAdmin(updateOf(ZONE, [], [emptied({ ...byOther, name: `*.${VICTIM}.${ZONE}` })]));
          await add([{ ...byOther, name: `*.${VICTIM}.${ZONE}` }]);
        },
        nothing,
      ),
    ],
    scopes: [
      change(
        'the read key',
        async () => {
          secrets = { ...secrets, read: keys.admin };
        },
        async () => {
          secrets = { ...secrets, read: keys['countersign-read'] };
        },
      ),
    ],
    forbidden: [
      attempt('read: update the policy zone', 'countersign-read', () =>
        updateOf(ZONE, [], recordsOf(VICTIM, ZONE, 'x')),
      ),
      attempt('read: update another zone', 'countersign-read', () => updateOf('example.com', [], [elsewhere])),
      attempt('write: update another zone', 'countersign-write', () => updateOf('example.com', [], [elsewhere])),
      attempt('write: answer with an address', 'countersign-write', () => updateOf(ZONE, [], [byOther])),
    ],
    lie,
    containAlone: () => add(recordsOf(VICTIM, ZONE, 'by hand')),
    hold: async () => ({ reads: () => resolves(VICTIM), close: nothing }),
    rests: {
      name: 'what rests on it',
      mentions: [`${VICTIM} leads to 192.0.2.66`, `every name below ${VICTIM}`],
      apply: nothing,
      revert: nothing,
    },
    untouchable: [
      { name: OWN, reason: 'not_expressible', isRefusedByTarget: true },
      { name: `www.${OWN}`, reason: 'not_expressible', isRefusedByTarget: true },
      { name: 'co.uk', reason: 'not_expressible', isRefusedByTarget: true },
      { name: 'github.io', reason: 'not_expressible', isRefusedByTarget: true },
    ],
    hostileNames: [
      '',
      '.',
      '*',
      'com',
      ` ${VICTIM}`,
      `${VICTIM} `,
      `${VICTIM}.`,
      VICTIM.toUpperCase(),
      `*.${VICTIM}`,
      `${VICTIM}\n`,
      `${VICTIM}\0`,
      `${VICTIM}\u200b`,
      '127.0.0.1',
      'evil\uff0eexample.com',
      'a..b.com',
      `${'l'.repeat(64)}.com`,
      '\ud800.com',
      '../etc.com',
      '$(id).com',
    ],
    hostileAccounts: ['xn--e1afmkfd.example.com', '_dmarc.example.com', 'a-b.c--d.example.com'],
    makeHostile: async name => change(name, nothing, () => empty(name)),
    async close() {
      await proxy.close();
      await lie.stop();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Whether one of the messages that were sent, each behind its length, is an update (its operation stands in the third byte). */
function updatesIn(sent: Buffer): boolean {
  for (let at = 0; at + 4 < sent.length; at += 2 + sent.readUInt16BE(at)) {
    if (((sent[at + 4] ?? 0) >> 3) % 16 === 5) return true;
  }
  return false;
}

/** A second server with the same keys answers, and signs, that it is done: so it is, there, where nobody asks. */
async function lieOf(
  system: SystemConfig,
  keys: { readonly [name: string]: string },
  home: string,
): Promise<ConformanceTarget['lie'] & { readonly stop: () => Promise<void> }> {
  const port = await freePort();
  const elsewhere = join(home, 'elsewhere');
  await mkdir(elsewhere);
  for (const name of ['example.com.db', 'rpz.db', 'root.db']) await writeFile(join(elsewhere, name), SOA);
  await writeFile(
    join(elsewhere, 'named.conf'),
    named(elsewhere, port, keys, 'key "countersign-read"; key "countersign-write";'),
  );
  const server = await startServer('named', ['-g', '-c', join(elsewhere, 'named.conf'), '-n', '1'], port);
  return {
    name: 'a lie',
    system: { ...system, settings: { ...system.settings, port: String(port) } },
    apply: async () => undefined,
    revert: async () => undefined,
    stop: server.stop,
  };
}
