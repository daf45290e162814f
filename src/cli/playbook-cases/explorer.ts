import type { Handler, Playbook, PlaybookFile, Step, Steps } from '../../model/playbook.ts';

/** What trying everything found. `undecided` where there was more to try than the bound. */
export type Explored =
  | { readonly kind: 'tried'; readonly bypassed: ReadonlySet<string>; readonly states: number }
  | { readonly kind: 'undecided' };

/** More than this of one playbook is not tried. */
const STATES_MAX = 40_000;
/** Turns of a loop that are tried: a release that outlives its turn shows in the second. */
const TURNS = 2;
/** Playbooks inside each other that are tried. */
const CALLS = 3;

/**
 * A second opinion on whether people can be bypassed, which knows no graph and proves nothing: it carries the written steps out
 * in every order and with every outcome, and notes each effect that is done without a release. What is released is a set of
 * names beside the stack. The analysis is compared with this, so neither shares a line with the other.
 */
export function explore(file: PlaybookFile): Explored {
  const bypassed = new Set<string>();
  let states = 0;
  const roots = new Set(['main']);
  for (const root of roots) {
    const explorer = new Explorer(file, root, bypassed, roots);
    const count = explorer.run(STATES_MAX - states);
    if (count === undefined) return { kind: 'undecided' };
    states += count;
  }
  return { kind: 'tried', bypassed, states };
}

/** A stack of what is still to be done, the next on top. Undefined: nothing. */
type Stack = { readonly top: Entry; readonly rest: Stack } | undefined;
type Entry =
  | { readonly e: 'steps'; readonly list: Steps; readonly at: number }
  | { readonly e: 'guard'; readonly onError: Handler | undefined }
  | { readonly e: 'loop'; readonly step: Extract<Step, { type: 'loop' }>; readonly turns: number }
  | { readonly e: 'goto'; readonly name: string }
  | { readonly e: 'parallel'; readonly step: Extract<Step, { type: 'parallel' }>; readonly stacks: readonly Stack[] }
  | {
      readonly e: 'call';
      readonly step: Step;
      readonly name: string;
      readonly inner: Stack;
      readonly released: string;
    };

/** After one move: where things stand. `released` is a sorted list of names, for the playbook that moved. */
type Move =
  | { readonly stack: Stack; readonly released: string }
  | { readonly end: 'error' | 'stop'; readonly released: string };

class Explorer {
  readonly #file: PlaybookFile;
  readonly #root: Playbook;
  readonly #bypassed: Set<string>;
  readonly #roots: Set<string>;
  readonly #ids = new Map<object, number>();

  constructor(file: PlaybookFile, root: string, bypassed: Set<string>, roots: Set<string>) {
    this.#file = file;
    this.#root = playbookIn(file, root);
    this.#bypassed = bypassed;
    this.#roots = roots;
  }

  /** How many states there are, or undefined where there are more than the bound. */
  run(statesMax: number): number | undefined {
    const seen = new Set<string>();
    const open: { readonly stack: Stack; readonly released: string }[] = [{ stack: begin(this.#root), released: '' }];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      const key = `${state.released}|${this.#key(state.stack)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > statesMax) return undefined;
      for (const move of this.#moves(state.stack, state.released, this.#root.name, 0)) {
        if (!('end' in move)) open.push(move);
      }
    }
    return seen.size;
  }

  #moves(stack: Stack, released: string, playbook: string, depth: number): readonly Move[] {
    if (stack === undefined) return [];
    const { top, rest } = stack;
    switch (top.e) {
      case 'steps':
        return this.#next(top, rest, released, playbook);
      case 'guard':
        return [{ stack: rest, released }];
      case 'goto':
        return [{ stack: goneTo(rest, top.name), released }];
      case 'loop':
        return [{ stack: rest, released }, ...turn(top, rest, released)];
      case 'parallel':
        return this.#parallel(top, rest, released, playbook, depth);
      case 'call':
        return this.#call(top, rest, released, depth);
    }
  }

  #next(
    { list, at }: Extract<Entry, { e: 'steps' }>,
    rest: Stack,
    released: string,
    playbook: string,
  ): readonly Move[] {
    const step = list[at];
    if (step === undefined) return [{ stack: rest, released }];
    const following = push({ e: 'steps', list, at: at + 1 }, rest);
    const after = step.goto === undefined ? following : push({ e: 'goto', name: step.goto }, following);
    const failing = (now: string) => handled(step.onError, after, rest, now);
    switch (step.type) {
      case 'effect': {
        if (this.#isGated(step) && !has(released, step.name)) this.#bypassed.add(`${playbook}.${step.name}`);
        const now = without(released, [step.name]);
        const late = step.onTimeout === undefined ? failing(now) : handled(step.onTimeout, after, rest, now);
        return [{ stack: after, released: now }, failing(now), ...(step.timeoutMs === undefined ? [] : [late])];
      }
      case 'ask': {
        const now = without(released, [step.releases]);
        return [
          { stack: after, released: plus(now, step.releases) },
          handled(step.onRejected ?? 'stop', after, rest, now),
          handled(step.onTimeout ?? 'stop', after, rest, now),
          failing(now),
        ];
      }
      case 'read': {
        const now = without(released, this.#actingOn(playbook, step.as));
        return [{ stack: after, released: now }, failing(now)];
      }
      case 'enrich':
      case 'notify':
        return [{ stack: after, released }, failing(released)];
      case 'stop':
        return [{ end: 'stop', released }];
      case 'branch': {
        const guarded = push({ e: 'guard', onError: step.onError }, after);
        return [step.yes, step.no].map(arm => ({ stack: push({ e: 'steps', list: arm, at: 0 }, guarded), released }));
      }
      case 'loop':
        return [
          { stack: push({ e: 'loop', step, turns: 0 }, push({ e: 'guard', onError: step.onError }, after)), released },
        ];
      case 'parallel': {
        const stacks = step.branches.map(branch => push({ e: 'steps', list: branch, at: 0 }, undefined));
        return [{ stack: push({ e: 'parallel', step, stacks }, after), released }];
      }
      case 'run': {
        const inner = begin(playbookIn(this.#file, step.playbook));
        return [{ stack: push({ e: 'call', step, name: step.playbook, inner, released: '' }, after), released }];
      }
    }
  }

  #parallel(
    entry: Extract<Entry, { e: 'parallel' }>,
    rest: Stack,
    released: string,
    playbook: string,
    depth: number,
  ): readonly Move[] {
    const { step, stacks } = entry;
    const through = stacks.filter(stack => stack === undefined).length;
    const isJoined = step.join === 'all' ? through === stacks.length : through > 0;
    const moves: Move[] = isJoined ? [{ stack: rest, released }] : [];
    if (step.timeoutMs !== undefined)
      moves.push(
        step.onTimeout === undefined
          ? handled(step.onError, rest, rest, released)
          : handled(step.onTimeout, rest, rest, released),
      );
    for (const [index, branch] of stacks.entries()) {
      for (const move of this.#moves(branch, released, playbook, depth)) {
        if (!('end' in move)) {
          const moved = stacks.map((one, at) => (at === index ? move.stack : one));
          moves.push({ stack: push({ e: 'parallel', step, stacks: moved }, rest), released: move.released });
        } else if (move.end === 'stop') moves.push(move);
        else moves.push(handled(step.onError, rest, rest, move.released));
      }
    }
    return moves;
  }

  #call(entry: Extract<Entry, { e: 'call' }>, rest: Stack, released: string, depth: number): readonly Move[] {
    if (entry.inner === undefined) return [{ stack: rest, released }];
    if (depth >= CALLS) return [];
    return this.#moves(entry.inner, entry.released, entry.name, depth + 1).map(move => {
      if (!('end' in move))
        return { stack: push({ ...entry, inner: move.stack, released: move.released }, rest), released };
      return move.end === 'stop' ? { end: 'stop', released } : handled(entry.step.onError, rest, rest, released);
    });
  }

  #isGated({ effect }: Extract<Step, { type: 'effect' }>): boolean {
    if (effect.writes === 'act') return true;
    const declared = this.#file.elsewhere.find(one => one.namespace === effect.namespace);
    if (declared === undefined) return true;
    for (const name of declared.runs) this.#roots.add(name);
    const notices = ['ticket', 'comment', 'tag', 'notify'];
    return (
      declared.starts.some(kind => !notices.includes(kind)) ||
      declared.runs.some(name => changes(this.#file, name, new Set()))
    );
  }

  #actingOn(playbook: string, name: string): readonly string[] {
    return everyStep(playbookIn(this.#file, playbook)).flatMap(step =>
      step.type === 'effect' &&
      step.effect.writes === 'act' &&
      step.effect.on.from === 'name' &&
      step.effect.on.name === name
        ? [step.name]
        : [],
    );
  }

  #key(stack: Stack): string {
    let key = '';
    for (let at = stack; at !== undefined; at = at.rest) {
      const { top } = at;
      if (top.e === 'steps') key += `s${this.#id(top.list)}.${top.at} `;
      else if (top.e === 'guard')
        key += typeof top.onError === 'object' ? `g${this.#id(top.onError)} ` : `g${top.onError} `;
      else if (top.e === 'loop') key += `l${this.#id(top.step)}.${top.turns} `;
      else if (top.e === 'goto') key += `>${top.name} `;
      else if (top.e === 'parallel')
        key += `p${this.#id(top.step)}(${top.stacks.map(one => this.#key(one)).join('|')}) `;
      else key += `c${this.#id(top.step)}[${top.released}|${this.#key(top.inner)}] `;
    }
    return key;
  }

  #id(of: object): number {
    const known = this.#ids.get(of) ?? this.#ids.size;
    this.#ids.set(of, known);
    return known;
  }
}

function begin(playbook: Playbook): Stack {
  return push({ e: 'steps', list: playbook.steps, at: 0 }, push({ e: 'guard', onError: playbook.onError }, undefined));
}

function push(top: Entry, rest: Stack): Stack {
  return { top, rest };
}

/** What a handler makes of a step that did not go well; without one, whatever is around it. */
function handled(handler: Handler | undefined, after: Stack, around: Stack, released: string): Move {
  if (handler === 'stop') return { end: 'stop', released };
  if (handler === 'continue') return { stack: after, released };
  if (handler !== undefined) return { stack: push({ e: 'steps', list: handler, at: 0 }, after), released };
  for (let at = around; at !== undefined; at = at.rest) {
    if (at.top.e === 'guard' && at.top.onError !== undefined)
      return handled(at.top.onError, at.rest, at.rest, released);
  }
  return { end: 'error', released };
}

function goneTo(stack: Stack, name: string): Stack {
  for (let at = stack; at !== undefined; at = at.rest) {
    if (at.top.e !== 'steps') continue;
    const index = at.top.list.findIndex(step => step.name === name);
    if (index >= 0) return push({ ...at.top, at: index }, at.rest);
  }
  return undefined;
}

/** Another turn: what was released for steps inside the loop, or for what its name stood for, is not any more. */
function turn({ step, turns }: Extract<Entry, { e: 'loop' }>, rest: Stack, released: string): readonly Move[] {
  if (turns >= Math.min(step.turnsMax, TURNS)) return [];
  const { over } = step;
  const inside = everyStepOf([step.body]).map(one => one.name);
  const named = everyStepOf([step.body, ...(typeof step.onError === 'object' ? [step.onError] : [])]).flatMap(one =>
    over.kind === 'each' &&
    one.type === 'effect' &&
    one.effect.writes === 'act' &&
    one.effect.on.from === 'name' &&
    one.effect.on.name === over.as
      ? [one.name]
      : [],
  );
  const again = push({ e: 'steps', list: step.body, at: 0 }, push({ e: 'loop', step, turns: turns + 1 }, rest));
  return [{ stack: again, released: without(released, [...inside, ...named]) }];
}

function playbookIn(file: PlaybookFile, name: string): Playbook {
  const found = file.playbooks.find(one => one.name === name);
  if (found === undefined) throw new Error(`no playbook ${name}`);
  return found;
}

/** Whether a playbook changes anything, by whatever way. */
function changes(file: PlaybookFile, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  return everyStep(playbookIn(file, name)).some(step => {
    if (step.type === 'run') return changes(file, step.playbook, seen);
    if (step.type !== 'effect') return false;
    if (step.effect.writes === 'act') return true;
    const { namespace } = step.effect;
    const declared = file.elsewhere.find(one => one.namespace === namespace);
    if (declared === undefined) return true;
    const isActing = declared.starts.some(kind => !['ticket', 'comment', 'tag', 'notify'].includes(kind));
    return isActing || declared.runs.some(next => changes(file, next, seen));
  });
}

function everyStep(playbook: Playbook): readonly Step[] {
  return everyStepOf([playbook.steps, ...(typeof playbook.onError === 'object' ? [playbook.onError] : [])]);
}

function everyStepOf(lists: readonly Steps[]): readonly Step[] {
  return lists.flatMap(list =>
    list.flatMap(step => {
      const inner = Object.values(step).flatMap(value => {
        if (!Array.isArray(value)) return [];
        return value.every(Array.isArray)
          ? (value as Steps[])
          : value.every(one => 'type' in one)
            ? [value as Steps]
            : [];
      });
      return [step, ...everyStepOf(inner)];
    }),
  );
}

function has(released: string, name: string): boolean {
  return ` ${released} `.includes(` ${name} `);
}

function plus(released: string, name: string): string {
  return [...released.split(' ').filter(one => one !== ''), name].sort().join(' ');
}

function without(released: string, names: readonly string[]): string {
  return released
    .split(' ')
    .filter(one => one !== '' && !names.includes(one))
    .join(' ');
}
