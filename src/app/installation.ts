import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { printNoteKey } from '../audit/note.ts';
import { type Id, newId, parseId, timeOrdered } from '../base/id.ts';
import { MS_PER_MINUTE, rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { BUILT_IN_POLICIES, policyDigestOf } from '../core/decide/policy.ts';
import type { Genesis } from '../ports/genesis.ts';
import { logSigner, SEED_BYTES } from '../store/ed25519.ts';
import { readJson, writeWhole } from './data-directory.ts';
import type { Identity } from './identities.ts';
import { Refusal } from './refusal.ts';

/** What was settled when the data directory was made, and doesn't change. */
export interface Installation {
  readonly id: Id<'installation'>;
  readonly demo: boolean;
  /** Origin of the log and name of its key. A demo's says so, so that no receipt of one passes for the real thing. */
  readonly logOrigin: string;
  readonly port: number;
  readonly origin: string;
}

export interface InstallationKeys {
  readonly logSeed: Buffer;
  readonly sessionKey: Buffer;
  readonly logVkey: string;
}

/** What the person who starts asked for. Undefined: as it was, or the usual. */
export interface InstallationWish {
  readonly demo: boolean;
  readonly port: number | undefined;
  readonly origin: string | undefined;
}

const PORT_USUAL = 8080;
export const TENANT = 'default';
const LINK_LIFE_MINUTES = 15;

/** Reads what this data directory is, or settles it now. Throws a {@link Refusal} where the wish can't be met. */
export async function openInstallation(dataDir: string, wish: InstallationWish): Promise<Installation> {
  const file = join(dataDir, 'installation.json');
  const stored = parseInstallation(await readJson(file), file);
  if (stored !== undefined && stored.demo !== wish.demo) {
    throw new Refusal(
      stored.demo
        ? `${dataDir} is a demo, which can never become anything else; add --demo, or choose another directory with --data.`
        : `${dataDir} is not a demo and cannot become one; leave out --demo, or choose another directory with --data.`,
    );
  }
  const port = wish.port ?? stored?.port ?? PORT_USUAL;
  const keepsOrigin = wish.port === undefined || wish.port === stored?.port;
  const origin = wish.origin ?? (keepsOrigin ? stored?.origin : undefined) ?? `http://localhost:${port}`;
  const id = stored?.id ?? newId('installation', () => timeOrdered(Date.now(), randomBytes(10)));
  const logOrigin = stored?.logOrigin ?? `countersign.local/${wish.demo ? 'demo/' : ''}${id}`;
  const settled = { id, demo: wish.demo, logOrigin, port, origin };
  if (JSON.stringify(settled) !== JSON.stringify(stored)) await writeWhole(file, `${JSON.stringify(settled)}\n`);
  return settled;
}

function parseInstallation(value: unknown, file: string): Installation | undefined {
  if (value === undefined) return undefined;
  const damaged = new Refusal(`cannot read ${file}: it is damaged; restore it from a backup.`);
  if (typeof value !== 'object' || value === null) throw damaged;
  const { id, demo, logOrigin, port, origin }: Partial<Record<keyof Installation, unknown>> = value;
  const parsed = typeof id === 'string' ? parseId('installation', id) : undefined;
  if (parsed?.ok !== true || typeof demo !== 'boolean' || typeof logOrigin !== 'string') throw damaged;
  if (typeof port !== 'number' || typeof origin !== 'string') throw damaged;
  return { id: parsed.value, demo, logOrigin, port, origin };
}

/** The keys in the server's folder, made where they aren't. As root the folder is the server's own. */
export async function openKeys(
  dataDir: string,
  logOrigin: string,
  identity: Identity | undefined,
): Promise<InstallationKeys> {
  const folder = join(dataDir, 'server');
  await ownFolder(folder, identity);
  const logSeed = await keyIn(join(folder, 'log-key'), identity);
  const sessionKey = await keyIn(join(folder, 'session-key'), identity);
  return { logSeed, sessionKey, logVkey: printNoteKey(logSigner(logOrigin, logSeed).key) };
}

/** A folder that nobody but `identity` (undefined: we) and root may enter. */
export async function ownFolder(folder: string, identity: Identity | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
}

async function keyIn(file: string, identity: Identity | undefined): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const known = Buffer.from(text.trim(), 'base64url');
    if (known.length !== SEED_BYTES) throw new Refusal(`cannot read ${file}: it is damaged; restore it from a backup.`);
    return known;
  }
  const made = randomBytes(SEED_BYTES);
  await writeWhole(file, `${made.toString('base64url')}\n`);
  if (identity !== undefined) await chown(file, identity.uid, identity.gid);
  return made;
}

/** The token by which commands on this machine authenticate. Only whoever started Countersign may read the file. */
export async function openCliToken(dataDir: string): Promise<string> {
  const file = join(dataDir, 'cli-token');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  const made = randomBytes(32).toString('base64url');
  await writeWhole(file, `${made}\n`);
  return made;
}

/** The first enrolment link: whoever has its seed can become the first administrator. Shown once, never stored by us. */
export interface EnrolmentLink {
  readonly url: string;
  readonly publicKey: string;
  readonly expiresAt: UnixMs;
}

/** A link at `<origin>/enrol#<seed>`: what follows the `#` stays in the browser and reaches no server and no log. */
export function newEnrolmentLink(origin: string, now: UnixMs): EnrolmentLink {
  const seed = randomBytes(SEED_BYTES);
  return {
    url: `${origin}/enrol#${seed.toString('base64url')}`,
    publicKey: linkPublicKey(seed),
    expiresAt: unixMsFrom(now + LINK_LIFE_MINUTES * MS_PER_MINUTE),
  };
}

function linkPublicKey(seed: Buffer): string {
  // PKCS #8 of an Ed25519 private key (RFC 8410 section 7), up to the seed.
  const key = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const spki = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });
  return spki.subarray(-32).toString('base64url');
}

export interface GenesisSituation {
  readonly installation: Installation;
  readonly keys: InstallationKeys;
  readonly executorFolder: string;
  readonly identity: Identity | undefined;
  /** Enrolments in the database. */
  readonly enrolled: number;
  readonly inventoryDigest: string;
  readonly now: UnixMs;
}

/**
 * What the executor believes without proof, and the first enrolment link while there is nobody yet.
 *
 * While nobody is enrolled each start makes a new link and pins its key: a link that went astray stops working with the
 * next start. From the first enrolment on, genesis is never written again; a database that has since lost its people,
 * or that belongs to another installation, is refused rather than believed.
 */
export async function openGenesis(
  situation: GenesisSituation,
): Promise<{ readonly genesis: Genesis; readonly link: EnrolmentLink | undefined }> {
  const { installation, executorFolder, identity, enrolled } = situation;
  await ownFolder(executorFolder, identity);
  const file = join(executorFolder, 'genesis.json');
  const stored = (await readJson(file)) as Genesis | undefined;
  if (stored !== undefined && stored.installation !== installation.id) {
    throw new Refusal(
      `${executorFolder} belongs to another installation (${stored.installation}); restore the data directory that goes with it, or remove ${executorFolder} too.`,
    );
  }
  const seal = join(executorFolder, 'sealed');
  const isSealed = await stat(seal).then(
    () => true,
    () => false,
  );
  if (enrolled > 0) {
    if (stored === undefined) {
      throw new Refusal(
        `people are enrolled in this database, but the executor's storage ${executorFolder} is not theirs; restore it from a backup, or use a database of its own.`,
      );
    }
    if (!isSealed) await writeOwned(seal, 'people are enrolled\n', identity);
    return { genesis: stored, link: undefined };
  }
  if (isSealed) {
    throw new Refusal(
      'people were enrolled in this installation and the database knows of none; restore the database from a backup.',
    );
  }
  const link = newEnrolmentLink(installation.origin, situation.now);
  const genesis = genesisOf(situation, link);
  await writeOwned(file, `${JSON.stringify(genesis)}\n`, identity);
  return { genesis, link };
}

function genesisOf({ installation, keys, inventoryDigest }: GenesisSituation, link: EnrolmentLink): Genesis {
  return {
    v: '1',
    installation: installation.id,
    tenant: TENANT,
    logOrigin: installation.logOrigin,
    logVkey: keys.logVkey,
    linkPublicKey: link.publicKey,
    linkExpiresAt: rfc3339(link.expiresAt),
    rpId: new URL(installation.origin).hostname,
    origin: installation.origin,
    demo: installation.demo,
    policyDigest: builtInPolicyDigest(),
    inventoryDigest,
    invitedBy: 'two',
  };
}

/** The same as that of the loaded policies, without loading the policy engine into the supervisor. */
export function builtInPolicyDigest(): string {
  return policyDigestOf(BUILT_IN_POLICIES);
}

async function writeOwned(file: string, text: string, identity: Identity | undefined): Promise<void> {
  await rm(file, { force: true });
  await writeWhole(file, text);
  if (identity !== undefined) await chown(file, identity.uid, identity.gid);
}
