import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type UnixMs, unixMsFrom } from '../../base/time.ts';
import { fileDigest } from '../../core/decide/house-policy.ts';
import { type LoadedPlaybook, loadPlaybook } from '../../core/decide/playbook/load.ts';
import { runState } from '../../core/decide/playbook/run.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { RunCommand, RunFact, RunFactBody } from '../../model/playbook-run.ts';
import type { Person } from '../../model/review.ts';
import { isTaken, record, type ServerContext, transact } from '../context.ts';
import { readPeople } from '../people.ts';
import type { ReadStudy } from '../proposals/study.ts';
import { carryOutCommand } from './commands.ts';

/** A run as it is stored: which file, byte for byte, on which incident, and who started it. */
export interface StoredRun {
  readonly id: Id<'run'>;
  readonly sha256: string;
  readonly incident: Id<'incident'>;
  readonly startedBy: Person['id'];
  readonly startedAt: UnixMs;
}

/** Rounds in which a run goes on without waiting for anything outside; more are taken by the next look. */
const ROUNDS_MAX = 200;

/**
 * Starts the version of a playbook that stands, on an incident. Refused where another version stands than the one that was asked
 * for, where its file is not the one that was signed, and where it does not load any more.
 */
export async function startRun(
  context: ServerContext,
  person: Person,
  { name, sha256, incident }: { readonly name: string; readonly sha256: string; readonly incident: Id<'incident'> },
): Promise<Result<Id<'run'>, Failure>> {
  const standing = await standingVersion(context, name);
  if (standing === undefined || standing === '') return fail(failureOf('not_found', `playbook ${name}`));
  if (standing !== sha256) return fail(failureOf('playbook.changed', standing));
  const loaded = await loadPinned(context, sha256);
  if (!loaded.ok) return fail(failureOf('playbook.refused', loaded.failure));
  const known = await context.pool.query('SELECT FROM incident WHERE tenant_id = $1 AND id = $2', [
    context.tenant,
    incident,
  ]);
  if (known.rows.length === 0) return fail(failureOf('not_found', incident));
  const id = context.newId('run');
  const started = await transact(context, async client => {
    await client.query(
      'INSERT INTO playbook_run (tenant_id, id, sha256, incident_id, started_by, started_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [context.tenant, id, sha256, incident, person.id, new Date(context.now())],
    );
    await record(context, client, { type: 'playbook.started', run: id, playbook: sha256, incident, by: person.id });
    return ok(id);
  });
  if (started.ok) context.live.publish({ kind: 'incident', id: incident });
  return started;
}

/** SHA-256 of the version that people signed last; empty or undefined where there is none. */
export async function standingVersion(context: ServerContext, name: string): Promise<string | undefined> {
  const { rows } = await context.pool.query<{ sha256: string }>(
    `SELECT value ->> 'sha256' AS sha256 FROM own_effect WHERE tenant_id = $1 AND object = $2 ORDER BY seq DESC LIMIT 1`,
    [context.tenant, `playbook/${name}`],
  );
  return rows[0]?.sha256;
}

/** The file of that digest, read and analysed anew. What stands in the database under another digest than its own is refused. */
export async function loadPinned(context: ServerContext, sha256: string): Promise<Result<LoadedPlaybook, string>> {
  const { rows } = await context.pool.query<{ text: string }>(
    'SELECT text FROM playbook_file WHERE tenant_id = $1 AND sha256 = $2',
    [context.tenant, sha256],
  );
  const text = rows[0]?.text;
  if (text === undefined) return fail('there is no such file');
  if (fileDigest(text) !== sha256) return fail('the file is not the one that was signed');
  return loadPlaybook(text, context.now());
}

/**
 * Goes on with a run as far as it gets without waiting. May be called at any time and by many at once: each place of a run takes
 * one fact, and who comes second finds it taken.
 */
export async function advanceRun(context: ServerContext, readStudy: ReadStudy, id: Id<'run'>): Promise<void> {
  const run = await readRun(context, id);
  if (run === undefined) return;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const facts = await readFacts(context, id);
    if (facts.some(({ body }) => body.kind === 'ended')) return;
    const loaded = await loadPinned(context, run.sha256);
    if (!loaded.ok) return end(context, run, { kind: 'ended', as: 'refused', why: loaded.failure });
    const state = runState(loaded.value.file, facts);
    if (state.end !== undefined) return end(context, run, { kind: 'ended', ...state.end });
    const starter = (await readPeople(context)).find(one => one.id === run.startedBy && one.isActive);
    if (starter === undefined)
      return end(context, run, { kind: 'ended', as: 'refused', why: 'whoever started it is not enrolled any more' });
    let hasMoved = false;
    for (const command of state.commands)
      hasMoved = (await take(context, readStudy, run, starter, loaded.value, command)) || hasMoved;
    if (!hasMoved) return;
  }
}

/** Carries a command out and writes its fact. False where there is nothing to write yet. */
async function take(
  context: ServerContext,
  readStudy: ReadStudy,
  run: StoredRun,
  starter: Person,
  loaded: LoadedPlaybook,
  command: RunCommand,
): Promise<boolean> {
  const body = await carryOutCommand(context, readStudy, { run, starter, loaded }, command);
  return body !== undefined && addFact(context, run, command.key, body);
}

async function end(
  context: ServerContext,
  run: StoredRun,
  body: Extract<RunFactBody, { kind: 'ended' }>,
): Promise<void> {
  await addFact(context, run, 'end', body);
}

/** Writes the one fact of a place, with its entry of the log and who ended the run. False where somebody else was first. */
export async function addFact(
  context: ServerContext,
  run: StoredRun,
  key: string,
  body: RunFactBody,
  by?: Person['id'],
): Promise<boolean> {
  try {
    const added = await transact(context, async client => {
      await client.query(
        `INSERT INTO playbook_fact (tenant_id, run_id, key, seq, body, at)
           SELECT $1, $2, $3, count(*), $4, $5 FROM playbook_fact WHERE tenant_id = $1 AND run_id = $2`,
        [context.tenant, run.id, key, JSON.stringify(body), new Date(context.now())],
      );
      if (body.kind === 'claimed')
        await record(context, client, { type: 'playbook.asked', run: run.id, proposal: body.proposal });
      if (by !== undefined) await record(context, client, { type: 'playbook.halted', run: run.id, by });
      if (body.kind === 'ended') await record(context, client, { type: 'playbook.ended', run: run.id, as: body.as });
      return ok(true);
    });
    return added.ok;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

export async function readRun(context: ServerContext, id: string): Promise<StoredRun | undefined> {
  const { rows } = await context.pool.query<{
    id: Id<'run'>;
    sha256: string;
    incident_id: Id<'incident'>;
    started_by: Person['id'];
    started_at: Date;
  }>('SELECT id, sha256, incident_id, started_by, started_at FROM playbook_run WHERE tenant_id = $1 AND id = $2', [
    context.tenant,
    id,
  ]);
  const [row] = rows;
  return row === undefined
    ? undefined
    : {
        id: row.id,
        sha256: row.sha256,
        incident: row.incident_id,
        startedBy: row.started_by,
        startedAt: unixMsFrom(row.started_at.getTime()),
      };
}

export async function readFacts(context: ServerContext, id: string): Promise<readonly RunFact[]> {
  const { rows } = await context.pool.query<{ key: string; body: RunFactBody; at: Date }>(
    'SELECT key, body, at FROM playbook_fact WHERE tenant_id = $1 AND run_id = $2 ORDER BY seq',
    [context.tenant, id],
  );
  return rows.map(({ key, body, at }) => ({ key, body, at: unixMsFrom(at.getTime()) }));
}
