import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readCloudRanges } from '../core/study/enrich/cloud-ranges.ts';
import { LOOK_UPS } from '../look-ups/index.ts';
import type { Tlp } from '../model/enrichment.ts';
import type { ConnectedLookUp } from '../ports/look-up.ts';
import { writeForFolder } from './folder-file.ts';
import { errorCode, fileRefusal, Refusal } from './refusal.ts';

/** What an operator settled of look-ups: which there are, and how far things may go. */
export interface LookUpSettings {
  readonly lookUps: readonly ConnectedLookUp[];
  /** Of an incident that nobody marked. */
  readonly usualTlp: Tlp;
  /** What comes from these sources counts as marked so, at least. */
  readonly sourceTlp: ReadonlyMap<string, Tlp>;
  /** Domains of ours beside those that the inventory names. */
  readonly ownDomains: readonly string[];
}

/** An operator's usual caution: what nobody marked goes to partners, not to the public. */
export const NO_LOOK_UPS: LookUpSettings = {
  lookUps: [],
  usualTlp: 'amber',
  sourceTlp: new Map(),
  ownDomains: [],
};

const TLP = z.enum(['clear', 'green', 'amber', 'red']);
const COUNT = z.int().min(1).max(1_000_000);
const FILE = z.strictObject({
  v: z.literal(1),
  usualTlp: TLP,
  sourceTlp: z.array(z.tuple([z.string(), TLP])),
  ownDomains: z.array(z.string()),
  lookUps: z.array(
    z.strictObject({
      credential: z.string(),
      config: z.strictObject({
        name: z.string(),
        kind: z.string(),
        url: z.string(),
        maxTlp: z.enum(['clear', 'green', 'amber']),
        quota: z.strictObject({ perMinute: COUNT, perDay: COUNT }),
        settings: z.record(z.string(), z.string()),
        ca: z.string().optional(),
      }),
    }),
  ),
});

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const DOMAIN = /^(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/;

/** In the folder that only the server may read. */
const storeIn = (folder: string): string => join(folder, 'look-ups.json');
/** Where files of cloud ranges lie. */
export const rangesIn = (folder: string): string => join(folder, 'ranges');

/** The settings as they are now. Throws where the file is there and cannot be read: then nothing is known of marks. */
export async function readLookUps(folder: string): Promise<LookUpSettings> {
  const file = storeIn(folder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return NO_LOOK_UPS;
    if (errorCode(error) === 'EACCES')
      throw new Refusal(`${file} may only be read by whoever started Countersign; run this command as that user.`);
    throw error;
  }
  const parsed = FILE.safeParse(jsonOf(text));
  if (!parsed.success) throw new Refusal(`cannot read ${file}: it is damaged; add the look-ups again.`);
  const { usualTlp, sourceTlp, ownDomains, lookUps } = parsed.data;
  return {
    usualTlp,
    sourceTlp: new Map(sourceTlp),
    ownDomains,
    lookUps: lookUps.map(({ config, credential }) => ({ credential, config: { ...config, ca: config.ca } })),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Adds a look-up, or replaces the one of this name. The running server takes it up by itself. */
export async function addLookUp(folder: string, added: ConnectedLookUp): Promise<void> {
  const { config } = added;
  const known = LOOK_UPS.get(config.kind);
  if (known === undefined)
    throw new Refusal(`there is no look-up ${config.kind}; there are ${[...LOOK_UPS.keys()].join(', ')}.`);
  if (!NAME.test(config.name))
    throw new Refusal('the name of a look-up is lower-case letters, digits, dots and hyphens, 63 at most.');
  checkUrl(config.url);
  const strange = Object.keys(config.settings).find(name => !known.settings.includes(name));
  if (strange !== undefined) throw new Refusal(`${config.kind} has no setting \`${strange}\`.`);
  if (known.settings.includes('collection') && !config.settings['collection'])
    throw new Refusal(`${config.kind} needs --set collection=ID.`);
  if ('ask' in known && added.credential === '') throw new Refusal('a key is needed, on standard input.');
  if (/[^\x20-\x7e]/.test(added.credential)) throw new Refusal('the key holds characters that no key has.');
  const settings = await readLookUps(folder);
  const others = settings.lookUps.filter(one => one.config.name !== config.name);
  await writeSettings(folder, { ...settings, lookUps: [...others, added] });
}

/** `https`, or `http` to this machine: a key that goes over the network in the clear is anybody's. */
function checkUrl(text: string): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Refusal(`\`${text}\` is no URL.`);
  }
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new Refusal('the URL of a look-up begins with https; http is for this machine only.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Refusal(
      'the URL of a look-up has no user, no query and no fragment; the key is read from standard input.',
    );
}

/** Takes a look-up out. False where there was none of this name. */
export async function removeLookUp(folder: string, name: string): Promise<boolean> {
  const settings = await readLookUps(folder);
  const left = settings.lookUps.filter(one => one.config.name !== name);
  if (left.length === settings.lookUps.length) return false;
  await writeSettings(folder, { ...settings, lookUps: left });
  return true;
}

/** Marks what comes from a source, or with `source` undefined everything that nobody marked. */
export async function setTlp(folder: string, source: string | undefined, tlp: Tlp): Promise<void> {
  const settings = await readLookUps(folder);
  if (source === undefined) return writeSettings(folder, { ...settings, usualTlp: tlp });
  await writeSettings(folder, { ...settings, sourceTlp: new Map([...settings.sourceTlp, [source, tlp]]) });
}

/** A domain of ours: nothing below it is ever sent. */
export async function addOwnDomain(folder: string, domain: string): Promise<void> {
  const name = domain.toLowerCase();
  if (!DOMAIN.test(name)) throw new Refusal(`\`${domain}\` is no domain.`);
  const settings = await readLookUps(folder);
  await writeSettings(folder, { ...settings, ownDomains: [...new Set([...settings.ownDomains, name])] });
}

async function writeSettings(folder: string, settings: LookUpSettings): Promise<void> {
  const { usualTlp, sourceTlp, ownDomains, lookUps } = settings;
  await writeForFolder(
    storeIn(folder),
    JSON.stringify({ v: 1, usualTlp, sourceTlp: [...sourceTlp], ownDomains, lookUps }),
  );
}

/** Checks a file of ranges and puts it where the server reads it, under its provider's name. What it holds is returned. */
export async function addRanges(folder: string, path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Refusal(`cannot read ${path}: ${errorCode(error) ?? 'unknown'}.`);
  });
  const read = readCloudRanges(text);
  if (!read.ok) throw new Refusal(`${path} is no file of ranges: ${read.failure}.`);
  const target = rangesIn(folder);
  await mkdir(target, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileRefusal(error, target);
  });
  await ownAs(target, folder, 0o700);
  await writeForFolder(join(target, `${read.value.provider}.json`), text);
  return `${read.value.provider}: ${read.value.entries.toLocaleString('en')} ranges${read.value.notUnderstood > 0 ? `, ${read.value.notUnderstood} entries not understood` : ''}`;
}

export async function removeRanges(folder: string, provider: string): Promise<boolean> {
  if (!/^[a-z]{1,20}$/.test(provider)) return false;
  const path = join(rangesIn(folder), `${provider}.json`);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) await rm(path);
  return isThere;
}

async function ownAs(path: string, folder: string, mode: number): Promise<void> {
  const owner = await stat(folder);
  await chmod(path, mode);
  if (process.getuid?.() === 0) await chown(path, owner.uid, owner.gid);
}
