import { randomInt } from 'node:crypto';
import { fail, ok, type Result } from '../../base/result.ts';
import { shiftAt } from '../../core/decide/drills.ts';
import { DRILL_FAULTS, type DrillSetting } from '../../model/drill.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { type Db, type ServerContext, transact } from '../context.ts';
import { readPeople } from '../people.ts';
import { lacksAttention, sameInReview, takeTurn } from '../proposals/budget.ts';
import type { Draft } from '../proposals/draft.ts';
import { knowProposal } from '../proposals/facts.ts';
import { refreshProposal } from '../proposals/project.ts';
import { draftOfOption } from '../proposals/propose.ts';
import { hasSeat, mayReview } from '../proposals/review.ts';
import { insertRevision, type MadeRevision, makeRevision } from '../proposals/revision.ts';
import type { ReadStudy } from '../proposals/study.ts';
import { signedInventory } from '../signed-inventory.ts';
import { type Material, type Spoilt, spoil } from './spoil.ts';

/** What making drills needs of the server. */
export interface DrillParts {
  readonly context: ServerContext;
  readonly readStudy: ReadStudy;
  readonly systems: () => Promise<readonly { readonly responder: string; readonly system: string }[]>;
}

/** Incidents that are looked at for something to make a drill of. */
const INCIDENTS_MAX = 12;
const OPTIONS_MAX = 6;
/** Drafts of which the executor is asked for a plan, one after the other, until one can be put before people. */
const TRIES_MAX = 8;

/**
 * Puts a drill before the team, by the same steps as any proposal: a plan of the executor's, grounded, tiered, sealed and in
 * the log. Only acts of one person. `system.not_ready` where there is nothing to make one of.
 */
export async function makeDrill(parts: DrillParts, setting: DrillSetting): Promise<Result<`prp_${string}`, Failure>> {
  const { context } = parts;
  const people = (await readPeople(context)).filter(({ isActive }) => isActive);
  const lead = oneOf(people.filter(({ id, roles }) => setting.leads.includes(id) && !roles.includes('auditor')));
  if (lead === undefined) return fail(failureOf('system.not_ready', 'no lead of the drills is enrolled'));
  const materials = shuffled(await gather(parts, lead));
  let tries = 0;
  for (const fault of shuffled(DRILL_FAULTS)) {
    for (const material of materials) {
      const spoilt = spoil(fault, material);
      if (spoilt === undefined) continue;
      if (tries++ >= TRIES_MAX) break;
      const put = await tryOne(context, setting, lead, people, spoilt);
      if (put.ok) return put;
    }
  }
  return fail(failureOf('system.not_ready', 'no incident offers anything that a drill could be made of'));
}

async function tryOne(
  context: ServerContext,
  setting: DrillSetting,
  lead: Person,
  people: readonly Person[],
  spoilt: Spoilt,
): Promise<Result<`prp_${string}`, Failure>> {
  const draft: Draft = { ...spoilt.draft, proposal: context.newId('proposal') };
  const isInTheWay =
    (await sameInReview(context, draft)) !== undefined || (await lacksAttention(context, lead, draft)) !== undefined;
  if (isInTheWay) return fail(failureOf('proposal.throttled', 'nothing is put where it would be in the way'));
  const made = await makeRevision(context, lead, draft);
  if (!made.ok) return made;
  if (made.value.tier !== 'T1' && made.value.tier !== 'T2')
    return fail(failureOf('proposal.not_expressible', 'a drill is for one person'));
  return transact(context, async client => {
    await takeTurn(context, client);
    await insertDrill(context, client, setting, lead, draft, made.value, spoilt.places);
    const known = await knowProposal(context, draft.proposal, client);
    const team = people.filter(({ id }) => setting.team.includes(id) && id !== lead.id);
    const canDecide =
      known !== undefined &&
      team.some(member => mayReview(context, known, member, 'approve') && hasSeat(context, known, member));
    if (!canDecide) return fail(failureOf('review.not_eligible', 'nobody of the team may decide on it'));
    await refreshProposal(context, client, draft.proposal);
    return ok(draft.proposal);
  });
}

async function insertDrill(
  context: ServerContext,
  client: Db,
  setting: DrillSetting,
  lead: Person,
  draft: Draft,
  made: MadeRevision,
  places: Spoilt['places'],
): Promise<void> {
  const at = new Date(context.now());
  const shift = shiftAt(context.now(), setting);
  await client.query(
    'INSERT INTO drill (tenant_id, proposal_id, fault, lead, audience, shift, shown_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
    [context.tenant, draft.proposal, draft.drill, lead.id, setting.team, shift.id, JSON.stringify(places), at],
  );
  await client.query(
    'INSERT INTO proposal (tenant_id, id, incident_id, origin, undoes_execution, created_at) VALUES ($1, $2, $3, $4, NULL, $5)',
    [context.tenant, draft.proposal, draft.incident, JSON.stringify(draft.origin), at],
  );
  await insertRevision(context, client, draft, made);
}

/** What open incidents offer: of none that is critical, and the newest first. */
async function gather({ context, readStudy, systems }: DrillParts, lead: Person): Promise<readonly Material[]> {
  const { rows } = await context.pool.query<{ id: `inc_${string}` }>(
    `SELECT id FROM incident WHERE tenant_id = $1 AND state = 'open' AND merged_into IS NULL AND alert_count > 0 AND severity <> 'critical'
      ORDER BY last_seen DESC LIMIT $2`,
    [context.tenant, INCIDENTS_MAX],
  );
  const offered = new Map<string, readonly Draft[]>();
  for (const { id } of rows) {
    const acts = (await readStudy(id))?.options.filter(({ kind }) => kind === 'act').slice(0, OPTIONS_MAX) ?? [];
    const drafts: Draft[] = [];
    for (const { id: option } of acts) {
      const request = { kind: 'option', incident: id, option } as const;
      const draft = await draftOfOption(readStudy, lead, request, 'prp_0', context.now());
      if (draft.ok) drafts.push(draft.value);
    }
    offered.set(id, drafts);
  }
  const accounts = await otherAccounts(context, await systems());
  return [...offered].flatMap(([incident, drafts]) =>
    drafts.map(base => ({
      base,
      beside: drafts.filter(one => one !== base),
      elsewhere: [...offered].flatMap(([id, others]) => (id === incident ? [] : others)),
      namesakes: accounts(base),
    })),
  );
}

/** For an act, the accounts of other records of the inventory that have the name of its target on another system. */
async function otherAccounts(
  context: ServerContext,
  systems: Awaited<ReturnType<DrillParts['systems']>>,
): Promise<(draft: Draft) => Material['namesakes']> {
  const records = (await signedInventory(context))?.records ?? [];
  const responderOf = new Map(systems.map(({ system, responder }) => [system, responder]));
  return ({ system, target }) => {
    const name = 'name' in target ? target.name.toLowerCase() : '';
    const isMeant = (one: { readonly system: string; readonly name: string }) =>
      one.system === system && one.name.toLowerCase() === name;
    return records
      .filter(({ accounts }) => !accounts.some(isMeant))
      .flatMap(({ accounts }) =>
        accounts.flatMap(one => {
          const responder = responderOf.get(one.system);
          return responder === undefined || one.name.toLowerCase() !== name ? [] : [{ ...one, responder }];
        }),
      );
  };
}

function oneOf<T>(list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : list[randomInt(list.length)];
}

function shuffled<T>(list: readonly T[]): readonly T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(randomInt(left.length), 1));
}
