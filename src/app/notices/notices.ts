import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_SECOND, rfc3339, unixMsFrom } from '../../base/time.ts';
import { paceOf } from '../../core/notices/pace.ts';
import type { HealthItem } from '../../model/api.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { ChannelView, GivenUp, Notice, NoticesView, TellMe } from '../../model/notice.ts';
import type { Person } from '../../model/review.ts';
import { NOTIFIERS } from '../../notifiers/index.ts';
import type { ConnectedChannel, NotifyFailure } from '../../ports/notifier.ts';
import { type ServerContext, transact } from '../context.ts';
import { errorText } from '../refusal.ts';
import { type Audience, recipientsOf } from './audience.ts';
import { mailChannel, type NoticeSettings, readNoticeSettings, UNOWNED_MINUTES } from './channels.ts';
import { findFacts } from './facts.ts';
import {
  countOfChannel,
  dropMoot,
  insertNotice,
  makeNotice,
  markFailed,
  markGoing,
  markSent,
  type OpenNotice,
  readOpen,
  readTold,
  readUntold,
  recoverCut,
} from './outbox.ts';
import { addressToCheck, readListeners, readTellMe, setAddress } from './people.ts';

/** How often it is looked at what there is to tell, without a hint. */
const LOOK_MS = 5 * MS_PER_SECOND;
/** Notices of one channel in an hour, whoever they are for: a fault of ours must not become a flood of mail. */
export const CHANNEL_PER_HOUR_MAX = 500;
const TEST_MS_MIN = 10 * MS_PER_SECOND;
const GIVEN_UP_SHOWN = 50;
/** A notice that waits longer is worth a word on Health. */
const WAIT_MS_SHOWN = 10 * 60 * MS_PER_SECOND;

/** What streams there are and how they stand; asked only while there is somebody to tell. */
export interface HeardStreams {
  all(): readonly StreamCoverage[];
  activityNow(): number;
}

/**
 * Tells people what waits for them, over the channels that an operator configured; nothing where there is none. Telling
 * starts nothing and hears nothing: no channel has a way in.
 *
 * What is promised: a fact is told to each whom it is owed to once. A notice whose sending was cut off (the server was
 * killed, the line broke after the words had left) is sent once more under the same id and says so; cut off again, it is
 * given up and stands on Health. So a notice arrives at most twice, and none is lost unseen.
 */
export class Notices {
  private readonly context: ServerContext;
  private readonly folder: string;
  private readonly streams: HeardStreams;
  private readonly startedAt: number;
  private readonly stopping = new AbortController();
  private wake: () => void = () => {};
  private running: Promise<void> = Promise.resolve();
  private lastTest = new Map<string, number>();

  constructor(context: ServerContext, folder: string, streams: HeardStreams) {
    this.context = context;
    this.folder = folder;
    this.streams = streams;
    this.startedAt = context.now();
  }

  run(): void {
    this.running = (async () => {
      while (!this.stopping.signal.aborted) {
        await this.round().catch((error: unknown) => {
          if (!this.stopping.signal.aborted) this.context.logger.warn({ err: error }, 'notices are behind');
        });
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, LOOK_MS);
          this.wake = () => {
            clearTimeout(timer);
            resolve();
          };
          if (this.stopping.signal.aborted) this.wake();
        });
      }
    })();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async settings(): Promise<{ readonly settings: NoticeSettings; readonly because: string }> {
    try {
      return { settings: await readNoticeSettings(this.folder), because: '' };
    } catch (error) {
      return { settings: { channels: [], unownedMinutes: UNOWNED_MINUTES }, because: errorText(error) };
    }
  }

  /** Whether a channel that more than one person reads tells of proposals that wait; where that cannot be read, it is taken to be so. */
  async tellsOthersOfReviews(): Promise<boolean> {
    const { settings, because } = await this.settings();
    const kinds = ['review_waits', 'review_expires', 'review_escalated'] as const;
    const nobody = { settings, listeners: [] };
    return because !== '' || kinds.some(kind => recipientsOf(nobody, kind).length > 0);
  }

  /** Looks, writes down and sends, once. Where another server of this database is at it, nothing is done. */
  async round(): Promise<void> {
    const { settings } = await this.settings();
    if (settings.channels.length === 0) return;
    const client = await this.context.pool.connect();
    let broken: Error | undefined;
    try {
      const lock = `countersign.notices.${this.context.tenant}`;
      const { rows } = await client.query<{ is_ours: boolean }>(
        'SELECT pg_try_advisory_lock(hashtext($1)) AS is_ours',
        [lock],
      );
      if (rows[0]?.is_ours !== true) return;
      try {
        await this.tell(settings);
      } finally {
        await client.query('SELECT pg_advisory_unlock(hashtext($1))', [lock]).catch((error: unknown) => {
          broken = error instanceof Error ? error : new Error(String(error));
        });
      }
    } finally {
      client.release(broken);
    }
  }

  private async tell(settings: NoticeSettings): Promise<void> {
    const { context } = this;
    await recoverCut(context);
    const mailer = mailChannel(settings);
    const listeners = mailer === undefined ? [] : await readListeners(context);
    const audience: Audience = { settings, listeners };
    await findFacts(
      context,
      audience,
      () => this.streams.all(),
      () => this.streams.activityNow(),
      this.startedAt,
    );
    await dropMoot(context);
    await this.write(audience, mailer);
    await this.send(settings);
  }

  private async write({ settings, listeners }: Audience, mailer: ConnectedChannel | undefined): Promise<void> {
    const { context } = this;
    for (const [recipient, untold] of await readUntold(context)) {
      const listener = listeners.find(({ person }) => person.id === recipient);
      const channel = recipient.startsWith('channel:') ? channelOf(settings, recipient.slice(8)) : mailer;
      const quiet = listener?.quiet ?? channel?.config.quiet;
      if (channel === undefined || quiet === undefined) continue;
      const pace = paceOf(untold, await readTold(context, recipient), quiet, context.now());
      if (pace.kind === 'wait' || (await countOfChannel(context, channel.config.name)) >= CHANNEL_PER_HOUR_MAX)
        continue;
      await makeNotice(context, recipient, channel.config, pace.facts);
    }
  }

  /** Channels beside each other, the notices of one after each other. One that cannot be reached is left for this time. */
  private async send(settings: NoticeSettings): Promise<void> {
    const open = await readOpen(this.context);
    const names = new Set(open.map(notice => notice.channel));
    await Promise.all(
      [...names].map(async name => {
        for (const notice of open.filter(one => one.channel === name)) {
          if (this.stopping.signal.aborted) return;
          const failure = await this.sendOne(channelOf(settings, name), notice);
          if (failure?.kind === 'unreachable' || failure?.kind === 'timed_out') return;
        }
      }),
    );
  }

  private async sendOne(channel: ConnectedChannel | undefined, notice: OpenNotice): Promise<NotifyFailure | undefined> {
    const { context } = this;
    if (!(await markGoing(context, notice))) return undefined;
    const to = channel === undefined ? undefined : await this.addressesOf(channel, notice.recipient);
    const notifier = NOTIFIERS.get(channel?.config.kind ?? '');
    const said: Result<true, NotifyFailure> =
      channel === undefined || notifier === undefined
        ? fail(gone('the channel was removed'))
        : to === undefined
          ? fail(gone('whoever it is for has no address any more'))
          : await notifier.tell(channel, { notice: notice.body, to, isRepeat: notice.cut > 0 }, this.stopping.signal);
    if (said.ok) await markSent(context, notice);
    else await markFailed(context, notice, said.failure);
    return said.ok ? undefined : said.failure;
  }

  /** Looked up when it is sent: whoever took their address out is not written to any more. */
  private async addressesOf(channel: ConnectedChannel, recipient: string): Promise<readonly string[] | undefined> {
    if (channel.config.kind !== 'mail') return [];
    if (recipient.startsWith('channel:')) return channel.config.to.length > 0 ? channel.config.to : undefined;
    const isCheck = recipient.startsWith('check:');
    const person = recipient.slice(recipient.indexOf(':') + 1);
    const address = isCheck
      ? await addressToCheck(this.context, person)
      : (await readListeners(this.context)).find(one => one.person.id === person)?.address;
    return address === undefined ? undefined : [address];
  }

  /** What the person who asks is told of. */
  async tellMe(person: Person): Promise<TellMe> {
    const { settings, because } = await this.settings();
    const none = mailChannel(settings) === undefined ? 'An operator has not set up a mail server.' : '';
    return readTellMe(this.context, person, because === '' ? none : 'The settings of notices cannot be read.');
  }

  async setAddress(person: Person, address: string): Promise<Result<true, Failure>> {
    const { settings } = await this.settings();
    const done = await setAddress(this.context, person, address, mailChannel(settings));
    this.wake();
    return done;
  }

  /** Sends a notice that holds nothing of ours: to the channel's own addresses, or to whoever asks. */
  async test(name: string, by: Person): Promise<Result<true, Failure>> {
    const { context } = this;
    const channel = channelOf((await this.settings()).settings, name);
    if (channel === undefined) return fail(failureOf('not_found', 'no such channel'));
    if (context.now() - (this.lastTest.get(name) ?? 0) < TEST_MS_MIN)
      return fail(failureOf('system.rate_limited', 'tested a moment ago'));
    const isOwn = channel.config.kind !== 'mail' || channel.config.to.length > 0;
    if (!isOwn && !(await this.tellMe(by)).isConfirmed)
      return fail(failureOf('notice.no_address', 'nobody to send it to'));
    this.lastTest.set(name, context.now());
    const done = await transact<true>(context, async client => {
      const recipient = isOwn ? `channel:${name}` : by.id;
      await insertNotice(context, client, recipient, name, testNotice(context.newId('notice'), context));
      return ok(true);
    });
    this.wake();
    return done;
  }

  /** Channels, what waits and what was given up. */
  async view(): Promise<NoticesView> {
    const { context } = this;
    const { settings, because } = await this.settings();
    const { rows } = await context.pool.query<ChannelRow>(CHANNEL_ROWS, [
      context.tenant,
      new Date(context.now() - MS_PER_DAY),
    ]);
    const dead = await context.pool.query<{ id: string; channel: string; at: Date; tries: number; failure: string }>(
      `SELECT id, channel, settled_at AS at, tries, failure FROM notice WHERE tenant_id = $1 AND state = 'dead' ORDER BY settled_at DESC LIMIT $2`,
      [context.tenant, GIVEN_UP_SHOWN],
    );
    const byName = new Map(rows.map(row => [row.channel, row]));
    const sum = (of: (row: ChannelRow) => string) => rows.reduce((total, row) => total + Number(of(row)), 0);
    return {
      channels: settings.channels.map(channel => viewOf(channel, byName.get(channel.config.name))),
      waiting: sum(row => row.waiting),
      failed: sum(row => row.failed),
      sentToday: sum(row => row.sent_today),
      givenUp: dead.rows.map(
        (row): GivenUp => ({
          id: row.id,
          channel: row.channel,
          at: row.at.toISOString(),
          tries: row.tries,
          because: row.failure,
        }),
      ),
      because,
    };
  }

  /** A line of Health; undefined where no channel is configured and nothing waits. */
  async health(): Promise<HealthItem | undefined> {
    const { context } = this;
    const { settings, because } = await this.settings();
    if (because !== '')
      return { name: 'notices', status: 'degraded', text: 'Nobody is told of anything.', fix: because };
    const { rows } = await context.pool.query<{ waiting: string; failed: string; oldest: Date | null }>(
      `SELECT count(*) FILTER (WHERE state IN ('waiting', 'going')) AS waiting, count(*) FILTER (WHERE state = 'dead' AND settled_at > $2) AS failed,
          min(made_at) FILTER (WHERE state IN ('waiting', 'going')) AS oldest FROM notice WHERE tenant_id = $1 AND (state IN ('waiting', 'going') OR settled_at > $2)`,
      [context.tenant, new Date(context.now() - MS_PER_DAY)],
    );
    const [waiting, failed] = [Number(rows[0]?.waiting ?? 0), Number(rows[0]?.failed ?? 0)];
    if (settings.channels.length === 0 && waiting === 0) return undefined;
    const oldest = rows[0]?.oldest?.getTime() ?? context.now();
    const isLate = context.now() - oldest > WAIT_MS_SHOWN;
    const text = `${waiting === 0 ? 'No notice waits' : waiting === 1 ? 'One notice waits' : `${waiting} notices wait`}; ${failed} given up since yesterday.`;
    return failed > 0 || isLate
      ? { name: 'notices', status: 'degraded', text, fix: 'look at Notices below, and try the channel there.' }
      : { name: 'notices', status: 'ok', text };
  }
}

const gone = (because: string): NotifyFailure => ({
  kind: 'not_allowed',
  because,
  isFinal: true,
  mayHaveArrived: false,
});

function channelOf(settings: NoticeSettings, name: string): ConnectedChannel | undefined {
  return settings.channels.find(({ config }) => config.name === name);
}

/** A notice that says that it is a test, and nothing else. */
export function testNotice(id: Notice['id'], { now, origin }: Pick<ServerContext, 'now' | 'origin'>): Notice {
  const text = 'This is a test. Notices of Countersign arrive here.';
  return {
    v: '1',
    id,
    writtenAt: rfc3339(unixMsFrom(now())),
    subject: 'Countersign: a test',
    items: [{ kind: 'channel_test', text, subject: '', tier: '', until: '', name: '', link: `${origin}/health` }],
    more: '0',
    link: `${origin}/health`,
  };
}

interface ChannelRow {
  readonly channel: string;
  readonly waiting: string;
  readonly failed: string;
  readonly sent_today: string;
  readonly last_sent: Date | null;
  readonly last_failure: string | null;
}

const CHANNEL_ROWS = `
  SELECT channel, count(*) FILTER (WHERE state IN ('waiting', 'going')) AS waiting, count(*) FILTER (WHERE state = 'dead') AS failed,
      count(*) FILTER (WHERE state = 'sent' AND settled_at > $2) AS sent_today, max(settled_at) FILTER (WHERE state = 'sent') AS last_sent,
      (array_agg(failure ORDER BY coalesce(settled_at, next_at) DESC) FILTER (WHERE failure <> ''))[1] AS last_failure
    FROM notice WHERE tenant_id = $1 GROUP BY channel`;

function viewOf({ config }: ConnectedChannel, row: ChannelRow | undefined): ChannelView {
  return {
    name: config.name,
    kind: config.kind,
    title: NOTIFIERS.get(config.kind)?.title ?? config.kind,
    where: config.kind === 'mail' ? `${config.host}:${config.port}` : 'a hook',
    addresses: config.to,
    kinds: config.kinds,
    allowsNames: config.allowsNames,
    waiting: Number(row?.waiting ?? 0),
    failed: Number(row?.failed ?? 0),
    lastSent: row?.last_sent?.toISOString() ?? '',
    lastFailure: row?.last_failure ?? '',
  };
}
