import { Link } from '@tanstack/react-router';
import type { ProposalView } from '../../src/model/api.ts';
import type { ProposalState } from '../../src/model/proposal.ts';
import { Inert } from '../parts/inert.tsx';
import { stateText } from '../parts/marks.tsx';
import { MomentText } from '../parts/time.tsx';
import { UndoButton } from './review-bar.tsx';

type StepStatus = 'done' | 'now' | 'ahead' | 'failed';

interface Step {
  readonly name: string;
  readonly status: StepStatus;
  readonly detail: string;
  readonly logIndex: number | undefined;
}

const BEFORE = new Set<ProposalState>([
  'drafted',
  'in_review',
  'denied',
  'rejected',
  'withdrawn',
  'superseded',
  'expired',
  'revoked',
]);

/** From approval to effect, as it happens: checking → intended → executed → observed → verified. */
export function LiveStrip({ view }: { readonly view: ProposalView }) {
  const { state } = view.row;
  if (BEFORE.has(state)) return state === 'in_review' || state === 'drafted' ? null : <Ended view={view} />;
  const steps = stepsOf(view);
  return (
    <section
      className="live"
      aria-label="What is happening"
      aria-live="polite"
      data-testid="live-strip"
      data-state={state}
    >
      <ol className="live-steps">
        {steps.map(step => (
          <li
            key={step.name}
            className={`live-step is-${step.status}`}
            data-testid="live-step"
            data-step={step.name}
            data-status={step.status}
          >
            <span className="live-dot" aria-hidden="true" />
            <span className="live-name">
              {step.name}
              <span className="visually-hidden"> ({step.status})</span>
            </span>
            {step.logIndex !== undefined && (
              <Link to="/audit" search={{ entry: String(step.logIndex) }} className="live-log">
                log #{step.logIndex}
              </Link>
            )}
            {step.detail !== '' && (
              <span className="live-detail soft">
                <Inert text={step.detail} form="line" />
              </span>
            )}
          </li>
        ))}
      </ol>
      {view.canUndo && <UndoButton view={view} />}
      <Observations view={view} />
    </section>
  );
}

function stepsOf(view: ProposalView): readonly Step[] {
  const { execution, moves } = view;
  const { state } = view.row;
  const reached = new Set(moves.map(move => move.state).concat(state));
  const moveOf = (...states: readonly ProposalState[]) => moves.findLast(move => states.includes(move.state));
  const isIntended = reached.has('executing') || execution?.intendedAt !== undefined;
  const isActed = ['succeeded', 'verified', 'undone', 'not_in_effect'].some(s => reached.has(s as ProposalState));
  const last = execution?.observations.at(-1);
  const checksFailed = execution?.checks.filter(check => !check.ok) ?? [];
  const stopped = state === 'refused' || state === 'stale';
  const actFailed = state === 'failed' || state === 'in_doubt';
  const isVerified = state === 'verified' || state === 'undone';
  return [
    {
      name: 'checking',
      status: stopped ? 'failed' : isIntended ? 'done' : 'now',
      detail: stopped
        ? (moveOf('refused', 'stale')?.text ?? checksFailed.map(check => `${check.name}: ${check.detail}`).join('; '))
        : execution === undefined
          ? 'the executor checks everything itself'
          : `${execution.checks.filter(check => check.ok).length} of ${execution.checks.length} checks hold`,
      logIndex: undefined,
    },
    {
      name: 'intended',
      status: stopped ? 'ahead' : isIntended ? 'done' : 'ahead',
      detail: '',
      logIndex: execution?.logIndex ?? moveOf('executing')?.logIndex,
    },
    {
      name: 'executed',
      status: actFailed ? 'failed' : isActed ? 'done' : isIntended ? 'now' : 'ahead',
      detail: actFailed ? (moveOf('failed', 'in_doubt')?.text ?? execution?.outcome ?? stateText(state)) : '',
      logIndex: moveOf('succeeded', 'failed', 'in_doubt')?.logIndex,
    },
    {
      name: 'observed',
      status: last !== undefined ? 'done' : isActed ? 'now' : 'ahead',
      detail: last === undefined ? '' : observedText(last),
      logIndex: undefined,
    },
    {
      name: 'verified',
      status: isVerified ? 'done' : state === 'not_in_effect' ? 'failed' : state === 'succeeded' ? 'now' : 'ahead',
      detail:
        state === 'not_in_effect'
          ? 'accepted, but not in effect'
          : state === 'succeeded' && last?.effect === 'unproven'
            ? 'effect unproven: the target system does not tell whether whoever had the access has lost it'
            : '',
      logIndex: moveOf('verified', 'not_in_effect')?.logIndex,
    },
  ];
}

type Observation = NonNullable<ProposalView['execution']>['observations'][number];

/** The checks say it best (`login refused`); without any, the two findings do. */
function observedText({ state, effect, checks }: Observation): string {
  const held = checks.map(check => check.text).filter(text => text !== '');
  const found =
    state === 'in_effect' && effect === 'in_effect'
      ? 'in effect'
      : `state ${state.replaceAll('_', ' ')}, effect ${effect.replaceAll('_', ' ')}`;
  return held.length === 0
    ? found
    : `${found}: ${held
        .slice(0, 2)
        .map(text => text.replace(/\.$/, ''))
        .join('; ')}`;
}

function Observations({ view }: { readonly view: ProposalView }) {
  const observations = view.execution?.observations ?? [];
  const checks = view.execution?.checks ?? [];
  if (observations.length + checks.length === 0) return null;
  return (
    <details className="live-more">
      <summary>
        {checks.length} checks, {observations.length} {observations.length === 1 ? 'observation' : 'observations'}
      </summary>
      <ul className="plain-list">
        {checks.map(check => (
          <li key={check.name}>
            {check.ok ? '✓' : '✕'} {check.name} <span className="quiet">{check.detail}</span>
          </li>
        ))}
        {observations.map(observation => (
          <li key={observation.at} data-testid="observation">
            <MomentText at={observation.at} /> state {observation.state.replaceAll('_', ' ')}, effect{' '}
            {observation.effect.replaceAll('_', ' ')}
            <ul className="plain-list">
              {observation.checks.map(check => (
                <li key={check.text}>
                  <span className="quiet">{check.ok}</span> <Inert text={check.text} form="line" />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Settled without an act: what ended it. */
function Ended({ view }: { readonly view: ProposalView }) {
  const last = view.moves.findLast(move => move.state === view.row.state);
  return (
    <section className="live" aria-label="How it ended" data-testid="live-strip" data-state={view.row.state}>
      <p>
        <strong>{stateText(view.row.state)}</strong>
        {last !== undefined && (
          <>
            {' '}
            by {last.by}, <MomentText at={last.at} />. <Inert text={last.text} form="line" />
          </>
        )}{' '}
        <span className="soft">Nothing was carried out.</span>
      </p>
    </section>
  );
}
