import type { Severity } from '../../src/model/alert.ts';
import type { CoverageVerdict, ProposalState, Tier } from '../../src/model/proposal.ts';
import { IconCheck } from './icons.tsx';
import { Inert } from './inert.tsx';
import { drawn } from './inert-text.ts';

const SEVERITY_GLYPH: { readonly [S in Severity]: string } = {
  critical: '◆',
  high: '▲',
  medium: '●',
  low: '▽',
  informational: '○',
  unknown: '?',
};

/** Severity: a shape, a word and a colour, in that order of trust. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return (
    <span className={`severity severity-${severity}`}>
      <span aria-hidden="true" className="severity-glyph">
        {SEVERITY_GLYPH[severity]}
      </span>
      {severity === 'informational' ? 'info' : severity}
    </span>
  );
}

/** The words of a tier, for the title. */
const TIER_TEXT: { readonly [T in Tier]: string } = {
  T1: 'one person, with the key of this sign-in',
  T2: 'one responder who did not contribute, with a passkey and a reason',
  T3: 'two different people who did not contribute, each with a passkey',
  TX: 'never done through Countersign',
};

export function TierMark({ tier }: { readonly tier: Tier }) {
  return (
    <span className={`tier tier-${tier}`} title={TIER_TEXT[tier]}>
      {tier}
    </span>
  );
}

const STATE_TEXT: { readonly [S in ProposalState]: string } = {
  drafted: 'drafted',
  denied: 'denied',
  in_review: 'in review',
  approved: 'approved',
  rejected: 'rejected',
  revoked: 'revoked',
  expired: 'expired',
  withdrawn: 'withdrawn',
  superseded: 'superseded',
  emergency: 'emergency',
  checking: 'checking',
  refused: 'refused',
  stale: 'stale: look again',
  executing: 'executing',
  succeeded: 'executed, not yet verified',
  failed: 'failed',
  in_doubt: 'in doubt',
  not_in_effect: 'not in effect',
  verified: 'verified in effect',
  undone: 'undone',
};

export function stateText(state: ProposalState): string {
  return STATE_TEXT[state];
}

const LOUD = new Set<ProposalState>(['failed', 'in_doubt', 'not_in_effect', 'refused', 'stale', 'emergency']);

export function StateMark({ state }: { readonly state: ProposalState }) {
  const tone = state === 'verified' ? 'state-verified' : LOUD.has(state) ? 'state-loud' : '';
  return (
    <span className={`badge ${tone}`} data-testid="proposal-state" data-state={state}>
      {state === 'verified' && <IconCheck size={12} />}
      {STATE_TEXT[state]}
    </span>
  );
}

/** Coverage in one line: hatched where something is missing, said in words always. */
export function CoverageMark({ verdict, text }: { readonly verdict: CoverageVerdict; readonly text: string }) {
  if (verdict === 'complete') return <span className="quiet">{text === '' ? 'coverage complete' : text}</span>;
  return (
    <span className="gap-text" title={drawn(text)}>
      <span className="gap-swatch hatch" aria-hidden="true" />
      <span className="clip">
        {text === '' ? (
          verdict === 'unknown' ? (
            'coverage cannot be judged'
          ) : (
            'telemetry is missing'
          )
        ) : (
          <Inert text={text} form="line" />
        )}
      </span>
    </span>
  );
}
