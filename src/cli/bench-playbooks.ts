import { analysePlaybook } from '../core/decide/playbook/analyse.ts';
import { readPlaybook } from '../core/decide/playbook/read-playbook.ts';
import type { PlaybookFile } from '../model/playbook.ts';
import { explore } from './playbook-cases/explorer.ts';
import {
  everyWritten,
  Generator,
  giveArguments,
  listsInside,
  type Written,
  type WrittenFile,
} from './playbook-cases/generate.ts';
import { PLANTS } from './playbook-cases/plants.ts';

export interface PlaybookPlan {
  /** Playbooks with a bypass that was put into them, and as many without. */
  readonly each: number;
  readonly seed: number;
  /** How often the large one is analysed. */
  readonly rounds: number;
}

export interface PlaybookBench {
  readonly plan: PlaybookPlan;
  /** With a bypass that was put in, and that trying everything finds too. */
  readonly planted: number;
  readonly plantedBySort: { readonly [sort: string]: number };
  /** Planted and not refused. The bar is none. */
  readonly misses: number;
  /** Effects that are done unasked when everything is tried, and that the analysis does not name. */
  readonly effectsMissed: number;
  readonly safe: number;
  /** Safe by trying everything, and refused. The bar is one in a hundred. */
  readonly safeRefused: number;
  readonly safeRefusedShare: number;
  /** Changed at random, so that nobody knows beforehand; judged by trying everything. */
  readonly mutated: number;
  readonly mutatedBypassed: number;
  readonly mutatedMisses: number;
  readonly mutatedSafeRefused: number;
  /** Planted where no way leads, by trying everything: counted as safe. */
  readonly plantedOutOfReach: number;
  /** With more to try than the bound: counted nowhere. */
  readonly undecided: number;
  readonly statesTried: number;
  readonly thousandSteps: {
    readonly steps: number;
    readonly analyseMsMedian: number;
    readonly analyseMsMax: number;
    readonly readMsMedian: number;
  };
}

const PLAN: PlaybookPlan = { each: 10_000, seed: 20_261_127, rounds: 25 };

/** Whether the analysis finds what was planted and refuses nothing else, judged by trying every way; and how long it takes. */
export function benchPlaybooks(plan: PlaybookPlan = PLAN): PlaybookBench {
  const sorts = Object.keys(PLANTS);
  const bySort = new Map<string, number>();
  const counts = { planted: 0, misses: 0, effectsMissed: 0, safe: 0, safeRefused: 0, out: 0, undecided: 0, states: 0 };
  const mutated = { all: 0, bypassed: 0, misses: 0, safeRefused: 0 };
  for (let seed = plan.seed; counts.planted < plan.each; seed++) {
    const sort = sorts[seed % sorts.length] ?? '';
    const judged = judge(planted(seed, sort));
    if (judged === undefined) counts.undecided += 1;
    else if (![...judged.tried].some(name => name.includes('.planted'))) counts.out += 1;
    else {
      counts.planted += 1;
      bySort.set(sort, (bySort.get(sort) ?? 0) + 1);
      counts.misses += judged.found.size === 0 ? 1 : 0;
    }
    counts.effectsMissed += judged === undefined ? 0 : missing(judged);
    counts.states += judged?.states ?? 0;
  }
  for (let seed = plan.seed; counts.safe < plan.each; seed++) {
    const judged = judge(safe(seed));
    if (judged === undefined) counts.undecided += 1;
    // A leap ahead now and then leaves a human step out: it was not planted, and it has to be found all the same.
    else if (judged.tried.size > 0) counts.effectsMissed += missing(judged);
    else {
      counts.safe += 1;
      counts.safeRefused += judged.found.size > 0 ? 1 : 0;
      counts.states += judged.states;
    }
    const changed = judge(mutate(seed));
    if (changed === undefined) counts.undecided += 1;
    else {
      mutated.all += 1;
      mutated.bypassed += changed.tried.size > 0 ? 1 : 0;
      mutated.misses += missing(changed) > 0 ? 1 : 0;
      mutated.safeRefused += changed.tried.size === 0 && changed.found.size > 0 ? 1 : 0;
      counts.states += changed.states;
    }
  }
  return {
    plan,
    planted: counts.planted,
    plantedBySort: Object.fromEntries([...bySort].sort()),
    misses: counts.misses,
    effectsMissed: counts.effectsMissed,
    safe: counts.safe,
    safeRefused: counts.safeRefused,
    safeRefusedShare: counts.safeRefused / counts.safe,
    mutated: mutated.all,
    mutatedBypassed: mutated.bypassed,
    mutatedMisses: mutated.misses,
    mutatedSafeRefused: mutated.safeRefused,
    plantedOutOfReach: counts.out,
    undecided: counts.undecided,
    statesTried: counts.states,
    thousandSteps: timed(plan),
  };
}

interface Judged {
  /** Effects that are done unasked, by the analysis and by trying everything. */
  readonly found: ReadonlySet<string>;
  readonly tried: ReadonlySet<string>;
  readonly states: number;
}

/** Both opinions on a file; undefined where there was too much to try. */
export function judge(written: WrittenFile): Judged | undefined {
  const file = read(written);
  const tried = explore(file);
  if (tried.kind === 'undecided') return undefined;
  const found = new Set(analysePlaybook(file).bypasses.map(({ playbook, step }) => `${playbook}.${step}`));
  return { found, tried: tried.bypassed, states: tried.states };
}

function missing({ found, tried }: Judged): number {
  return [...tried].filter(name => !found.has(name)).length;
}

function read(written: WrittenFile): PlaybookFile {
  // JSON is YAML: what is invented goes through the same door as what people write.
  const file = readPlaybook(JSON.stringify(written));
  if (!file.ok) throw new Error(`the generator made one that does not load: ${JSON.stringify(file.failure[0])}`);
  return file.value;
}

const STEPS_SMALL = 6;

/** A playbook that nobody can be bypassed in. */
export function safe(seed: number): WrittenFile {
  const made = new Generator(seed);
  return made.file(1 + made.random.below(STEPS_SMALL));
}

/** The same, with one bypass of a sort put somewhere into it. */
export function planted(seed: number, sort: string): WrittenFile {
  const made = new Generator(seed);
  const file = made.file(1 + made.random.below(STEPS_SMALL));
  const steps = PLANTS[sort]?.(made, file) ?? [];
  const lists = [file.steps, ...everyWritten(file.steps).flatMap(listsInside)];
  const list = made.random.chance(0.5) ? file.steps : made.random.pick(lists);
  list.splice(made.random.below(list.length + 1), 0, ...steps);
  giveArguments(file.steps, file.playbooks);
  return file;
}

/** The same, with a few members changed at random: a human step taken out, moved, or made to go on whatever happens. */
export function mutate(seed: number): WrittenFile {
  const made = new Generator(seed);
  const file = made.file(2 + made.random.below(STEPS_SMALL));
  const lists = [file.steps, ...everyWritten(file.steps).flatMap(listsInside)];
  for (let changes = 1 + made.random.below(3); changes > 0; changes--) change(made, made.random.pick(lists));
  return file;
}

function change(made: Generator, list: Written[]): void {
  const { random } = made;
  const index = random.below(list.length);
  const step = list[index];
  if (step === undefined) return;
  const roll = random.below(5);
  const isTarget = everyWritten(list).some(one => one['goto'] === step.step);
  if (roll === 0 && list.length > 1 && 'ask' in step && !isTarget) list.splice(index, 1);
  else if (roll === 1 && 'ask' in step) step['on_timeout'] = 'continue';
  else if (roll === 2 && 'ask' in step) step['on_rejected'] = random.pick<unknown>(['continue', 'stop']);
  else if (roll === 3 && !('stop' in step)) step['on_error'] = random.pick(['continue', 'stop']);
  else if (!('goto' in step) && !isTarget && !list.some(one => 'goto' in one)) {
    const [taken] = list.splice(index, 1);
    if (taken !== undefined) list.splice(random.below(list.length + 1), 0, taken);
  }
}

/** One of a thousand steps: pairs in loops, branches and handlers. */
function thousand(seed: number): WrittenFile {
  const made = new Generator(seed);
  const file = made.file(4);
  const all = () => everyWritten([...file.steps, ...Object.values(file.playbooks).flatMap(one => one.steps)]).length;
  const scope = { names: [], subs: [], depth: 0, mayStop: false };
  while (all() < 1_000) file.steps.push(...made.list(4, scope, file.elsewhere));
  return file;
}

function timed({ seed, rounds }: PlaybookPlan): PlaybookBench['thousandSteps'] {
  const [analysed, reads]: [number[], number[]] = [[], []];
  let steps = 0;
  for (let round = 0; round < rounds; round++) {
    const written = thousand(seed + round);
    const text = JSON.stringify(written);
    const started = performance.now();
    const file = readPlaybook(text);
    const between = performance.now();
    if (!file.ok) throw new Error('the large one does not load');
    const verdict = analysePlaybook(file.value);
    analysed.push(performance.now() - between);
    reads.push(between - started);
    if (verdict.bypasses.length > 0) throw new Error('the large one is refused');
    steps = everyWritten(written.steps).length;
  }
  const median = (of: readonly number[]) => [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
  const round = (ms: number) => Math.round(ms * 100) / 100;
  return {
    steps,
    analyseMsMedian: round(median(analysed)),
    analyseMsMax: round(Math.max(...analysed)),
    readMsMedian: round(median(reads)),
  };
}
