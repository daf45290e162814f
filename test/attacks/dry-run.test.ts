import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { addChannel } from '../../src/app/notices/channels.ts';
import { Notices } from '../../src/app/notices/notices.ts';
import { dryRunPlaybook } from '../../src/app/playbooks/dry-run.ts';
import { GAP_MS, GATHER_MS } from '../../src/core/notices/pace.ts';
import { addIncident } from '../harness/incidents.ts';
import { type Installation, invite, startTeam } from '../harness/installation.ts';
import { adopt, advance, start as startRun, studyNaming } from '../harness/playbooks.ts';
import { INCIDENT, withPlanner } from '../harness/proposals.ts';
import { startDouble } from '../look-ups/doubles.ts';
import { channel } from '../notices/receivers.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/app/playbooks/dry-run.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/playbooks/dry-run.ts')>(),
    'dryRunPlaybook',
  ),
);

/** The whole of the database, table by table: how many rows each has. */
async function rowsOf(world: Installation): Promise<ReadonlyMap<string, number>> {
  const { rows } = await world.database.ownerPool.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1`,
  );
  const counted = new Map<string, number>();
  for (const { name } of rows) {
    const { rows: found } = await world.database.ownerPool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM "${name}"`,
    );
    counted.set(name, found[0]?.n ?? 0);
  }
  return counted;
}

const text = (hook: string) => `
playbook: Contain
version: "1"
steps:
  - { step: look, enrich: incident.user, on_error: continue }
  - { step: tell, notify: "Look at ${hook}/pixel.png" }
  - { step: ask-lock, ask: lock }
  - { step: lock, act: disable_account, on: incident.user }
`;
let runIt: (() => Promise<void>) | undefined;

/** What must stay still, each by itself: an attack that only one of them would show is shown by that one. */
const CANARIES = {
  'reaches a canary target': ({ reads, writes }) => reads + writes,
  'reaches a canary webhook': ({ requests }) => requests,
  'leaves anything behind in the database': ({ tables }) => tables,
} satisfies Record<string, (seen: Seen) => number>;

interface Seen {
  readonly reads: number;
  readonly writes: number;
  readonly requests: number;
  readonly tables: number;
}

for (const [what, countOf] of Object.entries(CANARIES))
  attack({
    id: 'AIB-08',
    attack: `a dry run of a playbook over an incident ${what}`,
    control: 'following the playbook with stored values alone (starting it to see what it does, in its place)',
    async run(start) {
      const hook = await startDouble((_, response) => response.end());
      const folder = await mkdtemp(join(tmpdir(), 'countersign-dry-run-'));
      try {
        const world = await start();
        const team = await startTeam(world);
        const olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
        await addIncident(world);
        const study = await studyNaming(world);
        const file = text(hook.url);
        const { sha256 } = await adopt(world, file, team.admin, [team.rosa, olga]);
        const told = channel(
          'webhook',
          { mayBePrivate: true, url: `${hook.url}/told` },
          'a secret of thirty-two characters',
        );
        await addChannel(folder, told);
        const notices = new Notices(world.context, folder, {
          all: () => [],
          activityNow: () => world.context.now(),
        });
        const notify = async () => {
          await notices.round();
          world.advance(Math.max(GATHER_MS, GAP_MS) + 1);
          await notices.round();
        };
        // What was there before is told before.
        await notify();
        hook.asked.length = 0;
        let reads = 0;
        const { read } = world.target;
        world.target.read = (...args) => {
          reads += 1;
          return read(...args);
        };
        // What was said before is in the log before, so that the log itself stands still.
        await world.settleLog();
        const before = await rowsOf(world);
        runIt = async () => void (await advance(world, study, await startRun(world, team.rosa, 'contain', sha256)));
        // An executor stands by and would answer whoever asked it to look.
        const report = await withPlanner(
          world,
          dryRunPlaybook(world.context, study, { text: file, incident: INCIDENT }),
        );
        const changed = [...(await rowsOf(world))].filter(([name, count]) => before.get(name) !== count);
        await notify();
        const proposed =
          report.ok && report.value.ok
            ? report.value.rows[0]?.steps.find(step => step.proposes !== undefined)
            : undefined;
        if (proposed?.proposes?.targetName !== 'app_jo')
          throw new Error(`the dry run told nothing: ${JSON.stringify(report)}`);
        const seen = {
          reads,
          writes: world.target.writes.length,
          requests: hook.asked.length,
          tables: changed.length,
        };
        return {
          succeeded: countOf(seen) > 0,
          seen: `${seen.reads} reads and ${seen.writes} writes at the target, ${seen.requests} requests at the webhook, rows added to ${seen.tables} tables (${changed.map(([name]) => name).join(', ')})`,
        };
      } finally {
        runIt = undefined;
        await hook.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
    without: () =>
      takeOut<typeof dryRunPlaybook>('dryRunPlaybook', async (actual, ...args) => {
        await runIt?.();
        return actual(...args);
      }),
  });
