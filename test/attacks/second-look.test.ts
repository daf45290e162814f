import { vi } from 'vitest';
import type { secondLookRefusal } from '../../src/app/proposals/second-look.ts';
import { startTeam } from '../harness/installation.ts';
import { propose, review } from '../harness/proposals.ts';
import { executeAs, findAgain } from '../harness/second-looks.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/app/proposals/second-look.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/proposals/second-look.ts')>(),
    'secondLookRefusal',
  ),
);

attack({
  id: 'HUM-08',
  attack: 'whoever signed an act looks at it again themselves, and finds that it was right',
  control: 'asking who had a part in it',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await executeAs(world, proposal, 'chosen');
    const found = await findAgain(world, sam, proposal);
    return { succeeded: found.ok, seen: found.ok ? 'taken' : found.failure.code };
  },
  without: () => takeOut<typeof secondLookRefusal>('secondLookRefusal', () => undefined),
});
