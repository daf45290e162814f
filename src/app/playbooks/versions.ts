import type { Id } from '../../base/id.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import type { PlaybookRow, PlaybookVersion, RunCounts } from '../../model/api-playbooks.ts';
import type { ServerContext } from '../context.ts';
import { readPeople } from '../people.ts';
import { knowProposals } from '../proposals/facts.ts';

/** Files that are listed, the newest first. */
const FILES_MAX = 500;

/** A version with the playbook that it is of. */
export type NamedVersion = PlaybookVersion & { readonly name: string };

/**
 * Every version of every playbook that was put to people, the newest first. Which one stands is told by what the executor wrote,
 * who signed it by the reviews that count.
 */
export async function readVersions(context: ServerContext, name?: string): Promise<readonly NamedVersion[]> {
  const { rows: files } = await context.pool.query<{
    name: string;
    title: string;
    sha256: string;
    tier: string;
    steps: number;
    by: string;
    at: Date;
  }>(
    `SELECT name, title, sha256, tier, steps, brought_by AS by, brought_at AS at FROM playbook_file
      WHERE tenant_id = $1 AND ($2::text IS NULL OR name = $2) ORDER BY brought_at DESC, sha256 LIMIT $3`,
    [context.tenant, name ?? null, FILES_MAX],
  );
  if (files.length === 0) return [];
  // The last proposal of a file: it may have been proposed before, and rejected.
  const { rows: proposed } = await context.pool.query<{ sha256: string; id: Id<'proposal'> }>(
    `SELECT DISTINCT ON (r.act::jsonb -> 'params' ->> 'sha256') r.act::jsonb -> 'params' ->> 'sha256' AS sha256, p.id
       FROM proposal p JOIN revision r ON r.tenant_id = p.tenant_id AND r.proposal_id = p.id
      WHERE p.tenant_id = $1 AND p.incident_id = '' AND p.undoes_execution IS NULL AND r.act LIKE '%"operation":"adopt-playbook"%'
        AND r.act::jsonb -> 'params' ->> 'sha256' = ANY($2)
      ORDER BY 1, p.created_at DESC`,
    [context.tenant, files.map(file => file.sha256)],
  );
  const known = new Map(
    (
      await knowProposals(
        context,
        proposed.map(one => one.id),
      )
    ).map(one => [one.stored.id as string, one]),
  );
  const proposalOf = new Map(proposed.map(one => [one.sha256, one.id]));
  const names = new Map<string, string>((await readPeople(context)).map(one => [one.id, one.name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const standing = await standingOf(context);
  return files.flatMap(({ by, at, ...file }) => {
    const proposal = proposalOf.get(file.sha256);
    const one = known.get(proposal ?? '');
    // Brought and denied: nobody was asked about it.
    if (proposal === undefined || one === undefined) return [];
    const signedBy = one.tally.counted
      .filter(({ intent }) => intent.verdict === 'approve')
      .map(({ intent }) => nameOf(intent.reviewer));
    const stands = standing.get(file.name)?.sha256 === file.sha256;
    const broughtAt = rfc3339(unixMsFrom(at.getTime()));
    return [{ ...file, broughtBy: nameOf(by), broughtAt, stands, proposal, state: one.state, signedBy }];
  });
}

/** The version of each playbook that stands, and since when; empty where people took it back. */
async function standingOf(
  context: ServerContext,
): Promise<ReadonlyMap<string, { readonly sha256: string; readonly at: Date }>> {
  const { rows } = await context.pool.query<{ object: string; sha256: string; at: Date }>(
    `SELECT DISTINCT ON (object) object, value ->> 'sha256' AS sha256, at FROM own_effect
      WHERE tenant_id = $1 AND object LIKE 'playbook/%' ORDER BY object, seq DESC`,
    [context.tenant],
  );
  return new Map(rows.map(({ object, sha256, at }) => [object.replace(/^playbook\//, ''), { sha256, at }]));
}

/** Every playbook that stands, stood, or was proposed, by name. */
export async function listPlaybooks(context: ServerContext): Promise<readonly PlaybookRow[]> {
  const [versions, standing, counts] = await Promise.all([
    readVersions(context),
    standingOf(context),
    runCounts(context),
  ]);
  const names = [...new Set(versions.map(({ name }) => name))].sort();
  return names.flatMap(name => {
    const own = versions.filter(version => version.name === name);
    const shown = own.find(({ stands }) => stands) ?? own[0];
    if (shown === undefined) return [];
    const stood = standing.get(name);
    const isProposed = own.some(({ state }) => WAITING.has(state));
    const { title, sha256, tier, steps, signedBy } = shown;
    return [
      {
        name,
        title,
        sha256,
        tier,
        steps,
        signedBy,
        state: shown.stands ? 'adopted' : isProposed ? 'proposed' : stood === undefined ? 'lapsed' : 'withdrawn',
        isNextProposed: shown.stands && isProposed,
        adoptedAt: shown.stands && stood !== undefined ? rfc3339(unixMsFrom(stood.at.getTime())) : '',
        runs: counts.get(name) ?? { running: 0, waiting: 0, failed: 0, done: 0 },
      } satisfies PlaybookRow,
    ];
  });
}

/** States in which a version may still come to stand. */
const WAITING: ReadonlySet<string> = new Set(['in_review', 'approved', 'checking', 'executing', 'succeeded']);

async function runCounts(context: ServerContext): Promise<ReadonlyMap<string, RunCounts>> {
  const { rows } = await context.pool.query<RunCounts & { name: string }>(
    `SELECT f.name,
        count(*) FILTER (WHERE e.body IS NULL AND NOT w.waits)::int AS running,
        count(*) FILTER (WHERE e.body IS NULL AND w.waits)::int AS waiting,
        count(*) FILTER (WHERE e.body ->> 'as' IN ('failed', 'refused'))::int AS failed,
        count(*) FILTER (WHERE e.body ->> 'as' IN ('done', 'stopped'))::int AS done
       FROM playbook_run r JOIN playbook_file f ON f.tenant_id = r.tenant_id AND f.sha256 = r.sha256
       LEFT JOIN playbook_fact e ON e.tenant_id = r.tenant_id AND e.run_id = r.id AND e.key = 'end'
       CROSS JOIN LATERAL (SELECT EXISTS (
         SELECT FROM playbook_fact c WHERE c.tenant_id = r.tenant_id AND c.run_id = r.id AND c.body ->> 'kind' = 'claimed'
            AND NOT EXISTS (SELECT FROM playbook_fact d WHERE d.tenant_id = c.tenant_id AND d.run_id = c.run_id AND d.key = c.key || '!')
       ) AS waits) w
      WHERE r.tenant_id = $1 GROUP BY f.name`,
    [context.tenant],
  );
  return new Map(rows.map(({ name, ...counts }) => [name, counts]));
}
