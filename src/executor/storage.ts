import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type UnixMs, unixMsFrom } from '../base/time.ts';
import type { StoredCustody } from '../core/decide/custody.ts';
import { fileDigest } from '../core/decide/house-policy.ts';
import type { Genesis } from '../ports/genesis.ts';
import type { ConnectedSystem } from '../ports/secrets.ts';
import type { StoredPeople } from '../store/person-facts.ts';
import { secretMark } from './secret-mark.ts';

/**
 * What the executor remembers by itself, outside the data directory and readable by nobody else: what it pinned, the
 * last checkpoint of the log that it saw, the newest inventory that it accepted, and the response credentials.
 */
export interface Storage {
  readonly genesis: Genesis;
  /** The target systems as they are now: an operator may connect or forget one while the executor runs. */
  systems(): readonly ConnectedSystem[];
  /** Key of the idempotency keys. */
  readonly idempotencySeed: string;
  lastCheckpoint(): string | undefined;
  keepCheckpoint(note: string): void;
  /** Who signed for a machine identity last, as it was believed: no later look goes back behind it. */
  keptCustody(identity: string): StoredCustody | undefined;
  keepCustody(identity: string, custody: StoredCustody): void;
  /** Whether a statement of this digest was found signed before; what was signed well stays so when its signer leaves. */
  wasAccepted(digest: string): boolean;
  noteAccepted(digest: string): void;
  inventoryVersion(): number;
  keepInventoryVersion(version: number): void;
  /** The file of the policy that was adopted last; empty where none was. */
  policyText(): string;
  /** Keeps the file of a policy that is about to be set. */
  preparePolicy(text: string): void;
  /** Makes the prepared policy the one in force where it has this SHA-256. Whether it did. */
  adoptPolicy(sha256: string): boolean;
  /**
   * Notes credentials as known from `now` on, and gives back since when each is known. Where nothing was ever noted, as by an
   * earlier version, those that are there now were there before.
   */
  noteCredentials(ids: readonly string[], now: UnixMs): ReadonlyMap<string, UnixMs>;
  notedCredentials(): ReadonlyMap<string, UnixMs>;
  /**
   * Since when it knows each of these secrets, from `now` on where one is new. It goes by the secret: entered again, or under
   * another name, it is as old as it was.
   */
  secretsKnownSince(secrets: readonly string[], now: UnixMs): readonly UnixMs[];
  /**
   * Statements about people that were believed, each with its signatures, in the order in which they came to be. Kept whole, so
   * that none can be hidden, dated back or put before another once it was seen. Empty where nothing was kept yet.
   */
  keptPeople(): KeptPeople;
  keepPeople(people: KeptPeople): void;
}

/** What was believed of people, and whether the rule that two invite was in force since nothing was. */
export interface KeptPeople extends StoredPeople {
  readonly invitedBy?: 'two';
}

const GENESIS = z.object({
  v: z.literal('1'),
  installation: z.string(),
  tenant: z.string(),
  logOrigin: z.string(),
  logVkey: z.string(),
  linkPublicKey: z.string(),
  linkExpiresAt: z.string(),
  rpId: z.string(),
  origin: z.string(),
  demo: z.boolean(),
  policyDigest: z.string(),
  inventoryDigest: z.string(),
  invitedBy: z.literal('two').optional(),
});

const SYSTEMS = z.array(
  z.strictObject({
    config: z.strictObject({ responder: z.string(), system: z.string(), settings: z.record(z.string(), z.string()) }),
    readCredential: z.string(),
    writeCredential: z.string(),
    probeCredential: z.string().optional(),
  }),
);

/** Opens the executor's folder. Throws where genesis is missing or unreadable: without it nothing can be believed. */
export function openStorage(folder: string): Storage {
  const genesis = GENESIS.parse(JSON.parse(readFileSync(join(folder, 'genesis.json'), 'utf8'))) as Genesis;
  const seedFile = join(folder, 'idempotency-seed');
  let idempotencySeed = readOptional(seedFile);
  if (idempotencySeed === undefined) {
    idempotencySeed = randomBytes(32).toString('base64url');
    writeDurably(seedFile, idempotencySeed);
  }
  const checkpointFile = join(folder, 'checkpoint');
  const inventoryFile = join(folder, 'inventory-version');
  let checkpoint = readOptional(checkpointFile);
  return {
    genesis,
    systems: systemsIn(join(folder, 'systems.json')),
    idempotencySeed,
    lastCheckpoint: () => checkpoint,
    keepCheckpoint(note) {
      writeDurably(checkpointFile, note);
      checkpoint = note;
    },
    ...noterIn(join(folder, 'credentials.json')),
    ...secretsIn(join(folder, 'secrets-known.json'), idempotencySeed),
    ...peopleIn(join(folder, 'people.json')),
    ...acceptedIn(join(folder, 'accepted.json')),
    ...custodyIn(join(folder, 'custody.json')),
    inventoryVersion: () => Number(readOptional(inventoryFile) ?? '0'),
    keepInventoryVersion(version) {
      writeDurably(inventoryFile, String(version));
    },
    ...policyIn(folder),
  };
}

/**
 * A crash between the two steps leaves a prepared policy, which nothing reads until the act that sets it is settled: then it
 * is adopted, or the next one takes its place.
 */
function policyIn(folder: string): Pick<Storage, 'policyText' | 'preparePolicy' | 'adoptPolicy'> {
  const [inForce, prepared] = [join(folder, 'policy.yaml'), join(folder, 'policy-prepared.yaml')];
  return {
    policyText: () => readOptional(inForce) ?? '',
    preparePolicy: text => writeDurably(prepared, text),
    adoptPolicy(sha256) {
      const text = readOptional(prepared);
      if (text === undefined || (text === '' ? '' : fileDigest(text)) !== sha256) return false;
      writeDurably(inForce, text);
      return true;
    },
  };
}

/** Reads the file again whenever it was replaced. One that cannot be read any more leaves no system, never the old ones. */
function systemsIn(path: string): () => readonly ConnectedSystem[] {
  let known: { readonly stamp: string; readonly systems: readonly ConnectedSystem[] } | undefined;
  return () => {
    const stamp = stampOf(path);
    if (known?.stamp !== stamp) known = { stamp, systems: stamp === 'none' ? [] : parseSystems(readOptional(path)) };
    return known.systems;
  };
}

const NOTED = z.record(z.string(), z.number());

function noterIn(path: string): Pick<Storage, 'noteCredentials' | 'notedCredentials'> {
  const stored = readOptional(path);
  const noted = new Map(stored === undefined ? [] : Object.entries(NOTED.parse(JSON.parse(stored))));
  let isFirst = stored === undefined;
  const all = () => new Map([...noted].map(([id, at]) => [id, unixMsFrom(at)]));
  return {
    noteCredentials(ids, now) {
      const fresh = ids.filter(id => !noted.has(id));
      for (const id of fresh) noted.set(id, isFirst ? 0 : now);
      if (fresh.length > 0 || isFirst) writeDurably(path, JSON.stringify(Object.fromEntries(noted)));
      isFirst = false;
      return all();
    },
    notedCredentials: all,
  };
}

function secretsIn(path: string, key: string): Pick<Storage, 'secretsKnownSince'> {
  const known = new Map(Object.entries(NOTED.parse(JSON.parse(readOptional(path) ?? '{}'))));
  return {
    secretsKnownSince(secrets, now) {
      const marks = secrets.map(secret => secretMark(key, secret));
      const fresh = marks.filter(mark => !known.has(mark));
      for (const mark of fresh) known.set(mark, now);
      if (fresh.length > 0) writeDurably(path, JSON.stringify(Object.fromEntries(known)));
      return marks.map(mark => unixMsFrom(known.get(mark) ?? now));
    },
  };
}

function custodyIn(path: string): Pick<Storage, 'keptCustody' | 'keepCustody'> {
  const stored = readOptional(path);
  const kept = new Map<string, StoredCustody>(stored === undefined ? [] : JSON.parse(stored));
  return {
    keptCustody: identity => kept.get(identity),
    keepCustody(identity, custody) {
      kept.set(identity, custody);
      writeDurably(path, JSON.stringify([...kept]));
    },
  };
}

/** Statements that are remembered as accepted; of older ones the signature is asked for again. */
const ACCEPTED_MAX = 200;

function acceptedIn(path: string): Pick<Storage, 'wasAccepted' | 'noteAccepted'> {
  let accepted: readonly string[] = z.array(z.string()).parse(JSON.parse(readOptional(path) ?? '[]'));
  return {
    wasAccepted: digest => accepted.includes(digest),
    noteAccepted(digest) {
      if (accepted.includes(digest)) return;
      accepted = [...accepted, digest].slice(-ACCEPTED_MAX);
      writeDurably(path, JSON.stringify(accepted));
    },
  };
}

/** What was written is our own and was checked before; whoever uses it checks it again. */
function peopleIn(path: string): Pick<Storage, 'keptPeople' | 'keepPeople'> {
  const stored = readOptional(path);
  let kept: KeptPeople = stored === undefined ? { invitations: [], statements: [] } : JSON.parse(stored);
  return {
    keptPeople: () => kept,
    keepPeople(people) {
      writeDurably(path, JSON.stringify(people));
      kept = people;
    },
  };
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? 'none' : `${stats.ino}/${stats.mtimeNs}/${stats.size}`;
}

function parseSystems(text: string | undefined): readonly ConnectedSystem[] {
  try {
    const parsed = SYSTEMS.safeParse(JSON.parse(text ?? '[]'));
    return parsed.success ? parsed.data.map(system => ({ ...system, probeCredential: system.probeCredential })) : [];
  } catch {
    return [];
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A crash leaves the old file or the new one whole, never a part: new file, fsync, rename, fsync of the folder. */
function writeDurably(path: string, text: string): void {
  const next = `${path}.next`;
  const file = openSync(next, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  const folder = openSync(join(path, '..'), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
