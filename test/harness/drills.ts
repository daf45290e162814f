import { makeDrill } from '../../src/app/drills/make.ts';
import type { IncidentStudy, ReadStudy } from '../../src/app/proposals/study.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import type { DrillSetting } from '../../src/model/drill.ts';
import { addEvidence, type Installation, type Member, personRecord, SYSTEM, signInventory } from './installation.ts';
import { FULLY_EXPLAINED, withPlanner } from './proposals.ts';
import { TARGET_RESPONDER } from './target.ts';
import { TENANT } from './tenant.ts';

/** Two open incidents, each with acts on two accounts, as the planner would enumerate them. */
export async function twoIncidents(
  world: Installation,
  admin: Member,
): Promise<ReadStudy & { readonly ids: readonly string[] }> {
  const studies = new Map<string, IncidentStudy>();
  const incidents = [
    ['inc_one', ['app_jo', 'app_kim']],
    ['inc_two', ['app_lee', 'app_max']],
  ] as const;
  const names = incidents.flatMap(([, both]) => both);
  for (const name of names.slice(2)) world.target.add({ id: `id-${name}`, name });
  await signInventory(
    world,
    admin,
    names.map(name => personRecord(`The person of ${name}`, name)),
    2,
  );
  for (const [id, names] of incidents) {
    await world.database.ownerPool.query(
      `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at, owner, coverage, coverage_text, state)
       VALUES ($1, $2, $2, 'medium', 2, 2, '{}', '[]', now(), now(), now(), '', 'complete', '', 'open')`,
      [TENANT, id],
    );
    studies.set(id, await studyOf(world, id, names));
  }
  return Object.assign(async (incident: string) => studies.get(incident), { ids: [...studies.keys()] });
}

async function studyOf(world: Installation, incident: string, names: readonly string[]): Promise<IncidentStudy> {
  const acts = await Promise.all(
    names.map(async targetName => {
      const says = [`${targetName} logged in from a new network`, `${targetName} was granted a role`];
      const claims = await Promise.all(
        says.map(async (text, i) => ({
          id: `fct_${targetName}_${i}`,
          predicate: 'auth_succeeded' as const,
          roles: {},
          at: unixMsFrom(1_000),
          until: undefined,
          count: 1,
          citations: [
            {
              evidence: await addEvidence(world, { user: targetName, event: String(i), incident }),
              pointer: '/user',
              value: targetName,
            },
          ],
          text,
          verdict: { kind: 'verified' as const },
        })),
      );
      const option = {
        id: `act:${TARGET_RESPONDER}:suspend:${SYSTEM}:${targetName}`,
        kind: 'act' as const,
        title: 'suspend',
        responder: TARGET_RESPONDER,
        operation: 'suspend',
        system: SYSTEM,
        targetName,
        effect: '',
        blastUnknown: [],
        blastKnown: [],
        undo: '',
        residue: [],
        costOfWaiting: '',
        claims: claims.map(({ id }) => id),
        citations: claims.flatMap(({ citations }) => citations),
        explained: FULLY_EXPLAINED,
      };
      return { claims, option };
    }),
  );
  const [headline, ...story] = acts.flatMap(({ claims }) => claims);
  if (headline === undefined) throw new Error('a study says something');
  return {
    summary: {
      v: '1',
      coverage: { verdict: 'complete', expected: 1, heard: 1, streams: [] },
      gaps: [],
      headline,
      story,
      entities: [],
      identified: [],
      window: { from: unixMsFrom(0), to: unixMsFrom(2_000) },
      alertCount: 1,
      missing: [],
      wouldChange: [],
      digest: '',
    },
    options: acts.map(({ option }) => option),
  };
}

/** Drills for these people, in the name of the first. */
export function settingFor(lead: Member, ...others: readonly Member[]): DrillSetting {
  return {
    team: [lead, ...others].map(({ person }) => person.id),
    leads: [lead.person.id],
    shiftHours: 8,
    until: '2999-12-31',
  };
}

/** Puts a drill before a team. */
export function putDrill(world: Installation, readStudy: ReadStudy, setting: DrillSetting) {
  return withPlanner(
    world,
    makeDrill(
      {
        context: world.context,
        readStudy,
        systems: async () => [{ responder: TARGET_RESPONDER, system: SYSTEM }],
      },
      setting,
    ),
  );
}
