import { createHash } from 'node:crypto';
import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_MINUTE, unixMsFrom } from '../base/time.ts';
import { UNCONSTRAINED } from '../core/intake/constraints.ts';
import { createCorrelator } from '../core/intake/correlate.ts';
import { DEFAULT_FINGERPRINT, type FingerprintPart, type FingerprintRule } from '../core/intake/dedupe.ts';
import { type CorrelationInput, DEFAULT_SETTINGS, type Placement } from '../core/intake/placement.ts';
import { compareInputs } from '../core/intake/reorder.ts';
import type { Severity } from '../model/alert.ts';
import type { FingerprintExample, FingerprintRow, FingerprintTrial } from '../model/api.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { SOURCES } from '../sources/index.ts';
import { record, type ServerContext, transact } from './context.ts';

/** What a person asks for. */
export interface FingerprintRequest {
  readonly parts: readonly FingerprintPart[];
  readonly groupMinutes: number;
}

/** A change is tried on so many of the source's latest alerts, among so many of all that were kept last. */
const TRIED_MAX = 20_000;
const LOOKED_THROUGH_MAX = 300_000;
const EXAMPLES_MAX = 12;
/** What was tried may be saved for so long. */
const TRIAL_MS = 15 * MS_PER_MINUTE;
const TRIALS_MAX = 1_000;

interface StoredRule {
  readonly source: string;
  readonly version: number;
  readonly parts: readonly FingerprintPart[];
  readonly group_minutes: number;
  readonly by: string;
  readonly at: Date;
}

async function readStored({ pool, tenant }: ServerContext): Promise<ReadonlyMap<string, StoredRule>> {
  const { rows } = await pool.query<StoredRule>(
    `SELECT DISTINCT ON (source) source, version, parts, group_minutes, by, at FROM fingerprint_rule
      WHERE tenant_id = $1 ORDER BY source, version DESC`,
    [tenant],
  );
  return new Map(rows.map(row => [row.source, row]));
}

/** The rule of each source for which people made one. */
export async function readFingerprints(context: ServerContext): Promise<ReadonlyMap<string, FingerprintRule>> {
  const stored = await readStored(context);
  return new Map([...stored.values()].map(row => [row.source, ruleOf(row.source, row.version, row)]));
}

function ruleOf(
  source: string,
  version: number,
  { parts, group_minutes }: Pick<StoredRule, 'parts' | 'group_minutes'>,
): FingerprintRule {
  return { version: `${source}-${version}`, parts, groupMsMax: group_minutes * MS_PER_MINUTE };
}

/** The rule of every source. */
export async function listFingerprints(
  context: ServerContext,
  names: ReadonlyMap<string, string>,
): Promise<readonly FingerprintRow[]> {
  const stored = await readStored(context);
  const { rows } = await context.pool.query<{ source: string; alerts: string }>(
    'SELECT source, sum(alerts) AS alerts FROM source_heard WHERE tenant_id = $1 GROUP BY source',
    [context.tenant],
  );
  const heard = new Map(rows.map(row => [row.source, Number(row.alerts)]));
  return SOURCES.sources.map(({ id, title }): FingerprintRow => {
    const row = stored.get(id);
    const rule = row === undefined ? DEFAULT_FINGERPRINT : ruleOf(id, row.version, row);
    return {
      source: id,
      title,
      alerts: heard.get(id) ?? 0,
      version: rule.version,
      parts: rule.parts,
      groupMinutes: rule.groupMsMax / MS_PER_MINUTE,
      changedAt: row?.at.toISOString(),
      changedBy: row === undefined ? undefined : (names.get(row.by) ?? row.by),
    };
  });
}

/** What was tried, by whom it may be saved, and until when. In memory: after a restart it is tried again. */
const trials = new Map<string, number>();

/** A name of exactly this change of exactly what stands now. */
function trialOf(source: string, stands: number, request: FingerprintRequest): string {
  const text = JSON.stringify([source, stands, request.parts, request.groupMinutes]);
  return createHash('sha256').update(text).digest('base64url');
}

/** Says what the change would have done to the latest alerts of the source. Nothing is changed. */
export async function tryFingerprint(
  context: ServerContext,
  source: string,
  request: FingerprintRequest,
): Promise<Result<FingerprintTrial, Failure>> {
  if (!SOURCES.sources.some(one => one.id === source)) return fail(failureOf('source.unknown', source));
  const stands = (await readStored(context)).get(source);
  const now = stands === undefined ? DEFAULT_FINGERPRINT : ruleOf(source, stands.version, stands);
  const then = ruleOf(source, (stands?.version ?? 0) + 1, {
    parts: request.parts,
    group_minutes: request.groupMinutes,
  });
  const stored = await latestOf(context, source);
  const [before, after] = [placements(stored, now), placements(stored, then)];
  const folded: FingerprintExample[] = [];
  const unfolded: FingerprintExample[] = [];
  let [shownNow, shownThen] = [0, 0];
  stored.forEach((row, index) => {
    const [was, would] = [before[index], after[index]];
    if (was?.duplicateOf === undefined) shownNow++;
    if (would?.duplicateOf === undefined) shownThen++;
    if (was?.duplicateOf === undefined && would?.duplicateOf !== undefined && folded.length < EXAMPLES_MAX)
      folded.push(exampleOf(row, would));
    if (was?.duplicateOf !== undefined && would?.duplicateOf === undefined && unfolded.length < EXAMPLES_MAX)
      unfolded.push(exampleOf(row, was));
  });
  const tried = trialOf(source, stands?.version ?? 0, request);
  trials.set(tried, context.now());
  for (const oldest of trials.keys()) {
    if (trials.size <= TRIALS_MAX) break;
    trials.delete(oldest);
  }
  return ok({ tried, alerts: stored.length, shownNow, shownThen, folded, unfolded });
}

/** Saves a change that was tried, as a new version. What was told as a duplicate before stays so. */
export async function saveFingerprint(
  context: ServerContext,
  by: string,
  source: string,
  request: FingerprintRequest,
  tried: string,
): Promise<Result<FingerprintRule, Failure>> {
  return transact(context, async client => {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`countersign.fingerprint.${context.tenant}`]);
    const { rows } = await client.query<{ version: number }>(
      'SELECT coalesce(max(version), 0) AS version FROM fingerprint_rule WHERE tenant_id = $1 AND source = $2',
      [context.tenant, source],
    );
    const stands = rows[0]?.version ?? 0;
    const triedAt = trials.get(tried);
    if (tried !== trialOf(source, stands, request) || triedAt === undefined || context.now() - triedAt > TRIAL_MS)
      return fail(failureOf('fingerprint.not_tried', source));
    const rule = ruleOf(source, stands + 1, { parts: request.parts, group_minutes: request.groupMinutes });
    await client.query(
      'INSERT INTO fingerprint_rule (tenant_id, source, version, parts, group_minutes, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [context.tenant, source, stands + 1, request.parts, request.groupMinutes, by, new Date(context.now())],
    );
    await record(context, client, { type: 'fingerprint.changed', source, version: rule.version, by });
    return ok(rule);
  });
}

interface StoredAlert {
  readonly input: CorrelationInput;
  readonly incident: Id<'incident'>;
  readonly evidence: Id<'evidence'>;
  readonly severity: Severity;
}

async function latestOf({ pool, tenant }: ServerContext, source: string): Promise<readonly StoredAlert[]> {
  const { rows } = await pool.query<{
    id: Id<'alert'>;
    title: string;
    rule: string;
    severity: Severity;
    activity_at: Date;
    incident_id: Id<'incident'>;
    evidence_id: Id<'evidence'>;
    entities: CorrelationInput['entities'];
  }>(
    `SELECT id, title, rule, severity, activity_at, incident_id, evidence_id, body -> 'entities' AS entities
       FROM (SELECT * FROM alert WHERE tenant_id = $1 ORDER BY id DESC LIMIT $3) AS latest
      WHERE source = $2 ORDER BY id DESC LIMIT $4`,
    [tenant, source, LOOKED_THROUGH_MAX, TRIED_MAX],
  );
  const alerts = rows.map(row => ({
    input: {
      id: row.id,
      source,
      title: row.title,
      rule: row.rule,
      at: unixMsFrom(row.activity_at.getTime()),
      entities: row.entities,
      tactics: [],
      vendorLinks: [],
    },
    incident: row.incident_id,
    evidence: row.evidence_id,
    severity: row.severity,
  }));
  return alerts.sort((a, b) => compareInputs(a.input, b.input));
}

/** What telling duplicates by this rule makes of the alerts, by the code that tells them. */
function placements(alerts: readonly StoredAlert[], rule: FingerprintRule): readonly Placement[] {
  const correlator = createCorrelator(DEFAULT_SETTINGS, { ...UNCONSTRAINED, fingerprintRuleOf: () => rule });
  return alerts.map(({ input }) => correlator.add(input));
}

function exampleOf({ input, incident, evidence, severity }: StoredAlert, placement: Placement): FingerprintExample {
  const because = placement.because[0]?.text ?? '';
  return { alert: input.id, incident, evidence, title: input.title, severity, at: input.at, because };
}
