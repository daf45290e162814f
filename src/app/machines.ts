import type { Id } from '../base/id.ts';
import { MS_PER_DAY, rfc3339, unixMsFrom } from '../base/time.ts';
import { isDisabledIn, ownerOf } from '../core/decide/custody.ts';
import { type MachineKind, type MachinePower, type MachineRow, ROTATE_AFTER_MS } from '../model/machine.ts';
import { OWN_SYSTEM } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import { listAgents } from './agents.ts';
import type { ServerContext } from './context.ts';
import { type MadeHow, type StandingMachine, standingMachines } from './custody.ts';
import { readPeople } from './people.ts';
import { readPolls } from './polls.ts';
import { madeOfPower, powerKey, readConnected, readLooks, readSeen } from './power-facts.ts';

/** The token of the commands of this machine. */
export const OPERATOR_CLI = 'operator-cli';
const REFUSALS_COUNTED_MS = 7 * MS_PER_DAY;

/** A machine identity, before it is known who answers for it. */
interface Machine {
  readonly identity: string;
  readonly kind: MachineKind;
  readonly purpose: string;
  readonly powers: readonly MachinePower[];
  readonly needs: readonly MachinePower[];
  readonly scope: string;
  readonly made: MadeHow;
  /** When it was used last, where that is not among the uses that a door notes. */
  readonly usedAt?: number | undefined;
  /** Whether nothing happens by it while its state takes it away. What the installation runs on is only shown. */
  readonly isStopped: boolean;
}

const UNKNOWN: MadeHow = { madeAt: undefined, isUseSeen: false };

/** What every installation has. The architecture test and the roles test hold what each of these can and cannot do. */
const OURS: readonly Machine[] = [
  own('server', 'process', 'takes in, studies, takes reviews and writes the log', ['ingest', 'read', 'sign_log']),
  own('executor', 'process', 'checks and carries out what people signed; holds the response credentials', [
    'read',
    'execute',
  ]),
  own('ai', 'process', 'asks providers of models; holds their keys, and no way to the database', []),
  own('log-key', 'key', 'signs the checkpoints of the log', ['sign_log']),
  own('database:server', 'database_role', 'what the server may read and write', ['ingest', 'read']),
  own('database:executor', 'database_role', 'what the executor may read and write', ['read', 'execute']),
  own('database:own', 'database_role', 'changes this installation itself, for one act that was signed', ['execute']),
  {
    ...own(OPERATOR_CLI, 'command', 'commands of whoever may read this machine’s files', ['ingest', 'read', 'propose']),
    isStopped: true,
  },
];

function own(identity: string, kind: MachineKind, purpose: string, powers: readonly MachinePower[]): Machine {
  return {
    identity,
    kind,
    purpose,
    powers,
    needs: powers,
    scope: 'this installation',
    made: UNKNOWN,
    isStopped: false,
  };
}

/** Every machine identity that this installation knows, ours first. `serverFolder` is where the server's own files are. */
export async function listMachines(context: ServerContext, serverFolder: string): Promise<readonly MachineRow[]> {
  const people = new Map((await readPeople(context)).map(person => [person.id, person] as const));
  const refused = await countRefused(context);
  const machines = [
    ...OURS,
    ...(await sourceMachines(context)),
    ...(await pollMachines(serverFolder)),
    ...(await responderMachines(context)),
  ];
  const standing = await standingMachines(context, machines);
  const rows = machines.flatMap(machine => {
    const stands = standing.get(machine.identity);
    return stands === undefined ? [] : [rowOf(machine, stands, people, refused.get(machine.identity) ?? 0)];
  });
  return [...rows, ...(await agentRows(context, refused))];
}

function rowOf(
  { identity, kind, purpose, powers, needs, scope, usedAt, isStopped }: Machine,
  { facts, state }: StandingMachine,
  people: ReadonlyMap<Id<'person'>, Person>,
  refused: number,
): MachineRow {
  const owner = ownerOf(facts, people);
  const { custody, madeAt, lastUsedAt } = facts;
  return {
    identity,
    kind,
    purpose,
    owner: owner?.id ?? '',
    ownerName: owner?.name ?? '',
    isByDefault: custody === undefined,
    powers,
    needs,
    scope,
    madeAt: timeOf(madeAt),
    lastUsedAt: timeOf(usedAt ?? lastUsedAt),
    rotateBy: timeOf(madeAt === undefined ? undefined : madeAt + ROTATE_AFTER_MS),
    until: custody?.until ?? '',
    from: custody?.from ?? [],
    state,
    isDisabled: isStopped && isDisabledIn(state),
    canBeTaken: true,
    refused,
  };
}

const timeOf = (at: number | undefined) => (at === undefined ? '' : rfc3339(unixMsFrom(at)));

async function sourceMachines(context: ServerContext): Promise<readonly Machine[]> {
  const { rows } = await context.pool.query<{ id: string; kind: string; made_at: Date; created_by: string }>(
    `SELECT id, kind, coalesce(secret_made_at, created_at) AS made_at, created_by FROM source_config
      WHERE tenant_id = $1 AND (secret_sha256 IS NOT NULL OR hmac_secret IS NOT NULL) ORDER BY id`,
    [context.tenant],
  );
  return rows.map(row => ({
    identity: `source:${row.id}`,
    kind: 'source',
    purpose: `pushes alerts as ${row.id}, read as ${row.kind}`,
    powers: ['ingest'],
    needs: ['ingest'],
    scope: `/ingest/${row.id}`,
    made: { madeAt: row.made_at.getTime(), madeBy: row.created_by, isUseSeen: true },
    isStopped: true,
  }));
}

async function pollMachines(serverFolder: string): Promise<readonly Machine[]> {
  const polls = await readPolls(serverFolder);
  return polls.map(poll => ({
    identity: `poll:${poll.source}`,
    kind: 'poll',
    purpose: `reads alerts of ${poll.source} by ${poll.poller}`,
    powers: ['ingest'],
    needs: ['ingest'],
    scope: `${new URL(poll.url).host}: what it may do there is said by the product alone`,
    made: UNKNOWN,
    isStopped: true,
  }));
}

/** By what the executor says that it is connected to. It says names and settings, and never a secret. */
async function responderMachines(context: ServerContext): Promise<readonly Machine[]> {
  const systems = await readConnected(context);
  const looks = await readLooks(context);
  const seen = await readSeen(context);
  return systems
    .filter(({ responder }) => responder !== OWN_SYSTEM)
    .map(({ responder, system }) => {
      const key = powerKey(system, responder);
      const used = (seen.get(key) ?? []).filter(({ doing }) => doing === 'execute').map(({ at }) => at.getTime());
      return {
        identity: `responder:${system}`,
        kind: 'responder',
        purpose: `acts on ${system} by ${responder}, for one act that people signed at a time`,
        powers: ['execute'],
        needs: ['execute'],
        scope: `${system}: the page Powers shows what it may do there`,
        made: madeOfPower(context, looks.get(key)?.look),
        usedAt: used.length === 0 ? undefined : Math.max(...used),
        // What a demo started itself has no credential that anybody handed over.
        isStopped: !context.genesis.demo,
      };
    });
}

async function agentRows(context: ServerContext, refused: ReadonlyMap<string, number>): Promise<readonly MachineRow[]> {
  const agents = await listAgents(context);
  return agents
    .filter(({ endedAt }) => endedAt === '')
    .map(agent => {
      const isOver = Date.parse(agent.until) <= context.now();
      const state = agent.isAdmitted ? 'active' : isOver ? 'expired' : 'ownerless';
      return {
        identity: agent.id,
        kind: 'agent',
        purpose: `${agent.name}: reads and proposes over MCP`,
        owner: state === 'ownerless' ? '' : agent.owner,
        ownerName: state === 'ownerless' ? '' : agent.ownerName,
        isByDefault: false,
        powers: ['read', 'propose'],
        needs: ['read', 'propose'],
        scope: '/mcp and /gateway',
        madeAt: agent.admittedAt,
        lastUsedAt: '',
        rotateBy: agent.until,
        until: agent.until,
        from: [],
        state,
        isDisabled: !agent.isAdmitted,
        // Its owner contributes to what it proposes: another one admits another agent.
        canBeTaken: false,
        refused: refused.get(agent.id) ?? 0,
      };
    });
}

async function countRefused(context: ServerContext): Promise<ReadonlyMap<string, number>> {
  const { rows } = await context.pool.query<{ identity: string; count: number }>(
    'SELECT identity, count(*)::int AS count FROM machine_refused WHERE tenant_id = $1 AND at > $2 GROUP BY identity',
    [context.tenant, new Date(context.now() - REFUSALS_COUNTED_MS)],
  );
  return new Map(rows.map(({ identity, count }) => [identity, count]));
}
