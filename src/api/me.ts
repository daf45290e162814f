import { randomBytes } from 'node:crypto';
import { aiHealth, levelOf } from '../app/assist/overview.ts';
import { seenBy, viewerOf } from '../app/drills/sight.ts';
import { readKillSwitchState } from '../app/kill-switch.ts';
import { possibleT3Reviewers, readPeople } from '../app/people.ts';
import { EXECUTOR_QUIET_MS_MAX } from '../app/powers.ts';
import type { ServerParts } from '../app/server-process.ts';
import { pageToken } from '../app/session.ts';
import { deliveryHealth } from '../app/source-deliveries.ts';
import type { HealthItem, Me } from '../model/api.ts';
import type { Person } from '../model/review.ts';
import type { DoorContext } from './door.ts';
import { cookieText } from './http.ts';

/** How long a page that nobody signed in on keeps its token. */
const VISIT_SECONDS = 24 * 3_600;
/** An index further behind than this is worth a word. */
const INDEX_LAG_SHOWN = 1_000;
/** So many batches that wait mean that the database is slower than what comes. */
const BACKLOG_SHOWN = 16;

/** Who is asking, what this installation is and how it is. Also without a session, so that a page can be shown. */
export async function answerMe(c: DoorContext, parts: ServerParts, sessionKey: Uint8Array): Promise<Response> {
  const { context, secrets } = parts;
  let cookie = c.get('cookie');
  if (cookie === '') {
    cookie = `visit.${randomBytes(32).toString('base64url')}`;
    c.header('set-cookie', cookieText(context, cookie, VISIT_SECONDS));
  }
  const people = await readPeople(context);
  const names = new Map(people.map(person => [person.id as string, person.name]));
  const caller = c.get('caller');
  const isKnown = caller.kind !== 'nobody';
  const person = caller.kind === 'person' ? caller.session.person : undefined;
  const killSwitch = await readKillSwitchState(context, names);
  const me: Me = {
    person: person === undefined ? null : { id: person.id, name: person.name, roles: person.roles },
    token: pageToken(sessionKey, cookie),
    installation: context.genesis.installation,
    isDemo: context.genesis.demo,
    rpId: context.genesis.rpId,
    origin: context.origin,
    hasAdministrator: people.some(one => one.roles.includes('administrator')),
    possibleT3Reviewers: possibleT3Reviewers(people),
    killSwitch: isKnown ? killSwitch : { isOn: killSwitch.isOn, since: '', by: '', reason: '' },
    processesIsolated: secrets.isIsolated,
    ai: await levelOf(parts.assist),
    counts: isKnown
      ? await readCounts(parts, person)
      : { openIncidents: 0, unownedHigh: 0, inReview: 0, quarantined: 0, silentStreams: 0 },
    health: isKnown ? await readHealth(parts) : [],
  };
  return c.json(me);
}

async function readCounts(
  { context, study, overview }: ServerParts,
  person: Person | undefined,
): Promise<Me['counts']> {
  const counted = await overview.read();
  const { rows } = await context.pool.query<{ review: string; aside: string }>(
    `SELECT (SELECT count(*) FROM proposal_index WHERE tenant_id = $1 AND state = 'in_review' AND ${seenBy('proposal_id', '$2')}) AS review,
            (SELECT count(*) FROM quarantine WHERE tenant_id = $1) AS aside`,
    [context.tenant, viewerOf(person)],
  );
  const [row] = rows;
  return {
    openIncidents: counted.openTotal,
    unownedHigh: counted.unownedHigh,
    inReview: Number(row?.review ?? 0),
    quarantined: Number(row?.aside ?? 0),
    silentStreams: study.streams.out().length,
  };
}

/** How the parts are that matter. A part that cannot be asked is down. */
export async function readHealth(parts: ServerParts): Promise<readonly HealthItem[]> {
  const { context, indexer, intake, secrets, syslog } = parts;
  let executor: { body: { log?: { ok?: boolean; code?: string } }; at: Date } | undefined;
  try {
    const { rows } = await context.pool.query<{ body: { log?: { ok?: boolean; code?: string } }; at: Date }>(
      'SELECT body, at FROM executor_status WHERE tenant_id = $1',
      [context.tenant],
    );
    executor = rows[0];
  } catch {
    return [{ name: 'database', status: 'down', text: 'The database does not answer.' }];
  }
  const stopped = parts.notReady();
  const delivery = await deliveryHealth(context, secrets.folder, syslog.status()).catch((error: unknown) => ({
    isWell: false,
    text: error instanceof Error ? error.message : String(error),
    fix: 'look at the log for `server`.',
  }));
  const lag = indexer.lag();
  const ai = await aiHealth(parts.assist);
  const notices = await parts.notices.health();
  return [
    { name: 'database', status: 'ok', text: 'The database answers.' },
    executorHealth(executor, context.now()),
    stopped === undefined
      ? { name: 'log', status: 'ok', text: 'The log is written.' }
      : { name: 'log', status: 'down', text: stopped },
    lag > INDEX_LAG_SHOWN
      ? { name: 'search_index', status: 'degraded', text: `Searching is ${lag} alerts behind.` }
      : {
          name: 'search_index',
          status: 'ok',
          text: lag === 0 ? 'Searching is up to date.' : `Searching is ${lag} alerts behind.`,
        },
    intake.backlog >= BACKLOG_SHOWN
      ? {
          name: 'intake',
          status: 'degraded',
          text: `${intake.backlog} batches wait; senders are asked to wait as well.`,
        }
      : {
          name: 'intake',
          status: 'ok',
          text: intake.backlog === 0 ? 'Nothing waits.' : `${intake.backlog} batches wait.`,
        },
    ...(delivery === undefined
      ? []
      : [
          delivery.isWell
            ? ({ name: 'sources', status: 'ok', text: delivery.text } as const)
            : ({ name: 'sources', status: 'degraded', text: delivery.text, fix: delivery.fix } as const),
        ]),
    ...(ai === undefined ? [] : [ai]),
    ...(notices === undefined ? [] : [notices]),
  ];
}

function executorHealth(
  status:
    | { readonly body: { readonly log?: { readonly ok?: boolean; readonly code?: string } }; readonly at: Date }
    | undefined,
  now: number,
): HealthItem {
  if (status === undefined)
    return { name: 'executor', status: 'down', text: 'The executor has not started: nothing can be carried out.' };
  const quiet = Math.round((now - status.at.getTime()) / 1_000);
  if (quiet * 1_000 > EXECUTOR_QUIET_MS_MAX)
    return {
      name: 'executor',
      status: 'down',
      text: `The executor has been silent for ${quiet} s: nothing can be carried out.`,
    };
  if (status.body.log?.ok === false)
    return {
      name: 'executor',
      status: 'degraded',
      text: `The executor refuses to act: ${status.body.log.code ?? 'the log'}.`,
    };
  return { name: 'executor', status: 'ok', text: 'The executor is there.' };
}
