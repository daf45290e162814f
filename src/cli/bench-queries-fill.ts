import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { groupBy } from '../app/group-by.ts';
import { builtInPolicyDigest } from '../app/installation.ts';
import { bytesToHex } from '../base/bytes.ts';
import { newId, timeOrdered } from '../base/id.ts';
import { MS_PER_DAY, rfc3339, unixMsFrom } from '../base/time.ts';
import { sealed } from '../core/decide/closed.ts';
import { TIMES } from '../core/decide/times.ts';
import type { Act, Presentation } from '../model/proposal.ts';
import { type BenchServer, sendRecords } from './bench-server.ts';

/** Alerts of the one big incident. */
export const BIG_ALERTS = 10_000;
/** Alerts of one small incident. */
const SMALL_ALERTS = 6;
/** Alerts in small incidents that intake itself writes; the others are copies of them. */
const TEMPLATE_ALERTS_MIN = 19_800;
/** A copy has two digits of its own. */
const COPIES_MAX = 99;
const PENDING = 1_000;

export const BIG_MAP =
  'id=id,time=time,title=rule,rule_name=rule,host=host,user=user,severity=severity,product=product,src_ip=src_ip';
const DAY = '2026-03-01';
const DAY_MS = Date.UTC(2026, 2, 1);
const BIG_USER = 'carla.big';
const SEVERITIES = ['low', 'medium', 'medium', 'high', 'critical'];
const VERBS = ['Odd', 'Rare', 'Failed', 'Blocked', 'Unusual', 'Repeated'];
const NOUNS = ['sign-in', 'process', 'download', 'query', 'policy change', 'beacon', 'login script'];

/** What was filled, and the words by which the bench asks for it. */
export interface Filled {
  readonly alerts: number;
  readonly incidents: number;
  readonly bigIncident: string;
  readonly copies: number;
  readonly startMs: number;
}

/** An alert of the big incident: one person on one host, for hours, and nothing that repeats within minutes. */
export function bigAlert(n: number): object {
  return record(`big-${n}`, DAY_MS + n * 2_000, BIG_USER, 'pc-big.corp.example', '10.250.0.9', n % 400, n);
}

/** An alert of the template: so many of one person on one host within minutes, then the next person. */
function smallAlert(n: number): object {
  const who = Math.floor(n / SMALL_ALERTS);
  const at = DAY_MS + ((who * 7_919) % 80_000) * 1_000 + (n % SMALL_ALERTS) * 61_000;
  const ip = `10.200.${Math.floor(who / 250)}.${who % 250}`;
  return record(`s-k00-${n}`, at, `user-k00-${who}`, `pc-k00-${who}.corp.example`, ip, (who * 5 + (n % 3)) % 42, n);
}

function record(id: string, at: number, user: string, host: string, ip: string, rule: number, n: number): object {
  return {
    id,
    time: rfc3339(unixMsFrom(at)),
    rule: `${VERBS[rule % VERBS.length]} ${NOUNS[rule % NOUNS.length]} ${rule}`,
    severity: SEVERITIES[(rule + Math.floor(n / SMALL_ALERTS)) % SEVERITIES.length],
    product: `Examplar ${['Endpoint', 'Identity', 'Network'][rule % 3]}`,
    host,
    user,
    src_ip: ip,
    sha256: `c0ffee00${createHash('sha256').update(id).digest('hex').slice(8)}`,
    command_line: `powershell.exe -enc task${n % 977} --quiet`,
    message: `made-up alert ${n}: something that a product would say in a sentence or two, so that a record has its usual length`,
  };
}

/**
 * Fills a server's database with so many alerts, or a few more.
 *
 * Intake itself writes an incident of 10,000 alerts and some 20,000 alerts in incidents of six, over HTTP. The small
 * ones are then copied by SQL while the server is stopped, a day earlier for each copy: with ids, keys, users, hosts,
 * addresses, hashes and times of their own in the raw records, in alerts, incidents and their events, so that each copy
 * is what intake would have written. Nothing is copied into the search index: the server fills it when it starts again.
 * A thousand proposals in review are written as proposing writes them, but for their entries of the log.
 */
export async function fillForQueries(server: BenchServer, alerts: number): Promise<Filled> {
  const wanted = Math.max(alerts - BIG_ALERTS, TEMPLATE_ALERTS_MIN);
  const perCopy = Math.max(TEMPLATE_ALERTS_MIN, Math.ceil(wanted / COPIES_MAX / SMALL_ALERTS) * SMALL_ALERTS);
  const copies = Math.ceil(wanted / perCopy) - 1;
  await sendRecords(server, BIG_MAP, 0, BIG_ALERTS, bigAlert);
  await sendRecords(server, BIG_MAP, 0, perCopy, smallAlert);
  let filled = { bigIncident: '', incidents: 0, alerts: 0 };
  const startMs = await server.restart(async () => {
    const client = new pg.Client({ connectionString: server.superuserUrl });
    await client.connect();
    try {
      for (let copy = 1; copy <= copies; copy++) await copyTemplate(client, copy);
      await client.query(
        `UPDATE source_heard SET alerts = (SELECT count(*) FROM alert a WHERE a.source = source_heard.source AND a.product = source_heard.product)`,
      );
      await writeProposals(client);
      // Copies are older than what was indexed already, and the index goes on from its newest.
      await client.query('TRUNCATE alert_search');
      await client.query('VACUUM ANALYZE');
      const { rows } = await client.query<{ big: string; incidents: string; alerts: string }>(
        `SELECT (SELECT id FROM incident ORDER BY alert_count DESC LIMIT 1) AS big, (SELECT count(*) FROM incident WHERE alert_count > 0) AS incidents,
                (SELECT count(*) FROM alert) AS alerts`,
      );
      const [row] = rows;
      filled = { bigIncident: row?.big ?? '', incidents: Number(row?.incidents), alerts: Number(row?.alerts) };
    } finally {
      await client.end();
    }
  });
  return { ...filled, copies, startMs: Math.round(startMs) };
}

/** Takes another record into the big incident, which makes its study old. */
export async function newsOfBig(server: BenchServer, n: number): Promise<void> {
  await sendRecords(server, BIG_MAP, BIG_ALERTS + n, 1, bigAlert);
}

/** The last four digits of an id's time are 2^20 ms: a copy is so many times that older. */
const STEP_MS = 2 ** 20;
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** The first six digits of an id's time, so many steps earlier. */
function earlier(digits: string, steps: number): string {
  let value = [...digits].reduce((sum, digit) => sum * 32 + BASE32.indexOf(digit), 0) - steps;
  let text = '';
  for (let i = 0; i < digits.length; i++) {
    text = BASE32.charAt(value % 32) + text;
    value = Math.floor(value / 32);
  }
  return text;
}

async function copyTemplate(client: pg.Client, copy: number): Promise<void> {
  const { rows } = await client.query<{ digits: string }>(
    `SELECT DISTINCT substr(id, 5, 6) AS digits FROM (SELECT id FROM alert WHERE vendor_id LIKE 's-k00-%' UNION ALL
       SELECT id FROM evidence WHERE received_at > (SELECT max(received_at) - interval '1 hour' FROM evidence) UNION ALL
       SELECT incident_id FROM alert WHERE vendor_id LIKE 's-k00-%' UNION ALL SELECT batch_id FROM alert WHERE vendor_id LIKE 's-k00-%') AS ids`,
  );
  const two = String(copy).padStart(2, '0');
  const day = rfc3339(unixMsFrom(DAY_MS - copy * MS_PER_DAY)).slice(0, 10);
  const named: readonly (readonly [string, string])[] = [
    ['k00-', `k${two}-`],
    ['10.200.', `10.${copy}.`],
    ['c0ffee00', `c0ffee${two}`],
    [DAY, day],
  ];
  // Newest first, so that an id that was moved is not moved again.
  const ids = rows
    .map(row => row.digits)
    .sort()
    .flatMap(digits =>
      ['alr', 'inc', 'evd', 'bat'].map(
        prefix => [`${prefix}_${digits}`, `${prefix}_${earlier(digits, copy * 4)}`] as const,
      ),
    );
  const changed = (expression: string, changes: readonly (readonly [string, string])[]) =>
    changes.reduce((sql, [from, to]) => `replace(${sql}, '${from}', '${to}')`, expression);
  const moved = (column: string) => changed(column, ids);
  const text = (column: string) => changed(column, named);
  const older = (column: string) => `${column} - ${copy * 4 * STEP_MS} * interval '1 millisecond'`;
  const dayEarlier = (column: string) => `${column} - ${copy} * interval '1 day'`;
  const times = ['occurredAt', 'endedAt', 'reportedAt']
    .map(
      key =>
        `CASE WHEN b ? '${key}' THEN jsonb_build_object('${key}', (b ->> '${key}')::bigint - ${copy * MS_PER_DAY}) ELSE '{}' END`,
    )
    .join(' || ');
  await client.query('BEGIN');
  await client.query(
    `CREATE TEMP TABLE part ON COMMIT DROP AS SELECT a.*, convert_to(${text("convert_from(e.bytes, 'UTF8')")}, 'UTF8') AS raw, e.source AS raw_source
       FROM alert a JOIN evidence e ON e.tenant_id = a.tenant_id AND e.id = a.evidence_id
      WHERE a.vendor_id LIKE 's-k00-%' AND a.incident_id NOT IN (SELECT incident_id FROM alert WHERE vendor_id LIKE 'big-%')`,
  );
  await client.query(
    `INSERT INTO evidence SELECT tenant_id, ${moved('evidence_id')}, sha256(raw), raw, raw_source, ${older('received_at')}, batch_id FROM part`,
  );
  await client.query(
    `INSERT INTO alert SELECT tenant_id, ${moved('id')}, ${text('alert_key')}, ${moved('evidence_id')}, source, product, ${text('vendor_id')}, title, rule, severity,
            ${dayEarlier('activity_at')}, ${older('received_at')}, b || ${times} || jsonb_build_object('sha256', encode(sha256(raw), 'hex')),
            ${moved('duplicate_of')}, ${moved('incident_id')}, ${moved(text('because::text'))}::jsonb, batch_id
       FROM (SELECT *, ${text('body::text')}::jsonb AS b FROM part) AS renamed`,
  );
  await client.query(
    `INSERT INTO incident SELECT tenant_id, ${moved('id')}, ${text('title')}, severity, severity_rank, alert_count, sources, ${text('entities::text')}::jsonb,
            ${dayEarlier('first_seen')}, ${dayEarlier('last_seen')}, ${older('updated_at')}, owner, coverage, coverage_text, ${moved('merged_into')}, state
       FROM incident WHERE id IN (SELECT incident_id FROM part)`,
  );
  await client.query(
    `INSERT INTO incident_event (tenant_id, incident_id, event, at, by)
     SELECT tenant_id, ${moved('incident_id')}, ${moved('event::text')}::jsonb, ${older('at')}, by FROM incident_event
      WHERE incident_id IN (SELECT incident_id FROM part) ORDER BY seq`,
  );
  await client.query('COMMIT');
}

interface Cited {
  readonly incident_id: string;
  readonly id: Presentation['evidence'][number]['id'];
  readonly sha256: Buffer;
  readonly value: string;
}

/** As many proposals in review, each citing five records of the incident that it answers. */
async function writeProposals(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Cited>(
    `SELECT a.incident_id, e.id, e.sha256, a.body -> 'fields' ->> 'user' AS value FROM
       (SELECT id, tenant_id FROM incident WHERE alert_count >= 5 ORDER BY last_seen DESC LIMIT ${PENDING}) AS i
       CROSS JOIN LATERAL (SELECT * FROM alert WHERE tenant_id = i.tenant_id AND incident_id = i.id LIMIT 5) AS a
       JOIN evidence e ON e.tenant_id = a.tenant_id AND e.id = a.evidence_id`,
  );
  const byIncident = groupBy(rows, row => row.incident_id);
  const now = Date.now();
  for (const [incident, cited] of byIncident) {
    const id = newId('proposal', () => timeOrdered(now, randomBytes(10)));
    await writeProposal(client, id, incident, cited, now);
  }
}

async function writeProposal(
  client: pg.Client,
  proposal: Act['proposal'],
  incident: string,
  cited: readonly Cited[],
  now: number,
): Promise<void> {
  const name = cited[0]?.value ?? '';
  const planDigest = bytesToHex(randomBytes(32)) as Act['planDigest'];
  const times = TIMES.T2;
  const act: Act = {
    v: '1',
    tenant: 'default',
    proposal,
    revision: '1',
    responder: 'postgres',
    operation: 'disable_login',
    operationVersion: '1',
    target: { type: 'database_role', system: 'bench-db', immutableId: bytesToHex(randomBytes(4)) },
    params: {},
    preconditions: [{ path: 'role.login', value: 'yes' }],
    planDigest,
    undoOperation: 'enable_login',
    undoes: '',
    startWithinSeconds: String(times.startWithinSeconds),
    salt: bytesToHex(randomBytes(32)),
  };
  const changes = [{ path: 'role.login', from: 'yes', to: 'no' }];
  const presentation: Presentation = {
    v: '1',
    sentence: `Disable login: ${name} on bench-db. role.login yes → no.`,
    targetName: name,
    changes,
    tier: 'T2',
    reasons: ['changes_identity', 'coverage_unknown'],
    coverage: { status: 'unknown', gaps: [] },
    blast: { direct: [`${name} cannot log in`], dependents: [], unknown: ['what depends on it'] },
    undo: {
      operation: 'enable_login',
      sentence: 'Undone by "enable_login", which is a proposal of its own.',
      residue: [],
    },
    evidence: cited.map(({ id, sha256, value }) => ({
      id,
      sha256: bytesToHex(sha256),
      pointer: '/user',
      value,
      says: 'named in this field',
    })),
    refusals: [],
    dryRun: 'native',
  };
  const [sealedAct, shown] = [sealed('countersign/act/v1', act), sealed('countersign/presentation/v1', presentation)];
  const reviewBy = new Date(now + times.reviewMs);
  const plan = {
    operation: act.operation,
    target: act.target,
    facts: { displayName: name },
    changes,
    digest: planDigest,
  };
  await client.query(
    `INSERT INTO proposal (tenant_id, id, incident_id, origin, created_at) VALUES ('default', $1, $2, $3, to_timestamp($4 / 1000.0))`,
    [proposal, incident, JSON.stringify({ kind: 'option', option: 'opt_bench', chosenBy: 'usr_bench' }), now],
  );
  await client.query(
    `INSERT INTO revision (tenant_id, proposal_id, revision, act, act_digest, plan, presentation, presentation_digest, tier, policy_digest, contributors, citations, created_at, review_by, pending_id)
     VALUES ('default', $1, 1, $2, $3, $4, $5, $6, 'T2', $7, '{}', $8, to_timestamp($9 / 1000.0), $10, 'pnd_0')`,
    [
      proposal,
      sealedAct.text,
      sealedAct.digest,
      JSON.stringify(plan),
      shown.text,
      shown.digest,
      builtInPolicyDigest(),
      JSON.stringify(presentation.evidence.map(({ id, pointer, value }) => ({ evidence: id, pointer, value }))),
      now,
      reviewBy,
    ],
  );
  await client.query(
    `INSERT INTO proposal_index (tenant_id, proposal_id, revision, state, tier, updated_at, review_by) VALUES ('default', $1, 1, 'in_review', 'T2', now(), $2)`,
    [proposal, reviewBy],
  );
}
