import { setTimeout as sleep } from 'node:timers/promises';
import { fail, type Result } from '../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR, rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { byOurClock, type MatchedEntry, matchTrail, notShownThere, type OwnAct } from '../core/act/reconcile.ts';
import { TRAIL_SILENT_MS } from '../core/act/trail-health.ts';
import { FAILURES, type Failure, failureOf } from '../model/failure.ts';
import type { TrailFindingKind, Unexplained } from '../model/trail.ts';
import type { SystemConfig, TrailEntry, TrailPage } from '../ports/responder.ts';

/** Systems that are asked at once. One that does not answer holds up no more than its place. */
const ASKED_AT_ONCE = 8;
/** Of one look so many findings of a kind are listed; the others are one, with their number. */
const FINDINGS_LISTED_MAX = 50;
/** Acts are known so long before the look that went before: longer than one takes from its intent to its answer. */
const ACTS_BEFORE_MS = MS_PER_HOUR;
/** Further back nothing is explained by an act, whatever time a target tells. */
const ACTS_BEFORE_MS_MAX = 30 * MS_PER_DAY;

/** Whoever has this may look at one system's trail, and write down what it saw: one at a time, over all executors. */
export interface TrailTurn {
  readonly number: string;
  /** Where the look goes on from; empty where it begins. */
  readonly cursor: string;
  /** The responder by which the cursor was made. */
  readonly responder: string;
  readonly triedAt: UnixMs;
  readonly begunAt: UnixMs | undefined;
  readonly readAt: UnixMs | undefined;
  /** That this silence was written down already. */
  readonly isSilenceFound: boolean;
}

export interface NewFinding {
  readonly kind: TrailFindingKind;
  readonly because: Unexplained | '';
  readonly happenedAt: string;
  readonly operation: string;
  readonly target: string;
  readonly text: string;
  readonly from: string;
  readonly execution: string;
  readonly count: number;
}

/** What comes of a look, kept in one transaction with the place where the next one begins. */
export interface TrailLook {
  readonly cursor: string;
  readonly begunAt: UnixMs | undefined;
  readonly readAt: UnixMs | undefined;
  readonly failure: Failure | undefined;
  readonly isSilenceFound: boolean;
  readonly entries: readonly { readonly id: string; readonly execution: string; readonly at: UnixMs }[];
  readonly findings: readonly NewFinding[];
}

/** What looking at trails asks of the world, one flat function each: each may be the last thing that the process does. */
export interface TrailPorts {
  readonly now: () => UnixMs;
  /** Connected systems whose responder can read a trail. */
  readonly systems: () => readonly SystemConfig[];
  /** The turn of a system; undefined while it is not yet due, or another executor has it. */
  readonly takeTurn: (system: SystemConfig) => Promise<TrailTurn | undefined>;
  /** With the read credential. An empty cursor begins now. */
  readonly ask: (system: SystemConfig, cursor: string) => Promise<Result<TrailPage, Failure>>;
  /** Of these records those that were held against ours before. */
  readonly known: (system: string, ids: readonly string[]) => Promise<ReadonlySet<string>>;
  /** What executors of this installation began there since then. */
  readonly acts: (system: string, since: UnixMs) => Promise<readonly OwnAct[]>;
  /** Of these executions those that explained a record before. */
  readonly taken: (executions: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Of these executions those of which it was found before that the trail does not show them. */
  readonly foundMissing: (executions: readonly string[]) => Promise<ReadonlySet<string>>;
  /** All of it or nothing; false where the turn is another's by now. */
  readonly keep: (system: SystemConfig, turn: TrailTurn, look: TrailLook) => Promise<boolean>;
}

/** How often it is asked whose turn it is; when a system's comes is {@link TrailPorts.takeTurn}'s to say. */
const TURNS_ASKED_EVERY_MS = 15_000;

/** Looks at trails until it is stopped, round after round. */
export function followTrails(
  ports: TrailPorts,
  onTrouble: (system: string, error: unknown) => void,
  everyMs = TURNS_ASKED_EVERY_MS,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const rounds = async () => {
    while (!stopped.signal.aborted) {
      // Whatever goes wrong in a round, there is a next one.
      await lookAtTrails(ports, onTrouble).catch((error: unknown) => onTrouble('', error));
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const done = rounds();
  return {
    async stop() {
      stopped.abort();
      await done;
    },
  };
}

/** Looks at the trail of every system whose turn it is. What goes wrong with one is told and holds up no other. */
export async function lookAtTrails(
  ports: TrailPorts,
  onTrouble: (system: string, error: unknown) => void = () => undefined,
): Promise<void> {
  const waiting = [...ports.systems()];
  const ask = async () => {
    for (let system = waiting.shift(); system !== undefined; system = waiting.shift()) {
      try {
        await lookAtTrail(system, ports);
      } catch (error) {
        onTrouble(system.system, error);
      }
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask));
}

async function lookAtTrail(system: SystemConfig, ports: TrailPorts): Promise<void> {
  const turn = await ports.takeTurn(system);
  if (turn === undefined) return;
  const isOther = turn.responder !== system.responder;
  const answer = isOther
    ? fail(failureOf('responder.trail_cut', `${system.system} was read by ${turn.responder} before`))
    : await asked(system, turn.cursor, ports);
  await ports.keep(system, turn, await comeOf(system, turn, answer, ports));
}

async function comeOf(
  system: SystemConfig,
  turn: TrailTurn,
  answer: Result<TrailPage, Failure>,
  ports: TrailPorts,
): Promise<TrailLook> {
  if (answer.ok) return held(system, turn, answer.value, ports);
  if (answer.failure.code !== 'responder.trail_cut') return unread(turn, answer.failure, ports.now());
  // It is not the log any more that was read: what was done between the two cannot be known, and looking begins anew.
  const anew = await asked(system, '', ports);
  const now = ports.now();
  const cut = plainFinding('cut', `${FAILURES['responder.trail_cut'].shown} ${sinceText(turn)}`);
  return anew.ok
    ? {
        cursor: anew.value.cursor,
        begunAt: now,
        readAt: now,
        failure: undefined,
        isSilenceFound: false,
        entries: [],
        findings: [cut],
      }
    : unread(turn, anew.failure, now);
}

/** Nothing that a responder throws is an answer. */
async function asked(system: SystemConfig, cursor: string, ports: TrailPorts): Promise<Result<TrailPage, Failure>> {
  try {
    return await ports.ask(system, cursor);
  } catch (error) {
    return fail(failureOf('responder.unreachable', error instanceof Error ? error.name : 'failed'));
  }
}

/** A look that saw nothing. Once it lasts, that stands in the log: what is done meanwhile is seen by nobody. */
function unread(turn: TrailTurn, failure: Failure, now: UnixMs): TrailLook {
  const keepsNone = failure.code === 'responder.no_trail' && turn.begunAt === undefined;
  const isSilent = !keepsNone && now - (turn.readAt ?? turn.triedAt) > TRAIL_SILENT_MS;
  return {
    cursor: turn.cursor,
    begunAt: turn.begunAt,
    readAt: turn.readAt,
    failure,
    isSilenceFound: isSilent,
    entries: [],
    findings:
      isSilent && !turn.isSilenceFound
        ? [plainFinding('unread', `${FAILURES[failure.code].shown} ${sinceText(turn)}`)]
        : [],
  };
}

async function held(system: SystemConfig, turn: TrailTurn, page: TrailPage, ports: TrailPorts): Promise<TrailLook> {
  const now = ports.now();
  const known = await ports.known(
    system.system,
    page.entries.map(({ id }) => id),
  );
  const entries = byOurClock(page, now).filter(({ id }) => !known.has(id));
  // The trail first, then our acts: whatever stands there was intended before.
  const acts = await ports.acts(system.system, actsFrom(entries, turn.readAt ?? now, now));
  const executions = acts.map(({ execution }) => execution);
  const matched = matchTrail(entries, acts, await ports.taken(executions));
  const begunAt = turn.begunAt ?? now;
  const shown = new Set([
    ...(await ports.taken(executions)),
    ...(await ports.foundMissing(executions)),
    ...matched.flatMap(({ execution }) => execution ?? []),
  ]);
  return {
    cursor: page.cursor,
    begunAt,
    readAt: now,
    failure: undefined,
    isSilenceFound: false,
    entries: matched.map(({ entry, execution }) => ({ id: entry.id, execution: execution ?? '', at: entry.at })),
    findings: [
      ...listed(
        matched.flatMap(one => unknownChange(one)),
        'changes that nobody signed',
      ),
      ...listed(notShownThere(acts, shown, { begunAt, readAt: now }).map(missing), 'acts that are not shown there'),
    ],
  };
}

function actsFrom(entries: readonly TrailEntry[], readBefore: UnixMs, now: UnixMs): UnixMs {
  const earliest = Math.min(readBefore, ...entries.map(({ at }) => at)) - ACTS_BEFORE_MS;
  return unixMsFrom(Math.max(earliest, now - ACTS_BEFORE_MS_MAX));
}

function unknownChange(one: MatchedEntry): readonly NewFinding[] {
  if (one.execution !== undefined) return [];
  const { at, operation, target, text, from } = one.entry;
  const happenedAt = rfc3339(at);
  return [
    {
      kind: 'unknown_change',
      because: one.because,
      happenedAt,
      operation,
      target,
      text,
      from,
      execution: '',
      count: 1,
    },
  ];
}

function missing({ execution, operation, target, begunAt }: OwnAct): NewFinding {
  return {
    ...plainFinding('not_shown', 'The target said that it did this, and its own log does not have it.'),
    happenedAt: rfc3339(begunAt),
    operation,
    target,
    execution,
  };
}

function plainFinding(kind: TrailFindingKind, text: string): NewFinding {
  return { kind, because: '', happenedAt: '', operation: '', target: '', text, from: '', execution: '', count: 1 };
}

/** Of a flood the first stand by themselves, and what is beyond is counted: none is left out, and none drowns the others. */
function listed(findings: readonly NewFinding[], what: string): readonly NewFinding[] {
  const [first] = findings;
  const beyond = findings.length - FINDINGS_LISTED_MAX;
  if (first === undefined || beyond <= 0) return findings;
  const text = `${beyond} more ${what}, in the same look`;
  return [...findings.slice(0, FINDINGS_LISTED_MAX), { ...plainFinding(first.kind, text), count: beyond }];
}

function sinceText({ readAt }: TrailTurn): string {
  return readAt === undefined
    ? 'It was never read.'
    : `It was read last at ${rfc3339(readAt)}; what was done there since is not known.`;
}
