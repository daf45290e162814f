import { unixMsFrom } from '../../../base/time.ts';
import type { Severity } from '../../../model/alert.ts';
import { SEVERITY_RANK } from '../../../model/alert.ts';
import type { Condition, Effect, INCIDENT_PARTS, Playbook, PlaybookFile, Step } from '../../../model/playbook.ts';
import type { DryRunRow, DryStep, PeopleSay, WouldPropose } from '../../../model/playbook-dry-run.ts';
import type { RunCommand, RunFact, RunFactBody } from '../../../model/playbook-run.ts';
import type { Known } from '../tier.ts';
import { conditionText } from './draw.ts';
import { runState } from './run.ts';
import { allSteps, listOf } from './walk.ts';
import { subjectOf } from './write-playbook.ts';

/** Places of one incident that are followed; a loop over a loop can have many more. */
const PLACES_MAX = 300;

/** An incident as it is stored: values, and nothing that could be asked of anybody. */
export interface PastIncident {
  readonly severity: Severity;
  readonly coverage: 'complete' | 'gaps' | 'unknown';
  /** The most telling first. */
  readonly valuesOf: (part: (typeof INCIDENT_PARTS)[number]) => readonly string[];
  /** What would be proposed of an effect; else why nothing would. */
  readonly proposalOf: (effect: Effect, on: string) => WouldPropose | string;
}

type Followed = Pick<DryRunRow, 'steps' | 'end' | 'why'>;

/**
 * The path that a run would take through a past incident. It is the machine of runs itself, told what stored values say. It is
 * neither asynchronous nor given anything that is, so there is nothing by which it could reach anybody (controls AIB-08).
 */
export function dryRun(file: PlaybookFile, past: PastIncident, people: PeopleSay): Followed {
  const facts: RunFact[] = [];
  const steps: DryStep[] = [];
  while (facts.length < PLACES_MAX) {
    const { commands, end } = runState(file, facts);
    if (end !== undefined) return { steps, end: end.as, why: end.why };
    for (const command of commands) {
      const came = lookedAt(file, past, people, command);
      if (came === undefined) continue;
      facts.push({ key: command.key, body: came.body, at: unixMsFrom(0) });
      if (came.step !== undefined) steps.push({ place: placeOf(command.key), ...came.step });
    }
  }
  return { steps, end: 'unknown', why: `only the first ${PLACES_MAX} places are followed` };
}

interface Came {
  readonly body: RunFactBody;
  /** Undefined where there is nothing to tell. */
  readonly step: Omit<DryStep, 'place'> | undefined;
}

function lookedAt(file: PlaybookFile, past: PastIncident, people: PeopleSay, command: RunCommand): Came | undefined {
  switch (command.do) {
    case 'note':
      return noted(file, command);
    case 'begin':
      return { body: { kind: 'begun' }, step: undefined };
    // How long something takes is not stored: what runs at once is taken to come together in time.
    case 'deadline':
      return undefined;
    case 'answer':
      return answered(past, command.condition);
    case 'read':
      return read(past, command);
    case 'claim': {
      const [on = ''] = valuesOf(past, command);
      return { body: { kind: 'claimed', proposal: 'prp_dry', on }, step: undefined };
    }
    case 'decide':
      return decided(file, past, people, command);
    case 'await':
      return {
        body: { kind: 'outcome', is: 'done', why: '' },
        step: said('would', 'waits until the act was carried out and seen in effect'),
      };
  }
}

function said(is: DryStep['is'], text: string, proposes?: WouldPropose): Came['step'] {
  return { is, text, proposes };
}

function noted(file: PlaybookFile, { key, body }: Extract<RunCommand, { do: 'note' }>): Came {
  if (body.kind !== 'joined') {
    const why = body.kind === 'outcome' ? body.why : '';
    return { body, step: said('would', `writes on the run: ${why}`) };
  }
  const isRace = stepsNamed(file, nameOf(key)).some(step => step.type === 'parallel' && step.join === 'first');
  if (!isRace) return { body, step: undefined };
  return { body, step: said('unknown', 'which of its branches is through first; one of them is followed on') };
}

function answered(past: PastIncident, condition: Condition): Came {
  const holds = holdsOf(past, condition);
  const asked = conditionText(condition);
  return {
    body: { kind: 'answer', holds: holds === 'yes' },
    step:
      holds === 'unknown'
        ? said('unknown', `whether ${asked}; a run goes on as if it were not so`)
        : said('reads', `${asked}: ${holds}`),
  };
}

function holdsOf(past: PastIncident, condition: Condition): Known {
  switch (condition.asks) {
    case 'has':
      if (past.valuesOf(condition.part).length > 0) return 'yes';
      return past.coverage === 'complete' ? 'no' : 'unknown';
    case 'coverage':
      if (past.coverage === 'unknown') return 'unknown';
      return past.coverage === condition.is ? 'yes' : 'no';
    case 'severity':
      if (past.severity === 'unknown') return 'unknown';
      return SEVERITY_RANK[past.severity] >= SEVERITY_RANK[condition.atLeast] ? 'yes' : 'no';
  }
}

function read(past: PastIncident, command: Extract<RunCommand, { do: 'read' }>): Came {
  const values = valuesOf(past, command).slice(0, command.valuesMax);
  const what = subjectOf(command.subject);
  const missing = past.coverage === 'complete' ? 'fails' : 'unknown';
  const text = values.length === 0 ? `${what}: none is stored` : `${what}: ${values.join(', ')}`;
  const body = { kind: 'values', values } as const;
  if (values.length === 0) return { body, step: said(command.use === 'turns' ? 'reads' : missing, text) };
  return {
    body,
    step: command.use === 'look_up' ? said('would', `looks up ${values.join(', ')}`) : said('reads', text),
  };
}

function valuesOf(
  past: PastIncident,
  { subject, named }: Pick<Extract<RunCommand, { do: 'claim' }>, 'subject' | 'named'>,
): readonly string[] {
  if (subject.from === 'name') return named === undefined ? [] : [named];
  return past.valuesOf(subject.part);
}

const VERDICTS = { sign: 'approved', reject: 'rejected', late: 'late' } as const;
const AFTER: { readonly [P in PeopleSay]: string } = {
  sign: 'goes on as if they signed',
  reject: 'goes on as if they rejected it',
  late: 'goes on as if nobody answered in time',
};

/** Where a run asks people. What they would say is not known, and is taken from whoever asks for the dry run. */
function decided(
  file: PlaybookFile,
  past: PastIncident,
  people: PeopleSay,
  { releases, playbook, on, step }: Extract<RunCommand, { do: 'decide' }>,
): Came {
  const within = file.playbooks.find(one => one.name === playbook);
  const effect = within && stepsOf(within).find(one => one.name === releases && one.type === 'effect');
  const would =
    effect?.type === 'effect' ? past.proposalOf(effect.effect, on) : 'there is nothing to propose of this step';
  if (typeof would === 'string')
    return { body: { kind: 'decided', verdict: 'failed', why: would }, step: said('fails', would) };
  const timed = within && stepsOf(within).find(one => one.name === step);
  const until = timed?.type === 'ask' && timed.timeoutMs !== undefined ? ' until its time is over' : '';
  return {
    body: { kind: 'decided', verdict: VERDICTS[people], why: '' },
    step: said('would', `asks for ${releases}, waits for people${until}, ${AFTER[people]}`, would),
  };
}

function stepsOf({ steps, onError }: Playbook): readonly Step[] {
  return allSteps([steps, ...listOf(onError)]);
}

function stepsNamed(file: PlaybookFile, name: string): readonly Step[] {
  return file.playbooks.flatMap(stepsOf).filter(step => step.name === name);
}

/** The name of the step of a place. */
function nameOf(key: string): string {
  return /([^/>|]*)$/.exec(key)?.[1] ?? key;
}

/** A key as a person reads it: `hosts#0/ask!` is `hosts (turn 1) › ask`. */
export function placeOf(key: string): string {
  return key
    .replace(/[!~?]$/, '')
    .replace(/#(\d+)\/?/g, (_, turn: string) => ` (turn ${Number(turn) + 1}) › `)
    .replace(/\|(\d+)\//g, (_, branch: string) => ` (branch ${Number(branch) + 1}) › `)
    .replaceAll('>', ' › ')
    .replace(/ › $/, '');
}
