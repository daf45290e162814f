import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change } from 'ldapts';
import pg from 'pg';
import { vi } from 'vitest';
import { addChannel } from '../../src/app/notices/channels.ts';
import { Notices } from '../../src/app/notices/notices.ts';
import type { gapBefore } from '../../src/audit/verify/trail-numbers.ts';
import { MS_PER_MINUTE } from '../../src/base/time.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import { type matchTrail, TRAIL_DETECTED_MS_MAX, TRAIL_EVERY_MS } from '../../src/core/act/reconcile.ts';
import type { trailHealth } from '../../src/core/act/trail-health.ts';
import { trailPorts } from '../../src/executor/trail-rows.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { SETUP_DEFAULTS } from '../../src/responders/postgres-role/setup.sql.ts';
import { NO_KEYCLOAK, START_MS_MAX } from '../conformance/keycloak-server.ts';
import { startKeycloakUsers } from '../conformance/keycloak-target.ts';
import { startLdapTarget } from '../conformance/ldap-target.ts';
import { startPostgresTarget } from '../conformance/postgres-target.ts';
import { NO_SLAPD, WRITE_DN } from '../conformance/slapd.ts';
import { checkLog } from '../harness/check-log.ts';
import { type Installation, SYSTEM, startTeam } from '../harness/installation.ts';
import { execute, propose, review } from '../harness/proposals.ts';
import { nextLook, startTrailed, type TrailedInstallation, writeByHand } from '../harness/trails.ts';
import { plainMail, startMailServer } from '../notices/receivers.ts';
import { takeOut } from './seams.ts';
import { attack, type Outcome } from './twin.ts';

vi.mock('../../src/core/act/reconcile.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/reconcile.ts')>(),
    'matchTrail',
  ),
);
vi.mock('../../src/audit/verify/trail-numbers.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/audit/verify/trail-numbers.ts')>(),
    'gapBefore',
  ),
);
vi.mock('../../src/core/act/trail-health.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/trail-health.ts')>(),
    'trailHealth',
  ),
);

/** Whatever a target's log has is taken to be ours. */
function withoutComparing(): void {
  takeOut<typeof matchTrail>('matchTrail', (_actual, entries) =>
    entries.map(entry => ({ entry, execution: 'exe_whichever' })),
  );
}

const TOLD = ['A change was made with our credential that nobody signed', 'A target’s own log is not read'];

/** Looks as often as the schedule does, until a mail tells people of it or the ten minutes are over. */
async function untilTold({ world, ports }: Looking, isDone: boolean): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-trails-'));
  const mails = await startMailServer();
  await addChannel(folder, plainMail(mails.port, { to: ['soc@countersign.example'] }));
  const notices = new Notices(world.context, folder, { all: () => [], activityNow: () => world.context.now() });
  try {
    for (let passedMs = TRAIL_EVERY_MS; passedMs <= TRAIL_DETECTED_MS_MAX; passedMs += TRAIL_EVERY_MS) {
      await nextLook({ world, ports });
      await notices.round();
      const told = mails.received.flatMap(({ mail }) => TOLD.filter(words => mail.subject?.includes(words)));
      if (told.length > 0)
        return { succeeded: false, seen: `after ${passedMs / MS_PER_MINUTE} min: ${told.join(', ')}` };
    }
    return { succeeded: isDone, seen: `done: ${isDone}, and nobody was told in ten minutes` };
  } finally {
    await mails.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Looking = Pick<TrailedInstallation, 'world' | 'ports'>;

/** An installation that acts on a real server, and whose executor has looked at its log once. */
async function withTarget(world: Installation, target: ConformanceTarget): Promise<Looking> {
  const { system: config, secrets } = target;
  const connected = { config, readCredential: secrets.read, writeCredential: secrets.write };
  await writeFile(join(world.executorFolder, 'systems.json'), JSON.stringify([connected]), { mode: 0o600 });
  const { executorPool: pool, storage } = world;
  const ports = trailPorts({ pool, storage, responders: RESPONDERS, startedSystems: [] }, world.context.now);
  await nextLook({ world, ports });
  return { world, ports };
}

attack({
  id: 'AUD-04',
  attack: 'somebody takes the write credential of a PostgreSQL and locks an account with it by hand, past Countersign',
  control: 'comparing what the target says was done with our credential with what people signed',
  async run(start) {
    const target = await startPostgresTarget();
    try {
      const trailed = await withTarget(await start(), target);
      const { host, port, database } = target.system.settings;
      const psql = new pg.Client({
        host,
        port: Number(port),
        database,
        user: SETUP_DEFAULTS.writeUser,
        password: target.secrets.write,
      });
      await psql.connect();
      const [row] = await target.sql(
        'SELECT oid::text, countersign.role_state(oid)::text AS state FROM pg_roles WHERE rolname = $1',
        [target.victim],
      );
      await psql.query("SELECT countersign.lock_role($1, $2, 'by hand')", [row?.['oid'], row?.['state']]);
      await psql.end();
      return await untilTold(trailed, await target.isContained(target.victim));
    } finally {
      await target.close();
    }
  },
  without: withoutComparing,
});

attack({
  id: 'AUD-04',
  attack: 'somebody takes the write account of a directory and unlocks with it by hand whom people had locked',
  control: 'comparing what the target says was done with our credential with what people signed',
  notHere: NO_SLAPD,
  async run(start) {
    const target = await startLdapTarget();
    try {
      const byHand = await target.bindAs(WRITE_DN, target.secrets.write);
      await target.containAlone();
      const trailed = await withTarget(await start(), target);
      const none = new Attribute({ type: 'pwdAccountLockedTime', values: [] });
      await byHand.modify(target.victimDn, new Change({ operation: 'replace', modification: none }));
      return await untilTold(trailed, !(await target.isContained(target.victim)));
    } finally {
      await target.close();
    }
  },
  without: withoutComparing,
});

attack({
  id: 'AUD-04',
  attack: 'somebody takes the secret of the client that writes in a Keycloak realm and disables a user with it by hand',
  control: 'comparing what the target says was done with our credential with what people signed',
  timeoutMs: START_MS_MAX,
  notHere: NO_KEYCLOAK,
  async run(start) {
    const target = await startKeycloakUsers();
    try {
      const trailed = await withTarget(await start(), target);
      await target.byHand?.apply();
      return await untilTold(trailed, await target.isContained(target.victim));
    } finally {
      await target.close();
    }
  },
  without: withoutComparing,
});

attack({
  id: 'AUD-04',
  attack: 'somebody does by hand once more what people just signed, on the same account and at the same time',
  control: 'the rule that an act explains one change and no second one',
  async run(start) {
    const trailed = await startTrailed(start);
    const { world } = trailed;
    const { rosa, sam } = await startTeam(world);
    await nextLook(trailed);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await execute(world, proposal);
    const before = world.target.effects.length;
    await writeByHand(world, 'app_jo');
    return await untilTold(trailed, world.target.effects.length > before);
  },
  without: () =>
    takeOut<typeof matchTrail>('matchTrail', (actual, entries, acts) =>
      entries.flatMap(entry => actual([entry], acts, new Set())),
    ),
});

attack({
  id: 'AUD-04',
  attack: 'somebody keeps the log of the target from being read while they use the credential by hand',
  control: 'taking a log that nobody could read for one that has to be told of',
  async run(start) {
    const trailed = await startTrailed(start);
    const { world } = trailed;
    await world.executorPool.query(
      "INSERT INTO executor_status (tenant_id, id, body, at) VALUES (current_setting('countersign.tenant'), 1, $1, now())",
      [{ systems: [{ system: SYSTEM, responder: 'test-target', trail: 'what the test target writes down' }] }],
    );
    await nextLook(trailed);
    trailed.trail.failure = 'responder.unreachable';
    await writeByHand(world, 'app_jo');
    return await untilTold(trailed, world.target.effects.length > 0);
  },
  without: () =>
    takeOut<typeof trailHealth>('trailHealth', (actual, ...args) => ({ ...actual(...args), state: 'read' })),
});

attack({
  id: 'AUD-04',
  attack:
    'a server that was taken over takes what the executor found out of the line for the log, before it is written',
  control: 'counting what was found in each system',
  async run(start) {
    const trailed = await startTrailed(start);
    const { world } = trailed;
    await startTeam(world);
    await nextLook(trailed);
    await world.settleLog();
    await world.stopSequencer();
    await writeByHand(world, 'app_kim');
    await nextLook(trailed);
    const { rowCount } = await world.serverPool.query(
      "DELETE FROM audit_pending WHERE position('trail.found'::bytea in entry) > 0",
    );
    await world.startSequencer();
    await writeByHand(world, 'app_kim', true);
    await nextLook(trailed);
    const { outcome, checks, summary } = await checkLog(world);
    const said = checks.flatMap(({ findings }) => findings.map(({ code }) => code));
    const isHidden = rowCount === 1 && summary?.unsigned.length !== 2;
    return {
      succeeded: isHidden && outcome === 'verified',
      seen: `taken out: ${rowCount}; ${outcome} ${said.join(', ')}`,
    };
  },
  without: () => takeOut<typeof gapBefore>('gapBefore', () => undefined),
});
