import type { Id } from '../../base/id.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { analysePlaybook } from '../../core/decide/playbook/analyse.ts';
import { readPlaybook } from '../../core/decide/playbook/read-playbook.ts';
import { runState } from '../../core/decide/playbook/run.ts';
import type { PlaybookCheck, PlaybookRow, RunRow, RunView } from '../../model/api-playbooks.ts';
import type { RunFactBody } from '../../model/playbook-run.ts';
import type { ServerContext } from '../context.ts';
import { loadPinned, readFacts, readRun } from './running.ts';

const ROWS_MAX = 200;

/** Every playbook of which a version stands, by name. */
export async function listPlaybooks(context: ServerContext): Promise<readonly PlaybookRow[]> {
  const { rows } = await context.pool.query<{
    name: string;
    title: string;
    sha256: string;
    tier: string;
    steps: number;
    at: Date;
  }>(
    `SELECT f.name, f.title, f.sha256, f.tier, f.steps, e.at
       FROM (SELECT DISTINCT ON (object) object, value ->> 'sha256' AS sha256, at FROM own_effect
               WHERE tenant_id = $1 AND object LIKE 'playbook/%' ORDER BY object, seq DESC) e
       JOIN playbook_file f ON f.tenant_id = $1 AND f.sha256 = e.sha256
      ORDER BY f.name LIMIT $2`,
    [context.tenant, ROWS_MAX],
  );
  return rows.map(({ at, ...row }) => ({ ...row, adoptedAt: rfc3339(unixMsFrom(at.getTime())) }));
}

/** Whether a file would load, with every path on which nobody is asked. Changes nothing. */
export function tryPlaybook(text: string): PlaybookCheck {
  const read = readPlaybook(text);
  if (!read.ok) return { ok: false, problems: read.failure, bypasses: [] };
  const { bypasses, tier, humanSteps } = analysePlaybook(read.value);
  if (bypasses.length > 0) return { ok: false, problems: [], bypasses };
  return { ok: true, title: `${read.value.title} ${read.value.version}`, tier: tier ?? 'nothing', humanSteps };
}

/** The newest runs. */
export async function listRuns(context: ServerContext): Promise<readonly RunRow[]> {
  const { rows } = await context.pool.query<{
    id: Id<'run'>;
    title: string | null;
    incident: Id<'incident'>;
    by: Id<'person'>;
    at: Date;
    body: RunFactBody | null;
  }>(
    `SELECT r.id, f.title, r.incident_id AS incident, r.started_by AS by, r.started_at AS at, e.body
       FROM playbook_run r LEFT JOIN playbook_file f ON f.tenant_id = r.tenant_id AND f.sha256 = r.sha256
       LEFT JOIN playbook_fact e ON e.tenant_id = r.tenant_id AND e.run_id = r.id AND e.key = 'end'
      WHERE r.tenant_id = $1 ORDER BY r.started_at DESC LIMIT $2`,
    [context.tenant, ROWS_MAX],
  );
  return rows.map(({ id, title, incident, by, at, body }) => ({
    id,
    title: title ?? '',
    incident,
    startedBy: by,
    startedAt: rfc3339(unixMsFrom(at.getTime())),
    end: body?.kind === 'ended' ? { as: body.as, why: body.why } : undefined,
  }));
}

/** One run, step by step; undefined where there is none. */
export async function viewRun(context: ServerContext, id: string): Promise<RunView | undefined> {
  const run = await readRun(context, id);
  if (run === undefined) return undefined;
  const [facts, loaded] = [await readFacts(context, id), await loadPinned(context, run.sha256)];
  const state = loaded.ok ? runState(loaded.value.file, facts) : undefined;
  const ended = facts.find(({ body }) => body.kind === 'ended')?.body;
  const claims = new Map(
    facts.flatMap(({ key, body }) => (body.kind === 'claimed' ? [[key, body.proposal] as const] : [])),
  );
  return {
    id: run.id,
    title: loaded.ok ? `${loaded.value.file.title} ${loaded.value.file.version}` : '',
    sha256: run.sha256,
    incident: run.incident,
    startedBy: run.startedBy,
    startedAt: rfc3339(run.startedAt),
    end: ended?.kind === 'ended' ? { as: ended.as, why: ended.why } : undefined,
    steps: (state?.trail ?? []).map(({ key, step, is }) => ({ step, is, proposal: claims.get(key) })),
  };
}
