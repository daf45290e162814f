import { transact } from '../../src/app/context.ts';
import { advanceRun, startRun } from '../../src/app/playbooks/running.ts';
import { viewRun } from '../../src/app/playbooks/view.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { ok } from '../../src/base/result.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import { fileDigest } from '../../src/core/decide/house-policy.ts';
import type { RunView } from '../../src/model/api.ts';
import { type Installation, type Member, must } from './installation.ts';
import { execute, INCIDENT, review, studyFor, withPlanner } from './proposals.ts';

/** The study that tests have, of an incident that names the account. */
export async function studyNaming(world: Installation, otherOperations: readonly string[] = []): Promise<ReadStudy> {
  const read = await studyFor(world, { otherOperations });
  return async incident => {
    const study = await read(incident);
    const entity = {
      key: 'user:app_jo',
      kind: 'user',
      label: 'app_jo',
      role: 'target',
      because: '',
      alertCount: 1,
    } as const;
    const seen = { firstSeen: unixMsFrom(0), lastSeen: unixMsFrom(0), saidBy: [], inventory: undefined };
    return study && { ...study, summary: { ...study.summary, entities: [{ ...entity, ...seen }] } };
  };
}

/** Brings a version of a playbook and has two people sign it. Resolves to what it is pinned by. */
export async function adopt(
  world: Installation,
  text: string,
  brings: Member,
  signs: readonly [Member, Member],
): Promise<{ readonly sha256: string; readonly proposal: `prp_${string}` }> {
  const study: ReadStudy = async () => undefined;
  const proposal = must(
    await withPlanner(world, requestProposal(world.context, study, brings.person, { kind: 'playbook', text })),
  );
  for (const member of signs) await review(world, member, proposal);
  await execute(world, proposal);
  await refresh(world, proposal);
  return { sha256: fileDigest(text), proposal };
}

export async function refresh(world: Installation, proposal: string): Promise<void> {
  await transact(world.context, async client => ok(await refreshProposal(world.context, client, proposal)));
}

/** Starts a run on the incident of the tests. */
export async function start(world: Installation, by: Member, name: string, sha256: string): Promise<`run_${string}`> {
  return must(await startRun(world.context, by.person, { name, sha256, incident: INCIDENT }));
}

/** Lets a run go on as far as it gets, with an executor that answers. */
export async function advance(world: Installation, study: ReadStudy, run: `run_${string}`): Promise<RunView> {
  await withPlanner(world, advanceRun(world.context, study, run));
  const view = await viewRun(world.context, run);
  if (view === undefined) throw new Error(`there is no ${run}`);
  return view;
}

/** What the human step of a run has asked; undefined where it has asked nothing. */
export function asked(view: RunView, step: string): `prp_${string}` | undefined {
  return view.steps.find(one => one.step === step)?.proposal;
}
