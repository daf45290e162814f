import type { Id } from '../../../base/id.ts';
import {
  type Handler,
  MAIN,
  type Playbook,
  type PlaybookFile,
  type Step,
  type Steps,
  type Subject,
} from '../../../model/playbook.ts';
import type { RunCommand, RunFact, RunFactBody, RunState } from '../../../model/playbook-run.ts';
import { effectTier } from './tiers.ts';
import { allSteps } from './walk.ts';

/** Playbooks inside each other in one run. Deeper counts as an error of the step that runs it. */
const CALLS_MAX = 8;
/** Facts of one run; more ends it. */
export const RUN_FACTS_MAX = 5_000;

/**
 * Where a run stands: the file is gone through from its start, and each place takes what its fact says, until one has none. So
 * a run is nothing but its facts, goes on after any crash where it was, and no step can happen twice: a place has one key, and a
 * key has one fact.
 *
 * An effect is carried out by nobody here. Its step waits for the proposal that its own human step made, once, and a run in
 * which there is none is refused, whatever the analysis said.
 */
export function runState(file: PlaybookFile, facts: readonly RunFact[]): RunState {
  return new Replay(file, facts).state();
}

/** What a list or a step comes to. `waits` while something in it has no fact. */
type Came =
  | { readonly is: 'through' }
  | { readonly is: 'waits' }
  | { readonly is: 'stop' }
  | { readonly is: 'failed' }
  | { readonly is: 'late' }
  | { readonly is: 'rejected' }
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'goto'; readonly name: string };

const THROUGH: Came = { is: 'through' };
const WAITS: Came = { is: 'waits' };
const FAILED: Came = { is: 'failed' };

/** One playbook that is being run: what stands under its names, and what people have released in it. */
interface Frame {
  readonly playbook: Playbook;
  readonly path: string;
  readonly names: ReadonlyMap<string, string>;
  /** What `read` put there; shared by all branches of the playbook. */
  readonly read: Map<string, string>;
  readonly released: Map<string, Id<'proposal'>>;
  readonly depth: number;
}

interface Reached {
  readonly key: string;
  readonly step: string;
  is: 'done' | 'waiting' | 'failed';
}

class Replay {
  readonly #file: PlaybookFile;
  readonly #facts: ReadonlyMap<string, RunFact>;
  readonly #trail: Reached[] = [];
  #commands: RunCommand[] = [];

  constructor(file: PlaybookFile, facts: readonly RunFact[]) {
    this.#file = file;
    this.#facts = new Map(facts.map(fact => [fact.key, fact]));
  }

  state(): RunState {
    const ended = this.#facts.get('end')?.body;
    const came = this.#playbook(MAIN, '', new Map(), 0);
    const trail = this.#trail;
    if (ended?.kind === 'ended') return { commands: [], end: { as: ended.as, why: ended.why }, trail };
    if (this.#facts.size > RUN_FACTS_MAX)
      return { commands: [], end: { as: 'failed', why: `it has more than ${RUN_FACTS_MAX} facts` }, trail };
    switch (came.is) {
      case 'waits':
        return { commands: this.#commands, end: undefined, trail };
      case 'stop':
        return { commands: [], end: { as: 'stopped', why: '' }, trail };
      case 'refused':
        return { commands: [], end: { as: 'refused', why: came.why }, trail };
      case 'through':
      case 'goto':
        return { commands: [], end: { as: 'done', why: '' }, trail };
      default:
        return { commands: [], end: { as: 'failed', why: 'a step failed, and nothing handles it' }, trail };
    }
  }

  #playbook(name: string, path: string, names: ReadonlyMap<string, string>, depth: number): Came {
    const playbook = this.#file.playbooks.find(one => one.name === name);
    if (playbook === undefined || depth > CALLS_MAX) return FAILED;
    const frame = { playbook, path, names, read: new Map(), released: new Map(), depth };
    const came = this.#list(playbook.steps, frame, path);
    return came.is === 'failed' ? this.#handled(playbook.onError, came, THROUGH, frame, path) : came;
  }

  #list(steps: Steps, frame: Frame, path: string): Came {
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at];
      if (step === undefined) break;
      const came = this.#step(step, frame, path);
      if (came.is === 'goto') {
        const to = steps.findIndex(one => one.name === came.name);
        if (to <= at) return came;
        at = to - 1;
      } else if (came.is !== 'through') return came;
    }
    return THROUGH;
  }

  #step(step: Step, frame: Frame, path: string): Came {
    const key = `${path}${step.name}`;
    const entry: Reached = { key, step: step.name, is: 'waiting' };
    this.#trail.push(entry);
    const came = this.#body(step, frame, key);
    entry.is = came.is === 'waits' ? 'waiting' : ['through', 'goto', 'stop'].includes(came.is) ? 'done' : 'failed';
    const after: Came = step.goto === undefined ? THROUGH : { is: 'goto', name: step.goto };
    switch (came.is) {
      case 'through':
        return after;
      case 'rejected':
        return this.#handled(step.type === 'ask' ? (step.onRejected ?? 'stop') : 'stop', came, after, frame, path);
      case 'late': {
        const late = 'onTimeout' in step ? step.onTimeout : undefined;
        const handler = late ?? (step.type === 'ask' ? 'stop' : step.onError);
        return this.#handled(handler, FAILED, after, frame, path);
      }
      case 'failed':
        return this.#handled(step.onError, FAILED, after, frame, path);
      default:
        return came;
    }
  }

  #handled(handler: Handler | undefined, otherwise: Came, after: Came, frame: Frame, path: string): Came {
    if (handler === undefined) return otherwise;
    if (handler === 'stop') return { is: 'stop' };
    if (handler === 'continue') return after;
    const came = this.#list(handler, frame, path);
    return came.is === 'through' ? after : came;
  }

  #body(step: Step, frame: Frame, key: string): Came {
    switch (step.type) {
      case 'ask':
        return this.#ask(step, frame, key);
      case 'effect':
        return this.#effect(step, frame, key);
      case 'read':
      case 'enrich': {
        const named = this.#named(step.subject, frame);
        const values = this.#values(key, {
          do: 'read',
          key,
          subject: step.subject,
          named,
          valuesMax: 1,
          use: step.type === 'read' ? 'name' : 'look_up',
        });
        if (values === undefined) return WAITS;
        const [value] = values;
        if (value === undefined) return FAILED;
        if (step.type === 'read') {
          frame.read.set(step.as, value);
          for (const name of actingOn(frame.playbook, step.as)) frame.released.delete(name);
        }
        return THROUGH;
      }
      case 'notify':
        return this.#noted(key, { kind: 'outcome', is: 'done', why: step.text });
      case 'stop':
        return { is: 'stop' };
      case 'branch': {
        const answer = this.#answer(key, step.condition);
        return answer === undefined ? WAITS : this.#list(answer ? step.yes : step.no, frame, pathOf(key, step.name));
      }
      case 'loop':
        return this.#loop(step, frame, key);
      case 'parallel':
        return this.#parallel(step, frame, key);
      case 'run': {
        const names = new Map<string, string>();
        for (const { name, subject } of step.gives) {
          const read = `${key}>${name}`;
          const named = this.#named(subject, frame);
          const command = { do: 'read', key: read, subject, named, valuesMax: 1, use: 'name' } as const;
          const values = this.#values(read, command);
          if (values === undefined) return WAITS;
          const [value] = values;
          if (value === undefined) return FAILED;
          names.set(name, value);
        }
        const came = this.#playbook(step.playbook, `${key}>`, names, frame.depth + 1);
        return came.is === 'goto' ? THROUGH : came;
      }
    }
  }

  /** Proposes, and waits until people have decided. */
  #ask(step: Extract<Step, { type: 'ask' }>, frame: Frame, key: string): Came {
    frame.released.delete(step.releases);
    const released = effectNamed(frame.playbook, step.releases);
    if (released === undefined) return FAILED;
    const { effect } = released;
    const subject: Subject = effect.writes === 'act' ? effect.on : { from: 'incident', part: 'self' };
    const claim = this.#facts.get(key);
    if (claim === undefined) {
      this.#commands.push({ do: 'claim', key, step: step.name, subject, named: this.#named(subject, frame) });
      return WAITS;
    }
    if (claim.body.kind !== 'claimed') return FAILED;
    const { proposal, on } = claim.body;
    const decided = this.#facts.get(`${key}!`);
    if (decided === undefined) {
      this.#commands.push({
        do: 'decide',
        key: `${key}!`,
        step: step.name,
        releases: step.releases,
        playbook: frame.playbook.name,
        proposal,
        on,
        lateAt: step.timeoutMs === undefined ? undefined : claim.at + step.timeoutMs,
      });
      return WAITS;
    }
    if (decided.body.kind !== 'decided') return FAILED;
    switch (decided.body.verdict) {
      case 'approved':
        frame.released.set(step.releases, proposal);
        return THROUGH;
      case 'rejected':
        return { is: 'rejected' };
      case 'late':
        return { is: 'late' };
      case 'failed':
        return FAILED;
    }
  }

  /** Waits for what was approved to be carried out. The release is used up, whatever comes of it. */
  #effect(step: Extract<Step, { type: 'effect' }>, frame: Frame, key: string): Came {
    if (effectTier(this.#file, step.effect) === 'inert')
      return this.#noted(key, { kind: 'outcome', is: 'done', why: 'it starts nothing elsewhere' });
    const proposal = frame.released.get(step.name);
    frame.released.delete(step.name);
    if (proposal === undefined) return { is: 'refused', why: `nobody released \`${step.name}\`` };
    const fact = this.#facts.get(key)?.body;
    if (fact === undefined) {
      this.#commands.push({ do: 'await', key, proposal, timeoutMs: step.timeoutMs });
      return WAITS;
    }
    if (fact.kind !== 'outcome') return FAILED;
    return fact.is === 'done' ? THROUGH : { is: fact.is };
  }

  #loop(step: Extract<Step, { type: 'loop' }>, frame: Frame, key: string): Came {
    const { over, turnsMax, body } = step;
    const values =
      over.kind === 'each'
        ? this.#values(key, {
            do: 'read',
            key,
            subject: { from: 'incident', part: over.part },
            named: undefined,
            valuesMax: turnsMax,
            use: 'turns',
          })
        : [];
    if (values === undefined) return WAITS;
    for (let turn = 0; turn < turnsMax; turn++) {
      const names = new Map(frame.names);
      if (over.kind === 'each') {
        const value = values[turn];
        if (value === undefined) return THROUGH;
        names.set(over.as, value);
      } else {
        const answer = this.#answer(`${key}#${turn}?`, over.condition);
        if (answer === undefined) return WAITS;
        if (!answer) return THROUGH;
      }
      for (const inside of allSteps([body])) frame.released.delete(inside.name);
      const came = this.#list(body, { ...frame, names }, `${key}#${turn}/`);
      if (came.is !== 'through') return came;
    }
    return THROUGH;
  }

  /** Each branch sees what was released before, and nothing of what the others release meanwhile. */
  #parallel(step: Extract<Step, { type: 'parallel' }>, frame: Frame, key: string): Came {
    const begun = this.#facts.get(`${key}~`);
    if (begun === undefined) {
      this.#commands.push({ do: 'begin', key: `${key}~` });
      return WAITS;
    }
    const before = this.#commands;
    this.#commands = [];
    const branches = step.branches.map((branch, index) => {
      const own = { ...frame, released: new Map(frame.released) };
      return { came: this.#list(branch, own, `${key}|${index}/`), released: own.released };
    });
    const inside = this.#commands;
    this.#commands = before;
    const joined = this.#facts.get(key)?.body;
    if (joined?.kind === 'joined') {
      const counts = branches.filter((_, index) => step.join === 'all' || index === joined.winner);
      const released = counts.flatMap(one => [...one.released]);
      frame.released.clear();
      if (joined.is === 'done') for (const [name, proposal] of released) frame.released.set(name, proposal);
      return joined.is === 'done' ? THROUGH : { is: joined.is };
    }
    const refused = branches.find(({ came }) => came.is === 'refused' || came.is === 'stop');
    if (refused !== undefined) return refused.came;
    const isThrough = branches.map(({ came }) => came.is === 'through' || came.is === 'goto');
    const winner = isThrough.indexOf(true);
    const isJoined = step.join === 'all' ? isThrough.every(one => one) : winner >= 0;
    if (isJoined) return this.#joining(key, { kind: 'joined', is: 'done', winner });
    const broken = branches.findIndex(({ came }) => came.is !== 'waits' && came.is !== 'through' && came.is !== 'goto');
    if (broken >= 0) return this.#joining(key, { kind: 'joined', is: 'failed', winner: broken });
    this.#commands.push(...inside);
    if (step.timeoutMs !== undefined) this.#commands.push({ do: 'deadline', key, at: begun.at + step.timeoutMs });
    return WAITS;
  }

  #joining(key: string, body: RunFactBody): Came {
    this.#commands.push({ do: 'note', key, body });
    return WAITS;
  }

  #noted(key: string, body: RunFactBody): Came {
    if (this.#facts.has(key)) return THROUGH;
    this.#commands.push({ do: 'note', key, body });
    return WAITS;
  }

  #values(key: string, command: RunCommand): readonly string[] | undefined {
    const fact = this.#facts.get(key)?.body;
    if (fact === undefined) this.#commands.push(command);
    return fact === undefined ? undefined : fact.kind === 'values' ? fact.values : [];
  }

  #answer(key: string, condition: Extract<RunCommand, { do: 'answer' }>['condition']): boolean | undefined {
    const fact = this.#facts.get(key)?.body;
    if (fact === undefined) this.#commands.push({ do: 'answer', key, condition });
    return fact === undefined ? undefined : fact.kind === 'answer' && fact.holds;
  }

  #named(subject: Subject, frame: Frame): string | undefined {
    return subject.from === 'name' ? (frame.names.get(subject.name) ?? frame.read.get(subject.name)) : undefined;
  }
}

/** The path of what is inside a step that turns once: names are unique in a playbook, so its own path does. */
function pathOf(key: string, name: string): string {
  return key.slice(0, key.length - name.length);
}

function effectNamed(playbook: Playbook, name: string): Extract<Step, { type: 'effect' }> | undefined {
  const lists = [playbook.steps, ...(typeof playbook.onError === 'object' ? [playbook.onError] : [])];
  return allSteps(lists).find(
    (step): step is Extract<Step, { type: 'effect' }> => step.type === 'effect' && step.name === name,
  );
}

function actingOn({ steps, onError }: Playbook, name: string): readonly string[] {
  const lists = [steps, ...(typeof onError === 'object' ? [onError] : [])];
  return allSteps(lists).flatMap(step =>
    step.type === 'effect' &&
    step.effect.writes === 'act' &&
    step.effect.on.from === 'name' &&
    step.effect.on.name === name
      ? [step.name]
      : [],
  );
}
