import { vi } from 'vitest';
import type { isSelfAsserted } from '../../src/core/study/sightings.ts';
import { KNOWN_RECORDS, personRecord, SYSTEM, startTeam } from '../harness/installation.ts';
import { know, propose } from '../harness/proposals.ts';
import { readRecords } from '../harness/read-records.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/study/sightings.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/study/sightings.ts')>(),
    'isSelfAsserted',
  ),
);

/*
 * Who held an address is told from records that anybody on the network can have written: a client names itself when it
 * asks for an address, and a log line of a login may be forged. Neither may put a bystander before the reviewers.
 */

const ATTACKER = '198.51.100.66';
const INSIDE = [
  { time: '2026-05-04T10:00:00Z', user: 'app_jo', src_ip: ATTACKER, rule_name: 'bulk read', severity: 'high' },
];

const BUILD_HOST = {
  ...personRecord('Build host', 'svc_build'),
  kind: 'host' as const,
  aliases: ['host:build-01'],
  accounts: [{ system: SYSTEM, name: 'svc_build' }],
};

attack({
  id: 'AIB-02',
  attack: 'a client asks for an address under the name of another host, and the lease stands among the evidence',
  control: 'taking no host as a target by the name that a client gave itself',
  async run(start) {
    const world = await start();
    const named = {
      time: '2026-05-04T09:58:00Z',
      product: 'Examplar DHCP',
      rule_name: 'Lease granted',
      src_ip: ATTACKER,
      host: 'build-01',
      severity: 'low',
    };
    const { study } = await readRecords(world, [named, ...INSIDE], {
      known: [...KNOWN_RECORDS, BUILD_HOST],
    });
    const targets = study.options.flatMap(option => option.targetName ?? []);
    return { succeeded: targets.includes('svc_build'), seen: `targets: ${[...new Set(targets)].join(', ')}` };
  },
  without: () => takeOut<typeof isSelfAsserted>('isSelfAsserted', () => false),
});

const FORGED = {
  time: '2026-05-04T09:59:00Z',
  user: 'app_kim',
  src_ip: ATTACKER,
  action: 'user.session.start',
  outcome: 'success',
  rule_name: 'Sign-in',
  severity: 'low',
};

let isOutsideCounted = false;

attack({
  id: 'AIB-02',
  attack: 'a forged record outside the incident has a bystander sign in from the attacker’s address',
  control: 'letting who held an address support no option (its records among those of the incident in its place)',
  async run(start) {
    const decidedWith = async (around: readonly object[]) => {
      const world = await start();
      const { rosa } = await startTeam(world);
      const { study } = isOutsideCounted
        ? await readRecords(world, [...INSIDE, ...around])
        : await readRecords(world, INSIDE, { around });
      const options = study.options.map(({ id, title, targetName, operation }) => [id, title, targetName, operation]);
      const ofJo = study.options.find(option => option.targetName === 'app_jo');
      if (ofJo === undefined) throw new Error('there is no option on app_jo');
      const { presentation } = await know(
        world,
        await propose(world, rosa, async () => ({ ...study, options: [ofJo] })),
      );
      const { evidence: _, ...shown } = presentation;
      return { study, decided: JSON.stringify([options, shown]) };
    };
    const [plain, forged] = [await decidedWith([]), await decidedWith([FORGED])];
    const told = forged.study.summary.identified.map(claim => claim.text);
    if (!told.some(text => text.startsWith('app_kim signed in from')))
      throw new Error('the forged record was not read');
    isOutsideCounted = false;
    const targets = forged.study.options.flatMap(option => option.targetName ?? []);
    return {
      succeeded: forged.decided !== plain.decided,
      seen: `targets: ${[...new Set(targets)].join(', ')}`,
    };
  },
  without: () => {
    isOutsideCounted = true;
  },
});
