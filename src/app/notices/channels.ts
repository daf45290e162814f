import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NOTICE_KINDS } from '../../model/notice.ts';
import { NOTIFIERS } from '../../notifiers/index.ts';
import type { ConnectedChannel } from '../../ports/notifier.ts';
import { writeForFolder } from '../folder-file.ts';
import { errorCode, Refusal } from '../refusal.ts';

/** What an operator settled of notices. */
export interface NoticeSettings {
  readonly channels: readonly ConnectedChannel[];
  /** How long an incident of high or critical severity may be without an owner. */
  readonly unownedMinutes: number;
}

export const UNOWNED_MINUTES = 15;
export const CHANNELS_MAX = 20;
const NO_CHANNELS: NoticeSettings = { channels: [], unownedMinutes: UNOWNED_MINUTES };

const MINUTE_OF_DAY = z
  .int()
  .min(0)
  .max(24 * 60 - 1);
const FILE = z.strictObject({
  v: z.literal(1),
  unownedMinutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60),
  channels: z.array(
    z.strictObject({
      credential: z.string(),
      config: z.strictObject({
        name: z.string(),
        kind: z.string(),
        url: z.string(),
        host: z.string(),
        port: z.int(),
        security: z.enum(['starttls', 'tls', 'none']),
        user: z.string(),
        from: z.string(),
        to: z.array(z.string()),
        domains: z.array(z.string()),
        kinds: z.array(z.enum(NOTICE_KINDS)),
        allowsNames: z.boolean(),
        mayBePrivate: z.boolean(),
        quiet: z.strictObject({ from: MINUTE_OF_DAY, to: MINUTE_OF_DAY, zone: z.string() }),
        ca: z.string().optional(),
      }),
    }),
  ),
});

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const DOMAIN = /^(?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}$/;

/** In the folder that only the server may read, because of what opens the channels. */
const storeIn = (folder: string): string => join(folder, 'notices.json');

/** The channels as they are now; none where the file is not there. Throws a {@link Refusal} where it cannot be read. */
export async function readNoticeSettings(folder: string): Promise<NoticeSettings> {
  const file = storeIn(folder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return NO_CHANNELS;
    if (errorCode(error) === 'EACCES')
      throw new Refusal(`${file} may only be read by whoever started Countersign; run this command as that user.`);
    throw error;
  }
  const parsed = FILE.safeParse(jsonOf(text));
  if (!parsed.success) throw new Refusal(`cannot read ${file}: it is damaged; add the channels again.`);
  const { unownedMinutes, channels } = parsed.data;
  return {
    unownedMinutes,
    channels: channels.map(({ config, credential }) => ({ credential, config: { ...config, ca: config.ca } })),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Adds a channel, or replaces the one of this name. The running server takes it up by itself. */
export async function addChannel(folder: string, added: ConnectedChannel): Promise<void> {
  const { config } = added;
  const notifier = NOTIFIERS.get(config.kind);
  if (notifier === undefined)
    throw new Refusal(`there is no channel ${config.kind}; there are ${[...NOTIFIERS.keys()].join(', ')}.`);
  if (!NAME.test(config.name))
    throw new Refusal('the name of a channel is lower-case letters, digits, dots and hyphens, 63 at most.');
  const trouble = notifier.check(added);
  if (trouble !== undefined) throw new Refusal(`this is no channel: ${trouble}`);
  if (/[^\x20-\x7e]/.test(added.credential))
    throw new Refusal('what opens the channel holds characters that none has.');
  const strange = config.domains.find(domain => !DOMAIN.test(domain));
  if (strange !== undefined) throw new Refusal(`\`${strange}\` is no domain.`);
  if (!isZone(config.quiet.zone)) throw new Refusal(`\`${config.quiet.zone}\` is no time zone.`);
  const settings = await readNoticeSettings(folder);
  const others = settings.channels.filter(one => one.config.name !== config.name);
  if (others.length >= CHANNELS_MAX) throw new Refusal(`there are ${CHANNELS_MAX} channels; remove one first.`);
  await write(folder, { ...settings, channels: [...others, added] });
}

/** Takes a channel out with what opens it. False where there was none of this name. */
export async function removeChannel(folder: string, name: string): Promise<boolean> {
  const settings = await readNoticeSettings(folder);
  const left = settings.channels.filter(one => one.config.name !== name);
  if (left.length === settings.channels.length) return false;
  await write(folder, { ...settings, channels: left });
  return true;
}

export async function setUnownedMinutes(folder: string, unownedMinutes: number): Promise<void> {
  if (!Number.isInteger(unownedMinutes) || unownedMinutes < 1 || unownedMinutes > 7 * 24 * 60)
    throw new Refusal('minutes without an owner are 1 to 10080.');
  await write(folder, { ...(await readNoticeSettings(folder)), unownedMinutes });
}

async function write(folder: string, settings: NoticeSettings): Promise<void> {
  await writeForFolder(storeIn(folder), JSON.stringify({ v: 1, ...settings }));
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return /^[A-Za-z0-9_+/-]{1,64}$/.test(zone);
  } catch {
    return false;
  }
}

/** By which people are told: the first one for mail. */
export function mailChannel({ channels }: NoticeSettings): ConnectedChannel | undefined {
  return channels.find(({ config }) => config.kind === 'mail');
}
