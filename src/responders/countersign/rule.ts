import { createHash } from 'node:crypto';
import { canonical } from '../../base/canonical.ts';
import { MS_PER_DAY } from '../../base/time.ts';
import { SEVERITY_RANK, type Severity } from '../../model/alert.ts';
import {
  PREVIEW_DAYS,
  type RuleScope,
  SCOPE_CHARS_MAX,
  SCOPE_KINDS,
  SUPPRESS_DAYS_MAX,
} from '../../model/suppression.ts';
import { shownText } from '../shared/wire-text.ts';
import { lastValue, type OwnReading, type ReadOwn } from './reading.ts';
import type { Session } from './session.ts';

/** Hosts, people and machine identities in what matched, beyond which the scope is wide and takes two people. */
const WIDE_ENTITIES = 20;
/** Hex digits of a digest in a name: 128 bits. */
const DIGEST_CHARS = 32;
/** Titles of matches that are read. */
const TITLES_MAX = 50;
/** ATT&CK: impair defences, remove indicators. Whoever silences these silences what tells of silencing. */
const AUDIT_TECHNIQUE = /^T(1562|1070)\b/;
const AUDIT_WORDS =
  /\b(audit|event|security)[ _-]?(log|trail|polic)|\blogging\b|(stop|delete|disable|clear|update)\w*[ _-]?(log|trail)|\b(log|trail)s? (was |were )?(clear|delet|disabl|stopp|tamper)/i;

/** The name of a scope in `own_effect`: a digest, so that other words are another object and what was signed is of one. */
export function ruleObject({ source, rule, kind, value }: RuleScope): string {
  const digest = createHash('sha256').update(canonical({ source, rule, kind, value })).digest('hex');
  return `rule/${digest.slice(0, DIGEST_CHARS)}`;
}

/**
 * A rule where it names one entity. It is suppressed while its last act says so and the time that it names has not come: nothing
 * has to happen for it to end. What is never done is refused here, so whoever looks at the act again refuses it too: no
 * entity, no end or one too far, nothing to preview.
 */
export const readRule: ReadOwn = async (session, { tenant }, { operation, target, params, before }) => {
  const name = 'name' in target ? target.name : target.immutableId;
  const isSuppressing = operation === 'suppress-rule';
  const last = await lastValue(session, tenant, name);
  const said = isSuppressing ? (before?.['rule'] === undefined ? params : before) : (last ?? {});
  const scope = scopeOf(said);
  if (scope === undefined) return 'a rule is suppressed for one host, person, mailbox or address of one source';
  if (ruleObject(scope) !== name) return 'the scope is not the one that is named';
  const now = await databaseNow(session);
  const isSuppressed = last?.['state'] === 'suppressed' && Date.parse(last['until'] ?? '') > now;
  const matches = await readMatches(session, tenant, scope);
  const until = said['until'] ?? '';
  const state = isSuppressed ? `suppressed until ${last['until']}` : 'counts';
  const wanted = { ...scope, until, why: said['why'] ?? '' };
  const to = isSuppressing ? `suppressed until ${until}` : 'counts';
  return {
    object: name,
    immutableId: name,
    // Its name has to lead back to it alone; what people know it by stands beside.
    displayName: name,
    title: shownText(
      `${matches.titles[0] ?? scope.rule}, rule ${scope.rule} of ${scope.source}, where it names the ${scope.kind} ${scope.value}`,
    ),
    marks: isSuppressing ? marksOf(scope, matches) : [],
    params: isSuppressing ? wanted : {},
    // What is graver than what people saw, or turned out to be real since, makes a suppression another one; lifting one rests on neither.
    state: {
      'rule.state': state,
      ...(isSuppressing ? { 'rule.severity': matches.gravest, 'rule.handled': `${matches.handled}` } : {}),
    },
    before: isSuppressing ? { 'rule.state': state } : wanted,
    changes: [{ path: 'rule.state', from: state, to }],
    blast: isSuppressing
      ? previewOf(matches, wanted.why)
      : { direct: ['Its alerts count again.'], dependents: [], unknown: [] },
    refusals: isSuppressing ? refusalsOf({ until, now, isSuppressed, matches }) : liftRefusals(isSuppressed),
    value: isSuppressing
      ? { ...wanted, state: 'suppressed', severity: matches.gravest }
      : { ...wanted, state: 'counts' },
    isInEffect: isSuppressing ? isSuppressed && last['until'] === until : !isSuppressed,
  };
};

function scopeOf(said: { readonly [name: string]: string }): RuleScope | undefined {
  const { source = '', rule = '', value = '' } = said;
  const kind = SCOPE_KINDS.find(one => one === said['kind']);
  const isSaid = [source, rule, value].every(text => text !== '' && text.length <= SCOPE_CHARS_MAX);
  return kind === undefined || !isSaid ? undefined : { source, rule, kind, value };
}

/** By the database's clock, like the arrival of what is previewed. */
async function databaseNow(session: Session): Promise<number> {
  const [row] = await session.ask<{ now: Date }>('SELECT now() AS now', []);
  return row?.now.getTime() ?? Number.POSITIVE_INFINITY;
}

interface Matches {
  readonly alerts: number;
  readonly incidents: number;
  /** Incidents among them that people closed as something real that was dealt with. */
  readonly handled: number;
  readonly entities: number;
  readonly gravest: Severity | 'none';
  readonly titles: readonly string[];
  readonly techniques: readonly string[];
}

async function readMatches(session: Session, tenant: string, scope: RuleScope): Promise<Matches> {
  const [row] = await session.ask<{
    alerts: string;
    incidents: string;
    handled: string;
    entities: string;
    severities: Severity[] | null;
    titles: string[] | null;
    techniques: string[] | null;
  }>(
    `WITH met AS MATERIALIZED (
       SELECT a.incident_id, a.severity, a.title, a.body FROM alert a
        WHERE a.tenant_id = $1 AND a.source = $2 AND md5(a.rule) = md5($3) AND a.rule = $3 AND a.received_at > now() - make_interval(days => $6)
          AND EXISTS (SELECT FROM jsonb_array_elements(a.body -> 'entities') e
                       WHERE e ->> 'kind' = $4 AND e ->> 'value' = $5 AND e -> 'isGuessed' IS NULL))
     SELECT count(*) AS alerts, count(DISTINCT incident_id) AS incidents, array_agg(DISTINCT severity) AS severities,
            (array_agg(DISTINCT title))[1:$7] AS titles,
            (SELECT count(*) FROM (SELECT DISTINCT incident_id FROM met) i WHERE (SELECT o.value ->> 'outcome' FROM own_effect o
               WHERE o.tenant_id = $1 AND o.object = 'incident/' || i.incident_id ORDER BY o.seq DESC LIMIT 1) = 'handled') AS handled,
            (SELECT count(DISTINCT (e ->> 'kind', e ->> 'value')) FROM met, jsonb_array_elements(met.body -> 'entities') e
              WHERE e ->> 'kind' IN ('host', 'user', 'nhi')) AS entities,
            (SELECT array_agg(DISTINCT t) FROM met, jsonb_array_elements_text(coalesce(met.body -> 'techniques', '[]')) t) AS techniques
       FROM met`,
    [tenant, scope.source, scope.rule, scope.kind, scope.value, PREVIEW_DAYS, TITLES_MAX],
  );
  const severities = row?.severities ?? [];
  const [first, ...rest] = severities;
  return {
    alerts: Number(row?.alerts ?? 0),
    incidents: Number(row?.incidents ?? 0),
    handled: Number(row?.handled ?? 0),
    entities: Number(row?.entities ?? 0),
    gravest: first === undefined ? 'none' : rest.reduce((a, b) => (SEVERITY_RANK[b] > SEVERITY_RANK[a] ? b : a), first),
    titles: row?.titles ?? [],
    techniques: row?.techniques ?? [],
  };
}

function marksOf({ source, rule }: RuleScope, { titles, techniques, ...matches }: Matches): OwnReading['marks'] {
  const isAudit =
    source === 'countersign' ||
    [rule, ...titles].some(text => AUDIT_WORDS.test(text)) ||
    techniques.some(id => AUDIT_TECHNIQUE.test(id));
  const isGrave = matches.handled > 0 || matches.gravest === 'high' || matches.gravest === 'critical';
  return [
    ...(isAudit ? (['audit_rule'] as const) : []),
    ...(isGrave ? (['grave_rule'] as const) : []),
    ...(matches.entities > WIDE_ENTITIES ? (['wide_scope'] as const) : []),
  ];
}

function previewOf(matches: Matches, why: string): OwnReading['blast'] {
  const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;
  return {
    direct: [
      `In the last ${PREVIEW_DAYS} days it would have set aside ${counted(matches.alerts, 'alert')}, the gravest ${matches.gravest}.`,
      `They stood in ${counted(matches.incidents, 'incident')}; ${matches.handled} of these people closed as real and dealt with.`,
      `Why: ${shownText(why)}`,
    ],
    dependents: [],
    unknown: [
      'What of the alerts to come is real. They are kept and listed, and nobody is shown them in the queue.',
      'An alert that is graver than those, or whose entity the inventory calls critical, counts all the same.',
    ],
  };
}

function refusalsOf(of: {
  readonly until: string;
  readonly now: number;
  readonly isSuppressed: boolean;
  readonly matches: Matches;
}): OwnReading['refusals'] {
  const refusals: OwnReading['refusals'][number][] = [];
  const end = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(of.until) ? Date.parse(of.until) : Number.NaN;
  if (!(end > of.now && end <= of.now + SUPPRESS_DAYS_MAX * MS_PER_DAY))
    refusals.push({
      reason: 'not_expressible',
      text: `It has to end, in the future and within ${SUPPRESS_DAYS_MAX} days.`,
    });
  if (of.isSuppressed) refusals.push({ reason: 'already_in_effect', text: 'It is suppressed already.' });
  if (of.matches.alerts === 0)
    refusals.push({
      reason: 'nothing_to_undo',
      text: `No alert of the last ${PREVIEW_DAYS} days matches, so nobody can say what would be missed.`,
    });
  return refusals;
}

function liftRefusals(isSuppressed: boolean): OwnReading['refusals'] {
  return isSuppressed ? [] : [{ reason: 'already_in_effect', text: 'Its alerts count.' }];
}
