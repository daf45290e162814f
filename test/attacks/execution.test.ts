import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { ok } from '../../src/base/result.ts';
import type { hear } from '../../src/core/decide/heard.ts';
import { ACTS_OF_A_KIND_MAX } from '../../src/core/decide/kinds.ts';
import type { tierOf } from '../../src/core/decide/tier.ts';
import type { createCapability } from '../../src/executor/capability.ts';
import { carryOut } from '../../src/executor/carry-out.ts';
import type { standingDirectory } from '../../src/executor/people.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { settleUnfinished } from '../../src/executor/recover.ts';
import type { Operation, Responder, WriteCapability } from '../../src/ports/responder.ts';
import {
  type Installation,
  must,
  personRecord,
  SYSTEM,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { execute, failedChecks, know, propose, review, tryUndo } from '../harness/proposals.ts';
import { type TestTarget, targetResponder } from '../harness/target.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/executor/capability.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/capability.ts')>(),
    'createCapability',
  ),
);
vi.mock('../../src/executor/people.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/people.ts')>(),
    'standingDirectory',
  ),
);
vi.mock('../../src/core/decide/heard.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/heard.ts')>(), 'hear'),
);
vi.mock('../../src/core/decide/tier.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tier.ts')>(), 'tierOf'),
);

let portsWithout: (world: Installation) => ExecutorPorts | Promise<ExecutorPorts> = world => world.ports;
const withPorts = (change: typeof portsWithout) => () => {
  portsWithout = change;
};
async function portsOf(world: Installation): Promise<ExecutorPorts> {
  const change = portsWithout;
  portsWithout = plain => plain.ports;
  return change(world);
}

const RACERS = 10_000;
const RACERS_WITHOUT = 40;

/** The same reads for every racer: each has looked before anybody claimed, which is the worst there is. */
function remembering(ports: ExecutorPorts): ExecutorPorts {
  const read = once(ports.readProposal);
  return { ...ports, readProposal: id => read(id) };
}

/** The first answer, for ever. */
function once<A extends readonly unknown[], R>(port: (...args: A) => R): (...args: A) => R {
  let known: { readonly answer: R } | undefined;
  return (...args) => {
    known ??= { answer: port(...args) };
    return known.answer;
  };
}

attack({
  id: 'EXE-01',
  attack: `${RACERS.toLocaleString('en')} attempts on one approved act at once, by four executors, at a target that forgets what it has done`,
  control: 'one claim for each revision',
  timeoutMs: 180_000,
  async run(start) {
    const world = await start({ responder: target => targetResponder(target, { isUnconditional: () => true }) });
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await world.settleLog();
    world.target.isForgetful = true;
    // Who is enrolled and who signed is worked out once: what is raced for is the claim.
    let directory: ReturnType<typeof standingDirectory> | undefined;
    takeOut<typeof standingDirectory>('standingDirectory', (actual, ports) => {
      directory ??= actual(ports);
      return directory;
    });
    let hearing: ReturnType<typeof hear> | undefined;
    takeOut<typeof hear>('hear', (actual, ...heard) => {
      hearing ??= actual(...heard);
      return hearing;
    });
    const isWithout = (await portsOf(world)) !== world.ports;
    const executors = [world, world.anotherExecutor(), world.anotherExecutor(), world.anotherExecutor()];
    const racers = executors.map(({ ports }) => remembering(ports));
    // All of them look first, and only then does anybody start.
    await Promise.all(racers.map(ports => ports.readProposal(proposal)));
    const each = (isWithout ? RACERS_WITHOUT : RACERS) / racers.length;
    const outcomes = await Promise.all(
      racers.flatMap(ports => Array.from({ length: each }, () => carryOut(proposal, ports))),
    );
    const kinds = new Map<string, number>();
    for (const { kind } of outcomes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    return outcomeOf(
      world,
      [`${outcomes.length} attempts`, ...[...kinds].map(([kind, count]) => `${count} ${kind}`)],
      1,
    );
  },
  without: withPorts(async world => {
    await world.database.ownerPool.query(
      'ALTER TABLE execution DROP CONSTRAINT execution_pkey; DROP INDEX execution_id',
    );
    return { ...world.ports };
  }),
});

attack({
  id: 'EXE-03',
  attack: 'a responder with a retry inside writes twice with one approval',
  control: 'a capability that opens once',
  async run(start) {
    const world = await start({ responder: retrying });
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    world.target.isForgetful = true;
    const outcome = await execute(world, proposal);
    return outcomeOf(world, outcome.kind === 'concluded' ? outcome.conclusions : outcome.kind, 1);
  },
  without: () =>
    takeOut<typeof createCapability>('createCapability', (actual, options) => {
      const first = actual(options);
      return { ...first, open: options.open } as WriteCapability;
    }),
});

/** Writes, and writes again: each time it opens what it was given. */
function retrying(target: TestTarget): Responder {
  const once = targetResponder(target, { isUnconditional: () => true });
  return {
    ...once,
    async execute(plan, system, capability, context) {
      const receipt = await once.execute(plan, system, capability, context);
      await once.execute(plan, system, capability, context);
      return receipt;
    },
  };
}

test('EXE-03: nothing but the executor makes a capability or hands one to a responder', async () => {
  const src = fileURLToPath(new URL('../../src', import.meta.url));
  const files = (await readdir(src, { recursive: true })).filter(
    name => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name),
  );
  const touching: string[] = [];
  for (const file of files) {
    const text = await readFile(join(src, file), 'utf8');
    if (/createCapability|as unknown as WriteCapability|\bwriteCredential\b|CapabilityRefused/.test(text))
      touching.push(file);
  }
  const outside = touching.filter(
    // The supervisor hands over what it made itself, the CLI what a person enters; neither can build a capability.
    // The conformance kit makes them for targets that it started; that no part of the program reaches it is checked below.
    file =>
      !/^(executor|connector)\//.test(file) && file !== 'ports/secrets.ts' && !/^(app\/demo|app|cli)\//.test(file),
  );
  expect(touching).toContain('executor/capability.ts');
  expect(outside).toEqual([]);
  const makers: string[] = [];
  const reachesKit: string[] = [];
  for (const file of files) {
    const text = await readFile(join(src, file), 'utf8');
    if (/createCapability\(|\.execute\(/.test(text)) makers.push(file);
    if (/from '[./]+\/connector\//.test(text) && !file.startsWith('connector/')) reachesKit.push(file);
  }
  expect(makers.filter(file => !/^(executor|responders|connector)\//.test(file))).toEqual([]);
  expect(reachesKit).toEqual([]);
});

test('EXE-03: a home-made capability opens nothing at the target', async () => {
  const world = await startInstallation();
  try {
    await startTeam(world);
    const responder = targetResponder(world.target);
    const context = {
      now: world.context.now,
      readCredential: async () => ({ reveal: () => world.target.readCredential }),
      probeCredential: undefined,
      timeoutMs: 1_000,
    };
    const config = { responder: 'test-target', system: SYSTEM, settings: {} };
    const plan = must(
      await responder.plan({ operation: 'lock', target: { name: 'app_jo' }, before: undefined }, config, context),
    );
    const forged = {
      actDigest: '',
      idempotencyKey: 'x',
      open: async () => ({ reveal: () => world.target.readCredential }),
    } as unknown as WriteCapability;
    expect((await responder.execute(plan, config, forged, context)).outcome).toBe('refused');
    expect(world.target.effects).toEqual([]);
  } finally {
    await world.stop();
  }
});

attack({
  id: 'EXE-04',
  attack: 'the target does it and never answers; the executor starts again and looks',
  control: 'settling what is unknown by reading (sending again in its place)',
  async run(start) {
    const world = await start({ responder: target => targetResponder(target, { isUnconditional: () => true }) });
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    Object.assign(world.target, { isForgetful: true, isMute: true, isUnreadable: false });
    const ports = await portsOf(world);
    const blind: ExecutorPorts = {
      ...ports,
      observe: async (...args) => {
        world.target.isUnreadable = true;
        const seen = await ports.observe(...args);
        world.target.isUnreadable = false;
        return seen;
      },
    };
    const outcome = await execute(world, proposal, blind);
    const first = outcome.kind === 'concluded' ? outcome.conclusions.join(' ') : outcome.kind;
    world.target.isMute = false;
    await settleUnfinished(ports);
    await settleUnfinished(ports);
    return outcomeOf(world, [`first ${first}`, `then ${(await know(world, proposal)).state}`], 1);
  },
  without: withPorts(world => ({
    ...world.ports,
    async execute(responder, system, plan, capability) {
      const receipt = await world.ports.execute(responder, system, plan, capability);
      if (receipt.outcome !== 'unknown') return receipt;
      const again = world.ports.writeCapability(system, capability.actDigest, 'another key', async () => true);
      return world.ports.execute(responder, system, plan, again);
    },
  })),
});

attack({
  id: 'EXE-05',
  attack: 'the target says yes and changes nothing',
  control: 'looking at the target afterwards (believing its answer in its place)',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    world.target.isLying = true;
    await execute(world, proposal, await portsOf(world));
    const { state } = await know(world, proposal);
    return { succeeded: state === 'verified', seen: `shown as ${state}, ${world.target.effects.length} effects` };
  },
  without: withPorts(world => ({
    ...world.ports,
    observe: async () => ok({ state: 'in_effect', effect: 'in_effect', checks: [] }),
  })),
});

attack({
  id: 'EXE-05',
  attack: 'the account is closed, and the attacker’s session stays open',
  control: 'looking at the effect and not at the state alone',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    world.target.account('app_jo').heldSessions = 1;
    await execute(world, proposal, await portsOf(world));
    const { state } = await know(world, proposal);
    return { succeeded: state === 'verified', seen: `shown as ${state}, one session is still open` };
  },
  without: withPorts(world => ({
    ...world.ports,
    async observe(...args) {
      const seen = await world.ports.observe(...args);
      const effect = seen.ok && seen.value.state !== 'not_seen' ? seen.value.state : 'unproven';
      return seen.ok ? ok({ ...seen.value, effect }) : seen;
    },
  })),
});

attack({
  id: 'EXE-06',
  attack: 'one person undoes, alone, what two people had to sign',
  control: 'the rule that an undo is at least as strict as its act',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    // A required gap made it an act for two; the gap has closed since.
    const gap = { stream: 'web-1|edr', from: 0, to: 1_000, isRequired: true, because: '' } as never;
    const proposal = await propose(world, rosa, { coverage: 'gaps', gaps: [gap] });
    for (const by of [sam, admin]) await review(world, by, proposal, { acknowledged: ['web-1|edr'] });
    await execute(world, proposal);
    const undo = must(await tryUndo(world, rosa, proposal));
    const { tier } = (await know(world, undo)).current;
    await review(world, sam, undo);
    const outcome = await execute(world, undo);
    return outcomeOf(world, [tier, outcome.kind, ...failedChecks(outcome)], 1);
  },
  without: () => takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, undoesTier: undefined })),
});

/** What the executor's own code says that the operation is, whatever the server said when it was proposed. */
const asKind = (ports: ExecutorPorts, kind: string): ExecutorPorts => ({
  ...ports,
  operation(responder, name) {
    const operation = ports.operation(responder, name);
    return operation === undefined ? undefined : { ...operation, kind: kind as Operation['kind'] };
  },
});
const takenForALock = () =>
  takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, kind: 'disable_account' }));

attack({
  id: 'POL-01',
  attack: 'an operation of a kind that has no tier is approved and started',
  control: 'never doing what the table of kinds does not hold',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const outcome = await execute(world, proposal, asKind(world.ports, 'wipe_disk'));
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: takenForALock,
});

attack({
  id: 'BND-08',
  attack: 'what one person approved is started, though its kind takes two by the table that the executor has',
  control: "the executor's own row of the kind",
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const outcome = await execute(world, proposal, asKind(world.ports, 'reset_mfa'));
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: takenForALock,
});

test('EXE-06: an act whose state before is not known cannot be undone by guess', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await execute(world, proposal);
    await world.database.ownerPool.query(`DELETE FROM execution_fact WHERE kind = 'receipt'`);
    const undo = await tryUndo(world, rosa, proposal);
    expect(undo.ok ? 'made' : undo.failure.code).toBe('proposal.wrong_state');
  } finally {
    await world.stop();
  }
});

test('a demo acts on what it started itself and on nothing else', async () => {
  for (const isForeignTarget of [false, true]) {
    const world = await startInstallation({ demo: true, isForeignTarget });
    try {
      const { rosa, sam } = await startTeam(world);
      const proposal = await propose(world, rosa);
      await review(world, sam, proposal);
      const outcome = await execute(world, proposal);
      expect(failedChecks(outcome)).toEqual(isForeignTarget ? ['execution.not_demo_target'] : []);
      expect(world.target.effects).toHaveLength(isForeignTarget ? 0 : 1);
    } finally {
      await world.stop();
    }
  }
});

attack({
  id: 'EXE-08',
  attack: 'more accounts are locked within minutes than anybody would sign at once, each by a proposal of its own',
  control: 'the number of acts of a kind an hour, from which on each takes two people',
  timeoutMs: 180_000,
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const names = Array.from({ length: ACTS_OF_A_KIND_MAX + 2 }, (_, index) => `app_${index}`);
    for (const name of names) world.target.add({ id: `id-${name}`, name });
    await signInventory(
      world,
      admin,
      names.map(name => personRecord(name, name)),
      2,
    );
    // All of them are approved before the first is begun, as whoever floods would have it.
    const proposals: `prp_${string}`[] = [];
    for (const targetName of names) {
      const proposal = await propose(world, rosa, { targetName });
      await review(world, sam, proposal);
      proposals.push(proposal);
    }
    const seen = new Map<string, number>();
    for (const proposal of proposals) {
      const outcome = await execute(world, proposal);
      const said = [outcome.kind, ...failedChecks(outcome)].join(' ');
      seen.set(said, (seen.get(said) ?? 0) + 1);
    }
    const counts = [...seen].map(([said, count]) => `${count} ${said}`).join(', ');
    return { succeeded: world.target.effects.length > ACTS_OF_A_KIND_MAX, seen: counts };
  },
  without: () => takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, actsOfLate: 0 })),
});
