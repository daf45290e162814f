import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { analysePlaybook } from '../../core/decide/playbook/analyse.ts';
import { pictureOf } from '../../core/decide/playbook/draw.ts';
import { placeOf } from '../../core/decide/playbook/dry-run.ts';
import { outlineOf } from '../../core/decide/playbook/outline.ts';
import { readPlaybook } from '../../core/decide/playbook/read-playbook.ts';
import { runState } from '../../core/decide/playbook/run.ts';
import type { PlaybookCheck, PlaybookPicture, PlaybookView, RunRow, RunView } from '../../model/api-playbooks.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { RunFactBody } from '../../model/playbook-run.ts';
import type { ServerContext } from '../context.ts';
import { readPeople } from '../people.ts';
import { loadPinned, readFacts, readRun } from './running.ts';
import { readVersions } from './versions.ts';

const ROWS_MAX = 200;

/** Whether a file would load, with every path on which nobody is asked. Changes nothing. */
export function tryPlaybook(text: string): PlaybookCheck {
  const read = readPlaybook(text);
  if (!read.ok) return { ok: false, problems: read.failure, bypasses: [] };
  const { bypasses, tier, humanSteps } = analysePlaybook(read.value);
  if (bypasses.length > 0) return { ok: false, problems: [], bypasses };
  return { ok: true, title: `${read.value.title} ${read.value.version}`, tier: tier ?? 'nothing', humanSteps };
}

/** Every playbook of a file as a picture and in words; none where it does not load. */
export function picturesOf(text: string): readonly PlaybookPicture[] {
  const read = readPlaybook(text);
  if (!read.ok) return [];
  const { value: file } = read;
  return file.playbooks.map(playbook => ({
    name: playbook.name,
    ...pictureOf(file, playbook),
    lines: outlineOf(file, playbook),
  }));
}

/** One playbook with all its versions; the one that stands is shown, or the newest, or the one that is asked for. */
export async function viewPlaybook(
  context: ServerContext,
  name: string,
  sha256: string | undefined,
): Promise<Result<PlaybookView, Failure>> {
  const versions = await readVersions(context, name);
  const wanted = sha256 === undefined ? versions.find(({ stands }) => stands) : undefined;
  const shown = wanted ?? versions.find(one => sha256 === undefined || one.sha256 === sha256);
  if (shown === undefined) return fail(failureOf('not_found', `playbook ${name}`));
  const { rows } = await context.pool.query<{ text: string }>(
    'SELECT text FROM playbook_file WHERE tenant_id = $1 AND sha256 = $2',
    [context.tenant, shown.sha256],
  );
  const text = rows[0]?.text ?? '';
  return ok({
    name,
    shown,
    versions,
    text,
    check: tryPlaybook(text),
    pictures: picturesOf(text),
    runs: await listRuns(context, name),
  });
}

/** The newest runs, of all playbooks or of one. */
export async function listRuns(context: ServerContext, name?: string): Promise<readonly RunRow[]> {
  const { rows } = await context.pool.query<{
    id: Id<'run'>;
    title: string | null;
    incident: Id<'incident'>;
    by: Id<'person'>;
    at: Date;
    body: RunFactBody | null;
    waits: readonly { readonly key: string; readonly proposal: Id<'proposal'> }[] | null;
  }>(
    `SELECT r.id, f.title, r.incident_id AS incident, r.started_by AS by, r.started_at AS at, e.body, w.waits
       FROM playbook_run r LEFT JOIN playbook_file f ON f.tenant_id = r.tenant_id AND f.sha256 = r.sha256
       LEFT JOIN playbook_fact e ON e.tenant_id = r.tenant_id AND e.run_id = r.id AND e.key = 'end'
       CROSS JOIN LATERAL (
         SELECT json_agg(json_build_object('key', c.key, 'proposal', c.body ->> 'proposal') ORDER BY c.seq) AS waits
           FROM playbook_fact c WHERE c.tenant_id = r.tenant_id AND c.run_id = r.id AND c.body ->> 'kind' = 'claimed'
            AND NOT EXISTS (SELECT FROM playbook_fact d WHERE d.tenant_id = c.tenant_id AND d.run_id = c.run_id AND d.key = c.key || '!')
       ) w
      WHERE r.tenant_id = $1 AND ($3::text IS NULL OR f.name = $3) ORDER BY r.started_at DESC, r.id LIMIT $2`,
    [context.tenant, ROWS_MAX, name ?? null],
  );
  const names = new Map<string, string>((await readPeople(context)).map(one => [one.id, one.name]));
  return rows.map(({ id, title, incident, by, at, body, waits }) => ({
    id,
    title: title ?? '',
    incident,
    startedBy: by,
    startedByName: names.get(by) ?? by,
    startedAt: rfc3339(unixMsFrom(at.getTime())),
    end: body?.kind === 'ended' ? { as: body.as, why: body.why } : undefined,
    waitsFor: body === null ? (waits ?? []).map(({ key, proposal }) => ({ step: placeOf(key), proposal })) : [],
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
