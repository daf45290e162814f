import { rfc3339, type UnixMs } from '../../../../base/time.ts';
import { MAIN, type PlaybookFile } from '../../../../model/playbook.ts';
import { type WrittenStep, writtenOf } from '../write-playbook.ts';
import { EXTENSION, idOf, OWN_COMMAND, SPEC_VERSION } from './format.ts';

type Json = { readonly [member: string]: unknown };
type Lists = readonly WrittenStep[];

/** Members that hold steps, and so become links in a document. */
const LINKS = ['yes', 'no', 'steps', 'parallel', 'on_error', 'on_timeout', 'on_rejected'];

/**
 * A file as CACAO 2.0 documents, the main playbook first: each playbook of it is a document, since CACAO has no playbooks inside
 * others. What CACAO has no member for stands in an extension. `fromCacao` makes the same file of it again.
 */
export function toCacao(file: PlaybookFile, madeBy: string, at: UnixMs): readonly Json[] {
  const written = writtenOf(file);
  const subs = Object.entries((written['playbooks'] ?? {}) as { readonly [name: string]: Json });
  const main: Json = { ...written, takes: undefined };
  return [[MAIN, main] as const, ...subs].map(([name, playbook]) => {
    const writer = new Writer(`${file.title}\n${file.version}\n${name}`, file);
    const isMain = name === MAIN;
    const extension = isMain
      ? { version: file.version, elsewhere: written['elsewhere'] }
      : { takes: playbook['takes'] };
    const error = playbook['on_error'];
    return compact({
      type: 'playbook',
      spec_version: SPEC_VERSION,
      id: idOf('playbook', `${file.title}\n${name}`),
      name: isMain ? file.title : name,
      playbook_types: ['mitigation'],
      created_by: idOf('identity', madeBy),
      created: rfc3339(at),
      modified: rfc3339(at),
      revoked: false,
      valid_from: isMain ? written['valid_from'] : undefined,
      valid_until: isMain ? written['valid_until'] : undefined,
      ...writer.workflow(playbook['steps'] as Lists, Array.isArray(error) ? (error as Lists) : undefined),
      playbook_extensions: {
        [EXTENSION]: compact({ ...extension, on_error: typeof error === 'string' ? error : undefined }),
      },
    });
  });
}

class Writer {
  readonly #words: string;
  readonly #file: PlaybookFile;
  readonly #steps: { [id: string]: Json } = {};

  constructor(words: string, file: PlaybookFile) {
    this.#words = words;
    this.#file = file;
  }

  workflow(steps: Lists, onError: Lists | undefined): Json {
    const end = idOf('end', this.#words);
    this.#steps[end] = { type: 'end' };
    const exception = onError === undefined ? undefined : this.#list(onError, end);
    const start = idOf('start', this.#words);
    this.#steps[start] = { type: 'start', on_completion: this.#list(steps, end) };
    return compact({ workflow_start: start, workflow_exception: exception, workflow: this.#steps });
  }

  /** Adds the steps of a list, the last going on with `next`. Returns the id of the first. */
  #list(list: Lists, next: string | undefined): string | undefined {
    return [...list].reverse().reduce<string | undefined>((following, step) => this.#step(step, following), next);
  }

  #step(step: WrittenStep, next: string | undefined): string {
    const id = this.#idOf(step);
    const goto = step['goto'];
    const onwards = typeof goto === 'string' ? this.#idNamed(goto) : next;
    const link = (member: string, after: string | undefined) =>
      Array.isArray(step[member]) ? this.#list(step[member] as Lists, after) : undefined;
    const own = Object.fromEntries(
      Object.entries(step).filter(([member, value]) => !(LINKS.includes(member) && Array.isArray(value))),
    );
    const handlers = { on_timeout: link('on_timeout', next), on_rejected: link('on_rejected', next) };
    this.#steps[id] = compact({
      type: typeOf(step),
      name: step.step,
      on_completion: onwards,
      on_failure: link('on_error', next),
      ...this.#bodyOf(step),
      step_extensions: {
        [EXTENSION]: compact({
          written: own,
          links: compact(handlers),
          next: typeof goto === 'string' ? next : undefined,
        }),
      },
    });
    return id;
  }

  #bodyOf(step: WrittenStep): Json {
    const list = (member: string) =>
      Array.isArray(step[member]) ? this.#list(step[member] as Lists, undefined) : undefined;
    if ('if' in step)
      return compact({ condition: conditionText(step['if']), on_true: list('yes'), on_false: list('no') });
    if ('while' in step) return compact({ condition: conditionText(step['while']), on_true: list('steps') });
    if ('each' in step)
      return compact({ condition: `countersign:each = '${String(step['each'])}'`, on_true: list('steps') });
    if ('parallel' in step)
      return { next_steps: (step['parallel'] as readonly Lists[]).map(branch => this.#list(branch, undefined)) };
    if ('run' in step) {
      const run = String(step['run']);
      return { playbook_id: idOf('playbook', `${this.#file.title}\n${run}`) };
    }
    if ('ask' in step)
      return { commands: [{ type: 'manual', command: `Decide whether ${String(step['ask'])} is done.` }] };
    const [type = ''] = Object.keys(step).filter(member =>
      ['act', 'tag', 'ticket', 'comment', 'read', 'enrich', 'notify', 'stop'].includes(member),
    );
    return { commands: [{ type: OWN_COMMAND, command: type === 'act' ? String(step['act']) : type }] };
  }

  #idOf(step: WrittenStep): string {
    return idOf(typeOf(step), `${this.#words}\n${step.step}`);
  }

  #idNamed(name: string): string {
    const playbook = this.#file.playbooks.find(one => this.#words.endsWith(`\n${one.name}`));
    const found = everyStep(playbook === undefined ? [] : writtenSteps(this.#file, playbook.name)).find(
      step => step.step === name,
    );
    return found === undefined ? '' : this.#idOf(found);
  }
}

function writtenSteps(file: PlaybookFile, name: string): Lists {
  const written = writtenOf(file);
  const playbook =
    name === MAIN ? written : (written['playbooks'] as { readonly [name: string]: Json } | undefined)?.[name];
  const error = playbook?.['on_error'];
  return [...((playbook?.['steps'] as Lists | undefined) ?? []), ...(Array.isArray(error) ? (error as Lists) : [])];
}

function everyStep(list: Lists): Lists {
  return list.flatMap(step => [
    step,
    ...LINKS.flatMap(member => {
      const value = step[member];
      if (!Array.isArray(value)) return [];
      return everyStep(value.flat() as Lists);
    }),
  ]);
}

function typeOf(step: WrittenStep): string {
  if ('if' in step) return 'if-condition';
  if ('while' in step || 'each' in step) return 'while-condition';
  if ('parallel' in step) return 'parallel';
  return 'run' in step ? 'playbook-action' : 'action';
}

function conditionText(condition: unknown): string {
  const [[asks, value] = ['', '']] = Object.entries((condition ?? {}) as { readonly [asks: string]: string });
  return `countersign:${asks} = '${value}'`;
}

function compact(members: { readonly [member: string]: unknown }): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
