import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { POLLERS } from '../pollers/index.ts';
import type { Poller, PollSettings } from '../ports/poller.ts';
import { SOURCES } from '../sources/index.ts';
import { writeForFolder } from './folder-file.ts';
import { errorCode, Refusal } from './refusal.ts';

/** A product that is read, with the credential for it. The server's own, and nobody else's. */
export interface Poll {
  readonly source: string;
  readonly poller: string;
  /** The one origin, with a path where the product lives below one. */
  readonly url: string;
  readonly settings: PollSettings;
  readonly credential: string;
  readonly parser: string;
  readonly everySeconds: number;
  readonly overlapSeconds: number;
  /** Where the first reading begins, in milliseconds since 1970. */
  readonly startFrom: number;
  /** New for each `add`: a cursor of another product is not gone on from. */
  readonly generation: string;
}

export const EVERY_SECONDS_USUAL = 60;
export const OVERLAP_SECONDS_USUAL = 300;
const EVERY_SECONDS_MAX = 86_400;
const OVERLAP_SECONDS_MAX = 7 * 86_400;
const CREDENTIAL_CHARS_MAX = 16_384;
const POLLS_MAX = 100;

const SOURCE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const STORED = z.array(
  z.strictObject({
    source: z.string().regex(SOURCE_NAME),
    poller: z.string(),
    url: z.string(),
    settings: z.record(z.string(), z.string()),
    credential: z.string(),
    parser: z.string(),
    everySeconds: z.number(),
    overlapSeconds: z.number(),
    startFrom: z.number(),
    generation: z.string(),
  }),
);

/** The file in the server's folder. Only the server and root may read it. */
export function pollsFileIn(serverFolder: string): string {
  return join(serverFolder, 'polls.json');
}

/** What is read, with credentials. Throws a {@link Refusal} where this user may not look. */
export async function readPolls(serverFolder: string): Promise<readonly Poll[]> {
  const file = pollsFileIn(serverFolder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'EACCES')
      throw new Refusal(`${file} may only be read by whoever started Countersign; run this command as that user.`);
    throw error;
  }
  try {
    return STORED.parse(JSON.parse(text));
  } catch {
    throw new Refusal(`cannot read ${file}: it is damaged; add the sources again with \`countersign source add\`.`);
  }
}

/** Adds a product to read, or replaces the one of this name. The running server takes it up by itself. */
export async function addPoll(
  serverFolder: string,
  wish: Omit<Poll, 'generation'>,
  /** Of the one that this goes on from, where only its credential is new. */
  cursorOf?: string,
): Promise<Poll> {
  if (!SOURCE_NAME.test(wish.source))
    throw new Refusal('the name of a source is lower-case letters, digits, dots, hyphens and underscores, 64 at most.');
  const poller = POLLERS.get(wish.poller);
  if (poller === undefined)
    throw new Refusal(`nothing is called ${wish.poller}; there are ${[...POLLERS.keys()].join(', ')}.`);
  if (wish.parser !== 'auto' && !SOURCES.sources.some(one => one.id === wish.parser))
    throw new Refusal(`no parser is called ${wish.parser}.`);
  if (wish.credential === '' || wish.credential.length > CREDENTIAL_CHARS_MAX || /[\r\n\0]/.test(wish.credential))
    throw new Refusal(`a credential of one line is needed: ${poller.credential}.`);
  requireBetween('--every', wish.everySeconds, 1, EVERY_SECONDS_MAX);
  requireBetween('--overlap', wish.overlapSeconds, 0, OVERLAP_SECONDS_MAX);
  const settings = settingsOf(poller, wish.settings);
  const url = readUrl('--url', wish.url).href.replace(/\/$/, '');
  for (const origin of poller.otherOrigins(settings)) readUrl('an address in --set', origin);
  const others = (await readPolls(serverFolder)).filter(one => one.source !== wish.source);
  if (others.length >= POLLS_MAX) throw new Refusal(`${POLLS_MAX} sources are read already.`);
  const added: Poll = { ...wish, url, settings, generation: cursorOf ?? randomBytes(8).toString('hex') };
  await writeForFolder(pollsFileIn(serverFolder), JSON.stringify([...others, added]));
  return added;
}

/** Stops reading a product and forgets its credential. False where there was none of this name. */
export async function removePoll(serverFolder: string, source: string): Promise<boolean> {
  const polls = await readPolls(serverFolder);
  const left = polls.filter(one => one.source !== source);
  if (left.length === polls.length) return false;
  await writeForFolder(pollsFileIn(serverFolder), JSON.stringify(left));
  return true;
}

function requireBetween(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new Refusal(`${name} takes whole seconds from ${min} to ${max}.`);
}

function settingsOf(poller: Poller, given: PollSettings): PollSettings {
  const known = new Set(poller.settings.map(setting => setting.name));
  const unknown = Object.keys(given).find(name => !known.has(name));
  if (unknown !== undefined)
    throw new Refusal(`${poller.id} has no setting ${unknown}; it has ${[...known].join(', ') || 'none'}.`);
  return Object.fromEntries(
    poller.settings.map(({ name, title, usual }) => {
      const value = given[name] ?? usual;
      if (value === undefined) throw new Refusal(`${poller.id} needs --set ${name}=…: ${title}.`);
      return [name, value];
    }),
  );
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** https, or http where it does not leave this machine: a credential goes there. */
function readUrl(what: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (url === undefined || !isSafe || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new Refusal(`${what} takes an address such as https://example.okta.com, without a query; ${text} is none.`);
  return url;
}
