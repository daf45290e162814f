import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, rfc3339, unixMsFrom } from '../../../base/time.ts';
import type { Condition, Handler, PlaybookFile, Step, Steps, Subject } from '../../../model/playbook.ts';

/** A step as it stands in a file: the member that names its type is a key. */
export interface WrittenStep {
  readonly [member: string]: unknown;
  readonly step: string;
}

/** A file as it is written. `readPlaybook` of its text is the file again. */
export function writtenOf(file: PlaybookFile): { readonly [member: string]: unknown } {
  const [main, ...subs] = file.playbooks;
  return kept({
    playbook: file.title,
    version: file.version,
    valid_from: timeOf(file.validFromMs),
    valid_until: timeOf(file.validUntilMs),
    steps: listOf(main?.steps ?? []),
    on_error: handlerOf(main?.onError),
    playbooks:
      subs.length === 0
        ? undefined
        : Object.fromEntries(
            subs.map(({ name, takes, steps, onError }) => [
              name,
              kept({
                takes: takes.length === 0 ? undefined : takes,
                steps: listOf(steps),
                on_error: handlerOf(onError),
              }),
            ]),
          ),
    elsewhere:
      file.elsewhere.length === 0
        ? undefined
        : Object.fromEntries(
            file.elsewhere.map(({ namespace, starts, runs }) => [
              namespace,
              {
                starts:
                  starts.length + runs.length === 0
                    ? 'nothing'
                    : kept({
                        kinds: starts.length === 0 ? undefined : starts,
                        run: runs.length === 0 ? undefined : runs,
                      }),
              },
            ]),
          ),
  });
}

function listOf(steps: Steps): readonly WrittenStep[] {
  return steps.map(stepOf);
}

function handlerOf(handler: Handler | undefined): unknown {
  return typeof handler === 'object' ? listOf(handler) : handler;
}

function stepOf(step: Step): WrittenStep {
  const timed =
    'timeoutMs' in step ? { timeout: durationOf(step.timeoutMs), on_timeout: handlerOf(step.onTimeout) } : {};
  return {
    step: step.name,
    ...kept({ ...bodyOf(step), ...timed, on_error: handlerOf(step.onError), goto: step.goto }),
  };
}

function bodyOf(step: Step): object {
  switch (step.type) {
    case 'effect':
      return step.effect.writes === 'act'
        ? { act: step.effect.kind, on: subjectOf(step.effect.on) }
        : { [step.effect.writes]: step.effect.namespace };
    case 'ask':
      return { ask: step.releases, on_rejected: handlerOf(step.onRejected) };
    case 'read':
      return { read: subjectOf(step.subject), as: step.as };
    case 'enrich':
      return { enrich: subjectOf(step.subject) };
    case 'branch':
      return {
        if: conditionOf(step.condition),
        yes: listOf(step.yes),
        no: step.no.length === 0 ? undefined : listOf(step.no),
      };
    case 'loop':
      return step.over.kind === 'each'
        ? { each: step.over.part, as: step.over.as, at_most: step.turnsMax, steps: listOf(step.body) }
        : { while: conditionOf(step.over.condition), at_most: step.turnsMax, steps: listOf(step.body) };
    case 'parallel':
      return { parallel: step.branches.map(listOf), join: step.join === 'first' ? 'first' : undefined };
    case 'run': {
      const gives = Object.fromEntries(step.gives.map(({ name, subject }) => [name, subjectOf(subject)]));
      return { run: step.playbook, with: step.gives.length === 0 ? undefined : gives };
    }
    case 'notify':
      return { notify: step.text };
    case 'stop':
      return { stop: true };
  }
}

/** How a subject is written: `incident.user`, `$account`. */
export function subjectOf(subject: Subject): string {
  return subject.from === 'incident' ? `incident.${subject.part}` : `$${subject.name}`;
}

function conditionOf(condition: Condition): object {
  switch (condition.asks) {
    case 'severity':
      return { severity: condition.atLeast };
    case 'has':
      return { has: condition.part };
    case 'coverage':
      return { coverage: condition.is };
  }
}

function durationOf(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  if (ms % MS_PER_DAY === 0) return `${ms / MS_PER_DAY}d`;
  return ms % MS_PER_HOUR === 0 ? `${ms / MS_PER_HOUR}h` : `${ms / MS_PER_MINUTE}m`;
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : rfc3339(unixMsFrom(ms));
}

/** Only what is there. */
function kept(members: { readonly [member: string]: unknown }): { readonly [member: string]: unknown } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
