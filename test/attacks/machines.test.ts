import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { isWithin } from '../../src/app/address-block.ts';
import type { isSourceToken } from '../../src/app/sources.ts';
import { MS_PER_DAY } from '../../src/base/time.ts';
import type { machineState } from '../../src/core/decide/custody.ts';
import type { credentialStands } from '../../src/executor/credential.ts';
import type { secretMark } from '../../src/executor/secret-mark.ts';
import type { CustodyBegun, MachineRow } from '../../src/model/machine.ts';
import { answerFor } from '../harness/custody.ts';
import { type Installation, invite, SYSTEM, startTeam } from '../harness/installation.ts';
import { changePerson } from '../harness/person-changes.ts';
import { execute, failedChecks, propose, review } from '../harness/proposals.ts';
import { Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from '../server/harness.ts';
import { takeOut } from './seams.ts';
import { attack, type Outcome, outcomeOf } from './twin.ts';

vi.mock('../../src/app/address-block.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/address-block.ts')>(),
    'isWithin',
  ),
);
vi.mock('../../src/app/sources.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/sources.ts')>(),
    'isSourceToken',
  ),
);
vi.mock('../../src/core/decide/custody.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/custody.ts')>(),
    'machineState',
  ),
);
vi.mock('../../src/executor/credential.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/credential.ts')>(),
    'credentialStands',
  ),
);

vi.mock('../../src/executor/secret-mark.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/secret-mark.ts')>(),
    'secretMark',
  ),
);

const anyCredential = () =>
  takeOut<typeof credentialStands>('credentialStands', async () => ({ ok: true, value: true }));

attack({
  id: 'NHI-01',
  attack: 'whoever answered for a response credential is offboarded, and an act goes on using it',
  control: 'that a credential is opened only while somebody who is here answers for it',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const abe = await invite(world, admin, 'Abe Leaving', ['owner']);
    await answerFor(world, abe, `responder:${SYSTEM}`);
    await changePerson(world, [admin, rosa], { kind: 'remove', about: abe });
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: anyCredential,
});

attack({
  id: 'NHI-01',
  attack: 'a response credential is used after the time for which somebody answered for it',
  control: 'that a credential is opened only while somebody who is here answers for it',
  async run(start) {
    const world = await start();
    const { rosa, sam, admin } = await startTeam(world);
    await answerFor(world, admin, `responder:${SYSTEM}`, { days: 30 });
    world.advance(31 * MS_PER_DAY);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: anyCredential,
});

/** An act by a secret that this executor has known for longer than a year, whatever `before` does in between. */
async function actByOldSecret(
  start: Parameters<Parameters<typeof attack>[0]['run']>[0],
  before: (world: Installation) => Promise<void>,
) {
  const world = await start();
  const { rosa, sam } = await startTeam(world);
  const first = await propose(world, rosa, { targetName: 'app_kim' });
  await review(world, sam, first);
  await execute(world, first);
  world.target.effects.length = 0;
  world.target.writes.length = 0;
  world.advance(366 * MS_PER_DAY);
  await before(world);
  const proposal = await propose(world, rosa);
  await review(world, sam, proposal);
  const outcome = await execute(world, proposal);
  return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
}

attack({
  id: 'NHI-01',
  attack: 'a response credential that nobody made anew for a year goes on being used',
  control: 'that a secret that is known for longer than a year is not opened',
  run: start => actByOldSecret(start, async () => undefined),
  without: anyCredential,
});

attack({
  id: 'NHI-01',
  attack: 'the same old secret is entered once more, to pass for a new one',
  control: 'that a secret is known again by itself',
  run: start =>
    actByOldSecret(start, world =>
      writeFile(join(world.executorFolder, 'systems.json'), JSON.stringify([world.connected]), { mode: 0o600 }),
    ),
  without: () => takeOut<typeof secretMark>('secretMark', () => randomUUID()),
});

/** A server that a product pushes to, with the token that it was given. */
async function pushing(server: TestServer, ...ids: readonly string[]) {
  const admin = await firstAdministrator(server);
  const tokens: string[] = [];
  for (const id of ids) {
    const answer = await admin.post('/api/v1/sources', { id, kind: 'auto' });
    tokens.push(answer.body.token);
  }
  const push = (source: string, token: string) =>
    send(
      server,
      'POST',
      `/ingest/${source}`,
      { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      lines([{ id: '1', message: 'a user was added to a group', user: 'jo' }]),
    );
  return { admin, tokens, push };
}

async function answer(by: Browser, identity: string, from: readonly string[] = []): Promise<void> {
  const begun = await by.post('/api/v1/machines/begin', { identity, days: 90, from });
  const { statement, challenge }: CustodyBegun = begun.body;
  const assertion = by.passkey.assert(Buffer.from(challenge, 'base64url'));
  const signature = { kind: 'passkey', assertion };
  const done = await by.post('/api/v1/machines/finish', { nonce: statement.nonce, signature });
  if (done.status !== 200) throw new Error(done.text);
}

/** What came of a push, and whether anybody would see that it was refused. */
async function seenOf(by: Browser, identity: string, pushed: Awaited<ReturnType<typeof send>>): Promise<Outcome> {
  const rows: readonly MachineRow[] = (await by.get('/api/v1/machines')).body;
  const refused = rows.find(row => row.identity === identity)?.refused ?? 0;
  const said = pushed.status === 200 ? `${pushed.body.kept} kept` : pushed.body.code;
  return { succeeded: pushed.status === 200, seen: `${said}; ${refused} refusals on the page` };
}

/** Runs against a server of its own, reached over real HTTP. */
async function withServer(work: (server: TestServer) => Promise<Outcome>): Promise<Outcome> {
  const server = await startTestServer();
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

attack({
  id: 'NHI-01',
  attack: 'the key of a connector is used from a laptop, outside of where it lives',
  control: 'the addresses that a machine identity is bound to',
  run: () =>
    withServer(async server => {
      const { admin, tokens, push } = await pushing(server, 'okta');
      await answer(admin, 'source:okta', ['10.1.0.0/16']);
      return seenOf(admin, 'source:okta', await push('okta', tokens[0] ?? ''));
    }),
  without: () => takeOut<typeof isWithin>('isWithin', () => true),
});

attack({
  id: 'NHI-01',
  attack: 'the key of one connector is shared with another one',
  control: 'that a key counts for its own connector alone',
  run: () =>
    withServer(async server => {
      const { admin, tokens, push } = await pushing(server, 'okta', 'wazuh');
      return seenOf(admin, 'source:okta', await push('wazuh', tokens[0] ?? ''));
    }),
  without: () => takeOut<typeof isSourceToken>('isSourceToken', () => true),
});

attack({
  id: 'NHI-01',
  attack: 'the key of a connector whose owner left goes on pushing',
  control: 'that what nobody answers for is disabled',
  run: () =>
    withServer(async server => {
      const { admin, tokens, push } = await pushing(server, 'okta');
      const [rita, abe] = [new Browser(server), new Browser(server)];
      await rita.enrol(await admin.invite('Rita', ['responder']), 'Rita');
      await rita.signIn();
      await abe.enrol(await admin.invite('Abe', ['owner']), 'Abe');
      await abe.signIn();
      await answer(abe, 'source:okta');
      const begun = await admin.post('/api/v1/person-changes/begin', { kind: 'remove', person: abe.me?.person?.id });
      const path = `/api/v1/person-changes/${begun.body.statement.change}/sign`;
      for (const one of [admin, rita]) {
        const assertion = one.passkey.assert(Buffer.from(begun.body.challenge, 'base64url'));
        await one.post(path, { signature: { kind: 'passkey', assertion } });
      }
      return seenOf(admin, 'source:okta', await push('okta', tokens[0] ?? ''));
    }),
  without: () => takeOut<typeof machineState>('machineState', () => 'active'),
});
