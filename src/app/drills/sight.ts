import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../../model/review.ts';
import type { Db, ServerContext } from '../context.ts';

/** In an audience: the proposal is no drill any more, because somebody made an act of it. */
export const EVERYBODY = 'everybody';

/** Who looks, as queries take it: a person's id, or nobody's, which no audience names. */
export function viewerOf(person: Pick<Person, 'id'> | undefined): string {
  return person?.id ?? '';
}

/**
 * The condition that a proposal is none of the drills that this viewer is not to be shown. Both are SQL expressions; the
 * tenant is `$1`. Every list of proposals and every count of them has it: a drill is in all of them for its team, and in
 * none for anybody else.
 */
export function seenBy(proposal: string, viewer: string): string {
  return `NOT EXISTS (SELECT FROM drill dr WHERE dr.tenant_id = $1 AND dr.proposal_id = ${proposal} AND NOT dr.audience && ARRAY[${viewer}, '${EVERYBODY}']::text[])`;
}

/** The condition that a proposal is no drill, for what is counted of acts alone. */
export function isAct(proposal: string): string {
  return `NOT EXISTS (SELECT FROM drill dr WHERE dr.tenant_id = $1 AND dr.proposal_id = ${proposal} AND NOT '${EVERYBODY}' = ANY (dr.audience))`;
}

/** Whether there is no such proposal, as far as this person is told. */
export async function isHidden(
  context: ServerContext,
  proposal: string,
  person: Pick<Person, 'id'> | undefined,
  db: Db = context.pool,
): Promise<boolean> {
  const { rows } = await db.query<{ is_seen: boolean }>(`SELECT ${seenBy('$2', '$3')} AS is_seen`, [
    context.tenant,
    proposal,
    viewerOf(person),
  ]);
  return rows[0]?.is_seen !== true;
}

/** Whether a drill is proposed in this person's name: they know what it is, so their verdict says nothing. */
export async function leadsDrill(
  context: ServerContext,
  proposal: string,
  person: Pick<Person, 'id'>,
  db: Db,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT 1 FROM drill WHERE tenant_id = $1 AND proposal_id = $2 AND lead = $3 AND opened_at IS NULL',
    [context.tenant, proposal, person.id],
  );
  return rowCount === 1;
}

/** Those of these proposals that this person is not shown. */
export async function hiddenOf(
  context: ServerContext,
  proposals: readonly string[],
  person: Pick<Person, 'id'> | undefined,
): Promise<ReadonlySet<string>> {
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT p.id FROM unnest($2::text[]) AS p(id) WHERE NOT (${seenBy('p.id', '$3')})`,
    [context.tenant, proposals, viewerOf(person)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Who may see each of these; absent of what everybody may, because it is an act. */
export async function audiencesOf(
  context: ServerContext,
  proposals: readonly string[],
  db: Db = context.pool,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (proposals.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; audience: string[] }>(
    `SELECT proposal_id AS id, audience FROM drill WHERE tenant_id = $1 AND proposal_id = ANY ($2) AND NOT '${EVERYBODY}' = ANY (audience)`,
    [context.tenant, proposals],
  );
  return new Map(rows.map(({ id, audience }) => [id, new Set(audience)]));
}

/** News may be told before what it is of is committed. */
const COMMIT_MS = 250;

/** Who may hear of a proposal; undefined for everybody. Of what is not there nobody hears. */
export async function audienceOfNews(context: ServerContext, id: string): Promise<ReadonlySet<string> | undefined> {
  const isThere = async () => {
    const { rowCount } = await context.pool.query('SELECT 1 FROM proposal WHERE tenant_id = $1 AND id = $2', [
      context.tenant,
      id,
    ]);
    return rowCount === 1;
  };
  if (!(await isThere())) {
    await sleep(COMMIT_MS);
    if (!(await isThere())) return new Set();
  }
  return (await audiencesOf(context, [id])).get(id);
}
