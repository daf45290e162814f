import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { pino } from 'pino';
import type { PromptLock } from '../../src/app/assist/compile-prompt.ts';
import { nodeIds, record, type ServerContext } from '../../src/app/context.ts';
import { beginEnrolment, finishEnrolment } from '../../src/app/enrolment.ts';
import { beginInvitation, finishInvitation } from '../../src/app/invitation.ts';
import { ownSystem } from '../../src/app/own-system.ts';
import { readPerson } from '../../src/app/people.ts';
import { signPersonChange } from '../../src/app/person-changes.ts';
import { beginRules } from '../../src/app/rules.ts';
import { printNoteKey } from '../../src/audit/note.ts';
import { newId, timeOrdered } from '../../src/base/id.ts';
import type { Result } from '../../src/base/result.ts';
import { MS_PER_HOUR, rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { loadPolicies } from '../../src/core/decide/authorise.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import { pgPorts } from '../../src/executor/pg-ports.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { openStorage, type Storage } from '../../src/executor/storage.ts';
import { verifyKey } from '../../src/keys/verify-key.ts';
import type { AuditFact, PersonSignature } from '../../src/model/audit-entry.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import type { Person, Role } from '../../src/model/review.ts';
import type { Genesis } from '../../src/ports/genesis.ts';
import type { Responder } from '../../src/ports/responder.ts';
import type { ConnectedSystem } from '../../src/ports/secrets.ts';
import { countersign } from '../../src/responders/countersign/responder.ts';
import { httpCall } from '../../src/responders/http-call/responder.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { mcpTool } from '../../src/responders/mcp-tool/responder.ts';
import { type LogSigner, logSigner } from '../../src/store/ed25519.ts';
import { type Sequencer, startSequencer } from '../../src/store/sequencer.ts';
import { createAuthenticator, createLinkKey, type LinkKey, type SoftwarePasskey } from '../authenticator.ts';
import { type TestDatabase, testDatabase } from '../postgres.ts';
import { firstEntryOf } from './first-entry.ts';
import { remember, secondTo } from './second-signer.ts';
import { settleLog } from './settle-log.ts';
import { createTarget, TARGET_RESPONDER, type TestTarget, targetResponder } from './target.ts';
import { TENANT, tenantPool } from './tenant.ts';

export const RP_ID = 'localhost';
export const ORIGIN = 'http://localhost:8080';
export const SYSTEM = 'orders-db';

/** Somebody who is enrolled, with the passkey in their hand. */
export interface Member {
  readonly person: Person;
  readonly authenticator: SoftwarePasskey;
}

/** A whole installation but for its HTTP doors: a real database, a running sequencer, an executor and a target. */
export interface Installation {
  readonly genesis: Genesis;
  readonly database: TestDatabase;
  readonly serverPool: pg.Pool;
  readonly executorPool: pg.Pool;
  readonly context: ServerContext;
  readonly ports: ExecutorPorts;
  readonly storage: Storage;
  readonly executorFolder: string;
  readonly target: TestTarget;
  /** What a server that is taken over gives away. */
  readonly logSeed: Buffer;
  readonly signer: LogSigner;
  readonly link: LinkKey;
  readonly connected: ConnectedSystem;
  readonly sequencer: () => Sequencer;
  /** Moves the clock of server and executor. */
  advance(ms: number): void;
  /** Another executor on the same storage and database, with a connection pool of its own. */
  anotherExecutor(): { readonly ports: ExecutorPorts; end(): Promise<void> };
  /** An executor that remembers by other means. */
  executorWith(storage: Storage): ExecutorPorts;
  /** Waits until nothing is pending for the log. */
  settleLog(): Promise<void>;
  /** Writes a fact into the log as the server would. */
  log(fact: AuditFact): Promise<string>;
  stopSequencer(): Promise<void>;
  startSequencer(): Promise<void>;
  stop(): Promise<void>;
}

export interface InstallationOptions {
  readonly demo?: boolean;
  readonly responder?: (target: TestTarget) => Responder;
  /** A demo's target that nobody of ours started. */
  readonly isForeignTarget?: boolean;
  /** The prompts that the executor knows, in place of the program's own. */
  readonly prompts?: PromptLock;
  /** In place of one on the server that all tests share. */
  readonly database?: TestDatabase;
}

/** Starts one. Everything in it is made for it alone, and goes with {@link Installation.stop}. */
export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const database = options.database ?? (await testDatabase());
  const [serverPool, executorPool] = [tenantPool(database.serverUrl), tenantPool(database.executorUrl)];
  const policy = loadPolicies({});
  if (!policy.ok) throw new Error(policy.failure);
  const clock = { aheadMs: 0 };
  const now = () => unixMsFrom(Date.now() + clock.aheadMs);
  const link = createLinkKey();
  const logSeed = randomBytes(32);
  const id = newId('installation', () => timeOrdered(Date.now(), randomBytes(10)));
  const signer = logSigner(`countersign.local/${id}`, logSeed);
  const genesis: Genesis = {
    v: '1',
    installation: id,
    tenant: TENANT,
    logOrigin: signer.key.name,
    logVkey: printNoteKey(signer.key),
    linkPublicKey: link.publicKey,
    linkExpiresAt: rfc3339(unixMsFrom(now() + MS_PER_HOUR)),
    rpId: RP_ID,
    origin: ORIGIN,
    demo: options.demo === true,
    policyDigest: policy.value.digest,
    inventoryDigest: '',
    invitedBy: 'two',
  };
  const home = await mkdtemp(join(tmpdir(), 'countersign-harness-'));
  const executorFolder = join(home, 'executor');
  await mkdir(executorFolder, { mode: 0o700 });
  await writeFile(join(executorFolder, 'genesis.json'), JSON.stringify(genesis), { mode: 0o600 });
  const target = createTarget();
  target.add({ id: 'id-jo', name: 'app_jo' });
  target.add({ id: 'id-kim', name: 'app_kim' });
  target.add({ id: 'id-ci', name: 'svc_ci', isMachine: 'yes' });
  const connected = connectedSystem(target);
  const isStartedByUs = options.demo === true && options.isForeignTarget !== true;
  if (!isStartedByUs)
    await writeFile(join(executorFolder, 'systems.json'), JSON.stringify([connected]), { mode: 0o600 });
  const storage = openStorage(executorFolder);
  const responder = (options.responder ?? targetResponder)(target);
  // The registry is the list of our powers, and a test target has no place in it outside tests.
  (RESPONDERS as Map<string, Responder>).set(TARGET_RESPONDER, responder);
  const executorOf = (pool: pg.Pool, its: Storage = storage): ExecutorPorts => ({
    ...pgPorts({
      pool,
      storage: its,
      responders: new Map([
        [TARGET_RESPONDER, responder],
        [countersign.manifest.name, countersign],
        [mcpTool.manifest.name, mcpTool],
        [httpCall.manifest.name, httpCall],
      ]),
      startedSystems: [ownSystem(database, TENANT, options.prompts), ...(isStartedByUs ? [connected] : [])],
    }),
    now,
    noteCredentials: ids => its.noteCredentials(ids, now()),
  });
  const ports = executorOf(executorPool);
  const start = () => startSequencer({ pool: serverPool, tenant: TENANT, signer, pollMs: 20 });
  let sequencer = await start();
  let isSequencing = true;
  const context: ServerContext = {
    pool: serverPool,
    tenant: TENANT,
    genesis,
    origin: ORIGIN,
    // The server goes by what the executor says that it goes by; here there is no process between the two.
    policy: () => ports.housePolicy().set,
    verify: verifyKey,
    now,
    newId: nodeIds(now),
    live: { publish: () => undefined, subscribe: () => () => undefined, close: async () => undefined },
    nudgeLog: () => sequencer.nudge(),
    logger: pino({ level: 'silent' }),
  };
  const others: pg.Pool[] = [];
  const log = async (fact: AuditFact) => {
    const client = await serverPool.connect();
    try {
      return await record(context, client, fact);
    } finally {
      client.release();
      sequencer.nudge();
    }
  };
  await log(firstEntryOf(genesis));
  await beginRules(context);
  return {
    genesis,
    database,
    serverPool,
    executorPool,
    context,
    ports,
    storage,
    executorFolder,
    target,
    logSeed,
    signer,
    link,
    connected,
    sequencer: () => sequencer,
    advance(ms) {
      clock.aheadMs += ms;
    },
    anotherExecutor() {
      const pool = tenantPool(database.executorUrl);
      others.push(pool);
      return { ports: executorOf(pool), end: () => pool.end() };
    },
    executorWith: its => executorOf(executorPool, its),
    settleLog: () => settleLog(database.ownerPool, () => sequencer.nudge()),
    log,
    async stopSequencer() {
      isSequencing = false;
      await sequencer.stop();
    },
    async startSequencer() {
      sequencer = await start();
      isSequencing = true;
    },
    async stop() {
      if (isSequencing) await sequencer.stop();
      await Promise.all([serverPool, executorPool, ...others].filter(pool => !pool.ended).map(pool => pool.end()));
      await database.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function connectedSystem(target: TestTarget): ConnectedSystem {
  return {
    config: { responder: TARGET_RESPONDER, system: SYSTEM, settings: {} },
    readCredential: target.readCredential,
    writeCredential: target.writeCredential,
    probeCredential: undefined,
  };
}

/** What {@link Result} promised, or the test fails with the code. */
export function must<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.failure));
}

/** The 32 bytes of a digest, which is what everybody signs. */
export function digestBytes(digest: string): Buffer {
  return Buffer.from(digest, 'hex');
}

/** Signs a closed object as a person does. */
export function signAs(
  member: Member,
  domain: Parameters<typeof sealed>[0],
  value: object,
): Extract<PersonSignature, { kind: 'passkey' }> {
  return {
    kind: 'passkey',
    assertion: member.authenticator.assert(digestBytes(sealed(domain, value).digest)),
  };
}

/** Whoever holds the link becomes the person that it was made for. */
export async function enrolBy(world: Installation, link: LinkKey, name: string): Promise<Member> {
  const { context } = world;
  const begun = must(await beginEnrolment(context, link.publicKey));
  const authenticator = createAuthenticator(RP_ID, ORIGIN);
  const { credential } = authenticator;
  const statement = {
    v: '1',
    installation: begun.installation,
    invitation: begun.invitation,
    person: begun.person,
    credential,
    rpId: begun.rpId,
    origin: begun.origin,
  };
  const { person } = must(
    await finishEnrolment(context, {
      invitation: begun.invitation,
      name,
      credential,
      registration: authenticator.register(begun.creationOptions),
      linkSignature: link.sign(digestBytes(sealed('countersign/enrolment/v1', statement).digest)),
    }),
  );
  const enrolled = await readPerson(context, person);
  if (enrolled === undefined) throw new Error(`${name} is not enrolled`);
  const member = { person: enrolled, authenticator };
  remember(world, member);
  return member;
}

/** The first administrator, by the link that genesis pins. */
export function enrolFirst(world: Installation, name = 'Ada First'): Promise<Member> {
  return enrolBy(world, world.link, name);
}

/** Another person, by an invitation that `by` signs, and somebody else too where it takes two. */
export async function invite(world: Installation, by: Member, name: string, roles: readonly Role[]): Promise<Member> {
  return enrolBy(world, (await offer(world, by, name, roles)).link, name);
}

/** What stands in an invitation whose link nobody opened yet. */
export interface Offered {
  readonly link: LinkKey;
  readonly id: string;
  readonly person: Person['id'];
  readonly roles: readonly Role[];
}

/** Signs an invitation, once or twice as it takes. */
export async function offer(
  world: Installation,
  by: Member,
  name: string,
  roles: readonly Role[],
  second?: Member,
): Promise<Offered> {
  const { context } = world;
  const link = createLinkKey();
  const begun = must(await beginInvitation(context, by.person, { name, roles, linkPublicKey: link.publicKey }));
  if ('change' in begun) {
    const { statement } = begun.change;
    for (const one of [by, second ?? (await secondTo(world, by))]) {
      const signature = signAs(one, 'countersign/person-change/v1', statement);
      must(await signPersonChange(context, one.person, statement.change, signature));
    }
    return { link, id: statement.change, person: statement.person, roles: statement.roles };
  }
  const signature = signAs(by, 'countersign/invitation/v1', begun.invitation);
  must(await finishInvitation(context, by.person, begun.invitation.id, signature));
  return { link, ...begun.invitation };
}

export const KNOWN_RECORDS: readonly InventoryRecord[] = [
  personRecord('Jo Known', 'app_jo'),
  personRecord('Kim Known', 'app_kim'),
  { ...personRecord('CI runner', 'svc_ci'), kind: 'nhi' },
];

/** Somebody of whom everything is known, and nothing delicate. */
export function personRecord(name: string, account: string): InventoryRecord {
  return {
    kind: 'person',
    name,
    aliases: [`user:${account}`],
    accounts: [{ system: SYSTEM, name: account }],
    owner: '',
    privileged: 'no',
    criticality: 'low',
    dependents: [],
  };
}

/** An inventory that an administrator signed. */
export async function signInventory(
  world: Installation,
  by: Member,
  records: readonly InventoryRecord[] = KNOWN_RECORDS,
  version = 1,
): Promise<void> {
  const inventory = { v: '1' as const, version: String(version), records };
  const { text, digest } = sealed('countersign/inventory/v1', inventory);
  await world.serverPool.query(
    'INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [
      TENANT,
      version,
      text,
      digest,
      JSON.stringify(signAs(by, 'countersign/inventory/v1', inventory)),
      by.person.id,
      new Date(world.context.now()),
    ],
  );
}

/** Keeps a raw record as evidence. Returns its id. */
export async function addEvidence(world: Installation, raw: string | object): Promise<`evd_${string}`> {
  const id = world.context.newId('evidence');
  const bytes = Buffer.from(typeof raw === 'string' ? raw : JSON.stringify(raw));
  await world.serverPool.query(
    'INSERT INTO evidence (tenant_id, id, sha256, bytes, source, received_at, batch_id) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [TENANT, id, createHash('sha256').update(bytes).digest(), bytes, 'generic', new Date(), 'bat_test'],
  );
  return id;
}

/** An administrator and two responders, and an inventory that knows the accounts: enough for a T2 and a T3. */
export interface Team {
  readonly admin: Member;
  readonly rosa: Member;
  readonly sam: Member;
}

export async function startTeam(world: Installation): Promise<Team> {
  const admin = await enrolFirst(world);
  const rosa = await invite(world, admin, 'Rosa Responder', ['responder']);
  const sam = await invite(world, admin, 'Sam Responder', ['responder']);
  await signInventory(world, admin);
  return { admin, rosa, sam };
}
