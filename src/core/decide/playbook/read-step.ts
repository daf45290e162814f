import { z } from 'zod';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../../base/time.ts';
import { KIND_IDS, type KindId } from '../../../model/kind.ts';
import {
  type Handler,
  INCIDENT_PARTS,
  LOOP_TURNS_MAX,
  PLAYBOOK_STEPS_MAX,
  type PlaybookProblem,
  type Step,
  type Steps,
  type Subject,
} from '../../../model/playbook.ts';
import { isSeen } from '../closed.ts';
import { kindFloor } from '../kinds.ts';

/** Lists of steps inside each other. */
const DEPTH_MAX = 16;
const BRANCHES_MAX = 16;
const PROBLEMS_MAX = 50;
const TIMEOUT_MS_MAX = 7 * MS_PER_DAY;

export const NAME = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'is not a name of small letters, digits and hyphens, such as ask-lock');

/** Kinds that change the rules themselves, and one that takes more than a target. No playbook changes policy, whoever signs it. */
const RULES_THEMSELVES: readonly KindId[] = [
  'choose_prompt',
  'change_policy',
  'adopt_playbook',
  'adopt_tools',
  'call_tool',
];

const ACT_KIND = z
  .enum(KIND_IDS, 'is no kind of response')
  .refine(kind => kindFloor(kind) !== 'notice', 'only tells people: use notify, tag, ticket or comment')
  .refine(
    kind => !RULES_THEMSELVES.includes(kind),
    'changes the rules themselves, or takes more than a target: no playbook does it',
  );
const PART = z.enum(INCIDENT_PARTS, `is no part of an incident: ${INCIDENT_PARTS.join(', ')}`);
const SUBJECT = z
  .string()
  .regex(
    /^(incident\.[a-z]{1,20}|\$[a-z][a-z0-9-]{0,63})$/,
    'is neither a part of the incident (incident.user) nor a name ($account)',
  )
  .refine(
    text => text.startsWith('$') || INCIDENT_PARTS.some(part => text === `incident.${part}`),
    `is no part of an incident: ${INCIDENT_PARTS.join(', ')}`,
  )
  .transform(subjectOf);
const DURATION = z
  .string()
  .regex(/^[1-9]\d{0,3}[mhd]$/, 'is not a time such as 30m, 4h or 2d')
  .transform(msOf)
  .refine(ms => ms <= TIMEOUT_MS_MAX, 'is longer than 7d');
const CONDITION = z.union(
  [
    z
      .strictObject({ severity: z.enum(['low', 'medium', 'high', 'critical']) })
      .transform(({ severity }) => ({ asks: 'severity', atLeast: severity }) as const),
    z.strictObject({ has: PART }).transform(({ has }) => ({ asks: 'has', part: has }) as const),
    z
      .strictObject({ coverage: z.enum(['complete', 'gaps']) })
      .transform(({ coverage }) => ({ asks: 'coverage', is: coverage }) as const),
  ],
  'is no condition: {severity: high}, {has: user} or {coverage: complete}',
);
const NAMESPACE = z.string().regex(/^[a-z][a-z0-9/._-]{0,63}$/, 'is not a namespace of small letters');

const COMMON = { step: NAME, goto: NAME.optional(), on_error: z.unknown().optional() };
const TIMED = { timeout: DURATION.optional(), on_timeout: z.unknown().optional() };

/** How each type of step is written; the member that names the type is the key. */
const SHAPES = {
  act: z.strictObject({ ...COMMON, ...TIMED, act: ACT_KIND, on: SUBJECT }),
  tag: z.strictObject({ ...COMMON, ...TIMED, tag: NAMESPACE }),
  ticket: z.strictObject({ ...COMMON, ...TIMED, ticket: NAMESPACE }),
  comment: z.strictObject({ ...COMMON, ...TIMED, comment: NAMESPACE }),
  ask: z.strictObject({ ...COMMON, ...TIMED, ask: NAME, on_rejected: z.unknown().optional() }),
  read: z.strictObject({ ...COMMON, read: SUBJECT, as: NAME }),
  enrich: z.strictObject({ ...COMMON, enrich: SUBJECT }),
  if: z.strictObject({ ...COMMON, if: CONDITION, yes: z.unknown(), no: z.unknown().optional() }),
  each: z.strictObject({
    ...COMMON,
    each: PART,
    as: NAME,
    at_most: z.int().min(1).max(LOOP_TURNS_MAX),
    steps: z.unknown(),
  }),
  while: z.strictObject({
    ...COMMON,
    while: CONDITION,
    at_most: z.int().min(1).max(LOOP_TURNS_MAX),
    steps: z.unknown(),
  }),
  parallel: z.strictObject({
    ...COMMON,
    ...TIMED,
    parallel: z.array(z.unknown()).min(1).max(BRANCHES_MAX),
    join: z.enum(['all', 'first']).default('all'),
  }),
  run: z.strictObject({ ...COMMON, run: NAME, with: z.record(NAME, SUBJECT).default({}) }),
  notify: z.strictObject({
    ...COMMON,
    notify: z.string().min(1).max(300).refine(isSeen, 'has characters that cannot be seen'),
  }),
  stop: z.strictObject({ ...COMMON, stop: z.literal(true) }),
} as const;
type ShapeName = keyof typeof SHAPES;
type Shape<N extends ShapeName> = z.infer<(typeof SHAPES)[N]>;

/** Reads lists of steps and collects everything that is wrong; what it returns counts only where there are no problems. */
export class StepReader {
  readonly problems: PlaybookProblem[] = [];
  #steps = 0;

  list(plain: unknown, at: string, depth: number): Steps {
    if (depth > DEPTH_MAX) return this.#refuse(at, `lists nest deeper than ${DEPTH_MAX}`);
    if (!Array.isArray(plain) || plain.length === 0) return this.#refuse(at, 'is no list of steps');
    const steps: Step[] = [];
    for (const [index, item] of plain.entries()) {
      this.#steps += 1;
      if (this.#steps > PLAYBOOK_STEPS_MAX) return this.#refuse(at, `there are more than ${PLAYBOOK_STEPS_MAX} steps`);
      if (this.problems.length >= PROBLEMS_MAX) return [];
      const step = this.#step(item, `${at}.${index}`, depth);
      if (step !== undefined) steps.push(step);
    }
    return steps;
  }

  /** A handler, undefined where there is none. */
  handler(plain: unknown, at: string, depth: number): Handler | undefined {
    if (plain === undefined) return undefined;
    if (plain === 'stop' || plain === 'continue') return plain;
    if (!Array.isArray(plain)) return this.#refuse(at, 'is neither stop, continue nor a list of steps');
    return this.list(plain, at, depth + 1);
  }

  #refuse(at: string, text: string): [] {
    this.problems.push({ at, text });
    return [];
  }

  #step(plain: unknown, at: string, depth: number): Step | undefined {
    const keys = typeof plain === 'object' && plain !== null ? Object.keys(plain) : [];
    const types = (Object.keys(SHAPES) as ShapeName[]).filter(name => keys.includes(name));
    const [type] = types;
    if (type === undefined || types.length > 1) {
      this.#refuse(at, `has to be one of ${Object.keys(SHAPES).join(', ')}, and is ${types.join(' and ') || 'none'}`);
      return undefined;
    }
    const read = SHAPES[type].safeParse(plain);
    if (!read.success) {
      for (const { path, message } of read.error.issues) this.#refuse([at, ...path].join('.'), message.toLowerCase());
      return undefined;
    }
    const data = read.data as Shape<ShapeName>;
    const common = { name: data.step, goto: data.goto, onError: this.handler(data.on_error, `${at}.on_error`, depth) };
    return { ...common, ...this.#body(type, read.data, at, depth) } as Step;
  }

  #timed(data: { readonly timeout?: number | undefined; readonly on_timeout?: unknown }, at: string, depth: number) {
    // A human step always ends at some time: what it proposed expires.
    if (data.on_timeout !== undefined && data.timeout === undefined && !('ask' in data))
      this.#refuse(at, 'has on_timeout and no timeout');
    return { timeoutMs: data.timeout, onTimeout: this.handler(data.on_timeout, `${at}.on_timeout`, depth) };
  }

  /** What is particular to its type. Each shape has been checked before. */
  #body(type: ShapeName, data: unknown, at: string, depth: number): object {
    const list = (plain: unknown, member: string) => this.list(plain, `${at}.${member}`, depth + 1);
    switch (type) {
      case 'act': {
        const { act, on, ...rest } = data as Shape<'act'>;
        return { type: 'effect', effect: { writes: 'act', kind: act, on }, ...this.#timed(rest, at, depth) };
      }
      case 'tag':
      case 'ticket':
      case 'comment': {
        const effect = { writes: type, namespace: (data as { readonly [T in typeof type]: string })[type] };
        return { type: 'effect', effect, ...this.#timed(data as Shape<'tag'>, at, depth) };
      }
      case 'ask': {
        const { ask, on_rejected } = data as Shape<'ask'>;
        const onRejected = this.handler(on_rejected, `${at}.on_rejected`, depth);
        return { type: 'ask', releases: ask, onRejected, ...this.#timed(data as Shape<'ask'>, at, depth) };
      }
      case 'read':
        return { type: 'read', subject: (data as Shape<'read'>).read, as: (data as Shape<'read'>).as };
      case 'enrich':
        return { type: 'enrich', subject: (data as Shape<'enrich'>).enrich };
      case 'if': {
        const { if: condition, yes, no } = data as Shape<'if'>;
        return { type: 'branch', condition, yes: list(yes, 'yes'), no: no === undefined ? [] : list(no, 'no') };
      }
      case 'each': {
        const { each, as, at_most, steps } = data as Shape<'each'>;
        return { type: 'loop', over: { kind: 'each', part: each, as }, turnsMax: at_most, body: list(steps, 'steps') };
      }
      case 'while': {
        const { while: condition, at_most, steps } = data as Shape<'while'>;
        return { type: 'loop', over: { kind: 'while', condition }, turnsMax: at_most, body: list(steps, 'steps') };
      }
      case 'parallel': {
        const { parallel, join, ...rest } = data as Shape<'parallel'>;
        const branches = parallel.map((branch, index) => list(branch, `parallel.${index}`));
        return { type: 'parallel', branches, join, ...this.#timed(rest, at, depth) };
      }
      case 'run': {
        const { run, with: gives } = data as Shape<'run'>;
        return {
          type: 'run',
          playbook: run,
          gives: Object.entries(gives).map(([name, subject]) => ({ name, subject })),
        };
      }
      case 'notify':
        return { type: 'notify', text: (data as Shape<'notify'>).notify };
      case 'stop':
        return { type: 'stop' };
    }
  }
}

function subjectOf(text: string): Subject {
  if (text.startsWith('$')) return { from: 'name', name: text.slice(1) };
  const part = INCIDENT_PARTS.find(one => text === `incident.${one}`);
  return part === undefined ? { from: 'name', name: text } : { from: 'incident', part };
}

function msOf(text: string): number {
  const unit = { m: MS_PER_MINUTE, h: MS_PER_HOUR, d: MS_PER_DAY }[text.at(-1) as 'm' | 'h' | 'd'];
  return Number(text.slice(0, -1)) * unit;
}
