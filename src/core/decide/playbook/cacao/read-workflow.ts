import { KIND_IDS } from '../../../../model/kind.ts';
import { LOOP_TURNS_MAX, type PlaybookProblem } from '../../../../model/playbook.ts';
import { type Cacao, type CacaoStep, EXTENSION, OPENC2_KINDS, OWN_COMMAND } from './format.ts';

type Written = { [member: string]: unknown; step: string };
type Own = { readonly [member: string]: unknown };

/** How far a path of a workflow is followed before it counts as one without an end. */
const STEPS_FOLLOWED_MAX = 2_000;
const DEPTH_MAX = 16;

/** Takes one document apart: its steps, which name each other, become lists of steps. */
export class WorkflowReader {
  readonly problems: PlaybookProblem[] = [];
  readonly #document: Cacao;
  readonly #playbooks: ReadonlyMap<string, string>;
  readonly #taken = new Set<string>();
  readonly #names = new Map<string, string>();
  #followed = 0;

  constructor(document: Cacao, playbooks: ReadonlyMap<string, string>) {
    this.#document = document;
    this.#playbooks = playbooks;
  }

  /** The playbook as it would be written. It counts only where there are no problems. */
  playbook(): Own {
    const { workflow_start, workflow_exception, playbook_extensions } = this.#document;
    const start = this.#step(workflow_start);
    const steps = this.#path(nextOf(start), [], 0);
    const own = (playbook_extensions?.[EXTENSION] ?? {}) as Own;
    const handled = workflow_exception === undefined ? own['on_error'] : this.#path(workflow_exception, [], 0);
    const members = { takes: own['takes'], steps, on_error: handled };
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  }

  #refuse(at: string, text: string): void {
    if (this.problems.length < 50) this.problems.push({ at, text });
  }

  #step(id: string): CacaoStep | undefined {
    // The workflow's keys are an attacker's: `constructor` must find nothing.
    const { workflow } = this.#document;
    if (Object.hasOwn(workflow, id)) return workflow[id];
    this.#refuse(id, 'there is no such step');
    return undefined;
  }

  /** The steps from `id` on, until one of `until`, an end, or nothing follows. */
  #path(id: string | undefined, until: readonly string[], depth: number, endsRun = false): Written[] {
    const list: Written[] = [];
    if (depth > DEPTH_MAX) this.#refuse(id ?? '', `its steps nest deeper than ${DEPTH_MAX}`);
    for (let at = id; at !== undefined && !until.includes(at) && this.problems.length === 0; ) {
      this.#followed += 1;
      const step = this.#step(at);
      if (step === undefined || this.#followed > STEPS_FOLLOWED_MAX) {
        this.#refuse(at, 'its path is too long');
        break;
      }
      if (step.type === 'end') {
        if (endsRun) list.push({ step: this.#fresh('halt'), stop: true });
        break;
      }
      if (this.#taken.has(at)) {
        this.#refuse(step.name ?? at, 'is reached on two ways that do not come together before it');
        break;
      }
      this.#taken.add(at);
      const next = this.#after(step);
      list.push(this.#written(at, step, next, until, depth));
      at = next;
    }
    return list;
  }

  /** Where it goes on behind a step, also where only its arms say so. */
  #after(step: CacaoStep): string | undefined {
    const own = (step.step_extensions?.[EXTENSION] ?? {}) as Own;
    if (typeof own['next'] === 'string') return own['next'];
    const next = nextOf(step);
    if (next !== undefined || step.type !== 'if-condition') return next;
    const [yes, no] = [step.on_true, step.on_false].map(id => this.#spine(id));
    return yes?.find(id => no?.includes(id) === true && this.#document.workflow[id]?.type !== 'end');
  }

  #spine(id: string | undefined): readonly string[] {
    const ids: string[] = [];
    for (let at = id; at !== undefined && !ids.includes(at) && ids.length < STEPS_FOLLOWED_MAX; ) {
      ids.push(at);
      at = Object.hasOwn(this.#document.workflow, at) ? nextOf(this.#document.workflow[at]) : undefined;
    }
    return ids;
  }

  #written(id: string, step: CacaoStep, next: string | undefined, until: readonly string[], depth: number): Written {
    const own = (step.step_extensions?.[EXTENSION] ?? {}) as Own;
    const ahead = [...until, ...(next === undefined ? [] : [next])];
    const written: Written = { ...this.#body(id, step, ahead, depth), step: this.#nameOf(id, step) };
    if (step.on_failure !== undefined) {
      const handler = this.#path(step.on_failure, ahead, depth + 1, true);
      written['on_error'] = handler.length === 0 ? 'continue' : handler;
    }
    for (const [member, link] of Object.entries((own['links'] ?? {}) as Own))
      if ((member === 'on_timeout' || member === 'on_rejected') && typeof link === 'string')
        written[member] = this.#path(link, ahead, depth + 1, true);
    return written;
  }

  #body(id: string, step: CacaoStep, ahead: readonly string[], depth: number): Own {
    const own = (step.step_extensions?.[EXTENSION] ?? {}) as Own;
    const written = (own['written'] ?? {}) as Own;
    const list = (from: string | undefined) => this.#path(from, ahead, depth + 1);
    switch (step.type) {
      case 'if-condition':
        return {
          ...written,
          if: this.#condition(id, step),
          yes: list(step.on_true),
          ...(step.on_false === undefined || ahead.includes(step.on_false) ? {} : { no: list(step.on_false) }),
        };
      case 'while-condition': {
        const steps = this.#path(step.on_true, [...ahead, id], depth + 1);
        if ('each' in written) return { ...written, steps };
        return { at_most: LOOP_TURNS_MAX, ...written, while: this.#condition(id, step), steps };
      }
      case 'parallel':
        return { ...written, parallel: (step.next_steps ?? []).map(list) };
      case 'playbook-action': {
        const run = this.#playbooks.get(step.playbook_id ?? '');
        if (run === undefined) this.#refuse(step.name ?? id, 'runs a playbook that was not brought with it');
        return { ...written, run: run ?? '' };
      }
      default:
        return Object.keys(written).length > 0 ? written : this.#action(id, step);
    }
  }

  /** A step that another program wrote. */
  #action(id: string, step: CacaoStep): Own {
    const at = step.name ?? id;
    const [command, ...more] = step.commands ?? [];
    if (command === undefined || more.length > 0) {
      this.#refuse(at, `has ${more.length === 0 ? 'no command' : `${more.length + 1} commands`}, and one is read`);
      return {};
    }
    if (command.type === 'manual') return this.#manual(step, command.command ?? at);
    if (command.type === OWN_COMMAND) {
      const kind = KIND_IDS.find(one => one === command.command);
      if (kind !== undefined) return { act: kind, on: 'incident.user' };
    }
    if (command.type === 'openc2-http') {
      const asked = openC2(command.content);
      if (asked !== undefined) return { act: asked.kind, on: `incident.${asked.part}` };
    }
    this.#refuse(at, `the command \`${command.type}\` is blocked: no kind of response stands for it`);
    return {};
  }

  /** What somebody does by hand: the human step of what comes next where that changes something, else people are told. */
  #manual(step: CacaoStep, text: string): Own {
    const nextId = nextOf(step);
    const next =
      nextId !== undefined && Object.hasOwn(this.#document.workflow, nextId)
        ? this.#document.workflow[nextId]
        : undefined;
    const type = next?.type === 'action' ? next.commands?.[0]?.type : undefined;
    if (nextId !== undefined && next !== undefined && (type === OWN_COMMAND || type === 'openc2-http'))
      return { ask: this.#nameOf(nextId, next) };
    return { notify: text.slice(0, 300) };
  }

  #condition(id: string, step: CacaoStep): object {
    const [, asks = '', value = ''] =
      /^countersign:(severity|has|coverage) = '([a-z]{1,20})'$/.exec(step.condition ?? '') ?? [];
    if (asks === '') this.#refuse(step.name ?? id, 'its condition is none that can be answered here');
    return { [asks]: value };
  }

  #nameOf(id: string, step: CacaoStep): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const said = step.name ?? step.type;
    const slug = /^[a-z][a-z0-9-]{0,63}$/.test(said)
      ? said
      : said
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-')
          .replace(/^[^a-z]+|-+$/g, '')
          .slice(0, 50);
    const name = this.#fresh(slug === '' ? step.type : slug);
    this.#names.set(id, name);
    return name;
  }

  #fresh(name: string): string {
    const used = new Set(this.#names.values());
    let fresh = name;
    for (let count = 2; used.has(fresh); count++) fresh = `${name}-${count}`;
    if (!this.#names.has(fresh)) this.#names.set(`name ${fresh}`, fresh);
    return fresh;
  }
}

function nextOf(step: CacaoStep | undefined): string | undefined {
  return step?.on_completion ?? step?.on_success;
}

function openC2(content: string | undefined): (typeof OPENC2_KINDS)[number] | undefined {
  try {
    const { action, target } = JSON.parse(content ?? '') as { readonly action?: unknown; readonly target?: object };
    const [type] = Object.keys(target ?? {});
    return OPENC2_KINDS.find(one => one.action === action && one.target === type);
  } catch {
    return undefined;
  }
}
