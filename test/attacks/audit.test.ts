import { execFile } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { expect, test, vi } from 'vitest';
import { IDENTITIES, isRoot } from '../../src/app/identities.ts';
import { ownFolder } from '../../src/app/installation.ts';
import { parseCheckpoint } from '../../src/audit/checkpoint.ts';
import { printNoteKey } from '../../src/audit/note.ts';
import type { rebuild } from '../../src/audit/verify/rebuild.ts';
import { verifyLog } from '../../src/audit/verify/verify.ts';
import { fromBase64url } from '../../src/base/bytes.ts';
import { ok } from '../../src/base/result.ts';
import { signatureChecks } from '../../src/cli/signature-checks.ts';
import { authorise, loadPolicies, type PolicySet } from '../../src/core/decide/authorise.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import { SCHEMA } from '../../src/core/decide/policy.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import type { AuditEntry } from '../../src/model/audit-entry.ts';
import { nativeSha256, verifyEd25519 } from '../../src/store/ed25519.ts';
import type { awaitInclusion } from '../../src/store/log.ts';
import { readLogPath } from '../../src/store/log-tiles.ts';
import { type Installation, must, startInstallation, startTeam } from '../harness/installation.ts';
import { execute, know, propose, review } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/store/log.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/store/log.ts')>(), 'awaitInclusion'),
);
vi.mock('../../src/audit/verify/rebuild.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/audit/verify/rebuild.ts')>(),
    'rebuild',
  ),
);
vi.mock('@cedar-policy/cedar-wasm/nodejs', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('@cedar-policy/cedar-wasm/nodejs')>(),
    'statefulIsAuthorized',
  ),
);

let portsWithout: (world: Installation) => ExecutorPorts = world => world.ports;
const withPorts = (change: typeof portsWithout) => () => {
  portsWithout = change;
};
function portsOf(world: Installation): ExecutorPorts {
  const change = portsWithout;
  portsWithout = plain => plain.ports;
  return change(world);
}

async function entriesOf(world: Installation): Promise<readonly AuditEntry[]> {
  await world.settleLog();
  const { rows } = await world.serverPool.query<{ entry: Buffer }>('SELECT entry FROM audit_entry ORDER BY idx');
  return rows.map(row => JSON.parse(row.entry.toString()) as AuditEntry);
}

type Of<T extends AuditEntry['type']> = Extract<AuditEntry, { type: T }>;

/** Sixteen questions that somebody asks of one act, answered from the log and the texts that its digests name. */
async function questionsOf(world: Installation, proposal: string): Promise<ReadonlyMap<string, string | undefined>> {
  const entries = await entriesOf(world);
  const find = <T extends AuditEntry['type']>(type: T, matches: (entry: Of<T>) => boolean = () => true) =>
    entries.find((entry): entry is Of<T> => entry.type === type && matches(entry as Of<T>));
  const revised = find('proposal.revised', entry => entry.proposal === proposal);
  const signed = find('review.signed', entry => entry.intent.proposal === proposal);
  const checked = find('execution.checked', entry => entry.proposal === proposal);
  const intended = find('execution.intended', entry => entry.proposal === proposal);
  const of = <T extends { execution: string }>(entry: T) => entry.execution === intended?.execution;
  const answered = find('execution.answered', of);
  const seen = find('execution.observed', of);
  const concluded = find('execution.concluded', entry => of(entry) && entry.outcome === 'verified');
  const enrolled = find('person.enrolled', entry => entry.statement.person === signed?.intent.reviewer);
  const byOne = find('person.invited', entry => entry.invitation.person === signed?.intent.reviewer);
  const byTwo = find('person.changed', ({ statement }) => statement.person === signed?.intent.reviewer);
  const inviters = byOne === undefined ? byTwo?.signatures.map(({ by }) => by) : [byOne.invitation.invitedBy];
  const { rows } = await world.serverPool.query<{ act: string; presentation: string }>(
    'SELECT act, presentation FROM revision WHERE proposal_id = $1',
    [proposal],
  );
  const blob = async (commit: string | undefined) => {
    const found = await world.serverPool.query<{ bytes: Buffer }>(
      'SELECT bytes FROM audit_blob WHERE commit_hex = $1',
      [commit ?? ''],
    );
    return found.rows[0]?.bytes.toString();
  };
  const named = (domain: 'countersign/act/v1' | 'countersign/presentation/v1', text = '{}', digest = '') =>
    sealed(domain, JSON.parse(text) as object).digest === digest ? text : undefined;
  const at = (entry: AuditEntry | undefined) => (entry === undefined ? -1 : entries.indexOf(entry));
  return new Map<string, string | undefined>([
    ['which incident', revised?.incident],
    ['where it came from', revised?.origin],
    ['what exactly would be done', named('countersign/act/v1', rows[0]?.act, revised?.actDigest)],
    ['what was shown', named('countersign/presentation/v1', rows[0]?.presentation, revised?.presentationDigest)],
    ['under which policy', revised?.policyDigest],
    ['which tier, and why', revised && `${revised.tier}: ${revised.reasons.join()}`],
    ['who had a hand in it', revised?.contributors.join()],
    ['until when it could be signed', revised?.reviewBy],
    ['who signed, and what they said', signed && `${signed.intent.reviewer} ${signed.intent.verdict}`],
    [
      'with which key, enrolled by whom',
      enrolled && inviters && `${enrolled.statement.credential.id} by ${inviters.join(' and ')}`,
    ],
    ['the reason that was given', await blob(signed?.reasonCommit)],
    ['what the executor checked', checked && `${checked.verdict} ${checked.failed.join()}`],
    [
      'that the intent stood before the act',
      at(intended) < at(answered) && intended ? intended.idempotencyKey : undefined,
    ],
    ['what the target answered', await blob(answered?.receiptCommit)],
    ['what was seen afterwards', seen && `${seen.state} ${seen.effect}`],
    ['how it ended', concluded?.outcome],
  ]);
}

attack({
  id: 'AUD-01',
  attack: 'somebody asks sixteen questions of an act, and there is nothing but the log',
  control: 'the entry of what the target answered',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await execute(world, proposal, portsOf(world));
    const questions = await questionsOf(world, proposal);
    const open = [...questions].filter(([, answer]) => answer === undefined).map(([question]) => question);
    return {
      succeeded: open.length > 0,
      seen: `${questions.size - open.length}/${questions.size} answered ${open.join(', ')}`,
    };
  },
  without: withPorts(world => ({
    ...world.ports,
    write: (execution, facts) =>
      world.ports.write(
        execution,
        facts.filter(({ fact }) => fact.kind !== 'receipt'),
      ),
  })),
});

attack({
  id: 'AUD-03',
  attack: 'the log takes nothing any more while an approved act is due',
  control: 'waiting until the intent is proved to be in the log',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await world.settleLog();
    await world.stopSequencer();
    // The product waits for a quarter of a minute; here for a quarter of a second.
    takeOut<typeof awaitInclusion>('awaitInclusion', (actual, pool, tenant, pending) =>
      actual(pool, tenant, pending, 250),
    );
    const ports = portsOf(world);
    const { carryOut } = await import('../../src/executor/carry-out.ts');
    const outcome = await carryOut(proposal, ports);
    return outcomeOf(world, outcome.kind === 'concluded' ? outcome.conclusions : outcome.kind);
  },
  without: withPorts(world => ({
    ...world.ports,
    awaitIncluded: async () => {
      const { rows } = await world.serverPool.query<{ id: string }>('SELECT id FROM execution');
      const entry = { type: 'execution.intended', execution: rows[0]?.id } as unknown as AuditEntry;
      return ok({ index: 0, entry });
    },
  })),
});

test('AUD-03: where the intent cannot even be written down, nothing is sent', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await world.settleLog();
    const { executor } = world.database.roles;
    await world.database.ownerPool.query(`REVOKE INSERT (tenant_id, entry) ON audit_pending FROM "${executor}"`);
    await expect(execute(world, proposal)).rejects.toThrow(/permission denied/);
    expect(world.target.writes).toEqual([]);
  } finally {
    await world.stop();
  }
});

attack({
  id: 'AUD-05',
  attack: 'one byte of an exported log is flipped where no signature of a person covers it',
  control: 'comparing the root that the entries give with the signed checkpoint',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await execute(world, proposal);
    await world.settleLog();
    const policy = `log ${printNoteKey(world.signer.key)}\nquorum none\n`;
    const marker = Buffer.from('"reasonCommit":"');
    const verify = (flip: boolean) =>
      verifyLog({
        async read(path) {
          const bytes = (await readLogPath(world.serverPool, TENANT, path))?.bytes;
          const at = bytes === undefined ? -1 : Buffer.from(bytes).indexOf(marker);
          if (!flip || bytes === undefined || at < 0) return bytes;
          const flipped = Uint8Array.from(bytes);
          const place = at + marker.length;
          flipped[place] = flipped[place] === 0x61 ? 0x62 : 0x61;
          return flipped;
        },
        policy,
        sha256: nativeSha256,
        verifyEd25519,
        signatures: signatureChecks,
      });
    const [honest, flipped] = [await verify(false), await verify(true)];
    if (honest.outcome !== 'verified') throw new Error(JSON.stringify(honest.checks));
    const where = flipped.checks.find(check => check.verdict === 'fail');
    return {
      succeeded:
        flipped.outcome === 'verified' || flipped.checks.find(check => check.name === 'root')?.verdict === 'pass',
      seen: `as it is ${honest.outcome}; flipped ${flipped.outcome}${where === undefined ? '' : `, ${where.name}: ${where.findings[0]?.code}`}`,
    };
  },
  without: () =>
    takeOut<typeof rebuild>('rebuild', async (_actual, options) => {
      // Reads and hands on the entries as they come, and takes the checkpoint's word for the root.
      const note = Buffer.from((await options.read('checkpoint')) ?? []).toString();
      const checkpoint = parseCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
      if (!checkpoint.ok) throw new Error('there is no checkpoint');
      return ok({ root: checkpoint.value.root, rootSince: undefined });
    }),
});

attack({
  id: 'POL-01',
  attack: 'a forbid of the policy fails when it is evaluated, and the engine leaves it out',
  control: 'reading every error of the engine as a no',
  async run() {
    const set = failing();
    const person = { kind: 'person', id: 'usr_1', roles: ['responder'], isActive: true } as const;
    const decision = authorise(set, person, 'review_t2', { isContributor: false, signedWith: 'passkey' });
    const unknown = loadPolicies({ bad: 'forbid (principal, action, resource) when { principal.nosuch == "x" };' });
    return {
      succeeded: decision.isAllowed,
      seen: `${decision.isAllowed ? 'allowed' : decision.reasons[0]}; such a policy ${unknown.ok ? 'loads' : 'does not load'}`,
    };
  },
  without: () =>
    takeOut<typeof cedar.statefulIsAuthorized>('statefulIsAuthorized', (actual, call) => {
      const answer = actual(call);
      return answer.type === 'failure'
        ? answer
        : { ...answer, response: { ...answer.response, diagnostics: { ...answer.response.diagnostics, errors: [] } } };
    }),
});

/** A policy set with a forbid that fails at evaluation, as only somebody can make it who goes round the loader. */
function failing(): PolicySet {
  const builtIn = must(loadPolicies({}));
  const digest = 'a set with a failing forbid';
  const policies = {
    ...builtIn.policies,
    failing: 'forbid (principal, action, resource) when { principal.nosuch == "x" };',
  };
  const parsed = cedar.preparsePolicySet(digest, { staticPolicies: policies });
  if (parsed.type === 'failure') throw new Error(JSON.stringify(parsed.errors));
  const schema = cedar.preparseSchema('countersign', SCHEMA);
  if (schema.type === 'failure') throw new Error(JSON.stringify(schema.errors));
  return { digest, policies, floors: [] };
}

const run = promisify(execFile);

attack({
  id: 'EXE-02',
  attack: 'the server’s user tries to read the executor’s folder',
  control: 'a folder that only the executor’s user may enter',
  notHere: isRoot() ? undefined : 'not started as root, so every process has the same user',
  async run(start) {
    const world = await start();
    const folder = world.executorFolder;
    await ownFolder(folder, IDENTITIES.executor);
    await chown(join(folder, 'systems.json'), IDENTITIES.executor.uid, IDENTITIES.executor.gid);
    await chmod(dirname(folder), 0o711);
    if (isFolderOpen) {
      await chmod(folder, 0o755);
      await chmod(join(folder, 'systems.json'), 0o644);
      isFolderOpen = false;
    }
    const read = (identity: { readonly uid: number; readonly gid: number }) =>
      run('/bin/cat', [join(folder, 'systems.json')], { ...identity, cwd: '/' }).then(
        ({ stdout }) => stdout,
        () => '',
      );
    const [server, ai, executor] = [
      await read(IDENTITIES.server),
      await read(IDENTITIES.ai),
      await read(IDENTITIES.executor),
    ];
    const has = (text: string) => (text.includes(world.target.writeCredential) ? 'reads it' : 'cannot');
    return {
      succeeded: has(server) === 'reads it' || has(ai) === 'reads it',
      seen: `server ${has(server)}, ai ${has(ai)}, executor ${has(executor)}; mode ${((await stat(folder)).mode & 0o777).toString(8)}`,
    };
  },
  without: () => {
    isFolderOpen = true;
  },
});
let isFolderOpen = false;

attack({
  id: 'EXE-02',
  attack: 'the server’s database role searches every table that it may read, after an act, for the write credential',
  control: 'never writing a credential into a plan, a receipt or a fact',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await execute(world, proposal, portsOf(world));
    const tables = await world.serverPool.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND has_table_privilege(oid, 'SELECT')`,
    );
    const found: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await world.serverPool.query<{ hit: boolean }>(
        `SELECT bool_or(position($1 in t::text) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') in t::text) > 0) AS hit FROM "${name}" t`,
        [world.target.writeCredential],
      );
      if (rows[0]?.hit === true) found.push(name);
    }
    const { state } = await know(world, proposal);
    return {
      succeeded: found.length > 0,
      seen: `${state}; ${tables.rows.length} tables, found in ${found.join(', ') || 'none'}`,
    };
  },
  without: withPorts(world => ({
    ...world.ports,
    async execute(...args) {
      const receipt = await world.ports.execute(...args);
      return { ...receipt, detail: `sent with ${world.connected.writeCredential}` };
    },
  })),
});

test('EXE-02: whatever the server writes into a request, the executor only looks', async () => {
  const world = await startInstallation();
  try {
    await startTeam(world);
    const { answerPlanRequests } = await import('../../src/executor/planning.ts');
    for (const [i, operation] of ['lock', 'execute', 'erase', '__proto__'].entries())
      await world.serverPool.query('INSERT INTO plan_request (tenant_id, id, request, at) VALUES ($1, $2, $3, now())', [
        TENANT,
        `rec_${i}`,
        JSON.stringify({
          responder: 'test-target',
          system: 'orders-db',
          operation,
          target: { name: 'app_jo' },
          execute: true,
          capability: fromBase64url('AAAA'),
        }),
      ]);
    expect(await answerPlanRequests(world.executorPool, TENANT, world.ports)).toBe(4);
    expect(world.target.writes).toEqual([]);
    for (const table of ['execution', 'execution_fact', 'plan_result'])
      await expect(world.serverPool.query(`INSERT INTO ${table} DEFAULT VALUES`)).rejects.toThrow(/permission denied/);
  } finally {
    await world.stop();
  }
});
