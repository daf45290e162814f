import { Random } from './random.ts';

/** A step as it is written in a file. */
export interface Written {
  readonly step: string;
  [member: string]: unknown;
}

/** A file as it is written. */
export interface WrittenFile {
  playbook: string;
  version: string;
  steps: Written[];
  on_error?: unknown;
  playbooks: { [name: string]: { takes?: string[]; steps: Written[]; on_error?: unknown } };
  elsewhere: { [namespace: string]: { starts: unknown } };
}

const PARTS = ['user', 'host', 'address', 'key'];
const KINDS = ['disable_account', 'revoke_sessions', 'isolate_host', 'block_indicator', 'rotate_key', 'close_incident'];
const DEPTH_MAX = 3;

/** What a list of steps may use. */
interface Scope {
  readonly names: readonly string[];
  readonly subs: readonly string[];
  readonly depth: number;
  /** Whether a stop may stand here: it would hide what comes after it. */
  readonly mayStop: boolean;
}

/**
 * Invents playbooks in which every effect has a human step of its own before it, in all the shapes that the format has. By
 * construction none can be bypassed; that none is refused is half of what is measured.
 */
export class Generator {
  readonly random: Random;
  #count = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  name(prefix: string): string {
    this.#count += 1;
    return `${prefix}-${this.#count}`;
  }

  file(steps: number): WrittenFile {
    const subs = Array.from({ length: this.random.below(3) }, (_, index) => `sub-${index + 1}`);
    const size = Math.max(2, Math.floor(steps / (subs.length + 1)));
    const elsewhere: WrittenFile['elsewhere'] = {
      'note/inert': { starts: 'nothing' },
      'contain-now': { starts: { kinds: [this.random.pick(KINDS)] } },
    };
    if (subs.length > 0 && this.random.chance(0.3))
      elsewhere['start-sub'] = { starts: { run: [this.random.pick(subs)] } };
    const playbooks = Object.fromEntries(
      subs.map((name, index) => {
        const takes = this.random.chance(0.5) ? ['given'] : [];
        // Those after it, and itself: a playbook may run itself.
        const runs = subs.slice(index).filter(() => this.random.chance(0.4));
        const scope = { names: takes, subs: runs, depth: 0, mayStop: false };
        return [name, { takes, steps: this.list(size, scope, elsewhere) }];
      }),
    );
    const file: WrittenFile = {
      playbook: 'Invented',
      version: '1',
      steps: this.list(size, { names: [], subs, depth: 0, mayStop: false }, elsewhere),
      playbooks,
      elsewhere,
    };
    for (const list of [file.steps, ...Object.values(playbooks).map(one => one.steps)]) giveArguments(list, playbooks);
    if (this.random.chance(0.2)) file.on_error = this.handlerList(elsewhere);
    return file;
  }

  list(size: number, scope: Scope, elsewhere: WrittenFile['elsewhere']): Written[] {
    const steps: Written[] = [];
    let names = scope.names;
    while (steps.length < size) {
      const left = size - steps.length;
      const made = this.#some(left, { ...scope, names }, elsewhere);
      const read = made.find(step => 'read' in step);
      if (read !== undefined) names = [...names, String(read['as'])];
      steps.push(...made);
    }
    if (this.random.chance(0.15)) this.#addGoto(steps);
    if (scope.mayStop && this.random.chance(0.1)) steps.push({ step: this.name('halt'), stop: true });
    return steps;
  }

  #some(left: number, scope: Scope, elsewhere: WrittenFile['elsewhere']): Written[] {
    const inner = { ...scope, depth: scope.depth + 1, mayStop: true };
    const size = Math.max(1, Math.min(left, 1 + this.random.below(4)));
    const roll = this.random.below(100);
    if (roll < 40 || (scope.depth >= DEPTH_MAX && roll >= 60)) return this.pair(scope.names, elsewhere);
    if (roll < 46) return [{ step: this.name('read'), read: this.subject(scope.names), as: this.name('who') }];
    if (roll < 52) return [this.#failing({ step: this.name('look'), enrich: this.subject(scope.names) }, elsewhere)];
    if (roll < 56) return [this.#failing({ step: this.name('tell'), notify: 'Look at this.' }, elsewhere)];
    if (roll < 60) return [{ step: this.name('tag'), tag: 'note/inert' }];
    if (roll < 72) {
      const no = this.random.chance(0.6) ? { no: this.list(size, inner, elsewhere) } : {};
      return [{ step: this.name('if'), if: this.condition(), yes: this.list(size, inner, elsewhere), ...no }];
    }
    if (roll < 80) return [this.#loop(size, inner, elsewhere)];
    if (roll < 92) return [this.#parallel(size, inner, elsewhere)];
    const [sub] = scope.subs.length === 0 ? [] : [this.random.pick(scope.subs)];
    return sub === undefined
      ? this.pair(scope.names, elsewhere)
      : [this.#failing({ step: this.name('run'), run: sub }, elsewhere)];
  }

  /** A human step and what it is for, with something harmless in between now and then. */
  pair(names: readonly string[], elsewhere: WrittenFile['elsewhere']): Written[] {
    const effect = this.effect(names, elsewhere);
    const ask: Written = { step: this.name('ask'), ask: effect.step };
    if (this.random.chance(0.2))
      ask['on_rejected'] = [
        { step: this.name('tell'), notify: 'It was rejected.' },
        { step: this.name('halt'), stop: true },
      ];
    if (this.random.chance(0.2)) ask['on_timeout'] = 'stop';
    const between = this.random.chance(0.2) ? [{ step: this.name('look'), enrich: 'incident.user' }] : [];
    return [ask, ...between, this.#failing(effect, elsewhere)];
  }

  effect(names: readonly string[], elsewhere: WrittenFile['elsewhere']): Written {
    const namespaces = Object.keys(elsewhere).filter(name => name === 'contain-now');
    if (this.random.chance(0.15) && namespaces.length > 0)
      return {
        step: this.name('mark'),
        [this.random.pick(['tag', 'ticket', 'comment'])]: this.random.pick(namespaces),
      };
    return { step: this.name('act'), act: this.random.pick(KINDS), on: this.subject(names) };
  }

  subject(names: readonly string[]): string {
    return names.length > 0 && this.random.chance(0.5)
      ? `$${this.random.pick(names)}`
      : `incident.${this.random.pick(PARTS)}`;
  }

  condition(): object {
    return this.random.pick<object>([{ severity: 'high' }, { has: 'host' }, { coverage: 'complete' }]);
  }

  /** A handler that changes nothing, or that asks before it does. */
  handlerList(elsewhere: WrittenFile['elsewhere']): Written[] {
    return this.random.chance(0.5) ? [{ step: this.name('tell'), notify: 'It went wrong.' }] : this.pair([], elsewhere);
  }

  #failing(step: Written, elsewhere: WrittenFile['elsewhere']): Written {
    if (this.random.chance(0.25))
      step['on_error'] = this.random.pick<unknown>(['stop', 'continue', this.handlerList(elsewhere)]);
    if ('act' in step && this.random.chance(0.2)) {
      step['timeout'] = '4h';
      step['on_timeout'] = this.random.pick<unknown>(['stop', 'continue', this.handlerList(elsewhere)]);
    }
    return step;
  }

  #loop(size: number, inner: Scope, elsewhere: WrittenFile['elsewhere']): Written {
    const at_most = 1 + this.random.below(5);
    if (this.random.chance(0.5)) {
      const as = this.name('each');
      const steps = this.list(size, { ...inner, names: [...inner.names, as] }, elsewhere);
      return { step: this.name('loop'), each: this.random.pick(PARTS), as, at_most, steps };
    }
    return { step: this.name('loop'), while: this.condition(), at_most, steps: this.list(size, inner, elsewhere) };
  }

  #parallel(size: number, inner: Scope, elsewhere: WrittenFile['elsewhere']): Written {
    // Names that are read inside one branch are used only there, so that no branch changes what another acts on.
    const branch = () => this.list(Math.min(size, 2), inner, elsewhere);
    const step: Written = {
      step: this.name('both'),
      parallel: [branch(), branch()],
      join: this.random.pick(['all', 'first']),
    };
    if (this.random.chance(0.2)) {
      step['timeout'] = '1h';
      step['on_timeout'] = this.random.pick<unknown>(['stop', 'continue', this.handlerList(elsewhere)]);
    }
    return step;
  }

  /** A way ahead over a whole pair: from before its human step to behind its effect. */
  #addGoto(steps: Written[]): void {
    const ahead = steps.findIndex(step => 'ask' in step || 'act' in step || 'tag' in step);
    const goal = steps.findIndex((step, index) => index > ahead + 3 && ('ask' in step || 'enrich' in step));
    const from = ahead > 0 ? steps[ahead - 1] : undefined;
    const to = steps[goal];
    // What lies inside the leap is left out whole, so that no human step is leapt over without its effect.
    if (from === undefined || to === undefined || 'ask' in from) return;
    const isWhole = steps
      .slice(goal)
      .every(step => !('act' in step) || steps.slice(goal).some(one => one['ask'] === step.step));
    if (isWhole && !('stop' in from)) from['goto'] = to.step;
  }
}

/** Puts something on the names that playbooks take. */
export function giveArguments(steps: readonly Written[], playbooks: WrittenFile['playbooks']): void {
  for (const step of everyWritten(steps)) {
    const run = step['run'];
    if (typeof run !== 'string') continue;
    const takes = playbooks[run]?.takes ?? [];
    if (takes.length > 0) step['with'] = Object.fromEntries(takes.map(name => [name, 'incident.user']));
  }
}

/** Every written step in these and in what is inside them. */
export function everyWritten(steps: readonly Written[]): readonly Written[] {
  return steps.flatMap(step => [step, ...listsInside(step).flatMap(everyWritten)]);
}

/** The lists of written steps inside a step, handlers among them. */
export function listsInside(step: Written): readonly Written[][] {
  return Object.values(step).flatMap(value => {
    if (!Array.isArray(value)) return [];
    return value.every(Array.isArray) ? (value as Written[][]) : [value as Written[]];
  });
}
