import type { Id } from '../base/id.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { agedOf, coolingCredentialsOf, coolingOf } from '../core/decide/cooling.ts';
import { directoryOf } from '../core/decide/directory.ts';
import { CHANGE_SIGNATURES } from '../core/decide/person-change.ts';
import type { PersonRow } from '../model/api.ts';
import type { Person, Role } from '../model/review.ts';
import { readStoredPeople } from '../store/person-facts.ts';
import type { Db, ServerContext } from './context.ts';

/** Everybody whose enrolment chains to genesis by signatures, as the executor sees them too. */
export type Enrolled = Person & {
  readonly enrolledAt: Date;
  /** When each of what has an age was stored: credentials, and changes that gave a role. */
  readonly since: ReadonlyMap<string, UnixMs>;
};

/** Checking the chain costs two signatures a person: it is done again only when a row was added. */
const directories = new WeakMap<ServerContext, { readonly version: string; readonly people: readonly Enrolled[] }>();

/** Everybody who is enrolled, with their credentials, in the order in which they were. */
export async function readPeople(context: ServerContext, db: Db = context.pool): Promise<readonly Enrolled[]> {
  const { rows: versions } = await db.query<{ version: string }>({
    name: 'people-version',
    text: `SELECT (SELECT count(*) FROM enrolment WHERE tenant_id = $1) || '/' || (SELECT count(*) FROM invitation WHERE tenant_id = $1)
             || '/' || (SELECT count(*) FROM person_change_signature WHERE tenant_id = $1) AS version`,
    values: [context.tenant],
  });
  const version = versions[0]?.version ?? '';
  const known = directories.get(context);
  if (known?.version === version) return known.people;
  const people = await checkPeople(context, db);
  directories.set(context, { version, people });
  return people;
}

async function checkPeople(context: ServerContext, db: Db): Promise<readonly Enrolled[]> {
  const stored = await readStoredPeople(db, context.tenant);
  const { genesis, verify } = context;
  const { people, rejected, counted } = await directoryOf(genesis, stored.invitations, stored.statements, verify, {
    wasByOne: ({ statement }) => stored.byOne.has(statement),
  });
  for (const why of rejected) context.logger.warn({ why }, 'a statement about a person does not count');
  const since = new Map<string, UnixMs>();
  const enrolledAt = new Map<string, Date>();
  for (const { statement, createdAt } of counted) {
    const said: { readonly person: string; readonly credential?: { readonly id: string }; readonly change?: string } =
      JSON.parse(statement);
    const aged = said.credential?.id ?? said.change ?? '';
    since.set(aged, unixMsFrom(createdAt));
    if (said.credential !== undefined && !enrolledAt.has(said.person)) enrolledAt.set(said.person, new Date(createdAt));
  }
  return [...people.values()].map(person => ({
    ...person,
    enrolledAt: enrolledAt.get(person.id) ?? new Date(0),
    since: new Map(
      [...agedOf(person), ...(person.former?.credentials.map(({ id }) => id) ?? [])].map(id => [
        id,
        since.get(id) ?? unixMsFrom(0),
      ]),
    ),
  }));
}

export async function readPerson(
  context: ServerContext,
  id: string,
  db: Db = context.pool,
): Promise<Person | undefined> {
  return (await readPeople(context, db)).find(person => person.id === id);
}

/** Until when each credential that is too new counts for no act of two people, as this server has it; the executor has its own. */
export function coolingNow(context: ServerContext, people: Iterable<Enrolled>): ReadonlyMap<string, UnixMs> {
  const all = [...people];
  const since = new Map(all.flatMap(person => [...person.since]));
  return coolingCredentialsOf(all, coolingOf(since, context.now()));
}

/** People who could fill a slot of a T3 review. */
export function possibleT3Reviewers(people: readonly Person[]): number {
  return people.filter(person => person.isActive && person.roles.some(role => role === 'responder' || role === 'owner'))
    .length;
}

/** Everybody, with those who are invited and did not come yet. */
export async function listPeople(context: ServerContext): Promise<readonly PersonRow[]> {
  const people = await readPeople(context);
  const { rows } = await context.pool.query<{ person_id: Id<'person'>; name: string; body: string; created_at: Date }>(
    `SELECT i.person_id, i.name, i.body, i.created_at FROM (
        SELECT id, person_id, name, body, created_at FROM invitation WHERE tenant_id = $1
         UNION ALL
        SELECT c.id, c.person_id, c.name, c.statement, max(s.at) FROM person_change c
          JOIN person_change_signature s ON s.tenant_id = c.tenant_id AND s.change_id = c.id
         WHERE c.tenant_id = $1 AND c.statement::jsonb ->> 'kind' = 'invite'
         GROUP BY c.id, c.person_id, c.name, c.statement HAVING count(*) >= $2) i
      WHERE NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.tenant_id = $1 AND e.invitation_id = i.id)
      ORDER BY i.created_at`,
    [context.tenant, CHANGE_SIGNATURES],
  );
  const invited = rows
    .map(row => ({ row, invitation: JSON.parse(row.body) as { roles: Role[]; expiresAt: string } }))
    .filter(({ invitation }) => Date.parse(invitation.expiresAt) > context.now());
  const cooling = coolingNow(context, people);
  const coolsUntil = (person: Enrolled) =>
    person.credentials.map(({ id }) => Number(cooling.get(id) ?? 0)).reduce((a, b) => Math.max(a, b), 0);
  return [
    ...people.map(person => ({
      id: person.id,
      name: person.name,
      roles: person.roles,
      enrolledAt: person.enrolledAt.toISOString(),
      credentialKinds: person.credentials.map(credential => credential.kind),
      hasLeft: !person.isActive,
      coolsUntil: coolsUntil(person) === 0 ? '' : rfc3339(unixMsFrom(coolsUntil(person))),
      isPending: false,
    })),
    ...invited.map(({ row, invitation }) => ({
      id: row.person_id,
      name: row.name,
      roles: invitation.roles,
      enrolledAt: '',
      credentialKinds: [],
      hasLeft: false,
      coolsUntil: '',
      isPending: true,
    })),
  ];
}
