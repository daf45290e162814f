import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import type { isJobId, readSettings } from '../../src/responders/supervisor-job/config.ts';
import type { readJobs } from '../../src/responders/supervisor-job/jobs.ts';
import {
  NO_SUPERVISORD,
  program,
  type SupervisorTarget,
  startSupervisorTarget,
} from '../conformance/supervisor-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/supervisor-job/config.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/supervisor-job/config.ts')>(),
    'isJobId',
    'readSettings',
  ),
);
vi.mock('../../src/responders/supervisor-job/jobs.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/supervisor-job/jobs.ts')>(),
    'readJobs',
  ),
);

const LOOK_EVERY_MS = 20;
const ALL = 'nightly:*';

/** A supervisord whose jobs run. */
async function startJobs(): Promise<SupervisorTarget> {
  const target = await startSupervisorTarget();
  await target.restore();
  return target;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(LOOK_EVERY_MS);
}

attack({
  id: 'BND-03',
  attack: 'a plan that was made elsewhere names `nightly:*`, which supervisord takes for all jobs of a group',
  control: 'that a target is one job of the list that was read, and no name that supervisord is left to read',
  notHere: NO_SUPERVISORD,
  run: () =>
    onTarget(startJobs, async target => {
      const signed = await planOf(target, 'stop', 'nightly:report');
      const forged =
        typeof signed === 'string' ? signed : sealPlan({ ...signed, target: { ...signed.target, immutableId: ALL } });
      const said = await carriedOut(target, forged);
      const state = String((await target.told('nightly', 'mail'))['statename']);
      return { succeeded: state !== 'RUNNING', seen: `${said}; the other job of the group is ${state}` };
    }),
  without: () => {
    takeOut<typeof isJobId>('isJobId', () => true);
    takeOut<typeof readJobs>('readJobs', async (actual, asking) => {
      const jobs = await actual(asking);
      const first = jobs.filter(({ id }) => id === 'nightly:report').map(job => ({ ...job, id: ALL }));
      return [...jobs, ...first];
    });
  },
});

attack({
  id: 'EXE-09',
  attack:
    'the job that carries out what people sign is proposed to be stopped, so that nothing is carried out any more',
  control: 'the list of jobs that Countersign rests on',
  notHere: NO_SUPERVISORD,
  run: () =>
    onTarget(startJobs, async target => {
      const said = await carriedOut(target, await planOf(target, 'stop', 'countersign:executor'));
      const state = String((await target.told('countersign', 'executor'))['statename']);
      return { succeeded: state !== 'RUNNING', seen: `${said}; it is ${state}` };
    }),
  without: () =>
    takeOut<typeof readSettings>('readSettings', (actual, given) => {
      const read = actual(given);
      return read.ok ? { ...read, value: { ...read.value, own: new Set() } } : read;
    }),
});

attack({
  id: 'BND-04',
  attack:
    'after its stop was signed, a job is replaced by another program under its name, which is stopped in its place',
  control: 'that what a job runs, where and as whom is a part of what it is',
  notHere: NO_SUPERVISORD,
  run: () =>
    onTarget(startJobs, async target => {
      const signed = await planOf(target, 'stop');
      const replaced = target.drifts.find(({ name }) => name === 'another program under the same name');
      await replaced?.apply();
      const said = await carriedOut(target, signed);
      const state = String((await target.told(target.victim, target.victim))['statename']);
      return { succeeded: state !== 'RUNNING', seen: `${said}; the other program is ${state}` };
    }),
  without: () =>
    takeOut<typeof readJobs>('readJobs', async (actual, asking) =>
      (await actual(asking)).map(job => ({ ...job, program: job.name })),
    ),
});

attack({
  id: 'BND-05',
  attack:
    'a job ends every five seconds and is started again by itself, so that no stop that people sign finds it as it was',
  control: 'that neither its process nor its start is what a stop rests on',
  notHere: NO_SUPERVISORD,
  run: () =>
    onTarget(startJobs, async target => {
      const again = program('hydra', 5).replace('autorestart=unexpected', 'autorestart=true');
      await target.addGroup('hydra', again);
      const told = async (member: string) => String((await target.told('hydra', 'hydra'))[member]);
      await until(async () => (await told('statename')) === 'RUNNING');
      const signed = await planOf(target, 'stop', 'hydra');
      const pid = await told('pid');
      await until(async () => (await told('statename')) === 'RUNNING' && (await told('pid')) !== pid);
      const said = await carriedOut(target, signed);
      const state = await told('statename');
      return { succeeded: state === 'RUNNING', seen: `${said}; it is ${state}` };
    }),
  without: () =>
    takeOut<typeof readJobs>('readJobs', async (actual, asking) =>
      (await actual(asking)).map(job => ({ ...job, program: `${job.program} since ${job.mark}` })),
    ),
});
